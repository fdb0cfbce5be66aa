"""Numbers of the example's shape as a table that is laid out like the images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from normstudy.worked_example.exact import together

MOST = 60
"""Characters of a row beyond which a cell's values may stand below each other: a page has hardly room for more."""


def laid_out(values: np.ndarray, shown: Callable[[Any], str]) -> pd.DataFrame:
    """`values` (N, C, H, W): a column per channel, and for each image as many rows as it has."""
    rows = {
        f"{number}, {row + 1}": [", ".join(map(shown, channel)) for channel in image[:, row]]
        for number, image in enumerate(values, start=1)
        for row in range(image.shape[1])
    }
    fits = max(sum(map(len, cells)) for cells in rows.values()) <= MOST
    return pd.DataFrame(
        {"image, row": name}
        | {f"channel {number}": together(cell) if fits else cell for number, cell in enumerate(cells, start=1)}
        for name, cells in rows.items()
    )
