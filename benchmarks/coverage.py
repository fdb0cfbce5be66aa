"""How often the intervals of the report hold the truth, and how often its verdicts are false: by simulation.

Usage: python benchmarks/coverage.py [--repeats 1000] [--output FILE]

Data are drawn in two ways. Normal: the accuracies of two models are normal over seeds, and correlated. Realistic: each
of 10,000 images has its own chance to be misclassified by each model, a seed makes all images a little harder or
easier, in part for both models, and then every error is a toss of a coin. Intervals over seeds are asked for the mean
on the images at hand, the crossed bootstrap for that on other images, also where seeds differ much more.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from normstudy.report.core import statistics
from normstudy.report.core.pairs import MARGIN, crossed

SEEDS = (3, 5, 10, 40)
SPREAD = 0.0006
"""Of the accuracies of one model over seeds, as a fraction: six images of 10,000."""
MEANS = (0.9950, 0.9952)
SHARED = 0.3
"""Of the variance of what a seed does, the part that both models have in common."""
CELLS = 5
"""Of a sweep whose variance is pooled."""

KINDS = np.array([9850, 80, 40, 20, 10])
"""Images of 10,000, by how hard they are, from easy to hopeless."""
ERROR = np.array([[0.0001, 0.05, 0.30, 0.70, 0.97], [0.0001, 0.06, 0.28, 0.60, 0.99]])
"""(models, kinds) how often a model errs on an image."""
SEED_EFFECT = 0.2
"""Standard deviation over seeds of the shift of all log odds of an error."""
LARGE_EFFECT = 1.0
"""The same where seeds matter more than images."""
CROSSED_PART = 0.4
"""Of the repeats, as many bootstraps."""

Pair = tuple[np.ndarray, np.ndarray]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--output", type=Path, help="write the tables to this file, too")
    arguments = parser.parse_args()
    repeats = arguments.repeats
    text = "\n\n".join(
        [
            f"Of {repeats:,} simulated comparisons each ({round(CROSSED_PART * repeats):,} for the crossed bootstrap); "
            f"by chance alone a share of 95 % is off by {100 * np.sqrt(0.95 * 0.05 / repeats):.1f} points. "
            "`benchmarks/coverage.py` says how the data are drawn.",
            "Share of 95 % intervals that hold the truth, in percent:",
            coverage_table(repeats).to_markdown(index=False),
            "Verdicts on three models, whose accuracies are normal over seeds and rounded to whole images, in percent. "
            f"Of models that are all alike, or of which the first is better by {100 * MARGIN:g} points, just not "
            "equivalent. False: how often any of the three pairs is found to be what it is not.",
            verdict_table(repeats).to_markdown(index=False),
        ]
    )
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")
    return 0


def coverage_table(repeats: int) -> pd.DataFrame:
    """One row per interval and kind of data, one column per number of seeds."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for seeds in SEEDS:
        rng = np.random.default_rng(seeds)
        for data, draw, means in (
            ("normal", normal_pair, np.array(MEANS)),
            ("realistic", realistic_pair, 1 - expected_errors() @ KINDS / KINDS.sum()),
        ):
            held = [held_over_seeds(draw, rng, seeds, means) for _ in range(repeats)]
            for name in held[0]:
                share = np.mean([each[name] for each in held])
                rows.setdefault((name, data), {})[f"{seeds} seeds"] = f"{100 * share:.1f}"
        for data, effect in (("realistic", SEED_EFFECT), ("realistic, seeds differ much", LARGE_EFFECT)):
            held = [held_over_both(rng, seeds, effect) for _ in range(round(CROSSED_PART * repeats))]
            for name in held[0]:
                share = np.mean([each[name] for each in held])
                rows.setdefault((name, data), {})[f"{seeds} seeds"] = f"{100 * share:.1f}"
    return pd.DataFrame([{"interval": name, "data": data, **shares} for (name, data), shares in sorted(rows.items())])


def held_over_seeds(draw, rng: np.random.Generator, seeds: int, means: np.ndarray) -> dict[str, bool]:
    """Which intervals over seeds hold the truth of one simulated pair; pooled: of the first of `CELLS` cells."""
    first, second = draw(rng, seeds)
    cells = [first, *(draw(rng, seeds)[1] for _ in range(CELLS - 1))]
    return {
        "mean, Student's t": holds(statistics.mean(first), means[0]),
        "paired difference, Student's t": holds(statistics.paired(first, second, MARGIN), means[0] - means[1]),
        f"mean, variance pooled over {CELLS} cells": holds(pooled(cells).iloc[0], means[0]),
    }


def pooled(cells: list[np.ndarray]) -> pd.DataFrame:
    """The mean of each cell, with intervals that rest on the residual variance of all."""
    runs = pd.DataFrame({"cell": np.repeat(range(len(cells)), len(cells[0])), "accuracy": np.concatenate(cells)})
    return statistics.cell_means(runs, "cell", "accuracy", log=False)


def held_over_both(rng: np.random.Generator, seeds: int, effect: float) -> dict[str, bool]:
    """Which crossed intervals hold the truth of one simulated pair, on images that are drawn as well."""
    counts = rng.multinomial(KINDS.sum(), KINDS / KINDS.sum())
    kind = np.repeat(np.arange(len(KINDS)), counts)
    right = [rng.uniform(size=(seeds, len(kind))) >= chances[:, kind] for chances in error_chances(rng, seeds, effect)]
    means = 1 - expected_errors(effect) @ KINDS / KINDS.sum()
    first, second = (each.astype(np.int8) for each in right)
    return {
        "mean, crossed bootstrap": between(crossed(first), means[0]),
        "paired difference, crossed bootstrap": between(crossed(first - second), means[0] - means[1]),
    }


def verdict_table(repeats: int) -> pd.DataFrame:
    """One row per number of seeds: false alarms and equivalences, and how often the truth was found."""
    rows = []
    for seeds in SEEDS:
        rng = np.random.default_rng(seeds)
        alike = np.array([found(rng, seeds, np.zeros(3)) for _ in range(repeats)])
        apart = np.array([found(rng, seeds, np.array([MARGIN, 0, 0])) for _ in range(repeats)])
        shares = {
            "alike: false better": alike[:, 0].any(axis=1).mean(),
            "alike: a pair equivalent": alike[:, 1].mean(),
            "apart: false equivalent": apart[:, 1, :2].any(axis=1).mean(),
            "apart: a pair better": apart[:, 0, :2].mean(),
        }
        rows.append({"seeds": seeds} | {name: f"{100 * share:.1f}" for name, share in shares.items()})
    return pd.DataFrame(rows)


def found(rng: np.random.Generator, seeds: int, better_by: np.ndarray) -> list[list[bool]]:
    """Whether each pair of three models is found to differ, and to be equivalent: pairs 01, 02 and 12."""
    effects = SHARED**0.5 * rng.normal(size=seeds) + (1 - SHARED) ** 0.5 * rng.normal(size=(3, seeds))
    models = np.round(MEANS[0] + better_by[:, None] + SPREAD * effects, 4)
    pairs = list(itertools.combinations(models, 2))
    tests = [statistics.paired(*pair, MARGIN) for pair in pairs]
    return [list(statistics.holm([test[p] for test in tests]) < 0.05) for p in ("p", "p_equivalence")]


def normal_pair(rng: np.random.Generator, seeds: int) -> Pair:
    """(seeds,) accuracies of two models."""
    effects = SHARED**0.5 * rng.normal(size=seeds) + (1 - SHARED) ** 0.5 * rng.normal(size=(2, seeds))
    first, second = np.array(MEANS)[:, None] + SPREAD * effects
    return first, second


def realistic_pair(rng: np.random.Generator, seeds: int) -> Pair:
    """(seeds,) accuracies of two models on the same images."""
    first, second = (1 - rng.binomial(KINDS, each).sum(axis=1) / KINDS.sum() for each in error_chances(rng, seeds))
    return first, second


def error_chances(rng: np.random.Generator, seeds: int, effect: float = SEED_EFFECT) -> np.ndarray:
    """(models, seeds, kinds) how often each run errs on an image."""
    effects = SHARED**0.5 * rng.normal(size=seeds) + (1 - SHARED) ** 0.5 * rng.normal(size=(2, seeds))
    return expit(logit(ERROR)[:, None, :] + effect * effects[:, :, None])


def expected_errors(effect: float = SEED_EFFECT) -> np.ndarray:
    """(models, kinds) `error_chances` over all seeds there could be."""
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    return expit(logit(ERROR)[..., None] + effect * points) @ weights / weights.sum()


def holds(estimate: pd.Series, truth: float) -> bool:
    """Whether `truth` lies between the limits of an estimate."""
    return between((estimate["low"], estimate["high"]), truth)


def between(limits: tuple[float, float], truth: float) -> bool:
    """Whether `truth` lies between the limits."""
    return bool(limits[0] <= truth <= limits[1])


if __name__ == "__main__":
    raise SystemExit(main())
