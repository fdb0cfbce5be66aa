"""What belongs to a report besides its runs: how it was asked for, and the pages of the user's own studies."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from normstudy.report.sections.reproduce import FOLDER
from normstudy.runs.missing_runs import own_studies
from normstudy.runs.record import read_record

DEFAULTS = {"PARAMS": FOLDER, "SEEDS": "None", "RUNS": "runs", "OUTPUT": "_report", "RENDERER": "auto"}


def page_commands(arguments: argparse.Namespace) -> str:
    """As JSON, what differs from `DEFAULTS` in the `arguments` of `make report`, and the studies that belong to it.

    These are those in a folder of the user's parameters of which there are records. Of a folder with its whole path
    the name alone is given: where it lies on this machine is nobody's business.
    """
    given = {name: _without_machine(getattr(arguments, name.lower())) for name in DEFAULTS}
    studies = [
        str(Path(given["PARAMS"], "studies", record.with_suffix(".yaml").name))
        for record in own_studies(arguments.params)
    ]
    return json.dumps(
        {"options": {key: given[key] for key in DEFAULTS if given[key] != DEFAULTS[key]}, "studies": studies}
    )


def study_pages(arguments: argparse.Namespace) -> str:
    """A page for each of the user's own studies that is recorded next to `--params`, for `render.py`, as JSON.

    Raises `RecordError`.
    """
    return json.dumps([_study_page(number, path) for number, path in enumerate(own_studies(arguments.params), 1)])


def _study_page(number: int, path: Path) -> dict[str, object]:
    from normstudy.report.pages import study as page  # with pandas, which the others do without

    study = read_record(path)
    return {
        "template": "analysis/studies/_own.qmd",
        "name": f"own-{number}-" + (re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "study"),
        "title": study.title,
        "environment": {"NORMSTUDY_STUDY": str(path.absolute())},
        "answer": page.answer(page.settings(study)),
    }


def _without_machine(value: object) -> str:
    return value.name if isinstance(value, Path) and value.is_absolute() else str(value)
