"""Which images are held out: the same for every run, whatever its seed."""

from __future__ import annotations

import numpy as np

SPLIT_SEED = 0


def held_out(labels: np.ndarray, count: int) -> np.ndarray:
    """(count,) places among `labels`, sorted, with each class's share of them."""
    from sklearn.model_selection import train_test_split  # takes seconds to import

    places = np.arange(len(labels))
    _, chosen = train_test_split(places, test_size=count, stratify=labels, random_state=SPLIT_SEED)
    return np.sort(chosen)
