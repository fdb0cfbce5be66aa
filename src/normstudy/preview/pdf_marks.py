"""What typst writes into a PDF, in words that every viewer takes."""

from __future__ import annotations

SUSPECTS = b"/Suspects false"


def without_suspects(pdf: bytes) -> bytes:
    """`pdf` without saying that its tags are not suspect, which is meant where nothing is said (ISO 32000-1, 14.7.1).

    Poppler calls it an error if it is said. Blanks stand in its place, so that all offsets stay.
    """
    return pdf.replace(SUSPECTS, b" " * len(SUSPECTS))
