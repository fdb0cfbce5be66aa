"""An IPython in which the cells of one page run, and what they show, in its order."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

Outputs = list[dict[str, Any]]


class Shell:
    """One for each process: what cells import from IPython knows no other."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        self.ipython = InteractiveShell.instance(config=config)
        self.ipython.showtraceback = lambda *_, **__: None
        self.ipython.showsyntaxerror = lambda *_, **__: None
        self.ipython.display_pub = _Publisher(parent=self.ipython)
        self.ipython.displayhook = self.ipython.display_trap.hook = _Hook(shell=self.ipython, parent=self.ipython)

    def run(self, source: str) -> tuple[Outputs, BaseException | None]:
        """What `source` prints and displays (`kind` stdout, stderr or display), and the exception that ended it."""
        outputs: Outputs = []
        self.ipython.display_pub.outputs = self.ipython.displayhook.outputs = outputs
        with redirect_stdout(_Stream("stdout", outputs)), redirect_stderr(_Stream("stderr", outputs)):
            result = self.ipython.run_cell(source, store_history=True)
        return outputs, result.error_before_exec or result.error_in_exec


class _Stream(io.TextIOBase):
    """Collects what is printed, between what is displayed."""

    def __init__(self, kind: str, outputs: Outputs):
        self.kind, self.outputs = kind, outputs

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.outputs and self.outputs[-1]["kind"] == self.kind:
            self.outputs[-1]["text"] += text
        elif text:
            self.outputs.append({"kind": self.kind, "text": text})
        return len(text)


class _Publisher(DisplayPublisher):
    """What `display` calls."""

    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        self.outputs.append({"kind": "display", "data": data})


class _Hook(DisplayHook):
    """What shows the value of a cell's last line."""

    def __call__(self, result: Any = None) -> None:
        if result is not None and not self.quiet():
            data, _ = self.compute_format_data(result)
            if data:  # objects that display themselves return none
                self.outputs.append({"kind": "display", "data": data})
