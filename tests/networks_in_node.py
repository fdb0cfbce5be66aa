"""The arithmetic of the networks in the page, carried out by node, without a page."""

import base64

from galleries import THEME
from node import run_in_node

from normstudy.report.pages.networks_html import SCRIPTS

COMPUTES = [*SCRIPTS[: SCRIPTS.index("digit") + 1], "search"]

DRIVER = """
const given = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
"""


def in_node(program, given):
    """What the JavaScript `program` gives to `answer`, having `given`, all functions, and `bytes` of base64."""
    parts = [(THEME / f"networks/{name}.js").read_text(encoding="utf-8") for name in COMPUTES]
    source = "\n".join(
        ['"use strict";', *parts, DRIVER, "const answer = (value) => console.log(JSON.stringify(value));", program]
    )
    return run_in_node(source, given)


def packed(images):
    """Images of bytes (n, h, w) as the scripts get them."""
    return [base64.b64encode(image.tobytes()).decode() for image in images]
