"""How often each image is misclassified, over all seeds."""

import numpy as np
from judged import erring, lost

from normstudy.report import mistakes
from normstudy.report.judgements import judgements

RUNS = [
    erring("bn", [1, 2, 3], seed=0),
    erring("bn", [1, 2], seed=1),
    erring("bn", [1, 5], seed=2),
    erring("gn", [1], seed=0),
    lost("gn", seed=1),
]


def test_images_are_counted_by_how_many_runs_misclassify_them():
    assert mistakes.in_words(RUNS) == (
        "Of 100 images, 4 are misclassified by at least one of the 4 runs, 1 by more than half of them, and 1 by every "
        "one; a run misclassifies 2.0 on average (@tbl-mistakes)."
    )
    assert "by at least one of the 2 runs and 1 by both; a run" in mistakes.in_words(RUNS[2:4])
    first, second, together = mistakes.mistakes_table(judgements(RUNS)).to_dict("records")
    assert (first["runs"], first["by at least one"], first["by more than half"], first["by every one"]) == (3, 4, 2, 1)
    assert first["errors of a run"] == "2.3 (0.9 to 3.8)"
    assert second["errors of a run"] == "1.0"  # of one run, there is no interval
    assert (together["runs"], together["errors of a run"]) == (4, "2.0")


def test_the_line_says_how_many_images_at_least_so_many_runs_misclassify():
    wrong = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]], bool)
    assert mistakes.reached(wrong).tolist() == [3, 2, 1]
    (line, other) = mistakes.mistakes_figure(judgements(RUNS)).axes[0].lines
    assert line.get_ydata().tolist() == [4, 2, 1]
    assert other.get_ydata().tolist() == [1]
    assert "BN falls from 4 images" in mistakes.mistakes_alt(judgements(RUNS))


def test_what_diverged_is_left_out_and_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "Runs that diverged are left out: 1 of 2 runs of GN." in mistakes.table(RUNS)
    assert mistakes.in_words([lost("gn")]) == "No model finished."
    assert mistakes.table([lost("gn")]) == mistakes.figure([lost("gn")]) == ""


def test_one_run_of_each_model_makes_no_picture_over_seeds():
    assert mistakes.figure([RUNS[0], RUNS[3]]) == ""
    assert mistakes.in_words([RUNS[3]]) == "Of 100 images, the one run misclassifies 1."
    assert "one run of each model" in mistakes.table([RUNS[0], RUNS[3]])
