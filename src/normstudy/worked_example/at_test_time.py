"""What is kept for test time: BN's running statistics in numbers, and what they make of a value."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from normstudy.report import markup
from normstudy.report.wording import rounded
from normstudy.worked_example.definition import IMAGES, set_of, shared_sets
from normstudy.worked_example.exact import text, together
from normstudy.worked_example.running import MOMENTUM, exact_running_statistics


def running() -> str:
    """`@tbl-by-hand-running`."""
    caption = "BN's running statistics after the example's batch; $m\\,\\sigma^2/(m - 1)$ is the unbiased variance."
    return markup.table("by-hand-running", running_table(), caption)


def at_test() -> str:
    """`@tbl-by-hand-at-test`: the first value of image 1."""
    limit = set_of("bn", (0, 0, 0, 0))
    caption = (
        f"The value {int(IMAGES[0, 0, 0, 0])} of image 1, channel 1, when BN has seen the same batch again and again. "
        f"Even then the variance tends to {rounded(limit.unbiased_variance)}, not to {text(limit.variance)}."
    )
    return markup.table("by-hand-at-test", at_test_table(), caption)


def running_table() -> pd.DataFrame:
    """BN's running statistics after the first batch, channel by channel, with the sums that lead to them."""
    keep, share, rows = text(1 - MOMENTUM), text(MOMENTUM), []
    for number, (shared, mean, variance) in enumerate(zip(shared_sets("bn"), *exact_running_statistics(), strict=True)):
        unbiased = f"{text(shared.squares)}/{len(shared.members) - 1}"
        rows.append(
            {
                "channel": str(number + 1),
                "running mean": together(f"{keep}·0 + {share}·{text(shared.mean)} = {text(mean)}"),
                "m σ²/(m − 1)": together(f"{unbiased} ≈ {rounded(shared.unbiased_variance)}"),
                "running variance": together(f"{keep}·1 + {share}·{unbiased} ≈ {rounded(variance)}"),
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
