"""Where the spread between runs comes from: the estimator on data with known shares, and the section."""

import numpy as np
import pytest
from recorded import recorded_run, recorded_study

from normstudy.preview.page import unsupported_constructs
from normstudy.report import chance
from normstudy.report.shares import share_of_source, sum_of_shares

KEYS = tuple(chance.SOURCES)
FIXED, VALUES, ALL = 5, 4, 40


def outcome(sds, interaction, effects, whole):
    """Of one run: the effect of each source's value, and of all three values together."""
    return sum(sd * own for sd, own in zip(sds, effects, strict=True)) + interaction * whole


def simulated(rng, sds, interaction):
    """Groups of each source, as the study has them, and runs in which everything varies."""
    sources = []
    for place in range(3):
        groups = []
        for _ in range(FIXED):
            effects = np.repeat(rng.standard_normal((3, 1)), VALUES, axis=1)
            effects[place] = rng.standard_normal(VALUES)
            groups.append(outcome(sds, interaction, effects, rng.standard_normal(VALUES)))
        sources.append(groups)
    return sources, outcome(sds, interaction, rng.standard_normal((3, ALL)), rng.standard_normal(ALL))


def shares(rng, sds, interaction):
    sources, whole = simulated(rng, sds, interaction)
    found = [share_of_source(groups, whole) for groups in sources]
    return [*found, sum_of_shares(found, whole)]


@pytest.mark.parametrize(("sds", "interaction"), [((3, 2, 1), 0.0), ((1, 1, 1), 2.0), ((0, 0, 0), 1.0)])
def test_known_shares_are_recovered_with_their_intervals(sds, interaction):
    rng = np.random.default_rng(0)
    total = sum(sd**2 for sd in sds) + interaction**2
    true = [(sd**2 + interaction**2) / total for sd in sds]
    true.append(sum(true))
    found = np.array([[each[:3] for each in shares(rng, sds, interaction)] for _ in range(600)])
    variances = np.array([[each.variance for each in shares(rng, sds, interaction)] for _ in range(600)])
    assert variances.mean(axis=0) / total == pytest.approx(true, rel=0.06, abs=0.01)
    covered = (found[..., 1] <= true) & (true <= found[..., 2])
    assert covered.mean(axis=0) == pytest.approx(0.95, abs=0.035)
    assert (true[-1] == pytest.approx(1)) == (interaction == 0)


def runs(sds, interaction=0.0, **parameters):
    """As the study and `main` would record them, with effects in images of ten thousand."""
    rng = np.random.default_rng(1)
    sources, whole = simulated(rng, sds, interaction)

    def run(model, value, **seeds):
        accuracy = round(0.99 + value / 10_000, 6)
        return recorded_run(model, [0.02], [accuracy], norm="bn", evaluate_on="test", **seeds, **parameters)

    study = [
        run(key, value, seed=seed, **{key: 1000 + number})
        for key, groups in zip(KEYS, sources, strict=True)
        for seed, group in enumerate(groups)
        for number, value in enumerate(group)
    ]
    main = [run("bn_l1", value, seed=seed) for seed, value in enumerate(whole)]
    main += [recorded_run("gn", [0.02], [0.99], norm="gn", seed=seed, evaluate_on="test") for seed in range(3)]
    return recorded_study("chance", study), recorded_study("main", main)


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_sources_that_interact_do_not_add_up_and_it_is_said_why():
    text = chance.section(*runs((0, 0, 0), 5.0))
    assert not unsupported_constructs(text)
    assert "they do not add up to 1, because the sources interact" in text
    assert "(40 runs, with a standard deviation of" in text
    assert "60 runs, the other two" in text


def test_one_source_alone_may_be_all():
    study, main = runs((0, 8, 0))
    whole = np.array([run.final("test_accuracy") for run in chance.runs_like(study, main)])
    sources = chance.sources_of(study.runs, whole)
    assert [source.name for source in sources] == list(chance.SOURCES.values())
    table = chance.chance_table(sources, sum_of_shares([source.share for source in sources], whole), whole)
    assert table["share of the variance"].str.startswith("0.00 (0.00 to 0.00)").tolist()[:3] == [True, False, True]
    assert table["runs"].tolist() == ["20", "20", "20", "–", "40"]
    assert "leaves room for a sum of 1" in chance.section(study, main)


def test_without_runs_of_the_same_model_in_which_everything_varies_the_section_is_the_general_one():
    study, main = runs((1, 1, 1))
    assert "{#sec-study-chance}" in chance.section(study)
    others = recorded_study("main", [run for run in main.runs if run.model == "gn"])
    assert "{#sec-study-chance}" in chance.section(study, others)
