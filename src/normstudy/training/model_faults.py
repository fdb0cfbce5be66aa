"""What is wrong with one's own model, in one line: the file, the line in it, the fault, and what to do."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence

from normstudy.errors import NormstudyError
from normstudy.model_code import ModelCode
from normstudy.text import one_line
from normstudy.training.code_lines import has_number, module_in, of_argument, place
from normstudy.training.norm_builder import NORM_IS, MisusedError, Norm

LONGEST = 200
"""Characters of somebody else's message that are told."""

MOST_CALLS = 3
"""That are named, of those that lead to a fault."""

KNOWN_IMPORTS = {"nn": "from torch import nn", "torch": "import torch", "F": "import torch.nn.functional as F"}

REMEDIES = {
    r"before Module\.__init__\(\) call": "put super().__init__() before it, as the first line of __init__",
    r"descriptor '__init__' of 'super' object": "write super().__init__()",
    r"is invalid for input of size|view size is not compatible": (
        "flatten with x.flatten(1), which keeps images apart and fits any size of them"
    ),
    r"modified by an inplace operation": "take out what changes values in place (inplace=True, relu_(), +=)",
    r"The size of tensor a .* must match|Sizes of tensors must match": (
        "give both the same shape, by the stride, padding and channels of what makes them"
    ),
    r"does not have a deterministic implementation": (
        "a GPU does that otherwise each time, and runs have to repeat: use another layer, or `device: cpu`"
    ),
    r"during capture|is capturing|[Ss]treamCapture": (
        "a training step is recorded for the GPU, so that nothing in it may wait for a value: no .item(), no `if` on a "
        "tensor, no x[mask]; take torch.where instead, or `device: cpu`"
    ),
    r"on the same device": (
        "leave it to the run on which device the network is: no .cuda(), no .to(…); register_buffer for a tensor that "
        "it keeps, device=x.device for one that forward makes"
    ),
    r"NVIDIA driver|not compiled with CUDA|CUDA error": (
        "leave it to the run on which device the network is: no .cuda(), no .to(…)"
    ),
}
"""What to do about errors of torch that a first model often has, by a pattern of their message."""


class ModelError(NormstudyError):
    """One's own model cannot be made, or cannot be trained here: one line with file, line, fault and remedy."""


def fault(code: ModelCode, what: str, at: str = "") -> ModelError:
    """The error that says `what` is wrong, and what to do, `at` a place of the code; else where the factory is."""
    return ModelError(f"model = {code.model}: {at or of_factory(code)}: {what}")


def told(error: BaseException, code: ModelCode, at: str = "", note: str = "") -> ModelError:
    """`error`, which the code of a model raised, as one line: where in that code, what, and a remedy.

    `at`: the place, where that is known better than by the traceback; `note`: what is to be said behind the fault.
    """
    if isinstance(error, ModelError):
        return error
    if isinstance(error, SyntaxError) and (name := module_in(error.filename, code)):
        what = f"{type(error).__name__}: {error.msg}"
        return fault(code, f"{what}; mend that line", place(name, error.lineno or 1))
    if slip := _misplaced(error, code):
        return slip
    lines = _lines(error, code)
    line = _line_of_fault(error, lines, code)
    at = at or (place(*line) if line else "")
    remedy = _remedy(error) or ("mend that line" if at else f"mend it in what `{code.factory}` makes")
    return fault(code, f"{said(error)}{note or _way_to(error, lines, line)}; {remedy}", at)


def said(error: BaseException) -> str:
    """Kind and message of `error`, cut where it is long."""
    message = one_line(error)
    message = message if len(message) <= LONGEST else f"{message[:LONGEST]}…"
    if isinstance(error, MisusedError):
        return message
    return f"{type(error).__name__}{f': {message}' if message else ''}"


def raised_at(error: BaseException, code: ModelCode) -> str:
    """The last place of the code that the traceback of `error` goes through; nothing where it goes through none."""
    lines = _lines(error, code)
    return place(*lines[-1]) if lines else ""


def of_factory(code: ModelCode) -> str:
    """The place where the function that makes the network is defined."""
    return place(code.main, code.line)


def _lines(error: BaseException, code: ModelCode) -> list[tuple[str, int]]:
    """The modules of the code, and lines in them, that the traceback of `error` goes through."""
    steps = traceback.walk_tb(error.__traceback__)
    return [(name, line) for frame, line in steps if (name := module_in(frame.f_code.co_filename, code))]


def _line_of_fault(error: BaseException, lines: Sequence[tuple[str, int]], code: ModelCode) -> tuple[str, int] | None:
    """The last of `lines`; of a number that we refuse, the last in which it is written out."""
    number = error.number if isinstance(error, MisusedError) else None
    written = [line for line in lines if number is not None and has_number(*line, number, code)]
    return (written or list(lines))[-1] if lines else None


def _way_to(error: BaseException, lines: Sequence[tuple[str, int]], at: tuple[str, int] | None) -> str:
    """` (called in line 28)`: the other `lines` that lead to a fault, the nearest first."""
    others = [line for line in dict.fromkeys(reversed(lines)) if line != at]
    if at is None or not others or isinstance(error, RecursionError):
        return ""
    shown = [f"line {line}" if name == at[0] else place(name, line) for name, line in others[:MOST_CALLS]]
    return f" (called in {', '.join(shown)})"


def _misplaced(error: BaseException, code: ModelCode) -> ModelError | None:
    """What is told where something else was put where torch wants a layer; None where that is not what is wrong."""
    if not (isinstance(error, TypeError) and "is not a Module subclass" in str(error)):
        return None
    last, lines = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-1], _lines(error, code)
    if "module" not in last.f_locals or not lines:  # it is not torch's own `add_module` that raised it
        return None
    thing, position = last.f_locals["module"], str(last.f_locals.get("name"))
    line = of_argument(*lines[-1], int(position), code) if position.isdigit() else lines[-1][1]
    return fault(code, _stands_for_a_layer(thing), place(lines[-1][0], line))


def _stands_for_a_layer(thing: object) -> str:
    where = "stands where a layer has to"
    if isinstance(thing, Norm):
        return f"`norm` itself {where}: norm is {NORM_IS}"
    if isinstance(thing, type):
        return f"the class {thing.__name__} {where}; make one of it, {thing.__name__}(…)"
    if isinstance(thing, list | tuple):
        return f"a {type(thing).__name__} {where}; unpack it, nn.Sequential(*layers)"
    if callable(thing):
        called = getattr(thing, "__name__", type(thing).__name__)
        return f"the function {called} {where}; put a layer there that does the same, nn.ReLU() for F.relu"
    return f"{a_value(thing)} {where}; put an nn.Module there"


def a_value(value: object) -> str:
    """`a value of type list`, where something else was wanted."""
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _remedy(error: BaseException) -> str:
    """What to do about `error`; nothing where that is not known."""
    if isinstance(error, MisusedError):
        return error.remedy
    if isinstance(error, ModuleNotFoundError):
        return "install that module into .venv, or put it beside the file and import it by its name at the top"
    if isinstance(error, ImportError):
        return "import what is there"
    if isinstance(error, NameError) and error.name in KNOWN_IMPORTS:
        return f"import it at the top of the file: {KNOWN_IMPORTS[error.name]}"
    if isinstance(error, SystemExit | KeyboardInterrupt | GeneratorExit):
        return "take out what ends the program: a model is imported, not run"
    if isinstance(error, RecursionError):
        return "end the recursion"
    if isinstance(error, OSError):
        return "only modules are kept with a run: put into the code what it reads from files"
    return next((remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, str(error))), "")
