"""Drawings of matplotlib's as small as they can be without a visible difference.

A drawing is a file that the PDF and README.md take, and in a web page it becomes part of the page
(`preview/assets/drawings.lua`). Its letters are outlines, which all drawings name alike: a page needs each only once.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"

DECIMALS = 2
"""Of a point, 1/72 inch: what a hundredth is more or less cannot be seen."""

GLYPH = re.compile(r"DejaVuSans(?:-?(\w*?))-([0-9a-f]+)")
"""The name of a letter's outline: font, and number in it."""

_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
_MOVED = re.compile(r"translate\((\S+) (\S+)\)")
_IMAGE = re.compile(r"data:image/png;base64,\s*")


def compact(text: str) -> str:
    """An SVG `text` of matplotlib's without what does not show."""
    root = ElementTree.fromstring(text)
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', text))
    outlines: dict[str, str] = {}
    body = "".join(_written(child, used, outlines) for child in root)
    head = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": _points(root.get("width", "")),
        "height": _points(root.get("height", "")),
        "viewBox": _rounded(root.get("viewBox", "")),
        "stroke-linejoin": "round",  # what matplotlib says in a style sheet, which would be one of the whole page
    }
    return f"<svg{_attributes(head)}><defs>{''.join(outlines.values())}</defs>{body}</svg>\n"


def _written(node: ElementTree.Element, used: set[str], outlines: dict[str, str]) -> str:
    """`node` and what is in it; letters' outlines are put into `outlines`, by their names."""
    tag = node.tag.removeprefix(SVG) if isinstance(node.tag, str) else ""
    if tag in ("", "metadata", "style"):
        return ""
    attributes = dict(_kept(node, tag, used))
    name = attributes.get("id", "")
    if tag == "path" and name.startswith("g-"):
        outlines[name] = f"<path{_attributes(attributes)}/>"
        return ""
    inner = "".join(_written(child, used, outlines) for child in node)
    if tag == "g":
        inner = _styled_once(node, attributes, inner)
    if tag in ("defs", "g") and not (inner and (attributes or tag == "defs")):
        return inner
    return f"<{tag}{_attributes(attributes)}>{inner}</{tag}>" if inner else f"<{tag}{_attributes(attributes)}/>"


def _kept(node: ElementTree.Element, tag: str, used: set[str]) -> Iterator[tuple[str, str]]:
    """The attributes of `node` that are needed, in their shortest form."""
    for name, value in node.attrib.items():
        if name == "id":
            if value in used:
                yield "id", _name(value)
        elif name == HREF:
            yield "href", _picture(value) if tag == "image" else f"#{_name(value[1:])}"
        elif name == "style":
            yield "style", _style(value)
        elif name == "transform" and tag == "use" and (moved := _MOVED.fullmatch(value)):
            yield from ((axis, _rounded(by, 1)) for axis, by in zip("xy", moved.groups(), strict=True) if float(by))
        elif name == "transform":
            yield "transform", re.sub(r"(\w+)\((.*?)\)", _transform, value)
        elif name == "d":
            yield "d", _path(value, 0 if GLYPH.fullmatch(node.get("id", "")) else DECIMALS)
        elif name in ("x", "y", "width", "height"):
            yield name, _rounded(value)
        else:
            yield name, value


def _styled_once(node: ElementTree.Element, attributes: dict[str, str], inner: str) -> str:
    """`inner` of a group of several marks; the style that all have becomes one of the group's `attributes`."""
    styles = {child.get("style") for child in node}
    if "style" in attributes or len(node) < 2 or len(styles) > 1 or None in styles:
        return inner
    if any(child.tag != f"{SVG}use" for child in node):
        return inner
    attributes["style"] = _style(styles.pop() or "")
    return inner.replace(f' style="{attributes["style"]}"', "")


def _name(name: str) -> str:
    return GLYPH.sub(lambda match: f"g-{match[1]}{match[2]}", name)


def _style(text: str) -> str:
    text = re.sub(r"([:;]) +", r"\1", text.strip())
    text = re.sub(r"#[0-9a-fA-F]{6}\b", lambda match: match[0].lower(), text)
    return re.sub(r"(?<![#\w.])\d*\.\d+", lambda match: _rounded(match[0], 3), text)


def _transform(match: re.Match[str]) -> str:
    decimals = 6 if match[1] in ("scale", "matrix") else DECIMALS
    return f"{match[1]}({_rounded(match[2], decimals)})"


def _path(text: str, decimals: int) -> str:
    """Path data without blanks, and with each command once where it is repeated."""
    written, before = [], ""
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", text):
        values = _rounded(" ".join(numbers.split()), decimals)
        repeated = command == before and command in "LQC"
        written.append(f"{' ' if repeated and not values.startswith('-') else ''}{'' if repeated else command}{values}")
        before = command
    return "".join(written)


def _rounded(text: str, decimals: int = DECIMALS) -> str:
    """`text` with its numbers rounded."""
    return _NUMBER.sub(lambda match: _number(float(match[0]), decimals), text)


def _number(value: float, decimals: int) -> str:
    text = f"{round(value, decimals) + 0.0:.{decimals}f}"  # -0.0 becomes 0.0
    return text.rstrip("0").rstrip(".") if "." in text else text


def _points(length: str) -> str:
    return f"{_rounded(length.removesuffix('pt'))}pt"


def _picture(address: str) -> str:
    """A PNG within the drawing, in the smallest form that its colours allow."""
    image = Image.open(io.BytesIO(base64.b64decode(_IMAGE.sub("", address)))).convert("RGBA")
    pixels = np.asarray(image)
    if (pixels[..., 3] == 255).all():
        grey = (pixels[..., :1] == pixels[..., :3]).all()
        image = image.convert("L" if grey else "RGB")
        if not grey and len(image.getcolors(maxcolors=1 << 16) or ()) <= 256:
            image = image.quantize(256)
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in attributes.items())
