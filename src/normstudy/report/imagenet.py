"""What was found of BN and the size of the batch where the claim comes from: published figures, not ours."""

from __future__ import annotations

import pandas as pd

from normstudy.report import markup

IMAGENET = {32: (23.6, 24.1), 16: (23.7, 24.2), 8: (24.8, 24.0), 4: (27.3, 24.2), 2: (34.7, 24.1)}
"""By images per GPU, the validation error (%) of ResNet-50 with BN and with GN (Wu & He 2018, table 2)."""


def part() -> str:
    """`@tbl-imagenet`: what was found where the claim comes from."""
    frame = pd.DataFrame(
        {"images per GPU": str(size), "BN": f"{bn:.1f}", "GN": f"{gn:.1f}"} for size, (bn, gn) in IMAGENET.items()
    )
    caption = "Validation error (%) of ResNet-50 on ImageNet by images per GPU, as published [@wu2018, Table 2]."
    text = (
        "The claim is that of @tbl-imagenet. There eight GPUs had a batch each, BN's statistics were those of one "
        "of them, and the rate grew in proportion to the batch. The images are larger and of a thousand classes, the "
        "network is far larger and trained for longer: only the shape of the curves can be compared."
    )
    return f"{text}\n\n{markup.table('imagenet', frame, caption)}"
