"""What studies measured of their runs besides loss and accuracy, as rows of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from normstudy.report.gradients import Moment
from normstudy.report.models import Model
from normstudy.report.penalties import Normalization
from normstudy.report.series import value_of
from normstudy.report.shrinkage import measured, relative_rates, weight_norms

QUANTILES = (5, 25, 50, 75, 95)
"""Percent: those of `runs/activations.py`, which needs torch."""


def of_weights(normalizations: Sequence[Normalization]) -> pd.DataFrame:
    """How far the weights of each layer are shrunk, run by run; the last layer is the linear one."""
    return pd.DataFrame(
        {
            "normalization": name,
            "penalty": penalty,
            "seed": run.config.seed,
            "layer": layer,
            "‖w‖₁ / (‖w‖₂ √n)": spread,
        }
        | {
            f"weights below {part} r.m.s. (fraction)": values[layer - 1]
            for part, values in run.afterwards["weights"]["tiny"].items()
        }
        for name, penalty, model in _cells(normalizations)
        for run in measured(model.runs)
        for layer, spread in enumerate(run.afterwards["weights"]["spread"], start=1)
    )


def of_rates(normalizations: Sequence[Normalization]) -> pd.DataFrame:
    """The rate of each epoch's last step beside the weights of the convolutions, run by run."""
    return pd.DataFrame(
        {
            "normalization": name,
            "penalty": penalty,
            "seed": run.config.seed,
            "epoch": epoch,
            "‖w‖ (geometric mean over convolutions)": norm,
            "rate / ‖w‖": rate,
            "rate / ‖w‖²": effective,
        }
        for name, penalty, model in _cells(normalizations)
        for run in model.finished
        for epoch, (norm, rate, effective) in enumerate(
            zip(weight_norms([run])[0], relative_rates([run], 1)[0], relative_rates([run], 2)[0], strict=True), start=1
        )
    )


def of_gradients(moments: Sequence[Moment]) -> pd.DataFrame:
    """‖gradient‖ / ‖weights‖ of each layer, run by run in the order of their seeds; the last layer is linear."""
    return pd.DataFrame(
        {
            "convolutions": each.convolutions,
            "model": each.name,
            "time": each.title,
            "run": run,
            "layer": layer,
            "‖gradient‖ / ‖weights‖": ratio,
        }
        for each in moments
        for run, ratios in enumerate(each.ratios, start=1)
        for layer, ratio in enumerate(ratios, start=1)
    )


def of_statistics(cells: Sequence[Model], key: str, kinds: Mapping[str, str]) -> pd.DataFrame:
    """The error of each run with each of `kinds` of statistics at test time, by the value of the parameter `key`."""
    return pd.DataFrame(
        {
            key: value_of(run.config, key),
            "seed": run.config.seed,
            "statistics": name,
            f"{run.config.evaluate_on} error (fraction)": 1 - run.afterwards["batch_norm"][kind]["accuracy"],
        }
        for cell in cells
        for run in cell.finished
        for kind, name in kinds.items()
        if run.afterwards.get("batch_norm", {}).get(kind)
    )


def of_activations(networks: Mapping[str, Mapping[str, Any]], times: Mapping[str, str]) -> pd.DataFrame:
    """Mean, standard deviation and quantiles of the activations before and after each normalization, at `times`."""
    return pd.DataFrame(
        {
            "model": name,
            "time": title,
            "normalization": layer,
            "side": side,
            "mean": found[side]["mean"],
            "standard deviation": found[side]["sd"],
        }
        | {f"{part} % quantile": value for part, value in zip(QUANTILES, found[side]["quantiles"], strict=True)}
        for name, own in networks.items()
        for time, title in times.items()
        for layer, found in enumerate(own.get(time) or [], start=1)
        for side in ("before", "after")
    )


def of_parameters(networks: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """γ and β of every channel at the end."""
    return pd.DataFrame(
        {"model": name, "normalization": layer, "channel": channel, "γ": gamma, "β": beta}
        for name, own in networks.items()
        for layer, pairs in enumerate(zip(own["gamma"], own["beta"], strict=True), start=1)
        for channel, (gamma, beta) in enumerate(zip(*pairs, strict=True), start=1)
    )


def of_running(own: Mapping[str, Any]) -> pd.DataFrame:
    """BN's running statistics of every channel at the end, beside those of the images at hand."""
    return pd.DataFrame(
        {
            "normalization": layer,
            "channel": channel,
            "running mean": running_mean,
            "mean": mean,
            "running variance": running_variance,
            "standard deviation": deviation,
        }
        for layer, (means, variances, at_hand) in enumerate(
            zip(own["running_mean"], own["running_var"], own["end"], strict=True), start=1
        )
        for channel, (running_mean, mean, running_variance, deviation) in enumerate(
            zip(
                means,
                at_hand["before"]["channel_means"],
                variances,
                at_hand["before"]["channel_sds"],
                strict=True,
            ),
            start=1,
        )
    )


def _cells(normalizations: Sequence[Normalization]) -> Iterator[tuple[str, str, Model]]:
    """Each normalization with each penalty: their names, and the model."""
    for each in normalizations:
        for penalty, model in each.by_penalty.items():
            yield each.name, penalty, model
