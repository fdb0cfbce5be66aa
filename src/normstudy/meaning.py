"""What Python source means to Python, apart from how it is written: its fingerprints are taken of that.

Nothing here may change: runs would count as made by other sources.
"""

from __future__ import annotations

import ast
from functools import lru_cache

IMPORTS = (ast.Import, ast.ImportFrom)


@lru_cache
def meaning(source: str) -> str:
    """The syntax tree of `source` on one line, the same from every Python version.

    Comments, docstrings and formatting are not in it, nor the places of this package's modules and the order
    of imports at the top: files may be moved.
    """
    body = _without_texts(ast.parse(source).body)
    imports = sorted(_written(node) for node in body if isinstance(node, IMPORTS))
    return " ".join([*imports, *(_written(node) for node in body if not isinstance(node, IMPORTS))])


def _without_texts(body: list) -> list:
    """Statements that are no mere text: a docstring, of a module, class, function or value."""
    return [node for node in body if not (isinstance(node, ast.Expr) and _is_text(node.value))]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _written(node: object) -> str:
    # `ast.dump` and `ast.unparse` write some trees otherwise from one version to the next.
    if isinstance(node, IMPORTS):  # of this package's own only the names, for they may come from wherever they lie
        names = sorted(f"{alias.name} as {alias.asname or alias.name}" for alias in node.names)
        module = getattr(node, "module", None) or ""
        return f"({'' if module.split('.')[0] == 'normstudy' else module}: {', '.join(names)})"
    if isinstance(node, list):
        return f"[{' '.join(map(_written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [
        (name, _without_texts(value) if name == "body" and isinstance(value, list) else value)
        for name, value in ast.iter_fields(node)
        if name not in ("ctx", "kind", "type_comment", "type_ignores") and value not in (None, [])
    ]
    shown = repr if isinstance(node, ast.Constant) else _written
    return f"({type(node).__name__} {' '.join(f'{name}={shown(value)}' for name, value in fields)})"
