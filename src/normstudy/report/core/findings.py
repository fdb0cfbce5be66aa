"""Findings in words, each with the condition that has to hold for it.

A page calls `finding` in a hidden cell just before the paragraph and puts the result at the end of the sentence. Where
the record does not support the sentence, a strict render (`NORMSTUDY_FINDINGS=stop`, as the published site is made)
stops and names page and sentence; any other render marks the sentence, for a reader who trained the study again.
"""

from __future__ import annotations

import os

from IPython.display import Markdown

from normstudy.errors import NormstudyError

VARIABLE = "NORMSTUDY_FINDINGS"
"""Of the environment: `stop` for strict renders."""


class FindingError(NormstudyError):
    """A sentence of a page is no longer supported by the record."""


def finding(sentence: str, holds: bool) -> Markdown:
    """Nothing to see where the `sentence` `holds`; else a mark, or in a strict render a `FindingError`."""
    if bool(holds):
        return Markdown(" ")  # for an empty text Quarto prints the code
    if os.environ.get(VARIABLE) == "stop":
        raise FindingError(f"{_page()}: no longer supported by the record: “{sentence}”")
    return Markdown(" **[These runs do not support this sentence.]**")


def _page() -> str:
    """The page that is being rendered, as Quarto (and the preview) name it to the cells."""
    return os.environ.get("QUARTO_DOCUMENT_FILE", "this page")
