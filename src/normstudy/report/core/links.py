"""Links from the report to the pages of the site, where it is made together with them."""

from __future__ import annotations

import os

STUDIES = {
    "batch-size": "How large a batch?",
    "statistics-batch": "How many images share the statistics?",
    "learning-rate": "Which learning rates?",
    "regularization": "Normalization or penalty?",
    "without-normalization": "Without normalization",
    "groups": "How many groups?",
    "inside": "Inside the networks",
    "seeds": "How much of a difference is luck?",
    "chance": "Where the spread comes from",
    "pairing": "The same batches and weights?",
    "voting": "A vote of three",
    "speed": "How fast?",
    "model-size": "Error against model size",
    "tuning": "How the recipes were tuned",
    "faults": "Faults",
    "claims": "Public claims",
}
"""By the name of a study's page, what the report calls it."""


def is_site() -> bool:
    """Whether the report is rendered together with the pages of the site (`NORMSTUDY_SITE=1`)."""
    return os.environ.get("NORMSTUDY_SITE") == "1"


def page(path: str, title: str) -> str:
    """A link to a page of the site, by its path in the project; its title in italics where the site is not made."""
    return f"[{title}]({path})" if is_site() else f"*{title}*"


def study(name: str) -> str:
    """A link to the page of a published study."""
    return page(f"analysis/studies/{name}.qmd", STUDIES[name])
