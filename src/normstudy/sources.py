"""The sources that decide the numbers of a run."""

from __future__ import annotations

import hashlib
from pathlib import Path

DECISIVE_SOURCES = (
    "augmentation.py",
    "checkpoints.py",
    "cuda_graph.py",
    "data.py",
    "model.py",
    "randomness.py",
    "training.py",
)
"""A change in one of them makes finished runs, and checkpoints, outdated."""

FOLDER = Path(__file__).parent


def sources_hash() -> str:
    """SHA-256, shortened to 16 digits, of the sources that decide the numbers."""
    digest = hashlib.sha256()
    for name in DECISIVE_SOURCES:
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]
