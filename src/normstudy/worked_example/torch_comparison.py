"""The definition next to PyTorch: what each normalization shares, learns and keeps, and that `torch.nn` agrees."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.model import make_norm
from normstudy.worked_example.definition import (
    BETA,
    EPSILON,
    GAMMA,
    GROUPS,
    IMAGES,
    NORMALIZATIONS,
    normalize,
    shared_sets,
)
from normstudy.worked_example.exact import rounded, scientific, unbroken
from normstudy.worked_example.test_time import RunningStatistics, normalize_at_test, running_statistics

FORMULAS = {
    # axes of one mean, number of sets, values in each
    "bn": ("N, H, W", "C", "N·H·W"),
    "ln": ("C, H, W", "N", "C·H·W"),
    "gn": ("C/G, H, W", "N·G", "C/G·H·W"),
    "in": ("H, W", "N·C", "H·W"),
}


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
            "one mean runs over": unbroken(f"({axes})"),
            "number of sets": unbroken(f"{sets} = {row['sets']}"),
            "values in a set": unbroken(f"{members} = {row['members']}"),
            "image depends on its batch": batch,
            "same at test time": test,
            "learned: γ, β": f"2·C = {row['parameters']}",
            "kept, not learned": f"2·C = {row['buffers']}" if row["buffers"] else "none",
        }
    return pd.DataFrame(columns).rename_axis("property").reset_index()


def properties() -> pd.DataFrame:
    """What the `torch.nn` layers of the example show, a row per kind.

    Columns: normalization; sets and members (their number, and values in each); batch_change: the
    largest change of image 1's x̂ in training when the other images are left out; test_change: the
    largest difference between training and test on the same batch, after that batch; parameters
    (learned numbers); buffers (kept numbers that are not learned, without the count of batches).
    """
    x = IMAGES.double()
    rows = []
    for kind in NORMALIZATIONS:
        layer = make_norm(kind, x.shape[1], GROUPS).double()
        with torch.no_grad():
            in_batch = layer(x)
            at_test = layer.eval()(x)
            alone = layer.train()(x[:1])
        sets = shared_sets(kind)
        rows.append(
            {
                "normalization": kind,
                "sets": len(sets),
                "members": len(sets[0].members),
                "batch_change": (in_batch[:1] - alone).abs().max().item(),
                "test_change": (in_batch - at_test).abs().max().item(),
                "parameters": sum(parameter.numel() for parameter in layer.parameters()),
                "buffers": sum(buffer.numel() for buffer in layer.buffers() if buffer.dim()),
            }
        )
    return pd.DataFrame(rows)


def torch_table() -> pd.DataFrame:
    """`check_against_torch` in single and in double precision."""
    single, double = (check_against_torch(dtype) for dtype in (torch.float32, torch.float64))
    return pd.DataFrame(
        {
            "norm": double.normalization.str.upper(),
            "layer": double.layer,
            "compared": double.compared,
            "32 bits": single.difference.map(scientific),
            "64 bits": double.difference.map(scientific),
        }
    )


def check_against_torch(dtype: torch.dtype = torch.float64) -> pd.DataFrame:
    """Largest absolute difference between our definition and the network's layers of `torch.nn`, on the example.

    Columns: normalization (kind), layer, compared, difference.
    """
    x = IMAGES.to(dtype)
    gamma, beta = (torch.tensor([float(value) for value in values], dtype=dtype) for values in (GAMMA, BETA))
    channels = x.shape[1]
    rows = []

    def compare(kind: str, layer: str, ours: Tensor, theirs: Tensor, compared: str = "output") -> None:
        rows.append((kind, layer, compared, (ours - theirs).abs().max().item()))

    def ours(kind: str) -> Tensor:
        return normalize(x, kind, gamma=gamma, beta=beta, eps=EPSILON)

    layers = {kind: make_norm(kind, channels, GROUPS).to(dtype) for kind in NORMALIZATIONS}
    for layer in layers.values():
        layer.load_state_dict({"weight": gamma, "bias": beta}, strict=False)

    with torch.no_grad():
        bn = layers["bn"]
        compare("bn", "BatchNorm2d, training", ours("bn"), bn(x))
        start = RunningStatistics(torch.zeros(channels, dtype=dtype), torch.ones(channels, dtype=dtype))
        running = running_statistics(x, start)
        compare("bn", "BatchNorm2d, training", running.mean, bn.running_mean, "running mean")
        compare("bn", "BatchNorm2d, training", running.variance, bn.running_var, "running variance")
        compare("bn", "BatchNorm2d, test", normalize_at_test(x, running, gamma, beta), bn.eval()(x))
        compare("ln", "GroupNorm, 1 group", ours("ln"), layers["ln"](x))
        plain = nn.LayerNorm(tuple(x.shape[1:]), dtype=dtype)
        compare("ln", "LayerNorm over (C, H, W)", normalize(x, "ln"), plain(x), "γ = 1, β = 0")
        compare("gn", f"GroupNorm, {GROUPS} groups", ours("gn"), layers["gn"](x))
        compare("in", "InstanceNorm2d", ours("in"), layers["in"](x))
    return pd.DataFrame(rows, columns=["normalization", "layer", "compared", "difference"])
