"""The compact record of a study, `results/<study>.json`: what is kept of runs that have no folder of their own.

    {
      "title": …,             the study's heading, where a report has no section of its own for it
      "environments": […],    with what runs were made, as in metrics.json; most runs share one
      "code": {…},            of custom models: by fingerprint, the text of each module by its name
      "runs": [
        {"called": …,         what the study calls the model of the run
         "environment": 0,    which of the environments
         "history": {…},      by measure, a list over the epochs
         "afterwards": {…},   what was measured of the trained network (`afterwards`)
         …},                  the rest as in metrics.json
        …]
    }

One line per run. Where a study asks for it, what the models predicted for each image is next to it, in `<study>.npz`:
`name` (runs,), `index` and `label` (images,), `predicted`, `predicted_probability` and `loss` (runs, images). The
probability of the true class follows from the loss.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from normstudy.config import run_name
from normstudy.errors import NormstudyError
from normstudy.model_code import ModelCode, ModelCodeError, in_folder, note
from normstudy.paths import bring_back, write_whole
from normstudy.runs import contract, stamps
from normstudy.runs.contract import Record, Row, checked
from normstudy.runs.folder import FinishedRun
from normstudy.text import one_line

IMAGES = ("index", "label")
BY_IMAGE = ("predicted", "predicted_probability", "loss")
NO_RECORDS = ("studies.json", stamps.NAME)
"""Of results/, what is something else."""

KEPT = ("schema", "status", "epoch", "step", "lr", "config", "model", "extra")
"""Of metrics.json, as it is."""


class RecordError(NormstudyError):
    """The record of a study is missing or not readable."""


@dataclass(frozen=True)
class RecordedRun(FinishedRun):
    """A run of a record: `folder` is where it would lie, were there one.

    `model` is the study's name for its model, `source` the record that it was read from, `modules` the code of a custom
    model (as `ModelCode` has it), `columns` the predictions, where they are not to be read from the file next to
    `source`.
    """

    model: str = ""
    afterwards: dict[str, Any] = field(default_factory=dict)
    source: Path | None = None
    modules: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    columns: dict[str, np.ndarray] | None = field(default=None, repr=False, compare=False)

    @property
    def place(self) -> Path:
        return self.source or self.folder

    @property
    def predictions_file(self) -> Path:
        return self.place.with_name(f"{self.place.stem}.npz")

    @property
    def remedy(self) -> str:
        return _remedy(self.predictions_file)

    @property
    def has_predictions(self) -> bool:
        """Whether it is kept what the model said of each image."""
        if self.columns is not None:
            return True
        return self.source is not None and self.name in read_predictions(self.predictions_file)

    @cached_property
    def predictions(self) -> dict[str, np.ndarray]:
        """As of `FinishedRun`. Raises `RecordError` when they were not kept, or do not fit the history."""
        if self.columns is not None:
            return self.columns
        path = self.predictions_file
        columns = read_predictions(path).get(self.name)
        if columns is None:
            raise RecordError(f"{path}: {self.name}: no predictions of it; {self.remedy}")
        try:
            contract.check_predictions(columns, self.metrics, self.config)
        except ValueError as error:
            raise RecordError(f"{path}: {self.name}: {error}; {self.remedy}") from None
        return columns

    @property
    def misclassified(self) -> dict[str, np.ndarray]:
        """Raises `RecordError`: images are in run folders alone."""
        raise RecordError(f"{self.place}: {self.name}: images are kept in run folders alone")

    def final(self, measure: str) -> float | None:
        """`measure` (of the history) after the last epoch; None if the run diverged."""
        return None if self.diverged else self.history[-1][measure]


@dataclass(frozen=True)
class RecordedStudy:
    """A study as it is recorded: its name (that of its files), its heading, and its runs, seed by seed."""

    name: str
    title: str
    runs: list[RecordedRun]


def read_record(path: Path | str) -> RecordedStudy:
    """The study recorded at `path`. Raises `RecordError`: one line with file, fault and remedy."""
    path = Path(path)
    found: dict[str, RecordedRun] = {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        parts = checked(Record, record)
        _check_code(parts.code)
        for number, (part, row) in enumerate(zip(parts.runs, record["runs"], strict=True)):
            run = _read_run(f"runs.{number}", part, row, record, path)
            if found.setdefault(run.name, run) is not run:
                raise ValueError(f"runs.{number}: {run.name} stands there twice")
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: not readable ({one_line(error)}); {_remedy(path)}") from None
    return RecordedStudy(path.stem, parts.title, list(found.values()))


def record_names(results: Path | str) -> list[str]:
    """The studies that are recorded in `results`."""
    paths = [path for path in Path(results).glob("*.json") if not path.name.startswith(".")]  # not those of editors
    return sorted(path.stem for path in paths if path.name not in NO_RECORDS)


def read_records(results: Path | str) -> dict[str, RecordedStudy]:
    """By name, the studies whose records lie in `results`. Raises as `read_record`."""
    return {name: read_record(Path(results) / f"{name}.json") for name in record_names(results)}


def verify_predictions(study: RecordedStudy) -> None:
    """Raises `RecordError` unless all that is kept of what the models of `study` said fits their histories."""
    for run in study.runs:
        if run.has_predictions:
            _ = run.predictions  # which refuses what does not fit


def write_record(path: Path, title: str, runs: Iterable[RecordedRun]) -> None:
    """Put `runs` of the study of that `title` in the place of the record `path`, and their stamps next to it.

    Raises `DiskError`, and the record stays.
    """
    runs = list(runs)
    environments: list[dict[str, Any]] = []
    lines, code = [], {}
    for run in runs:
        if run.modules:
            code[run.config.code] = dict(run.modules)
        environment = run.metrics["environment"]
        if environment not in environments:
            environments.append(environment)
        row = {"called": run.model, "environment": environments.index(environment)}
        row |= {name: run.metrics[name] for name in KEPT if name in run.metrics}
        row |= {"history": _by_measure(run.history), "afterwards": run.afterwards}
        lines.append(_in_a_line(row))
    made_with = ",\n".join(map(_in_a_line, environments))
    rows = ",\n".join(lines)
    parts = [
        f'{{"title": {_in_a_line(title)}',
        f'"environments": [\n{made_with}\n]',
        *([f'"code": {_in_a_line(code)}'] if code else []),
        f'"runs": [\n{rows}\n]}}\n',
    ]
    write_whole(path, ",\n".join(parts))
    for folder in {run.place.parent for run in runs} - {path.parent}:
        stamps.carry((run.name for run in runs), folder, path.parent)


def read_predictions(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """By name of the run, the columns of its predictions; nothing where there is no file. Raises `RecordError`."""
    return _read_predictions(path, path.stat().st_mtime_ns) if path.exists() else {}


@lru_cache(maxsize=4)
def _read_predictions(path: Path, _written: int) -> dict[str, dict[str, np.ndarray]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            names = [str(name) for name in file["name"]]
            of_all, of_each = ({name: file[name] for name in kind} for kind in (IMAGES, BY_IMAGE))
    except Exception as error:  # zipfile, zlib and numpy each have their own
        raise RecordError(f"{path}: not readable ({one_line(error)}); {_remedy(path)}") from None
    shape = len(set(names)), *of_all["index"].shape
    if other := [name for name, values in of_each.items() if values.shape != shape]:
        raise RecordError(
            f"{path}: {other[0]} has the shape {of_each[other[0]].shape} where {shape} is expected; {_remedy(path)}"
        )
    found = {}
    for place, name in enumerate(names):
        own = {key: values[place] for key, values in of_each.items()}
        found[name] = {**of_all, **own, "label_probability": np.exp(-own["loss"])}
    return found


def write_predictions(path: Path, runs: Sequence[FinishedRun]) -> None:
    """Put what `runs`, at least one and none diverged, said of the same images in the place of `path`.

    Raises `DiskError`, and what was there stays.
    """
    content = io.BytesIO()
    columns = {name: np.stack([run.predictions[name] for run in runs]) for name in BY_IMAGE}
    of_all = {name: runs[0].predictions[name] for name in IMAGES}
    np.savez_compressed(content, name=np.array([run.name for run in runs]), **of_all, **columns)
    write_whole(path, content.getvalue())


def recorded(run: FinishedRun, model: str, afterwards: dict[str, Any] | None = None) -> RecordedRun:
    """`run` as a study keeps it."""
    columns = None if run.diverged else run.predictions
    code = in_folder(run.config.model, run.folder) if run.config.model else None
    modules = code.modules if code else None
    return RecordedRun(run.folder, run.metrics, run.config, model, afterwards or {}, modules=modules, columns=columns)


def _check_code(code: Mapping[str, Mapping[str, str]]) -> None:
    """Raises `ValueError` unless the modules of custom models have the fingerprints by which they stand."""
    for fingerprint, modules in code.items():
        try:
            is_so = ModelCode("", modules).fingerprint == fingerprint
        except ModelCodeError:
            is_so = False
        if not is_so:
            raise ValueError(f"code.{one_line(fingerprint)}: its modules have another fingerprint")


def _read_run(where: str, part: Row, row: dict[str, Any], record: dict[str, Any], path: Path) -> RecordedRun:
    """The run in `row`, which is checked as `part`. Raises `ValueError`: what is wrong with it."""
    try:
        metrics = {name: row[name] for name in KEPT if name in row}
        metrics |= {"history": _by_epoch(row["history"]), "environment": record["environments"][part.environment]}
        config = contract.checked_config(metrics)
        folder = path.parent / run_name(config)
    except (ValueError, IndexError) as error:
        raise ValueError(f"{where}: {error}") from None
    modules = record.get("code", {}).get(config.code)
    if modules:
        note(config.code, modules)
    return RecordedRun(folder, metrics, config, part.called, row["afterwards"], path, modules)


def _remedy(path: Path) -> str:
    return bring_back(path) or f"delete it, and `make study STUDY={path.stem}` makes it again"


def _by_measure(history: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    names = [name for name in history[0] if name != "epoch"] if history else []
    return {name: [entry[name] for entry in history] for name in names}


def _by_epoch(history: dict[str, list[Any]]) -> list[dict[str, Any]]:
    if len({len(values) for values in history.values()}) > 1:
        raise ValueError("history: lists of different lengths")
    entries = zip(*history.values(), strict=True)
    return [{"epoch": n, **dict(zip(history, values, strict=True))} for n, values in enumerate(entries, start=1)]


def _in_a_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
