"""The sources that decide the numbers of a run, and what they say to Python."""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

DECISIVE_SOURCES = (
    "layers.py",
    "model.py",
    "skeleton.py",
    "training/augmentation.py",
    "training/batches.py",
    "training/checkpoints.py",
    "training/cuda_graph.py",
    "training/data.py",
    "training/evaluation.py",
    "training/loop.py",
    "training/muon.py",
    "training/optimizer.py",
    "training/randomness.py",
    "training/schedule.py",
    "training/step.py",
)
"""A change of what one of them says makes finished runs, and checkpoints, outdated."""


def sources_hash() -> str:
    """SHA-256, shortened to 16 digits, of what the decisive sources say, whatever they are called."""
    states = [(PACKAGE / name).stat() for name in DECISIVE_SOURCES]
    return _hash_of(tuple((state.st_mtime_ns, state.st_size, state.st_ino) for state in states))


@lru_cache(maxsize=1)
def _hash_of(_states: tuple) -> str:
    """That of the files as long as they are in these states: a plan asks for it once per run."""
    said = sorted(meaning((PACKAGE / name).read_text(encoding="utf-8")) for name in DECISIVE_SOURCES)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


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
