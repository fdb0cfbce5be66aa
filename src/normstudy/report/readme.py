"""The part of README.md that is computed from the published runs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from normstudy.errors import NormstudyError
from normstudy.paths import write_whole
from normstudy.report.core import pairs, style
from normstudy.report.core.models import Model, models_of
from normstudy.report.core.names import data_name
from normstudy.report.core.text import interval, number
from normstudy.report.sections import graphs, minute, mistakes
from normstudy.runs.folder import FinishedRun

BEGIN = "<!-- results: begin (written by `make publish`) -->\n"
END = "<!-- results: end -->\n"
GRAPHS = {"test_loss": "Graph 1", "test_accuracy": "Graph 2"}
"""Measures of the history, and what their graphs are called."""


class ReadmeError(NormstudyError):
    """README.md has no place for the results."""


def draw_graphs(runs: Sequence[FinishedRun], folder: Path) -> list[Path]:
    """Draw both graphs into `folder`, light and dark; the paths of the light ones. Raises `DiskError`."""
    folder.mkdir(parents=True, exist_ok=True)
    models, paths = models_of(runs), []
    for measure in GRAPHS:
        for theme, picture in style.both(lambda measure=measure: graphs.draw(models, measure)):
            path = folder / f"{measure.replace('_', '-')}{'-dark' if theme == 'dark' else ''}.svg"
            write_whole(path, style.svg(picture))
            paths += [path] if theme == "light" else []
    return paths


def results_block(runs: Sequence[FinishedRun], graph_paths: Sequence[Path]) -> str:
    """The verdict, the table, both graphs and one grid of misclassified images per model, as Markdown.

    Paths of pictures are as seen from README.md.
    """
    models = models_of(runs)
    parts = [
        minute.verdict(models, pairs.compare(models)),
        _table(models).to_markdown(index=False, tablefmt="pipe", disable_numparse=True),
    ]
    for (measure, title), path in zip(GRAPHS.items(), graph_paths, strict=True):
        parts.append(_graph(graphs.alt(models, measure), path))
        parts.append(
            f"*{title}: {data_name(models[0].config)}. Lines are means over seeds, bands reach from the lowest "
            "to the highest run.*"
        )
    for model in models:
        run = model.shown
        if not run.diverged:
            parts.append(f"![{mistakes.misclassified_alt(run)}]({(run.folder / 'misclassified.png').as_posix()})")
            parts.append(
                f"*The ten most confident errors of {model.name}, seed {run.config.seed}. Above each image: true "
                "class, predicted class and the model's probability for the latter.*"
            )
    return "\n\n".join(parts) + "\n"


def put_results(text: str, block: str) -> str:
    """`text` of README.md with `block` between the two marks. Raises `ReadmeError` when a mark is missing."""
    if BEGIN not in text or END not in text:
        raise ReadmeError(
            f"README.md: no line `{BEGIN.strip()}` … `{END.strip()}`; `git checkout README.md` brings it back"
        )
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + block + "\n" + END + rest.partition(END)[2]


def _table(models: Sequence[Model]) -> pd.DataFrame:
    found = pairs.accuracies(models)
    rows = []
    for model in models:
        values = 100 * model.final("test_accuracy")
        if not len(values):
            continue
        rows.append(
            {
                "model": model.name,
                "parameters": f"{model.parameters:,}",
                "runs": str(len(values)),
                "test accuracy (%)": interval(found.loc[model.name], places=3, scale=100),
                "lowest to highest run": f"{number(values.min())} to {number(values.max())}",
                "test loss (nats)": number(model.final("test_loss").mean(), 4),
            }
        )
    return pd.DataFrame(rows)


def _graph(alt: str, path: Path) -> str:
    """A picture that follows the reader's system, as GitHub takes it."""
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{path.with_stem(f"{path.stem}-dark").as_posix()}">'
    return f'<picture>{dark}<img alt="{html.escape(alt)}" src="{path.as_posix()}"></picture>'
