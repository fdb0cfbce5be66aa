"""Where in the code of one's own model something stands.

A place is written `my_models.py, line 4`; it is empty where something is not one's own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torch import nn

from normstudy.model_code import ModelCode, file_of


def place(module: str, line: int) -> str:
    """`my_models.py, line 4`."""
    return f"{file_of(module)}, line {line}"


def origin(module: str, code: ModelCode) -> str:
    """What stands for the file of a module in tracebacks."""
    return f"<{code.fingerprint}>/{module}"


def module_in(filename: str | None, code: ModelCode) -> str:
    """The module, as `code` calls it, of a file that a traceback names; nothing of others."""
    before = origin("", code)
    return (filename or "").removeprefix(before) if (filename or "").startswith(before) else ""


def of_forward(layer: nn.Module, code: ModelCode, returning: bool = False) -> str:
    """Where the forward pass of `layer` is defined, or last returns."""
    function = getattr(type(layer).forward, "__code__", None)
    name = module_in(function.co_filename, code) if function else ""
    if not name:
        return ""
    line = function.co_firstlineno
    for node in ast.walk(ast.parse(code.modules[name])) if returning else ():
        if isinstance(node, ast.FunctionDef) and node.lineno == line:
            return place(name, max((own.lineno for own in ast.walk(node) if isinstance(own, ast.Return)), default=line))
    return place(name, line)


def of_class(called: str, code: ModelCode) -> str:
    """Where the class of that name is defined."""
    return next((place(name, made.lineno) for name, made in _classes(called, code)), "")


def of_attribute(layer: nn.Module, attribute: str, code: ModelCode) -> str:
    """Where the class of `layer` sets that attribute of it, `self.attribute = …`."""
    for name, made in _classes(type(layer).__name__, code):
        for node in ast.walk(made):
            targets = node.targets if isinstance(node, ast.Assign) else ()
            if any(isinstance(target, ast.Attribute) and target.attr == attribute for target in targets):
                return place(name, node.lineno)
    return ""


def of_argument(module: str, line: int, position: int, code: ModelCode) -> int:
    """In which line that argument stands of the call in `line`; `line` itself where that is not to be seen."""
    calls = [node for node in ast.walk(ast.parse(code.modules[module])) if isinstance(node, ast.Call)]
    calls = [call for call in calls if call.lineno == line and len(call.args) > position]
    unclear = len(calls) != 1 or any(isinstance(argument, ast.Starred) for argument in calls[0].args)
    return line if unclear else calls[0].args[position].lineno


def has_number(module: str, line: int, number: int, code: ModelCode) -> bool:
    """Whether `number` is written out in that line, not worked out from what it is given."""
    text = code.modules[module].splitlines()[line - 1 : line]
    return any(re.search(rf"(?<![\w.]){number}(?![\w.])", each) for each in text)


def _classes(called: str, code: ModelCode) -> Iterator[tuple[str, ast.ClassDef]]:
    for name, text in code.modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and node.name == called:
                yield name, node
