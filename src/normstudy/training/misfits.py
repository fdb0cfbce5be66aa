"""Where channels do not fit in one's own network: in which line of its code the wrong number most plausibly stands.

The layer that refuses values may be made in a block whose number of channels comes from the line that asks for the
block, or stand behind another layer of the same block that gives something else than it should.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from normstudy.training.code_lines import has_number
from normstudy.training.places import Places, Step

Call = tuple[nn.Module, Any]
"""Of a layer, with what it got, or gave."""

CHANNELS = ("in_channels", "num_features", "num_channels", "in_features")
"""What layers call the number of channels that they take."""

GIVEN = ("out_channels", "out_features")
"""What they call that which they give, where it is another."""


@dataclass(frozen=True)
class Misfit:
    """`layer` is made for `wants` channels (features, if it is linear) and gets `gets`."""

    layer: nn.Module
    wants: int
    gets: int


def number_of(layer: nn.Module, names: Sequence[str]) -> int | None:
    """That of the `names` that `layer` has; None where it has none."""
    return next((getattr(layer, name) for name in names if isinstance(getattr(layer, name, None), int)), None)


def misfit(layer: nn.Module, values: object) -> Misfit | None:
    """How `values` do not fit `layer`; None where it is not the number of channels that does not."""
    wants, gets = number_of(layer, CHANNELS), _channels(values, layer)
    return None if wants is None or gets is None or wants == gets else Misfit(layer, wants, gets)


def giver_of(counts: Sequence[int], ended: Sequence[Call]) -> nn.Module | None:
    """Of the layers whose calls `ended`, the last that gives as many channels as one of `counts`."""
    return next((layer for layer, _ in reversed(ended) if number_of(layer, GIVEN) in counts), None)


def asked_by(
    found: Misfit,
    steps: Sequence[Step],
    running: Sequence[tuple[nn.Module, Any]],
    giver: nn.Module | None,
    places: Places,
) -> int:
    """Which of the `steps` to the layer that refuses asks for its number of channels: 0 is that which makes it.

    It is an outer one as long as the number is not written out in the inner, and the block that it asks for gets just
    the values that do not fit: not from a layer of its own. `running`: layers whose calls go on, and what they got.
    """
    at = 0
    for place, step in enumerate(steps[:-1]):
        if has_number(step.module, step.line, found.wants, places.code):
            break
        block = [(layer, given) for layer, given in running if step.owner is layer or _is_of(step, layer, places)]
        gets = [_channels(given[0] if given else None, found.layer) for _, given in block]
        if any(each != found.gets for each in gets) or (giver is not None and _is_of(step, giver, places)):
            break
        at = place + 1
    return at


def wrong_giver(found: Misfit, made: Step, giver: nn.Module | None, places: Places) -> bool:
    """Whether the number is rather that of `giver`, in the same block: written out there, and not where `made` is."""
    line = next(iter(places.steps(giver)), None)
    if line is None or line.call != made.call or has_number(made.module, made.line, found.wants, places.code):
        return False
    return has_number(line.module, line.line, found.gets, places.code)


def _is_of(step: Step, layer: nn.Module, places: Places) -> bool:
    """Whether `layer` is made in the call of `step`, or in one that this makes."""
    return any(own.call == step.call for own in places.steps(layer))


def _channels(values: object, layer: nn.Module) -> int | None:
    """As many as `values` have for `layer`; None where they are not of a shape that it is for."""
    if not isinstance(values, Tensor):
        return None
    if isinstance(layer, nn.Linear):
        return values.shape[-1] if values.dim() else None
    return values.shape[1] if values.dim() == 4 else None
