"""What a page says of studies that are of another network, or of other data, than its models."""

from dataclasses import replace

import pytest
from recorded import recorded_run, recorded_study

from normstudy.report import cost, elsewhere, recommendations, studies


def runs(seeds, **parameters):
    return [recorded_run("gn", [0.5, 0.4], norm="gn", seed=seed, seconds=1800, **parameters) for seed in range(seeds)]


def own_runs(seeds, **parameters):
    network = {"model": "my_models.py:small_resnet"}
    return [
        replace(run, config=run.config.model_copy(update=network))
        for run in runs(seeds, dataset="digits", **parameters)
    ]


@pytest.fixture
def records():
    found = {name: recorded_study(name, runs(3), name.capitalize()) for name in ("groups", "controls", "inside")}
    return found | {"rates": recorded_study("rates", own_runs(2), "My rates")}


def test_a_page_of_the_same_network_and_data_says_nothing(records):
    del records["rates"]
    compared = runs(1, max_lr=0.5)
    told = {"groups": "### Groups {#sec-groups}\n\nText."}
    assert studies.sections(told, records, compared) == f"{studies.HEADING}\n\n{told['groups']}"
    assert recommendations.where_measured(records, compared) == ""
    assert elsewhere.of_others(records, []) == {}  # beside nothing, nothing is another


def test_a_page_of_ones_own_network_says_whose_runs_the_studies_are(records, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    compared = own_runs(1)
    told = studies.told({"inside": records["inside"]}, compared)
    assert told["inside"].splitlines()[2] == (
        "What this section shows is of other runs than those compared on this page: of this project’s own network on "
        "MNIST (3 runs), not of the network small resnet on UCI digits, where it need not hold."
    )
    told = {"groups": "### Groups {#sec-groups}\n\nText."}
    assert (
        studies.sections(told, records, compared)
        .split("\n\n")[1]
        .startswith(
            "What follows, but for *My rates*, is of other runs than those compared on this page: of this project’s "
        )
    )
    assert recommendations.where_measured(records, compared) == (
        " Here: with this project’s own network on MNIST, not with the network small resnet on UCI digits."
    )


def test_where_the_data_alone_are_others_these_are_named(records):
    assert elsewhere.note({"groups": records["groups"]}, runs(1, dataset="digits"), "what follows").endswith(
        ": of this project’s own network on MNIST (3 runs), not on UCI digits, where it need not hold."
    )


def test_costs_of_others_are_counted_by_themselves(records):
    compared = own_runs(1, max_lr=0.5)
    assert cost.in_words(records, compared).startswith(
        "What was run of the network small resnet on UCI digits comes to 3 runs with 6 epochs: 3.00 core-hours on a "
        "processor. The 1 run compared above took 1.00 core-hours of that. The recorded studies of this project’s own "
        "network on MNIST come to 3 runs with 6 epochs more: 3.00 core-hours on a processor."
    )
    table = cost.cost_table(records, compared)
    assert dict(zip(table["study"], table["runs"], strict=True)) == {
        "My rates (rates)": "2",
        "in no study: runs compared above": "1",
        "**all of the network small resnet on UCI digits**": "3",
        "Groups": "3",
        "Controls": "3",
        "Inside": "3",
        "**all of this project’s own network on MNIST**": "3",
    }
    assert "Studies of this project’s own network on MNIST stand last" in cost.summary(records, compared)
