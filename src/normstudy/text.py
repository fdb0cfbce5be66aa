"""Text that came from elsewhere (a file's name, a processor's), made so that all of it can be seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import groupby

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that show nothing, reorder their neighbours, or mean nothing."""

MARKS = re.compile(r"\[U\+[0-9A-F]{4,6}(?: U\+[0-9A-F]{4,6})*\]")
"""What stands for characters that are not shown, such as `[U+202E]`."""


def visible(text: object, lacks: Callable[[str], bool] | None = None, keep: str = "\n") -> str:
    """`text` with every character that cannot be seen, or that `lacks` is true of, as its code point: `[U+202E]`.

    Characters in `keep` stay as they are.
    """
    if not lacks and str(text).isprintable():
        return str(text)
    parts = []
    for hidden, group in groupby(
        str(text), lambda each: each not in keep and (_is_hidden(each) or (lacks is not None and lacks(each)))
    ):
        characters = "".join(group)
        parts.append(f"[{' '.join(f'U+{ord(each):04X}' for each in characters)}]" if hidden else characters)
    return "".join(parts)


def one_line(text: object) -> str:
    """`text` without breaks between lines, such as some libraries put into their messages."""
    return " ".join(str(text).split())


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in HIDDEN
