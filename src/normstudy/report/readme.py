"""The part of README.md that is computed from the published runs."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from normstudy.errors import NormstudyError
from normstudy.paths import write_whole
from normstudy.report import claimed, curves, summary
from normstudy.report.dark import dark_name, dark_svg
from normstudy.report.labels import data_name
from normstudy.report.markup import save_picture
from normstudy.report.misclassified import misclassified_alt, misclassified_caption
from normstudy.report.models import has_several_seeds, models_of, of_first_seed
from normstudy.report.outcomes import named
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy

BEGIN = "<!-- results: begin (written by `make publish`) -->\n"
END = "<!-- results: end -->\n"
GRAPHS = {"test_loss": "Graph 1", "test_accuracy": "Graph 2"}


class ReadmeError(NormstudyError):
    """README.md has no place for the results."""


def draw_graphs(runs: Sequence[FinishedRun], folder: Path) -> list[Path]:
    """Draw both graphs into `folder`, each with its variant for a dark page; the paths of the light ones."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for measure in GRAPHS:
        paths.append(folder / f"{measure.replace('_', '-')}.svg")
        save_picture(curves.history_figure(runs, [measure]), paths[-1])
        write_whole(dark_name(paths[-1]), dark_svg(paths[-1].read_text(encoding="utf-8")))
    return paths


def results_block(
    runs: Sequence[FinishedRun], graphs: Sequence[Path], records: Mapping[str, RecordedStudy] = MappingProxyType({})
) -> str:
    """Table, findings and pictures as Markdown; picture paths as seen from README.md.

    Last, what the studies `records` say of the claims of another solution.
    """
    means = "; means over the runs of a model, which differ in their seed" if has_several_seeds(models_of(runs)) else ""
    parts = [f"After the last epoch, on {data_name(runs)}{means}:\n"]
    parts.append(summary.models_table(runs).to_markdown(index=False, tablefmt="pipe", disable_numparse=True) + "\n")
    parts.append(summary.paragraph(runs) + "\n")
    for (measure, title), path in zip(GRAPHS.items(), graphs, strict=True):
        parts.append(_graph(curves.history_alt(runs, measure), path))
        parts.append(
            f"*{title}: {curves.epochs_shown(runs)}. {curves.what_lines_are(runs)}{curves.take_away(runs, measure)}*\n"
        )
    for name, run in named(of_first_seed(runs)):
        if not run.diverged:
            parts.append(_picture(misclassified_alt(run), run.folder / "misclassified.png"))
            parts.append(f"*{misclassified_caption(name, run)}*\n")
    if found := claimed.for_readme(records):
        parts.append(f"### Claimed, and what we found\n\n{found}")
    return "\n".join(parts)


def put_results(text: str, block: str) -> str:
    """`text` of README.md with `block` between the two marks. Raises `ReadmeError` when a mark is missing."""
    if BEGIN not in text or END not in text:
        raise ReadmeError(
            f"README.md: no line `{BEGIN.strip()}` … `{END.strip()}`; `git checkout README.md` brings it back"
        )
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + block + "\n" + END + rest.partition(END)[2]


def _graph(alt: str, path: Path) -> str:
    """A picture that follows the reader's system, as GitHub takes it."""
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{dark_name(path).as_posix()}">'
    return f'<picture>{dark}<img alt="{html.escape(alt)}" src="{path.as_posix()}"></picture>\n'


def _picture(alt: str, path: Path) -> str:
    return f"![{alt}]({path.as_posix()})\n"
