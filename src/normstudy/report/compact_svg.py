"""Drawings of matplotlib's as small as they can be without a visible difference.

A drawing is a file that the PDF and README.md take, and in a web page it becomes part of the page
(`preview/assets/drawings.lua`). Its letters are outlines, which all drawings name alike: a page needs each only once.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"

DECIMALS = 2
"""Of a point, 1/72 inch: what a hundredth is more or less cannot be seen."""

GLYPH = re.compile(r"DejaVuSans(?:-?(\w*?))-([0-9a-f]+)")
"""The name of a letter's outline: font, and number in it."""

Shared = tuple[tuple[str, str], ...]
"""Attributes that several things have: names and values."""

_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
_MOVED = re.compile(r"translate\((\S+) (\S+)\)")
_IMAGE = re.compile(r"data:image/png;base64,\s*")


class Item(NamedTuple):
    """Something in a drawing: what kind of thing, its attributes, and what is inside it, as text."""

    tag: str
    attributes: dict[str, str]
    inner: str


def compact(text: str) -> str:
    """An SVG `text` of matplotlib's without what does not show."""
    root = ElementTree.fromstring(text)
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', text))
    outlines: dict[str, str] = {}
    body = _joined([item for child in root for item in _items(child, used, outlines)])
    head = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": _points(root.get("width", "")),
        "height": _points(root.get("height", "")),
        "viewBox": _rounded(root.get("viewBox", "")),
        "stroke-linejoin": "round",  # what matplotlib says in a style sheet, which would be one of the whole page
    }
    return f"<svg{_attributes(head)}><defs>{''.join(outlines.values())}</defs>{body}</svg>\n"


def _items(node: ElementTree.Element, used: set[str], outlines: dict[str, str]) -> list[Item]:
    """What of `node` shows; letters' outlines are put into `outlines`, by their names."""
    tag = node.tag.removeprefix(SVG) if isinstance(node.tag, str) else ""
    if tag in ("", "metadata", "style"):
        return []
    attributes = dict(_kept(node, tag, used))
    name = attributes.get("id", "")
    if tag == "path" and name.startswith("g-"):
        outlines[name] = f"<path{_attributes(attributes)}/>"
        return []
    items = [item for child in node for item in _items(child, used, outlines)]
    if (tag in ("defs", "g") and not items) or (tag == "g" and not attributes):
        return items
    return [Item(tag, attributes, _joined(items))]


def _joined(items: Iterable[Item]) -> str:
    """`items`, those that follow each other and have the same style in a group that has it."""
    written = []
    for shared, run in groupby(items, _shared):
        same = list(run)
        if shared and len(same) > 1:
            inner = "".join(_one(item, shared) for item in same)
            written.append(f"<g{_attributes(dict(shared))}>{inner}</g>")
        else:
            written += [_one(item) for item in same]
    return "".join(written)


def _shared(item: Item) -> Shared:
    """What `item` may leave to a group around it: nothing where that would show."""
    own = item.attributes
    if "id" in own or re.search(r"(?:^|;)opacity:", own.get("style", "")):  # of a group, it is that of the whole
        return ()
    if item.tag == "g":
        return () if "transform" in own else tuple(own.items())
    if item.tag not in ("path", "use") or "transform" in own or "style" not in own:
        return ()
    return tuple((name, own[name]) for name in ("style", "clip-path") if name in own)


def _one(item: Item, without: Shared = ()) -> str:
    attributes = dict(each for each in item.attributes.items() if each not in without)
    if item.tag == "g" and not attributes:
        return item.inner
    end = f">{item.inner}</{item.tag}>" if item.inner else "/>"
    return f"<{item.tag}{_attributes(attributes)}{end}"


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
    """Path data without blanks, each command once where it is repeated, and one number for what is level or upright."""
    written, before, x, y = [], "", "", ""
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", text):
        values = [_number(float(each), decimals) for each in numbers.split()]
        shortest = command, values
        if command == "L" and values[1] == y:
            shortest = "H", values[:1]
        elif command == "L" and values[0] == x:
            shortest = "V", values[1:]
        x, y = values[-2:] or (x, y)
        name, values = shortest
        repeated = name == before and name in "LHVQC"
        blank = " " if repeated and not values[0].startswith("-") else ""
        written.append(f"{blank}{'' if repeated else name}{' '.join(values)}")
        before = name
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
