"""How often the answer of a network with BN depends on the batch, in training mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from normstudy.report import markup
from normstudy.report.labels import markdown_title
from normstudy.report.markup import escape
from normstudy.report.statistics import SHARE, mean_interval
from normstudy.report.wording import percent_range, rounded
from normstudy.runs.folder import FinishedRun

if TYPE_CHECKING:  # torch takes seconds to import, which reports without run folders do without
    from normstudy.runs.answers_in_batches import Answers
    from normstudy.training.data import Data


def in_words(name: str, run: FinishedRun, data: Data | None) -> str:
    """How often the answers of the network of `run`, called `name`, are others in a batch; with `@tbl-networks`.

    Without the `data`, that it was not computed.
    """
    from normstudy.runs.answers_in_batches import answers_in_batches

    which = f"{run.config.evaluate_on} images of {markdown_title(run.config)}"
    start = (
        "In training mode BN takes the mean and the variance of the batch, so that its answer depends on the images "
        "beside it. The other normalizations look at one image at a time, and compute the same in both modes."
    )
    if data is None:
        return f"{start} How often an answer changes was not computed: the {which} were not at hand."
    found = answers_in_batches(run, data)
    few, many = found[0], found[-1]
    return (
        f"{start} How often does that change an answer? All {len(data.evaluation):,} {which} were shuffled and shown "
        f"to {escape(name)} in training mode, its weights left alone. In batches of {few.size}, {_share(few.changed)} "
        f"of its answers are not those of test time; in batches of {many.size}, {_share(many.changed)} (@tbl-networks)."
        f"\n\n{table(found, escape(name))}"
    )


def _share(by_batch: np.ndarray) -> str:
    mean, low, high = (100 * value for value in mean_interval(by_batch, SHARE))
    return f"{rounded(mean, 2)} % (95 % interval {percent_range(low / 100, high / 100)})"


def table(found: Sequence[Answers], name: str) -> str:
    """`@tbl-networks`: by size of batch, how many answers are not those of test time, or of another batch."""

    def cell(by_batch: np.ndarray) -> str:
        mean, low, high = mean_interval(by_batch, SHARE)
        return f"{rounded(100 * mean, 2)} ({percent_range(low, high)})"

    rows = [
        {
            "images in a batch": f"{each.size}",
            "batches": f"{len(each.changed):,}",
            "not as at test time (%)": cell(each.changed),
            "not as in another batch (%)": cell(each.disagreed),
            "right (%)": cell(each.right),
        }
        for each in found
    ]
    caption = (
        f"Answers of {name} in training mode, in random batches: how many are not those of test time, how many are not "
        "those that the same images get in another random batch of that size, and how many are right. Means over "
        "batches, with their 95 % intervals."
    )
    return markup.table("networks", pd.DataFrame(rows), caption)
