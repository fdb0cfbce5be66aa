"""Misclassified images as cards, in HTML: all of one run of each model to filter and sort, and the hardest ones.

The cards stand in the page as they are; `theme/gallery/gallery.js` adds what filters and sorts them.
"""

from __future__ import annotations

import base64
import html
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from normstudy.report.core import images
from normstudy.report.core.text import confidence
from normstudy.report.pages.answers import Answers


def gallery(answers: Answers, theme: Path) -> str:
    """Every image that a model of `answers.shown` misclassifies, the most confident error first, as a raw block.

    `theme`: the folder with the gallery's script and style, which become part of the page.
    """
    runs = [run.predictions for run in answers.shown.values()]
    predicted, sure = (np.array([run[name] for run in runs]) for name in ("predicted", "predicted_probability"))
    wrong = predicted != answers.label
    highest = np.where(wrong, sure, 0).max(axis=0)
    order = np.argsort(-highest, kind="stable")[: wrong.any(axis=0).sum()]
    cards = [_gallery_card(answers, at, predicted[:, at], sure[:, at]) for at in order]
    script, style = ((theme / f"gallery/gallery.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    labels, taken = answers.label[order], predicted[wrong]
    disputed = [("yes", "disputed"), ("no", "not disputed")]
    orders = [("most", "most confident error first"), ("least", "least confident error first"), ("index", "number")]
    controls = [
        _select("misclassified by", "model", [("", "any model"), *_numbered(answers.shown)]),
        _select("true class", "label", [("", "any"), *_classes(answers, labels)]),
        _select("predicted class", "predicted", [("", "any"), *_classes(answers, taken)]),
        _select("label", "disputed", [("", "disputed or not"), *disputed]),
        _select("order", "order", orders),
    ]
    return _raw(
        f"<style>\n{style}</style>",
        '<section class="gallery" aria-label="All misclassified images">',
        '<form class="gallery-choice" hidden>',
        *controls,
        '<button type="reset">Show all</button>',
        "</form>",
        '<p class="gallery-count" role="status"></p>',
        f'<ul class="gallery-cards" role="list">{"".join(cards)}</ul>',
        '<p><button type="button" class="gallery-more" hidden></button></p>',
        "</section>",
        f"<script>\n{script}</script>",
    )


def hardest(answers: Answers, positions: Sequence[int]) -> str:
    """Cards of the images at `positions`: how many runs misclassify them, and as what; a raw block.

    It has the style of the `gallery`, which stands on the same page. A grey field stands for an image that is not
    among `answers.pictures`.
    """
    runs = len(answers.runs)
    cards = []
    for at in positions:
        given = Counter(answers.predicted[answers.wrong[:, at], at].tolist()).most_common(3)
        taken = ", ".join(f"{html.escape(answers.classes[label])}:&nbsp;{times}" for label, times in given)
        lines = [f"wrong: {answers.wrong[:, at].sum()} of {runs}", f"as {taken}"]
        cards.append(_card(answers, at, "".join(f"<li>{line}</li>" for line in lines)))
    return _raw(f'<div class="gallery"><ul class="gallery-cards gallery-small" role="list">{"".join(cards)}</ul></div>')


def _gallery_card(answers: Answers, at: int, predicted: np.ndarray, sure: np.ndarray) -> str:
    lines = []
    for name, label, probability in zip(answers.shown, predicted.tolist(), sure, strict=True):
        given = html.escape(answers.classes[label])
        shown = f"{given}, right" if label == answers.label[at] else f"<b>{given}</b>"
        sure_of_it = html.escape(confidence(probability)).replace(" ", "&nbsp;")
        lines.append(f"<li>{html.escape(name)}: {shown} ({sure_of_it})</li>")
    numbers = (
        f' data-index="{answers.index[at]}" data-label="{answers.label[at]}"'
        f' data-predicted="{" ".join(map(str, predicted))}" data-sure="{" ".join(f"{p:.4f}" for p in sure)}"'
    )
    return _card(answers, at, "".join(lines), numbers)


def _card(answers: Answers, at: int, lines: str, attributes: str = "") -> str:
    index, true = int(answers.index[at]), html.escape(answers.classes[answers.label[at]])
    mark = ""
    if images.is_disputed(index, answers.config):
        votes = images.disputes()[index]
        other, rest = html.escape(answers.classes[votes["other"]]), votes["for_neither"]
        lines += (
            f"<li>{images.MARK} of 5 people {votes['for_label']} chose {true}, {votes['for_other']} chose {other}"
            f"{f', {rest} both or neither' if rest else ''}</li>"
        )
        mark, attributes = f" {images.MARK}", f'{attributes} data-disputed="yes"'
    picture = '<span class="gallery-image">not kept</span>'
    if index in answers.pictures:
        alt = f"Test image number {index}, labelled {true}."
        address = _address(answers.pictures[index])
        picture = f'<img class="gallery-image" src="{address}" width="84" height="84" alt="{alt}">'
    return (
        f"<li{attributes}>{picture}<div><b>true {true}</b>{mark} <small>no. {index}</small><ul>{lines}</ul></div></li>"
    )


def _address(pixels: np.ndarray) -> str:
    """Bytes (h, w), bright strokes, as a PNG of dark ink within the page."""
    data = io.BytesIO()
    Image.fromarray(255 - pixels).save(data, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def _classes(answers: Answers, labels: np.ndarray) -> list[tuple[str, str]]:
    return [(str(label), answers.classes[label]) for label in np.unique(labels)]


def _numbered(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(str(at), name) for at, name in enumerate(names)]


def _select(text: str, name: str, options: Sequence[tuple[str, str]]) -> str:
    inner = "".join(f'<option value="{value}">{html.escape(shown)}</option>' for value, shown in options)
    return f'<label>{text} <select name="{name}" autocomplete="off">{inner}</select></label>'


def _raw(*lines: str) -> str:
    """A block of HTML."""
    return "```{=html}\n" + "\n".join(lines) + "\n```\n"
