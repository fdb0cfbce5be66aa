"""The parameters of the runs, and the search that chose them."""

import pytest
from made_runs import made_runs
from recorded import recorded_run

from normstudy.report import hyperparameters, search_in_words


@pytest.mark.parametrize("count", [5, 30])
def test_what_differs_stands_once_for_each_model_and_what_does_not_once_for_all(count):
    runs = made_runs(count, 1)
    shared = hyperparameters.parameters_table(runs).set_index("parameter")["every model"]
    assert shared["`epochs`"] == "20"
    assert shared["`seed`"] == f"{count} different values"
    parts = hyperparameters.settings_tables(runs)
    assert [list(part.columns[1:]) for part in parts] == [
        ["seed", "batch size", "max lr", "warmup"],
        ["weight decay", "rotation", "shift", "scale", "fade"],
    ]
    assert all(len(part) == count for part in parts)
    assert hyperparameters.settings_tables(runs[:4]) == []
    assert len(hyperparameters.parameters_table(runs[:4]).columns) == 2 + 4


def test_a_search_of_one_run_has_no_plural():
    parameters = {"norm": "bn", "seed": 7, "max_lr": 0.05, "weight_decay": 0, "l1": 1e-6, "evaluate_on": "validation"}
    text = search_in_words.search_protocol([recorded_run("bn_l1", [0.1], **parameters)])
    assert "1 run for each of 1 model, 1 epoch each, seed 7" in text
    assert text.endswith("over the rates: BN\u00a0+\u00a0L1 with rate 0.05 and λ 1.0\u00a0×\u00a010⁻⁶.")
