"""Charts of loss and accuracy, and what is said of them."""

import itertools

import pytest
from drawn import text_boxes
from made_runs import configs, made_run, made_runs

from normstudy.report import curves, history_chart
from normstudy.report.drawing import WIDTH
from normstudy.report.milestones import rate_peak


@pytest.mark.parametrize("measure", ["test_loss", "test_accuracy"])
def test_take_away_knows_which_way_is_better(measure):
    runs = [made_run("bn", range(30)), made_run("ln", range(10)), made_run("gn", range(20))]
    text = curves.take_away(runs, measure)
    assert text.startswith("LN ends best, at ")
    assert ", BN last, at " in text
    assert ("2.00 percentage points apart" in text) == (measure == "test_accuracy")


def test_of_two_models_one_is_better_and_none_is_last():
    text = curves.take_away([made_run("bn", range(30)), made_run("ln", range(10))], "test_accuracy")
    assert text == "LN ends better, at 99.00 %, than BN, at 97.00 %: 2.00 percentage points apart."
    alike = curves.take_away([made_run("bn", range(10)), made_run("ln", range(10))], "test_accuracy")
    assert alike == "BN and LN both end at 99.00 %."


def test_every_epoch_is_counted():
    assert curves.epochs_shown([made_run("bn", [1])]) == "1 of 1 epoch of each model"


def test_charts_draw_every_epoch_of_every_model():
    runs = [made_run("bn", range(30)), made_run("ln", range(10)), made_run("gn", range(5))]
    for run in runs:
        run.history = [{**run.history[0], "epoch": epoch} for epoch in range(1, 8)]
    (axes,) = curves.history_figure(runs, ["test_accuracy"]).axes
    models, milestones = axes.lines[:3], axes.lines[3:]
    assert [len(line.get_xdata()) for line in models] == [7, 7, 7]
    peak = rate_peak([run.config for run in runs])
    assert [set(line.get_xdata()) for line in milestones] == [{peak}]
    assert len({line.get_color() for line in models}) == 3
    labels = [text for text in axes.texts if "%" in text.get_text()]
    assert {text.get_text() for text in axes.texts if text not in labels} == {"rate peaks", "augmentation fades out"}
    texts = [text.get_text() for text in labels]
    assert len(texts) == 3
    assert any("BN" in text and "97.00 %" in text for text in texts)
    assert axes.get_xlabel() == "epoch"
    assert "accuracy (%)" in axes.get_ylabel()
    heights = sorted(text.xyann[1] for text in labels)
    assert all(upper - lower > 0.03 for lower, upper in itertools.pairwise(heights))


@pytest.mark.parametrize("measures", [["test_loss"], ["test_accuracy"], ["train_loss", "train_accuracy"]], ids=str)
@pytest.mark.parametrize(("count", "changes"), [(2, 1), (2, 2), (4, 1), (9, 2), (9, 9), (30, 2), (60, 9)])
def test_labels_of_graphs_lie_apart_and_leave_room_for_the_lines(count, changes, measures):
    runs = made_runs(count, 1)
    for run, config in zip(runs, configs(count, changes), strict=True):
        run.config = config
    runs.append(made_run("none", [], diverged=True, optimizer="sgd"))
    figure = curves.history_figure(runs, measures)
    boxes = list(text_boxes(figure))
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 1 or high <= 1, (one, other)
    for axes in figure.axes:
        place = axes.get_position()
        assert place.width * WIDTH > 1.2
        assert place.height * figure.get_figheight() > 1.8
    assert figure.get_figheight() <= 10.6  # of a page, whose text is narrower than the figure
    labelled = [text for text, _ in boxes if text.startswith("GN")]
    assert len(labelled) == len(measures) * min(count, history_chart.MOST_LABELS // len(measures))
