"""The code of networks of one's own, as it was trained, folded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from normstudy.model_code import ModelCode, file_of, in_folder
from normstudy.report.literal import code_block
from normstudy.report.markup import escape, folded
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun
from normstudy.text import visible

MOST_LINES = 400
"""Of what is shown; longer code is beside each run."""


def listings(runs: Sequence[FinishedRun], shown: Collection[str] = ()) -> str:
    """The modules of each network of one's own among `runs` whose code is kept, but for the fingerprints `shown`."""
    found: dict[str, str] = {}
    for run in runs:
        if run.config.model and run.config.code not in {*shown, *found} and (modules := _modules(run)):
            found[run.config.code] = _listing(run.config.model, modules)
    return "\n".join(found.values())


def _modules(run: FinishedRun) -> Mapping[str, str]:
    if isinstance(run, RecordedRun):
        return run.modules or {}
    code: ModelCode | None = in_folder(run.config.model, run.folder)
    return code.modules if code else {}


def _listing(model: str, modules: Mapping[str, str]) -> str:
    blocks, left = [], MOST_LINES
    for name, text in modules.items():
        lines = text.count("\n") + 1
        left -= lines
        told = f"{escape(file_of(name.removesuffix('.__init__')))}, as it was trained"
        if text.strip():
            block = code_block(visible(text.rstrip(), keep="\n\t"), "python")
            blocks.append(f"{told}:\n\n{block}" if left >= 0 else f"{told}, has {lines:,} lines.")
    return folded(f"The code of {model}", "\n\n".join(blocks))
