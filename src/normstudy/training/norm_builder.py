"""What the code of one's own model builds its normalizations with."""

from __future__ import annotations

from torch import Tensor, nn

from normstudy.config import Config
from normstudy.model import make_norm
from normstudy.text import one_line

NORM_IS = "what builds a normalization; call it with the number of channels, norm(C)"


class MisusedError(ValueError):
    """What we lend to a model's code is misused there.

    `remedy`: what to do in that line; `number`: that of channels which is refused, if it is one.
    """

    def __init__(self, what: str, remedy: str, number: int | None = None):
        super().__init__(what)
        self.remedy, self.number = remedy, number


class Norm:
    """What the function that makes a network builds its normalizations with: `norm(channels)`.

    `kind`: bn, gn, ln, in, ln2d or none. Each call gives a new layer for inputs (n, channels, h, w); with `none` it is
    one that changes nothing.
    """

    def __init__(self, config: Config):
        self.kind = config.norm
        self._groups, self._statistics_batch = config.groups, config.statistics_batch
        self._is_closed = False
        self.made: list[nn.Module] = []
        """The layers so far, in the order in which they were asked for."""

    @property
    def bias(self) -> bool:
        """Whether the convolution before it needs a bias of its own: where nothing is normalized, for else β is one."""
        return self.kind == "none"

    def __bool__(self) -> bool:
        """Raises `MisusedError`: as `bias=norm` it would be a bias for every convolution, unnoticed."""
        raise MisusedError(
            "norm: taken for true or false, and is what builds a normalization",
            "write norm.bias, which says whether the convolution before it needs a bias",
        )

    def __call__(self, channels: int) -> nn.Module:
        """A new normalization of `channels` channels.

        Raises `MisusedError` when that is no number of them, `groups` does not divide it, or the network is made.
        """
        if isinstance(channels, Tensor):
            raise MisusedError(
                f"norm({_brief(channels)}): norm is given values, and is what builds a normalization",
                "write self.norm = norm(C) in __init__, with the number of channels, and self.norm(x) in forward",
            )
        if not isinstance(channels, int) or isinstance(channels, bool) or channels < 1:
            raise MisusedError(
                f"norm({_brief(channels)}): must be given a number of channels",
                "write norm(16), say, with a whole number",
            )
        if self.kind == "gn" and self._groups and channels % self._groups:
            raise MisusedError(
                f"norm({channels}): groups = {self._groups} does not divide {channels} channels",
                "choose other channels or `groups:`",
                channels,
            )
        if self._is_closed:
            raise MisusedError(
                f"norm({channels}): a new normalization at each call, which learns nothing",
                f"write self.norm = norm({channels}) in __init__, and self.norm(x) in forward",
            )
        self.made.append(make_norm(self.kind, channels, self._groups, self._statistics_batch))
        return self.made[-1]

    def close(self) -> None:
        """Let no more be asked for: the network is made."""
        self._is_closed = True


def _brief(value: object) -> str:
    return f"a {type(value).__name__}" if isinstance(value, Tensor | nn.Module) else one_line(repr(value))[:40]
