"""Which layers images go through in one's own network: what they are given, and which of them fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from normstudy.text import one_line
from normstudy.training import code_lines
from normstudy.training.model_faults import ModelError, raised_at, said, told
from normstudy.training.places import Places

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
        return told(error, self._places.code)

    def _in_layer(self, error: BaseException, layer: nn.Module, given: tuple[Any, ...]) -> ModelError:
        """An error in a layer of torch's, or of ours."""
        shapes = [tuple(each.shape) for each in given if isinstance(each, Tensor)]
        refused = " and ".join(f"({', '.join(map(str, shape))})" for shape in shapes)
        refused = f"values of the shape {refused}" if shapes else "what it is given"
        made, called = self._places.of(layer), raised_at(error, self._places.code)
        by = ""
        if made and called and made != called:
            same_file = made.partition(",")[0] == called.partition(",")[0]
            by = f" that {called.rpartition(', ')[2] if same_file else called} gives it"
        what = f"{self.named(layer)} refuses {refused}{by} ({said(error)})"
        remedy = _fitting(layer, shapes[0] if shapes else (), str(error))
        return self._places.fault(f"{what}; {remedy}", at=made or called)

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
    channels = next((getattr(layer, name) for name in CHANNELS if isinstance(getattr(layer, name, None), int)), None)
    if isinstance(layer, nn.LayerNorm):
        channels = layer.normalized_shape[0]
    if channels is None or not shape:
        return "make what comes before it fit"
    if len(shape) != 4:
        return "it takes (n, channels, h, w); put it before what flattens them"
    if shape[1] != channels:
        return f"it is made for {channels} channels: make it for {shape[1]}, or give it {channels}"
    return "the image has become smaller than what it needs; stride or pool less before it, or use padding"


CHANNELS = ("in_channels", "num_features", "num_channels")
"""What layers call the number of channels that they take."""
