"""Where the models looked: Grad-CAM beside each image of a model's sheet of misclassified ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from normstudy.config import IMAGE_SHAPES
from normstudy.report import markup
from normstudy.report.drawing import GRID
from normstudy.report.grad_cam_figure import Sight, enlarged, grad_cam_figure
from normstudy.report.labels import CLASS_NAMES, DATA_TITLES, model_names
from normstudy.report.wording import counted
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun

if TYPE_CHECKING:
    from normstudy.runs.class_maps import Maps, Places

TOLERANCE = 0.01
"""Of probabilities: what a network says of an image on one processor and on another may differ by so much."""

SHOWN = GRID[0] * GRID[1]


def figures(runs: Sequence[FinishedRun]) -> str:
    """`@fig-grad-cam-<run>` of each of `runs` that has a folder and errors; what is wrong where none can be drawn."""
    blocks = []
    for name, run in zip(model_names(runs), runs, strict=True):
        if not (run.diverged or isinstance(run, RecordedRun)) and len(run.misclassified["label"]):
            blocks.append(_of_run(name, run))
    return "\n".join(blocks)


def _of_run(name: str, run: FinishedRun) -> str:
    from normstudy.runs.class_maps import misclassified_maps, places  # torch and captum take seconds to import

    maps, where = misclassified_maps(run, SHOWN), places(run.config)
    if maps.error > TOLERANCE:
        return (
            f"Where {name} looked cannot be shown: made anew from its run folder, the network gives these images "
            f"probabilities that differ from the recorded ones by up to {100 * maps.error:.1f} percentage points.\n"
        )
    picture = grad_cam_figure(sights(run, maps, where))
    caption = grad_cam_caption(name, run, maps, where)
    return markup.figure(f"grad-cam-{run.name}", picture, grad_cam_alt(run, maps), caption, vector=False)


def sights(run: FinishedRun, maps: Maps, where: Places) -> list[Sight]:
    """The images of `maps`, with all that is drawn of them."""
    errors, names = run.misclassified, CLASS_NAMES[run.config.dataset]
    size = IMAGE_SHAPES[run.config.dataset][1]
    return [
        Sight(
            errors["images"][place],
            *(enlarged(each, where.first, where.step, size) for each in (maps.true[place], maps.predicted[place])),
            names[errors["label"][place]],
            names[errors["predicted"][place]],
            float(errors["confidence"][place]),
        )
        for place in range(len(maps.true))
    ]


def grad_cam_caption(name: str, run: FinishedRun, maps: Maps, where: Places) -> str:
    """What is drawn, on which scale, and for how many images the two classes were seen at one place."""
    count, edge = len(maps.true), maps.true.shape[1]
    whose = "the image" if count == 1 else f"the {count} images"
    return (
        f"Where {name} looked in {whose} of @fig-misclassified-{run.name} ({DATA_TITLES[run.config.dataset]}): "
        f"Grad-CAM for the true and for the predicted class, of the last convolution behind its ReLU. Its {edge} × "
        f"{edge} positions see {where.field} × {where.field} pixels each; a value is drawn in the middle of these, and "
        "between the middles it is interpolated. White is 0, where nothing speaks for the class; the darkest orange is "
        f"the larger maximum of the two maps of an image, which have one scale. {take_away(maps)}"
    )


def take_away(maps: Maps) -> str:
    """Where the maps of the two classes have their maximum at one place, and where nothing speaks for the true one."""
    count, silent = len(maps.true), int((maps.true.max(axis=(1, 2)) == 0).sum())
    same = int((_strongest(maps.true) == _strongest(maps.predicted)).all(axis=1)[maps.true.max(axis=(1, 2)) > 0].sum())
    images = f"{same} of {counted(count, 'image')}"
    text = f"In {images} both classes have their maximum at the same position"
    return f"{text}; in {silent} nothing speaks for the true class." if silent else f"{text}."


def grad_cam_alt(run: FinishedRun, maps: Maps) -> str:
    """Alternative text: in which part of each image its two maps are strongest."""
    errors, names = run.misclassified, CLASS_NAMES[run.config.dataset]
    told = [
        f"{names[errors['label'][place]]} taken for {names[errors['predicted'][place]]}: "
        f"{_part(maps.true[place])} for the former, {_part(maps.predicted[place])} for the latter"
        for place in range(len(maps.true))
    ]
    return f"Images beside maps of what spoke for their true and for their predicted class. {'; '.join(told)}."


def _strongest(maps: np.ndarray) -> np.ndarray:
    """(n, 2): row and column of the largest value of each of `maps` (n, h, w)."""
    return np.stack(np.unravel_index(maps.reshape(len(maps), -1).argmax(axis=1), maps.shape[1:]), axis=1)


def _part(values: np.ndarray) -> str:
    """The ninth of the map in which its largest value lies."""
    if not values.max():
        return "nowhere"
    row, column = _strongest(values[None])[0]
    words = (("upper", "middle", "lower"), ("left", "centre", "right"))
    parts = [each[3 * int(at) // length] for each, at, length in zip(words, (row, column), values.shape, strict=True)]
    return "centre" if parts == ["middle", "centre"] else " ".join(parts)
