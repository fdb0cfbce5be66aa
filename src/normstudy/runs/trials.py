"""Try the custom networks of planned runs in a process of its own, before any of them is trained.

Whatever their code does to that process, the plan gets one line about it.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from normstudy.config import Config, ParameterError, make_config
from normstudy.model_code import note, store
from normstudy.runs.studies import PlannedRun
from normstudy.text import one_line

MATTERS = (
    *("model", "code", "norm", "groups", "statistics_batch", "batch_size", "optimizer", "precision", "device"),
    *("dataset", "evaluate_on"),
)
"""The parameters on which the result of a trial may depend; besides, whether there is a penalty."""


def refuse_broken_models(runs: Iterable[PlannedRun]) -> list[str]:
    """Notes to the user on the custom networks among `runs`.

    Raises `ParameterError`: a line for each place of code where one cannot be trained, with the parameter file, the
    file of the network, the line in it, and the fault.
    """
    to_try: dict[tuple, PlannedRun] = {}
    for run in runs:
        if run.config.model:
            to_try.setdefault(_key(run.config), run)
    if not to_try:
        return []
    found = _tried([run.config for run in to_try.values()])
    problems: dict[str, str] = {}
    for run, (problem, _) in zip(to_try.values(), found, strict=False):
        if problem:
            problems.setdefault(_place(problem), f"{one_line(run.source)}: {problem}")
    if problems:
        raise ParameterError("\n".join(problems.values()))
    return list(dict.fromkeys(note for _, notes in found for note in notes))


def _place(problem: str) -> str:
    """Of `model = …: my_models.py, line 4: …`, what stands before the fault, whose words differ with `norm`."""
    return problem[: found.end()] if (found := re.search(r", line \d+: ", problem)) else problem


def _key(config: Config) -> tuple:
    """The same for configurations of which one trial is enough."""
    return (*[getattr(config, name) for name in MATTERS], config.l1 > 0)


def _tried(configs: Sequence[Config]) -> list[tuple[str, list[str]]]:
    """The problem, if any, and the notes, of each of `configs` up to the first that ends the process."""
    with tempfile.TemporaryDirectory(prefix="normstudy-") as folder:
        asked, answers = Path(folder, "asked.json"), Path(folder, "answers.jsonl")
        asked.write_text(json.dumps([config.model_dump() for config in configs]), encoding="utf-8")
        command = [sys.executable, "-E", "-s", "-X", "utf8", "-m", __name__]
        command += [str(asked), str(answers), str(store())]
        process = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = answers.read_text(encoding="utf-8").splitlines() if answers.exists() else []
    found = [(answer["problem"], answer["notes"]) for answer in map(json.loads, lines)]
    if len(found) < len(configs):
        config, status = configs[len(found)], process.returncode
        if status == -signal.SIGINT:
            raise KeyboardInterrupt
        printed = process.stdout.decode(errors="replace").strip().splitlines()
        how = signal.strsignal(-status) if status < 0 else f"exit status {status}"
        last = f", after printing: {one_line(printed[-1])[:120]}" if printed else ""
        problem = f"model = {config.model}: its code ended the process that tried it ({how}{last}); remove what does"
        found.append((problem, []))
    return found


def _answer(asked: Path, answers: Path, code: Path) -> None:
    from normstudy.training.trial import try_out  # with torch

    configs: list[Mapping] = json.loads(asked.read_text(encoding="utf-8"))
    for values in configs:
        config = make_config(dict(values))
        note(config.code, code / config.code)
        trial = try_out(config)
        with open(answers, "a", encoding="utf-8") as file:
            file.write(json.dumps({"problem": trial.problem, "notes": trial.notes}) + "\n")


if __name__ == "__main__":
    _answer(*map(Path, sys.argv[1:4]))
