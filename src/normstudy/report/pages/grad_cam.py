"""Grad-CAM of misclassified images: which part of an image raised the score of its true and of the predicted class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.report.core.style import colour, is_dark
from normstudy.report.pages.answers import WIDTH, Answers, heat
from normstudy.runs.class_maps import misclassified_maps, spread


def maps(answers: Answers, positions: Sequence[int]) -> pd.DataFrame:
    """The maps of the images at `positions`, each of which every model of `answers.shown` misclassifies.

    One row per image and model: `position`, `model`, `predicted` (a class); the maps on the image's pixels, none below
    0, `true` and `taken` (for the predicted class), each (h, w); where these have their maxima, `true_at` and
    `taken_at`: row and column of a position of the last convolution, missing where nothing is above 0; and `error`, by
    how much the network that is made from the saved weights misses the recorded probabilities, at most.
    """
    rows = []
    for model, run in answers.shown.items():
        numbers = run.misclassified["index"]
        found, shares = misclassified_maps(run, len(numbers)), spread(run.config)
        for position in positions:
            at = int(np.flatnonzero(numbers == answers.index[position])[0])
            true, taken = found.true[at], found.predicted[at]
            on_pixels = (shares @ each @ shares.T for each in (true, taken))
            predicted = int(run.misclassified["predicted"][at])
            rows.append((position, model, predicted, *on_pixels, _strongest(true), _strongest(taken), found.error))
    names = ["position", "model", "predicted", "true", "taken", "true_at", "taken_at", "error"]
    return pd.DataFrame(rows, columns=names)


def steps(one: tuple[int, int] | None, other: tuple[int, int] | None) -> float:
    """How many positions two maxima are apart, along the axis on which they are further apart; NaN where one is not."""
    return np.nan if one is None or other is None else float(np.abs(np.subtract(one, other)).max())


def figure(answers: Answers, found: pd.DataFrame) -> Figure:
    """A row for each image: itself, and its two maps by each model, on one scale for the two."""
    positions, models = list(found["position"].unique()), list(found["model"].unique())
    columns = 1 + 2 * len(models)
    unit = WIDTH / (columns + 0.3 * len(models))
    picture = Figure(figsize=(WIDTH, unit * 1.32 * len(positions) + 0.45), layout="none")
    axes = picture.add_axes((0, 0, 1, 1))
    height = 1.32 * len(positions) + 0.45 / unit
    axes.set(xlim=(0, WIDTH / unit), ylim=(height, 0))
    axes.axis("off")
    colours = heat()
    head = 0.45 / unit
    for place, model in enumerate(models):
        axes.text(1.3 + 2.3 * place + 1, 0.5 * head, model, ha="center", va="center", fontsize=10, weight="bold")
    for row, position in enumerate(positions):
        top = head + 1.32 * row
        pixels = answers.pictures[int(answers.index[position])]
        true = answers.classes[answers.label[position]]
        _image(axes, pixels, np.zeros(pixels.shape), colours, 0, top, f"true {true}")
        for place, (_, own) in enumerate(found[found["position"] == position].iterrows()):
            largest = max(own["true"].max(), own["taken"].max()) or 1
            for side, (values, label) in enumerate(
                ((own["true"], f"for {true}"), (own["taken"], f"for {answers.classes[own['predicted']]}"))
            ):
                _image(axes, pixels, values / largest, colours, 1.3 + 2.3 * place + side, top, label)
    return picture


def _image(axes, pixels: np.ndarray, values: np.ndarray, colours, left: float, top: float, label: str) -> None:
    """`pixels` as ink over the colours of `values` (0 to 1), with a `label` below."""
    ink = np.full(3, 0.9 if is_dark() else 0.0)
    share = (0.85 * pixels / 255)[..., None]
    shown = colours(values)[..., :3] * (1 - share) + ink * share
    axes.imshow(shown, extent=(left + 0.03, left + 0.97, top + 0.97, top + 0.03), aspect="auto")
    edges = {"color": colour("faint"), "linewidth": 0.5}
    axes.plot(left + np.array([0.03, 0.97, 0.97, 0.03, 0.03]), top + np.array([0.03, 0.03, 0.97, 0.97, 0.03]), **edges)
    axes.text(left + 0.5, top + 1.0, label, ha="center", va="top", fontsize=9)


def _strongest(values: np.ndarray) -> tuple[int, int] | None:
    if not values.max():
        return None
    row, column = np.unravel_index(values.argmax(), values.shape)
    return int(row), int(column)
