"""Sections on images of one's own: many classes, and names that are up to no good."""

import numpy as np
import pytest
from hostile import TEXTS
from matplotlib.figure import Figure
from recorded import predictions, recorded_run

from normstudy.images.facts import ImageFacts
from normstudy.preview.page import unsupported_constructs
from normstudy.report import augmented, class_counts, confusion, confusions, limits, markup, per_class, recall_dots
from normstudy.report.labels import class_names, data_name
from normstudy.report.pixels import above, as_drawn, is_ink
from normstudy.text import one_line, visible

IMAGES = 400


def facts(classes: int) -> ImageFacts:
    """Of a data set whose first classes have hostile names."""
    names = [visible(one_line(text))[:40] for text in TEXTS.values()]
    names = [*names, *(f"class {number}" for number in range(len(names), classes))][:classes]
    return ImageFacts(
        title=visible(one_line(TEXTS["markup"]))[:40],
        shape=(3, 32, 32),
        classes=tuple(names),
        training=600,
        test=IMAGES,
        validation=60,
        standard=(0.5, 0.2),
        validation_standard=(0.5, 0.2),
        repeated=2,
    )


def own_runs(classes: int, seeds: int = 2) -> list:
    chance = np.random.default_rng(0)
    labels = np.arange(IMAGES) % classes
    made = []
    for norm in ("bn", "gn"):
        for seed in range(seeds):
            said = np.where(chance.random(IMAGES) < 0.3, chance.integers(0, classes, IMAGES), labels)
            accuracy = float((said == labels).mean())
            own = {"dataset": "own@0123456789abcdef", "images": facts(classes).model_dump(), "batch_size": 64}
            columns = predictions(labels, said)
            made.append(recorded_run(norm, [0.5], [accuracy], columns=columns, norm=norm, seed=seed, **own))
    return made


@pytest.mark.parametrize("classes", [2, 7, 30, 100])
def test_sections_hold_any_number_of_classes_and_any_name(classes, monkeypatch, tmp_path):
    drawn: dict[str, Figure] = {}
    monkeypatch.setattr(markup, "save_picture", lambda picture, path: drawn.setdefault(path.stem, picture))
    monkeypatch.setattr(markup, "FIGURE_FOLDER", tmp_path)
    runs = own_runs(classes)
    parts = [
        *(confusions.figure(runs), recall_dots.figure(runs)),
        *(per_class.recall(runs), per_class.precision(runs), per_class.mixed_up(runs), per_class.in_words(runs)),
        *(augmented.in_words(runs), limits.of_the_network(runs), data_name(runs)),
    ]
    for part in parts:
        assert unsupported_constructs(part) == []
    rows = [line for line in per_class.recall(runs).splitlines() if line.startswith("| ")][1:]
    assert len(rows) == min(classes, class_counts.MOST_ROWS)
    assert ("found least often" in per_class.recall(runs)) == (classes > class_counts.MOST_ROWS)
    assert "2 of the test images are training images as well" in parts[6]
    # Every picture can be drawn, and none is taller than a page.
    for picture in [*drawn.values(), confusion.confusion_figure(runs[0])]:
        picture.canvas.draw()
        assert picture.get_size_inches()[1] < 12
    numbers = [text for axes in drawn["confusions"].axes for text in axes.texts]
    assert bool(numbers) == (classes <= 20)


def test_pictures_are_as_they_were_seen_but_for_ink():
    (own, *_), ours = own_runs(3, seeds=1), recorded_run("gn", [0.1])
    grey = np.arange(9, dtype=np.uint8).reshape(3, 3)
    assert (is_ink(own.config), is_ink(ours.config)) == (False, True)
    assert as_drawn(grey, ours.config).shape == (3, 3)
    assert as_drawn(grey, own.config).shape == (3, 3, 3)
    assert above("true a rather long name of a class") == "true a rather long\nname of a class"
    assert class_names(ours.config) == [str(digit) for digit in range(10)]
