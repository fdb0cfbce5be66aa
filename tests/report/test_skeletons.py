"""The skeletons that were compared."""

from made_runs import made_run
from recorded import recorded_run

from normstudy.config import Config
from normstudy.report import skeletons

OURS = Config().skeleton


def row(skeleton, model, loss, accuracy, seconds):
    losses, accuracies = [0.7, 0.6, loss], [0.1, 0.2, accuracy]
    return recorded_run(model, losses, accuracies, norm=model, seed=7, skeleton=skeleton, seconds=seconds)


def test_the_comparison_of_skeletons_is_told_from_its_record():
    tried = (("11x11", 0.02, 0.99, 4.0), ("9x9", 0.04, 0.98, 9.0), (OURS, 0.0225, 0.9895, 1.0))
    rows = [row(name, model, *found) for name, *found in tried for model in ("bn", "ln")]
    runs = [made_run("bn", [])]
    text = skeletons.protocol(rows, runs).replace("\\", "")
    assert "3 skeletons were compared, 3 epochs with each of 2 models, seed 7" in text
    assert f"{OURS}, has a mean loss of 0.0225 nats" in text
    assert "11x11 has the lowest: 0.0200 nats, at 4.00 times the time" in text
    assert "by -0.05 percentage points" in text
    assert "is not among them" in skeletons.protocol(rows[:2], runs)


def test_one_skeleton_is_no_plural():
    rows = [row("3x3", "bn", 0.1, 0.9, 1.0)]
    assert "1 skeleton was compared, 3 epochs with each of 1 model, seed 7" in skeletons.protocol(
        rows, [made_run("bn", [])]
    )
    rows = [row(OURS, "bn", 0.1, 0.9, 1.0)]
    assert skeletons.protocol(rows, [made_run("bn", [])]).endswith("with each of 1 model, seed 7.")
