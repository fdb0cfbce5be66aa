"""The check against PyTorch: our definition beside the layers of `torch.nn` that the networks use."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.model import make_norm
from normstudy.report import markup
from normstudy.report.wording import scientific
from normstudy.worked_example.definition import BETA, EPSILON, GAMMA, GROUPS, IMAGES, NORMALIZATIONS, normalize
from normstudy.worked_example.running import RunningStatistics, normalize_at_test, running_statistics


def table() -> str:
    """`@tbl-by-hand-torch`: the `torch_table` with its caption."""
    single, double = (
        scientific(check_against_torch(dtype).difference.max()) for dtype in (torch.float32, torch.float64)
    )
    caption = (
        "Our definition against the layers that the networks of this report use, on the example with its γ and β and "
        f"ε = {scientific(EPSILON)}: the largest absolute difference of each output or running statistic, in 32-bit "
        f"and in 64-bit numbers. The largest of all are {single} and {double}: rounding."
    )
    return markup.table("by-hand-torch", torch_table(), caption)


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
        return normalize(x, kind, gamma=gamma, beta=beta)

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
