"""Text from elsewhere (class names, processors, file names) as every page can show it: nothing in it is markup."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from normstudy.text import MARKS, one_line, visible

LONGEST = 200
"""Characters of a text from elsewhere that are shown."""

UNBROKEN = 30
"""Characters without a space after which a line may break."""


def plain(text: object) -> str:
    """`text` on one line, as every page can show it.

    Characters that show nothing, that reorder others or that the PDF's fonts may lack become code points such as
    `[U+202E]`; what is longer than `LONGEST` is cut, and says so; long words may break (at U+200B).
    """
    whole = unicodedata.normalize("NFC", one_line(text))
    shown = visible(whole[:LONGEST], _lacks, keep="")
    shown = re.sub(rf"(\S{{{UNBROKEN}}})(?=\S)", "\\1\u200b", shown)
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in shown):
        shown = f"\u2068{shown}\u2069"  # isolated: it must not reorder the words around it
    return shown if len(whole) <= LONGEST else f"{shown}… ({len(whole):,} characters)"


def escape(text: object) -> str:
    """`plain(text)` with every character that Markdown or HTML could read as markup made literal."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$~^@\"'&:])", r"\\\1", plain(text))


def code(text: str) -> str:
    """`text` as code within a line; as plain text where it has what ends code."""
    return escape(text) if "`" in text else f"`{visible(one_line(text))}`"  # to be copied: no breaks in words


def code_block(text: str, language: str) -> str:
    """A block of code that nothing in `text` ends."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def unbroken(name: str) -> str:
    """`name` with spaces at which no line breaks, but for those between the values in brackets and before these."""
    return re.sub(r"(?<!,) (?!\()", "\u00a0", name)


def note_on_code_points(markdown: str) -> str:
    """A sentence on the code points in what `escape` made, where there are any; else nothing."""
    found = MARKS.search(markdown.replace("\\", ""))
    if not found:
        return ""
    return f"Characters that show nothing or that the PDF’s fonts lack are given as code points: {escape(found[0])}."


@cache
def _drawable() -> frozenset[int]:
    """The characters of DejaVu Sans Mono, which comes with matplotlib and, for the PDF, with every typst."""
    import matplotlib  # a second, and most names are ASCII
    from matplotlib.ft2font import FT2Font

    path = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSansMono.ttf")
    return frozenset(FT2Font(str(path)).get_charmap())


def _lacks(character: str) -> bool:
    if character.isascii() and character.isprintable():
        return False
    # Marks that belong to no letter of their own can be piled up without end, over the lines above.
    return ord(character) not in _drawable() or unicodedata.combining(character) > 0
