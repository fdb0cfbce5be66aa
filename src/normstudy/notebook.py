"""What the cells of `analysis/train.ipynb` call, so that the notebook holds prose and calls alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython import get_ipython
from IPython.display import Image
from matplotlib.figure import Figure

from normstudy.config import Config, ParameterError, make_config, resolve, run_name
from normstudy.data.available import resolve_dataset
from normstudy.data.facts import with_absolute_dataset
from normstudy.ownership import take_runs_folder
from normstudy.paths import project_root, refuse_other_checkout, write_whole
from normstudy.report.core.style import png
from normstudy.runs.folder import FinishedRun, checkpoint_file, publish, stage
from normstudy.runs.studies import PlannedRun
from normstudy.runs.trials import refuse_broken_models

NOTEBOOK = Path("analysis/train.ipynb")

OUTPUT_PARAMETERS = ("runs_folder", "run_folder")
"""Parameters of the notebook that say where the run goes, and are no part of what it is."""


def read_parameters(variables: dict[str, Any]) -> Config:
    """The configuration that the notebook's variables (its `globals()`) describe, resolved.

    Papermill only warns of a parameter that the notebook does not know, so this refuses it: in a
    fresh kernel, every plain value that a cell made is a parameter. Later, when cells are run again by
    hand, only known names are read. Raises `ParameterError` with one line, `DataError` if there are no data.
    """
    refuse_other_checkout(Path.cwd())
    known = {*Config.model_fields, *OUTPUT_PARAMETERS}
    fresh = "config" not in variables
    before = _before_the_first_cell()
    values = {
        name: value
        for name, value in variables.items()
        if name in known or (fresh and _is_parameter(name, value) and before.get(name, before) is not value)
    }
    if "seeds" in values:  # which a parameter file may hold for `make report`
        raise ParameterError(
            "seeds: this notebook trains a run of one seed; give it `seed` in their place, "
            "or call `make report`, which trains a run of each"
        )
    # A notebook does not know its parameter file; those of a report lie in params/.
    own = {name: value for name, value in values.items() if name not in OUTPUT_PARAMETERS}
    config = make_config(with_absolute_dataset(own, project_root() / "params"))
    for name in OUTPUT_PARAMETERS:
        if not isinstance(values.get(name), str):
            raise ParameterError(f"{name} = {values.get(name)!r}: must be the name of a folder, or ''")
    dataset, reason = resolve_dataset(config.dataset)
    if reason:
        print(f"Trained on {dataset}, because {reason}.")
    config = resolve(config, dataset)
    if config.model and not values["run_folder"]:  # the workflow has tried it when it made its plan
        for note in refuse_broken_models([PlannedRun(NOTEBOOK, config)]):
            print(f"Note on {note}.")
    return config


def output_folder(config: Config, variables: dict[str, Any]) -> Path:
    """Where this run is written: `run_folder` if the workflow named one, else a new hidden folder in `runs_folder`."""
    if variables["run_folder"]:
        return project_root() / variables["run_folder"]
    return stage(config, project_root() / variables["runs_folder"])


def checkpoint(config: Config, variables: dict[str, Any]) -> Path:
    """The file that this run goes on from, should it be interrupted. Raises `PlaceError` if it cannot be there."""
    folder = project_root() / variables["runs_folder"]
    take_runs_folder(folder)
    return checkpoint_file(config, folder)


def hand_over(folder: Path, variables: dict[str, Any]) -> str:
    """Give a finished run its name, unless the workflow is going to; a sentence that says what was done."""
    if variables["run_folder"]:
        return "The workflow adds this notebook to the run folder and publishes it."
    final = publish(folder, project_root() / variables["runs_folder"])
    return f"Published as {variables['runs_folder']}/{final.name}."


def picture(run: FinishedRun, name: str, draw: Callable[[], Figure], alt: Callable[[], str]) -> Image | None:
    """Draw, save as `<name>.png` in the run folder, and show; a run that diverged has no such picture."""
    if run.diverged:
        print(f"The run diverged in epoch {run.metrics['epoch']}, step {run.metrics['step']}: no picture.")
        return None
    drawn = png(draw)
    save_picture(drawn, run.folder / f"{name}.png")
    return show_picture(drawn, alt())


def save_picture(drawn: bytes, path: Path) -> None:
    """Write a picture. Raises `DiskError`, and an earlier picture stays."""
    write_whole(path, drawn)


def show_picture(drawn: bytes, alt: str) -> Image:
    """A picture as the output of a cell."""
    return Image(data=drawn, alt=alt, width=720)


def describe(config: Config) -> str:
    """The run's name and all its parameters, one per line."""
    lines = (f"  {name:13s} {value}" for name, value in config.model_dump().items())
    return "\n".join([run_name(config), *lines])


def _is_parameter(name: str, value: Any) -> bool:
    # In, Out and names with underscores are IPython's own; papermill's --inject-paths adds its own, too.
    plain = value is None or isinstance(value, bool | int | float | str | list | dict)
    return plain and not name.startswith(("_", "PAPERMILL_")) and name not in ("In", "Out")


def _before_the_first_cell() -> dict[str, Any]:
    """The variables that were there before any cell ran, of start-up files say: IPython hides them from `%who`."""
    shell = get_ipython()
    return shell.user_ns_hidden if shell else {}
