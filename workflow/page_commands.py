"""What was typed to make a page, for the page to say."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from normstudy.report.sections.reproduce import FOLDER
from normstudy.runs.lacking import own_studies

DEFAULTS = {"PARAMS": FOLDER, "SEEDS": "None", "RUNS": "runs", "OUTPUT": "_report", "RENDERER": "auto"}


def page_commands(arguments: argparse.Namespace) -> str:
    """As JSON, what differs from `DEFAULTS` in the `arguments` of `make report`, and the studies that belong to it.

    These are those in a folder of parameters of one's own of which there are records. Of a folder with its whole path
    the name alone is told: where it lies on this machine is nobody's business.
    """
    given = {name: _without_machine(getattr(arguments, name.lower())) for name in DEFAULTS}
    studies = [
        str(Path(given["PARAMS"], "studies", record.with_suffix(".yaml").name))
        for record in own_studies(arguments.params)
    ]
    return json.dumps(
        {"options": {key: given[key] for key in DEFAULTS if given[key] != DEFAULTS[key]}, "studies": studies}
    )


def _without_machine(value: object) -> str:
    return value.name if isinstance(value, Path) and value.is_absolute() else str(value)
