"""Render `report.qmd` from a folder of runs, with Quarto where there is one, else with the preview renderer.

Usage: python workflow/render.py --results runs --output _report [--renderer auto|quarto|preview]

The old report stays until the new one is whole. `render.json` in the output says what made it, and which files it has.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import quarto
import yaml
from placement import clear_up, put_in_place, workshop
from surroundings import settle

from normstudy.errors import SCANT, NormstudyError, disk_refusal
from normstudy.ipynb import nbformat
from normstudy.ownership import as_typed, record, refuse_output
from normstudy.paths import write_whole
from normstudy.preview import page as preview
from normstudy.preview.article import NeedsQuartoError, executed
from normstudy.report.colab import invitation
from normstudy.report.harmless import make_harmless
from normstudy.report.labels import FULL_NAMES, data_name, model_names, which_models
from normstudy.report.made_by import VARIABLE as MADE_BY_VARIABLE
from normstudy.report.models import of_first_seed
from normstudy.runs.comparison import compared_runs
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import read_record, record_names, verify_predictions

REPORT = Path("report.qmd")
FILTERS = Path("src/normstudy/preview/assets")
PROJECT_FILES = ("report.qmd", "references.bib", "_quarto.yml", FILTERS / "drawings.lua", FILTERS / "folded.lua")
REFERENCE = Path("docs/python.ipynb")
REFERENCE_TITLE = "From Python: the public names of the package"
RECORDS = Path("results")
MEASURED = Path("benchmarks")
"""Where what was measured apart from studies lies, as JSON."""
AUTHORS = "The normstudy authors"
NEEDED = ("search", "neighbours", "skeletons")
"""Of the records, those without which there is no report."""
RESULTS_VARIABLE = "NORMSTUDY_RESULTS"
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""For the cells: what they ask of torch is so little that further threads only wait for each other, at full speed."""


class RenderError(NormstudyError):
    """The report could not be rendered."""


def render(results: Path, output: Path, renderer: str = "auto", made_by: str = "") -> str:
    """Make the report in `output`, and say what with; the renderer that did it, in words. Raises `NormstudyError`.

    `made_by`: what was typed, for the page to say (`report/made_by.py`).
    """
    program, detail = (None, "as asked for") if renderer == "preview" else quarto.find()
    if renderer == "quarto" and not program:
        raise RenderError(f"{detail}; `make report RENDERER=preview` does without")
    by = f"Quarto {detail}" if program else f"the preview renderer ({detail})"
    runs = of_first_seed(compared_runs(results))
    for name in sorted({*NEEDED, *record_names(RECORDS)}):
        verify_predictions(read_record(RECORDS / f"{name}.json"))
    print(f"Rendering the report with {by}: {'about two minutes' if program else 'about a minute'} …", flush=True)
    environment = {RESULTS_VARIABLE: str(results.resolve()), MADE_BY_VARIABLE: made_by, **ONE_THREAD}
    front = heading(runs, is_published(results))
    with workshop(output) as work:
        fresh = work.folder / "page"
        if program:
            render_with_quarto(program, environment, fresh, runs, front)
        else:
            project = work.folder / "preview"
            copy_project(project)
            pages = copied_notebooks(project, runs)
            preview.render(project / REPORT, fresh, environment, pages, front)
        record(fresh, by)
        put_in_place(fresh, work)
    return by


def render_with_quarto(
    program: str, environment: dict[str, str], output: Path, runs: list[FinishedRun], front: dict[str, str]
) -> None:
    """Render the manuscript as the folder `output`, all formats in a copy of the project and from one run of its cells.

    Left to itself, Quarto runs them once per format. It does so here, too, where the article has constructs that
    only Quarto knows.
    """
    environment = {**environment, "QUARTO_PYTHON": sys.executable}
    with plain_place(output.parent) as place:
        project = place / "project"
        copy_project(project)
        pages = [(title, file.relative_to(project)) for title, file in copied_notebooks(project, runs)]
        write_profile(project / "_quarto-runs.yml", front, pages)
        article = project / REPORT
        try:
            text = executed(article, environment, {"engine": "markdown"})
            article.write_text(without_computations(text), encoding="utf-8")
        except NeedsQuartoError as construct:
            print(f"{construct} So its cells are run by Quarto, once per format.")
        run_quarto(program, {**os.environ, **environment}, project)
        shutil.move(project / "made", output)


def without_computations(article: str) -> str:
    """The executed `article` so that Quarto sees in it what it is: text alone.

    Where a brace follows a backtick it expects code, and renders the article three times more, as notebooks that are
    offered nowhere. Before the brace of a raw block there may be a space.
    """
    return re.sub(r"^( *`{3,})(?={=)", r"\1 ", article, flags=re.MULTILINE)


@contextmanager
def plain_place(folder: Path) -> Iterator[Path]:
    """`folder`, or where Quarto would read its path as a pattern, a temporary one."""
    if re.fullmatch(r"[\w/ .,~+=:-]*", str(folder)):
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="normstudy-quarto-") as elsewhere:
            yield Path(elsewhere)


def run_quarto(program: str, environment: dict[str, str], project: Path) -> None:
    """Render all formats of `project`, into its folder `made`. Raises `RenderError` with Quarto's reason."""
    command = [program, "render", "--profile", "runs", "--output-dir", "made"]
    with open(project / "quarto.log", "w+", errors="replace") as file:
        code = subprocess.call(command, cwd=project, env=environment, stdout=file, stderr=file)
        file.seek(0)
        log = file.read()
    print(log)
    if code:
        lines = log.splitlines()
        reason = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        reason = reason or [line for line in lines if re.search(r"Error|ERROR", line)] or ["see above"]
        told = re.search(r"No space left|disk is full", log)
        full = told or shutil.disk_usage(project).free < SCANT  # not each of its programs says so
        why = "" if told or not full else " The disk is full"
        remedy = "; make room there, or name another folder (OUTPUT=)" if full else ""
        raise RenderError(f"Quarto failed: {reason[-1].strip()}{why}{remedy}")
    if "Unable to resolve crossref" in log:  # Quarto itself only warns
        raise RenderError("Quarto: a cross-reference of report.qmd leads nowhere; see the lines above")


def copy_project(project: Path) -> None:
    """What a renderer needs of this checkout, in the new folder `project`: it writes beside the report."""
    project.mkdir()
    for name in PROJECT_FILES:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, project / name)
    shutil.copytree("theme", project / "theme", ignore=shutil.ignore_patterns(".*"))  # some are links to nowhere
    (project / MEASURED).mkdir()
    for path in MEASURED.glob("[!.]*.json"):
        shutil.copyfile(path, project / path)
    (project / "results").mkdir()
    for name in record_names(RECORDS):
        for path in (RECORDS / f"{name}.json", RECORDS / f"{name}.npz"):
            if path.exists():
                shutil.copyfile(path, project / path)


def copied_notebooks(project: Path, runs: list[FinishedRun]) -> list[tuple[str, Path]]:
    """(title, file) of the notebooks of `runs`, put into `project` to become pages.

    Those of `RECORDS`, which the repository has, say where they can be run.
    """
    copied = []
    for title, file in notebook_pages(runs):
        copied.append((title, project / "notebooks" / file.parent.name / file.name))
        copied[-1][1].parent.mkdir(parents=True)
        notebook = nbformat.read(file, as_version=4)
        make_harmless(notebook)
        address = PurePosixPath(RECORDS.name, file.parent.name, file.name)
        if is_published(file.parent.parent) and (text := invitation(address)):
            notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text))
        nbformat.write(notebook, copied[-1][1])
    return copied


def write_profile(path: Path, front: dict[str, str], notebooks: list[tuple[str, Path]]) -> None:
    """A Quarto profile with the report's `front`, as of `heading`, and a page for each (title, executed notebook)."""
    pages = [{"notebook": os.path.relpath(file), "title": title} for title, file in notebooks]
    profile = {**front, "manuscript": {"notebooks": pages}}
    text = yaml.safe_dump(profile, sort_keys=False, allow_unicode=True)
    comment = "# Written by workflow/render.py and workflow/publish.py: the notebooks of the runs in the report.\n"
    if not path.exists() or path.read_text(encoding="utf-8") != comment + text:
        write_whole(path, comment + text)


def subtitle(runs: list[FinishedRun]) -> str:
    """Which models are compared on which data."""
    return f"{which_models(runs)} on {data_name(runs)}"


def heading(runs: list[FinishedRun], published: bool) -> dict[str, str]:
    """What stands below the report's title and beside links to it; `published` runs have their authors."""
    about = f"{subtitle(runs)}, with every number computed from the saved runs."
    return {"subtitle": subtitle(runs), "description": about} | ({"author": AUTHORS} if published else {})


def is_published(results: Path) -> bool:
    """Whether these are the runs of the repository, and not a reader's own."""
    return results.resolve() == RECORDS.resolve()


def notebook_pages(runs: list[FinishedRun]) -> list[tuple[str, Path]]:
    """(title, notebook) of each run that has one, and of what the package offers to Python."""
    trained = [
        (f"{name}: {FULL_NAMES[run.config.norm].lower()}", run.folder / "train.ipynb")
        for name, run in zip(model_names(runs), runs, strict=True)
        if (run.folder / "train.ipynb").is_file()
    ]
    return [*trained, (REFERENCE_TITLE, REFERENCE)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--results", type=as_typed, required=True)
    parser.add_argument("--output", type=as_typed, default="_report")
    parser.add_argument("--renderer", choices=["auto", "quarto", "preview"], default="auto")
    parser.add_argument("--made-by", default="", help="what was typed, for the page to say; as JSON")
    arguments = parser.parse_args()
    results, output = arguments.results.absolute(), arguments.output.absolute()
    try:
        settle(__file__)
        clear_up(output)
        refuse_output(output, {"RUNS": results})
        by = render(results, output, arguments.renderer, arguments.made_by)
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {disk_refusal(error, arguments.output)}", file=sys.stderr)
        return 1
    print(f"Report: {arguments.output / 'index.html'} and {arguments.output / 'report.pdf'}")
    print(f"Rendered by {by}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
