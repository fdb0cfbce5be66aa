"""The code of one's own model: where it lies, what belongs to it, and by which fingerprint it is known.

`model: my_models.py:factory` names a file beside the parameter file, `model: package.module:factory` a module there,
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
from collections.abc import Iterator, Mapping, Sequence
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
"""What the files of a run folder with the code of its model are called."""

RESERVED = sys.stdlib_module_names | {"normstudy", "numpy", "torch", "torchvision"}
"""Names of modules that are not one's own, whatever lies beside a file."""

MOST_MODULES, MOST_CHARACTERS = 50, 1_000_000


class ModelCodeError(NormstudyError):
    """The code of one's own model is not there, or cannot be read."""


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
        """In which line of that module the factory is defined, or gets its name; 1 where that is not to be seen."""
        for node in ast.parse(self.modules[self.main]).body:
            if self.factory in _names_of(node):
                return node.lineno
        return 1

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, shortened to 16 digits, of what the modules say to Python and what they are called.

        Raises `ModelCodeError` for one that says nothing to it.
        """
        said = []
        for name in sorted(self.modules):
            try:
                said.append(f"{name}: {meaning(self.modules[name])}")
            except SyntaxError as error:
                raise self._unreadable(name, error.lineno or 1, f"{type(error).__name__}: {error.msg}") from None
            except (ValueError, RecursionError, MemoryError) as error:
                raise self._unreadable(name, 1, one_line(error) or type(error).__name__) from None
        return hashlib.sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def _unreadable(self, name: str, line: int, why: str) -> ModelCodeError:
        return ModelCodeError(f"model = {self.model}: {file_of(name)}, line {line}: {why}; mend that line")


def is_spelled(model: str) -> bool:
    """Whether `model` can be the name of one's own model."""
    return len(model) <= LONGEST and SPELLING.fullmatch(model) is not None


def module_of(model: str) -> str:
    """`my_models` of `my_models.py:my_net`; `package.module` of `package.module:my_net`."""
    found = SPELLING.fullmatch(model)
    assert found
    return found["stem"] or found["module"]


def file_of(name: str) -> str:
    """What the file of the module of that dotted name is called from the folder that it is found in."""
    return f"{name.replace('.', '/')}.py"


def defined(code: ModelCode) -> list[str]:
    """The public names that the module of the factory defines, functions and classes first."""
    body = ast.parse(code.modules[code.main]).body
    made = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    others = [name for node in body if not isinstance(node, ast.Import | ast.ImportFrom) for name in _names_of(node)]
    return [name for name in dict.fromkeys([*made, *others]) if not name.startswith("_")]


def find(model: str, folders: Sequence[Path]) -> ModelCode:
    """The code of `model`, whose file or package is in one of `folders`, or else installed.

    Raises `ModelCodeError`: one line with what is missing, or with the file, the line and the remedy.
    """
    parts = SPELLING.fullmatch(model)
    if not parts or len(model) > LONGEST:
        raise ModelCodeError(f"model = {one_line(model)[:60]}: must be such as {EXAMPLES}")
    name = module_of(model)
    if name.partition(".")[0] in RESERVED:
        raise ModelCodeError(
            f"model = {model}: `{name.partition('.')[0]}` is a module of Python or of this project's libraries; "
            "give yours another name"
        )
    if parts["file"]:
        places = [folder / os.path.expanduser(parts["file"]) for folder in folders]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise _not_there(model, parts["file"], folders, places)
        root, within, known_as = path.parent, "", f"{path.name}:{parts['factory']}"
    else:
        root, within = _root_of(model, name, folders)
        known_as = model
    return ModelCode(known_as, _modules(known_as, root, name, within))


def _not_there(model: str, file: str, folders: Sequence[Path], places: Sequence[Path]) -> ModelCodeError:
    looked = ", ".join(dict.fromkeys(f"{one_line(folder)}/" for folder in folders))
    beside = [path.name for place in places if place.parent.is_dir() for path in place.parent.glob("*.py")]
    name = Path(file).name
    near = difflib.get_close_matches(name, beside, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "put it beside the parameter file"
    if there := next((folder for folder in folders if (folder / name).is_file()), None):
        known_as = f"{name}:{model.rpartition(':')[2]}"
        hint = f"{name} is in {one_line(there)}/, from where it is named: write `model: {known_as}`"
    return ModelCodeError(f"model = {model}: no file {file} in {looked or './'}; {hint}")


def _root_of(model: str, name: str, folders: Sequence[Path]) -> tuple[Path, str]:
    """The folder from which `name` is found, and which package its local modules are in, where that has others."""
    for folder in folders:
        if _file(folder, name):
            return folder, ""
    top = name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        spec = None
    places = list((spec.submodule_search_locations or [spec.origin]) if spec else [])
    for place in places:
        root = Path(str(place)).parent
        if _file(root, name):
            return root, top
    looked = ", ".join(dict.fromkeys(f"{one_line(folder)}/" for folder in folders))
    raise ModelCodeError(
        f"model = {model}: no module {name} in {looked or './'} nor installed; put it there, or install it into .venv"
    )


def _modules(model: str, root: Path, main: str, within: str) -> dict[str, str]:
    """The text of `main` and of all local modules that it needs, by dotted name."""
    found: dict[str, str] = {}
    waiting, seen = [main], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _file(root, name)
        if path is None or name.partition(".")[0] in RESERVED or (within and name.partition(".")[0] != within):
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
        waiting += [*_above(name), *_imported(text, name, is_package)]
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


def _above(name: str) -> Iterator[str]:
    """The packages that a module is in."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@lru_cache(maxsize=256)
def _imported(text: str, name: str, is_package: bool) -> tuple[str, ...]:
    """The dotted names that `text` may import, wherever in it; nothing where it cannot be read."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # which is told of when the fingerprint is taken
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


def _names_of(node: ast.stmt) -> list[str]:
    """What a statement at the top of a module gives a name to."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


# Where code is kept.

_SEEN: dict[str, Path] = {}
"""Folders of runs in which code was seen, by its fingerprint."""

_RECORDED: dict[str, dict[str, str]] = {}
"""Modules that records have, by their fingerprint."""


def usual_folders() -> list[Path]:
    """Where one's own model is looked for when no parameter file names it."""
    return [Path.cwd(), project_root() / "params", project_root()]


def store() -> Path:
    """The folder in which code is kept for runs to come."""
    return project_root() / ".models"


def identified(values: Mapping[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
    """`values` of parameters with `model` as a run records it and `code`, its fingerprint; that code is kept.

    As they are where they name no model that could be one's own. Raises `ModelCodeError`.
    """
    model = values.get("model")
    if not isinstance(model, str) or not is_spelled(model):
        return dict(values)
    code = find(model, folders)
    keep(code, store() / code.fingerprint)
    return {**values, "model": code.model, "code": code.fingerprint}


def keep(code: ModelCode, folder: Path) -> None:
    """Have `folder` hold `code`. Raises `ModelCodeError` when the disk refuses."""
    try:
        if _read(code.model, folder) == dict(code.modules):
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in code.modules.items():
            write_whole(folder / f"code-{name}.py", text)
    except (OSError, NormstudyError) as error:
        why = disk_refusal(error, folder) if isinstance(error, OSError) else str(error)
        raise ModelCodeError(f"model = {code.model}: its code cannot be kept: {why}") from None


def note_modules(fingerprint: str, modules: Mapping[str, str]) -> None:
    """Remember, for as long as the process lasts, the modules with that fingerprint, which a record has."""
    _RECORDED[fingerprint] = dict(modules)


def note_folder(fingerprint: str, folder: Path) -> None:
    """Remember, for as long as the process lasts, that the run folder `folder` has the code with that fingerprint."""
    _SEEN[fingerprint] = folder


def kept(model: str, fingerprint: str) -> ModelCode:
    """The code of `model` with that fingerprint: from a run folder or a record that has been read, or as it was kept.

    Where it was not kept on this machine, what lies in the usual folders will do, if it is the same. Raises
    `ModelCodeError`.
    """
    for folder in (_SEEN.get(fingerprint), store() / fingerprint):
        if folder and (code := in_folder(model, folder)) and _has(code, fingerprint):
            return code
    if modules := _RECORDED.get(fingerprint):
        return ModelCode(model, modules)
    try:
        code = find(model, usual_folders())
    except ModelCodeError:
        code = None
    if code and _has(code, fingerprint):
        return code
    other = "what lies there now says something else" if code else "its file is not here either"
    raise ModelCodeError(
        f"model = {model}: its code ({fingerprint}) is not kept in {store().name}/, and {other}; name the run folder "
        "that has it, or put the file beside the parameter file as it was"
    )


def adopt(model: str, fingerprint: str) -> None:
    """Keep what `kept` finds, for other processes of this checkout. Raises as that, and as `keep`."""
    keep(kept(model, fingerprint), store() / fingerprint)


def in_folder(model: str, folder: Path) -> ModelCode | None:
    """The code that the files `code-….py` of `folder` hold; None where there is none of `model`."""
    modules = _read(model, folder)
    name = module_of(model)
    return ModelCode(model, modules) if {name, f"{name}.__init__"} & modules.keys() else None


def _has(code: ModelCode, fingerprint: str) -> bool:
    try:
        return code.fingerprint == fingerprint
    except ModelCodeError:
        return False


def _read(model: str, folder: Path) -> dict[str, str]:
    try:
        files = {found[1]: path for path in folder.glob("code-*.py") if (found := KEPT.fullmatch(path.name))}
        return {name: files[name].read_text(encoding="utf-8") for name in sorted(files)}
    except (OSError, UnicodeError):
        return {}
