"""From parameter files to runs: what a study asks for, which of its runs are done, which folders it has."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

from normstudy.config import Config, ParameterError, resolve, run_name
from normstudy.data.available import resolve_dataset
from normstudy.paths import bring_back, project_root, write_whole
from normstudy.runs.folder import FinishedRun, RunError, is_current, read_run
from normstudy.runs.parameter_file import read_parameter_file
from normstudy.runs.seeds import MOST_RUNS
from normstudy.text import one_line

MAIN = "main"
"""The study of `params/*.yaml`."""

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class PlannedRun:
    """A run that a parameter file asks for; `config` is resolved."""

    source: Path
    config: Config

    @cached_property
    def name(self) -> str:
        return run_name(self.config)

    def is_done(self, runs_folder: Path) -> bool:
        """Whether `runs_folder` has this run, whole, and made by the present sources."""
        return is_current(runs_folder / self.name)


def asks_for_auto(params_folder: Path) -> bool:
    """Whether a parameter file leaves the data set open."""
    return any(configs[0].dataset == "auto" for _, configs in _read_all(params_folder))


def auto_dataset(params_folder: Path) -> tuple[str, str]:
    """What `dataset: auto` stands for, and why if it is a fall-back; nothing is fetched when no file says `auto`."""
    return resolve_dataset("auto") if asks_for_auto(params_folder) else ("mnist", "")


def plan(params_folder: Path, dataset: str, trust_device: bool = False, seeds: Sequence[int] = ()) -> list[PlannedRun]:
    """The runs of `params_folder/*.yaml`, with `auto` standing for `dataset`.

    First one run of each file, by file name, then their second ones, and so on: whenever training ends, all files
    have been treated alike. `trust_device`: the runs happen on other machines, which have to tell whether there is
    a GPU; `seeds`: those of files that name none. Files that ask for the same run count once. Raises
    `ParameterError` with all that is wrong in any file, or when there is no file, or when they would bring runs on
    different data into one comparison.
    """
    of_each: list[list[PlannedRun]] = []
    problems = []
    for path, configs in _read_all(params_folder, seeds):
        try:
            of_each.append([PlannedRun(path, resolve(config, dataset, trust_device)) for config in configs])
        except ParameterError as error:
            problems.append(f"{one_line(path)}: {error}")
    if problems:
        raise ParameterError("\n".join(problems))
    in_turn = [run for runs in zip_longest(*of_each) for run in runs if run is not None]
    planned: dict[str, PlannedRun] = {}
    for run in in_turn:
        planned.setdefault(run.name, run)
    runs = list(planned.values())
    first = runs[0]
    for run in runs:
        for key in ("dataset", "evaluate_on"):
            if getattr(run.config, key) != getattr(first.config, key):
                raise ParameterError(
                    f"{one_line(run.source)}: {key} = {getattr(run.config, key)}, but {one_line(first.source)} has "
                    f"{getattr(first.config, key)}: runs on different data cannot be compared; "
                    "give all files the same, or move one into another folder (PARAMS=)"
                )
    return runs


def write_studies(runs_folder: Path, studies: dict[str, list[str]]) -> None:
    """Write `studies.json`: the run folders of each study. Raises `DiskError`."""
    path = runs_folder / "studies.json"
    text = json.dumps(studies, indent=1) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:  # its time is what the report's rule looks at
        write_whole(path, text)


def study_names(runs_folder: Path | str) -> list[str]:
    """What studies `runs_folder` has. Raises `RunError` when its studies.json is missing or no set of studies."""
    return list(_read_studies(Path(runs_folder) / "studies.json"))


def read_study(runs_folder: Path | str, study: str = MAIN) -> list[FinishedRun]:
    """The runs of `study`, their metrics verified. Raises `RunError` when one is missing, damaged, or on other data."""
    path = Path(runs_folder) / "studies.json"
    studies = _read_studies(path)
    try:
        names = studies[study]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"{study} is not a list of names")
        if other := [name for name in names if not re.fullmatch(r"\w[\w-]*", name) or names.count(name) > 1]:
            raise ValueError(f"{study}: {other[0]!r} is no folder next to it, or is named twice")
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path}: cannot be understood ({error}); {_remedy(path)}") from None
    if not names:
        raise RunError(f"{path}: the study {study} has no runs; put a parameter file in params/")
    runs = [read_run(Path(runs_folder) / name) for name in names]
    if len({(run.config.dataset, run.config.evaluate_on) for run in runs}) > 1:
        raise RunError(f"{path}: the study {study} mixes runs on different data; make one study for each data set")
    return runs


def verified_study(runs_folder: Path | str, study: str = MAIN) -> list[FinishedRun]:
    """The runs of `study`, with everything that a report shows of them verified. Raises `RunError` as `read_study`."""
    from normstudy.runs.verification import verify, verify_together  # planning does without, and it has much to import

    runs = read_study(runs_folder, study)
    for run in runs:
        verify(run)
    verify_together(runs)
    return runs


def _read_studies(path: Path) -> dict:
    try:
        studies = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(studies, dict):
            raise TypeError("no set of studies")
        return studies
    except FileNotFoundError:
        raise RunError(f"{path}: not there; {_remedy(path)}") from None
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{path}: cannot be understood ({error}); {_remedy(path)}") from None


def _remedy(path: Path) -> str:
    return bring_back(path) or "`make report` trains the runs and writes it"


def _parameter_files(folder: Path) -> list[Path]:
    """The files of `folder` that are models of a report: those called *.yaml or *.yml, in small or capital letters.

    Not what editors and systems leave next to them under hidden names (`._gn.yaml`, a link `.#gn.yaml` to nowhere).
    """
    found = [path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    return sorted(found, key=lambda path: (path.suffix.lower(), path))


def _read_all(params_folder: Path, seeds: Sequence[int] = ()) -> list[tuple[Path, list[Config]]]:
    paths = _parameter_files(params_folder)
    if not paths:
        is_ours = params_folder.resolve() == project_root() / "params"
        remedy = "`git checkout params` brings them back" if is_ours else "put one there, such as params/gn.yaml"
        raise ParameterError(f"{params_folder}: no parameter file (*.yaml) there; {remedy}")
    found, problems = [], []
    for path in paths:
        try:
            found.append((path, read_parameter_file(path, seeds)))
        except ParameterError as error:
            problems.append(str(error))
        if sum(len(configs) for _, configs in found) > MOST_RUNS:
            raise ParameterError(
                f"{one_line(params_folder)}: its files ask for more than {MOST_RUNS:,} runs; name fewer seeds (SEEDS=)"
            )
    if problems:
        raise ParameterError("\n".join(problems))
    return found
