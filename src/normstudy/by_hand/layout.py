"""Numbers of the example's shape as a table that is laid out like the images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from normstudy.by_hand.exact import together


def laid_out(values: np.ndarray, shown: Callable[[Any], str]) -> pd.DataFrame:
    """`values` (N, C, H, W): a column per channel, and for each image as many rows as it has."""
    rows = []
    for number, image in enumerate(values, start=1):
        for row in range(image.shape[1]):
            cells = (together(", ".join(map(shown, channel))) for channel in image[:, row])
            rows.append(
                {"image, row": f"{number}, {row + 1}"} | {f"channel {c}": cell for c, cell in enumerate(cells, start=1)}
            )
    return pd.DataFrame(rows)
