"""Custom images from a function: `my_images.py:flowers`, or `package.module:flowers`.

    def flowers():
        ...
        return (train_images, train_labels), (test_images, test_labels), ["daisy", "rose"]

Images are bytes (n, channels, height, width), labels whole numbers 0, 1, …; arrays of numpy or torch. The class names
may be left out.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from normstudy.data.image_arrays import Images, checked, need, part, refuse_repeated
from normstudy.errors import DataError
from normstudy.text import one_line

RETURNS = "it must return (images, labels) for training, (images, labels) for the test, and class names or nothing else"


def call(named: str) -> Images:
    """What the function `named` returns. Raises `DataError`: one line with file, line and remedy."""
    place, _, name = named.rpartition(":")
    where, is_file = one_line(named), place.endswith(".py")
    need(name.isidentifier(), f"{where}: must be `my_images.py:function`, or `package.module:function`")
    need(not is_file or Path(place).is_file(), f"{one_line(place)}: no such file; put it next to the parameter file")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            module = _module(Path(place)) if is_file else importlib.import_module(place)
            function = getattr(module, name, None)
            returned = function() if callable(function) else None
    except (Exception, SystemExit) as error:
        text = one_line(error.msg if isinstance(error, SyntaxError) else error)[:200]
        line = _line(error, getattr(sys.modules.get(place), "__file__", place))
        raise DataError(f"{where}: {line}{type(error).__name__}{text and f': {text}'}") from None
    need(callable(function), f"{where}: no function {name} there")
    try:
        train, test, *rest = returned
        (train_images, train_labels), (test_images, test_labels) = train, test
        (names,) = rest or (None,)
    except (TypeError, ValueError):
        raise DataError(f"{where}: returned {type(returned).__name__}; {RETURNS}") from None
    need(
        names is None or (isinstance(names, list | tuple) and all(isinstance(each, str) for each in names)),
        f"{where}: the class names must be a list of texts",
    )
    train = part(train_images, train_labels, f"{where}: training")
    test = part(test_images, test_labels, f"{where}: test")
    images = checked(train, test, names, where)
    places = [f"image {place}" for place in range(max(len(train.labels), len(test.labels)))]
    refuse_repeated(images, where, places, places)
    return images


def _module(path: Path) -> ModuleType:
    """The module in `path`, which may import others in its folder; no compiled ones are left there."""
    name = f"custom_images_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    before = sys.dont_write_bytecode
    sys.path.insert(0, str(path.parent))
    sys.dont_write_bytecode = True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
        sys.dont_write_bytecode = before
    return module


def _line(error: BaseException, file: str) -> str:
    """`line 12: `, the last one in `file` that ran."""
    numbers = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if isinstance(error, SyntaxError):
        numbers.append(error.lineno)
    return f"line {numbers[-1]}: " if numbers and numbers[-1] else ""
