"""Two faults, repeated on purpose by `benchmarks/repeated_faults.py`: a penalty without effect, a rebuilt optimizer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.errors import NormstudyError
from normstudy.images.facts import KNOWN
from normstudy.report import markup
from normstudy.report.dot_rows import Row, rows_figure
from normstudy.report.drawing import COLOURS, PLAIN, WIDTH, scale_epochs
from normstudy.report.estimates_in_words import flat, percent, points
from normstudy.report.markup import escape
from normstudy.report.numbers_behind import folded
from normstudy.report.paired_seeds import MARGIN, paired_p
from normstudy.report.statistics import CONFIDENCE, SHARE, Estimate, adjust_for_many, mean_interval, paired_interval
from normstudy.report.wording import counted, p_relation, rounded, short

NORMS = ("bn", "gn", "ln")


class FaultsError(NormstudyError):
    """The file of the runs with faults cannot be read."""


@dataclass(frozen=True)
class Way:
    """How runs were made; `acts`: whether the penalty is differentiated."""

    norm: str
    rebuilt: bool
    acts: bool

    @property
    def name(self) -> str:
        penalty = ", penalty acts" if self.acts else ""
        return f"{self.norm.upper()}, {'rebuilt' if self.rebuilt else 'built once'}{penalty}"


@dataclass(frozen=True)
class Faults:
    """What the benchmark wrote: `about` the runs, and by way and seed (epochs,) accuracies on the test images."""

    about: Mapping[str, object]
    runs: Mapping[Way, Mapping[int, np.ndarray]]

    def final(self, way: Way, seeds: Sequence[int]) -> np.ndarray:
        """(seeds,) accuracies after the last epoch."""
        return np.array([self.runs[way][seed][-1] for seed in seeds])


@dataclass(frozen=True)
class Effect:
    """What a fault does: `second` (seeds,) with it, `first` without, and the p-value, adjusted for all effects."""

    norm: str
    name: str
    first: np.ndarray
    second: np.ndarray
    p_value: float

    @property
    def estimate(self) -> Estimate:
        """How much the accuracy rises with the fault, with its 95 % interval."""
        return paired_interval(self.second, self.first)

    @property
    def is_real(self) -> bool:
        return self.p_value < 1 - CONFIDENCE


def section(path: Path) -> str:
    """The section, as Markdown with its heading; nothing where there is no file. Raises `FaultsError`."""
    if not path.is_file():
        return ""
    found = read(path)
    effects = effects_of(found)
    if not effects:
        return ""
    return "\n\n".join(
        [
            "### Two faults, repeated {#sec-faults}",
            in_words(found, effects),
            markup.figure("faults", courses_figure(found), courses_alt(found), _courses_caption(found))
            + folded("faults", numbers(found)),
            markup.figure("fault-effects", effects_figure(effects), effects_alt(effects), _effects_caption(effects)),
            markup.table("faults", faults_table(found), _table_caption()),
        ]
    )


def read(path: Path) -> Faults:
    """Raises `FaultsError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        runs: dict[Way, dict[int, np.ndarray]] = {}
        for run in content["runs"]:
            accuracies = np.array(run["accuracies"], float)
            if len(accuracies) == content["epochs"]:
                runs.setdefault(Way(**run["arm"]), {})[int(run["seed"])] = accuracies
        keys = ("made", "processor", "torch", "precision", "dataset", "epochs", "batch", "penalty")
        return Faults({key: content[key] for key in keys}, runs)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise FaultsError(
            f"{path}: no runs can be read from it; "
            f"`python benchmarks/repeated_faults.py --output {path}` makes them anew"
        ) from None


def effects_of(found: Faults) -> list[Effect]:
    """The effect of each fault wherever runs with and without it have seeds in common."""
    pairs = []
    for norm in NORMS:
        for acts in (False, True):
            what = "rebuilt − built once" + (", penalty acts" if acts else "")
            pairs.append((norm, what, Way(norm, False, acts), Way(norm, True, acts)))
        for rebuilt in (False, True):
            what = f"penalty without effect − acts, {'rebuilt' if rebuilt else 'built once'}"
            pairs.append((norm, what, Way(norm, rebuilt, True), Way(norm, rebuilt, False)))
    values = []
    for norm, what, first, second in pairs:
        seeds = sorted(found.runs.get(first, {}).keys() & found.runs.get(second, {}).keys())
        if seeds:
            values.append((norm, what, found.final(first, seeds), found.final(second, seeds)))
    adjusted = adjust_for_many([paired_p(first, second) for *_, first, second in values])
    return [Effect(*each, p_value) for each, p_value in zip(values, adjusted, strict=True)]


def in_words(found: Faults, effects: Sequence[Effect]) -> str:
    """What was repeated, and what each fault does."""
    of_penalty, of_optimizer = (
        [each for each in effects if each.name.startswith(start)] for start in ("penalty", "rebuilt")
    )
    about = found.about
    seeds = max(len(own) for own in found.runs.values())
    return (
        "The public solution that this project answers has two faults, which are easily made. Its penalty is added to "
        "the figure that is printed and not to what is differentiated: with the same random numbers, training is bit "
        "by bit that without a penalty. And its optimizer and schedule are made anew in every epoch: of one cycle of "
        "rates, each epoch sees the first part, the peak and the fall at the end never come, and momentum is lost. "
        f"Both were repeated with its rates (SGD, one cycle up to 0.2) and its λ = {short(float(about['penalty']))}, "
        f"in the network of this report, {counted(int(about['epochs']), 'epoch')} on "
        f"{KNOWN[str(about['dataset'])].title} with {counted(seeds, 'seed')} (@fig-faults, @fig-fault-effects, "
        f"@tbl-faults). {_told('The rebuilt optimizer', of_optimizer)} "
        f"{_told('Not to differentiate the penalty', of_penalty)}"
    ).rstrip()


@matplotlib.style.context(PLAIN)
def courses_figure(found: Faults) -> Figure:
    """Test errors over the epochs, a panel per normalization: built once and rebuilt, the penalty without effect."""
    norms = [norm for norm in NORMS if any(way.norm == norm for way in found.runs)]
    figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
    panels = figure.subplots(1, len(norms), sharey=True, squeeze=False)[0]
    for axes, norm in zip(panels, norms, strict=True):
        for rebuilt, line, colour in ((False, "-", COLOURS[norm]), (True, "--", "#595959")):
            own = found.runs.get(Way(norm, rebuilt, False), {})
            if not own:
                continue
            errors = 100 * (1 - np.array([own[seed] for seed in sorted(own)]))
            epochs = np.arange(1, errors.shape[1] + 1)
            for each in errors:
                axes.plot(epochs, each, line, color=colour, linewidth=0.6, alpha=0.35)
            text = "rebuilt" if rebuilt else "built once"
            axes.plot(epochs, errors.mean(axis=0), line, color=colour, linewidth=2, label=text)
        axes.legend(frameon=False, fontsize=9, loc="upper right", labelcolor="linecolor", handlelength=2.4)
        axes.set_title(norm.upper(), loc="left", fontsize=10)
        axes.set_yscale("log")
        axes.set_yticks([0.5, 1, 2, 5, 10, 20, 50], ["0.5", "1", "2", "5", "10", "20", "50"])
        axes.minorticks_off()
        scale_epochs(axes)
        axes.set_xlabel("epoch")
    drawn = np.concatenate([100 * (1 - course) for own in found.runs.values() for course in own.values()])
    panels[0].set_ylim(max(0.2, 0.85 * drawn[drawn > 0].min(initial=50)), 1.15 * drawn.max())
    panels[0].set_ylabel("test error (%)")
    return figure


def courses_alt(found: Faults) -> str:
    """Alternative text of the `courses_figure`."""
    told = [
        f"{way.name}: {percent((1 - _last(own).mean(), np.nan, np.nan))} %"
        for way, own in found.runs.items()
        if not way.acts
    ]
    return f"Lines of the test errors over the epochs, one per run, with their mean. In the end: {'; '.join(told)}."


def effects_figure(effects: Sequence[Effect]) -> Figure:
    """A row per effect, every seed a dot."""
    rows = []
    for each in effects:
        _, low, high = each.estimate
        inner = (100 * low, 100 * high)
        text = points(each.estimate).replace(" (", "\n(")
        name = f"{each.norm.upper()}:\n{each.name.replace(', ', ',' + chr(10))}"
        rows.append(Row(name, COLOURS[each.norm], 100 * (each.second - each.first), inner, text))
    return rows_figure(rows, "difference of the final accuracies (percentage points)", 100 * MARGIN)


def effects_alt(effects: Sequence[Effect]) -> str:
    """Alternative text of the `effects_figure`."""
    told = "; ".join(f"{each.norm.upper()}, {each.name}: {points(each.estimate)}" for each in effects)
    return f"Dot plot of differences of accuracy, with a fault minus without, in percentage points: {told}."


def faults_table(found: Faults) -> pd.DataFrame:
    """One row per way."""
    rows = []
    for way in sorted(found.runs, key=lambda way: (NORMS.index(way.norm), way.rebuilt, way.acts)):
        own = found.runs[way]
        last = _last(own)
        best = np.array([course.max() for course in own.values()])
        late = np.array([np.abs(np.diff(course[-6:])).mean() for course in own.values()])
        rows.append(
            {
                "norm": way.norm.upper(),
                "optimizer": "rebuilt" if way.rebuilt else "built once",
                "penalty": "acts" if way.acts else "without effect",
                "runs": str(len(own)),
                "test accuracy (%)": percent(mean_interval(last, SHARE)),
                "lowest to highest": f"{100 * last.min():.2f} to {100 * last.max():.2f}",
                "best − last": rounded(100 * (best - last).mean(), 2),
                "epoch to epoch": rounded(100 * late.mean(), 2) if np.isfinite(late).all() else "–",
            }
        )
    return pd.DataFrame(rows)


def numbers(found: Faults) -> pd.DataFrame:
    """A row for every epoch of every run."""
    return pd.DataFrame(
        {
            "normalization": way.norm,
            "optimizer": "rebuilt" if way.rebuilt else "built once",
            "penalty": "acts" if way.acts else "without effect",
            "seed": seed,
            "epoch": epoch,
            "test accuracy (fraction)": accuracy,
        }
        for way, own in found.runs.items()
        for seed, course in own.items()
        for epoch, accuracy in enumerate(course, start=1)
    )


def _told(what: str, effects: Sequence[Effect]) -> str:
    """`The rebuilt optimizer costs BN …`."""
    if not effects:
        return ""
    each_told = [
        f"{each.norm.upper()} ({each.name}): {flat(points(each.estimate))} points, p {p_relation(each.p_value)}"
        for each in effects
    ]
    real = [each for each in effects if each.is_real]
    verdict = (
        "changes nothing beyond the noise"
        if not real
        else "changes the accuracy beyond the noise"
        if len(real) == len(effects)
        else f"changes the accuracy beyond the noise in {len(real)} of {len(effects)} comparisons"
    )
    return f"{what} {verdict}: {'; '.join(each_told)}."


def _last(own: Mapping[int, np.ndarray]) -> np.ndarray:
    return np.array([course[-1] for course in own.values()])


def _courses_caption(found: Faults) -> str:
    return (
        "Test errors after each epoch, a thin line per run and their mean (logarithmic axis); the penalty without "
        f"effect. Made on {escape(found.about['processor'])}, {escape(found.about['made'])}."
    )


def _effects_caption(effects: Sequence[Effect]) -> str:
    return (
        "Accuracy with a fault minus that without, seed by seed (dots), with mean and 95 % interval. P-values in the "
        f"text are of paired t tests, adjusted by Holm's method [@holm1979] over all {len(effects)}."
    )


def _table_caption() -> str:
    return (
        "Runs with each fault, with both and with none: mean accuracy on the test images after the last epoch with "
        "its 95 % interval, by how much the best epoch of a run is higher, and how far the accuracy moves from one "
        "epoch to the next over the last six (points, means over runs)."
    )
