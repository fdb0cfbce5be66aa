"""Where in the code of one's own model its layers are made, and by which calls."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import nn

from normstudy.model_code import ModelCode
from normstudy.training.code_lines import module_in, origin, place
from normstudy.training.model_faults import ModelError, fault

COMPREHENSIONS = ("<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>")
"""What Python, up to 3.11, runs as functions of their own."""


@dataclass(frozen=True)
class Step:
    """Of the calls in the code that lead to a layer, one: in which `call` of a function, and in what line of it.

    `call`: a number, another for each; `function`: the name of the function, or of the class whose `__init__` it is;
    `owner`: the layer that it makes then, else None.
    """

    call: int
    function: str
    owner: nn.Module | None
    module: str
    line: int

    @property
    def place(self) -> str:
        """`my_models.py, line 4`."""
        return place(self.module, self.line)


class Places:
    """The lines of `code` in which layers are made, noted while the network is.

    A place is written `my_models.py, line 4`.
    """

    def __init__(self, code: ModelCode):
        self.code = code
        self._made: dict[int, tuple[nn.Module, list[Step]]] = {}  # with the layer: a number alone may become another's

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note each layer that is made meanwhile."""
        plain, calls = nn.Module.__init__, dict[types.FrameType, int]()

        def noting(layer: nn.Module, *arguments: object, **named: object) -> None:
            plain(layer, *arguments, **named)
            self._made[id(layer)] = layer, self._steps_to(layer, calls)

        nn.Module.__init__ = noting  # type: ignore[method-assign]
        try:
            yield
        finally:
            nn.Module.__init__ = plain  # type: ignore[method-assign]

    def of(self, layer: nn.Module | None) -> str:
        """Where `layer` is made; nothing where that was not noted."""
        steps = self.steps(layer)
        return steps[0].place if steps else ""

    def steps(self, layer: nn.Module | None) -> list[Step]:
        """The calls in the code that lead to `layer`, that which makes it first; none where that was not noted."""
        found, steps = self._made.get(id(layer), (None, []))
        return steps if found is layer else []

    def fault(self, what: str, layer: nn.Module | None = None, at: str = "") -> ModelError:
        """The error that says `what` is wrong, `at` a place, or where `layer` is made, or else where the factory is."""
        return fault(self.code, what, at or self.of(layer))

    def last_in(self, text: str) -> str:
        """The last place of the code in a traceback that somebody else wrote; nothing where there is none."""
        found = re.findall(rf'File "{re.escape(origin("", self.code))}([^"]+)", line (\d+)', text)
        return place(found[-1][0], int(found[-1][1])) if found else ""

    def _steps_to(self, layer: nn.Module, calls: dict[types.FrameType, int]) -> list[Step]:
        """The `calls` so far are kept as long as layers are made, so that no later one is taken for one of them."""
        steps: list[Step] = []
        frame: types.FrameType | None = sys._getframe(2)
        inner = 0
        while frame:
            name = module_in(frame.f_code.co_filename, self.code)
            own = frame.f_locals.get("self")
            if name and frame.f_code.co_name in COMPREHENSIONS:
                inner = inner or frame.f_lineno
            elif name and own is not layer:
                owner = own if isinstance(own, nn.Module) and frame.f_code.co_name == "__init__" else None
                function = frame.f_code.co_name if owner is None else type(owner).__name__
                call = calls.setdefault(frame, len(calls))
                steps.append(Step(call, function, owner, name, inner or frame.f_lineno))
                inner = 0
            frame = frame.f_back
        return steps
