"""The HTML of the part of the page in which networks run: the frame that its scripts fill. All text is escaped."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SCRIPTS = (
    "dom",
    "tensor",
    "normalize",
    "network",
    "digit",
    "pictures",
    "pad",
    "examples",
    "answers",
    "activations",
    "neighbours",
    "search",
    "batch",
    "start",
)
"""In `theme/networks/`, each before those that use it: together they are one script, whose names are its own."""


def script(theme: Path) -> str:
    """The scripts of `theme` as one."""
    parts = [(theme / f"networks/{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def frame(data: dict[str, Any], theme: Path, normalizations: int, channels: int, training: str) -> str:
    """The part with its style, its data and its script, hidden until this runs.

    `training`: the name of a network that answers otherwise in training mode; empty where there is none, and then the
    reader fills no batch.
    """
    style = (theme / "networks/networks.css").read_text(encoding="utf-8")
    # No text in it may end the element that it stands in.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    kinds = {example["kind"] for example in data["examples"]}
    lines = [
        f"<style>\n{style}</style>",
        '<section class="networks" aria-label="Our networks, to try" hidden>',
        *_input(kinds, data["images"]),
        '<div class="scroll networks-scroll"><table class="networks-answers">',
        "<caption>What each network says: the probability of every class, at test time.</caption></table></div>",
        *_activations(normalizations, channels, bool(training)),
        *(_batch(training) if training else []),
        f'<script type="application/json" class="networks-data">{text}</script>',
        "</section>",
        f"<script>\n{script(theme)}</script>",
    ]
    return "\n".join(lines)


def _input(kinds: set[str], images: str) -> list[str]:
    heads = {
        "wrong": f"Misclassified {images} images",
        "right": f"{images.capitalize()} images that all get right",
    }
    groups = [
        f'<fieldset class="networks-examples"><legend>{html.escape(head)}</legend>'
        f'<div data-kind="{kind}"></div></fieldset>'
        for kind, head in heads.items()
        if kind in kinds
    ]
    return [
        '<div class="networks-input">',
        '<div class="networks-drawing"><div class="networks-pad" role="application" tabindex="0" '
        'aria-label="Drawing pad" aria-describedby="networks-keys">'
        '<p class="networks-note" aria-hidden="true">Draw here.</p>'
        '<svg viewBox="0 0 28 28" aria-hidden="true" focusable="false"><circle cx="14" cy="14" r="1.2"/></svg></div>',
        '<div class="networks-buttons"><button type="button" class="networks-undo">Undo stroke</button>'
        '<button type="button" class="networks-clear">Clear</button></div></div>',
        '<div class="networks-answer"><span class="networks-frame"><canvas class="networks-seen networks-ink" '
        'role="img" aria-label="The image as the networks get it"></canvas></span>'
        '<p class="networks-said" role="status"></p></div>',
        f'<div class="networks-choose">{"".join(groups)}</div>',
        '<p class="networks-note networks-keys networks-by-keys" id="networks-keys">With keys: arrows move (Home, End, '
        "Page Up and Page Down on a slant, Shift three steps at once), Space sets the pen down and lifts it, Backspace "
        "takes a stroke back.</p>",
        '<p class="networks-hidden" role="status"><span class="networks-pad-said"></span></p>',
        "</div>",
    ]


def _activations(normalizations: int, channels: int, has_batch: bool) -> list[str]:
    def select(label: str, name: str, options: Sequence[tuple[str, str]]) -> str:
        inner = "".join(f'<option value="{value}">{text}</option>' for value, text in options)
        return f'<label>{label} <select name="{name}" autocomplete="off">{inner}</select></label>'

    def numbered(count: int) -> list[tuple[str, str]]:
        return [(str(at), str(at + 1)) for at in range(count)]

    modes = [("test", "at test time"), ("training", "training, in the batch below")]
    return [
        '<div class="networks-activations">',
        "<h4>Before and after a normalization</h4>",
        '<p class="networks-note">Orange is positive, violet negative, and the strongest colour of a picture its '
        "largest value.</p>",
        '<div class="networks-choice">',
        select("normalization", "layer", numbered(normalizations)),
        select("channel", "channel", numbered(channels)),
        select("statistics", "mode", modes) if has_batch else "",
        "</div>",
        '<div class="networks-cards"></div>',
        '<p class="networks-hidden" role="status"><span class="networks-channel-said"></span></p>',
        "</div>",
    ]


def _batch(name: str) -> list[str]:
    shown = html.escape(name)
    return [
        '<div class="networks-batch">',
        "<h4>Make BN change its mind</h4>",
        '<div class="networks-question"><span class="networks-frame"><canvas class="networks-asked networks-ink" '
        'role="img" aria-label="The image in question"></canvas></span><p class="networks-note">This image, in '
        "training mode, in one batch with those that you choose. The weights stay as they are.</p></div>",
        '<fieldset><legend>Its neighbours</legend><p class="networks-note networks-by-keys">'
        "With keys: arrows move, Space chooses.</p>"
        '<div class="networks-pool"></div></fieldset>',
        '<div class="networks-buttons">'
        f'<button type="button" data-action="search">Find some that change {shown}</button>'
        '<button type="button" data-action="random">7 at random</button>'
        '<button type="button" data-action="drawing">Add my drawing</button>'
        '<button type="button" data-action="none">No neighbours</button></div>',
        '<p class="networks-batch-said" role="status"></p>',
        '<div class="scroll networks-scroll"><table class="networks-moved">',
        "<caption>What each network says of the image, and how far any probability moves.</caption></table></div>",
        "</div>",
    ]
