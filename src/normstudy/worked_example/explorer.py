"""The explorer: the worked example in the page, which the reader can change, forward and backward.

Its HTML, style and scripts are in `theme/explorer/`; the numbers of the example and the list of methods come from here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from normstudy.worked_example.definition import BETA, DEFINITIONS, GAMMA, IMAGES, NORMALIZATIONS, Normalization
from normstudy.worked_example.sets import HUES
from normstudy.worked_example.test_time import MOMENTUM

COMPUTING = (
    "rational", "exact", "text", "shape", "sets", "forward", "backward", "running", "state", "link", "steps", "code",
)  # fmt: skip
"""The scripts that compute and use no page, each after those that it uses."""

SHOWING = (
    "dom", "grid", "wording", "colours", "cube", "grids", "strips", "plot", "channels", "view", "listen", "explorer",
)  # fmt: skip
"""The scripts that draw and listen, likewise."""

METHODS = {
    "bn": ("BN", NORMALIZATIONS["bn"]),
    "ln": ("LN", NORMALIZATIONS["ln"]),
    "gn1": ("GN, G = 1", Normalization(shared=NORMALIZATIONS["gn"].shared, groups=1)),
    "gn2": ("GN, G = 2", Normalization(shared=NORMALIZATIONS["gn"].shared, groups=2)),
    "gn4": ("GN, G = 4", Normalization(shared=NORMALIZATIONS["gn"].shared, groups=4)),
    "in": ("IN", NORMALIZATIONS["in"]),
    # One mean per position, over the channels: nn.LayerNorm(C) on (N, H, W, C), as in Liu et al. 2022, arXiv:2201.03545
    "ln2d": ("LayerNorm2d", DEFINITIONS["ln2d"]),
    # Zhang & Sennrich 2019, arXiv:1910.07467, over an image as LN; nothing is subtracted
    "rms": ("RMSNorm", NORMALIZATIONS["ln"]),
}
"""What can be chosen: its name there, and which values share a mean and a variance, or a mean square."""


def section(theme: Path) -> str:
    """The explorer as a block of HTML. `theme`: the folder with its parts, which become part of the page.

    Without scripts, and on paper, a sentence says where to find the same numbers.
    """
    parts = theme / "explorer"
    style, skeleton = ((parts / f"explorer.{kind}").read_text(encoding="utf-8") for kind in ("css", "html"))
    body = "\n".join(
        [
            f"<style>\n{style}</style>",
            skeleton.rstrip(),
            f'<script type="application/json">{data()}</script>',
            f"<script>\n{script(theme)}</script>",
        ]
    )
    return f"```{{=html}}\n{body}\n```\n"


def link(**parts: str | int | Sequence[int]) -> str:
    """The part of an address after # for a state of the example's shape with these parts (`link.js`)."""
    texts = ["explorer"]
    for name, value in parts.items():
        numbers = [value] if isinstance(value, str | int) else value
        texts.append("_".join([name, *(str(each).replace("-", "n") for each in numbers)]))
    return "-".join(texts)


def script(theme: Path, names: Sequence[str] = (*COMPUTING, *SHOWING)) -> str:
    """The scripts `names` of `theme` as one script with its own scope: a page from the disk cannot load modules."""
    sources = [(theme / f"explorer/{name}.js").read_text(encoding="utf-8") for name in names]
    return '(() => {\n"use strict";\n' + "\n".join(sources) + "})();\n"


def data() -> str:
    """What the scripts take from the example, as JSON: numbers are texts such as `1/2`."""
    found = {
        "shape": list(IMAGES.shape),
        "x": [str(int(value)) for value in IMAGES.flatten()],
        "gamma": list(map(str, GAMMA)),
        "beta": list(map(str, BETA)),
        "momentum": str(MOMENTUM),
        "hues": HUES,
        "methods": [
            {"id": key, "name": name, "shared": of.shared, "groups": of.groups or 0, "keeps": "N" in of.shared}
            | {"centred": key != "rms"}
            for key, (name, of) in METHODS.items()
        ],
    }
    return json.dumps(found, ensure_ascii=False)
