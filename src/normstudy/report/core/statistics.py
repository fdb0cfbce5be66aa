"""Estimates with intervals, from tables to tables. Accuracies and errors are fractions; intervals are at 95 %.

One model per page: `welch` where two models are compared; a linear model with one residual variance (`cell_means`,
`compare`, `against`, `all_pairs`) where many cells have few runs; `paired` where runs share seeds. Errors near zero
are compared as ratios: with `log=True` (the default where the measure is an error) means are geometric and differences
are ratios. Every table has the columns `value`, `low`, `high`, and tests have `p`, adjusted for their family.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

CONFIDENCE = 0.95
POWER = 0.8


def mean(values: Sequence[float], log: bool = False) -> pd.Series:
    """The mean of `values` (n,) with Student's interval (Student 1908); of positive values their geometric mean."""
    data = _logarithm(values, log)
    n, middle = len(data), float(np.mean(data)) if len(data) else np.nan
    half = _quantile(n - 1) * np.std(data, ddof=1) / np.sqrt(n) if n > 1 and np.ptp(data) > 0 else np.inf
    return _estimate(middle, middle - half, middle + half, log)


def cell_means(runs: pd.DataFrame, by: str | list[str], measure: str = "error", log: bool = True) -> pd.DataFrame:
    """The mean of `measure` in each cell of `by`, with intervals that rest on one residual variance of all cells."""
    groups = _cells(runs, by, measure, log)
    variance, freedom = _residual(groups)
    half = _quantile(freedom) * np.sqrt(variance / groups.size())
    return _estimates(groups.mean(), half, log)


def compare(
    runs: pd.DataFrame,
    of: str,
    to: str,
    over: str,
    measure: str = "error",
    log: bool = True,
    factor: str = "model",
    family: int | None = None,
    level: float = CONFIDENCE,
) -> pd.DataFrame:
    """`of` compared with `to` (values of `factor`) at each value of `over`, as a ratio (`log`) or a difference.

    A linear model of the (logarithmic) measure has one mean per cell of `factor` and `over` and one residual variance.
    Intervals (at `level`) and p-values hold together for a `family` of comparisons (Bonferroni); by default, as many as
    there are values of `over`.
    """
    groups = _cells(runs, [factor, over], measure, log)
    variance, freedom = _residual(groups)
    means, counts = groups.mean(), groups.size()
    shared = [value for value in sorted(runs[over].unique()) if (of, value) in means and (to, value) in means]
    difference = pd.Series([means[of, value] - means[to, value] for value in shared], shared)
    error = pd.Series([np.sqrt(variance * (1 / counts[of, at] + 1 / counts[to, at])) for at in shared], shared)
    many = family or len(shared)
    found = _estimates(difference, _quantile(freedom, many, level) * error, log).rename_axis(over)
    found["p"] = np.minimum(1, many * 2 * stats.t.sf(np.abs(difference / error), freedom))
    return found


def against(
    runs: pd.DataFrame, control: object, factor: str = "model", measure: str = "error", log: bool = True
) -> pd.DataFrame:
    """Every other value of `factor` compared with the `control`: simultaneous intervals of Dunnett (1955)."""
    groups = _cells(runs, factor, measure, log)
    others = [name for name in groups.groups if name != control]
    found = stats.dunnett(*(groups.get_group(name) for name in others), control=groups.get_group(control), rng=0)
    means = groups.mean()
    limits = found.confidence_interval(CONFIDENCE)
    table = pd.DataFrame(
        [
            _estimate(means[name] - means[control], low, high, log)
            for name, low, high in zip(others, *limits, strict=True)
        ],
        index=pd.Index(others, name=factor),
    )
    return table.assign(p=found.pvalue)


def with_one(
    runs: pd.DataFrame, control: object, factor: str = "model", measure: str = "error", log: bool = True
) -> pd.DataFrame:
    """As `against`, for any number of values of `factor`: intervals and p-values are Bonferroni's.

    Dunnett's take minutes for a hundred values.
    """
    groups = _cells(runs, factor, measure, log)
    variance, freedom = _residual(groups)
    means, counts = groups.mean().drop(control), groups.size().drop(control)
    difference = means - groups.mean()[control]
    error = np.sqrt(variance * (1 / counts + 1 / groups.size()[control]))
    found = _estimates(difference, _quantile(freedom, len(means)) * error, log)
    return found.assign(p=np.minimum(1, len(means) * 2 * stats.t.sf(np.abs(difference / error), freedom)))


def all_pairs(runs: pd.DataFrame, factor: str = "model", measure: str = "error", log: bool = True) -> pd.DataFrame:
    """Every two values of `factor` compared, indexed by (first, second): simultaneous intervals of Tukey (1949)."""
    groups = _cells(runs, factor, measure, log)
    names = list(groups.groups)
    found = stats.tukey_hsd(*(groups.get_group(name) for name in names))
    limits, rows = found.confidence_interval(CONFIDENCE), {}
    for i, first in enumerate(names):
        for j, second in enumerate(names[i + 1 :], start=i + 1):
            row = _estimate(found.statistic[i, j], limits.low[i, j], limits.high[i, j], log)
            rows[first, second] = pd.concat([row, pd.Series({"p": found.pvalue[i, j]})])
    return pd.DataFrame(rows).T.rename_axis(["first", "second"])


def welch(first: Sequence[float], second: Sequence[float], log: bool = False, level: float = CONFIDENCE) -> pd.Series:
    """Mean of `first` minus that of `second` (with `log`, their ratio), as estimated and tested by Welch (1947)."""
    one, other = _logarithm(first, log), _logarithm(second, log)
    if min(len(one), len(other)) < 2 or np.ptp([*one, *other]) == 0:
        return pd.concat([_estimate(np.mean(one) - np.mean(other), -np.inf, np.inf, log), pd.Series({"p": 1.0})])
    test = stats.ttest_ind(one, other, equal_var=False)
    low, high = test.confidence_interval(level)
    found = _estimate(float(np.mean(one) - np.mean(other)), low, high, log)
    return pd.concat([found, pd.Series({"p": float(test.pvalue)})])


def paired(
    first: Sequence[float], second: Sequence[float], margin: float, log: bool = False, level: float = CONFIDENCE
) -> pd.Series:
    """Runs of two models with the same seeds: `first` minus `second`, both (n,), seed by seed.

    `p` is that of Student's paired t test, `p_equivalence` that of two one-sided tests (Schuirmann 1987) of "`margin`
    or more apart". With `log` the difference is a ratio and the margin a factor above 1 (1.05). `smallest` is the
    smallest true difference that this test would find with a probability of 80 % (a factor, with `log`).
    """
    differences = _logarithm(first, log) - _logarithm(second, log)
    n, middle = len(differences), float(np.mean(differences)) if len(differences) else np.nan
    width = np.log(margin) if log else margin
    if n < 2 or np.ptp(differences) <= 1e-12:  # nothing is known of the spread
        found = _estimate(middle, -np.inf, np.inf, log)
        return pd.concat([found, pd.Series({"p": 1.0, "p_equivalence": 1.0, "smallest": np.inf, "n": n})])
    error = np.std(differences, ddof=1) / np.sqrt(n)
    half = stats.t.ppf((1 + level) / 2, n - 1) * error
    p = 2 * stats.t.sf(abs(middle) / error, n - 1)
    p_equivalence = stats.t.sf((width - abs(middle)) / error, n - 1)
    smallest = detectable(n) * np.std(differences, ddof=1)
    extra = {"p": p, "p_equivalence": p_equivalence, "smallest": np.exp(smallest) if log else smallest, "n": n}
    return pd.concat([_estimate(middle, middle - half, middle + half, log), pd.Series(extra)])


def verdict(row: pd.Series, level: float = 1 - CONFIDENCE) -> str:
    """`better`, `equivalent` or `undecided`, from the (adjusted) `p` and `p_equivalence` of a row of `paired`.

    A difference can be real and yet within the margin: then it is `better, yet equivalent`.
    """
    better, equivalent = row["p"] < level, row["p_equivalence"] < level
    return (
        ("better, yet equivalent" if equivalent else "better")
        if better
        else "equivalent"
        if equivalent
        else "undecided"
    )


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjusted by Holm's method (Holm 1979): the chance of any false alarm in the family stays below the level."""
    # As `multipletests` of statsmodels, whose import takes a second of each page.
    order = np.argsort(p_values)
    steps = np.asarray(p_values, float)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def proportion(count: int, total: int, method: str = "wilson") -> pd.Series:
    """`count` of `total` as a fraction, with the interval of Wilson (1927) or, by method `exact`, Clopper (1934)."""
    limits = stats.binomtest(int(count), int(total)).proportion_ci(CONFIDENCE, method)
    return pd.Series({"value": count / total, "low": limits.low, "high": limits.high})


def mcnemar(first_wrong: np.ndarray, second_wrong: np.ndarray) -> tuple[int, int, float]:
    """How many images only the first and only the second model misclassifies, and the exact p-value (McNemar 1947).

    Both are boolean, (images,), in the same order.
    """
    only = int((first_wrong & ~second_wrong).sum()), int((second_wrong & ~first_wrong).sum())
    return *only, float(stats.binomtest(only[0], sum(only)).pvalue) if sum(only) else 1.0


def at_most(count: int, total: int) -> float:
    """The exact one-sided upper limit of a probability, of `count` in `total` trials: 0 of 40 is below 7.2 %."""
    return float(stats.binomtest(int(count), int(total), alternative="less").proportion_ci(CONFIDENCE, "exact").high)


def variance_ratio(first: Sequence[float], second: Sequence[float]) -> pd.Series:
    """The variance of `first` divided by that of `second`, with the interval and two-sided p-value of Fisher's F."""
    one, other = np.asarray(first, float), np.asarray(second, float)
    ratio, dof = np.var(one, ddof=1) / np.var(other, ddof=1), (len(one) - 1, len(other) - 1)
    low, high = ratio / stats.f.ppf([(1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2], *dof)
    p = 2 * min(stats.f.sf(ratio, *dof), stats.f.cdf(ratio, *dof))
    return pd.Series({"value": ratio, "low": low, "high": high, "p": min(1.0, p)})


def seeds_needed(deviation: float, difference: float, level: float = 1 - CONFIDENCE) -> int:
    """With how many pairs a paired t test at `level` finds a true `difference` with a probability of 80 %.

    `deviation`: the standard deviation of the differences, seed by seed, in the unit of `difference`.
    """
    n = 2
    while n < 1_000_000 and detectable(n, level) * deviation > difference:
        n += 1 if n < 200 else n // 50
    return n


def detectable(n: int, level: float = 1 - CONFIDENCE) -> float:
    """The smallest true difference, in standard deviations, that a paired t test of `n` pairs finds at `POWER`."""
    critical = stats.t.ppf(1 - level / 2, n - 1)
    return float(brentq(lambda effect: stats.nct.sf(critical, n - 1, effect * np.sqrt(n)) - POWER, 1e-9, 1e3))


def smallest_found(
    runs: pd.DataFrame, factor: str | list[str] = "model", measure: str = "error", log: bool = True, family: int = 1
) -> float:
    """The smallest true ratio (`log`) or difference of two values of `factor` that is found at `POWER`.

    By a t test with one residual variance, at a level that a `family` of comparisons shares (Bonferroni). `factor` may
    be several columns: then each of their cells is a value.
    """
    groups = _cells(runs, factor, measure, log)
    variance, freedom = _residual(groups)
    critical = _quantile(freedom, family)
    effect = brentq(lambda effect: stats.nct.sf(critical, freedom, effect) - POWER, 1e-9, 1e3)
    found = float(effect * np.sqrt(2 * variance * (1 / groups.size()).mean()))
    return float(np.exp(found)) if log else found


def _cells(runs: pd.DataFrame, by: str | list[str], measure: str, log: bool):
    """The finite (logarithmic) values of `measure`, grouped `by` cells."""
    name = "log_error" if measure == "error" and log and "log_error" in runs else measure
    values = runs[name] if name == "log_error" else pd.Series(_logarithm(runs[measure], log), runs.index)
    sound = np.isfinite(values)
    keys = [runs.loc[sound, key] for key in ([by] if isinstance(by, str) else by)]
    return values[sound].groupby(keys if len(keys) > 1 else keys[0], observed=True)


def _residual(groups) -> tuple[float, int]:
    """The residual variance within `groups` and its degrees of freedom."""
    freedom = int((groups.size() - 1).sum())
    squares = float(((groups.size() - 1) * groups.var(ddof=1).fillna(0)).sum())
    return (squares / freedom if freedom else np.nan), freedom


def _quantile(freedom: int, family: int = 1, level: float = CONFIDENCE) -> float:
    return float(stats.t.ppf(1 - (1 - level) / 2 / family, freedom)) if freedom > 0 else np.inf


def _logarithm(values: Sequence[float], log: bool) -> np.ndarray:
    return np.log(np.asarray(values, float)) if log else np.asarray(values, float)


def _estimate(value: float, low: float, high: float, log: bool) -> pd.Series:
    found = pd.Series({"value": float(value), "low": float(low), "high": float(high)})
    return np.exp(found) if log else found


def _estimates(values: pd.Series, half: pd.Series | float, log: bool) -> pd.DataFrame:
    found = pd.DataFrame({"value": values, "low": values - half, "high": values + half})
    return np.exp(found) if log else found
