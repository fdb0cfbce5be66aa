"""Which constructs of Quarto are known without Quarto: every other one in a page is named, with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n|)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FRONT_MATTER_KEYS = {
    *(
        "title",
        "subtitle",
        "author",
        "authors",
        "date",
        "abstract",
        "keywords",
        "description",
        "lang",
        "order",
        "categories",
    ),
    *("bibliography", "csl", "link-citations", "metadata-files", "engine"),
    *("number-sections", "toc", "toc-depth", "format", "jupyter", "execute", "code-fold", "code-summary"),
}
EXECUTE_KEYS = {"echo", "warning"}
CELL_OPTIONS = {
    **dict.fromkeys(("echo", "include", "warning", "code-fold"), bool),
    **dict.fromkeys(("label", "code-summary", "fig-cap", "fig-alt", "tbl-cap"), str),
    **dict.fromkeys(("tags", "renderings"), list),
    "output": (bool, str),
}

FENCE = re.compile(r"(\s*)(`{3,}|~{3,})\s*(.*?)\s*$")
PLAIN_CODE = re.compile(r"[\w+#-]*|\{(?:\.[\w+#-]+\s*)+(?:\s(?:code-fold|code-summary)=\"[^\"]*\")*\}|\{=html\}")
HEADING = re.compile(r"^#+[ \t]+(.+?)[ \t]*(?:\{[^}]*\})?[ \t]*$", re.MULTILINE)
INLINE_CODE = re.compile(r"(?<![`\\])(`+)(?!`)((?:(?!\n\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
DISPLAY_MATH = re.compile(r"\$\$.+?\$\$", re.DOTALL)
INLINE_MATH = re.compile(r"(?<![\\$])\$(?![\s$])(?:(?!\n\n)(?:\\.|[^$\\]))+?(?<!\s)\$(?!\d)", re.DOTALL)

DIV = re.compile(r"\s*:{3,}\s*(.*?)[\s:]*")
KNOWN_DIV = re.compile(
    r"\{(#(fig|tbl)-[\w-]+|#refs|\.cell renderings='\[\"light\",\"dark\"\]'"
    r"|\.content-(visible|hidden) when-format=\"html\"(?: html-table-processing=\"none\")?"
    r"|\.callout-(note|tip|warning|important)(\s+(title=(\"[^\"]*\"|'[^']*')|collapse=\"?true\"?))*"
    # A class of our own, which both renderers pass on; those of Quarto, which mean something, are not among them.
    r"|(\.(?!column-|panel-(?!tabset)|layout|hidden|aside|callout-|content-|grid|unnumbered)[\w-]+\s*)+)\s*\}"
)
ATTRIBUTES = r"\{(?:\"(?:\\.|[^\"\\])*\"|[^}\"])*\}"
IMAGE = re.compile(rf"!\[([^\]]*)\]\(([^)]*)\)({ATTRIBUTES})?")
IMAGE_ATTRIBUTES = re.compile(r"\{(?=.*fig-alt=)(?:\s*(?:fig-alt=\"(?:\\.|[^\"\\])+\"|width=\"?[\w.]+%?\"?))+\s*\}")
DOWNLOAD = re.compile(r"(?<=\]\()(?P<path>[\w./-]+)\)\{download=\"[\w.-]+\"\}")
"""Of a link to a file of the project, which is to be saved under that name."""
HEADING_ATTRIBUTES = re.compile(r"(?<=\s)\{(?:\s*(?:#[\w-]+|\.unnumbered|\.unlisted|-))+\s*\}\s*$")
OTHER_REFERENCE = re.compile(
    r"(?<![\w@\\])@(?:(?:lst|eq|thm|lem|cor|prp|cnj|def|exm|exr|rem|sol|alg|vid|nte|tip|wrn|imp|cau)-|[FTS][a-z]+-)[\w-]+"
)
SHORTCODE = re.compile(r"\{\{<.*?(?:>\}\}|$)", re.MULTILINE)
LEFT_OVER = (
    ("attributes", re.compile(rf"(?=\{{\s*[#.=]|\{{[^}}]*=|(?<=\])\{{){ATTRIBUTES}")),
    ("HTML", re.compile(r"(?<!\\)</?[A-Za-z][\w-]*(?:\s[^>]*)?/?>")),
    ("TeX", re.compile(r"(?<!\\)\\[A-Za-z]+")),
    ("cross-reference", OTHER_REFERENCE),
)


@dataclass
class Block:
    """A stretch of a page: prose, or one fenced block of code."""

    line: int
    """Of its first line, from 1 on."""

    fence: str = ""
    """The line that opens the block of code; empty for prose."""

    lines: list[str] = field(default_factory=list)
    """Of code, without the fences."""

    @property
    def is_cell(self) -> bool:
        """Whether it is a cell of Python, to be executed."""
        return self.fence.rstrip() == "```{python}"


def blocks(text: str) -> list[Block]:
    """The prose and the blocks of code that make up `text`, in order."""
    found, closing = [Block(1)], ""
    for number, line in enumerate(text.split("\n"), 1):
        match = FENCE.fullmatch(line)
        if closing:
            if match and match[2].startswith(closing) and not match[3]:
                closing = ""
                found.append(Block(number + 1))
            else:
                found[-1].lines.append(line)
        elif match and "`" not in match[3]:
            closing = match[2]
            found.append(Block(number, line))
        else:
            found[-1].lines.append(line)
    return found


def unsupported_constructs(text: str) -> list[str]:
    """One line, with its line number, for everything in the page `text` that is not known."""
    found: list[tuple[int, str]] = []
    if match := FRONT_MATTER.match(text):
        found += [(1, problem) for problem in _front_matter(match[1])]
        text = _blank(match) + text[match.end() :]
    # Quarto carries out shortcodes even inside code.
    found += [(text.count("\n", 0, match.start()) + 1, f"shortcode {match[0]}") for match in SHORTCODE.finditer(text)]
    parts = blocks(SHORTCODE.sub("x", text))
    for block in parts:
        found += _code(block) if block.fence else []
    found += _prose(_without_code(parts))
    return [f"line {line}: {problem}" for line, problem in sorted(found)]


def top_heading_level(text: str) -> int:
    """The level of the highest headings in Markdown `text`: 1 for `#`; 1 if there is none."""
    prose = _without_code(blocks(text))
    return min((len(marks) for marks in re.findall(r"^(#+)[ \t]", prose, re.MULTILINE)), default=1)


def _without_code(parts: list[Block]) -> str:
    """The text of `parts` with an empty line for each line of code, and of its fences."""
    lines: list[str] = []
    for block in parts:
        lines += ["", *[""] * len(block.lines), ""] if block.fence else block.lines
    return "\n".join(lines)


def _front_matter(source: str) -> Iterator[str]:
    try:
        front = yaml.safe_load(source) or {}
    except yaml.YAMLError as error:
        yield f"front matter is no YAML ({' '.join(str(error).split())})"
        return
    if not isinstance(front, dict):
        yield "front matter is no mapping"
        return
    if not front.get("title"):
        yield "front matter without title"
    yield from (f"front matter key {key}" for key in front.keys() - FRONT_MATTER_KEYS)
    yield from (f"front matter key execute: {key}" for key in (front.get("execute") or {}).keys() - EXECUTE_KEYS)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(front.get("date", "2000-01-01"))):
        yield f"date {front['date']} (write YYYY-MM-DD)"


def _code(block: Block) -> Iterator[tuple[int, str]]:
    if not block.is_cell:
        info = FENCE.fullmatch(block.fence)[3]
        if not PLAIN_CODE.fullmatch(info):
            yield block.line, f"code block {info}"
        return
    for at, line in enumerate(block.lines, block.line + 1):
        if not line.startswith("#|"):
            return
        try:
            ((key, value),) = yaml.safe_load(line[2:]).items()
        except (yaml.YAMLError, AttributeError, ValueError):
            yield at, f"cell option {line}"
            continue
        known = isinstance(value, CELL_OPTIONS.get(key, ())) and (key != "output" or value in ("asis", False))
        if not known or (key == "renderings" and value != ["light", "dark"]):
            yield at, f"cell option {key}: {value}"


def _prose(text: str) -> Iterator[tuple[int, str]]:
    def at(match: re.Match) -> int:
        return text.count("\n", 0, match.start()) + 1

    for match in INLINE_CODE.finditer(text):
        if match[1] == "`" and re.match(r"\{(?!python\})\w+\}[ \t]", match[2]):
            yield at(match), f"inline code {match[0]}"
    for pattern in (INLINE_CODE, COMMENT, DISPLAY_MATH, INLINE_MATH):
        text = pattern.sub(_blank, text)
    for number, line in enumerate(text.split("\n"), 1):
        if (div := DIV.fullmatch(line)) and not div[1].startswith("|"):
            if div[1] and not KNOWN_DIV.fullmatch(div[1]):
                yield number, f"div {div[1]}"
            continue
        for image in IMAGE.finditer(line):
            if image[1]:
                yield number, f"image with a caption, {image[0]} (write a ::: {{#fig-…}} div)"
            elif not IMAGE_ATTRIBUTES.fullmatch(image[3] or ""):
                yield number, f"image attributes {image[3] or 'without fig-alt'}"
            if re.match(r"https?:", image[2]):
                yield number, f"image from another host, {image[2]}"
        line = DOWNLOAD.sub(")", IMAGE.sub("", line))
        if line.startswith("#"):
            line = HEADING_ATTRIBUTES.sub("", line)
        for name, pattern in LEFT_OVER:
            yield from ((number, f"{name} {match[0]}") for match in pattern.finditer(line))


def _blank(match: re.Match) -> str:
    """As many lines as `match` has, with nothing on them but a word: what it stood in stays a paragraph."""
    return "x" + "\n" * match[0].count("\n")
