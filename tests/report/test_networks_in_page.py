"""The section on the networks that run in the page: what is said, shown, and left out."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from galleries import THEME, judged_run
from hostile import TEXTS
from made_runs import made_run
from recorded import recorded_run

from normstudy.preview.page import unsupported_constructs
from normstudy.report import networks_examples, networks_in_batches, networks_in_page
from normstudy.runs import answers_in_batches
from normstudy.runs.answers_in_batches import Answers
from normstudy.runs.folder import read_run


def data_in(block):
    page = BeautifulSoup(block.split("```{=html}\n")[1].split("\n```\n")[0], "html.parser")
    return json.loads(page.select_one(".networks-data").string)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("here")
def test_a_run_of_digits_has_its_sizes_from_its_data(whole):
    block = networks_in_page.section([read_run(whole)], THEME)
    data = data_in(block)
    assert unsupported_constructs(block) == []
    assert {"wrong", "right"} >= {each["kind"] for each in data["examples"]}
    assert (data["edge"], len(data["classes"]), len(data["networks"])) == (28, 10, 1)
    assert data["form"]["centre"] == "box"
    assert "which the images of UCI digits more or less fill" in block
    assert '<div class="networks-batch">' not in block  # there is no BN
    assert "@tbl-networks" not in block


@pytest.mark.usefixtures("here")
def test_a_network_that_does_not_say_what_was_recorded_is_not_shown(whole):
    run = read_run(whole)
    errors = {**run.misclassified, "confidence": run.misclassified["confidence"] - 0.25}
    run.__dict__["misclassified"] = errors
    block = networks_in_page.section([run], THEME)
    assert "up to 25.0 percentage points" in block
    assert "```{=html}" not in block


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("kind", TEXTS)
def test_a_hostile_name_is_text(kind, whole, monkeypatch):
    monkeypatch.setattr(networks_in_page, "model_names", lambda runs: [TEXTS[kind]] * len(runs))
    block = networks_in_page.section([read_run(whole)], THEME)
    page = BeautifulSoup(block.split("```{=html}\n")[1].split("\n```\n")[0], "html.parser")
    assert len(page.find_all("script")) == 2
    assert not page.find_all("img")
    assert data_in(block)["networks"][0]["name"]


@pytest.mark.parametrize(
    "run", [made_run("bn", [], diverged=True), recorded_run("bn", [0.1])], ids=["lost", "recorded"]
)
def test_without_weights_nothing_is_said(run):
    assert networks_in_page.section([run], THEME) == ""


def test_of_many_weights_a_page_takes_what_it_has_room_for():
    runs = [SimpleNamespace(metrics={"model": {"parameters": count}}) for count in (60_000, 30_000, 20_000)]
    assert networks_in_page._that_fit(runs) == runs[:2]
    assert networks_in_page._that_fit([SimpleNamespace(metrics={"model": {"parameters": 10**6}})])
    small = [SimpleNamespace(metrics={"model": {"parameters": 10}})] * 9
    assert len(networks_in_page._that_fit(small)) == networks_in_page.MOST_NETWORKS


def test_examples_are_each_models_surest_errors_in_turn():
    runs = [judged_run("bn", {3: (1, 0.7), 5: (2, 0.9)}), judged_run("gn", {5: (4, 0.95), 8: (1, 0.6)})]
    found = networks_examples.misclassified(runs)
    assert [(each.index, each.note) for each in found] == [
        (5, "misclassified by BN and GN"),
        (3, "misclassified by BN"),
        (8, "misclassified by GN"),
    ]
    assert [each.index for each in networks_examples.misclassified(runs, 2)] == [5, 3]
    assert networks_examples.misclassified([judged_run("bn", {})]) == []


def test_how_often_an_answer_changes_is_told_with_its_interval(monkeypatch):
    answers = [Answers(size, np.array([0, 0.5]), np.array([0.5, 0.5]), np.array([1, 0.5])) for size in (2, 8)]
    monkeypatch.setattr(answers_in_batches, "answers_in_batches", lambda run, data: answers)
    run = judged_run("bn", {})
    block = networks_in_batches.in_words("BN", run, SimpleNamespace(evaluation=range(20)))
    assert "All 20 test images of MNIST were shuffled and shown to BN in training mode" in block
    assert re.search(r"In batches of 2, 25\.00 % \(95 % interval 0\.00 to 100\.00\) of its answers", block)
    assert unsupported_constructs(block) == []
    absent = networks_in_batches.in_words("BN", run, None)
    assert absent.endswith("was not computed: the test images of MNIST were not at hand.")
