"""Render the report on a folder of runs, or the whole site, with Quarto where there is one, else without.

Usage: python workflow/render.py --results runs --output _report [--renderer auto|quarto|preview]
       python workflow/render.py --site --output _site [--renderer auto|quarto|preview]

The cells of every page are executed here, once, in a copy of the project; either renderer then gets plain Markdown.
What was in the output stays until the new one is complete. `render.json` there says what made it, and which files it
has.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import command
import quarto
import yaml
from command import check_machine
from placement import clear_up, put_in_place, workshop

from normstudy.errors import SCANT, NormstudyError
from normstudy.ipynb import nbformat
from normstudy.ownership import as_typed, record, refuse_output
from normstudy.paths import write_whole
from normstudy.preview import page as preview
from normstudy.preview.article import Task, execute
from normstudy.preview.notebooks import invitation, make_harmless
from normstudy.preview.project import CONFIG, Project
from normstudy.report.core.literal import escape
from normstudy.report.core.models import of_first_seed
from normstudy.report.core.names import FULL_NAMES, data_name, model_names, which_models
from normstudy.runs.compared_runs import compared_runs
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import read_record, record_names, verify_predictions

REPORT = PurePosixPath("report.qmd")
REFERENCE = PurePosixPath("docs/python.ipynb")
REFERENCE_TITLE = "From Python: the public names of the package"
STUDIES = PurePosixPath("analysis/studies")
"""The folder of the pages on studies, whose metadata a page on a user's own study has, too."""

RECORDS = Path("results")
FRONT = RECORDS / "report.yml"
"""What stands below the report's title: metadata that `report.qmd` includes."""

NAVIGATION = RECORDS / "notebooks.yml"
"""The notebooks of the published runs, for the navigation: metadata that `_quarto.yml` includes."""

NEEDED = ("report.qmd", "references.bib", CONFIG, str(REFERENCE), str(STUDIES / "_metadata.yml"))
FOLDERS = ("analysis", "docs", "params", "results", "theme")
"""Of the project, what the whole site is made of, besides `benchmarks/*.json`."""

AUTHORS = "The normstudy authors"
RESULTS_VARIABLE = "NORMSTUDY_RESULTS"
SITE_VARIABLE = "NORMSTUDY_SITE"
FINDINGS_VARIABLE = "NORMSTUDY_FINDINGS"
STUDIES_VARIABLE = "NORMSTUDY_STUDIES"
MADE_BY_VARIABLE = "NORMSTUDY_MADE_BY"
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""For the cells: what they ask of torch is so little that further threads only wait for each other, at full speed."""

UNCOLOURED = re.compile(r"\x1b\[[0-9;]*m")
"""In what Quarto says, the marks of colours."""

Notebooks = Sequence[tuple[str, PurePosixPath]]
"""(title, page) of each."""


class RenderError(NormstudyError):
    """The report or the site could not be rendered."""


@dataclass(frozen=True)
class OwnPage:
    """A page of the report that is made of a template: on a study of the user's, say.

    `template` is a `.qmd` of the project, `environment` what its cells see, `name` that of the page, without an ending;
    the report links to it by its `title` with its `answer`, Markdown, where there is one.
    """

    template: str
    name: str
    title: str
    environment: dict[str, str] = field(default_factory=dict)
    answer: str = ""

    @property
    def path(self) -> PurePosixPath:
        """Where it lies in the project: where it has what all pages on studies have."""
        return STUDIES / f"{self.name}.qmd"


def render_report(
    results: Path, output: Path, renderer: str = "auto", made_by: str = "", pages: Sequence[OwnPage] = ()
) -> str:
    """Make the report on the runs in `results` as the folder `output`; what with, in words. Raises `NormstudyError`.

    `made_by`: what was typed, as JSON, for the page to say. `pages` are further pages of the report.
    """
    runs = of_first_seed(compared_runs(results))
    environment = {RESULTS_VARIABLE: str(results.resolve()), MADE_BY_VARIABLE: made_by, **ONE_THREAD}
    links = [{"title": page.title, "page": str(page.path), "answer": page.answer} for page in pages]

    def fill(project: Path) -> list[Task]:
        copy_files(project, NEEDED)
        copy_folder("theme", project)
        copy_records(project)
        notebooks = [*copied_notebooks(project, runs), (REFERENCE_TITLE, REFERENCE)]
        make_page_of(Path(REFERENCE), project / REFERENCE, REFERENCE_TITLE, None)
        for page in pages:
            (project / page.path).write_text(from_template(page), encoding="utf-8")
        write_metadata(project / FRONT, heading(runs, is_published(results)))
        write_metadata(project / CONFIG, report_config(project, pages, notebooks))
        own = [Task(page.path, {**environment, **page.environment}) for page in pages]
        return [Task(REPORT, {**environment, STUDIES_VARIABLE: json.dumps(links)}), *own]

    return make(output, renderer, fill)


def render_site(output: Path, renderer: str = "auto") -> str:
    """Make the whole site of the published results as the folder `output`; what with. Raises `NormstudyError`."""
    environment = {RESULTS_VARIABLE: RECORDS.name, SITE_VARIABLE: "1", **ONE_THREAD}

    def fill(project: Path) -> list[Task]:
        copy_files(project, NEEDED)
        for name in FOLDERS:
            copy_folder(name, project)
        copy_records(project)
        return [Task(page, environment) for page in Project(project).pages if page.suffix == ".qmd"]

    def show_notebooks(project: Path) -> None:  # after the cells: what a run folder has is verified before it is read
        for title, file in notebook_pages(of_first_seed(compared_runs(RECORDS))):
            make_page_of(file, project / file, title, PurePosixPath(file.as_posix()))
        make_page_of(Path(REFERENCE), project / REFERENCE, REFERENCE_TITLE, None)

    return make(output, renderer, fill, show_notebooks)


def make(
    output: Path,
    renderer: str,
    fill: Callable[[Path], Sequence[Task]],
    after_cells: Callable[[Path], None] = lambda project: None,
) -> str:
    """Render the project with which `fill` fills a new folder, and whose pages it names; what with, in words."""
    program, detail = (None, "as asked for") if renderer == "preview" else quarto.find()
    if renderer == "quarto" and not program:
        raise RenderError(f"{detail}; RENDERER=preview does without")
    by = f"Quarto {detail}" if program else f"the preview renderer ({detail})"
    print(f"Rendering with {by} …", flush=True)
    with workshop(output) as work, plain_place(work if program else None) as place:
        project, fresh = (place or work) / "project", work / "page"
        project.mkdir()
        tasks = fill(project)
        for name in record_names(project / RECORDS):
            verify_predictions(read_record(project / RECORDS / f"{name}.json"))
        for construct in execute(project, tasks):
            if not program:
                raise construct
            print(f"{construct} So its cells are run by Quarto, once per format.")
        after_cells(project)
        if program:
            for task in tasks:
                hide_code(project / task.page)
            run_quarto(program, {**os.environ, **tasks[0].environment, "QUARTO_PYTHON": sys.executable}, project)
            shutil.move(project / "made", fresh)
        else:
            preview.render(project, fresh, strict=is_strict())
        record(fresh, by)
        put_in_place(fresh, output)
    return by


# The copy of the project: cells write next to the pages, and Quarto in its folder


def copy_files(project: Path, names: Sequence[str]) -> None:
    for name in names:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, project / name)


def copy_folder(name: str, project: Path) -> None:
    """Without hidden files, of which those of editors are links to nowhere."""
    shutil.copytree(name, project / name, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)


def copy_records(project: Path) -> None:
    """The records of studies, and what was measured apart from studies."""
    copy_files(project, [str(path) for path in sorted(Path("benchmarks").glob("[!.]*.json"))])
    (project / RECORDS).mkdir(exist_ok=True)
    for name in record_names(RECORDS):
        copy_files(project, [str(path) for end in ("json", "npz") if (path := RECORDS / f"{name}.{end}").exists()])


def copied_notebooks(project: Path, runs: Sequence[FinishedRun]) -> list[tuple[str, PurePosixPath]]:
    """(title, page) of the notebooks of those of `runs` that have one, put into `project`."""
    copied = []
    for title, file in notebook_pages(runs):
        page = PurePosixPath("notebooks", file.parent.name, file.name)
        (project / page).parent.mkdir(parents=True)
        address = PurePosixPath(RECORDS.name, file.parent.name, file.name)
        make_page_of(file, project / page, title, address if is_published(file.parent.parent) else None)
        copied.append((title, page))
    return copied


def make_page_of(source: Path, target: Path, title: str, published: PurePosixPath | None) -> None:
    """Write the notebook `source` as a page with that title; of a `published` one, with where it can be run."""
    notebook = nbformat.read(source, as_version=4)
    make_harmless(notebook)
    first = notebook.cells[0]
    first.source = re.sub(r"\A# .*", "", first.source) if first.cell_type == "markdown" else first.source
    invited = invitation(published) if published else ""
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(f"# {title}\n\n{invited}"))
    nbformat.write(notebook, target)


def from_template(page: OwnPage) -> str:
    """The text of `page`: its template with another title."""
    title = f"title: {json.dumps(escape(page.title), ensure_ascii=False)}"
    text = Path(page.template).read_text(encoding="utf-8")
    return re.sub(r"^title:.*$", lambda _: title, text, count=1, flags=re.MULTILINE)


def report_config(
    project: Path, pages: Sequence[OwnPage], notebooks: list[tuple[str, PurePosixPath]]
) -> dict[str, Any]:
    """The configuration of the site for a report: its pages are the only ones."""
    config = yaml.safe_load((project / CONFIG).read_text(encoding="utf-8"))
    config.pop("metadata-files")
    paths = [REPORT, *(page.path for page in pages), *(page for _, page in notebooks)]
    config["project"]["render"] = [str(path) for path in paths]
    bar = [{"text": "Report", "href": str(REPORT)}]
    bar += [{"text": page.title, "href": str(page.path)} for page in pages]
    bar += [{"text": "Notebooks", "menu": [{"text": title, "href": str(page)} for title, page in notebooks]}]
    config["website"]["navbar"]["left"] = bar
    config["website"].pop("sidebar")
    return config


def write_metadata(path: Path, metadata: dict[str, Any]) -> None:
    """Write a file of Quarto's metadata, unless it is there already."""
    text = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    comment = "# Written by workflow/publish.py and, in a copy of the project, by workflow/render.py.\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != comment + text:
        write_whole(path, comment + text)


def navigation(runs: Sequence[FinishedRun]) -> dict[str, Any]:
    """The menu of the notebooks of the published `runs`, as metadata of the site."""
    menu = [{"text": title, "href": file.as_posix()} for title, file in notebook_pages(runs)]
    return {"website": {"navbar": {"left": [{"text": "Notebooks", "menu": menu}]}}}


def heading(runs: Sequence[FinishedRun], published: bool) -> dict[str, str]:
    """What stands below the report's title and next to links to it; `published` runs have their authors."""
    subtitle = f"{which_models(runs)} on {data_name(runs[0].config)}"
    about = f"{subtitle}, with every number computed from the saved runs."
    return {"subtitle": subtitle, "description": about} | ({"author": AUTHORS} if published else {})


def is_published(results: Path) -> bool:
    """Whether these are the runs of the repository, and not a reader's own."""
    return results.resolve() == RECORDS.resolve()


def notebook_pages(runs: Sequence[FinishedRun]) -> list[tuple[str, Path]]:
    """(title, notebook) of each run that has one."""
    return [
        (f"{name}: {FULL_NAMES[run.config.norm].lower()}", run.folder / "train.ipynb")
        for name, run in zip(model_names(runs), runs, strict=True)
        if (run.folder / "train.ipynb").is_file()
    ]


def is_strict() -> bool:
    """Whether a link that leads nowhere ends the render, as a finding that does not hold: the published site's."""
    return os.environ.get(FINDINGS_VARIABLE) == "stop"


# Quarto


def hide_code(page: Path) -> None:
    """Let Quarto see in an executed page what it is: text alone.

    Where a brace follows a backtick it expects code to be run, and renders the page more than once. Before the brace
    there may be a space.
    """
    text = page.read_text(encoding="utf-8")
    if "\nengine: markdown\n" in text:
        page.write_text(re.sub(r"^( *`{3,})(?={=)", r"\1 ", text, flags=re.MULTILINE), encoding="utf-8")


@contextmanager
def plain_place(folder: Path | None) -> Iterator[Path | None]:
    """`folder`, or where Quarto would read its path as a pattern, a temporary one."""
    if folder is None or re.fullmatch(r"[\w/ .,~+=:-]*", str(folder)):
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="normstudy-quarto-") as elsewhere:
            yield Path(elsewhere)


def run_quarto(program: str, environment: dict[str, str], project: Path) -> None:
    """Render `project` into its folder `made`. Raises `RenderError` with Quarto's reason."""
    with open(project / "quarto.log", "w+", errors="replace") as file:
        code = subprocess.call(
            [program, "render", "--output-dir", "made"], cwd=project, env=environment, stdout=file, stderr=file
        )
        file.seek(0)
        log = file.read()
    print(log)
    if code:
        lines = log.splitlines()
        reason = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        reason = reason or [line for line in lines if re.search(r"Error|ERROR", line)] or ["see above"]
        reported = re.search(r"No space left|disk is full", log)
        full = reported or shutil.disk_usage(project).free < SCANT  # not each of its programs says so
        why = "" if reported or not full else " The disk is full"
        remedy = "; make room there, or name another folder (OUTPUT=)" if full else ""
        raise RenderError(f"Quarto failed: {reason[-1].strip()}{why}{remedy}")
    # Of what Quarto itself only warns of.
    fatal = ["Unable to resolve crossref", *["Unable to resolve link target"] * is_strict()]
    for line in UNCOLOURED.sub("", log).splitlines():
        if any(warning in line for warning in fatal):
            raise RenderError(f"Quarto: {line.strip()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--results", type=as_typed, help="the folder of runs that the report is on")
    parser.add_argument("--site", action="store_true", help="make the whole site of results/ instead of a report")
    parser.add_argument("--output", type=as_typed)
    parser.add_argument("--renderer", choices=["auto", "quarto", "preview"], default="auto")
    parser.add_argument("--made-by", default="", help="what was typed, for the page to say; as JSON")
    parser.add_argument("--pages", default="[]", help="further pages of the report: a list of `OwnPage`, as JSON")
    arguments = parser.parse_args()
    if arguments.site == bool(arguments.results):
        parser.error("either --results or --site")
    arguments.output = arguments.output or Path("_site" if arguments.site else "_report")
    output = arguments.output.absolute()
    results = arguments.results.absolute() if arguments.results else None  # before the checkout becomes the place

    def work() -> None:
        check_machine()
        clear_up(output)
        refuse_output(output, {"RUNS": results} if results else {})
        if results is None:
            by = render_site(output, arguments.renderer)
        else:
            pages = [OwnPage(**page) for page in json.loads(arguments.pages)]
            by = render_report(results, output, arguments.renderer, arguments.made_by, pages)
        pdf = f" and {arguments.output / 'report.pdf'}"
        print(f"{'Site' if arguments.site else 'Report'}: {arguments.output / 'index.html'}{pdf}")
        print(f"Rendered by {by}.")

    return command.run(work, arguments.output)


if __name__ == "__main__":
    sys.exit(main())
