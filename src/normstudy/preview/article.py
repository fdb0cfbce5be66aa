"""Pages with their cells executed: a `.qmd` becomes plain Markdown, of which either renderer makes every format.

The cells of a page run once, in an IPython of a process of its own, with the project as the current folder. The
processes are forked from one that has imported what every page needs, so that none waits for that again.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from normstudy.preview.constructs import FRONT_MATTER, HEADING, Block, blocks, unsupported_constructs
from normstudy.preview.project import PreviewError, Project
from normstudy.text import one_line

INLINE_VALUE = re.compile(r"(?<!`)`\{python\}[ \t]+([^`]+)`")
PICTURES = {"image/svg+xml": ".svg", "image/png": ".png"}
PROCESSES = 2
"""Pages that are executed at a time; a page has one thread."""

WARM = "normstudy.preview.warm"
"""The module that imports what pages need."""


class NeedsQuartoError(PreviewError):
    """A page has a construct that Quarto alone knows."""


@dataclass(frozen=True)
class Task:
    """A page to be executed, with what is added to the variables that its cells see."""

    page: PurePosixPath
    environment: Mapping[str, str] = field(default_factory=dict)


def execute(root: Path, tasks: Iterable[Task]) -> list[NeedsQuartoError]:
    """Put Markdown in the place of each page of `tasks` in the project `root`, with its cells executed.

    Raises `PreviewError` where a cell fails. A page with constructs that only Quarto knows stays as it is; these are
    returned.
    """
    tasks = list(tasks)
    context = get_context("forkserver")
    context.set_forkserver_preload([WARM])
    left: list[NeedsQuartoError] = []
    with ProcessPoolExecutor(PROCESSES, mp_context=context, max_tasks_per_child=1) as pool:
        done = [(task, pool.submit(_executed, root, task, dict(os.environ))) for task in tasks]
        try:
            for task, future in done:
                try:
                    text = future.result()
                except NeedsQuartoError as error:
                    left.append(error)
                except BrokenProcessPool:
                    raise PreviewError(f"{task.page}: the process of its cells, or of another page's, died") from None
                else:
                    (root / task.page).write_text(text, encoding="utf-8")
        finally:
            pool.shutdown(cancel_futures=True)
    return left


def _executed(root: Path, task: Task, environment: dict[str, str]) -> str:
    """The text of a page after a run of its cells; in a process of its own."""
    os.chdir(root)
    folder = (root / task.page).parent
    os.environ.clear()  # that of the process from which all are forked may be older
    os.environ.update({**environment, **task.environment})
    os.environ.update(QUARTO_DOCUMENT_PATH=str(folder), QUARTO_DOCUMENT_FILE=task.page.name)
    project = Project(root)
    text = project.text(task.page)
    header = FRONT_MATTER.match(text)
    if not header:
        raise PreviewError(f"{task.page} does not begin with front matter (a title between two lines of ---).")
    if problems := [problem for problem in unsupported_constructs(text) if "cell option" in problem]:
        raise NeedsQuartoError(f"{task.page} needs Quarto: {'; '.join(problems)}.")
    front = re.sub(r"^engine:.*\n", "", header[1], flags=re.MULTILINE)
    return f"---\n{front}engine: markdown\n---\n" + _Article(task.page, project).run(text[header.end() :])


class _Article:
    """The cells of one page, run one after the other; each is replaced by what it shows."""

    def __init__(self, page: PurePosixPath, project: Project):
        from normstudy.preview.shell import Shell  # here, in a process of the page's own

        self.page, self.root = page, project.root
        metadata = project.metadata(page)
        html = (metadata.get("format") or {}).get("html") if isinstance(metadata.get("format"), dict) else {}
        html = html if isinstance(html, dict) else {}
        self.defaults = {"echo": True, "warning": True, "include": True, "code-fold": False, "code-summary": "Code"}
        for source in (html, metadata, metadata.get("execute") or {}):
            self.defaults |= {key: source[key] for key in self.defaults.keys() & source.keys()}
        self.shell = Shell()
        self.section = "the front matter"
        self.cells = 0
        self.written: set[str] = set()

    def run(self, text: str) -> str:
        shown = []
        for block in blocks(text):
            if block.is_cell:
                shown.append(self._cell(block))
            elif block.fence:
                closing = re.match(r"\s*[`~]+", block.fence)[0]
                shown.append("\n".join([block.fence, *block.lines, closing]))
            else:
                shown.append(self._prose("\n".join(block.lines)))
        return "\n".join(shown)

    def _prose(self, text: str) -> str:
        """`text` with inline values in the place of their code."""
        parts, begin = [], 0
        for match in INLINE_VALUE.finditer(text):
            self._note_section(text[begin : match.start()])
            parts += [text[begin : match.start()], self._inline(match[1].strip())]
            begin = match.end()
        self._note_section(text[begin:])
        return "".join([*parts, text[begin:]])

    def _note_section(self, text: str) -> None:
        if headings := HEADING.findall(text):
            self.section = f"section “{headings[-1]}”"

    def _inline(self, source: str) -> str:
        place = f"{self.page}, `{source}` in {self.section}"
        shown = [output for output in self._run(source, place) if output["kind"] == "display"]
        if len(shown) != 1 or shown[0]["data"].keys() - {"text/plain", "text/markdown"}:
            raise NeedsQuartoError(f"{place}: an inline value must be text, a number or Markdown.")
        data = shown[0]["data"]
        if "text/markdown" in data:
            return data["text/markdown"]
        plain = data["text/plain"]
        return _literal(ast.literal_eval(plain) if plain.startswith(("'", '"')) else plain)

    def _run(self, source: str, place: str) -> list[dict[str, Any]]:
        outputs, error = self.shell.run(source)
        if error:
            raise PreviewError(f"{place}: {type(error).__name__}: {one_line(str(error))}")
        return outputs

    def _cell(self, block: Block) -> str:
        """What an executed cell adds to the text."""
        head = next((i for i, line in enumerate(block.lines) if not line.startswith("#|")), len(block.lines))
        options = self.defaults | (yaml.safe_load("\n".join(line[2:] for line in block.lines[:head])) or {})
        source = "\n".join(block.lines[head:])
        first = next((line.strip() for line in block.lines[head:] if line.strip()), "")
        place = f"{self.page}, cell “{options.get('label', first)}” in {self.section}"
        self.cells += 1
        outputs = self._run(source, place)
        if not options["include"]:
            return ""
        code = self._code(source, options) if options["echo"] else ""
        if options.get("output") is False:
            outputs = []
        label = str(options.get("label", ""))
        shown = [part for output in outputs if (part := self._output(output, options, place))]
        if label.startswith(("fig-", "tbl-")):
            if not shown:
                raise PreviewError(f"{place}: it shows nothing.")
            caption = options.get(f"{label[:3]}-cap") or ""
            return f"{_div('.cell', code)}\n:::: {{#{label}}}\n{_rendered(shown, options)}\n\n{caption}\n::::\n"
        if options.get("output") == "asis":
            return "\n\n".join([*([_div(".cell", code)] if code else []), *shown])
        if not code and not shown:
            return ""
        if "renderings" in options:
            return _rendered([code] * bool(code) + shown, options)
        return _div(".cell", "\n\n".join([code] * bool(code) + shown))

    def _code(self, source: str, options: dict[str, Any]) -> str:
        info = ".python .cell-code"
        if options["code-fold"]:
            summary = str(options["code-summary"]).replace('"', "&quot;")
            info += f' code-fold="true" code-summary="{summary}"'
        return _fenced(source, f"{{{info}}}")

    def _output(self, output: dict[str, Any], options: dict[str, Any], place: str) -> str:
        kind, data = output["kind"], output.get("data", {})
        if kind == "stderr":
            return _div(".cell-output .cell-output-stderr", _fenced(output["text"], "")) if options["warning"] else ""
        if kind == "stdout" and options.get("output") == "asis":
            return output["text"]
        if kind == "stdout":
            return _div(".cell-output .cell-output-stdout", _fenced(output["text"], ""))
        for mime, suffix in PICTURES.items():
            if mime in data:
                return _div(".cell-output .cell-output-display", self._picture(data[mime], suffix, options, place))
        if "text/markdown" in data:
            text = data["text/markdown"]
            return text if options.get("output") == "asis" else _div(".cell-output .cell-output-display", text)
        if data.keys() - {"text/plain"}:
            kinds = ", ".join(sorted(data.keys() - {"text/plain"}))
            raise NeedsQuartoError(f"{place} displays {kinds}: print Markdown with `output: asis` instead.")
        return _div(".cell-output .cell-output-display", _fenced(data["text/plain"], ""))

    def _picture(self, content: str | bytes, suffix: str, options: dict[str, Any], place: str) -> str:
        """A Markdown image of a picture that is written into the project."""
        alt = str(options.get("fig-alt", ""))
        if not alt:
            raise PreviewError(f"{place}: its picture has no alternative text (fig-alt).")
        name = str(options.get("label") or f"cell-{self.cells}")
        folder = Path("_figures", self.page.with_suffix(""))
        folder.mkdir(parents=True, exist_ok=True)
        further = "-dark" if "renderings" in options else "-2"
        endings = ["", further, *(f"-{n}" for n in range(3, 1000))]
        path = folder / next(each for ending in endings if (each := f"{name}{ending}{suffix}") not in self.written)
        self.written.add(path.name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        quoted = one_line(alt).replace("\\", "\\\\").replace('"', '\\"')
        return f'![]({os.path.relpath(path, self.page.parent)}){{fig-alt="{quoted}"}}'


def _rendered(shown: list[str], options: dict[str, Any]) -> str:
    """The outputs of a cell; where these are a light and a dark rendering, marked as that."""
    content = "\n\n".join(shown)
    if "renderings" not in options:
        return content
    return _div(f".cell renderings='{json.dumps(options['renderings'], separators=(',', ':'))}'", content)


def _div(attributes: str, content: str) -> str:
    return f"::: {{{attributes}}}\n{content}\n:::\n" if content else ""


def _fenced(text: str, info: str) -> str:
    fence = max(["``", *re.findall(r"`+", text)], key=len) + "`"
    return f"{fence} {info}".rstrip() + f"\n{text.rstrip()}\n{fence}"


def _literal(text: object) -> str:
    """`text` with every character that Markdown or HTML could read as markup made literal."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$~^@\"'&:])", r"\\\1", one_line(text))
