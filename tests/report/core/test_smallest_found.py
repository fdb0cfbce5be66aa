"""The smallest difference that a study could have found, against simulated studies."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from normstudy.report.core.statistics import smallest_found


@pytest.mark.parametrize("family", [1, 6])
def test_that_difference_is_found_with_a_probability_of_80_percent(family):
    models, seeds, deviation, studies = 4, 3, 0.2, 4000
    rng = np.random.default_rng(1)
    values = rng.normal(0, deviation, (studies, models, seeds))
    # Every cell has the spread of the simulation exactly, so that the effect is that of the true deviation.
    cell = deviation * np.array([-1.0, 0, 1.0])
    runs = pd.DataFrame({"model": np.repeat(list("abcd"), seeds), "error": np.exp(np.tile(cell, models))})
    effect = np.log(smallest_found(runs, family=family))
    values[:, 0] += effect
    variance = values.var(axis=2, ddof=1).mean(axis=1)
    t = (values[:, 0].mean(axis=1) - values[:, 1].mean(axis=1)) / np.sqrt(2 * variance / seeds)
    found = np.abs(t) > stats.t.ppf(1 - 0.025 / family, models * (seeds - 1))
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_a_difference_is_in_the_unit_of_the_measure():
    runs = pd.DataFrame({"model": list("aaabbb"), "loss": [1.0, 2, 3, 1, 2, 3]})
    assert smallest_found(runs, measure="loss", log=False) == pytest.approx(
        np.log(smallest_found(runs.assign(loss=np.exp(runs.loss)), measure="loss"))
    )
