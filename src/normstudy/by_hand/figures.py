"""Pictures of the worked example: which values share a mean, what normalizing makes of them, and L1 against L2."""

from __future__ import annotations

import matplotlib.style
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from normstudy.by_hand.definition import (
    IMAGES,
    NORMALIZATIONS,
    PENALTY,
    RATE,
    WEIGHTS,
    SharedSet,
    descend,
    exact_normalized,
    shared_sets,
)
from normstudy.by_hand.exact import text
from normstudy.report.figures import PLAIN, WIDTH
from normstudy.report.wording import rounded

# Okabe and Ito's hues; outlines and labels say the same again for readers who see no colours.
HUES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
INK = "#1a1a1a"
GAP = 0.35
"""Between two blocks, in cells."""
DIVERGING = colormaps["RdBu_r"]
STEPS = 40


# --- which values share a mean ----------------------------------------------------------------------


@matplotlib.style.context(PLAIN)
def index_sets_figure(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> Figure:
    """One panel per kind: the images' values, an outline and a colour for each set that shares μ and σ²."""
    figure = _panels(kinds)
    for axes, kind in zip(figure.axes, kinds, strict=True):
        for shared, colour in zip(shared_sets(kind), set_colours(kind), strict=True):
            for position, value in zip(shared.positions, shared.members, strict=True):
                _cell(axes, position, str(value), colour)
            _outline(axes, shared)
        _finish(axes, kind)
    return figure


def index_sets_alt(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> str:
    """What `index_sets_figure` shows, for readers who do not see it."""
    images, channels, height, width = IMAGES.shape
    panels = [f"{_heading(kind)}, each one {_shape(kind)}" for kind in kinds]
    return (
        f"A grid of {images} rows (images) and {channels} columns (channels) of blocks of {height} × {width} integers, "
        f"drawn once per normalization, with an outline around the values that share a mean. {'; '.join(panels)}."
    )


def set_colours(kind: str) -> list[tuple[float, float, float]]:
    """A fill per set: the hue tells images apart (for bn: channels), the lightness the sets within an image."""
    sets = shared_sets(kind)
    firsts = [shared.blocks[0] for shared in sets]
    if "N" in NORMALIZATIONS[kind].shared:
        return [_tint(HUES[channel], 0.45) for _, channel in firsts]
    strengths = np.linspace(0.15, 0.75, IMAGES.shape[1])
    alone = len(sets) == IMAGES.shape[0]
    return [_tint(HUES[image], 0.45 if alone else strengths[channel]) for image, channel in firsts]


# --- after normalization ----------------------------------------------------------------------------


@matplotlib.style.context(PLAIN)
def normalized_values_figure(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> Figure:
    """The same panels with the normalized values x̂ (γ = 1, β = 0, ε = 0), rounded to one decimal."""
    figure = _panels(kinds, extra=0.5)
    values = {kind: exact_normalized(kind).astype(float) for kind in kinds}
    limit = max(np.abs(array).max() for array in values.values())
    scale = Normalize(-limit, limit)
    panels = figure.axes[:]
    for axes, kind in zip(panels, kinds, strict=True):
        for position, value in np.ndenumerate(values[kind]):
            _cell(axes, position, rounded(value, 1), to_rgb(DIVERGING(scale(value))), size=7.5)
        for shared in shared_sets(kind):
            _outline(axes, shared)
        _finish(axes, kind)
    bar = figure.colorbar(ScalarMappable(scale, DIVERGING), ax=panels, location="bottom", fraction=0.04, aspect=50)
    bar.set_label("x̂: distance from the mean of the set, in standard deviations of the set", fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    return figure


def normalized_values_alt(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> str:
    """What `normalized_values_figure` shows, for readers who do not see it."""
    ranges = []
    for kind in kinds:
        x_hat = exact_normalized(kind)
        ranges.append(f"{kind.upper()} from {rounded(x_hat.min(), 2)} to {rounded(x_hat.max(), 2)}")
    return (
        "Grids of images by channels with the normalized values, red above and blue below the mean of their set: "
        f"{', '.join(ranges)}."
    )


# --- L1 ---------------------------------------------------------------------------------------------


@matplotlib.style.context(PLAIN)
def l1_figure(steps: int = STEPS) -> Figure:
    """The example's weights under gradient descent on the penalty alone: λ Σ|w| on the left, λ/2 Σw² on the right."""
    figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
    titles = ("L1: penalty λ Σ|w|", "squared (L2): penalty λ/2 Σw²")
    for power, (axes, title) in enumerate(zip(figure.subplots(1, 2, sharey=True), titles, strict=True), start=1):
        path = np.array(descend(steps=steps, power=power), dtype=float)
        for weight, values, colour in zip(WEIGHTS, path.T, HUES, strict=True):
            if not weight:
                continue  # it stays at 0
            axes.plot(values, color=colour, marker="o", markersize=2)
            axes.annotate(
                f"w = {text(weight)}", (0, float(weight)), xytext=(6, 7 if weight > 0 else -12),
                textcoords="offset points", fontsize=8, color=INK,
            )  # fmt: skip
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.set(title=title, xlabel="step", ylim=(-0.7, 0.95))
    figure.axes[0].set_ylabel("weight")
    return figure


def l1_alt(steps: int = STEPS) -> str:
    """What `l1_figure` shows, for readers who do not see it."""
    ends = [", ".join(_short(w) for w in descend(steps=steps, power=power)[-1]) for power in (1, 2)]
    starts = ", ".join(text(weight) for weight in WEIGHTS)
    return (
        f"Weights {starts} over {steps} steps of size {text(RATE)} with λ = {text(PENALTY)}. Under L1 they approach 0 "
        f"along straight lines and end at {ends[0]}; under L2 they shrink ever more slowly and end at {ends[1]}."
    )


# --- drawing ----------------------------------------------------------------------------------------


def contrast(colour: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """Contrast ratio of two colours as WCAG 2 defines it: 1 (none) to 21; text needs 4.5."""

    def luminance(rgb: tuple[float, float, float]) -> float:
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(colour), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _panels(kinds: tuple[str, ...], extra: float = 0.0) -> Figure:
    columns = min(2, len(kinds))
    rows = -(-len(kinds) // columns)
    figure = Figure(figsize=(WIDTH * columns / 2, 2.85 * rows + extra), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)
    for axes in figure.subplots(rows, columns, squeeze=False).flat[len(kinds) :]:
        axes.remove()
    return figure


def _corner(image: int, channel: int) -> tuple[float, float]:
    """Upper left corner of a block; y grows downwards."""
    _, _, height, width = IMAGES.shape
    return channel * (width + GAP), image * (height + GAP)


def _cell(axes: Axes, position: tuple[int, ...], label: str, colour: tuple, size: float = 9) -> None:
    image, channel, row, column = position
    left, top = _corner(image, channel)
    axes.add_patch(Rectangle((left + column, top + row), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.6))
    ink = max(("black", "white"), key=lambda choice: contrast(to_rgb(choice), colour))
    axes.text(left + column + 0.5, top + row + 0.52, label, ha="center", va="center", fontsize=size, color=ink)


def _outline(axes: Axes, shared: SharedSet) -> None:
    (left, top), (right, bottom) = _corner(*shared.blocks[0]), _corner(*shared.blocks[-1])
    _, _, height, width = IMAGES.shape
    pad = GAP / 4
    axes.add_patch(
        Rectangle(
            (left - pad, top - pad), right - left + width + 2 * pad, bottom - top + height + 2 * pad,
            fill=False, edgecolor=INK, linewidth=1.8, label=shared.name,
        )
    )  # fmt: skip


def _finish(axes: Axes, kind: str) -> None:
    images, channels, height, width = IMAGES.shape
    axes.set(
        xlim=(-GAP / 2, _corner(0, channels)[0] - GAP / 2), ylim=(_corner(images, 0)[1] - GAP / 2, -GAP / 2), aspect=1,
        xticks=[_corner(0, c)[0] + width / 2 for c in range(channels)],
        yticks=[_corner(n, 0)[1] + height / 2 for n in range(images)],
        xticklabels=[f"channel {c + 1}" for c in range(channels)],
        yticklabels=[f"image {n + 1}" for n in range(images)],
    )  # fmt: skip
    axes.set_title(_heading(kind), fontsize=9.5, fontweight="bold")
    axes.tick_params(length=0, labelsize=8, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def _heading(kind: str) -> str:
    sets = shared_sets(kind)
    return f"{kind.upper()}: {len(sets)} sets of {len(sets[0].members)} values"


def _shape(kind: str) -> str:
    first = shared_sets(kind)[0]
    images, channels = (len({block[axis] for block in first.blocks}) for axis in (0, 1))
    counted = (f"{images} image{'s' * (images > 1)}", f"{channels} channel{'s' * (channels > 1)}")
    return " × ".join(counted)


def _tint(colour: str, strength: float) -> tuple[float, float, float]:
    """`colour` mixed with white; `strength` 1 is the colour itself."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


def _short(value) -> str:
    """`value` exactly if it is a short decimal, else with three decimals."""
    exact = text(value)
    return rounded(value) if "/" in exact else exact
