"""Images of one's own from a function: `my_images.py:flowers`, or `package.module:flowers`.

    def flowers():
        ...
        return (train_images, train_labels), (test_images, test_labels), ["daisy", "rose"]

Images are bytes (n, channels, height, width), labels whole numbers 0, 1, …; arrays of numpy or torch. The names of the
classes may be left out.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from normstudy.images.arrays import FEW, Images, checked, part, repeated
from normstudy.images.errors import OwnImagesError
from normstudy.text import one_line

RETURNS = "it must return (images, labels) for training, (images, labels) for the test, and names of classes or not"


def call(named: str) -> Images:
    """What the function `named` returns. Raises `OwnImagesError`: one line with file, line and remedy."""
    shown = one_line(named)
    function = found(named)
    try:
        inspect.signature(function).bind()
    except TypeError:
        raise OwnImagesError(f"{shown}: it cannot be called without arguments; give them defaults") from None
    except ValueError:  # one written in C tells nothing of its arguments
        pass
    given = _guarded(function, shown)
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        what = "nothing" if given is None else type(given).__name__
        much = f" of {len(given)}" if isinstance(given, (tuple, list)) else ""
        raise OwnImagesError(f"{shown}: returned {what}{much}; {RETURNS}")
    for each in given[:2]:
        if not isinstance(each, (tuple, list)) or len(each) != 2:
            raise OwnImagesError(f"{shown}: a part of what it returned is no pair (images, labels); {RETURNS}")
    train, test = (
        part(*each, f"{shown}: {split}") for split, each in zip(("training", "test"), given[:2], strict=True)
    )
    whole = checked(train, test, given[2] if len(given) == 3 else None, shown)
    pairs = repeated(whole)
    if len(pairs) > FEW * len(test.labels):
        (first, twin) = pairs[0]
        raise OwnImagesError(
            f"{shown}: {len(pairs)} of {len(test.labels)} test images are training images as well, such as test image "
            f"{first} and training image {twin}; leave them out of one of the two"
        )
    return whole


def found(named: str) -> Callable[[], Any]:
    """The function `named`. Raises `OwnImagesError`."""
    place, _, name = named.rpartition(":")
    shown = one_line(named)
    if not name.isidentifier() or not place:
        raise OwnImagesError(f"{shown}: must be `my_images.py:function`, or `package.module:function`")
    module = _guarded(lambda: _module(place, shown), shown)
    function = getattr(module, name, None)
    if not callable(function):
        near = [each for each, value in vars(module).items() if inspect.isfunction(value) and not each.startswith("_")]
        has = f"; it has {', '.join(near[:5])}" if near else ""
        wrong = "no function of that name" if function is None else f"{name} is no function"
        raise OwnImagesError(f"{shown}: {wrong}{has}")
    return function


def _module(place: str, shown: str):
    if not place.endswith(".py"):
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name and place.startswith(error.name):
                raise OwnImagesError(
                    f"{shown}: no module {error.name} can be imported; name a file, `my_images.py:function`"
                ) from None
            raise
    path = Path(place)
    if not path.is_file():
        raise OwnImagesError(f"{one_line(place)}: not there; put the file beside the parameter file")
    spec = importlib.util.spec_from_file_location(f"own_images_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with _beside(path.parent):
        spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _beside(folder: Path):
    """Modules in `folder` can be imported, and no compiled ones are left there."""
    before = sys.dont_write_bytecode
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = before


def _guarded(function: Callable[[], Any], shown: str) -> Any:
    """What `function` returns; what it prints goes to stderr. Raises `OwnImagesError` whatever it does otherwise."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return function()
    except (OwnImagesError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit as well
        raise OwnImagesError(f"{_where(error, shown)}: {_told(error)}; mend it there") from None


def _where(error: BaseException, shown: str) -> str:
    """`my_images.py:flowers: line 12`: the last line of its own code that was at work."""
    file = one_line(shown.rpartition(":")[0])
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{shown}: line {error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == file or (not file.endswith(".py") and Path(frame.filename).stem == file.split(".")[-1]):
            return f"{shown}: line {frame.lineno}"
    return shown


def _told(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it ends the program (sys.exit)"
    told = one_line(error.msg if isinstance(error, SyntaxError) else error)[:200]
    return f"{type(error).__name__}{f': {told}' if told else ''}"
