"""One's own images as they were when they were read, under the name of their contents: runs never see others.

A run, and all that is asked of it later, takes its images from here, whatever becomes of the folder or the function
that they came from. What is deleted is read and stored anew at the next `make report`.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from normstudy.errors import disk_refusal
from normstudy.images.arrays import Images, Part
from normstudy.images.errors import OwnImagesError
from normstudy.images.facts import ImageFacts
from normstudy.paths import cache_folder, data_folder

FOLDER = "own"
NAMES = ("train_images", "train_labels", "test_images", "test_labels")


def digest(images: Images) -> str:
    """16 hexadecimal digits of the SHA-256 of pixels, labels and names of classes, in their order."""
    told = {"shapes": [list(each.images.shape) for each in images[:2]], "names": images.names}
    found = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for each in images[:2]:
        found.update(np.ascontiguousarray(each.images).data)
        found.update(np.ascontiguousarray(each.labels, dtype="<i8").data)
    return found.hexdigest()[:16]


def keep(name: str, images: Images, facts: ImageFacts) -> None:
    """Store `images` as `name`. Raises `OwnImagesError` when no disk takes them."""
    arrays = dict(zip(NAMES, (array for each in images[:2] for array in each), strict=True))
    refusal = None
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
                np.savez(file, **arrays)
            os.replace(file.name, folder / f"{name}.npz")
            _write(folder / f"{name}.json", facts.model_dump_json(indent=1))
            return
        except OSError as error:
            refusal = refusal or disk_refusal(error, folder)
    raise OwnImagesError(f"images cannot be kept: {refusal}")


def facts_of(name: str) -> ImageFacts | None:
    """What is known of the images that are stored as `name`; None if there are none."""
    for folder in _folders():
        if (folder / f"{name}.npz").is_file():
            try:
                return ImageFacts.model_validate_json((folder / f"{name}.json").read_text(encoding="utf-8"))
            except (OSError, ValidationError, ValueError):
                continue
    return None


def refuse_absence(name: str) -> ImageFacts:
    """What is known of the images that are stored as `name`. Raises `OwnImagesError` if there are none."""
    if facts := facts_of(name):
        return facts
    raise OwnImagesError(
        f"{name}: its images are not here ({_folders()[0]}); `make report` with the parameter file that names their "
        "folder or function reads them again"
    )


def stored(name: str) -> tuple[Images, ImageFacts]:
    """The images that are stored as `name`, verified. Raises `OwnImagesError` where they are not, or damaged."""
    facts = refuse_absence(name)
    for folder in _folders():
        path = folder / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = [file[each] for each in NAMES]
            images = Images(Part(*arrays[:2]), Part(*arrays[2:]), facts.classes)
            if digest(images) == name.rpartition("@")[2]:
                return images, facts
        except Exception:  # zipfile, zlib and numpy each have their own
            continue
    raise OwnImagesError(f"{path}: damaged; delete it, and `make report` reads the images again")


def seen(signature: str) -> str:
    """As what was stored what gave `signature`; empty if that is not known, or gone."""
    for folder in _folders():
        try:
            name = (folder / "seen" / signature).read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        if facts_of(name):
            return name
    return ""


def note(signature: str, name: str) -> None:
    """Have `seen` know that what gives `signature` was stored as `name`."""
    for folder in _folders():
        try:
            (folder / "seen").mkdir(parents=True, exist_ok=True)
            return _write(folder / "seen" / signature, name)
        except OSError:
            continue


def _write(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8") as file:
        file.write(text)
    os.replace(file.name, path)


def _folders() -> list[Path]:
    return [root / FOLDER for root in (data_folder(), cache_folder() / "data")]
