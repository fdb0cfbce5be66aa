"""What the section "How each normalization is computed" of the report prints: the worked example on three pages."""

from __future__ import annotations

import pandas as pd

from normstudy.report.core import markup
from normstudy.worked_example import l1, sets, test_time
from normstudy.worked_example.definition import BETA, GAMMA, IMAGES, set_of
from normstudy.worked_example.exact import rounded, text

KINDS = ("bn", "ln", "gn")


def before_and_after() -> str:
    """`@fig-sets`: the batch with the sets of BN, LN and GN, and what each makes of it."""
    counts = ", ".join(f"{len(sets.shared_sets(kind))} in {sets.NAMES[kind]}" for kind in KINDS)
    caption = (
        "The example before and after. Left: rows are images, columns are channels, and values in one frame share one "
        f"mean and one variance ({counts}). Right: $\\hat{{x}}$, the distance from that mean in standard deviations, "
        "rounded."
    )
    return sets.before_and_after("sets", KINDS, caption)


def statistics() -> str:
    """`@tbl-sets`: mean, variance and standard deviation of every set of BN, LN and GN."""
    tables = [sets.sets_table(kind).assign(kind=sets.NAMES[kind]) for kind in KINDS]
    frame = pd.concat(tables)
    frame.insert(0, "norm", frame.pop("kind"))
    caption = "Every set of @fig-sets: mean μ = sum/m, variance σ² = sum of squared distances/m, and its root σ."
    return markup.table("sets", frame, caption)


def one_value() -> str:
    """`@tbl-one-value`: the first value of image 1, through BN, LN and GN."""
    caption = (
        f"One value, the {int(IMAGES[sets.FIRST])} at the top left of image 1, channel 1: its set decides what it "
        f"becomes. With γ = {text(GAMMA[0])} and β = {text(BETA[0])} for channel 1."
    )
    return markup.table("one-value", sets.one_value_table(KINDS), caption)


def at_test() -> str:
    """`@tbl-at-test`: the same value when BN's running statistics replace those of the batch."""
    limit = set_of("bn", sets.FIRST)
    caption = (
        f"The same {int(IMAGES[sets.FIRST])} in BN, in training and at test time, when BN has seen this batch 1, 10 "
        f"and 100 times. The running variance tends to {rounded(limit.unbiased_variance)}, not to "
        f"{text(limit.variance)}: it averages the unbiased variance."
    )
    return markup.table("at-test", test_time.at_test_table(), caption)


def penalty() -> str:
    """`@tbl-l1`: L1 on a few weights."""
    caption = f"L1 on four weights, with λ = {text(l1.PENALTY)} and one step of learning rate {text(l1.RATE)}."
    return markup.table("l1", l1.table().drop(columns="by autograd"), caption)
