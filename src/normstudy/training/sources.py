"""The sources that decide the numbers of a run."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from normstudy.meaning import meaning

PACKAGE = Path(__file__).parents[1]

DECISIVE_SOURCES = (
    "data/augmentation.py",
    "data/held_out.py",
    "data/loading.py",
    "layers.py",
    "model.py",
    "networks.py",
    "skeleton.py",
    "training/batches.py",
    "training/checkpoints.py",
    "training/cuda_graph.py",
    "training/custom_model.py",
    "training/evaluation.py",
    "training/loop.py",
    "training/muon.py",
    "training/networks.py",
    "training/optimizer.py",
    "training/randomness.py",
    "training/schedule.py",
    "training/step.py",
)
"""A change in the syntax tree of one of them makes finished runs, and checkpoints, outdated."""

OTHER_SOURCES = {
    "config.py": "a run is made anew, under another name, when a value changes",
    "data/custom_images.py": "images are identified by their pixels and labels, which are part of the configuration",
    "data/facts.py": "as config.py",
    "data/image_arrays.py": "as data/custom_images.py",
    "data/image_folder.py": "as data/custom_images.py",
    "data/image_function.py": "as data/custom_images.py",
    "data/published.py": "files are verified by their checksums",
    "data/storage.py": "no numbers",
    "errors.py": "no numbers",
    "hardware.py": "device and precision are part of the configuration",
    "meaning.py": "by it changes are found",
    "model_code.py": "the code is identified by its fingerprint, which is part of the configuration",
    "paths.py": "no numbers",
    "text.py": "no numbers",
    "training/sources.py": "as meaning.py",
    "yaml_file.py": "as config.py",
}
"""What training imports besides, and why a change there outdates no run. A test finds what is in neither list."""


def sources_hash() -> str:
    """SHA-256, shortened to 16 digits, of the syntax trees of the decisive sources, whatever their names."""
    states = [(PACKAGE / name).stat() for name in DECISIVE_SOURCES]
    return _hash_of(tuple((state.st_mtime_ns, state.st_size, state.st_ino) for state in states))


@lru_cache(maxsize=1)
def _hash_of(_states: tuple) -> str:
    """Computed once for these states of the files: a plan needs it once per run."""
    trees = sorted(meaning((PACKAGE / name).read_text(encoding="utf-8")) for name in DECISIVE_SOURCES)
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()[:16]
