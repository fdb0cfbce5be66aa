"""The public names of the package as a document: signatures and docstrings, read off the sources."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from nbformat import NotebookNode

import normstudy
from normstudy.ipynb import nbformat
from normstudy.report.core.literal import escape
from normstudy.using.parameters import parameters

INTRODUCTION = """\
`pip install .` in a checkout puts the package into an environment of your own. What follows is made of its docstrings
by `make reference`."""

LINE = 90
"""Characters of the longest signature that stands on one line."""


def notebook() -> NotebookNode:
    """The document as a notebook of text alone, the same for the same sources."""
    package = inspect.getdoc(normstudy) or ""
    sections = [INTRODUCTION, package.partition("\n\n")[2], *map(section, normstudy.__all__)]
    cells = [nbformat.v4.new_markdown_cell(text, id=f"part-{number}") for number, text in enumerate(sections)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def section(name: str) -> str:
    """A public name: how it is called, what its docstring says, and the same of its members."""
    found = getattr(normstudy, name)
    (node,) = ast.parse(inspect.getsource(found)).body
    told = inspect.getdoc(found) or ""
    if isinstance(node, ast.FunctionDef):
        return f"## `{name}`\n\n{_code(_call(node))}\n\n{told}"
    assert isinstance(node, ast.ClassDef)
    if found is normstudy.Config:
        return f"## `{name}`\n\n{_code(f'{name}(**parameters)')}\n\n{told}\n\n{_parameters()}"
    if found is normstudy.Net:  # whose module describes it
        told += "\n\n" + (inspect.getdoc(inspect.getmodule(found)) or "")
    return "\n\n".join([f"## `{name}`", _code(_made(node)), told, *_members(node)])


def _parameters() -> str:
    """A list, which has room on a phone as well."""
    return "\n".join(
        f"- `{each.name}` = {escape(each.default) or '(empty)'}: {escape(each.meaning)} ({escape(each.limits)})"
        for each in parameters()
    )


def _members(of: ast.ClassDef) -> Iterator[str]:
    """The public methods and properties that have a docstring, in the order of the source."""
    for member in of.body:
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("_") and ast.get_docstring(member):
            yield f"### `{of.name}.{member.name}`\n\n{_code(_call(member))}\n\n{ast.get_docstring(member)}"


def _made(of: ast.ClassDef) -> str:
    """How an object of a class is made: by its `__init__`, or of the fields of a dataclass."""
    for member in of.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            return _in_brackets(of.name, _arguments(member))
    fields = [ast.unparse(member) for member in of.body if isinstance(member, ast.AnnAssign)]
    return _in_brackets(of.name, fields) if fields else f"class {of.name}({', '.join(map(ast.unparse, of.bases))})"


def _call(of: ast.FunctionDef) -> str:
    """A function's signature; a property's name and type."""
    result = f" -> {ast.unparse(of.returns)}" if of.returns else ""
    is_property = any("property" in ast.unparse(decorator) for decorator in of.decorator_list)
    if is_property and of.returns:
        return f"{of.name}: {ast.unparse(of.returns)}"
    return _in_brackets(of.name, _arguments(of), result)


def _arguments(of: ast.FunctionDef) -> list[str]:
    """Each argument as `name: type = default`."""
    given = of.args.args
    defaults = [None] * (len(given) - len(of.args.defaults)) + list(of.args.defaults)
    return [
        ast.unparse(each) + (f" = {ast.unparse(default)}" if default else "")
        for each, default in zip(given, defaults, strict=True)
        if each.arg not in ("self", "cls")
    ]


def _in_brackets(name: str, parts: list[str], result: str = "") -> str:
    line = f"{name}({', '.join(parts)}){result}"
    return line if len(line) <= LINE else "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){result}"])


def _code(text: str) -> str:
    return f"```python\n{text}\n```"
