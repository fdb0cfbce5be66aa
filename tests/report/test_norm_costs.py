"""The section on what normalizations cost."""

import json

import pytest

from normstudy.config import Config
from normstudy.report import norm_costs

KINDS = ("bn", "gn", "ln", "in", "ln2d", "none")
TRAINING = {"bn": 1.5, "gn": 1.2, "ln": 1.25, "in": 1.4, "ln2d": 2.0, "none": 1.0}
TEST = TRAINING | {"bn": 1.1, "bn, folded": 1.0}


def costs(**changed) -> dict:
    """As the benchmark writes them: three turns, in the second of which the whole machine was slow."""
    seconds = {
        when: {kind: [own * 0.01 * slow for slow in (1, 3, 1.1)] for kind, own in each.items()}
        for when, each in (("training", TRAINING), ("test", TEST))
    }
    found = {"made": "2026-01-02", "processor": "A *fast* CPU", "torch": "2.15.0", "threads": 1, "precision": "bf16"}
    found |= {"batch": 128, "test_batch": 500, "seconds": seconds}
    return found | {"kept": {kind: 6000.0 + 100 * at for at, kind in enumerate(reversed(KINDS))}} | changed


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "normalizations.json"
    path.write_text(json.dumps(costs()))
    return path


def test_without_a_file_there_is_no_section(tmp_path):
    assert norm_costs.section(tmp_path / "none.json") == ""


def test_ratios_are_taken_within_a_turn(file):
    table = norm_costs.costs_table(norm_costs.read(file), Config(dataset="mnist")).set_index("normalization")
    assert table.loc["Batch normalization", "step of training"] == "1.50 (1.50 to 1.50)"
    assert table.loc["Batch normalization, folded into the convolutions", "pass at test time"] == "1.00 (1.00 to 1.00)"
    assert table.loc["Batch normalization, folded into the convolutions", "step of training"] == "–"
    assert table.loc["Batch normalization", "kept for the gradient"] == "+500"


def test_statistics_at_test_time_are_those_of_the_sets():
    config = Config(dataset="mnist")  # 144 + 100 + 64 + 36 positions
    found = {kind: norm_costs.statistics_at_test(kind, config) for kind in norm_costs.NAMES}
    assert found == {"bn": 0, "gn": 32, "ln": 8, "in": 128, "ln2d": 688, "bn, folded": 0}


def test_the_section_says_what_was_measured_and_where(file):
    text = norm_costs.section(file)
    told = "a step of training takes from 1.20 times as long (group normalization) to 2.00 times "
    assert f"{told}(layer normalization of each position)" in text
    assert "the 5,504 numbers of an image" in text
    assert r"on A \*fast\* CPU" in text
    assert r"2026\-01\-02" in text
    assert "3 turns" in text


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps(costs(seconds={"test": {"bn": [1]}}))])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "normalizations.json"
    path.write_text(content)
    with pytest.raises(norm_costs.CostsError, match=r"normalizations\.json: no costs can be read"):
        norm_costs.section(path)
