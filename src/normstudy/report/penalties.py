"""The cells of a study of penalties: normalizations, each with several ways to hold its weights back, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from normstudy.config import Config
from normstudy.report.labels import labels
from normstudy.report.models import Model, models_of
from normstudy.report.wording import short
from normstudy.runs.record import RecordedRun
from normstudy.runs.reproduction import kind_of_model

NOTHING = "no penalty"

WITHOUT = {"l1": 0.0, "weight_decay": 0.0, "seed": 0}
"""What the models of one normalization may differ in, made the same."""


@dataclass(frozen=True)
class Normalization:
    """A normalization with its models by penalty (`NOTHING`, `L1`, `weight decay`, …), in the order of the study."""

    name: str
    config: Config
    by_penalty: dict[str, Model]

    @property
    def effects(self) -> list[tuple[str, Model, Model]]:
        """Each penalty with its model and that without any; nothing where the latter is not there."""
        base = self.by_penalty.get(NOTHING)
        return [(penalty, model, base) for penalty, model in self.by_penalty.items() if base and model is not base]


def normalizations_of(runs: Sequence[RecordedRun]) -> list[Normalization]:
    """`runs` by normalization and penalty, in the order in which these first appear.

    Penalties are named without their strength, unless a normalization has one of a kind with several.
    """
    groups: dict[str, list[Model]] = {}
    configs: dict[str, Config] = {}
    for model in models_of(runs):
        config = model.config.model_copy(update=WITHOUT)
        configs.setdefault(kind_of_model(config), config)
        groups.setdefault(kind_of_model(config), []).append(model)
    plainly = all(len({kind_of_penalty(each.config) for each in own}) == len(own) for own in groups.values())
    named = kind_of_penalty if plainly else penalty_with_strength
    names = labels(list(configs.values()))
    return [
        Normalization(name, config, {named(model.config): model for model in own})
        for name, config, own in zip(names, configs.values(), groups.values(), strict=True)
    ]


def penalties_of(normalizations: Sequence[Normalization]) -> list[str]:
    """All penalties of `normalizations`, `NOTHING` first."""
    found = dict.fromkeys(penalty for each in normalizations for penalty in each.by_penalty)
    return sorted(found, key=lambda penalty: penalty != NOTHING)


def kind_of_penalty(config: Config) -> str:
    """`no penalty`, `L1`, `weight decay` or `L1 + weight decay`."""
    return " + ".join(["L1"] * bool(config.l1) + ["weight decay"] * bool(config.weight_decay)) or NOTHING


def penalty_with_strength(config: Config) -> str:
    """As `kind_of_penalty`, such as `L1 (0.01)`."""
    parts = [f"L1 ({short(config.l1)})"] * bool(config.l1)
    return (
        " + ".join([*parts, *[f"weight decay ({short(config.weight_decay)})"] * bool(config.weight_decay)]) or NOTHING
    )
