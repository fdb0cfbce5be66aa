"""The worked example as a spreadsheet whose formulas are live: the file, how it looks, and the offer to download it."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from matplotlib.colors import to_hex, to_rgb
from openpyxl import Workbook
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from normstudy.paths import write_whole
from normstudy.report.core import markup
from normstudy.report.core.style import COLOURS
from normstudy.worked_example.definition import DEFINITIONS, shared_sets
from normstudy.worked_example.sets import FULL_NAMES, set_colours
from normstudy.worked_example.sheets import (
    AT_TEST,
    INPUTS,
    SHAPE,
    TABLE_COLUMN,
    Sheet,
    Values,
    address,
    example,
    place,
    setting,
    sheets,
)

NAME = "normalizations-by-hand.xlsx"

KINDS = {{"ln2d": "LN2d"}.get(kind, kind.upper()): kind for kind in DEFINITIONS}
"""By the sheet's name."""

NOTES = {
    INPUTS: "Change any yellow cell: every other sheet is computed from here. With ε = 0 a set of equal values has no "
    "x̂ (#DIV/0!).",
    AT_TEST: "Running statistics in the place of the batch’s: an image’s output no longer depends on the images "
    "beside it.",
}
OF_SETS = "Cells of one colour share one mean and one variance. Forward: x, x̂, y; and back: g, ∂L/∂x."

DATE = "2025-01-01T00:00:00Z"
"""Of every file: the same numbers make the same bytes."""

YELLOW, GREY = "FFF4C2", "D9D9D9"
LINE = Side(style="thin", color="BFBFBF")


def offered() -> str:
    """The file, written next to the figures, and a sentence with a link to it. Raises `DiskError`."""
    path = markup.FIGURES / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, made())
    address = Path(os.path.relpath(path, os.environ.get("QUARTO_DOCUMENT_PATH", "."))).as_posix()
    return (
        f"The same example is a spreadsheet with live formulas, forward and backward, on a sheet for each of "
        f'{len(DEFINITIONS)} normalizations and one for BN at test time: [{NAME}]({address}){{download="{NAME}"}}.\n'
    )


def made(values: Values | None = None) -> bytes:
    """The file, of the report's example unless other `values` are given; with what each formula gives, for viewers
    that do not compute. Raises `FloatingPointError` where a σ is 0."""
    drawn = sheets(values or example())
    book = Workbook()
    book.remove(book.active)
    for sheet in drawn:
        _draw(book.create_sheet(sheet.name), sheet)
    book.calculation.fullCalcOnLoad = True
    data = io.BytesIO()
    book.save(data)
    return _settled(data.getvalue(), drawn)


# --- how it looks -----------------------------------------------------------------------------------


def _draw(page: Worksheet, sheet: Sheet) -> None:
    """Write `sheet` onto `page`."""
    kind = KINDS.get(sheet.name, "bn" if sheet.name == AT_TEST else "none")
    for (row, column), text in sheet.texts.items():
        page.cell(row, column, text)
    for (row, column), cell in sheet.cells.items():
        written = page.cell(row, column, f"={cell.formula}" if cell.formula else _whole(cell.value))
        given = sheet.name == INPUTS or (sheet.grids["x"] < row < sheet.grids["x̂"] and column < TABLE_COLUMN)
        written.number_format = "General" if given else "0.000"
        written.alignment = Alignment(horizontal="center")
        written.border = Border(LINE, LINE, LINE, LINE)
        if sheet.name == INPUTS:
            written.fill = _fill(YELLOW)
    page["A1"] = _title(sheet)
    page["A1"].font = Font(size=14, bold=True, color=_rgb(COLOURS["light"][kind]))
    page["A2"] = NOTES.get(sheet.name, OF_SETS)
    page["A2"].font = Font(italic=True, color="595959")
    _draw_heads(page, sheet)
    if sheet.name in KINDS:
        _colour_sets(page, sheet, kind)
    for key in ("x̂", "dx"):
        if key in sheet.grids:
            _scale(page, sheet.grids[key])
    page.sheet_properties.tabColor = _rgb(COLOURS["light"][kind])
    page.freeze_panes = "B4"
    page.sheet_view.showGridLines = False
    _widths(page)
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    if sheet.name == INPUTS:
        _validate(page)


def _title(sheet: Sheet) -> str:
    if sheet.name == INPUTS:
        return "The worked example: inputs"
    if sheet.name == AT_TEST:
        return f"{FULL_NAMES['bn']} at test time"
    return FULL_NAMES[KINDS[sheet.name]]


def _draw_heads(page: Worksheet, sheet: Sheet) -> None:
    bold = Font(bold=True)
    for top in sheet.grids.values():
        page.cell(top, 1).font = bold
        for channel in range(SHAPE[1]):
            _, column = place(top, (0, channel, 0, 0))
            page.merge_cells(start_row=top + 1, end_row=top + 1, start_column=column, end_column=column + SHAPE[3] - 1)
            page.cell(top + 1, column).alignment = Alignment(horizontal="center")
    for row, _, columns in sheet.tables:
        for column in range(TABLE_COLUMN, TABLE_COLUMN + columns):
            head = page.cell(row, column)
            head.font, head.fill = bold, _fill(GREY)
            head.alignment = Alignment(horizontal="left" if column == TABLE_COLUMN else "center", wrap_text=True)
    for row in range(1, page.max_row + 1):
        if page.cell(row, TABLE_COLUMN + 1).value is not None and page.cell(row, TABLE_COLUMN + 1).number_format:
            page.cell(row, TABLE_COLUMN).alignment = Alignment(horizontal="left", vertical="center")
    if sheet.name in KINDS:
        head = sheet.tables[0][0]
        for row in range(head + 1, head + 1 + sheet.tables[0][1]):
            page.cell(row, TABLE_COLUMN + 1).number_format = "0"


def _colour_sets(page: Worksheet, sheet: Sheet, kind: str) -> None:
    """The grid of x and the names of sets, as in the report's figure."""
    head = sheet.tables[0][0]
    for number, (shared, colour) in enumerate(zip(shared_sets(kind), set_colours(kind), strict=True), start=1):
        for position in shared.positions:
            page.cell(*place(sheet.grids["x"], position)).fill = _fill(_rgb(colour))
        page.cell(head + number, TABLE_COLUMN).fill = _fill(_rgb(colour))


def _scale(page: Worksheet, top: int) -> None:
    """Blue below 0, red above, in the grid whose title stands in the row `top`."""
    last = tuple(size - 1 for size in SHAPE)
    cells = f"{address(*place(top, (0, 0, 0, 0)))}:{address(*place(top, last))}"
    page.conditional_formatting.add(
        cells,
        ColorScaleRule(
            start_type="num", start_value=-2, start_color="92C5DE", mid_type="num", mid_value=0, mid_color="FFFFFF",
            end_type="num", end_value=2, end_color="F4A582",
        ),
    )  # fmt: skip


def _widths(page: Worksheet) -> None:
    page.column_dimensions["A"].width = 10
    for column in range(2, TABLE_COLUMN):
        gap = (column - 1) % (SHAPE[3] + 1) == 0
        page.column_dimensions[get_column_letter(column)].width = 1.5 if gap else 8
    page.column_dimensions[get_column_letter(TABLE_COLUMN)].width = 38 if page.title == INPUTS else 24
    for column in range(TABLE_COLUMN + 1, TABLE_COLUMN + 7):
        page.column_dimensions[get_column_letter(column)].width = 12


def _validate(page: Worksheet) -> None:
    """Settings that make no sense are refused with a reason."""
    for name, low, high, told in (
        ("epsilon", 0, 1e6, "ε is 0 or more."),
        ("momentum", 0, 1, "The momentum lies between 0 and 1."),
        ("running_variance", 0, 1e6, "A variance is 0 or more."),
        ("batches", 0, 1e6, "A number of batches is 0 or more."),
    ):
        rule = DataValidation(
            "decimal", operator="between", formula1=str(low), formula2=f"{high:g}", showErrorMessage=True
        )
        rule.error = told
        rule.add(setting(name).partition("!")[2].replace("$", ""))
        page.add_data_validation(rule)


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def _rgb(colour: object) -> str:
    return to_hex(to_rgb(colour)).removeprefix("#").upper()


# --- the file ---------------------------------------------------------------------------------------


def _settled(data: bytes, drawn: list[Sheet]) -> bytes:
    """The file again, with the value of each formula beside it and with one date everywhere."""
    settled = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            text = before.read(name)
            if number := re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name):
                text = _with_values(text.decode(), drawn[int(number[1]) - 1]).encode()
            elif name == "docProps/core.xml":
                text = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", DATE.encode(), text)
            after.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return settled.getvalue()


def _with_values(page: str, sheet: Sheet) -> str:
    values: Mapping[str, float] = {address(*at): cell.value for at, cell in sheet.cells.items()}
    return re.sub(
        r'(<c r="(\w+)"[^>]*><f>[^<]*</f>)<v\s*/>|(<c r="(\w+)"[^>]*><f>[^<]*</f>)<v></v>',
        lambda match: f"{match[1] or match[3]}<v>{values[match[2] or match[4]]!r}</v>",
        page,
    )
