"""Custom networks: the function that makes one is loaded from the code that was kept, and called.

    def my_net(norm, shape, classes):
        channels, height, width = shape
        return nn.Sequential(
            nn.Conv2d(channels, 32, 3, bias=norm.bias), norm(32), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, classes),
        )

The network maps standardised images (n, c, h, w) to class scores (n, classes). What is wrong with it is one line, with
the file, and the last line of the traceback that lies in it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import operator
import re
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor, nn

from normstudy.config import Config, image_facts
from normstudy.errors import NormstudyError
from normstudy.model import make_norm
from normstudy.model_code import ModelCode, file_of, kept
from normstudy.text import one_line
from normstudy.training.randomness import seed_of

ASKED_FOR = "normstudy_channels"
"""Attribute of the layers that `norm` made: their number of channels. It survives a deep copy."""

LONGEST, MOST_CALLERS = 300, 3
"""Characters of a message, and calling lines, that a fault shows."""

REMEDIES = {
    "No module named": "; install that module into .venv, or put it next to the file and import it at the top",
    "not have a deterministic implementation": "; on a GPU that layer does not repeat: use another, or `device: cpu`",
    "during capture|is capturing|[Ss]treamCapture": (
        "; a GPU records the step, so that nothing in it may wait for a value (.item(), `if` on a tensor, x[mask]): "
        "use torch.where, or `device: cpu`"
    ),
    "on the same device|NVIDIA driver|not compiled with CUDA": (
        "; leave the device to the run: no .cuda(), register_buffer for tensors, device=x.device for new ones"
    ),
}
"""What to do, by a pattern of messages that do not say it."""


class ModelError(NormstudyError):
    """A custom network cannot be made or trained: one line with the file, the line in it and the fault."""


class Norm:
    """What a custom network builds its normalizations with: `norm(channels)`, a new layer for (n, channels, h, w).

    `kind`: bn, gn, ln, in, ln2d or none; with `none` the layer changes nothing.
    """

    def __init__(self, config: Config):
        self.kind = config.norm
        self._groups, self._statistics_batch = config.groups, config.statistics_batch
        self._is_closed = False

    @property
    def bias(self) -> bool:
        """Whether the convolution before it needs a bias: where nothing is normalized, for else β is one."""
        return self.kind == "none"

    def __bool__(self) -> bool:
        """Raises `TypeError`: `bias=norm` would give every convolution a bias, unnoticed."""
        raise TypeError("norm: is neither true nor false; write norm.bias")

    def __call__(self, channels: int) -> nn.Module:
        """A new normalization. Raises `ValueError` for what is no number of channels, and in a forward pass."""
        try:
            channels = operator.index(channels)
        except TypeError:
            channels = 0
        if channels < 1:
            raise ValueError("norm(C): C must be a number of channels, as in self.norm = norm(16) in __init__")
        if self.kind == "gn" and self._groups and channels % self._groups:
            raise ValueError(f"norm({channels}): groups = {self._groups} does not divide {channels} channels")
        if self._is_closed:
            raise ValueError(f"norm({channels}): in forward it learns nothing; write self.norm = norm(C) in __init__")
        layer = make_norm(self.kind, channels, self._groups, self._statistics_batch)
        setattr(layer, ASKED_FOR, channels)
        return layer

    def close(self) -> None:
        """Make no more layers: the network is complete."""
        self._is_closed = True


class CustomNet(nn.Module):
    """A custom `net` in training: what it draws at random (dropout, say) follows from seed and epoch.

    So that equal configurations give equal numbers, also where a run was interrupted: torch's own generator, which
    such layers use, is seeded before each epoch, and the number of finished epochs is kept with the weights in a
    checkpoint.
    """

    def __init__(self, net: nn.Module, seed: int):
        super().__init__()
        self.net, self._seed = net, seed
        self.register_buffer("epochs", torch.tensor(0))

    def forward(self, images: Tensor) -> Tensor:
        """Standardised images (n, c, h, w) to class scores (n, classes)."""
        return self.net(images)

    def train(self, mode: bool = True) -> CustomNet:
        """As of any module. An epoch begins with training mode and ends with evaluation mode."""
        if self.training and not mode:
            self.epochs += 1
        super().train(mode)
        if mode:
            torch.manual_seed(seed_of(self._seed, int(self.epochs), "model"))
        return self


def make_custom(config: Config) -> CustomNet:
    """The custom network of `config`, resolved. Raises `ModelError` and `ModelCodeError`."""
    code, norm, facts = kept(config.model, config.code), Norm(config), image_facts(config)
    with torch.random.fork_rng(devices=[]), not_compiled(), reported(code):
        seed = config.seed if config.seed_weights is None else config.seed_weights
        torch.manual_seed(seed_of(seed, 0, "model"))
        net = _function(code)(norm, facts.shape, len(facts.classes))
        if isinstance(net, nn.Module):
            net.to(memory_format=torch.contiguous_format)  # as penalties and Muon need it
    norm.close()
    if not isinstance(net, nn.Module):
        raise fault(code, f"`{code.factory}` returns {one_line(repr(net))[:60]}; return a torch.nn.Module")
    if not any(hasattr(layer, ASKED_FOR) for layer in net.modules()):
        raise fault(
            code,
            f"no layer of what `{code.factory}` returns is made by norm, so that all models of a comparison would be "
            "the same; put norm(channels) behind its convolutions, as attributes or in an nn.Sequential",
        )
    return CustomNet(net, config.seed)


@contextmanager
def reported(code: ModelCode, where: Callable[[], str] = str) -> Iterator[None]:
    """Raise what goes wrong meanwhile, in the user's code or because of it, as `ModelError`; Ctrl-C as it is.

    `where`: called then, for what is known of the place besides its line.
    """
    try:
        yield
    except NormstudyError:
        raise
    except (Exception, SystemExit) as error:
        lines = _lines(error, code)
        if isinstance(error, SyntaxError) and (name := _module_in(error.filename or "", code)):
            lines, error = [(name, error.lineno or 1)], SyntaxError(error.msg)
        at = _place(*lines[-1]) if lines else ""
        message = f"{type(error).__name__}: {one_line(error)}".removesuffix(": ")
        message = message if len(message) <= LONGEST else f"{message[:LONGEST]}…"
        others = [_place(*line) for line in dict.fromkeys(reversed(lines[:-1])) if line != lines[-1]]
        called = f" (called in {', '.join(others[:MOST_CALLERS])})" if others else ""
        remedy = next((remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, message)), "")
        raise fault(code, f"{where()}{message}{called}{remedy}", at) from None


def fault(code: ModelCode, what: str, at: str = "") -> ModelError:
    """The error that says `what` is wrong, `at` a place, `my_models.py, line 4`, or else where the function is."""
    return ModelError(f"model = {code.model}: {at or _place(code.main, code.line)}: {what}")


@contextmanager
def not_compiled() -> Iterator[None]:
    """Let `torch.compile` and `torch.jit.script` change nothing in the networks that are made meanwhile.

    A run computes as its record says on any machine; what a compiler makes of a network depends on that machine.
    """

    def as_it_is(own: object = None, *_: object, **__: object) -> object:
        return as_it_is if own is None else own

    with patch.object(torch, "compile", as_it_is), patch.object(torch.jit, "script", as_it_is):
        yield


def _place(module: str, line: int) -> str:
    return f"{file_of(module)}, line {line}"


def _lines(error: BaseException, code: ModelCode) -> list[tuple[str, int]]:
    """The modules of the code, and lines in them, that the traceback of `error` goes through."""
    steps = traceback.walk_tb(error.__traceback__)
    return [(name, line) for frame, line in steps if (name := _module_in(frame.f_code.co_filename, code))]


def _origin(module: str, code: ModelCode) -> str:
    """What stands for the file of a module in tracebacks."""
    return f"<{code.fingerprint}>/{module}"


def _module_in(filename: str, code: ModelCode) -> str:
    """The module, as `code` calls it, of a file that a traceback names; empty for others."""
    before = _origin("", code)
    return filename.removeprefix(before) if filename.startswith(before) else ""


def _function(code: ModelCode) -> Callable[..., nn.Module]:
    """The function (or class) that makes the network, its modules freshly executed."""
    function = getattr(_loaded(code), code.factory, None)
    if not callable(function):
        raise fault(code, f"no function `{code.factory}` there; define {code.factory}(norm, shape, classes)")
    return function


def _loaded(code: ModelCode) -> types.ModuleType:
    """The module of the function, executed with the local ones that it imports; other modules of their names stay."""
    finder = _Finder(code)
    tops = {name.partition(".")[0] for name in code.modules}

    def theirs() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] in tops]

    before = {name: sys.modules.pop(name) for name in theirs()}
    sys.meta_path.insert(0, finder)
    try:
        return importlib.import_module(code.main.removesuffix(".__init__"))
    finally:
        sys.meta_path.remove(finder)
        for name in theirs():
            del sys.modules[name]
        sys.modules.update(before)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Finds the modules of `code`, and gives each a name that no other module has.

    All but packages, whose names Python itself makes those of their modules from.
    """

    def __init__(self, code: ModelCode):
        self._code, self._before = code, f"normstudy_model_{code.fingerprint}_"

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if not self._key(name):
            return None
        return importlib.machinery.ModuleSpec(
            name, self, origin=self.get_filename(name), is_package=self.is_package(name)
        )

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = types.ModuleType(spec.name if self.is_package(spec.name) else self._before + spec.name)
        if not self.is_package(spec.name):
            sys.modules[module.__name__] = module  # what looks for the module of a class or function finds it
        module.__file__ = spec.origin
        return module

    def get_filename(self, name: str) -> str:
        return _origin(self._key(name), self._code)

    def get_source(self, name: str) -> str:
        return self._code.modules[self._key(name)]

    def is_package(self, name: str) -> bool:
        return self._key(name).endswith(".__init__")

    def _key(self, name: str) -> str:
        """What the code calls the module; empty where it has none of that name."""
        name = name.removeprefix(self._before)
        return next((key for key in (f"{name}.__init__", name) if key in self._code.modules), "")
