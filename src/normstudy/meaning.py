"""What Python source says to Python, apart from how it is written: by which code is known again."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache
def meaning(source: str) -> str:
    """What `source` says to Python: its syntax tree on one line, the same from every Python version.

    Comments, docstrings and formatting are not in it, nor the places of this package's modules and the order
    of imports at the top: files may be moved.
    """
    tree = ast.parse(source)
    imports = sorted(_imported(node) for node in tree.body if _is_import(node))
    return " ".join([*imports, *(_told(node) for node in _without_texts(tree.body) if not _is_import(node))])


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imported(node: ast.stmt) -> str:
    """An import: of this package's own only the names, for they may come from wherever they lie."""
    assert isinstance(node, ast.Import | ast.ImportFrom)
    names = sorted(f"{alias.name} as {alias.asname or alias.name}" for alias in node.names)
    module = getattr(node, "module", None) or ""
    return f"({'' if module.split('.')[0] == 'normstudy' else module}: {', '.join(names)})"


def _without_texts(body: list) -> list:
    """Statements that are no mere text: a docstring, of a module, class, function or value."""
    return [
        node
        for node in body
        if not (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
    ]


def _told(node: object) -> str:
    # `ast.dump` and `ast.unparse` write some trees otherwise from one version to the next.
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _imported(node)
    if isinstance(node, ast.AST):
        fields = [
            (name, _without_texts(value) if name == "body" and isinstance(value, list) else value)
            for name, value in ast.iter_fields(node)
            if name not in ("ctx", "kind", "type_comment", "type_ignores") and value not in (None, [])
        ]
        constant = isinstance(node, ast.Constant)
        return f"({type(node).__name__} {' '.join(f'{n}={v!r}' if constant else f'{n}={_told(v)}' for n, v in fields)})"
    if isinstance(node, list):
        return f"[{' '.join(map(_told, node))}]"
    return repr(node)
