"""The skeletons that were compared."""

from normstudy.model import SKELETON, describe_skeleton
from normstudy.report import skeletons


def test_the_comparison_of_skeletons_is_told_from_its_record():
    ours = describe_skeleton(SKELETON)
    rows = [
        {
            "skeleton": name, "model": model, "config": {"seed": 7, "dataset": "mnist", "epochs": 3}, "parameters": 9,
            "validation_loss": loss, "validation_accuracy": accuracy, "seconds_per_epoch": seconds,
        }
        for name, loss, accuracy, seconds in (("11x11", 0.02, 0.99, 4.0), (ours, 0.0225, 0.9895, 1.0))
        for model in ("bn", "ln")
    ]  # fmt: skip
    text = skeletons.protocol(rows)
    assert "2 skeletons were compared, 3 epochs with each of 2 models, seed 7" in text
    assert f"{ours}, takes 0.25 times as long" in text
    assert "by +0.0025 nats" in text
    assert "by -0.05 percentage points" in text
    assert "is not among them" in skeletons.protocol(rows[:2])


def test_one_skeleton_is_no_plural():
    record = {"model": "bn", "skeleton": "3x3", "parameters": 9, "seconds_per_epoch": 1.0, "validation_loss": 0.1}
    record |= {"config": {"seed": 7, "dataset": "mnist", "epochs": 1}, "validation_accuracy": 0.9}
    assert "1 skeleton was compared, 1 epoch with each of 1 model, seed 7" in skeletons.protocol([record])
