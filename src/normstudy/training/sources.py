"""The sources that decide the numbers of a run."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from normstudy.meaning import meaning

PACKAGE = Path(__file__).parents[1]

DECISIVE_SOURCES = (
    "data/augmentation.py",
    "data/loading.py",
    "data/held_out.py",
    "layers.py",
    "model.py",
    "skeleton.py",
    "training/batches.py",
    "training/checkpoints.py",
    "training/cuda_graph.py",
    "training/evaluation.py",
    "training/loop.py",
    "training/muon.py",
    "training/optimizer.py",
    "training/randomness.py",
    "training/schedule.py",
    "training/step.py",
)
"""A change of what one of them says makes finished runs, and checkpoints, outdated."""


def sources_hash() -> str:
    """SHA-256, shortened to 16 digits, of what the decisive sources say, whatever they are called."""
    states = [(PACKAGE / name).stat() for name in DECISIVE_SOURCES]
    return _hash_of(tuple((state.st_mtime_ns, state.st_size, state.st_ino) for state in states))


@lru_cache(maxsize=1)
def _hash_of(_states: tuple) -> str:
    """That of the files as long as they are in these states: a plan asks for it once per run."""
    said = sorted(meaning((PACKAGE / name).read_text(encoding="utf-8")) for name in DECISIVE_SOURCES)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
