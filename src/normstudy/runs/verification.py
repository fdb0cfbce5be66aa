"""Whether a report may draw from a run: every file that it takes something from is whole, and fits the others."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open

from normstudy.errors import NormstudyError
from normstudy.ipynb import nbformat
from normstudy.model_code import in_folder
from normstudy.runs import manifest, stamps
from normstudy.runs.folder import FinishedRun, RunError, remedy
from normstudy.text import one_line

NOTEBOOK = "train.ipynb"
WEIGHTS = "model.safetensors"
ALWAYS = ("metrics.json", WEIGHTS, "augmentation.png")
WHEN_COMPLETE = ("predictions.npz", "misclassified.npz", "misclassified.png")
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
"""Kept with the weights, but not learned."""


def verify(run: FinishedRun) -> None:
    """Raises `RunError`, one line with the folder and what is wrong, unless everything in it can be shown."""
    needed = ALWAYS if run.diverged else ALWAYS + WHEN_COMPLETE
    try:
        listed = manifest.read(run.folder)
        shown = [*needed, *[NOTEBOOK] * (run.folder / NOTEBOOK).exists()]
        problem = next((f"{name}: not among its {manifest.NAME}" for name in shown if name not in listed), "")
        problem = problem or manifest.altered(run.folder)
        if not problem:
            stamps.read(run.folder)
    except ValueError as error:
        problem = str(error)
    problem = (
        problem
        or _code_problem(run)
        or _weights_problem(run)
        or _pictures_problem(run, needed)
        or _notebook_problem(run)
    )
    if problem:
        raise RunError(f"{run.folder}: {problem}; {remedy(run.folder)}")
    if not run.diverged:
        _ = run.predictions, run.misclassified  # each refuses what does not fit


def verify_together(runs: Sequence[FinishedRun]) -> None:
    """Raises `RunError` unless `runs`, verified each, were evaluated on the same images in the same order."""
    finished = [run for run in runs if not run.diverged]
    for run in finished[1:]:
        for name in ("index", "label"):
            if not np.array_equal(run.predictions[name], finished[0].predictions[name]):
                raise RunError(
                    f"{run.predictions_file}: {name} is not that of {finished[0].name}, so that the runs "
                    f"cannot be compared; {run.remedy}"
                )


def _code_problem(run: FinishedRun) -> str:
    """What is wrong with the code of one's own model; ours is no part of a run folder."""
    if not run.config.model:
        return ""
    code = in_folder(run.config.model, run.folder)
    if code is None:
        return f"the code of its model, {run.config.model}, is not there"
    try:
        found = code.fingerprint
    except NormstudyError as error:
        return str(error)
    return "" if found == run.config.code else f"code-….py: not the code of its model ({found}, not {run.config.code})"


def _weights_problem(run: FinishedRun) -> str:
    try:
        with safe_open(run.folder / WEIGHTS, framework="numpy") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, SafetensorError) as error:
        return f"{WEIGHTS}: not readable ({one_line(error)})"
    if run.config.model:
        count = sum(map(prod, shapes.values())) - run.metrics["model"].get("not_learned", 0)
    else:
        count = sum(prod(shape) for name, shape in shapes.items() if not name.endswith(BUFFERS))
    told = run.metrics["model"]["parameters"]
    return "" if count == told else f"{WEIGHTS}: {count:,} parameters where metrics.json has {told:,}"


def _pictures_problem(run: FinishedRun, names: Sequence[str]) -> str:
    for name in names:
        if name.endswith(".png"):
            try:
                with Image.open(run.folder / name, formats=["PNG"]) as picture:
                    picture.load()
            except Exception as error:  # a damaged picture makes Pillow raise many kinds
                return f"{name}: no picture ({one_line(error)})"
    return ""


def _notebook_problem(run: FinishedRun) -> str:
    path = run.folder / NOTEBOOK
    try:
        if path.exists():
            nbformat.validate(nbformat.read(path, as_version=4))
    except Exception as error:  # nbformat, jsonschema and json each have their own
        return f"{NOTEBOOK}: no notebook ({one_line(error)[:200]})"
    return ""
