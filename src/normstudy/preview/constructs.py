"""Which constructs of Quarto the preview knows: everything else in a `.qmd` is named with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n|)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FRONT_MATTER_KEYS = {
    *("title", "subtitle", "author", "authors", "date", "abstract", "keywords", "description", "lang"),
    *("bibliography", "csl", "link-citations"),
    *("number-sections", "toc", "format", "jupyter", "execute"),
}
EXECUTE_KEYS = {"echo", "warning"}
CELL_OPTIONS = {
    "echo": bool,
    "include": bool,
    "warning": bool,
    "code-fold": bool,
    "code-summary": str,
    "label": str,
    "tags": list,
    "output": str,
}

FENCE = re.compile(r"(\s*)(`{3,}|~{3,})\s*(.*?)\s*$")
PLAIN_CODE = re.compile(r"[\w+#-]*|\{\.[\w+#-]+\}|\{=html\}")
INLINE_CODE = re.compile(r"(?<![`\\])(`+)(?!`)((?:(?!\n\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
DISPLAY_MATH = re.compile(r"\$\$.+?\$\$", re.DOTALL)
INLINE_MATH = re.compile(r"(?<![\\$])\$(?![\s$])(?:(?!\n\n)(?:\\.|[^$\\]))+?(?<!\s)\$(?!\d)", re.DOTALL)

DIV = re.compile(r"\s*:{3,}\s*(.*?)[\s:]*")
KNOWN_DIV = re.compile(
    r"\{(#(fig|tbl)-[\w-]+|#refs|\.panel-tabset|\.folded\s+title=\"[^\"]*\""
    r"|\.content-(visible|hidden) when-format=\"html\"(?: html-table-processing=\"none\")?"
    r"|\.callout-(note|tip|warning|important)(\s+title=(\"[^\"]*\"|'[^']*'))?)\s*\}"
)
ATTRIBUTES = r"\{(?:\"(?:\\.|[^\"\\])*\"|[^}\"])*\}"
IMAGE = re.compile(rf"!\[([^\]]*)\]\(([^)]*)\)({ATTRIBUTES})?")
IMAGE_ATTRIBUTES = re.compile(r"\{(?=.*fig-alt=)(?:\s*(?:fig-alt=\"(?:\\.|[^\"\\])+\"|width=\"?[\w.]+%?\"?))+\s*\}")
DOWNLOAD = re.compile(r"(?<=\]\()(?P<path>[\w./-]+)\)\{download=\"[\w.-]+\"\}")
"""Of a link to a file beside the report, which is to be saved under that name."""
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


def unsupported_constructs(text: str) -> list[str]:
    """One line, with its line number, for everything in a `.qmd` that the preview does not know."""
    found: list[tuple[int, str]] = []
    if match := FRONT_MATTER.match(text):
        found += [(1, problem) for problem in _front_matter(match[1])]
        text = _blank(match) + text[match.end() :]
    # Quarto carries out shortcodes even inside code.
    found += [(text.count("\n", 0, match.start()) + 1, f"shortcode {match[0]}") for match in SHORTCODE.finditer(text)]
    prose, blocks = _without_code(SHORTCODE.sub("x", text))
    for line, fence, body in blocks:
        found += _code(line, fence, body)
    found += _prose(prose)
    found += _divs_around_cells(prose, [line for line, fence, _ in blocks if fence.startswith("```{python}")])
    return [f"line {line}: {problem}" for line, problem in sorted(found)]


def top_heading_level(text: str) -> int:
    """The level of the highest headings in Markdown `text`: 1 for `#`; 1 if there is none."""
    prose, _ = _without_code(text)
    return min((len(marks) for marks in re.findall(r"^(#+)[ \t]", prose, re.MULTILINE)), default=1)


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


def _without_code(text: str) -> tuple[str, list[tuple[int, str, list[str]]]]:
    """`text` with fenced code blanked, and the blocks as (line of the fence, that line, lines inside)."""
    prose, blocks, fence = [], [], ""
    for number, line in enumerate(text.split("\n"), 1):
        match = FENCE.fullmatch(line)
        if fence and not (match and match[2].startswith(fence) and not match[3]):
            blocks[-1][2].append(line)
        elif fence:
            fence = ""
        elif match and "`" not in match[3]:
            fence = match[2]
            blocks.append((number, line, []))
        else:
            prose.append(line)
            continue
        prose.append("")
    return "\n".join(prose), blocks


def _code(number: int, fence: str, body: list[str]) -> Iterator[tuple[int, str]]:
    if fence.rstrip() != "```{python}":
        info = FENCE.fullmatch(fence)[3]
        if not PLAIN_CODE.fullmatch(info):
            yield number, f"code block {info}"
        return
    for at, line in enumerate(body, number + 1):
        if not line.startswith("#|"):
            return
        try:
            ((key, value),) = yaml.safe_load(line[2:]).items()
        except (yaml.YAMLError, AttributeError, ValueError):
            yield at, f"cell option {line}"
            continue
        # A label with one of Quarto's prefixes makes a numbered figure or table of the cell's output.
        numbered = key == "label" and re.match(r"(fig|tbl|lst)-", str(value))
        known = isinstance(value, CELL_OPTIONS.get(key, ())) and (key != "output" or value == "asis")
        if numbered or not known:
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


def _divs_around_cells(prose: str, cells: list[int]) -> Iterator[tuple[int, str]]:
    """Divs that are still open where a cell begins: a manuscript wraps what is between two cells, and closes them."""
    opened: list[int] = []
    for number, line in enumerate(prose.split("\n"), 1):
        if number in cells and opened:
            yield opened[-1], "div around a cell (print the whole div in one cell)"
        if (div := DIV.fullmatch(line)) and not div[1].startswith("|"):
            opened = [*opened, number] if div[1] else opened[:-1]


def _blank(match: re.Match) -> str:
    """As many lines as `match` has, with nothing on them but a word: what it stood in stays a paragraph."""
    return "x" + "\n" * match[0].count("\n")
