"""L1, a penalty on weights: what it costs, how it pulls, and the squared penalty next to it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import matplotlib as mpl
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from normstudy.model import l1_norm
from normstudy.report.core import markup, style
from normstudy.worked_example.exact import rounded, text

WEIGHTS = (Fraction(4, 5), Fraction(-1, 2), Fraction(1, 8), Fraction(0))
PENALTY = Fraction(1, 10)
RATE = Fraction(1, 2)
"""Weights, λ and learning rate of the example."""

STEPS = 40
HUES = ("bn", "gn", "ln", "in")
"""The colours of the weights, by their names in the style."""


def sign(value: Fraction) -> int:
    """1, 0 or -1."""
    return (value > 0) - (value < 0)


def l1_penalty(weights: Sequence[Fraction] = WEIGHTS, strength: Fraction = PENALTY) -> Fraction:
    """λ Σ|w|."""
    return strength * sum(abs(weight) for weight in weights)


def l1_gradient(weights: Sequence[Fraction] = WEIGHTS, strength: Fraction = PENALTY) -> list[Fraction]:
    """λ sign(w) of every weight: its size is λ however small the weight, and 0 at exactly 0."""
    return [strength * sign(weight) for weight in weights]


def l1_autograd(weights: Sequence[Fraction] = WEIGHTS, strength: Fraction = PENALTY) -> tuple[float, list[float]]:
    """The penalty and its gradient by autograd, from the function that training uses."""
    tensor = torch.tensor([float(weight) for weight in weights], dtype=torch.float64, requires_grad=True)
    penalty = float(strength) * l1_norm([tensor])
    penalty.backward()
    return penalty.item(), tensor.grad.tolist()


def descend(
    weights: Sequence[Fraction] = WEIGHTS, steps: int = 1, rate: Fraction = RATE, power: int = 1
) -> list[list[Fraction]]:
    """The weights after 0, 1, … `steps` steps of gradient descent on λ Σ|w| (`power` 1) or λ/2 Σw² (2) alone."""
    path = [list(weights)]
    for _ in range(steps):
        path.append([w - rate * PENALTY * (sign(w) if power == 1 else w) for w in path[-1]])
    return path


def table() -> pd.DataFrame:
    """The example's weights with their share of the penalty, their gradient by hand and by autograd, and one step."""
    _, autograd = l1_autograd()
    _, after = descend()
    return pd.DataFrame(
        {
            "weight w": text(weight),
            "its penalty": text(PENALTY * abs(weight)),
            "gradient λ sign(w)": text(gradient),
            "by autograd": rounded(computed),
            "w after one step": text(new),
        }
        for weight, gradient, computed, new in zip(WEIGHTS, l1_gradient(), autograd, after, strict=True)
    )


def figure() -> str:
    """`@fig-l1`: weights under gradient descent on the penalty alone, L1 on the left, the squared one on the right."""
    jump = RATE * PENALTY
    caption = (
        f"The penalty alone, step by step. L1 takes {text(jump)} off a weight's size in every step, the squared "
        f"penalty {text(100 * jump)} % of it. A weight whose size is no multiple of {text(jump)} jumps back and forth "
        "across 0 under L1: gradient descent brings weights near 0, seldom to exactly 0."
    )
    ends = [
        ", ".join(text(w) if "/" not in text(w) else rounded(w) for w in descend(steps=STEPS, power=power)[-1])
        for power in (1, 2)
    ]
    alt = (
        f"Line charts of weights {', '.join(map(text, WEIGHTS))} over {STEPS} steps of rate {text(RATE)} with λ = "
        f"{text(PENALTY)}. Under L1 they approach 0 along straight lines and end at {ends[0]}; under L2 they shrink "
        f"ever more slowly and end at {ends[1]}."
    )
    return markup.figure("l1", draw, alt, caption)


def draw() -> Figure:
    """λ Σ|w| on the left, λ/2 Σw² on the right."""
    picture = Figure(figsize=(style.WIDTH, 2.8))
    titles = ("L1: penalty λ Σ|w|", "squared (L2): penalty λ/2 Σw²")
    for power, (axes, title) in enumerate(zip(picture.subplots(1, 2, sharey=True), titles, strict=True), start=1):
        path = np.array(descend(steps=STEPS, power=power), dtype=float)
        for weight, values, hue in zip(WEIGHTS, path.T, HUES, strict=True):
            if not weight:
                continue  # it stays at 0
            axes.plot(values, color=style.colour(hue), marker="o", markersize=2)
            axes.annotate(
                f"w = {text(weight)}", (0, float(weight)), xytext=(6, 7 if weight > 0 else -12),
                textcoords="offset points", fontsize=8,
            )  # fmt: skip
        axes.axhline(0, color=mpl.rcParams["text.color"], linewidth=0.6)
        axes.set(title=title, xlabel="step", ylim=(-0.7, 0.95))
    picture.axes[0].set_ylabel("weight")
    return picture
