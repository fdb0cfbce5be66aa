"""Which layers images go through in one's own network: what they are given, and which of them fails."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from normstudy.text import one_line
from normstudy.training import code_lines
from normstudy.training.code_lines import has_number
from normstudy.training.misfits import CHANNELS, GIVEN, Misfit, asked_by, giver_of, misfit, number_of, wrong_giver
from normstudy.training.model_faults import ModelError, raised_at, said, told
from normstudy.training.places import Places, Step

OTHER_CHANNELS = re.compile(r"size of tensor a \((\d+)\) must match .*\((\d+)\) at non-singleton dimension 1\b")
"""What torch says where values are added that have them."""

DESCRIBED = 70
"""Characters of a layer's description."""


class Calls:
    """The calls of layers, as images go through `net`, which is made as `places` say."""

    def __init__(self, net: nn.Module, places: Places):
        self._net, self._places = net, places
        self._open: list[tuple[nn.Module, tuple[Any, ...]]] = []
        self._ended: list[tuple[nn.Module, Any]] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the calls that are made meanwhile, of layers that are part of the network and of others."""
        handles = [register_module_forward_pre_hook(self._begin), register_module_forward_hook(self._end)]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def strangers(self) -> list[nn.Module]:
        """Layers with parameters that were called and are no part of the network."""
        own = {id(layer) for layer in self._net.modules()}
        called = {id(layer): layer for layer, _ in self._ended}
        return [layer for key, layer in called.items() if key not in own and any(True for _ in layer.parameters())]

    def maker(self, values: object) -> nn.Module | None:
        """The innermost layer that gave `values`; None where they were made otherwise."""
        return next((layer for layer, given in self._ended if given is values), None)

    def told(self, error: BaseException) -> ModelError:
        """`error`, which ended the watched calls, as one line: which layer refused what, where, and a remedy."""
        layer, given = self._open[-1] if self._open else (None, ())
        if layer is None or isinstance(error, ModelError | SystemExit | KeyboardInterrupt | GeneratorExit):
            return told(error, self._places.code)
        if isinstance(error, NotImplementedError) and 'missing the required "forward"' in str(error):
            called = type(layer).__name__
            what = f"the class {called} has no forward; define forward(self, x) in it"
            return self._places.fault(what, layer, code_lines.of_class(called, self._places.code))
        if code_lines.of_forward(layer, self._places.code):
            return self._in_own_layer(error, layer)
        return self._in_layer(error, layer, given)

    def named(self, layer: nn.Module) -> str:
        """`body.2 (Conv2d(16, 32, …))`: its name in the network, kind and settings."""
        name = next((name for name, own in self._net.named_modules() if own is layer and name), "")
        settings = "" if code_lines.of_forward(layer, self._places.code) else one_line(layer.extra_repr())
        settings = settings if len(settings) <= DESCRIBED else f"{settings[:DESCRIBED]}…"
        described = f"{type(layer).__name__}({settings})"
        return f"{name} ({described})" if name else described

    def _in_own_layer(self, error: BaseException, layer: nn.Module) -> ModelError:
        """An error in the forward pass of a layer of one's own class, or in the call of it."""
        forward = type(layer).forward
        if isinstance(error, TypeError) and str(error).startswith(f"{forward.__qualname__}()"):
            what = f"{said(error)}; have it take (self, x), and call it with as much"
            return self._places.fault(what, layer, code_lines.of_forward(layer, self._places.code))
        at = raised_at(error, self._places.code)
        if sizes := OTHER_CHANNELS.search(str(error)):
            counts = [int(count) for count in sizes.groups()]
            own = {id(each) for each in layer.modules()}
            giver = giver_of(counts, [call for call in self._ended if id(call[0]) in own])
            if giver is not None and self._places.of(giver):
                return self._not_put_together(giver, counts, layer, at)
        return told(error, self._places.code, note=self._of_block(layer, at))

    def _not_put_together(self, giver: nn.Module, counts: list[int], layer: nn.Module, called: str) -> ModelError:
        """Values of other channels, which the place `called` adds, say, in `layer`; the last of them `giver` gave."""
        given = number_of(giver, GIVEN)
        other = next(count for count in counts if count != given)
        step = self._places.steps(giver)[0]
        at = step.place if has_number(step.module, step.line, given or 0, self._places.code) else called
        made = "" if at == step.place else f", made in {_near(step.place, at)},"
        here = "" if at == called else f" in {_near(called, at)}"
        return self._places.fault(
            f"{self.named(giver)}{made} gives {given} channels, and{here} they meet values with {other}"
            f"{self._of_block(layer, at)}; give both the same, by the channels of what makes them",
            at=at,
        )

    def _of_block(self, layer: nn.Module, at: str) -> str:
        """`, in 3 (Block()) of line 28`; nothing of the network itself."""
        made = self._places.of(layer)
        return "" if layer is self._net or not made else f", in {self.named(layer)} of {_near(made, at)}"

    def _in_layer(self, error: BaseException, layer: nn.Module, given: tuple[Any, ...]) -> ModelError:
        """An error in a layer of torch's, or of ours."""
        shapes = [tuple(each.shape) for each in given if isinstance(each, Tensor)]
        refused = " and ".join(f"({', '.join(map(str, shape))})" for shape in shapes)
        refused = f"values of the shape {refused}" if shapes else "what it is given"
        steps, called = self._steps(layer), raised_at(error, self._places.code)
        found = misfit(layer, given[0] if given else None)
        if found and len(steps) > 1:
            return self._in_block(found, steps, refused, _fitting(layer, shapes[0], str(error)))
        made = steps[0].place if steps else ""
        by = f" that {_near(called, made)} gives it" if made and called and made != called else ""
        within = _within(steps, made)
        what = f"{self.named(layer)} refuses {refused}{by} ({said(error)}){within}"
        remedy = _fitting(layer, shapes[0] if shapes else (), str(error))
        return self._places.fault(f"{what}; {remedy}", at=made or called)

    def _in_block(self, found: Misfit, steps: list[Step], refused: str, remedy: str) -> ModelError:
        """Other channels than a layer is made for, where the `steps` to it are several: it is part of a block."""
        giver = giver_of([found.gets], self._ended)
        asked = asked_by(found, steps, self._open, giver, self._places)
        by_giver = not asked and wrong_giver(found, steps[0], giver, self._places)
        at = self._places.of(giver) if by_giver else steps[asked].place
        name, made = self.named(found.layer), steps[0].place
        source = ""
        if giver is not None and self._places.of(giver):
            source = f" from {self.named(giver)} of {_near(self._places.of(giver), at)}"
        what = f"{name}{f', made in {_near(made, at)},' if made != at else ''} refuses {refused}{source}"
        if asked:
            why = f"it is made for {found.wants} channels, as {steps[asked - 1].function} is asked for here"
            remedy = f"ask for {found.gets}, or give it {found.wants}"
            return self._places.fault(f"{what}{_within(steps[:asked], at)}: {why}; {remedy}", at=at)
        return self._places.fault(f"{what}{_within(steps, at)}; {remedy}", at=at)

    def _steps(self, layer: nn.Module) -> list[Step]:
        """The steps to `layer`, up to those in the network itself: that it is made is no news."""
        steps = self._places.steps(layer)
        root = next((place for place, step in enumerate(steps) if step.owner is self._net), len(steps))
        return steps[: root + 1]

    def _begin(self, layer: nn.Module, given: tuple[Any, ...]) -> None:
        self._open.append((layer, given))

    def _end(self, layer: nn.Module, _given: object, made: object) -> None:
        while self._open and self._open.pop()[0] is not layer:  # others ended by an error that their caller caught
            pass
        self._ended.append((layer, made))


def _fitting(layer: nn.Module, shape: tuple[int, ...], message: str) -> str:
    """How `layer` comes to take values of that shape."""
    if "Expected more than 1 value per channel" in message:
        return (
            "in training, means need more than one value: normalize where an image has several positions, or choose "
            "a `batch_size` that leaves no single image"
        )
    if isinstance(layer, nn.Linear) and shape and shape[-1] != layer.in_features:
        or_else = "nn.AdaptiveAvgPool2d(1) before nn.Flatten(), which fits images of any size"
        return (
            f"its first number must be {shape[-1]}, or put {or_else if len(shape) == 2 else 'nn.Flatten() before it'}"
        )
    channels = number_of(layer, CHANNELS)
    if isinstance(layer, nn.LayerNorm):
        channels = layer.normalized_shape[0]
    if channels is None or not shape:
        return "make what comes before it fit"
    if len(shape) != 4:
        return "it takes (n, channels, h, w); put it before what flattens them"
    if shape[1] != channels:
        return f"it is made for {channels} channels: make it for {shape[1]}, or give it {channels}"
    return "the image has become smaller than what it needs; stride or pool less before it, or use padding"


def _within(steps: Sequence[Step], at: str) -> str:
    """`, in Block of line 28 and Stage of line 40`: the calls that lead to what the first of `steps` makes."""
    ways = [f"{inner.function} of {_near(outer.place, at)}" for inner, outer in itertools.pairwise(steps)]
    return f", in {' and '.join(ways)}" if ways else ""


def _near(place: str, other: str) -> str:
    """`place`, by its line alone where it is in the file of the `other`."""
    return place.rpartition(", ")[2] if place.partition(",")[0] == other.partition(",")[0] else place
