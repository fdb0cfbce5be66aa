"""The HTML of the networks in the page: the parts that its scripts fill, each a raw block, hidden until they run."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path

from normstudy.report.pages.networks import Networks, page_data

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
"""In `theme/networks/`, each before those that use it: together they are one script."""


def drawing(networks: Networks, theme: Path) -> str:
    """The pad, the examples and the answers; with the style of all parts, from the folder `theme`."""
    style = (theme / "networks/networks.css").read_text(encoding="utf-8")
    heads = {"wrong": "Misclassified test images", "right": f"{networks.right} that all classify correctly"}
    examples = [
        f'<fieldset class="networks-examples"><legend>{html.escape(head[0].upper() + head[1:])}</legend>'
        f'<div data-kind="{kind}"></div></fieldset>'
        for kind, head in heads.items()
    ]
    return _part(
        "Draw a digit",
        '<div class="networks-input">',
        '<div class="networks-drawing"><div class="networks-pad" role="application" tabindex="0" '
        'aria-label="Drawing pad" aria-describedby="networks-keys">'
        '<p class="networks-note" aria-hidden="true">Draw here.</p>'
        '<svg viewBox="0 0 28 28" aria-hidden="true" focusable="false"><circle cx="14" cy="14" r="1.2"/></svg></div>',
        '<div class="networks-buttons"><button type="button" class="networks-undo">Undo stroke</button>'
        '<button type="button" class="networks-clear">Clear</button></div></div>',
        '<div class="networks-answer"><span class="networks-frame"><canvas class="networks-seen networks-ink" '
        'role="img" aria-label="The image as the networks get it"></canvas></span>'
        '<p class="networks-result" role="status"></p></div>',
        f'<div class="networks-choose">{"".join(examples)}</div>',
        '<p class="networks-note networks-keys networks-by-keys" id="networks-keys">With keys: arrows move (Home, End, '
        "Page Up and Page Down diagonally, Shift three steps at once), Space sets the pen down and lifts it, Backspace "
        "removes a stroke.</p>",
        '<p class="networks-hidden" role="status"><span class="networks-pad-position"></span></p>',
        "</div>",
        '<div class="networks-answers"></div>',
        before=f"<style>\n{style}</style>\n",
    )


def activations(networks: Networks) -> str:
    """One channel before and after a normalization of each network."""
    layers = max(len(each.normalizations) for each in networks.looks.values())
    channels = max(run.config.channels for run in networks.runs.values())
    modes = [("test", "at test time"), ("training", "in training mode, in the batch below")]
    return _part(
        "Before and after a normalization",
        '<div class="networks-choice">',
        _select("normalization", "layer", _numbered(layers)),
        _select("channel", "channel", _numbered(channels)),
        _select("statistics", "mode", modes),
        "</div>",
        '<div class="networks-cards"></div>',
        '<p class="networks-hidden" role="status"><span class="networks-channel-result"></span></p>',
        name="activations",
    )


def batch(networks: Networks) -> str:
    """The batch that the reader fills, in which the network with BN answers otherwise."""
    name = html.escape(_with_bn(networks))
    return _part(
        "A batch in training mode",
        '<div class="networks-question"><span class="networks-frame"><canvas class="networks-asked networks-ink" '
        'role="img" aria-label="The image in question"></canvas></span><p class="networks-note">This image, in '
        "training mode, in one batch with those that you choose.</p></div>",
        '<fieldset><legend>Its neighbours</legend><p class="networks-note networks-by-keys">'
        "With keys: arrows move, Space chooses.</p>"
        '<div class="networks-pool"></div></fieldset>',
        '<div class="networks-buttons">'
        f'<button type="button" data-action="search">Find some that change {name}</button>'
        '<button type="button" data-action="random">7 at random</button>'
        '<button type="button" data-action="drawing">Add my drawing</button>'
        '<button type="button" data-action="none">No neighbours</button></div>',
        '<p class="networks-batch-result" role="status"></p>',
        '<div class="networks-moved"></div>',
        name="batch",
    )


def script(networks: Networks, theme: Path) -> str:
    """The data and the scripts, from the folder `theme`: behind all parts."""
    # No text in it may end the element that it stands in.
    text = json.dumps(page_data(networks), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    parts = [(theme / f"networks/{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    code = '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"
    data = f'<script type="application/json" class="networks-data">{text}</script>'
    return f"```{{=html}}\n{data}\n<script>\n{code}</script>\n```\n"


def _with_bn(networks: Networks) -> str:
    return next(name for name, run in networks.runs.items() if run.config.norm == "bn")


def _part(label: str, *lines: str, name: str = "draw", before: str = "") -> str:
    without = (
        '<p class="networks-without">The networks run in your browser, which needs scripts for it. '
        '<a href="#fig-networks">A figure</a> shows the answers to one image.</p>'
    )
    section = f'<section class="networks networks-{name}" aria-label="{label}" hidden>'
    body = "\n".join([f"{before}{without if name == 'draw' else ''}", section, *lines, "</section>"])
    return f"```{{=html}}\n{body.strip()}\n```\n"


def _select(label: str, name: str, options: Sequence[tuple[str, str]]) -> str:
    inner = "".join(f'<option value="{value}">{text}</option>' for value, text in options)
    return f'<label>{label} <select name="{name}" autocomplete="off">{inner}</select></label>'


def _numbered(count: int) -> list[tuple[str, str]]:
    return [(str(at), str(at + 1)) for at in range(count)]
