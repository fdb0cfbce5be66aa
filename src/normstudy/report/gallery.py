"""All misclassified images of one run of each model: one card per image, with what every model said, for web pages.

The cards stand in the page as they are; `theme/gallery/gallery.js` adds what filters and sorts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from normstudy.report import disputed
from normstudy.report.gallery_html import Card, Judge, card_item, choice
from normstudy.report.labels import class_names, model_names
from normstudy.report.outcomes import note_on_diverged
from normstudy.report.pixels import is_ink
from normstudy.runs.folder import FinishedRun, wrong
from normstudy.runs.record import RecordedRun

MOST_IMAGES, MOST_ANSWERS = 400, 4_000
"""In a gallery, so that a page stays light; an answer is what one model says of one image."""


def section(runs: Sequence[FinishedRun], theme: Path) -> str:
    """The gallery with a sentence before it, in HTML alone; nothing where no run with a folder has an error.

    `theme`: the folder with the gallery's script and style, which become part of the page.
    """
    shown = [
        (name, run)
        for name, run in zip(model_names(runs), runs, strict=True)
        if not (run.diverged or isinstance(run, RecordedRun))
    ]
    judges = [
        Judge(name, run.predictions["predicted"], run.predictions["predicted_probability"]) for name, run in shown
    ]
    cards = _cards([run for _, run in shown])
    if not cards:
        return ""
    most = min(MOST_IMAGES, MOST_ANSWERS // len(judges))
    classes = class_names(runs[0].config)
    script, style = ((theme / f"gallery/gallery.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    config = runs[0].config
    lines = [
        f"<style>\n{style}</style>",
        '<section class="gallery" aria-label="All misclassified images">',
        *choice(cards[:most], judges, classes),
        '<ul class="gallery-cards" role="list">',
        *(card_item(card, judges, classes, config.evaluate_on, is_ink(config)) for card in cards[:most]),
        "</ul>",
        '<p><button type="button" class="gallery-more" hidden></button></p>',
        "</section>",
        f"<script>\n{script}</script>",
    ]
    body = "\n".join(line for line in lines if line)
    sentence = _sentence(runs, judges, cards, most)
    return f'::: {{.content-visible when-format="html"}}\n{sentence}\n\n```{{=html}}\n{body}\n```\n:::\n'


def _sentence(runs: Sequence[FinishedRun], judges: Sequence[Judge], cards: Sequence[Card], most: int) -> str:
    who = "one run of the model" if len(judges) == 1 else f"at least one of {len(judges)} models (one run of each)"
    are = "image is" if len(cards) == 1 else "images are"
    which = f"Here are the {most} of which a model was surest" if len(cards) > most else "Here are all of them"
    shown = "Here it is" if len(cards) == 1 else f"{which}, the surest error first"
    return (
        f"{len(cards):,} of {len(judges[0].said):,} {runs[0].config.evaluate_on} {are} misclassified by {who}. "
        f"{shown}. Beside each class stands the probability that a model gave it.{_on_disputed(cards[:most])}"
        f"{note_on_diverged(runs)}"
    )


def _on_disputed(cards: Sequence[Card]) -> str:
    several = any(card.dispute for card in cards)
    return f" {disputed.MARK}: {disputed.LEGEND.removeprefix(disputed.MARK).strip()}." if several else ""


def _cards(runs: Sequence[FinishedRun]) -> list[Card]:
    """The images that any of `runs` misclassifies, those first of which one was surest."""
    if not runs:
        return []
    errors = np.array([wrong(run) for run in runs])
    sure = np.array([run.predictions["predicted_probability"] for run in runs])
    surest = np.where(errors, sure, 0).max(axis=0)
    positions = np.flatnonzero(errors.any(axis=0))
    positions = positions[np.argsort(-surest[positions], kind="stable")]
    pictures: dict[int, np.ndarray] = {}
    for run in runs:
        pictures |= dict(zip(run.misclassified["index"].tolist(), run.misclassified["images"], strict=True))
    first, disputes = runs[0].predictions, disputed.disputes(runs[0].config)
    found = []
    for position in positions.tolist():
        index = int(first["index"][position])
        label = int(first["label"][position])
        found.append(Card(position, index, label, pictures[index], disputes.get(index)))
    return found
