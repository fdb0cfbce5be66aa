"""The worked example as a spreadsheet with live formulas, forward and backward, for each normalization.

Every sheet has the batch as grids, one below the other, and tables of sets and channels to the right of them. A set
whose values lie in a rectangle is one range: the gaps between images and channels are empty, and no function that is
used here counts empty cells.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.colors import to_hex
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from normstudy.paths import write_whole
from normstudy.report.core import markup
from normstudy.report.core.style import COLOURS
from normstudy.worked_example.backward import UPSTREAM
from normstudy.worked_example.definition import BETA, DEFINITIONS, GAMMA, IMAGES, Position, shared_sets
from normstudy.worked_example.sets import FULL_NAMES, NAMES, set_colours
from normstudy.worked_example.test_time import MOMENTUM

NAME = "normalizations-by-hand.xlsx"
INPUTS = "Inputs"
AT_TEST = "BN at test"
DATE = datetime(2025, 1, 1)
"""Of every file: the same numbers make the same bytes."""

SHAPE = tuple(IMAGES.shape)
POSITIONS: list[Position] = list(product(*map(range, SHAPE)))

FIRST_ROW = 4
"""Of the first grid, its title; above it are the sheet's title and a note."""

GRID_ROWS = 2 + SHAPE[0] * (SHAPE[2] + 1)
"""From one grid to the next: a title, the channels' names, the images and a gap after each."""

TABLES = 3 + SHAPE[1] * (SHAPE[3] + 1)
"""The first column of the tables to the right of the grids."""

YELLOW, GREY, LINE = "#FFF4C2", "#D9D9D9", "#BFBFBF"


@dataclass(frozen=True)
class Values:
    """What a user may change: x and ∂L/∂y (N, C, H, W), γ and β (C,), ε; α, the running statistics' start, batches."""

    x: np.ndarray
    upstream: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    epsilon: float = 0.0
    momentum: float = float(MOMENTUM)
    running_mean: float = 0.0
    running_variance: float = 1.0
    batches: float = 1.0


SETTINGS = {
    "epsilon": "ε (torch.nn: 0.00001)",
    "momentum": "momentum α of BN’s running statistics",
    "running_mean": "running mean at the start",
    "running_variance": "running variance at the start",
    "batches": "times that BN has seen the batch",
}


def example() -> Values:
    """Those of the page, with ε = 0."""
    return Values(IMAGES.double().numpy(), UPSTREAM.double().numpy(), np.array(GAMMA, float), np.array(BETA, float))


def offered() -> str:
    """The file, written next to the figures, and a sentence with a link to it. Raises `DiskError`."""
    path = markup.figures_folder() / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, made())
    address = Path(os.path.relpath(path, os.environ.get("QUARTO_DOCUMENT_PATH", "."))).as_posix()
    return (
        "The same example is a spreadsheet with live formulas, forward and backward, on a sheet for each of "
        f'{len(DEFINITIONS)} normalizations and one for BN at test time: [{NAME}]({address}){{download="{NAME}"}}.\n'
    )


def made(values: Values | None = None) -> bytes:
    """The file, of the example unless other `values` are given, with the result of each formula, for viewers that do
    not compute. Raises `FloatingPointError` where a σ is 0."""
    values = values or example()
    data = io.BytesIO()
    with Workbook(data, {"in_memory": True}) as book, np.errstate(divide="raise", invalid="raise"):
        book.set_properties({"created": DATE})
        _inputs(book, values)
        for kind in DEFINITIONS:
            _method(book, kind, values)
        _at_test(book, values)
    return data.getvalue()


# --- places -----------------------------------------------------------------------------------------


def top_of(number: int) -> int:
    """The row of the title of the `number`th grid of a sheet, from 0."""
    return FIRST_ROW + number * GRID_ROWS


def place(top: int, position: Position) -> tuple[int, int]:
    """(row, column) of a value in the grid whose title is in the row `top`."""
    image, channel, row, column = position
    return top + 2 + image * (SHAPE[2] + 1) + row, 2 + channel * (SHAPE[3] + 1) + column


def address(row: int, column: int, sheet: str = "") -> str:
    """`B6`, or with a sheet `Inputs!$B$6`."""
    letter = xl_col_to_name(column - 1)
    return f"{sheet}!${letter}${row}" if sheet else f"{letter}{row}"


def area(top: int, positions: Iterable[Position]) -> str:
    """The places of `positions` in a grid as arguments of a function: one range where they lie in a rectangle."""
    places = [place(top, position) for position in positions]
    low, high = np.min(places, axis=0), np.max(places, axis=0)
    inside = {at for at in (place(top, each) for each in POSITIONS) if (low <= at).all() and (at <= high).all()}
    if inside == set(places):
        return f"{address(*map(int, low))}:{address(*map(int, high))}"
    return ",".join(address(*at) for at in places)


X, DY = top_of(0), top_of(1)
"""Grids of the inputs."""

CHANNELS = FIRST_ROW + 1
"""The row of the inputs that has the channels' names; γ and β follow."""


def affine(name: str, channel: int) -> str:
    """The address of γ (`gamma`) or β (`beta`) of a channel."""
    return address(CHANNELS + 1 + ("gamma", "beta").index(name), TABLES + 1 + channel, INPUTS)


def setting(name: str) -> str:
    """The address of one of `SETTINGS`."""
    return address(CHANNELS + 5 + list(SETTINGS).index(name), TABLES + 1, INPUTS)


# --- the sheets -------------------------------------------------------------------------------------

Formula = Callable[[Position], str]


class _Page:
    """A sheet under construction."""

    def __init__(self, book: Workbook, name: str, title: str, note: str, colour: str):
        self.sheet, self.style = book.add_worksheet(name), book.add_format
        self.sheet.write("A1", title, self.style({"font_size": 14, "bold": True, "font_color": colour}))
        self.sheet.write("A2", note, self.style({"italic": True, "font_color": "#595959"}))
        self.sheet.set_tab_color(colour)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.hide_gridlines(2)
        self.sheet.freeze_panes("B4")
        for column in range(1, TABLES + 8):
            gap = 1 < column < TABLES and (column - 1) % (SHAPE[3] + 1) == 0
            width = 10 if column == 1 else 1.5 if gap else 8 if column < TABLES else 36 if column == TABLES else 12
            self.sheet.set_column(column - 1, column - 1, width)

    def put(self, row: int, column: int, value: float, formula: str = "", fill: str = "", form: str = "0.000") -> None:
        """A number, or a formula whose result is `value`; without one it is an input."""
        fill = fill or ("" if formula else YELLOW)
        style = {"align": "center", "border": 1, "border_color": LINE, "num_format": form if formula else "General"}
        cell = row - 1, column - 1, *([f"={formula}"] if formula else [float(value)])
        write = self.sheet.write_formula if formula else self.sheet.write_number
        write(*cell, self.style(style | ({"bg_color": fill} if fill else {})), *[float(value)] * bool(formula))

    def grid(
        self, number: int, title: str, values: np.ndarray, formula: Formula | None = None, fill: Formula | None = None
    ) -> None:
        """`values` below a `title`, with the names of images and channels."""
        top = top_of(number)
        self.sheet.write(top - 1, 0, title, self.style({"bold": True}))
        for channel in range(SHAPE[1]):
            column = place(top, (0, channel, 0, 0))[1] - 1
            name, centred = f"channel {channel + 1}", self.style({"align": "center"})
            self.sheet.merge_range(top, column, top, column + SHAPE[3] - 1, name, centred)
        for image in range(SHAPE[0]):
            self.sheet.write(place(top, (image, 0, 0, 0))[0] - 1, 0, f"image {image + 1}")
        for at in POSITIONS:
            form = "General" if title == "x" else "0.000"
            self.put(*place(top, at), values[at], formula(at) if formula else "", fill(at) if fill else "", form)

    def scale(self, number: int) -> None:
        """Blue below 0, red above, in the `number`th grid."""
        first, last = (address(*place(top_of(number), at)) for at in (POSITIONS[0], POSITIONS[-1]))
        colours = {"min_color": "#92C5DE", "mid_color": "#FFFFFF", "max_color": "#F4A582"}
        types = {"min_type": "num", "mid_type": "num", "max_type": "num"}
        ends = {"min_value": -2, "mid_value": 0, "max_value": 2}
        self.sheet.conditional_format(f"{first}:{last}", {"type": "3_color_scale"} | colours | types | ends)

    def shifted(self, x_hat: np.ndarray, values: Values) -> None:
        """The grid of y, below that of x̂."""
        self.scale(1)
        y = values.gamma.reshape(-1, 1, 1) * x_hat + values.beta.reshape(-1, 1, 1)

        def formula(at: Position) -> str:
            return f"{affine('gamma', at[1])}*{address(*place(top_of(1), at))}+{affine('beta', at[1])}"

        self.grid(2, "y = γ x̂ + β", y, formula)

    def heads(self, row: int, *names: str) -> None:
        for column, name in enumerate(names, start=TABLES - 1):
            self.sheet.write(row - 1, column, name, self.style({"bold": True, "bg_color": GREY}))

    def line(self, row: int, name: str, *cells: tuple[float, str], fill: str = "") -> None:
        """A row of a table: its name and (value, formula) pairs."""
        self.sheet.write(row - 1, TABLES - 1, name, self.style({"bg_color": fill} if fill else {}))
        for column, (value, formula) in enumerate(cells, start=TABLES + 1):
            self.put(row, column, value, formula, form="0" if formula.startswith("COUNT") else "0.000")


def _inputs(book: Workbook, values: Values) -> None:
    note = "Change any yellow cell: every other sheet is computed from here. With ε = 0 a set of equal values has no x̂."
    page = _Page(book, INPUTS, "The worked example: inputs", note, COLOURS["light"]["none"])
    page.grid(0, "x: three images of four channels", values.x)
    page.grid(1, "∂L/∂y: the gradient that arrives", values.upstream)
    page.heads(CHANNELS, "learned", *(f"channel {channel + 1}" for channel in range(SHAPE[1])))
    for row, (symbol, own) in enumerate((("γ", values.gamma), ("β", values.beta)), start=CHANNELS + 1):
        page.line(row, symbol, *((value, "") for value in own))
    page.heads(CHANNELS + 4, "settings", "value")
    for row, (name, words) in enumerate(SETTINGS.items(), start=CHANNELS + 5):
        page.line(row, words, (getattr(values, name), ""))


def _x(at: Position) -> str:
    """x of a sheet is that of the inputs."""
    return address(*place(X, at), INPUTS)


def _method(book: Workbook, kind: str, values: Values) -> None:
    """The sheet of one normalization."""
    note = "Cells of one colour share one mean and one variance. Forward: x, x̂, y; backward: g, ∂L/∂x."
    page = _Page(book, NAMES[kind], FULL_NAMES[kind], note, COLOURS["light"][kind])
    x_top, hat_top, g_top = map(top_of, (0, 1, 3))
    x_hat, gradient, row_of, fill = np.empty(SHAPE), np.empty(SHAPE), {}, {}
    scaled = values.gamma.reshape(-1, 1, 1) * values.upstream
    page.heads(CHANNELS, "one mean for", "m", "μ", "σ²", "σ", "mean of g", "mean of g·x̂")
    sets = zip(shared_sets(kind), set_colours(kind), strict=True)
    for row, (shared, (*colour, strength)) in enumerate(sets, start=CHANNELS + 1):
        on_white = to_hex([1 - strength * (1 - part) for part in colour])
        row_of |= dict.fromkeys(shared.positions, row)
        fill |= dict.fromkeys(shared.positions, on_white)
        index = tuple(np.array(shared.positions).T)
        own, g = values.x[index], scaled[index]
        std = np.sqrt(own.var() + values.epsilon)
        x_hat[index] = (own - own.mean()) / std
        slope = (g * x_hat[index]).mean()
        gradient[index] = (g - g.mean() - x_hat[index] * slope) / std
        cells, of_g, of_hat = (area(top, shared.positions) for top in (x_top, g_top, hat_top))
        together = f"SUMPRODUCT({of_g},{of_hat})"
        if "," in of_g:
            together = "+".join(map("*".join, zip(of_g.split(","), of_hat.split(","), strict=True)))
        count, variance = (address(row, TABLES + column) for column in (1, 3))
        page.line(
            row, shared.name, (len(own), f"COUNT({cells})"), (own.mean(), f"AVERAGE({cells})"),
            (own.var(), f"DEVSQ({cells})/{count}"), (std, f"SQRT({variance}+{setting('epsilon')})"),
            (g.mean(), f"AVERAGE({of_g})"), (slope, f"({together})/{count}"), fill=on_white,
        )  # fmt: skip

    def of(at: Position, column: int) -> str:
        return address(row_of[at], TABLES + column)

    def backward(at: Position) -> str:
        g, hat = (address(*place(top, at)) for top in (g_top, hat_top))
        return f"({g}-{of(at, 5)}-{hat}*{of(at, 6)})/{of(at, 4)}"

    page.grid(0, "x", values.x, _x, fill.__getitem__)
    page.grid(1, "x̂ = (x − μ)/σ", x_hat, lambda at: f"({address(*place(x_top, at))}-{of(at, 2)})/{of(at, 4)}")
    page.shifted(x_hat, values)
    page.grid(3, "g = γ ∂L/∂y", scaled, lambda at: f"{affine('gamma', at[1])}*{address(*place(DY, at), INPUTS)}")
    page.grid(4, "∂L/∂x = (g − mean of g − x̂ · mean of g·x̂)/σ", gradient, backward)
    page.scale(4)
    head = max(row_of.values()) + 3
    page.heads(head, "channel", "∂L/∂γ", "∂L/∂β")
    for channel in range(SHAPE[1]):
        positions = [at for at in POSITIONS if at[1] == channel]
        dy, upstream = f"{INPUTS}!{area(DY, positions)}", values.upstream[:, channel]
        of_gamma = (upstream * x_hat[:, channel]).sum(), f"SUMPRODUCT({dy},{area(hat_top, positions)})"
        page.line(head + 1 + channel, f"channel {channel + 1}", of_gamma, (upstream.sum(), f"SUM({dy})"))


def _at_test(book: Workbook, values: Values) -> None:
    """BN with the running statistics that it has after seeing the batch so many times."""
    note = "Running statistics replace those of the batch: the output for an image does not depend on other images."
    page = _Page(book, AT_TEST, "Batch normalization at test time", note, COLOURS["light"]["bn"])
    page.heads(CHANNELS, "channel", "μ of the batch", "σ² unbiased", "running mean", "running variance", "σ at test")
    kept, share = (1 - values.momentum) ** values.batches, f"(1-{setting('momentum')})^{setting('batches')}"
    own = np.moveaxis(values.x, 1, 0).reshape(SHAPE[1], -1)
    means, variances = own.mean(axis=1), own.var(axis=1, ddof=1)
    running = kept * values.running_mean + (1 - kept) * means, kept * values.running_variance + (1 - kept) * variances
    stds = np.sqrt(running[1] + values.epsilon)
    for channel, shared in enumerate(shared_sets("bn")):
        row, cells = CHANNELS + 1 + channel, area(top_of(0), shared.positions)
        at = [address(row, TABLES + column) for column in range(6)]
        page.line(
            row, f"channel {channel + 1}", (means[channel], f"AVERAGE({cells})"),
            (variances[channel], f"DEVSQ({cells})/(COUNT({cells})-1)"),
            (running[0][channel], f"{share}*{setting('running_mean')}+(1-{share})*{at[1]}"),
            (running[1][channel], f"{share}*{setting('running_variance')}+(1-{share})*{at[2]}"),
            (stds[channel], f"SQRT({at[4]}+{setting('epsilon')})"),
        )  # fmt: skip

    def of(at: Position, column: int) -> str:
        return address(CHANNELS + 1 + at[1], TABLES + column)

    def forward(at: Position) -> str:
        return f"({address(*place(top_of(0), at))}-{of(at, 3)})/{of(at, 5)}"

    def backward(at: Position) -> str:
        return f"{affine('gamma', at[1])}*{address(*place(DY, at), INPUTS)}/{of(at, 5)}"

    x_hat = (values.x - running[0].reshape(-1, 1, 1)) / stds.reshape(-1, 1, 1)
    page.grid(0, "x", values.x, _x)
    page.grid(1, "x̂ = (x − running mean)/σ at test", x_hat, forward)
    page.shifted(x_hat, values)
    gradient = values.upstream * (values.gamma / stds).reshape(-1, 1, 1)
    page.grid(3, "∂L/∂x = γ ∂L/∂y / σ at test", gradient, backward)
    page.scale(3)
