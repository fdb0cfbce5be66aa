"""The speed of training, beside the usual pipeline and beside its floor: what `make bench` runs.

Usage: python benchmarks/run.py [--repetitions 5] [--no-job] [--output FILE]

Machines are noisy, and absolute times mean little: everything is measured in turns within each
repetition, ratios are taken within a repetition, and a cell shows their median and their range.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import statistics
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import epoch
import job

from normstudy.data.available import ensure
from normstudy.errors import NormstudyError
from normstudy.hardware import cores
from normstudy.paths import write_whole
from normstudy.runs.folder import environment

MODELS = ("bn_l1", "gn", "ln")
PRECISIONS = ("fp32", "bf16")

Row = tuple[str, list[float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--no-job", action="store_true", help="leave out the break-down of the whole job")
    parser.add_argument("--output", type=Path, help="write the tables to this file, too")
    arguments = parser.parse_args()
    try:
        ensure("mnist")
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    times = measure(arguments.repetitions)
    parts = [machine(), table("Seconds per epoch", times_of(times), 2), table("Ratios", ratios_of(times), 2)]
    if not arguments.no_job:
        parts += [table("The whole job, seconds", job.parts(), 1), table("Memory, GB", job.memory(), 2)]
    text = "\n\n".join(parts)
    print(text)
    if arguments.output:
        write_whole(arguments.output, text + "\n")
    return 0


def measure(repetitions: int) -> list[dict[str, float]]:
    """Seconds per epoch under each name, one dictionary per repetition, after a first one that does not count."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as one, ProcessPoolExecutor(1, context) as other:

        def alone(function, *parameters) -> float:
            return one.submit(function, *parameters).result()

        def together(function, *parameters) -> float:
            """Mean seconds of two that run at the same time."""
            both = [pool.submit(function, *parameters) for pool in (one, other)]
            return statistics.mean(each.result() for each in both)

        found = []
        for repetition in range(repetitions + 1):
            times = {"usual, two threads": alone(epoch.usual, 2), "usual, two runs": together(epoch.usual, 1)}
            for model in MODELS:
                for precision in PRECISIONS:
                    key = f"{model}, {precision}"
                    times[f"floor, {key}"] = alone(epoch.floor, model, precision)
                    times[f"ours, {key}"] = alone(epoch.ours, model, precision)
                times[f"evaluation, {model}"] = alone(epoch.evaluation, model)
                times[f"ours, {model}, two threads"] = alone(epoch.ours, model, "auto", 2)
                for precision in PRECISIONS:
                    times[f"ours, {model}, two runs, {precision}"] = together(epoch.ours, model, precision)
            print(f"repetition {repetition} of {repetitions}", file=sys.stderr, flush=True)
            found.append(times)
    return found[1:]


def times_of(times: list[dict[str, float]]) -> list[Row]:
    """The measured times as rows."""
    return [(name, [each[name] for each in times]) for name in times[0]]


def ratios_of(times: list[dict[str, float]]) -> list[Row]:
    """The ratios that matter, each taken within a repetition."""
    auto = epoch.resolved_precision()
    rows: list[Row] = []

    def add(name: str, ratio: Callable[[dict[str, float]], float]) -> None:
        rows.append((name, [ratio(each) for each in times]))

    def pair(each: dict[str, float], precision: str) -> float:
        """Seconds per model-epoch of two of our runs side by side, mean of the models."""
        return statistics.mean(each[f"ours, {model}, two runs, {precision}"] for model in MODELS) / 2

    def all_models(each: dict[str, float], precision: str) -> float:
        return sum(each[f"ours, {model}, {precision}"] for model in MODELS)

    for key in (f"{model}, {precision}" for precision in PRECISIONS for model in MODELS):
        add(f"our epoch / its floor: {key}", lambda each, key=key: each[f"ours, {key}"] / each[f"floor, {key}"])
    for model in MODELS:
        add(
            f"our training loop, without evaluation / its floor: {model}, {auto}",
            lambda each, model=model: (
                (each[f"ours, {model}, {auto}"] - each[f"evaluation, {model}"]) / each[f"floor, {model}, {auto}"]
            ),
        )
    for model in MODELS:
        add(
            f"bf16 / fp32, our epoch: {model}",
            lambda each, model=model: each[f"ours, {model}, bf16"] / each[f"ours, {model}, fp32"],
        )
    add("bf16 / fp32, our epoch: all", lambda each: all_models(each, "bf16") / all_models(each, "fp32"))
    for other, name in ((auto, "one"), ("two threads", "one with two threads")):
        for model in MODELS:
            add(
                f"model-epochs per minute, two runs / {name}: {model}",
                lambda each, model=model, other=other: (
                    2 * each[f"ours, {model}, {other}"] / each[f"ours, {model}, two runs, {auto}"]
                ),
            )
    for name, runs in (("usual, two threads", 1), ("usual, two runs", 2)):
        for precision in PRECISIONS:
            add(
                f"model-epochs per minute, two of our runs in {precision} / {name}",
                lambda each, name=name, runs=runs, precision=precision: each[name] / runs / pair(each, precision),
            )
    return rows


def table(title: str, rows: list[Row], digits: int) -> str:
    """A Markdown table of medians and ranges; of single values where there is but one."""
    lines = [f"| {title} | median | range |", "|:--|--:|--:|"]
    for name, values in rows:
        spread = f"{min(values):.{digits}f}–{max(values):.{digits}f}" if len(values) > 1 else ""
        lines.append(f"| {name} | {statistics.median(values):.{digits}f} | {spread} |")
    return "\n".join(lines)


def machine() -> str:
    """Where this was measured."""
    made_with = environment("cpu")
    return (
        f"{made_with['processor']}, {cores()} cores, {platform.system()}, "
        f"torch {made_with['torch']}; `precision: auto` is {epoch.resolved_precision()} here, by the processor's kind "
        "(`normstudy.hardware`); whether that is right, the ratios bf16 / fp32 tell. "
        "An epoch has 60,000 training images in batches of 128, and 10,000 test images."
    )


if __name__ == "__main__":
    sys.exit(main())
