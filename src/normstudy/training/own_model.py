"""One's own network: the function that makes it is loaded from its code, called, and what it gives is looked at.

    def my_net(norm, shape, classes):
        channels, height, width = shape
        return nn.Sequential(
            nn.Conv2d(channels, 32, 3, bias=norm.bias), norm(32), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, classes),
        )

It maps standardised images (n, c, h, w) to class scores (n, classes). Whatever is wrong with it is one line that names
the file, the line in it, and what to do.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import inspect
import sys
import types
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from normstudy.config import Config, image_facts
from normstudy.model_code import ModelCode, defined, kept
from normstudy.text import one_line
from normstudy.training import code_lines
from normstudy.training.code_lines import origin, place
from normstudy.training.model_faults import LONGEST, a_value, fault, told
from normstudy.training.norm_builder import NORM_IS, Norm

ARGUMENTS = "norm, shape, classes"
"""Of the function that makes a network."""


class OwnNet(nn.Module):
    """One's own `net` in training: what it draws at random (dropout, say) follows from seed and epoch.

    So that equal configurations give equal numbers, also where a run was interrupted: torch's own generator, of which
    such layers draw, is set anew before each epoch, and how many are over is kept with the weights in a checkpoint.
    `normalizations`: the names in `net` of those that its maker asked for, in that order.
    """

    def __init__(self, net: nn.Module, normalizations: Sequence[str], seed: int):
        super().__init__()
        self.net, self.normalizations, self._seed = net, tuple(normalizations), seed
        self.register_buffer("epochs", torch.tensor(0))

    def forward(self, images: Tensor) -> Tensor:
        """Standardised images (n, c, h, w) to class scores (n, classes)."""
        return self.net(images)

    def train(self, mode: bool = True) -> OwnNet:
        """As of any module. An epoch begins with training mode and ends with that of evaluation."""
        if self.training and not mode:
            self.epochs += 1
        super().train(mode)
        if mode:
            torch.manual_seed(_seed(self._seed, int(self.epochs), "model"))
        return self


def shape_of(config: Config) -> tuple[int, int, int]:
    """Channels, height and width of the images that the network of `config`, resolved, is made for."""
    return image_facts(config).shape


def classes_of(config: Config) -> int:
    """How many classes the network of the configuration, resolved, tells apart."""
    return len(image_facts(config).classes)


def make_own(config: Config) -> OwnNet:
    """The network of one's own that `config`, resolved, names. Raises `ModelError` and `ModelCodeError`."""
    code = kept(config.model, config.code)
    with drawing_from(config.seed if config.seed_weights is None else config.seed_weights):
        norm, factory = Norm(config), load_factory(code)
        try:
            net = factory(norm, shape_of(config), classes_of(config))
        except BaseException as error:
            raise told(error, code) from None
    norm.close()
    return OwnNet(net, _normalizations_in(net, norm, code), config.seed)


def load_factory(code: ModelCode) -> Callable[..., nn.Module]:
    """The function (or class) that makes the network, its modules freshly loaded. Raises `ModelError`."""
    try:
        module = _loaded(code)
    except BaseException as error:
        raise told(error, code) from None
    factory = getattr(module, code.factory, None)
    if factory is None:
        names = defined(code)
        there = f"it defines {', '.join(names[:8])}" if names else "it defines nothing"
        raise fault(code, f"no `{code.factory}` there ({there}); define it, or name another", place(code.main, 1))
    if not callable(factory):
        raise fault(
            code, f"`{code.factory}` is {a_value(factory)}, where a function is needed; make it one of ({ARGUMENTS})"
        )
    try:
        inspect.signature(factory).bind(None, None, None)
    except TypeError:
        given = one_line(inspect.signature(factory))[:LONGEST]
        raise fault(code, f"{code.factory}{given}: must take ({ARGUMENTS}); change its arguments") from None
    except ValueError:
        pass  # of what is not written in Python, nobody knows them
    return factory


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Let torch's own generator begin from `seed`, and be afterwards where it was."""
    before = torch.random.get_rng_state()
    torch.manual_seed(_seed(seed, 0, "model"))
    try:
        yield
    finally:
        torch.random.set_rng_state(before)


def _seed(seed: int, epoch: int, purpose: str) -> int:
    """As `training.randomness.generator` derives it."""
    words = np.random.SeedSequence([seed, epoch, zlib.crc32(purpose.encode())]).generate_state(2, np.uint32)
    return int(words[0]) << 32 | int(words[1])


def _normalizations_in(net: object, norm: Norm, code: ModelCode) -> list[str]:
    """The names of the normalizations of `net`. Raises `ModelError` when it is no network that has them."""
    if isinstance(net, type) and issubclass(net, nn.Module):
        raise fault(code, f"`{code.factory}` gives the class {net.__name__} itself; give a network: {net.__name__}(…)")
    if not isinstance(net, nn.Module):
        if inspect.iscoroutine(net):
            net.close()
        if isinstance(net, Norm):
            what = f"`{code.factory}` gives `norm` itself, which builds normalizations"
            raise fault(code, f"{what}; return what holds norm(C), a torch.nn.Module")
        raise fault(
            code, f"`{code.factory}` gives {a_value(net)}, where a torch.nn.Module is needed; return the network"
        )
    if not norm.made:
        if kept_as := _kept_as(net, norm):
            name, attribute, layer = kept_as
            what = f"{name} is `norm` itself, which is {NORM_IS}"
            raise fault(code, what, code_lines.of_attribute(layer, attribute, code))
        raise fault(
            code,
            f"`{code.factory}` never asks for a normalization; put norm(channels) behind its convolutions, "
            "or the models of a comparison are all the same",
        )
    names = {id(layer): name for name, layer in net.named_modules()}
    if lost := [layer for layer in norm.made if id(layer) not in names]:
        which = "the normalization" if len(norm.made) == 1 else f"{len(lost)} of {len(norm.made)} normalizations"
        raise fault(
            code,
            f"{which} that `{code.factory}` asked for {'is' if len(lost) == 1 else 'are'} no part of the network; "
            "keep each as an attribute of its module, or in an nn.Sequential or nn.ModuleList",
        )
    return [names[id(layer)] for layer in norm.made]


def _kept_as(net: nn.Module, norm: Norm) -> tuple[str, str, nn.Module] | None:
    """The name of an attribute in `net` that is `norm` itself, `part.norm` and `norm`, and the layer that has it."""
    for name, layer in net.named_modules():
        for attribute, value in vars(layer).items():
            if value is norm:
                return f"{name}.{attribute}".lstrip("."), attribute, layer
    return None


# How the modules are loaded: not by the names that other modules of this program may have.


def _loaded(code: ModelCode) -> types.ModuleType:
    """The module of the factory, freshly executed with those of its own that it imports."""
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
        self._code, self._before = code, f"normstudy_model_{code.fingerprint}."

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
        return origin(self._key(name), self._code)

    def get_source(self, name: str) -> str:
        return self._code.modules[self._key(name)]

    def is_package(self, name: str) -> bool:
        return self._key(name).endswith(".__init__")

    def _key(self, name: str) -> str:
        """What the code calls the module; nothing where it has none of that name."""
        name = name.removeprefix(self._before)
        return next((key for key in (f"{name}.__init__", name) if key in self._code.modules), "")
