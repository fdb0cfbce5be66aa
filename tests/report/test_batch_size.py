"""The section on the size of the batch, the rule for its rates, and the files of both studies."""

import pytest
from commands import ROOT
from recorded import recorded_study
from sweeps import around, cell

from normstudy.preview.page import unsupported_constructs
from normstudy.report import batch_rates, batch_size
from normstudy.report.rates import RULES, common_power, known_configs, power_of
from normstudy.report.series import Series, series_of
from normstudy.runs.study_file import read_study_file, study_path

RATES = {"bn": 0.025, "gn": 0.05}


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def at(size, norm, power):
    share = (size / 128) ** power
    return {"norm": norm, "batch_size": size, "max_lr": RATES[norm] * share, "adamw_lr": 0.02 * share}


def study(bn, gn, power=0.5):
    runs = [
        run
        for norm, line in (("bn", bn), ("gn", gn))
        for size, own in line.items()
        for run in cell(norm, own, **at(size, norm, power))
    ]
    return recorded_study("batch_size", runs)


def rates(losses):
    runs = []
    for power, error in losses.items():
        for norm in RATES:
            runs += cell(norm, [error], **at(8, norm, power), evaluate_on="validation")
    return recorded_study("batch_rates", runs)


def test_where_bn_loses_to_whom():
    gn = {2: around(0.0102), 48: around(0.0101), 128: around(0.0099)}
    text = batch_size.section(study({2: around(0.03, 0.001), 48: around(0.01), 128: around(0.01)}, gn))
    assert "It loses to GN at 2 (ratio 2.9" in text
    assert "Peak rates are those of a batch of 128 there and grow with the square root of the batch." in text
    assert "an epoch has 30,000 steps with batches of 2, and 469 with batches of 128" in text
    assert "the images that are left: 96 at 128; at 2 and 48 none is left over." in text
    assert "| 2 | 34.7 | 24.1 |" in " ".join(text.split())
    assert unsupported_constructs(text) == []


def test_at_none_of_these_sizes_and_without_runs():
    gn = {2: around(0.0102), 128: around(0.0099)[::-1]}
    text = batch_size.section(study({2: [None] * 5, 128: around(0.01)}, gn))
    assert "It loses to GN at none of these sizes; the largest ratio is 1.01 (" in text
    assert "No run finished of BN at 2." in text
    assert "So few runs say nothing of the noise, and it cannot be told from GN." in batch_size.section(
        study({2: [0.2], 128: [0.1]}, {2: [0.1], 128: [0.1]})
    )


def test_which_rule_was_the_best_and_whether_it_is_used():
    runs = study({8: [0.01], 128: [0.01]}, {8: [0.01], 128: [0.01]})
    text = batch_size.section(runs, rates({0.0: 0.02, 0.5: 0.01, 1.0: 0.03}))
    assert "The mean loss is lowest where the rates grow with the square root of the batch: 0.0300 nats" in text
    assert "That rule is used here." in text
    assert "{#tbl-batch-rates}" in text
    text = batch_size.section(runs, rates({0.0: 0.005, 0.5: 0.01, 1.0: 0.03}))
    assert "0.0150 nats, against 0.0300 where they grow with the square root of the batch and 0.0900" in text
    assert "The rule that is used here is another: they grow with the square root of the batch." in text


def test_a_rule_that_diverged_is_not_the_best():
    known = known_configs(series_of(study({128: [0.01]}, {128: [0.01]}).runs))
    lost = rates({0.0: None, 0.5: 0.01})
    assert "lowest where the rates grow with the square root of the batch" in batch_rates.part(lost, known, 0.5)
    assert batch_rates.part(lost, {}, None) == ""


def test_rates_that_follow_no_rule_or_every_one():
    known = known_configs(series_of(study({128: [0.01]}, {128: [0.01]}).runs))
    (own,) = cell("bn", [0.1], **at(8, "bn", 0.5))
    assert power_of(own.config, known["bn"]) == 0.5
    assert power_of(own.config.model_copy(update={"adamw_lr": 0.02}), known["bn"]) is None
    assert power_of(known["bn"], known["bn"]) is None


def test_the_study_follows_one_rule_and_has_the_recipes_of_the_main_one():
    series = planned("batch_size")
    assert common_power(series) in RULES
    main = {each.name: each.config for each in planned("main")}
    own = ("batch_size", "max_lr", "adamw_lr", "epochs", "seed")
    for each in series:
        assert sorted(one.config.batch_size for one in each.cells) == [2**power for power in range(1, 10)]
        for one in each.cells:
            assert one.config.model_dump(exclude=set(own)) == main[each.name].model_dump(exclude=set(own))
        assert known_configs(series)[each.name].max_lr == main[each.name].max_lr


def test_the_rules_were_tried_on_the_validation_split_with_other_seeds():
    known, seeds = known_configs(planned("batch_size")), set()
    for each in planned("batch_rates"):
        tried = {(power_of(one.config, known[each.name]), one.config.batch_size) for one in each.cells}
        assert tried == {(power, size) for power in RULES for size in (8, 32, 512)}
        assert {one.config.evaluate_on for one in each.cells} == {"validation"}
        seeds |= {run.config.seed for one in each.cells for run in one.runs}
    assert not seeds & {run.config.seed for run in read_study_file(study_path(ROOT / "params", "batch_size")).runs}


def planned(name) -> list[Series]:
    """The study of that file, as it will be."""
    return series_of(read_study_file(study_path(ROOT / "params", name)).runs)
