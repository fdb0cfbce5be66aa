"""The cells of a spreadsheet of the example: where each value lies, by which formula, and what it is now.

Every sheet has the batch as grids, one below the other, and to the right of them tables of sets and of channels.
A set whose values lie in a rectangle is one range: the gaps between images and channels are empty, and no function
that is used here counts them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from openpyxl.utils import get_column_letter

from normstudy.worked_example.backward import UPSTREAM
from normstudy.worked_example.definition import BETA, DEFINITIONS, GAMMA, IMAGES, Position, SharedSet, shared_sets
from normstudy.worked_example.test_time import MOMENTUM

INPUTS = "Inputs"
AT_TEST = "BN at test"
SHAPE = tuple(IMAGES.shape)

FIRST_ROW = 4
"""Of the first grid, its title; above it are the sheet's title and a note."""

GRID_ROWS = 2 + SHAPE[0] * (SHAPE[2] + 1)
"""From one grid to the next: a title, the channels' names, the images and a gap behind each."""

TABLE_COLUMN = 3 + SHAPE[1] * (SHAPE[3] + 1)
"""The first of the tables to the right of the grids."""


@dataclass
class Cell:
    """What is written at a place: a `formula`, or where there is none, the `value`, which is the formula's else."""

    value: float
    formula: str = ""


@dataclass
class Sheet:
    """Cells by (row, column), from 1; texts; and where grids and tables begin, for those who colour them."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    grids: dict[str, int] = field(default_factory=dict)
    tables: list[tuple[int, int, int]] = field(default_factory=list)  # row of the heads, rows below, columns

    def put(self, row: int, column: int, value: float, formula: str = "") -> None:
        self.cells[row, column] = Cell(float(value), formula)


@dataclass(frozen=True)
class Values:
    """What a class may change: x and ∂L/∂y (N, C, H, W), γ and β (C,), ε; α, the running statistics' start, batches."""

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
    """Those of the report's example, with ε = 0."""
    return Values(IMAGES.double().numpy(), UPSTREAM.double().numpy(), np.array(GAMMA, float), np.array(BETA, float))


# --- places -----------------------------------------------------------------------------------------


def top_of(number: int) -> int:
    """The row of the title of the `number`th grid, from 0."""
    return FIRST_ROW + number * GRID_ROWS


def place(top: int, position: Position) -> tuple[int, int]:
    """(row, column) of a value in the grid whose title stands in the row `top`."""
    image, channel, row, column = position
    return top + 2 + image * (SHAPE[2] + 1) + row, 2 + channel * (SHAPE[3] + 1) + column


def address(row: int, column: int, sheet: str = "") -> str:
    """`B6`, or with a sheet `Inputs!$B$6`."""
    return f"{sheet}!${get_column_letter(column)}${row}" if sheet else f"{get_column_letter(column)}{row}"


def area(top: int, positions: Iterable[Position]) -> str:
    """The places of `positions` in a grid as arguments of a function: one range where they lie in a rectangle."""
    places = [place(top, position) for position in positions]
    rows, columns = ([at[axis] for at in places] for axis in (0, 1))
    corners = (min(rows), min(columns)), (max(rows), max(columns))
    within = {place(top, at) for at in product(*map(range, SHAPE))}
    inside = {at for at in within if all(corners[0][i] <= at[i] <= corners[1][i] for i in (0, 1))}
    if inside == set(places):
        return ":".join(address(*corner) for corner in corners)
    return ",".join(address(*at) for at in places)


def products(first: int, second: int, positions: Iterable[Position]) -> str:
    """A formula for the sum, over `positions`, of a grid's values times those of another."""
    positions = list(positions)
    areas = [area(top, positions) for top in (first, second)]
    if "," not in areas[0]:
        return f"SUMPRODUCT({areas[0]},{areas[1]})"
    return "+".join("*".join(pair) for pair in zip(*(each.split(",") for each in areas), strict=True))


# --- the sheets -------------------------------------------------------------------------------------

X, DY = top_of(0), top_of(1)
"""Grids of the inputs."""

OF_CHANNELS = FIRST_ROW + 1
"""The row, on the sheet of the inputs, that has the channels' names; γ and β stand below."""

OF_SETTINGS = OF_CHANNELS + 5


def setting(name: str) -> str:
    """The address of a setting on the sheet of the inputs."""
    return address(OF_SETTINGS + list(SETTINGS).index(name), TABLE_COLUMN + 1, INPUTS)


def affine(name: str, channel: int) -> str:
    """The address of γ or β of a channel."""
    return address(OF_CHANNELS + 1 + ("gamma", "beta").index(name), TABLE_COLUMN + 1 + channel, INPUTS)


def inputs(values: Values) -> Sheet:
    """What can be changed."""
    sheet = Sheet(INPUTS)
    _grid(sheet, 0, "x", "x: three images of four channels", values.x)
    _grid(sheet, 1, "dy", "∂L/∂y: the gradient that comes from behind", values.upstream)
    for number, (name, symbol) in enumerate((("gamma", "γ"), ("beta", "β")), start=1):
        sheet.texts[OF_CHANNELS + number, TABLE_COLUMN] = symbol
        for channel, value in enumerate(getattr(values, name)):
            sheet.put(OF_CHANNELS + number, TABLE_COLUMN + 1 + channel, value)
    heads = ["learned", *(f"channel {channel + 1}" for channel in range(SHAPE[1]))]
    _heads(sheet, OF_CHANNELS, heads, 2)
    for number, (name, told) in enumerate(SETTINGS.items()):
        sheet.texts[OF_SETTINGS + number, TABLE_COLUMN] = told
        sheet.put(OF_SETTINGS + number, TABLE_COLUMN + 1, getattr(values, name))
    _heads(sheet, OF_SETTINGS - 1, ["settings", "value"], len(SETTINGS))
    return sheet


def method(kind: str, values: Values) -> Sheet:
    """The sheet of one normalization, forward and back. Raises `FloatingPointError` where a σ is 0."""
    sheet = Sheet({"ln2d": "LN2d"}.get(kind, kind.upper()))
    x_top, hat_top, g_top = map(top_of, (0, 1, 3))
    sets = shared_sets(kind)
    head = FIRST_ROW + 1
    _heads(sheet, head, ["one mean for", "m", "μ", "σ²", "σ", "mean of g", "mean of g·x̂"], len(sets))
    of_set: dict[Position, int] = {}
    x_hat, gradient = np.empty(SHAPE), np.empty(SHAPE)
    scaled = values.gamma.reshape(-1, 1, 1) * values.upstream
    for number, shared in enumerate(sets, start=1):
        row = head + number
        of_set |= dict.fromkeys(shared.positions, row)
        _set(sheet, row, shared, (x_top, hat_top, g_top), values, (x_hat, gradient), scaled)

    def of(row_of: Position, column: int) -> str:
        return address(of_set[row_of], TABLE_COLUMN + column)

    linked = {at: f"{address(*place(X, at), INPUTS)}" for at in _positions()}
    _grid(sheet, 0, "x", "x", values.x, linked)
    hat = {at: f"({address(*place(x_top, at))}-{of(at, 2)})/{of(at, 4)}" for at in _positions()}
    _grid(sheet, 1, "x̂", "x̂ = (x − μ)/σ", x_hat, hat)
    shifted = values.gamma.reshape(-1, 1, 1) * x_hat + values.beta.reshape(-1, 1, 1)
    after = {
        at: f"{affine('gamma', at[1])}*{address(*place(hat_top, at))}+{affine('beta', at[1])}" for at in _positions()
    }
    _grid(sheet, 2, "y", "y = γ x̂ + β", shifted, after)
    back = {at: f"{affine('gamma', at[1])}*{address(*place(DY, at), INPUTS)}" for at in _positions()}
    _grid(sheet, 3, "g", "g = γ ∂L/∂y", scaled, back)
    way = {
        at: f"({address(*place(g_top, at))}-{of(at, 5)}-{address(*place(hat_top, at))}*{of(at, 6)})/{of(at, 4)}"
        for at in _positions()
    }
    _grid(sheet, 4, "dx", "∂L/∂x = (g − mean of g − x̂ · mean of g·x̂)/σ", gradient, way)
    _learned(sheet, head + len(sets) + 3, hat_top, x_hat, values)
    return sheet


def at_test(values: Values) -> Sheet:
    """BN with the running statistics that it has after so many times the batch."""
    sheet = Sheet(AT_TEST)
    x_top, hat_top = top_of(0), top_of(1)
    head = FIRST_ROW + 1
    names = ["channel", "μ of the batch", "σ² unbiased", "running mean", "running variance", "σ at test"]
    _heads(sheet, head, names, SHAPE[1])
    keep = (1 - values.momentum) ** values.batches
    share = f"(1-{setting('momentum')})^{setting('batches')}"
    x_hat, gradient = np.empty(SHAPE), np.empty(SHAPE)
    for channel, shared in enumerate(shared_sets("bn")):
        row, cells = head + 1 + channel, area(x_top, shared.positions)
        own = values.x[:, channel]
        mean, unbiased = own.mean(), own.var(ddof=1)
        running_mean = keep * values.running_mean + (1 - keep) * mean
        running_variance = keep * values.running_variance + (1 - keep) * unbiased
        std = np.sqrt(running_variance + values.epsilon)
        sheet.texts[row, TABLE_COLUMN] = f"channel {channel + 1}"
        at = [address(row, TABLE_COLUMN + column) for column in range(len(names))]
        for column, (value, formula) in enumerate(
            (
                (mean, f"AVERAGE({cells})"),
                (unbiased, f"DEVSQ({cells})/(COUNT({cells})-1)"),
                (running_mean, f"{share}*{setting('running_mean')}+(1-{share})*{at[1]}"),
                (running_variance, f"{share}*{setting('running_variance')}+(1-{share})*{at[2]}"),
                (std, f"SQRT({at[4]}+{setting('epsilon')})"),
            ),
            start=1,
        ):
            sheet.put(row, TABLE_COLUMN + column, value, formula)
        x_hat[:, channel] = (own - running_mean) / std
        gradient[:, channel] = values.gamma[channel] * values.upstream[:, channel] / std

    def of(position: Position, column: int) -> str:
        return address(head + 1 + position[1], TABLE_COLUMN + column)

    linked = {at: address(*place(X, at), INPUTS) for at in _positions()}
    _grid(sheet, 0, "x", "x", values.x, linked)
    hat = {at: f"({address(*place(x_top, at))}-{of(at, 3)})/{of(at, 5)}" for at in _positions()}
    _grid(sheet, 1, "x̂", "x̂ = (x − running mean)/σ at test", x_hat, hat)
    after = {
        at: f"{affine('gamma', at[1])}*{address(*place(hat_top, at))}+{affine('beta', at[1])}" for at in _positions()
    }
    shifted = values.gamma.reshape(-1, 1, 1) * x_hat + values.beta.reshape(-1, 1, 1)
    _grid(sheet, 2, "y", "y = γ x̂ + β", shifted, after)
    way = {at: f"{affine('gamma', at[1])}*{address(*place(DY, at), INPUTS)}/{of(at, 5)}" for at in _positions()}
    _grid(sheet, 3, "dx", "∂L/∂x = γ ∂L/∂y / σ at test", gradient, way)
    return sheet


def sheets(values: Values) -> list[Sheet]:
    """All of them, in order."""
    return [inputs(values), *(method(kind, values) for kind in DEFINITIONS), at_test(values)]


def _positions() -> Iterable[Position]:
    return product(*map(range, SHAPE))


def _grid(
    sheet: Sheet, number: int, key: str, title: str, values: np.ndarray, formulas: dict[Position, str] | None = None
) -> None:
    """`values` below a `title`, with the names of images and channels."""
    top = top_of(number)
    sheet.grids[key] = top
    sheet.texts[top, 1] = title
    for channel in range(SHAPE[1]):
        sheet.texts[top + 1, place(top, (0, channel, 0, 0))[1]] = f"channel {channel + 1}"
    for image in range(SHAPE[0]):
        sheet.texts[place(top, (image, 0, 0, 0))[0], 1] = f"image {image + 1}"
    for position in _positions():
        sheet.put(*place(top, position), values[position], formulas[position] if formulas else "")


def _heads(sheet: Sheet, row: int, heads: list[str], rows: int) -> None:
    for column, head in enumerate(heads):
        sheet.texts[row, TABLE_COLUMN + column] = head
    sheet.tables.append((row, rows, len(heads)))


def _set(
    sheet: Sheet,
    row: int,
    shared: SharedSet,
    tops: tuple[int, int, int],
    values: Values,
    results: tuple[np.ndarray, np.ndarray],
    scaled: np.ndarray,
) -> None:
    """A row of the table of sets; x̂ and ∂L/∂x of the set are put into `results`."""
    x_top, hat_top, g_top = tops
    x_hat, gradient = results
    index = tuple(np.array(shared.positions).T)
    own, g = values.x[index], scaled[index]
    std = np.sqrt(own.var() + values.epsilon)
    x_hat[index] = (own - own.mean()) / std
    slope = (g * x_hat[index]).mean()
    gradient[index] = (g - g.mean() - x_hat[index] * slope) / std
    cells, of_g = area(x_top, shared.positions), area(g_top, shared.positions)
    sheet.texts[row, TABLE_COLUMN] = shared.name
    count, variance = (address(row, TABLE_COLUMN + column) for column in (1, 3))
    for column, (value, formula) in enumerate(
        (
            (len(own), f"COUNT({cells})"),
            (own.mean(), f"AVERAGE({cells})"),
            (own.var(), f"DEVSQ({cells})/{count}"),
            (std, f"SQRT({variance}+{setting('epsilon')})"),
            (g.mean(), f"AVERAGE({of_g})"),
            (slope, f"({products(g_top, hat_top, shared.positions)})/{count}"),
        ),
        start=1,
    ):
        sheet.put(row, TABLE_COLUMN + column, value, formula)


def _learned(sheet: Sheet, head: int, hat_top: int, x_hat: np.ndarray, values: Values) -> None:
    """∂L/∂γ and ∂L/∂β by channel, as a table below that of the sets."""
    _heads(sheet, head, ["channel", "∂L/∂γ", "∂L/∂β"], SHAPE[1])
    for channel in range(SHAPE[1]):
        row = head + 1 + channel
        positions = [at for at in _positions() if at[1] == channel]
        of_dy = area(DY, positions).split(":")
        dy = f"{INPUTS}!{of_dy[0]}:{of_dy[1]}"
        upstream = values.upstream[:, channel]
        sheet.texts[row, TABLE_COLUMN] = f"channel {channel + 1}"
        sheet.put(
            row,
            TABLE_COLUMN + 1,
            (upstream * x_hat[:, channel]).sum(),
            f"SUMPRODUCT({dy},{area(hat_top, positions)})",
        )
        sheet.put(row, TABLE_COLUMN + 2, upstream.sum(), f"SUM({dy})")
