"""Where the models looked: what is drawn and said of Grad-CAM maps."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from galleries import judged_run
from made_runs import made_run
from recorded import recorded_run

from normstudy.preview.page import unsupported_constructs
from normstudy.report import grad_cam
from normstudy.report.grad_cam_figure import Sight, grad_cam_figure
from normstudy.runs import class_maps
from normstudy.runs.class_maps import Maps
from normstudy.runs.folder import read_run


def maps(*places):
    """Maps (n, 6, 6) whose largest value is at the given place; all 0 for None."""
    made = np.zeros((len(places), 6, 6))
    for number, place in enumerate(places):
        if place:
            made[(number, *place)] = 1
    return made


def test_what_the_caption_tells_is_counted():
    same_place = Maps(maps((1, 1), (2, 2), None), maps((1, 1), (2, 3), (0, 0)), 0)
    assert grad_cam.take_away(same_place) == (
        "In 1 of 3 images both classes have their maximum at the same position; in 1 nothing speaks for the true class."
    )
    assert grad_cam.take_away(Maps(maps((1, 1)), maps((1, 1)), 0)).endswith("at the same position.")


def test_the_alternative_text_says_where_each_map_is_strongest():
    run = judged_run("bn", {3: (1, 0.9), 4: (7, 0.8)})
    alt = grad_cam.grad_cam_alt(run, Maps(maps((0, 5), None), maps((3, 3), (5, 2)), 0))
    assert "0 taken for 1: upper right for the former, centre for the latter; " in alt
    assert alt.endswith("0 taken for 7: nowhere for the former, lower centre for the latter.")


def test_the_stroke_stays_black_and_nothing_is_white():
    pixels = np.zeros((28, 28), np.uint8)
    pixels[10, 10] = 255
    heat = np.zeros((28, 28))
    heat[20, 20] = 0.5
    figure = grad_cam_figure([Sight(pixels, np.zeros((28, 28)), heat, "0", "1", 0.9)])
    image, true, predicted = (picture.get_array() for picture in figure.axes[0].images)
    assert image[10, 10].max() == 0
    assert (true[0, 0] == 1).all()
    assert predicted[20, 20].min() < 0.2  # the larger of the two maxima has the darkest colour
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "true 0\nsaid 1\n90.0 %",
        "image",
        "for true",
        "for predicted",
    ]


def test_a_run_of_digits_from_its_folder_alone(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = read_run(whole)
    block = grad_cam.section([run])
    label = re.search(r"::: \{#fig-grad-cam-(.+)\}", block)[1]
    assert label == run.name
    assert "sees" in block or "see up to" in block
    assert unsupported_constructs(block) == []


def test_a_network_that_does_not_say_what_was_recorded_is_not_explained(monkeypatch):
    run = judged_run("bn", {3: (1, 0.9)})
    run.name, run.folder = "bn-mnist", None
    monkeypatch.setattr(class_maps, "misclassified_maps", lambda *_: SimpleNamespace(error=0.25))
    block = grad_cam.figures([run])
    assert "Where BN looked cannot be shown" in block
    assert "up to 25.0 percentage points" in block


@pytest.mark.parametrize(
    "run",
    [made_run("bn", [], diverged=True), recorded_run("bn", [0.1]), judged_run("bn", {})],
    ids=["lost", "recorded", "sound"],
)
def test_where_there_is_nothing_to_show_nothing_is_said(run):
    assert grad_cam.section([run]) == ""
