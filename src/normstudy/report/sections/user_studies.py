"""Links to the pages of the user's own studies, which lead the report."""

from __future__ import annotations

import json
import os

from normstudy.report.core.literal import escape

VARIABLE = "NORMSTUDY_STUDIES"
"""Of the environment: a JSON list of `{"title": …, "page": …, "answer": …}`, with pages relative to the report."""


def section() -> str:
    """A heading and a line per study; nothing where there is none."""
    studies = json.loads(os.environ.get(VARIABLE) or "[]")
    if not studies:
        return ""
    lines = [
        f"- [{escape(study['title'])}]({study['page']})" + (f": {study['answer']}" if study.get("answer") else "")
        for study in studies
    ]
    return "\n".join(["## Your studies {#sec-studies}", "", *lines, ""])
