"""How the cost of the main job grows with the number of runs: what `make growth` runs.

Usage: python benchmarks/growth.py [--planned 10 100 1000] [--recorded 600 1000] [--trained 2 4 8] [--output FILE]

The peer is Snakemake by itself on as many files that one `touch` each would make: what it takes is
the price of the tool, and the ratio to it is ours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import yaml

from normstudy.config import Config, make_config, resolve, run_name
from normstudy.hardware import cores
from normstudy.paths import project_root
from normstudy.runs.folder import environment, publish, read_run, save, stage
from normstudy.runs.missing_runs import missing_runs
from normstudy.runs.record import RecordedRun, read_records, verify_predictions, write_predictions, write_record
from normstudy.runs.studies import MAIN, read_study
from normstudy.runs.study_file import read_study_file
from normstudy.training.sources import sources_hash

ROOT = project_root()
PEER = """
rule all:
    input:
        expand("{where}/{{n}}", n=range({number})),


rule one:
    output:
        touch("{where}/{{n}}"),
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planned", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--recorded", type=int, nargs="*", default=[600, 1000])
    parser.add_argument("--trained", type=int, nargs="*", default=[2, 4, 8])
    parser.add_argument("--output", type=Path, help="write the tables to this file, too")
    arguments = parser.parse_args()
    made_with = environment("cpu")
    text = "\n\n".join(
        [
            f"{made_with['processor']}, {cores()} cores. Seconds of one call each; "
            "ratios are to Snakemake by itself on as many files, measured in turn.",
            planned_table([planned(number) for number in arguments.planned]),
            recorded_table([recorded(number) for number in arguments.recorded]),
            trained_table([trained(number, workers) for number in arguments.trained for workers in (1, 2)]),
        ]
    )
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")
    return 0


def planned(number: int) -> dict[str, float]:
    """Seconds of a dry run over `number` planned runs, of a call that finds all of them finished, and of the peer's."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        write_params(where / "params", number, epochs=1)
        (where / "Snakefile").write_text(PEER.format(number=number, where=where / "peer"))
        peer = snakemake("all", where / "Snakefile")
        ours = snakemake("runs", ROOT / "workflow/Snakefile")
        ours += ["--config", f"params={where / 'params'}", f"runs={where / 'runs'}", "auto_dataset=digits"]
        found = {"runs": number, "dry": seconds(*ours, "--dry-run"), "dry, peer": seconds(*peer, "--dry-run")}
        finish(where / "runs", number)
        (where / "peer").mkdir()
        for n in range(number):
            (where / f"peer/{n}").touch()
        job = report(where, cores=2)
        seconds(*job)  # marks the runs as known
        return found | {"no-op": seconds(*job), "no-op, peer": seconds(*peer)}


def recorded(number: int) -> dict[str, float]:
    """Seconds in which the records of `number` runs are read and verified, and in which a study of all is planned.

    They are copies of one that is published, each with what its model said of every image.
    """
    one = read_study(ROOT / "results")[0]
    made_with = {**one.metrics["environment"], "sources": sources_hash()}
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        runs = []
        for seed in range(number):
            config = one.config.model_copy(update={"seed": seed})
            metrics = {**one.metrics, "config": config.model_dump(), "environment": made_with}
            runs.append(RecordedRun(where / run_name(config), metrics, config, "copy", columns=one.predictions))
        write_predictions(where / f"{MAIN}.npz", runs)
        write_record(where / f"{MAIN}.json", "Copies of a run", runs)
        model = one.config.model_dump(exclude={"seed"})
        study = {"models": {"copy": model}, "seeds": f"0 to {number - 1}", "predictions": True}
        (where / f"{MAIN}.yaml").write_text(yaml.safe_dump(study))
        size = sum(path.stat().st_size for path in where.iterdir()) / 1e6

        start = time.perf_counter()
        for found in read_records(where).values():
            verify_predictions(found)
        read = time.perf_counter() - start
        assert len(found.runs) == number
        start = time.perf_counter()
        assert not missing_runs(read_study_file(where / f"{MAIN}.yaml"), where)
        return {"runs": number, "MB": size, "read": read, "planned": time.perf_counter() - start}


def trained(number: int, workers: int) -> dict[str, float]:
    """Seconds in which `number` runs of 20 epochs on digits are trained, `workers` at a time."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        write_params(where / "params", number, epochs=20)
        wall = seconds(*report(where, cores=workers))
        runs = [read_run(path.parent) for path in (where / "runs").glob("*/metrics.json")]
        assert len(runs) == number
        epochs = sum(entry["seconds"] for run in runs for entry in run.history)
        return {"runs": number, "workers": workers, "wall": wall, "epochs": epochs}


def write_params(folder: Path, number: int, epochs: int) -> None:
    """`number` parameter files."""
    folder.mkdir()
    for seed in range(number):
        (folder / f"{seed}.yaml").write_text(
            f"norm: ln\ndataset: digits\ndevice: cpu\nepochs: {epochs}\nseed: {seed}\n"
        )


def finish(runs: Path, number: int) -> None:
    """The finished runs of those parameter files: one is trained, the others are copies of it under their names."""
    from normstudy.data.loading import load
    from normstudy.training.loop import fit

    def config(seed: int) -> Config:
        return resolve(make_config({"norm": "ln", "device": "cpu", "epochs": 1, "seed": seed}), "digits")

    data = load("digits")
    run = fit(config(0), data)
    for seed in range(number):
        staged = stage(config(seed), runs)
        save(replace(run, config=config(seed)), data, staged)
        publish(staged, runs)


def snakemake(target: str, snakefile: Path) -> list[str | Path]:
    """A call of Snakemake by itself."""
    return ["-m", "snakemake", target, "--snakefile", snakefile, "--cores", "2", "--nolock"]


def report(where: Path, cores: int) -> list[str | Path]:
    """`make train` in the folder `where`."""
    job = ["workflow/report.py", "--only-train", "--params", where / "params", "--runs", where / "runs"]
    return [*job, "--cores", str(cores)]


def seconds(*arguments: str | Path) -> float:
    """Wall time of a Python program."""
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=quiet, stderr=quiet)
    return time.perf_counter() - start


def planned_table(rows: list[dict[str, float]]) -> str:
    """Markdown."""
    lines = ["| planned runs | dry run | ratio | nothing to do | ratio |", "|--:|--:|--:|--:|--:|"]
    for row in rows:
        cells = [f"{row['runs']:,}"]
        for what in ("dry", "no-op"):
            cells += [f"{row[what]:.1f}", f"{row[what] / row[f'{what}, peer']:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def recorded_table(rows: list[dict[str, float]]) -> str:
    """Markdown."""
    lines = ["| recorded runs | MB | read and verified | planned as a study, nothing to do |", "|--:|--:|--:|--:|"]
    lines += [f"| {row['runs']:,} | {row['MB']:.1f} | {row['read']:.1f} | {row['planned']:.1f} |" for row in rows]
    return "\n".join(lines)


def trained_table(rows: list[dict[str, float]]) -> str:
    """Markdown; what a run costs besides its epochs is of a worker's time."""
    lines = ["| runs | workers | all | epochs of a run | a run's time besides |", "|--:|--:|--:|--:|--:|"]
    for row in rows:
        own, number = row["epochs"] / row["runs"], row["runs"]
        besides = row["wall"] * row["workers"] / number - own
        lines.append(f"| {number} | {row['workers']} | {row['wall']:.1f} | {own:.1f} | {besides:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
