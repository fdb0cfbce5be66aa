"""Every two models compared, over seeds or on images."""

import numpy as np
import pytest
from recorded import seeded_runs
from report_in_process import finished_run
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from normstudy.config import Config
from normstudy.report.core import pairs
from normstudy.report.core.models import models_of

RNG = np.random.default_rng(1)
ERRORS = {norm: (count + RNG.integers(-6, 7, 12)).tolist() for norm, count in (("bn", 60), ("gn", 45), ("ln", 46))}


def test_over_seeds_pairs_are_those_of_scipy_and_statsmodels():
    models = models_of(seeded_runs(ERRORS))
    found = pairs.compare(models)
    accuracies = {name.upper(): 1 - np.array(counts) / 10_000 for name, counts in ERRORS.items()}
    tests = [stats.ttest_rel(accuracies[row["first"]], accuracies[row["second"]]) for _, row in found.iterrows()]
    np.testing.assert_allclose(found["p"], multipletests([test.pvalue for test in tests], method="holm")[1])
    for (_, row), test in zip(found.iterrows(), tests, strict=True):
        differences = accuracies[row["first"]] - accuracies[row["second"]]
        assert row["value"] == pytest.approx(differences.mean())
        assert (row["low"], row["high"]) == pytest.approx(tuple(test.confidence_interval(0.95)))
        power = TTestPower().power(row["smallest"] / differences.std(ddof=1), 12, 0.05 / 3)
        assert power == pytest.approx(0.8, abs=0.002)
        assert row["new_low"] < row["value"] < row["new_high"]
    assert found.set_index(["first", "second"])["finding"].to_dict() == {
        ("GN", "BN"): "better",
        ("LN", "BN"): "better",
        ("GN", "LN"): "equivalent",
    }


def test_single_runs_are_compared_by_mcnemar_test():
    models = models_of([finished_run(range(40)), finished_run(range(20, 45), norm="gn")])
    (found,) = pairs.compare(models).to_dict("records")
    assert (found["first"], found["second"], found["value"]) == ("GN", "BN", pytest.approx(0.0015))
    assert (found["only_first"], found["only_second"]) == (5, 20)
    assert found["p"] == pytest.approx(mcnemar([[20, 5], [20, 9955]], exact=True).pvalue)
    assert found["finding"] == "better"


@pytest.mark.parametrize(
    ("errors", "finding"),
    [
        ({"bn": [0, 0, 0], "gn": [0, 0, 0]}, "all right"),
        ({"bn": [2, 2, 2], "gn": [2, 2, 2]}, "undecided"),  # nothing is known of the spread
        ({"bn": [50, 51, 52], "gn": [51, 51, 52]}, "equivalent"),
        ({"bn": [50, 90, 10], "gn": [30, 20, 80]}, "undecided"),
        ({"bn": [100, 102, 101], "gn": [98, 101, 99]}, "better, yet equivalent"),
        ({"bn": [5], "gn": [None, 5, 5]}, None),
        ({"bn": [None], "gn": [3]}, None),
    ],
)
def test_findings(errors, finding):
    found = pairs.compare(models_of(seeded_runs(errors)))
    assert found["finding"].tolist() == [finding] * (finding is not None)


def test_equivalent_models_differ_by_at_least_one_image():
    assert pairs.margin(10_000) == 0.0005
    assert pairs.margin(181) == 1 / 181


def test_accuracies_have_intervals_that_end_where_accuracies_do():
    several = pairs.accuracies(models_of(seeded_runs({"bn": [0, 1], "gn": [7], "none": [None]})))
    assert several.index.tolist() == ["BN", "GN"]
    assert several.loc["BN", "high"] == 1
    assert not np.isfinite(several.loc["GN", ["low", "high"]].astype(float)).any()
    single = pairs.accuracies(models_of([finished_run(range(12))])).iloc[0]
    assert single.tolist()[:3] == pytest.approx([0.9988, 0.99790, 0.99931], abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ([{}, {"norm": "gn"}, {"norm": "ln", "seed": 3}], []),
        ([{}, {"norm": "gn", "max_lr": 0.1, "l1": 1e-5}], ["l1", "max_lr"]),
        ([{"statistics_batch": 8}, {"optimizer": "sgd"}], ["optimizer"]),
        ([{"adamw_lr": 0.1}, {}], ["adamw_lr"]),
    ],
)
def test_recipes_differ_in_more_than_the_normalization(changes, names):
    assert pairs.differing([Config(dataset="mnist", **change) for change in changes]) == names


def test_crossed_intervals_hold_seeds_and_images():
    rng = np.random.default_rng(0)
    wrong = rng.uniform(size=(20, 2000)) < 0.02 * rng.gamma(1, size=2000)
    low, high = pairs.crossed(wrong)
    images = wrong.mean(axis=0).std() / np.sqrt(2000)
    # Too wide, as it is mostly chance which run errs on which image.
    assert 2 * 1.9 * images < high - low < 2 * 3.3 * images
    assert pairs.crossed(wrong[:9]) == (-np.inf, np.inf)
