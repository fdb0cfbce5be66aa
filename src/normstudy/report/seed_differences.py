"""Are the differences real? Each pair of models over the seeds that both have, for new seeds and for new images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from normstudy.report import markup
from normstudy.report.dot_rows import Row, rows_figure
from normstudy.report.labels import data_name
from normstudy.report.markup import unbroken
from normstudy.report.models import has_several_seeds, models_of
from normstudy.report.numbers_behind import folded
from normstudy.report.over_seeds import (
    LEAST_SEEDS,
    ComparedPair,
    compare_models,
    crossed_difference,
    final_accuracies,
    verdict,
)
from normstudy.report.paired_seeds import MARGIN, POWER, chance_to_win, pairing, smallest_detectable
from normstudy.report.statistics import adjust_for_many
from normstudy.report.verdict import is_clear
from normstudy.report.wording import p_text, percent_places, percent_range, rounded
from normstudy.runs.folder import FinishedRun

MOST_PAIRS = 10
"""Pairs that tables and picture show; of more, those with the smallest p."""

COLOUR = "#444444"
"""Of a pair, which has no normalization of its own."""


def section(runs: Sequence[FinishedRun]) -> str:
    """What is said of the pairs over seeds, `@fig-differences`, `@tbl-differences` and `@tbl-chances`.

    Nothing where every model has one run, or no two models finished with a common seed.
    """
    models = models_of(runs)
    pairs = compare_models(models)
    if not pairs or not has_several_seeds(models):
        return ""
    shown = telling(pairs)
    crossed = [crossed_difference(pair)[1:] for pair in shown]
    parts = [
        in_words(pairs, verdict(models)),
        _figure(shown, crossed, len(pairs), data_name(runs)),
        markup.table("differences", differences_table(shown, crossed), _differences_caption(shown, len(pairs))),
        _on_pairing(pairs),
        markup.table("chances", chances_table(shown), _chances_caption()),
    ]
    return "\n\n".join(part for part in parts if part)


def telling(pairs: Sequence[ComparedPair]) -> list[ComparedPair]:
    """All of `pairs`, or of too many those with the smallest p."""
    return list(pairs) if len(pairs) <= MOST_PAIRS else sorted(pairs, key=lambda pair: pair.p_value)[:MOST_PAIRS]


def in_words(pairs: Sequence[ComparedPair], found: str) -> str:
    """How pairs are compared, and what was `found`."""
    adjusted = (
        "The p-values of all pairs are adjusted by Holm's method [@holm1979], for each of the two questions; intervals "
        "are not. "
    )
    return (
        "Models are compared on the seeds that both have, run by run: runs of one seed start from the same weights and "
        "see the same batches (@fig-differences, @tbl-differences). One model is *better* where Student's paired t "
        "test [@student1908] finds more than noise. Two are *equivalent* where two one-sided tests [@schuirmann1987] "
        f"find that their means differ by less than {100 * MARGIN:g} percentage points, a margin that was fixed before "
        "the runs were made; a difference can be real and yet within it. All else is *undecided* at this number of "
        f"seeds. {adjusted if len(pairs) > 1 else ''}{found}"
    )


def differences_table(pairs: Sequence[ComparedPair], crossed: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """One row per pair: seeds, difference with intervals for new seeds and for new images as well, tests, finding."""
    places = percent_places([(pair.low, pair.high) for pair in pairs])
    rows = [
        {
            "model": unbroken(pair.first.name),
            "minus": unbroken(pair.second.name),
            "seeds": len(pair.seeds),
            "difference (points)": rounded(100 * pair.difference, places),
            "95 % interval": unbroken(percent_range(pair.low, pair.high, places)),
            "images, too": unbroken(percent_range(*limits, places)),
            "p": unbroken(p_text(pair.p_value)),
            "p, equivalence": unbroken(p_text(pair.equivalence)),
            "finding": pair.finding,
        }
        for pair, limits in zip(pairs, crossed, strict=True)
    ]
    return pd.DataFrame(rows)


def chances_table(pairs: Sequence[ComparedPair]) -> pd.DataFrame:
    """One row per pair: the chance that a fresh run wins, what could have been found, and what pairing gained."""
    rows = []
    for pair in pairs:
        first, second = pair.accuracies
        everything = (
            final_accuracies(model, [run.config.seed for run in model.finished]) for model in (pair.first, pair.second)
        )
        chance, low, high = chance_to_win(*everything)
        least, paired = smallest_detectable(first, second), pairing(first, second)
        rows.append(
            {
                "first": unbroken(pair.first.name),
                "second": unbroken(pair.second.name),
                "a run of the first wins (%)": f"{100 * chance:.0f}",
                "95 % interval": unbroken(percent_range(low, high, 0)),
                "could have been found (points)": rounded(100 * least, 3) if math.isfinite(least) else "–",
                "correlation": rounded(paired.correlation, 2) if math.isfinite(paired.correlation) else "–",
                "variance": rounded(paired.variance_ratio, 2) if math.isfinite(paired.variance_ratio) else "–",
            }
        )
    return pd.DataFrame(rows)


def _figure(pairs: Sequence[ComparedPair], crossed: Sequence[tuple[float, float]], count: int, data: str) -> str:
    places = percent_places([(pair.low, pair.high) for pair in pairs])
    rows = []
    for pair, outer in zip(pairs, crossed, strict=True):
        first, second = pair.accuracies
        limits = f"\n({percent_range(pair.low, pair.high, places)})" if math.isfinite(pair.low) else ""
        text = f"{rounded(100 * pair.difference, places)}{limits}"
        inner = (100 * pair.low, 100 * pair.high)
        name = f"{pair.first.name} minus\n{pair.second.name}"
        rows.append(Row(name, COLOUR, 100 * (first - second), inner, text, (100 * outer[0], 100 * outer[1])))
    figure = rows_figure(rows, "difference of the final accuracies (percentage points)", 100 * MARGIN)
    told = "; ".join(f"{row.name} {row.text}".replace("\n", " ") for row in rows)
    alt = f"Dot plot of the differences of paired runs, a row per pair, with mean and intervals: {told}."
    thin = (
        "; the thin line that for new seeds and new images, by a bootstrap crossed over both [@owen2007]"
        if np.isfinite(crossed).any()
        else ""
    )
    caption = (
        f"The difference of every two runs of one seed ({data}){_which(len(pairs), count)}. The diamond is the mean, "
        f"the bar its 95 % t interval over seeds{thin}. Shaded: where a difference is too small to matter."
    )
    return markup.figure("differences", figure, alt, caption) + folded("differences", differences_of_seeds(pairs))


def differences_of_seeds(pairs: Sequence[ComparedPair]) -> pd.DataFrame:
    """A row for every seed of every pair."""
    return pd.DataFrame(
        {
            "first": pair.first.name,
            "second": pair.second.name,
            "seed": seed,
            "accuracy of the first (fraction)": first,
            "accuracy of the second (fraction)": second,
            "difference (fraction)": first - second,
        }
        for pair in pairs
        for seed, first, second in zip(pair.seeds, *pair.accuracies, strict=True)
    )


def _which(shown: int, count: int) -> str:
    return f", of the {shown} of {count:,} pairs with the smallest p" if shown < count else ""


def _differences_caption(pairs: Sequence[ComparedPair], count: int) -> str:
    are_few = min(len(pair.seeds) for pair in pairs) < LEAST_SEEDS
    few = f" It takes {LEAST_SEEDS} seeds or more." if are_few else ""
    which, adjusted = ("Pairs of models", ", adjusted,") if count > 1 else ("The two models", "")
    return (
        f"{which} over seeds{_which(len(pairs), count)}, the one with the higher mean first: mean difference "
        "in percentage points with its 95 % t interval over seeds, and with that for new seeds and new images, by the "
        f"pigeonhole bootstrap [@owen2007].{few} The p-values{adjusted} "
        f"are of a difference and of equivalence within ±{100 * MARGIN:g} points."
    )


def _on_pairing(pairs: Sequence[ComparedPair]) -> str:
    """What else the pairs were asked, and what the pairing gained over all of them, where there is saying."""
    text = (
        "@tbl-chances has what else a reader may ask: how often a fresh run of one model would beat one of the other; "
        "how large a difference would have had to be to be found with these seeds; and what it helps to compare runs "
        "of the same seed."
    )
    found = [pairing(*pair.accuracies) for pair in pairs]
    known = [each.correlation for each in found if math.isfinite(each.correlation)]
    if not known:
        return text
    clear = sum(map(is_clear, adjust_for_many([each.p_value for each in found])))
    low, high = rounded(min(known), 2), rounded(max(known), 2)
    between = low if low == high else f"{low} to {high}"
    if len(found) == 1:
        return (
            f"{text} Over seeds the accuracies of the two models are correlated by {between}; "
            f"that is {'' if clear else 'no '}more than noise."
        )
    share = "none" if not clear else "all" if clear == len(found) else str(clear)
    return (
        f"{text} Over seeds the accuracies of two models are correlated by {between}; "
        f"in {share} of the {len(found):,} pairs that is more than noise (p-values adjusted)."
    )


def _chances_caption() -> str:
    return (
        "How often a fresh run of the first model would beat one of the second, ties counting half, with its 95 % "
        "interval [@newcombe2006]; the smallest true difference that a paired t test at 5 % would find with a "
        f"probability of {100 * POWER:.0f} %; the correlation of the two models over seeds, and the variance of their "
        "difference, as a share of what independent seeds would give."
    )
