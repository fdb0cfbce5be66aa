"""The worked example as data frames of Markdown cells."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import torch

from normstudy.by_hand.definition import (
    BETA,
    GAMMA,
    IMAGES,
    MOMENTUM,
    NORMALIZATIONS,
    PENALTY,
    WEIGHTS,
    check_against_torch,
    descend,
    exact_normalized,
    exact_running_statistics,
    l1_autograd,
    l1_gradient,
    properties,
    set_of,
    shared_sets,
)
from normstudy.by_hand.exact import root_text, text
from normstudy.report.wording import rounded, scientific

UNBROKEN = str.maketrans(" ", "\u00a0")
"""Keeps a short calculation or name on one line of its cell."""

FORMULAS = {
    # axes of one mean, number of sets, values in each
    "bn": ("N, H, W", "C", "N·H·W"),
    "ln": ("C, H, W", "N", "C·H·W"),
    "gn": ("C/G, H, W", "N·G", "C/G·H·W"),
    "in": ("H, W", "N·C", "H·W"),
}


def sets_table(kind: str) -> pd.DataFrame:
    """Every set with its values, block by block, and its statistics as sums to follow."""
    rows = []
    for shared in shared_sets(kind):
        blocks = (", ".join(str(int(value)) for value in IMAGES[block].flatten()) for block in shared.blocks)
        size = len(shared.members)
        rows.append(
            {
                "one mean for": shared.name.translate(UNBROKEN),
                "values": "; ".join(block.translate(UNBROKEN) for block in blocks),
                "μ": f"{sum(shared.members)}/{size} = {text(shared.mean)}".translate(UNBROKEN),
                "σ²": f"{text(shared.squares)}/{size} = {text(shared.variance)}".translate(UNBROKEN),
                "σ": root_text(shared.variance),
            }
        )
    return pd.DataFrame(rows)


def normalized_table(kind: str) -> pd.DataFrame:
    """x̂ with ε = 0: a column per channel, and for each image as many rows as it has."""
    rows = []
    for number, image in enumerate(exact_normalized(kind), start=1):
        for row in range(image.shape[1]):
            cells = (", ".join(map(text, channel)).translate(UNBROKEN) for channel in image[:, row])
            rows.append(
                {"image, row": f"{number}, {row + 1}"} | {f"channel {c}": cell for c, cell in enumerate(cells, start=1)}
            )
    return pd.DataFrame(rows)


def one_value_table(position: tuple[int, int, int, int] = (0, 0, 0, 0)) -> pd.DataFrame:
    """One value of the example through all four normalizations, to x̂ and y."""
    rows, value, channel = [], int(IMAGES[position]), position[1]
    for kind in NORMALIZATIONS:
        shared, x_hat = set_of(kind, position), exact_normalized(kind)[position]
        rows.append(
            {
                "kind": kind.upper(),
                "set": shared.name.translate(UNBROKEN),
                "μ": text(shared.mean),
                "σ": root_text(shared.variance),
                "x̂": f"({value} − {text(shared.mean)})/{root_text(shared.variance)} = {text(x_hat)}".translate(
                    UNBROKEN
                ),
                "y": text(GAMMA[channel] * x_hat + BETA[channel]),
            }
        )
    return pd.DataFrame(rows)


def running_table() -> pd.DataFrame:
    """BN's running statistics after the first batch, channel by channel, with the sums that lead to them."""
    keep, share, rows = text(1 - MOMENTUM), text(MOMENTUM), []
    for number, (shared, mean, variance) in enumerate(zip(shared_sets("bn"), *exact_running_statistics(), strict=True)):
        unbiased = f"{text(shared.squares)}/{len(shared.members) - 1}"
        rows.append(
            {
                "channel": str(number + 1),
                "running mean": f"{keep}·0 + {share}·{text(shared.mean)} = {text(mean)}".translate(UNBROKEN),
                "m σ²/(m − 1)": f"{unbiased} ≈ {rounded(shared.unbiased_variance)}".translate(UNBROKEN),
                "running variance": f"{keep}·1 + {share}·{unbiased} ≈ {rounded(variance)}".translate(UNBROKEN),
            }
        )
    return pd.DataFrame(rows)


def at_test_table(position: tuple[int, int, int, int] = (0, 0, 0, 0), batches=(1, 10, 100)) -> pd.DataFrame:
    """x̂ of one value at test time, after BN saw the example's batch several times; last, x̂ in training."""
    value, channel = int(IMAGES[position]), position[1]

    def row(name: str, mean: Fraction, variance: Fraction) -> dict[str, str]:
        x_hat = float(value - mean) / float(variance) ** 0.5
        return {"statistics": name, "mean": rounded(mean), "variance": rounded(variance), "x̂": rounded(x_hat)}

    rows = []
    for count in batches:
        mean, variance = exact_running_statistics(count)
        rows.append(row(f"test, after {count} batch{'es' * (count > 1)}", mean[channel], variance[channel]))
    shared = set_of("bn", position)
    rows.append(row("training", shared.mean, shared.variance))
    return pd.DataFrame(rows)


def torch_table() -> pd.DataFrame:
    """`check_against_torch` in single and in double precision."""
    single, double = (check_against_torch(dtype) for dtype in (torch.float32, torch.float64))
    return pd.DataFrame(
        {
            "kind": double.normalization.str.upper(),
            "layer": double.layer,
            "compared": double.compared,
            "32 bits": single.difference.map(scientific),
            "64 bits": double.difference.map(scientific),
        }
    )


def l1_table() -> pd.DataFrame:
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


def comparison_table() -> pd.DataFrame:
    """The four normalizations side by side, a row per property; numbers are those of the example, measured."""
    found = properties().set_index("normalization").to_dict("index")
    columns = {}
    for kind, (axes, sets, members) in FORMULAS.items():
        row = found[kind]
        batch, test = (
            f"{yes}, by {rounded(row[key])}" if row[key] > 1e-9 else no
            for key, yes, no in (("batch_change", "yes", "no"), ("test_change", "no", "yes"))
        )
        columns[kind.upper()] = {
            "one mean runs over": f"({axes})".translate(UNBROKEN),
            "number of sets": f"{sets} = {row['sets']}".translate(UNBROKEN),
            "values in a set": f"{members} = {row['members']}".translate(UNBROKEN),
            "image depends on its batch": batch,
            "same at test time": test,
            "learned: γ, β": f"2·C = {row['parameters']}",
            "buffers": f"2·C = {row['buffers']}" if row["buffers"] else "none",
        }
    return pd.DataFrame(columns).rename_axis("property").reset_index()
