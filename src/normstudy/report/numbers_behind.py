"""The numbers behind a picture: a file to download, and below the picture a folded table of them.

In HTML alone: a PDF has no place for thousands of rows, and a README no use for a file beside it.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

from normstudy.paths import write_whole
from normstudy.report import markup
from normstudy.report.wording import counted

if TYPE_CHECKING:  # every run's notebook imports this module, and none has tables
    import pandas as pd

MOST_ROWS = 20
"""Of more, the first ones are in the page."""

DIGITS = 6
"""Of a number in the page; the file has all."""


def folded(label: str, numbers: pd.DataFrame, shown: pd.DataFrame | None = None, note: str = "") -> str:
    """`<label>.csv` beside the picture of that label, and Markdown to be put behind it.

    `numbers`: what the file holds, exactly, with units in the names of columns. `shown`: what the table has instead of
    its first `MOST_ROWS` rows, such as means, as Markdown, and `note` says what that is. Nothing where there are no
    `numbers`. Raises `DiskError`, and an earlier file stays.
    """
    if numbers.empty:
        return ""
    name = f"{label}.csv"
    path = markup.FIGURE_FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, numbers.to_csv(index=False, lineterminator="\n"))
    table = _as_text(numbers.head(MOST_ROWS)) if shown is None else shown
    rows = counted(len(numbers), "row")
    parts = [f'[{name}]({path.as_posix()}){{download="{name}"}} has {"all " * (len(numbers) > MOST_ROWS)}{rows}.']
    if shown is not None:
        parts.append(note)
    elif len(numbers) > MOST_ROWS:
        parts.append(f"Here are the first {MOST_ROWS}.")
    return "\n".join(
        [
            '\n::: {.content-visible when-format="html"}',
            _html('<details class="numbers">\n<summary>The numbers behind this figure</summary>'),
            " ".join(part for part in parts if part) + "\n",
            markup.rows(table) + "\n",
            _html("</details>"),
            ":::\n",
        ]
    )


def _html(text: str) -> str:
    return f"```{{=html}}\n{text}\n```\n"


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with Markdown in its cells and headings: numbers with so many `DIGITS`, anything else escaped."""
    import pandas as pd

    return pd.DataFrame({markup.escape(name): [_shown(value) for value in frame[name]] for name in frame})


def _shown(value: object) -> str:
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            return "–"
        return f"{number:.{DIGITS}g}".replace("-", "−")
    return markup.escape("–" if value is None else value)
