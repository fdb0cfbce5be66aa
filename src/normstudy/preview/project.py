"""What `_quarto.yml` says of the site: its pages, what they have in common, and how one gets from one to another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from normstudy.errors import NormstudyError
from normstudy.ipynb import nbformat
from normstudy.preview.constructs import FRONT_MATTER, HEADING

CONFIG = "_quarto.yml"
OF_FOLDER = "_metadata.yml"


class PreviewError(NormstudyError):
    """A page needs Quarto, or is wrong; the message says where."""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation: a page with its title, or a title with entries below it."""

    title: str
    page: PurePosixPath | None = None
    below: tuple[Link, ...] = ()


class Project:
    """The website whose `_quarto.yml` lies in the folder `root`. Its pages are paths relative to it, as `a/b.qmd`."""

    def __init__(self, root: Path):
        self.root = Path(root).resolve()
        self.config = _with_included(_read(self.root / CONFIG), self.root)

    @cached_property
    def pages(self) -> list[PurePosixPath]:
        """The files of `project: render:` that are there, each once, in its order."""
        found = [page for pattern in self.config["project"]["render"] for page in self._matching(pattern)]
        return list(dict.fromkeys(found))

    def metadata(self, page: PurePosixPath) -> dict[str, Any]:
        """What holds for `page`: of the project, of the folders it lies in, and its own front matter."""
        merged = {key: value for key, value in self.config.items() if key not in ("project", "website")}
        for folder in [*reversed(page.parents)][1:]:
            if (path := self.root / folder / OF_FOLDER).is_file():
                merged = _merged(merged, _with_included(_read(path), path.parent))
        return _merged(merged, self.front_matter(page))

    def front_matter(self, page: PurePosixPath) -> dict[str, Any]:
        """The front matter of `page` itself, with the files of metadata that it names; of a notebook, nothing."""
        match = FRONT_MATTER.match(self.text(page)) if page.suffix != ".ipynb" else None
        front = _parsed(match[1], page) if match else {}
        return _with_included(front, (self.root / page).parent)

    def text(self, page: PurePosixPath) -> str:
        """The source of `page`. Raises `PreviewError` where there is none."""
        try:
            return (self.root / page).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise PreviewError(f"There is no page {page}.") from None

    def formats(self, page: PurePosixPath) -> list[str]:
        """What is made of `page`: html, and of the report typst as well."""
        value = self.front_matter(page).get("format", "html")
        return [value] if isinstance(value, str) else list(value)

    def target(self, page: PurePosixPath, kind: str = "html") -> PurePosixPath:
        """The path of the HTML page (or of the PDF, `typst`) of `page` in the site."""
        formats = self.metadata(page).get("format")
        options = formats.get(kind) if isinstance(formats, dict) else None
        name = options.get("output-file") if isinstance(options, dict) else None
        return page.with_name(name) if name else page.with_suffix(".pdf" if kind == "typst" else ".html")

    def title(self, page: PurePosixPath) -> str:
        """The title in the front matter of `page`; else its first heading."""
        if page.suffix == ".ipynb":
            notebook = nbformat.reads(self.text(page), as_version=4)
            text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        else:
            if title := self.front_matter(page).get("title"):
                return str(title)
            text = self.text(page)
        heading = HEADING.search(text)
        return heading[1] if heading else page.stem

    def navbar(self) -> list[Link]:
        """The entries of the bar above every page whose pages are there."""
        bar = self.config.get("website", {}).get("navbar", {})
        return self._links([*bar.get("left", ()), *bar.get("right", ())])

    def neighbours(self, page: PurePosixPath) -> tuple[Link | None, Link | None]:
        """The pages before and after `page`, in the order of the first sidebar that it is in."""
        sidebars = self.config.get("website", {}).get("sidebar", ())
        for sidebar in [sidebars] if isinstance(sidebars, dict) else sidebars:
            row = [None, *_flat(self._links(sidebar.get("contents", ()))), None]
            for place, link in enumerate(row):
                if link and link.page == page:
                    return row[place - 1], row[place + 1]
        return None, None

    def _links(self, entries: Any) -> list[Link]:
        """Of Quarto's `entries`: paths, patterns (`auto:`, or a plain text), maps with `href`, and sections."""
        found: list[Link] = []
        for entry in [entries] if isinstance(entries, str | dict) else entries:
            entry = {"href": entry} if isinstance(entry, str) else entry
            below = tuple(self._links(entry.get("menu") or entry.get("contents") or ()))
            pages = self._matching(entry.get("href") or entry.get("section") or entry.get("auto") or "")
            if below:
                title = entry.get("text") or entry.get("section") or ""
                page = pages[0] if pages else None
                found.append(Link(self.title(page) if page and title == str(page) else title, page, below))
            else:
                found += [Link(entry.get("text") or self.title(page), page) for page in pages]
        return found

    def _matching(self, pattern: str) -> list[PurePosixPath]:
        """The files that `pattern` names; of several, those with an `order` first, then by name. Not those with _."""
        if not pattern:
            return []
        if "*" not in pattern:
            page = PurePosixPath(os.path.normpath(pattern.lstrip("/")))
            return [page] if (self.root / page).is_file() else []
        found = [PurePosixPath(path.relative_to(self.root).as_posix()) for path in self.root.glob(pattern)]
        found = [page for page in found if not page.name.startswith(("_", "."))]
        return sorted(found, key=lambda page: (page.stem != "index", self._order(page), page))

    def _order(self, page: PurePosixPath) -> float:
        return self.front_matter(page).get("order", float("inf")) if page.suffix == ".qmd" else float("inf")


def _flat(links: list[Link]) -> Iterator[Link]:
    for link in links:
        if link.page:
            yield link
        yield from _flat(list(link.below))


def _read(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        raise PreviewError(f"There is no {path}.") from None


def _parsed(text: str, where: object) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise PreviewError(f"{where}: no YAML ({' '.join(str(error).split())})") from None
    if not isinstance(values, dict):
        raise PreviewError(f"{where}: no mapping")
    return values


def _with_included(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`values` with what the files of their `metadata-files` add; what they say themselves counts more.

    Files of references, too, are named relative to `folder`, and have their whole paths here.
    """
    if files := values.get("bibliography"):
        values = {
            **values,
            "bibliography": [str(folder / each) for each in ([files] if isinstance(files, str) else files)],
        }
    included: dict[str, Any] = {}
    for name in values.get("metadata-files", ()):
        included = _merged(included, _read(folder / name))
    return _merged(included, values)


def _merged(base: Any, over: Any) -> Any:
    """As Quarto does it: maps key by key, lists one after the other, of other values the second."""
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: _merged(base[key], value) if key in base else value for key, value in over.items()}
    if isinstance(base, dict) and isinstance(over, str) and over in ("default", *base):  # format: html
        return base
    if isinstance(base, list) and isinstance(over, list):
        return [*base, *(each for each in over if each not in base)]
    return over
