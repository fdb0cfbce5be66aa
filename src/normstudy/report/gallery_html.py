"""The HTML of the gallery of misclassified images: its controls and its cards. All text in it is escaped."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from normstudy.report import disputed, markup
from normstudy.report.disputed import Dispute
from normstudy.report.wording import confidence_text, counted

MOST_LISTED = 6
"""Models whose answers are all told of an image; of more, those that are right are counted."""


@dataclass(frozen=True)
class Judge:
    """A run whose answers are shown: its name, and for every evaluated image the class it said and how surely."""

    name: str
    said: np.ndarray
    sure: np.ndarray


@dataclass(frozen=True)
class Card:
    """An image that some model misclassifies; `position` among the evaluated ones, `index` in the data set."""

    position: int
    index: int
    label: int
    pixels: np.ndarray
    dispute: Dispute | None


def choice(cards: Sequence[Card], judges: Sequence[Judge], classes: Sequence[str]) -> list[str]:
    """The controls, which only the script shows."""
    labels = sorted({card.label for card in cards})
    said = sorted({int(j.said[card.position]) for card in cards for j in judges} & set(range(len(classes))))
    said = [k for k in said if any(j.said[card.position] == k != card.label for card in cards for j in judges)]
    controls = []
    if len(judges) > 1:
        models = [(str(number), judge.name) for number, judge in enumerate(judges)]
        controls.append(_select("misclassified by", "model", [("", "any model"), *models]))
    controls.append(_select("true class", "label", [("", "any"), *((str(k), classes[k]) for k in labels)]))
    controls.append(_select("taken for", "said", [("", "any"), *((str(k), classes[k]) for k in said)]))
    if any(card.dispute for card in cards):
        kinds = [("", "disputed or not"), ("yes", "disputed"), ("no", "not disputed")]
        controls.append(_select("label", "disputed", kinds))
    orders = [("surest", "surest error first"), ("unsurest", "least sure error first"), ("index", "number in the data")]
    controls.append(_select("order", "order", orders))
    return [
        '<form class="gallery-choice" hidden>',
        *controls,
        '<button type="reset">Show all</button>',
        "</form>",
        '<p class="gallery-count" role="status"></p>',
    ]


def _select(text: str, name: str, options: Sequence[tuple[str, str]]) -> str:
    inner = "".join(f'<option value="{value}">{_text(shown)}</option>' for value, shown in options)
    return f'<label>{text} <select name="{name}" autocomplete="off">{inner}</select></label>'


def card_item(card: Card, judges: Sequence[Judge], classes: Sequence[str], images: str, as_ink: bool = True) -> str:
    """A list item with the picture, its alternative text and all answers; numbers that filter it as attributes.

    `images`: the name of the evaluated ones, such as `test`; `as_ink`: whether grey ones are shown dark on white.
    """
    said = [int(judge.said[card.position]) for judge in judges]
    sure = [float(judge.sure[card.position]) for judge in judges]
    true = classes[card.label]
    mark = f" {disputed.MARK}" if card.dispute else ""
    alt = f"Image number {card.index} of the {images} images, by its label of class {true}."
    marked = ' data-disputed="yes"' if card.dispute else ""
    numbers = f'data-said="{" ".join(map(str, said))}" data-sure="{" ".join(f"{p:.4f}" for p in sure)}"'
    return (
        f'<li data-index="{card.index}" data-label="{card.label}" {numbers}{marked}><figure>'
        f'<img src="{_data_address(card.pixels, as_ink)}" width="84" height="84" alt="{_text(alt)}">'
        f"<figcaption><b>true {_text(true)}</b>{mark} <small>no. {card.index}</small>"
        f"<ul>{_answers(card.label, said, sure, judges, classes)}</ul>{_votes(card.dispute, classes)}"
        "</figcaption></figure></li>"
    )


def _answers(
    label: int, said: Sequence[int], sure: Sequence[float], judges: Sequence[Judge], classes: Sequence[str]
) -> str:
    items, right = [], 0
    for judge, answer, probability in zip(judges, said, sure, strict=True):
        name, told = _text(judge.name), _text(classes[answer])
        if answer != label:
            items.append(f"<li>{name}: <b>{told}</b> ({_percent(probability)})</li>")
        elif len(judges) <= MOST_LISTED:
            items.append(f"<li>{name}: {told}, right ({_percent(probability)})</li>")
        else:
            right += 1
    if right:
        items.append(f"<li>{counted(right, 'model')} right</li>")
    return "".join(items)


def _votes(dispute: Dispute | None, classes: Sequence[str]) -> str:
    if dispute is None:
        return ""
    votes = dispute.for_label + dispute.for_other + dispute.for_neither
    label, other = _text(classes[dispute.label]), _text(classes[dispute.other])
    rest = f", {dispute.for_neither} both or neither" if dispute.for_neither else ""
    chosen = f"of {votes} people {dispute.for_label} chose {label}, {dispute.for_other} chose {other}{rest}"
    return f"<small>{disputed.MARK} label disputed: {chosen}</small>"


def _data_address(pixels: np.ndarray, as_ink: bool) -> str:
    """`pixels` (h, w), or (h, w, 3), as a PNG within the page, as they are in the figures."""
    data = io.BytesIO()
    Image.fromarray(255 - pixels if as_ink and pixels.ndim == 2 else pixels).save(data, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def _percent(probability: float) -> str:
    return html.escape(confidence_text(probability)).replace(" ", "\u00a0")


def _text(text: str) -> str:
    return html.escape(markup.plain(text))
