"""Where in the code of one's own model its layers are made."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from normstudy.model_code import ModelCode
from normstudy.training.code_lines import module_in, origin, place
from normstudy.training.model_faults import ModelError, fault


class Places:
    """The lines of `code` in which layers are made, noted while the network is.

    A place is written `my_models.py, line 4`.
    """

    def __init__(self, code: ModelCode):
        self.code = code
        self._made: dict[int, tuple[nn.Module, str]] = {}  # with the layer: a number alone may become another's

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note each layer that is made meanwhile."""
        plain = nn.Module.__init__

        def noting(layer: nn.Module, *arguments: object, **named: object) -> None:
            plain(layer, *arguments, **named)
            self._made[id(layer)] = layer, self._line_that_makes(layer)

        nn.Module.__init__ = noting  # type: ignore[method-assign]
        try:
            yield
        finally:
            nn.Module.__init__ = plain  # type: ignore[method-assign]

    def of(self, layer: nn.Module | None) -> str:
        """Where `layer` is made; nothing where that was not noted."""
        found, made_at = self._made.get(id(layer), (None, ""))
        return made_at if found is layer else ""

    def fault(self, what: str, layer: nn.Module | None = None, at: str = "") -> ModelError:
        """The error that says `what` is wrong, `at` a place, or where `layer` is made, or else where the factory is."""
        return fault(self.code, what, at or self.of(layer))

    def last_in(self, text: str) -> str:
        """The last place of the code in a traceback that somebody else wrote; nothing where there is none."""
        found = re.findall(rf'File "{re.escape(origin("", self.code))}([^"]+)", line (\d+)', text)
        return place(found[-1][0], int(found[-1][1])) if found else ""

    def _line_that_makes(self, layer: nn.Module) -> str:
        frame: types.FrameType | None = sys._getframe(2)
        while frame:
            name = module_in(frame.f_code.co_filename, self.code)
            if name and frame.f_locals.get("self") is not layer:
                return place(name, frame.f_lineno)
            frame = frame.f_back
        return ""
