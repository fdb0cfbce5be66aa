"""States of the explorer, their links, and what torch and fractions make of them."""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import torch
from torch import nn
from torch.nn import functional

from normstudy.by_hand.definition import BETA, GAMMA, IMAGES
from normstudy.by_hand.explorer import METHODS

SHAPE = tuple(IMAGES.shape)
SIZE, CHANNELS = IMAGES.numel(), SHAPE[1]
SHOWN = ("xhat", "y", "dx", "dgamma", "dbeta")
EPSILONS = (Fraction(0), Fraction(1, 100_000))


@dataclass(frozen=True)
class State:
    """What the reader chose and typed; lists of fractions. `running`: batches, means and variances."""

    method: str = "bn"
    shows: str = "y"
    time: str = "train"
    at: int = 0
    step: int = 0
    eps: Fraction = Fraction(0)
    x: list[Fraction] = field(default_factory=lambda: [Fraction(int(value)) for value in IMAGES.flatten()])
    g: list[Fraction] = field(default_factory=lambda: [Fraction(int(index == 0)) for index in range(SIZE)])
    gamma: list[Fraction] = field(default_factory=lambda: list(GAMMA))
    beta: list[Fraction] = field(default_factory=lambda: list(BETA))
    running: list[Fraction] = field(default_factory=lambda: [Fraction(k) for k in (0, 0, 0, 0, 0, 1, 1, 1, 1)])

    @property
    def link(self):
        """The part of an address after #."""
        start, parts = State(), ["explorer"]
        for name in self.__dataclass_fields__:
            value, before = getattr(self, name), getattr(start, name)
            if value != before:
                numbers = value if isinstance(value, list) else [value]
                parts.append("_".join([name, *(str(number).replace("-", "n").replace("/", "d") for number in numbers)]))
        return "-".join(parts)

    @property
    def channel(self):
        return position(self.at)[1]

    @property
    def kept(self):
        """Whether running statistics normalize."""
        return self.method == "bn" and self.time == "test"

    @cached_property
    def sets(self):
        """Lists of the numbers of values that share a mean, written out method by method."""
        groups = {"bn": 4, "ln": 1, "gn1": 1, "gn2": 2, "gn4": 4, "in": 4, "ln2d": 0}[self.method]
        keys = {}
        for index in range(SIZE):
            image, channel, row, column = position(index)
            if self.method == "bn":
                key = channel
            elif self.method == "ln2d":
                key = (image, row, column)
            else:
                key = (image, channel * groups // CHANNELS)
            keys.setdefault(key, []).append(index)
        return list(keys.values())

    @cached_property
    def statistics(self):
        """Mean and variance of each set, exactly."""
        if self.kept:
            return list(zip(self.running[1:5], self.running[5:], strict=True))
        return [measured([self.x[index] for index in members]) for members in self.sets]

    @cached_property
    def set_at(self):
        """The number of each value's set."""
        return {index: number for number, members in enumerate(self.sets) for index in members}


def position(index):
    """Image, channel, row and column."""
    block, place = divmod(index, SHAPE[2] * SHAPE[3])
    return (*divmod(block, CHANNELS), *divmod(place, SHAPE[3]))


def measured(values):
    mean = sum(values) / len(values)
    return mean, sum((value - mean) ** 2 for value in values) / len(values)


def random_state(random, **fixed):
    """One of many kinds: whole numbers and fractions, constant blocks (whose σ is 0), few or all gradients."""

    def number():
        whole = random.randint(-12, 12)
        return Fraction(whole, random.choice((1, 1, 1, 2, 3, 4, 8, 7)))

    x = (
        [number() for _ in range(SIZE)]
        if random.random() < 0.5
        else [Fraction(random.randint(0, 12)) for _ in range(SIZE)]
    )
    if random.random() < 0.2:
        block = random.randrange(SIZE // 4)
        x[4 * block : 4 * block + 4] = [x[4 * block]] * 4
    dense = random.random() < 0.6
    running = [Fraction(random.randint(0, 50))] + [number() for _ in range(4)]
    running += [abs(number()) + Fraction(1, random.randint(1, 5)) for _ in range(4)]
    state = State(
        method=random.choice(list(METHODS)), shows=random.choice(SHOWN), time=random.choice(("train", "test")),
        at=random.randrange(SIZE), step=random.choice((0, 0, 1, 3)), eps=random.choice(EPSILONS), x=x,
        g=[number() if dense or random.random() < 0.1 else Fraction(0) for _ in range(SIZE)],
        gamma=[number() for _ in range(CHANNELS)], beta=[number() for _ in range(CHANNELS)], running=running,
    )  # fmt: skip
    return replace(state, **fixed)


def tensor(values, shape=SHAPE):
    return torch.tensor([float(value) for value in values], dtype=torch.float64).reshape(shape)


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        normalized = functional.layer_norm(
            x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps
        )
        return normalized.permute(0, 3, 1, 2)


def layer(state, gamma, beta):
    """The layer of `torch.nn`, in double precision, in the mode of the state."""
    eps = float(state.eps) or 1e-300  # torch refuses 0, and this adds nothing
    made = {
        "bn": lambda: nn.BatchNorm2d(CHANNELS, eps=eps),
        "ln": lambda: nn.GroupNorm(1, CHANNELS, eps=eps),
        "gn1": lambda: nn.GroupNorm(1, CHANNELS, eps=eps),
        "gn2": lambda: nn.GroupNorm(2, CHANNELS, eps=eps),
        "gn4": lambda: nn.GroupNorm(4, CHANNELS, eps=eps),
        "in": lambda: nn.InstanceNorm2d(CHANNELS, eps=eps, affine=True),
        "ln2d": lambda: LayerNorm2d(CHANNELS, eps=eps),
    }[state.method]().double()
    made.load_state_dict({"weight": gamma, "bias": beta}, strict=False)
    if state.method == "bn":
        made.running_mean[:] = tensor(state.running[1:5], -1)
        made.running_var[:] = tensor(state.running[5:], -1)
    return made.train(state.time == "train")


def by_torch(state):
    """x̂, y and the gradients by autograd: lists of doubles, those of values by number, those of channels by channel."""
    x = tensor(state.x).requires_grad_()
    norm = layer(state, tensor(state.gamma, -1), tensor(state.beta, -1))
    y = norm(x)
    y.backward(tensor(state.g))
    with torch.no_grad():
        xhat = layer(state, torch.ones(CHANNELS).double(), torch.zeros(CHANNELS).double())(x)
    found = {"xhat": xhat, "y": y, "dx": x.grad, "dgamma": norm.weight.grad, "dbeta": norm.bias.grad}
    found["terms"] = tensor(state.g) * xhat
    return {name: values.detach().flatten().tolist() for name, values in found.items()}


def undefined(state):
    """What cannot be divided, as σ² + ε = 0: numbers of values, and channels with such a value."""
    values = {
        index
        for members, (_, variance) in zip(state.sets, state.statistics, strict=True)
        for index in members
        if variance + state.eps == 0
    }
    return values, {position(index)[1] for index in values}


def marked(state):
    """The numbers of the values that the number looked at depends on by its mean, its variance or its sum."""
    if state.shows in ("dgamma", "dbeta"):
        return {index for index in range(SIZE) if position(index)[1] == state.channel}
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
