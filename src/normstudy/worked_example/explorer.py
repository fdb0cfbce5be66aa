"""The explorer: the worked example in the page, to be changed by its reader, forward and backward.

Its HTML, style and scripts lie in `theme/explorer/`; the example's numbers and what is constant in them come from here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from normstudy.worked_example.definition import BETA, DEFINITIONS, GAMMA, IMAGES, NORMALIZATIONS, Normalization
from normstudy.worked_example.panels import HUES
from normstudy.worked_example.running import MOMENTUM

COMPUTING = (
    "rational", "exact", "text", "shape", "sets", "forward", "backward", "running", "state", "link", "steps", "code",
)  # fmt: skip
"""The scripts that know of no page, each after those that it uses."""

SHOWING = (
    "dom",
    "grid",
    "wording",
    "colours",
    "cube",
    "grids",
    "strips",
    "plot",
    "channels",
    "view",
    "listen",
    "explorer",
)

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
    """The explorer with a sentence before it, in HTML; on paper a sentence that says where it is.

    `theme`: the folder with its parts, which become part of the page. Until its script runs, nothing of it is seen.
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
    in_page = (
        "Here the example can be changed. Choose a normalization, and a value by mouse, finger or arrow keys: what "
        "shares its mean is framed, and solid in the block. Type another number, or slide, and everything follows, in "
        "exact fractions and roots where these are short, with the lines of PyTorch that compute them."
    )
    on_paper = (
        "In the web page, the example's numbers can be changed here, and all that follows from them is computed "
        "exactly, forward and backward. The figures and tables below show it for the numbers as given."
    )
    return (
        f'::: {{.content-visible when-format="html"}}\n{in_page}\n\n```{{=html}}\n{body}\n```\n:::\n\n'
        f'::: {{.content-hidden when-format="html"}}\n{on_paper}\n:::\n'
    )


def link(**parts: str | int | Sequence[int]) -> str:
    """What stands behind the # of an address for a state of the example's shape with these parts (`link.js`)."""
    texts = ["explorer"]
    for name, value in parts.items():
        numbers = [value] if isinstance(value, str | int) else value
        texts.append("_".join([name, *(str(each).replace("-", "n") for each in numbers)]))
    return "-".join(texts)


def script(theme: Path, names: Sequence[str] = (*COMPUTING, *SHOWING)) -> str:
    """The scripts `names` of `theme` as one, with a scope of its own: a page from the disk can load no modules."""
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
