"""Where the models looked: Grad-CAM beside each image of a model's sheet of misclassified ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from normstudy.report import markup
from normstudy.report.drawing import GRID
from normstudy.report.grad_cam_figure import Sight, grad_cam_figure
from normstudy.report.labels import class_names, markdown_title, model_names
from normstudy.report.pixels import as_drawn
from normstudy.report.wording import counted
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun

if TYPE_CHECKING:
    from normstudy.runs.class_maps import Maps

TOLERANCE = 0.01
"""Of probabilities: what a network says of an image on one processor and on another may differ by so much."""

SHOWN = GRID[0] * GRID[1]


def section(runs: Sequence[FinishedRun]) -> str:
    """The `figures` with what Grad-CAM is before them; nothing where there are none."""
    drawn = figures(runs)
    if not drawn:
        return ""
    return (
        "Where did the models look? Grad-CAM [@selvaraju2017] weighs each channel of the last convolution by how much "
        "the score of a class rises with it, and adds the channels up, position by position; what is negative is left "
        "out. These networks end in a mean over positions and one linear layer, so that the sum over a map, with what "
        "is negative, is the score itself but for a constant. A map says which part of an image raised the score of a "
        f"class, not why.\n\n{drawn}"
    )


def figures(runs: Sequence[FinishedRun]) -> str:
    """`@fig-grad-cam-<run>` of each of `runs` that has a folder and errors; what is wrong where none can be drawn."""
    blocks = []
    for name, run in zip(model_names(runs), runs, strict=True):
        # What a map means is told of our own network, which ends in a mean over positions and one linear layer.
        ours = not (run.diverged or isinstance(run, RecordedRun) or run.config.model)
        if ours and len(run.misclassified["label"]):
            blocks.append(_of_run(name, run, is_first=not any("{#fig-" in block for block in blocks)))
    return "\n".join(blocks)


def _of_run(name: str, run: FinishedRun, is_first: bool) -> str:
    from normstudy.runs.class_maps import (
        misclassified_maps,
        spread,
        ways_through,
    )  # torch and captum take seconds to import

    maps = misclassified_maps(run, SHOWN)
    if maps.error > TOLERANCE:
        return (
            f"Where {name} looked cannot be shown: made anew from its run folder, the network gives these images "
            f"probabilities that differ from the recorded ones by up to {100 * maps.error:.1f} percentage points.\n"
        )
    picture = grad_cam_figure(sights(run, maps, spread(run.config)))
    field = int(np.count_nonzero(ways_through(run.config), axis=0).max())
    caption = grad_cam_caption(name, run, maps, field if is_first else None)
    return markup.figure(f"grad-cam-{run.name}", picture, grad_cam_alt(run, maps), caption)


def sights(run: FinishedRun, maps: Maps, shares: np.ndarray) -> list[Sight]:
    """The images of `maps`, with all that is drawn of them; `shares` as of `spread`."""
    errors, names = run.misclassified, class_names(run.config)
    return [
        Sight(
            as_drawn(errors["images"][place], run.config),
            *(shares @ each[place] @ shares.T for each in (maps.true, maps.predicted)),
            names[errors["label"][place]],
            names[errors["predicted"][place]],
            float(errors["confidence"][place]),
        )
        for place in range(len(maps.true))
    ]


def grad_cam_caption(name: str, run: FinishedRun, maps: Maps, field: int | None) -> str:
    """What is drawn, and for how many images the two classes were seen at one place; on which scale, if that is new.

    `field`: the edge, in pixels, of what a position sees; None where an earlier caption has told it.
    """
    count, edge = maps.true.shape[:2]
    whose = "the image" if count == 1 else f"the {count} images"
    what = f"Where {name} looked in {whose} of @fig-misclassified-{run.name} ({markdown_title(run.config)})"
    if field is None:
        return f"{what}. {take_away(maps)}"
    return (
        f"{what}: Grad-CAM for the true and for the predicted class, of the last convolution behind its ReLU. Its "
        f"{edge} × {edge} positions see up to {field} × {field} pixels each, over which a value is spread, most of it "
        "in their middle. The ground’s colour is 0, where nothing speaks for the class; the deepest orange is the "
        f"larger maximum of the two maps of an image, which have one scale. {take_away(maps)}"
    )


def take_away(maps: Maps) -> str:
    """Where the maps of the two classes have their maximum at one place, and where nothing speaks for the true one."""
    count, silent = len(maps.true), int((maps.true.max(axis=(1, 2)) == 0).sum())
    same = int((_strongest(maps.true) == _strongest(maps.predicted)).all(axis=1)[maps.true.max(axis=(1, 2)) > 0].sum())
    images = f"{same} of {counted(count, 'image')}"
    text = f"In {images} both classes have their maximum at the same position"
    text = text if same else f"In none of {counted(count, 'image')} do both classes have their maximum at one position"
    return f"{text}; in {silent} nothing speaks for the true class." if silent else f"{text}."


def grad_cam_alt(run: FinishedRun, maps: Maps) -> str:
    """Alternative text: in which part of each image its two maps are strongest."""
    errors, names = run.misclassified, class_names(run.config)
    told = [
        f"{names[errors['label'][place]]} taken for {names[errors['predicted'][place]]}: "
        f"{_part(maps.true[place])} for the former, {_part(maps.predicted[place])} for the latter"
        for place in range(len(maps.true))
    ]
    return f"Images above maps of what spoke for their true and for their predicted class. {'; '.join(told)}."


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
