"""Estimates of the report's core, each computed a second time by another route."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

from normstudy.report.core import statistics


@pytest.fixture(scope="module")
def runs():
    """Three models at two batch sizes, five seeds each; one run diverged."""
    rng = np.random.default_rng(1)
    rows = [
        {"model": model, "batch_size": size, "seed": seed, "error": 0.005 * factor * np.exp(0.1 * rng.normal())}
        for model, factor in (("bn", 1.5), ("gn", 1.0), ("ln", 1.1))
        for size in (2, 32)
        for seed in range(5)
    ]
    table = pd.DataFrame(rows)
    table.loc[3, "error"] = np.nan
    return table


def of(runs, model):
    return runs[runs.model == model].error.dropna()


def test_means_have_students_interval():
    values = [1.0, 2.0, 4.0, 8.0]
    found = statistics.mean(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval()
    assert found.tolist() == pytest.approx([3.75, low, high])
    assert statistics.mean(values, log=True)["value"] == pytest.approx(stats.gmean(values))
    assert np.isinf(statistics.mean([1.0])["high"])
    assert np.isinf(statistics.mean([2.0, 2.0])["high"])


def test_cells_share_one_residual_variance(runs):
    fit = smf.ols("np.log(error) ~ 0 + C(model):C(batch_size)", runs.dropna()).fit()
    found = statistics.cell_means(runs, ["model", "batch_size"])
    limits = np.exp(fit.conf_int())
    for (model, size), row in found.iterrows():
        assert row[["low", "high"]].tolist() == pytest.approx(
            list(limits.loc[f"C(model)[{model}]:C(batch_size)[{size}]"])
        )


def test_models_are_compared_at_each_size_with_intervals_that_hold_together(runs):
    found = statistics.compare(runs, "bn", "gn", over="batch_size", family=4)
    table = runs.dropna().assign(cell=lambda each: each.model + each.batch_size.astype(str))
    fit = smf.ols("np.log(error) ~ 0 + cell", table).fit()
    for size, row in found.iterrows():
        test = fit.t_test(f"cell[bn{size}] - cell[gn{size}] = 0")
        assert row["value"] == pytest.approx(np.exp(test.effect[0]))
        assert row[["low", "high"]].tolist() == pytest.approx(list(np.exp(test.conf_int(0.05 / 4)[0])))
        assert row["p"] == pytest.approx(min(1, 4 * float(test.pvalue)))
        narrower = statistics.compare(runs, "bn", "gn", over="batch_size", family=1, level=0.9).loc[size]
        assert narrower[["low", "high"]].tolist() == pytest.approx(list(np.exp(test.conf_int(0.1)[0])))


def test_ratios_to_a_control_and_of_all_pairs_have_their_sign(runs):
    ratio = stats.gmean(of(runs, "bn")) / stats.gmean(of(runs, "gn"))
    for function in (statistics.against, statistics.with_one):
        found = function(runs, "gn")
        assert list(found.index) == ["bn", "ln"]
        assert found["value"]["bn"] == pytest.approx(ratio)
        assert found["low"]["bn"] < ratio < found["high"]["bn"]
    pairs = statistics.all_pairs(runs)
    assert pairs.loc[("bn", "gn"), "value"] == pytest.approx(ratio)
    assert pairs.loc[("bn", "gn"), "low"] > 1
    exact = stats.dunnett(np.log(of(runs, "bn")), np.log(of(runs, "ln")), control=np.log(of(runs, "gn")), rng=0)
    assert statistics.against(runs, "gn")["p"].tolist() == pytest.approx(exact.pvalue.tolist(), abs=1e-3)


def test_errors_of_no_image_count_as_half_an_image(runs):
    table = runs.assign(log_error=np.log(runs.error.clip(lower=5e-5))).replace({"error": {runs.error[0]: 0.0}})
    table.loc[0, "log_error"] = np.log(5e-5)
    assert np.isfinite(statistics.cell_means(table, "model")["value"]).all()


def test_pairs_by_seed_are_tested_for_difference_and_equivalence():
    rng = np.random.default_rng(2)
    first = 0.995 + 0.0005 * rng.normal(size=12)
    second = first - 0.0002 + 0.0003 * rng.normal(size=12)
    found = statistics.paired(first, second, 0.0005)
    assert found["p"] == pytest.approx(stats.ttest_rel(first, second).pvalue)
    assert found["p_equivalence"] == pytest.approx(ttost_paired(first, second, -0.0005, 0.0005)[0])
    limits = stats.ttest_rel(first, second).confidence_interval()
    assert found[["low", "high"]].tolist() == pytest.approx(list(limits))
    effect = TTestPower().solve_power(nobs=12, alpha=0.05, power=0.8)
    assert found["smallest"] == pytest.approx(effect * np.std(first - second, ddof=1), rel=1e-4)
    assert statistics.paired(second, first, 0.0005)["value"] == pytest.approx(-found["value"])


@pytest.mark.parametrize("values", [([0.5], [0.4]), ([0.5, 0.6], [0.4, 0.5])])
def test_pairs_without_a_spread_decide_nothing(values):
    found = statistics.paired(*values, 0.05)
    assert statistics.verdict(found) == "undecided"
    assert np.isinf(found["high"])


@pytest.mark.parametrize(
    ("p", "p_equivalence", "word"),
    [(0.01, 0.5, "better"), (0.01, 0.01, "better, yet equivalent"), (0.5, 0.01, "equivalent"), (0.5, 0.5, "undecided")],
)
def test_verdicts(p, p_equivalence, word):
    assert statistics.verdict(pd.Series({"p": p, "p_equivalence": p_equivalence})) == word


def test_welch_and_the_ratio_of_variances():
    first, second = [1.0, 2.0, 4.0], [3.0, 9.0, 8.0, 4.0]
    test = stats.ttest_ind(first, second, equal_var=False)
    found = statistics.welch(first, second)
    assert found["p"] == pytest.approx(test.pvalue)
    assert found[["low", "high"]].tolist() == pytest.approx(list(test.confidence_interval()))
    ratio = statistics.variance_ratio(second, first)
    assert ratio["value"] == pytest.approx(np.var(second, ddof=1) / np.var(first, ddof=1))
    assert statistics.variance_ratio(first, second)["low"] == pytest.approx(1 / ratio["high"])


def test_adjusted_p_values_and_paired_counts_are_those_of_statsmodels():
    p = [0.04, 0.001, 0.2, 0.011]
    assert statistics.holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    first, second = np.arange(20) < 9, (np.arange(20) > 6) & (np.arange(20) < 10)
    only_first, only_second, found = statistics.mcnemar(first, second)
    assert (only_first, only_second) == (7, 1)
    both = int((first & second).sum())
    assert found == pytest.approx(mcnemar([[both, 7], [1, 20 - both - 8]], exact=True).pvalue)
    assert statistics.mcnemar(first, first) == (0, 0, 1.0)


def test_probabilities_from_few_runs_have_wide_limits():
    assert statistics.at_most(0, 40) == pytest.approx(0.0722, abs=1e-4)
    assert 1 - (1 - statistics.at_most(0, 40)) ** 18 == pytest.approx(0.74, abs=0.005)
    assert statistics.proportion(3, 10)[["low", "high"]].tolist() == pytest.approx(
        list(proportion_confint(3, 10, method="wilson"))
    )


def test_seeds_needed_are_those_of_a_paired_test():
    n = statistics.seeds_needed(1.0, 0.6)
    power = TTestPower().power(0.6, n, 0.05)
    assert power >= 0.8 > TTestPower().power(0.6, n - 1, 0.05)
    assert statistics.seeds_needed(1.0, 0.6, level=0.05 / 3) > n
