"""By which commands the page was made, and how one asks a question of one's own beside its models, as Markdown.

What was typed reaches the report in its environment, as JSON, which `workflow/page_commands.py` writes:
`{"options": {"PARAMS": "my"}, "studies": ["my/studies/rates.yaml"]}`, both empty where a page is made as published.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from normstudy.report.literal import code_block, escape
from normstudy.text import one_line, visible

FOLDER = "params"
"""Of the parameter files, unless another is named."""

VARIABLE = "NORMSTUDY_MADE_BY"
"""Of the environment, in which the report finds it."""


def commands(environment: Mapping[str, str]) -> str:
    """A block of the commands that made the page: each study of one's own, then the report."""
    lines = [
        f"make study {_typed('STUDY', study)}   # trains and records it" for study in _read(environment)["studies"]
    ]
    remark = f"# trains {one_line(_folder(environment))}/*.yaml with the exact versions of requirements.lock"
    return code_block(visible("\n".join([*lines, remark, _report(environment)])), "bash") + "\n"


def further_model(environment: Mapping[str, str]) -> str:
    """How a model of one's own comes onto the page, and how one sees several seeds of each."""
    folder = _folder(environment)
    if folder == FOLDER:
        example, whose = "such as `params/in.yaml` with the line `norm: in`", ""
    else:
        example, whose = "such as a copy of one of those there with another `norm:`", " whose file names no seeds"
    again, ten = _code(_report(environment)), _code(_report(environment, SEEDS="10"))
    seeds = f" {ten} trains ten runs of each model{whose}, with the seeds 0 to 9."
    return (
        f"To ask a question of your own, put a further YAML file into {_code(f'{folder}/')}, {example}, and run "
        f"{again} again: only the new model is trained, and it takes its place in every table and figure."
        f"{'' if 'SEEDS' in _read(environment)['options'] else seeds}"
    )


def notebook(environment: Mapping[str, str]) -> str:
    """What stands before the command that runs the notebook without the workflow."""
    whose = "" if _folder(environment) == FOLDER else ", here with a model of this project"
    return f"The training itself is one notebook, `analysis/train.ipynb`, which also runs by itself{whose}:"


def report_command(options: Mapping[str, str]) -> str:
    """`make report` with `options` as a shell takes them, such as `PARAMS=my`."""
    return " ".join(["make report", *(_typed(*option) for option in options.items())])


def _read(environment: Mapping[str, str]) -> dict:
    return {"options": {}, "studies": [], **json.loads(environment.get(VARIABLE) or "{}")}


def _folder(environment: Mapping[str, str]) -> str:
    return _read(environment)["options"].get("PARAMS", FOLDER).rstrip("/")


def _report(environment: Mapping[str, str], **more: str) -> str:
    return report_command({**_read(environment)["options"], **more})


def _typed(name: str, value: str) -> str:
    """`NAME=value` as a shell takes it."""
    return f"{name}={shlex.quote(value)}"


def _code(text: str) -> str:
    """`text` as code within a line; as plain text where it has what ends code."""
    return escape(text) if "`" in text else f"`{visible(one_line(text))}`"  # which is copied: no breaks in words
