"""Whether models differ by more than noise."""

from made_runs import made_run

from normstudy.report import verdict


def test_a_clear_difference_names_the_better_model_whatever_the_order():
    good, bad = made_run("ln", range(5)), made_run("bn", range(200, 260))
    for runs in ([good, bad], [bad, good]):
        text = verdict.verdict(runs)
        assert "LN errs less often than BN (p < 0.001)" in text
        assert "within the noise" not in text
