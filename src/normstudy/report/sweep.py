"""The section of a study that has none of its own: a table and a picture over what it varies."""

from __future__ import annotations

from normstudy.report.markup import escape
from normstudy.runs.record import RecordedStudy


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading."""
    return f"### {escape(study.title)} {{#sec-{study.name.replace('_', '-')}}}\n"
