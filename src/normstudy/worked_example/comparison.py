"""Side by side: what each normalization shares, learns and keeps."""

from __future__ import annotations

import pandas as pd
import torch

from normstudy.model import make_norm
from normstudy.report import markup
from normstudy.report.wording import rounded
from normstudy.worked_example.definition import GROUPS, IMAGES, NORMALIZATIONS, shared_sets
from normstudy.worked_example.exact import together

FORMULAS = {
    # axes of one mean, number of sets, values in each
    "bn": ("N, H, W", "C", "N·H·W"),
    "ln": ("C, H, W", "N", "C·H·W"),
    "gn": ("C/G, H, W", "N·G", "C/G·H·W"),
    "in": ("H, W", "N·C", "H·W"),
}


def table() -> str:
    """`@tbl-by-hand-compared`: the `comparison_table` with its caption."""
    images, channels, height, width = IMAGES.shape
    caption = (
        "The four normalizations on a batch of shape (N, C, H, W), with G groups; the numbers are the example's, with "
        f"N = {images}, C = {channels}, H = {height}, W = {width} and G = {GROUPS}. Measured: by how much $\\hat{{x}}$ "
        "of image 1 changes in training when the other images are left out, and by how much the output differs at "
        "test time when BN has seen this one batch."
    )
    return markup.table("by-hand-compared", comparison_table(), caption)


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
            "one mean runs over": together(f"({axes})"),
            "number of sets": together(f"{sets} = {row['sets']}"),
            "values in a set": together(f"{members} = {row['members']}"),
            "image depends on its batch": batch,
            "same at test time": test,
            "learned: γ, β": f"2·C = {row['parameters']}",
            "buffers": f"2·C = {row['buffers']}" if row["buffers"] else "none",
        }
    return pd.DataFrame(columns).rename_axis("property").reset_index()


def properties() -> pd.DataFrame:
    """What the `torch.nn` layers of the example show when asked, a row per kind.

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
            together = layer(x)
            at_test = layer.eval()(x)
            alone = layer.train()(x[:1])
        sets = shared_sets(kind)
        rows.append(
            {
                "normalization": kind,
                "sets": len(sets),
                "members": len(sets[0].members),
                "batch_change": (together[:1] - alone).abs().max().item(),
                "test_change": (together - at_test).abs().max().item(),
                "parameters": sum(parameter.numel() for parameter in layer.parameters()),
                "buffers": sum(buffer.numel() for buffer in layer.buffers() if buffer.dim()),
            }
        )
    return pd.DataFrame(rows)
