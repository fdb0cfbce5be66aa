"""Two results side by side: the same, within rounding, or different; and models over seeds."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from commands import run as command
from commands import workflow
from recorded import predictions, recorded_run, seeded_runs

from normstudy.runs.at_place import runs_at
from normstudy.runs.record import write_record
from normstudy.using.side_by_side import changed, side_by_side


def altered(run, **last):
    """`run` with other measures in its last epoch."""
    history = [*run.history[:-1], {**run.history[-1], **last}]
    return replace(run, metrics={**run.metrics, "history": history})


def made_elsewhere(run):
    return replace(run, metrics={**run.metrics, "environment": {**run.metrics["environment"], "processor": "another"}})


def test_a_result_is_the_same_as_itself_whatever_it_took():
    runs = seeded_runs({"bn": [50, 60], "gn": [40, None]})
    slower = [altered(run, seconds=9.0) if run.history else run for run in runs]
    lines, same = side_by_side(runs, slower)
    assert same
    assert lines[0] == "A has 4 runs, B has 4 runs: 4 in both, 0 in A alone, 0 in B alone."
    assert sum("equal bit by bit, predictions as well" in line for line in lines) == 3
    assert "What both have: 4 runs, the same." in lines


def test_what_rounding_does_on_another_machine_is_no_difference():
    (run,) = seeded_runs({"bn": [50]})
    loss = run.history[-1]["test_loss"]
    other = altered(run, test_loss=loss * (1 + 1e-6))
    assert not side_by_side([run], [other])[1]
    lines, same = side_by_side([run], [made_elsewhere(other)])
    assert same
    assert "within what rounding does: test_loss in epoch 2" in lines[1]
    assert "the same class for 10,000 of 10,000 images" in lines[1]
    assert not side_by_side([run], [made_elsewhere(altered(run, test_loss=20 * loss))])[1]


def test_other_predictions_beside_equal_histories_are_reported():
    (run,) = seeded_runs({"bn": [50]})
    lines, same = side_by_side([run], [replace(run, columns=predictions(np.zeros(10_000), np.arange(10_000) >= 9_950))])
    assert not same
    assert "histories equal, predictions DIFFERENT: the same class for 9,900 of 10,000 images" in lines[1]
    assert "wrong in A alone 50, in B alone 50 (McNemar's test: p\u00a0=\u00a01.000)" in lines[1]


def test_a_change_is_judged_over_the_seeds():
    before, after = seeded_runs({"bn": [50, 60, 55, 61]}), seeded_runs({"bn": [40, 49, 46, 50]})
    lines, same = side_by_side(before, after)
    assert not same
    assert (
        "Over seeds, with 95 % intervals: BN, 4 seeds: the mean accuracy of B is higher by 0.102 points "
        "(0.087 to 0.118), statistically significant (adjusted p\u00a0<\u00a00.001)"
    ) in lines
    assert lines[-1] == "What both have: 4 runs, 4 of 4 are different."
    noise, _ = side_by_side(before, seeded_runs({"bn": [52, 57, 58, 59]}))
    assert any("undecided" in line for line in noise)


def test_two_runs_are_reported_with_all_that_is_another():
    (a,), (b,) = seeded_runs({"bn": [50]}), seeded_runs({"gn": [70]})
    lines, same = side_by_side([a], [b])
    result = "\n".join(lines)
    assert not same
    assert "norm: bn in A, gn in B" in result
    assert "groups: None in A, 4 in B" in result
    assert "accuracy in evaluation (%)      99.500 in A    99.300 in B    −0.200" in result
    assert "wrong in A alone 0, in B alone 20 (McNemar's test: p\u00a0<\u00a00.001)" in result
    assert "On these images the difference is statistically significant" in result
    assert changed(a.config, a.config) == ["the same"]


def test_models_of_several_seeds_are_compared_as_the_report_does():
    lines, _ = side_by_side(seeded_runs({"bn": [50, 61, 70]}), seeded_runs({"gn": [40, 52, 60]}))
    assert "In A: BN. In B: GN." in lines
    assert lines[-1] == "GN minus BN: +0.097 points (p\u00a0=\u00a00.001, adjusted): better"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ([recorded_run("bn", [0.2, 0.1], norm="bn", seed=9)], "no seed of these"),
        ([recorded_run("gn", [0.2, 0.1], norm="gn", seed=9)], "No two models finished with the same seed"),
    ],
)
def test_what_cannot_be_compared_in_pairs_says_so(other, why):
    lines, same = side_by_side(seeded_runs({"bn": [50, 60]}), other)
    assert not same
    assert why in lines[-1]


def test_one_that_diverged_and_one_without_predictions():
    (a,), (b,) = seeded_runs({"bn": [50]}), seeded_runs({"gn": [None]})
    result = "\n".join(side_by_side([a], [b])[0])
    assert "B diverged in epoch 2" in result
    assert "not to be compared" in result
    (bare,) = [replace(a, columns=None)]
    assert "history alone: predictions are not kept" in side_by_side([bare], [bare])[0][1]


def test_of_many_runs_only_those_that_differ_are_listed():
    runs = seeded_runs({"bn": range(40, 60)})
    lines, _ = side_by_side(runs, [*runs[:-1], altered(runs[-1], test_loss=0.5)])
    assert "The other 19 runs: equal, or within what rounding does." in lines
    assert len([line for line in lines if line.startswith("bn-mnist-seed")]) == 1


def test_the_command_takes_folders_and_records_and_says_it_in_its_status(whole, tmp_path):
    results = tmp_path / "results"
    runs = seeded_runs({"bn": [50, 60]})
    results.mkdir()
    write_record(results / "some.json", "", runs)
    shutil.copytree(whole, results / whole.name)
    assert [run.name for run in runs_at(results)] == sorted([*(run.name for run in runs), whole.name])
    result = workflow("compare", "--a", results, "--b", whole)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"{whole.name}: equal bit by bit, predictions as well" in result.stdout
    result = command("make", "compare", f"A={results / 'some.json'}", f"B={results}")
    assert result.returncode == 0
    assert "What both have: 2 runs, the same." in result.stdout
    result = workflow("compare", "--a", results / "some.json", "--b", whole)
    assert (result.returncode, result.stdout) == (2, "")
    assert (
        result.stderr == "error: A is on MNIST, B on UCI digits: they cannot be compared; name runs on the same data\n"
    )


@pytest.mark.slow
@pytest.mark.fault("`make compare` of what is not there, damaged, or not said", "one line, exit status 2")
def test_what_is_no_result_is_reported_in_one_line(whole, tmp_path):
    (tmp_path / "bad.json").write_text("[")
    (tmp_path / "empty").mkdir()
    damaged = shutil.copytree(whole, tmp_path / whole.name)
    (damaged / "predictions.npz").write_bytes(b"")
    for place, why in {
        "/nowhere": "no run there",
        tmp_path / "bad.json": "not readable",
        tmp_path / "empty": "no run there",
        damaged: "predictions.npz: not as it was written",
    }.items():
        result = workflow("compare", "--a", whole, "--b", place)
        assert (result.returncode, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert why in line
    assert "with A= and B=" in workflow("compare", "--a", whole).stderr
