"""What happens to training on its way, as the configurations have it: the rate's peak, the end of the augmentation."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.config import Config

FALLING = ("one_cycle", "cosine")
"""Schedules whose rate falls from its peak on; that of others stays there for a while."""


def rate_peak(configs: Sequence[Config]) -> float | None:
    """After how many epochs the learning rate of all `configs` peaks; None if it differs, or does not fall at once."""
    return _same([_peak(config) for config in configs])


def fade_start(configs: Sequence[Config]) -> float | None:
    """After how many epochs the augmentation of all `configs` begins to fade; None if that differs or there is none."""
    return _same([_start(config) for config in configs])


def in_words(configs: Sequence[Config]) -> str:
    """A caption's sentence on both, with a space behind it; nothing where there is nothing to say."""
    peak, start = rate_peak(configs), fade_start(configs)
    parts = [f"the learning rate peaks after {epochs_text(peak)}"] if peak is not None else []
    parts += [f"augmentation fades out from epoch {start:.3g} on"] if start is not None else []
    text = ", and ".join(parts)
    return f"{text[0].upper()}{text[1:]}. " if text else ""


def epochs_text(epochs: float) -> str:
    """`4 epochs`, `0.4 epochs`, `1 epoch`."""
    return f"{epochs:.3g} epoch{'s' * (f'{epochs:.3g}' != '1')}"


def _peak(config: Config) -> float | None:
    # As normstudy.training.schedule has it; to ask it for each of a thousand rates takes a second for fifty runs.
    falls_at_once = config.schedule in FALLING and 0 < config.warmup < 1
    return round(config.warmup * config.epochs, 2) if falls_at_once else None


def _start(config: Config) -> float | None:
    is_augmented = config.rotation or config.scale or config.shift
    return round(config.epochs * (1 - config.fade), 2) if is_augmented and config.fade else None


def _same(found: Sequence[float | None]) -> float | None:
    return found[0] if len(set(found)) == 1 else None
