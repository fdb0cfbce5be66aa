"""States of the explorer, their links, and what torch and fractions make of them."""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import prod
from operator import gt

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from normstudy.worked_example.definition import BETA, GAMMA, IMAGES, normalize
from normstudy.worked_example.explorer import METHODS
from normstudy.worked_example.test_time import MOMENTUM

SHAPE = tuple(IMAGES.shape)
LARGEST = (4, 4, 3, 3)
SHOWN = ("xhat", "y", "dx", "dgamma", "dbeta")
EPSILONS = tuple(map(Fraction, ("0", "0.00001", "0.001", "0.1", "1")))
MOMENTA = tuple(map(Fraction, ("0.01", "0.1", "0.5", "1")))
GROUPS = {"gn1": 1, "gn2": 2, "gn4": 4}


@dataclass(frozen=True)
class State:
    """What the reader chose and typed; lists of fractions. `running`: batches, means and variances."""

    shape: tuple[int, ...] = SHAPE
    method: str = "bn"
    shows: str = "y"
    time: str = "train"
    colours: str = "sets"
    at: int = 0
    step: int = 0
    eps: Fraction = Fraction(0)
    momentum: Fraction = MOMENTUM
    x: list[Fraction] = field(default_factory=lambda: [Fraction(int(value)) for value in IMAGES.flatten()])
    g: list[Fraction] = field(default_factory=lambda: [Fraction(int(index == 0)) for index in range(IMAGES.numel())])
    gamma: list[Fraction] = field(default_factory=lambda: list(GAMMA))
    beta: list[Fraction] = field(default_factory=lambda: list(BETA))
    running: list[Fraction] = field(default_factory=lambda: [Fraction(k) for k in (0, 0, 0, 0, 0, 1, 1, 1, 1)])

    @property
    def link(self):
        """The part of an address after #."""
        start, parts = reshaped(State(), self.shape), ["explorer"]
        for name in self.__dataclass_fields__:
            value, before = getattr(self, name), getattr(start, name)
            if value != (SHAPE if name == "shape" else before):
                numbers = value if isinstance(value, list | tuple) else [value]
                parts.append("_".join([name, *(str(number).replace("-", "n").replace("/", "d") for number in numbers)]))
        return "-".join(parts)

    @property
    def size(self):
        return prod(self.shape)

    @property
    def channels(self):
        return self.shape[1]

    @property
    def means(self):
        """The running means."""
        return self.running[1 : 1 + self.channels]

    @property
    def variances(self):
        """The running variances."""
        return self.running[1 + self.channels :]

    @property
    def centred(self):
        """Whether a mean is subtracted."""
        return self.method != "rms"

    def position(self, index):
        """Image, channel, row and column."""
        return position(index, self.shape)

    @property
    def channel(self):
        return self.position(self.at)[1]

    @property
    def kept(self):
        """Whether running statistics normalize."""
        return self.method == "bn" and self.time == "test"

    @cached_property
    def sets(self):
        """Lists of the numbers of values that share a mean, written out method by method."""
        groups = self.channels if self.method in ("bn", "in") else GROUPS.get(self.method, 1)
        keys = {}
        for index in range(self.size):
            image, channel, row, column = self.position(index)
            if self.method == "bn":
                key = channel
            elif self.method == "ln2d":
                key = (image, row, column)
            else:
                key = (image, channel * groups // self.channels)
            keys.setdefault(key, []).append(index)
        return list(keys.values())

    @cached_property
    def statistics(self):
        """Mean and variance of each set, exactly; without a mean, 0 and the mean square."""
        if self.kept:
            return list(zip(self.means, self.variances, strict=True))
        values = [[self.x[index] for index in members] for members in self.sets]
        if not self.centred:
            return [(Fraction(0), sum(value**2 for value in own) / len(own)) for own in values]
        return [measured(own) for own in values]

    @cached_property
    def set_at(self):
        """The number of each value's set."""
        return {index: number for number, members in enumerate(self.sets) for index in members}


def position(index, shape):
    """Image, channel, row and column."""
    return tuple(int(place) for place in np.unravel_index(index, shape))


def reshaped(state, shape):
    """The state in another shape: what lies in both stays; elsewhere are numbers of the explorer's own, 0 in g."""

    def kept(name, fresh):
        inside = [all(map(gt, state.shape, position(index, shape))) for index in range(prod(shape))]
        return [
            getattr(state, name)[np.ravel_multi_index(position(index, shape), state.shape)]
            if inside[index]
            else per_image(name, index, fresh)
            for index in range(prod(shape))
        ]

    def per_image(name, index, fresh):
        place = position(index, shape)
        example = State.__dataclass_fields__[name].default_factory()
        if name == "x" and all(map(gt, SHAPE, place)):
            return example[np.ravel_multi_index(place, SHAPE)]
        return fresh(index)

    def per_channel(name):
        start = State.__dataclass_fields__[name].default_factory()
        return [(getattr(state, name)[at : at + 1] or start[at : at + 1])[0] for at in range(shape[1])]

    untouched = [Fraction(0)] * (1 + shape[1]) + [Fraction(1)] * shape[1]
    at = np.ravel_multi_index(
        [min(p, most - 1) for p, most in zip(state.position(state.at), shape, strict=True)], shape
    )
    return replace(
        state, shape=shape, at=int(at), step=min(state.step, 1),
        x=kept("x", lambda index: Fraction((7 * index**2 + 3 * index + 2) % 13)), g=kept("g", lambda _: Fraction(0)),
        gamma=per_channel("gamma"), beta=per_channel("beta"),
        running=state.running if shape[1] == state.channels else untouched,
        method="ln" if shape[1] % GROUPS.get(state.method, 1) else state.method,
    )  # fmt: skip


def measured(values):
    mean = sum(values) / len(values)
    return mean, sum((value - mean) ** 2 for value in values) / len(values)


def random_state(random, **fixed):
    """One of many kinds: of the example's shape or another; whole numbers and fractions, few or all gradients.

    Some have constant blocks, whose σ is 0.
    """

    def number():
        whole = random.randint(-12, 12)
        return Fraction(whole, random.choice((1, 1, 1, 2, 3, 4, 8, 7)))

    shape = SHAPE if random.random() < 0.5 else tuple(random.randint(1, most) for most in LARGEST)
    size, channels, place = prod(shape), shape[1], shape[2] * shape[3]
    x = (
        [number() for _ in range(size)]
        if random.random() < 0.5
        else [Fraction(random.randint(0, 12)) for _ in range(size)]
    )
    if random.random() < 0.2:
        block = place * random.randrange(size // place)
        x[block : block + place] = [x[block]] * place
    dense = random.random() < 0.6
    running = [Fraction(random.randint(0, 50))] + [number() for _ in range(channels)]
    running += [abs(number()) + Fraction(1, random.randint(1, 5)) for _ in range(channels)]
    state = State(
        shape=shape, method=random.choice([each for each in METHODS if channels % GROUPS.get(each, 1) == 0]),
        shows=random.choice(SHOWN), time=random.choice(("train", "test")), colours=random.choice(("sets", "values")),
        at=random.randrange(size), step=random.choice((0, 0, 1, 3)), eps=random.choice(EPSILONS), x=x,
        momentum=random.choice(MOMENTA),
        g=[number() if dense or random.random() < 0.1 else Fraction(0) for _ in range(size)],
        gamma=[number() for _ in range(channels)], beta=[number() for _ in range(channels)], running=running,
    )  # fmt: skip
    return replace(state, **fixed)


def tensor(values, shape):
    return torch.tensor([float(value) for value in values], dtype=torch.float64).reshape(shape)


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        normalized = functional.layer_norm(
            x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps
        )
        return normalized.permute(0, 3, 1, 2)


class RMSNorm(nn.GroupNorm):
    """Over an image, with a γ and a β per channel, which `torch.nn.RMSNorm` has not."""

    def forward(self, x):
        return self.weight[:, None, None] * functional.rms_norm(x, x.shape[1:], eps=self.eps) + self.bias[:, None, None]


class OfSingleValues(nn.GroupNorm):
    """Where every set has but one value, which torch refuses."""

    def forward(self, x):
        return normalize(x, "in", gamma=self.weight, beta=self.bias, eps=self.eps)


def layer(state, gamma, beta):
    """The layer of `torch.nn`, in double precision, in the mode of the state."""
    eps = float(state.eps) or 1e-300  # torch refuses 0, and this adds nothing
    channels = state.channels
    if state.method not in ("ln2d", "rms") and len(state.sets[0]) == 1 and not state.kept:
        made = OfSingleValues(1, channels, eps=eps).double()
    else:
        made = {
            "bn": lambda: nn.BatchNorm2d(channels, eps=eps, momentum=float(state.momentum)),
            "ln": lambda: nn.GroupNorm(1, channels, eps=eps),
            "gn1": lambda: nn.GroupNorm(1, channels, eps=eps),
            "gn2": lambda: nn.GroupNorm(2, channels, eps=eps),
            "gn4": lambda: nn.GroupNorm(4, channels, eps=eps),
            "in": lambda: nn.InstanceNorm2d(channels, eps=eps, affine=True),
            "ln2d": lambda: LayerNorm2d(channels, eps=eps),
            "rms": lambda: RMSNorm(1, channels, eps=eps),
        }[state.method]().double()
    made.load_state_dict({"weight": gamma, "bias": beta}, strict=False)
    if hasattr(made, "running_mean") and state.method == "bn":
        made.running_mean[:] = tensor(state.means, -1)
        made.running_var[:] = tensor(state.variances, -1)
    return made.train(state.time == "train")


def by_torch(state):
    """x̂, y and the gradients by autograd: lists of doubles, those of values by number, those of channels by channel."""
    x = tensor(state.x, state.shape).requires_grad_()
    norm = layer(state, tensor(state.gamma, -1), tensor(state.beta, -1))
    y = norm(x)
    y.backward(tensor(state.g, state.shape))
    with torch.no_grad():
        xhat = layer(state, torch.ones(state.channels).double(), torch.zeros(state.channels).double())(x)
    found = {"xhat": xhat, "y": y, "dx": x.grad, "dgamma": norm.weight.grad, "dbeta": norm.bias.grad}
    found["terms"] = tensor(state.g, state.shape) * xhat
    return {name: values.detach().flatten().tolist() for name, values in found.items()}


def undefined(state):
    """What cannot be divided, as σ² + ε = 0: numbers of values, and channels with such a value."""
    values = {
        index
        for members, (_, variance) in zip(state.sets, state.statistics, strict=True)
        for index in members
        if variance + state.eps == 0
    }
    return values, {state.position(index)[1] for index in values}


def marked(state):
    """The numbers of the values that the number looked at depends on by its mean, its variance or its sum."""
    if state.shows in ("dgamma", "dbeta"):
        return {index for index in range(state.size) if state.position(index)[1] == state.channel}
    return {state.at} if state.kept else set(state.sets[state.set_at[state.at]])


def exact_square(state, index):
    """x̂² of a value, a fraction, with the sign of x̂."""
    mean, variance = state.statistics[state.set_at[index]]
    distance = state.x[index] - mean
    return (1 if distance > 0 else -1) * distance**2 / (variance + state.eps)


def evaluated(text):
    """The value of a number or a calculation as it is written on the page, such as −3√35/7, (3 − 1)² or 1·10^−7."""
    plain = text.replace("−", "-").replace("·", "*").replace("²", "**2").replace("^", "**")
    plain = re.sub(r"(\d|\))√", r"\1*√", plain)
    plain = re.sub(r"√(\d+)", r"sqrt(\1)", plain).replace("√(", "sqrt(")
    plain = re.sub(r"10\*\*(-\d+)", r"10**(\1)", plain)
    assert re.fullmatch(r"(sqrt|[\d.()*/+\- ])*", plain), text
    return float(eval(plain, {"__builtins__": {}, "sqrt": lambda value: value**0.5}))
