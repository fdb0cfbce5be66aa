"""The public names of the package as a document: signatures and docstrings, read off the sources."""

from __future__ import annotations

import ast
import inspect

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
    """A public name: how it is called, what its docstring says, and the same of its public members."""
    found = getattr(normstudy, name)
    (node,) = ast.parse(inspect.getsource(found)).body
    assert isinstance(node, ast.ClassDef | ast.FunctionDef)
    parts = [f"## `{name}`", _call(node), inspect.getdoc(found) or ""]
    if found is normstudy.Config:
        parts[1] = f"```python\n{name}(**parameters)\n```"
        lines = [
            f"- `{p.name}` = {escape(p.default) or '(empty)'}: {escape(p.meaning)} ({escape(p.limits)})"
            for p in parameters()
        ]
        parts.append("\n".join(lines))  # a list, which has room on a phone as well
    elif isinstance(node, ast.ClassDef):
        if found is normstudy.Net:  # whose module describes it
            parts.append(inspect.getdoc(inspect.getmodule(found)) or "")
        for member in node.body:
            if isinstance(member, ast.FunctionDef) and not member.name.startswith("_") and ast.get_docstring(member):
                parts += [f"### `{name}.{member.name}`", _call(member), ast.get_docstring(member) or ""]
    return "\n\n".join(parts)


def _call(of: ast.ClassDef | ast.FunctionDef) -> str:
    """How a function is called, or an object of a class made: by its `__init__`, or of the fields of a dataclass."""
    result = ""
    if isinstance(of, ast.ClassDef):
        made = next((each for each in of.body if getattr(each, "name", "") == "__init__"), None)
        fields = [ast.unparse(each) for each in of.body if isinstance(each, ast.AnnAssign)]
        if not (made or fields):
            return f"```python\nclass {of.name}({', '.join(map(ast.unparse, of.bases))})\n```"
        arguments = _arguments(made) if isinstance(made, ast.FunctionDef) else fields
    else:
        arguments, result = _arguments(of), f" -> {ast.unparse(of.returns)}" if of.returns else ""
    line = f"{of.name}({', '.join(arguments)}){result}"
    if isinstance(of, ast.FunctionDef) and any("property" in ast.unparse(each) for each in of.decorator_list):
        line = f"{of.name}:{result.removeprefix(' ->')}"
    elif len(line) > LINE:
        line = "\n".join([f"{of.name}(", *(f"    {each}," for each in arguments), f"){result}"])
    return f"```python\n{line}\n```"


def _arguments(of: ast.FunctionDef) -> list[str]:
    """Each argument as `name: type = default`."""
    defaults = [None] * (len(of.args.args) - len(of.args.defaults)) + list(of.args.defaults)
    return [
        ast.unparse(each) + (f" = {ast.unparse(default)}" if default else "")
        for each, default in zip(of.args.args, defaults, strict=True)
        if each.arg not in ("self", "cls")
    ]
