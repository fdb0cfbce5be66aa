"""How runs ended."""

from made_runs import N, made_run

from normstudy.report import outcomes


def test_errors_are_counted_among_the_evaluated_images():
    assert outcomes.error_count(made_run("bn", [1, 5, 9])) == (3, N)


def test_captions_mention_diverged_models_where_there_are_any():
    runs = [made_run("bn", []), made_run("none", [], diverged=True)]
    assert outcomes.note_on_diverged(runs) == " 1 of 2 models diverged (No norm)."
    assert outcomes.note_on_diverged(outcomes.finished(runs)) == ""
