"""Train what a study of `params/studies/` still lacks, and write what it found to `results/<study>.json`.

Usage: make study STUDY=<name> [JOBS=n]      (runs side by side; default: one per core)

What stands in the file already is not trained again; what is no longer part of the study leaves it.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import cache
from pathlib import Path

from processes import KilledError, side_by_side
from surroundings import settle

from normstudy.config import run_name
from normstudy.errors import NormstudyError
from normstudy.hardware import cores
from normstudy.paths import project_root
from normstudy.runs.progress import in_words
from normstudy.runs.record import MADE_WITH, config_of, read_record, write_record
from normstudy.runs.study_file import FOLDER, StudyRun, read_study_file, study_path
from normstudy.runs.timing import batch_seconds


def train(run: StudyRun) -> dict:
    """Train once; what the record keeps of it. Losses in nats, accuracies as fractions, times in seconds."""
    from normstudy.model import count_parameters, make_net
    from normstudy.runs.folder import environment
    from normstudy.training.loop import fit

    trained = fit(run.config, _data(run.config.dataset, run.config.evaluate_on))
    last = trained.history[-1] if not trained.diverged else {}
    made_with = environment(run.config.device)
    return {
        "model": run.model,
        "config": run.config.model_dump(),
        "parameters": count_parameters(make_net(run.config)),
        "validation_loss": last.get("test_loss"),
        "validation_accuracy": last.get("test_accuracy"),
        "losses": [entry["test_loss"] for entry in trained.history],
        "seconds_per_epoch": sum(entry["seconds"] for entry in trained.history) / max(1, len(trained.history)),
        "made_with": {name: made_with[name] for name in MADE_WITH},
    }


@cache
def _data(dataset: str, evaluate_on: str):
    """Loaded once per process."""
    from normstudy.training.data import load

    return load(dataset, evaluate_on)


def kept(path: Path, wanted: list[StudyRun]) -> dict[str, dict]:
    """What there is of the study, by the name of the run: in its record `path`, or in that of another study beside it.

    Raises `RecordError`.
    """
    records = [read_record(each) for each in records_beside(path)]
    by_name = {run_name(config_of(row)): row for rows in records for row in rows}
    models = {run_name(run.config): run.model for run in wanted}
    return {name: {**row, "model": models[name]} for name, row in by_name.items() if name in models}


def records_beside(path: Path) -> list[Path]:
    """The records of the studies there are, with `path` as the last: what it has itself counts."""
    names = [each.stem for each in sorted((project_root() / FOLDER).glob("*.yaml"))]
    others = [path.with_name(f"{name}.json") for name in names if name != path.stem]
    return [each for each in [*others, path] if each.exists()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="")
    parser.add_argument("--jobs", type=int, default=cores())
    options = parser.parse_args()
    settle(__file__)
    wanted = read_study_file(study_path(options.study))
    found = project_root() / "results" / f"{options.study}.json"
    rows = kept(found, wanted)
    missing = [run for run in wanted if run_name(run.config) not in rows]
    print(f"{options.study}: {len(wanted)} runs, of which {len(missing)} are missing", flush=True)

    def in_order() -> list[dict]:
        return [rows[name] for name in (run_name(run.config) for run in wanted) if name in rows]

    start, took = time.monotonic(), []
    if rows:
        write_record(found, in_order())

    def tell(number: int, row: dict) -> None:
        name = run_name(missing[number].config)
        rows[name] = row
        write_record(found, in_order())
        took.append(row["seconds_per_epoch"])
        left = [each.config.epochs for each in missing[len(took) :]]
        rest = in_words(batch_seconds(left, [took] * len(left), 0, options.jobs)) if left else "nothing"
        told = "diverged" if row["validation_loss"] is None else f"{row['validation_loss']:.4f} nats"
        print(f"{len(took)} of {len(missing)}: {name}, {told}; {rest} left", flush=True)

    try:
        side_by_side(train, [(run,) for run in missing], options.jobs, tell)
    except KilledError as error:
        raise KilledError(f"{error} and call `make study` again: what is trained is kept") from None
    print(f"{found}: whole, after {in_words(time.monotonic() - start)}")


if __name__ == "__main__":
    try:
        main()
    except NormstudyError as error:
        sys.exit(f"error: {error}")
