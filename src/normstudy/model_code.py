"""The code of a custom network: where it is, which modules belong to it, and the fingerprint that identifies it.

`model: my_models.py:factory` names a file next to the parameter file, `model: package.module:factory` a module there,
in the current folder, in the checkout, or installed. Its modules are that one and the local ones which it imports, and
which these import: what lies in the same folder, of an installed package what is in it. They are kept, under their
fingerprint, in `.models/` of the checkout, so that a run trains the code that was planned whatever becomes of the file
meanwhile; and in the folder of each run. A module is a file there, `code-<module>.py`.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from normstudy.errors import NormstudyError, disk_refusal
from normstudy.meaning import meaning
from normstudy.paths import project_root, write_whole
from normstudy.text import one_line

SPELLING = re.compile(
    r"(?:(?P<file>(?:[^:\n]*/)?(?P<stem>[A-Za-z_]\w*)\.py)|(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*))"
    r":(?P<factory>[A-Za-z_]\w*)",
    re.ASCII,
)
LONGEST = 100
"""Characters of a model's name."""

EXAMPLES = "`my_models.py:my_net` or `package.module:my_net`"

KEPT = re.compile(r"code-([\w.]+)\.py", re.ASCII)
"""Names of the files of a run folder with the code of its model."""

RESERVED = sys.stdlib_module_names | {"normstudy", "numpy", "torch", "torchvision"}
"""Names of modules that are not the user's, whatever lies next to a file."""

MOST_MODULES, MOST_CHARACTERS = 50, 1_000_000


class ModelCodeError(NormstudyError):
    """The code of a custom network is not there, or cannot be read."""


@dataclass(frozen=True)
class ModelCode:
    """What `model` names, without the folder of its file, and the text of each module by its dotted name.

    A package is there as `package.__init__`.
    """

    model: str
    modules: Mapping[str, str]

    @property
    def factory(self) -> str:
        """The name of the function that makes the network."""
        return self.model.rpartition(":")[2]

    @property
    def main(self) -> str:
        """The dotted name of the module that has it, as in `modules`."""
        name = module_of(self.model)
        return name if name in self.modules else f"{name}.__init__"

    @property
    def line(self) -> int:
        """The line of that module in which the function is defined; 1 where no `def` or `class` has its name."""
        body = ast.parse(self.modules[self.main]).body
        return next((node.lineno for node in body if getattr(node, "name", "") == self.factory), 1)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, shortened to 16 digits, of the syntax trees of the modules and their names.

        Raises `ModelCodeError` for a module that is no Python.
        """
        trees = []
        for name in sorted(self.modules):
            try:
                trees.append(f"{name}: {meaning(self.modules[name])}")
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                line = getattr(error, "lineno", None) or 1
                why = f"{type(error).__name__}: {getattr(error, 'msg', one_line(error))}"
                raise ModelCodeError(f"model = {self.model}: {file_of(name)}, line {line}: {why}") from None
        return hashlib.sha256("\n".join(trees).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_spelled(model: str) -> bool:
    """Whether `model` can be the name of a custom network."""
    return len(model) <= LONGEST and SPELLING.fullmatch(model) is not None


def module_of(model: str) -> str:
    """`my_models` of `my_models.py:my_net`; `package.module` of `package.module:my_net`."""
    found = SPELLING.fullmatch(model)
    assert found
    return found["stem"] or found["module"]


def file_of(name: str) -> str:
    """The file of the module of that dotted name, from the folder that it is found in."""
    return f"{name.replace('.', '/')}.py"


def find(model: str, folders: Sequence[Path]) -> ModelCode:
    """The code of `model`, whose file or package is in one of `folders`, or else installed.

    Raises `ModelCodeError`: one line with what is missing, or with the file, the line and the fault.
    """
    parts = SPELLING.fullmatch(model)
    if not parts or len(model) > LONGEST:
        raise ModelCodeError(f"model = {one_line(model)[:60]}: must be such as {EXAMPLES}")
    name, file = module_of(model), parts["file"]
    if (top := name.partition(".")[0]) in RESERVED:
        raise ModelCodeError(
            f"model = {model}: `{top}` is a module of Python or of this project's libraries; give yours another name"
        )
    searched = ", ".join(dict.fromkeys(f"{one_line(folder)}/" for folder in folders)) or "./"
    if not file:
        for root, within in [*((folder, "") for folder in folders), *((root, top) for root in _installed(top))]:
            if _file(root, name):
                return ModelCode(model, _modules(model, root, name, within))
        raise ModelCodeError(
            f"model = {model}: no module {name} in {searched} nor installed; put it there, or install it into .venv"
        )
    paths = [folder / os.path.expanduser(file) for folder in folders]
    if path := next((path for path in paths if path.is_file()), None):
        known_as = f"{path.name}:{parts['factory']}"
        return ModelCode(known_as, _modules(known_as, path.parent, name, ""))
    there = [each.name for path in paths if path.parent.is_dir() for each in path.parent.glob("*.py")]
    near = difflib.get_close_matches(Path(file).name, there, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "put it next to the parameter file, and name it from there"
    raise ModelCodeError(f"model = {model}: no file {file} in {searched}; {hint}")


def _installed(top: str) -> list[Path]:
    """The folders from which the package or module `top` would be imported."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return []
    return [Path(str(place)).parent for place in (spec.submodule_search_locations or [spec.origin])] if spec else []


def _modules(model: str, root: Path, main: str, within: str) -> dict[str, str]:
    """The text of `main` and of all local modules that it needs, those of the package `within` if given, by name."""
    found: dict[str, str] = {}
    waiting, seen = [main], set()
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if name in seen or top in RESERVED or (within and top != within):
            continue
        seen.add(name)
        if (path := _file(root, name)) is None:
            continue
        is_package = path.name == "__init__.py"
        kept_as = f"{name}.__init__" if is_package else name
        found[kept_as] = text = _text(model, path, kept_as) if path.is_file() else ""
        if len(found) > MOST_MODULES or sum(map(len, found.values())) > MOST_CHARACTERS:
            raise ModelCodeError(
                f"model = {model}: {file_of(main)}, line 1: it imports more than {MOST_MODULES} local modules or "
                f"{MOST_CHARACTERS:,} characters of them, which are kept with every run; put the network into a file "
                "of its own, away from them"
            )
        packages = [name[: dot.start()] for dot in re.finditer(r"\.", name)]
        waiting += [*packages, *_imported(text, name, is_package)]
    return dict(sorted(found.items()))


def _file(root: Path, name: str) -> Path | None:
    """Where the module is; of a package without a file of its own (a namespace), where that would be."""
    base = root.joinpath(*name.split("."))
    for path in (base / "__init__.py", base.parent / f"{base.name}.py"):
        if path.is_file():
            return path
    return base / "__init__.py" if base.is_dir() and any(base.glob("*.py")) else None


def _text(model: str, path: Path, name: str) -> str:
    try:
        return importlib.util.decode_source(path.read_bytes())
    except OSError as error:
        raise ModelCodeError(
            f"model = {model}: {disk_refusal(error, path).partition(';')[0]}; make it readable"
        ) from None
    except (SyntaxError, UnicodeError) as error:  # no such encoding, or not in it
        raise ModelCodeError(
            f"model = {model}: {file_of(name)}, line 1: no text in UTF-8 ({one_line(error)}); save it as such"
        ) from None


@lru_cache(maxsize=256)
def _imported(text: str, name: str, is_package: bool) -> tuple[str, ...]:
    """The dotted names that `text` may import, wherever in it; none where it is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # reported when the fingerprint is taken
    package = name if is_package else name.rpartition(".")[0]
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if node.level else []
            parts = parts[: len(parts) - node.level + 1] if node.level else []
            base = ".".join([*[part for part in parts if part], *([node.module] if node.module else [])])
            found += [base, *[f"{base}.{alias.name}".lstrip(".") for alias in node.names if alias.name != "*"]]
    return tuple(dict.fromkeys(each for each in found if each))


# Where code is kept.

_SEEN: dict[str, Path | Mapping[str, str]] = {}
"""By fingerprint, run folders that have the code, and modules that records have: noted as they are read."""


def usual_folders() -> list[Path]:
    """Where a custom network is searched when no parameter file names it."""
    return [Path.cwd(), project_root() / "params", project_root()]


def store() -> Path:
    """The folder in which code is kept for runs to come."""
    return project_root() / ".models"


def identified(values: Mapping[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
    """`values` of parameters with `model` as a run records it and `code`, its fingerprint; that code is kept.

    As they are where they name no custom network. Raises `ModelCodeError`.
    """
    model = values.get("model")
    if not isinstance(model, str) or not is_spelled(model):
        return dict(values)
    code = find(model, folders)
    keep(code, store() / code.fingerprint)
    return {**values, "model": code.model, "code": code.fingerprint}


def keep(code: ModelCode, folder: Path) -> None:
    """Write `code` into `folder`, unless it is there. Raises `ModelCodeError` when the disk refuses."""
    try:
        if _read(folder) == dict(code.modules):
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in code.modules.items():
            write_whole(folder / f"code-{name}.py", text)
    except (OSError, NormstudyError) as error:
        why = disk_refusal(error, folder) if isinstance(error, OSError) else str(error)
        raise ModelCodeError(f"model = {code.model}: its code cannot be kept: {why}") from None


def note(fingerprint: str, where: Path | Mapping[str, str]) -> None:
    """Remember, for as long as the process lasts, a run folder with that code, or its modules from a record."""
    _SEEN[fingerprint] = where


def kept(model: str, fingerprint: str) -> ModelCode:
    """The code of `model` with that fingerprint: from a run folder or a record that was read, or as it was kept.

    Where it was not kept on this machine, what is in the usual folders will do, if it is the same. Raises
    `ModelCodeError`.
    """
    for where in (_SEEN.get(fingerprint), store() / fingerprint):
        code = in_folder(model, where) if isinstance(where, Path) else where and ModelCode(model, where)
        if code and _has(code, fingerprint):
            return code
    try:
        code = find(model, usual_folders())
    except ModelCodeError:
        code = None
    if code and _has(code, fingerprint):
        return code
    other = "the file there now is another" if code else "its file is not here either"
    raise ModelCodeError(
        f"model = {model}: its code ({fingerprint}) is not kept in {store().name}/, and {other}; name the run folder "
        "that has it, or put the file next to the parameter file as it was"
    )


def adopt(model: str, fingerprint: str) -> None:
    """Keep what `kept` finds, for other processes of this checkout. Raises as that, and as `keep`."""
    keep(kept(model, fingerprint), store() / fingerprint)


def in_folder(model: str, folder: Path) -> ModelCode | None:
    """The code that the files `code-….py` of `folder` hold; None where there is none of `model`."""
    modules, name = _read(folder), module_of(model)
    return ModelCode(model, modules) if {name, f"{name}.__init__"} & modules.keys() else None


def _has(code: ModelCode, fingerprint: str) -> bool:
    try:
        return code.fingerprint == fingerprint
    except ModelCodeError:
        return False


def _read(folder: Path) -> dict[str, str]:
    try:
        files = {found[1]: path for path in folder.glob("code-*.py") if (found := KEPT.fullmatch(path.name))}
        return {name: files[name].read_text(encoding="utf-8") for name in sorted(files)}
    except (OSError, UnicodeError):
        return {}
