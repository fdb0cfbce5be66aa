"""What is said of a study that has no section of its own: where its models train, and which settings err more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from normstudy.config import least_of
from normstudy.report.markup import escape
from normstudy.report.series import Series, value_of
from normstudy.report.spans import in_words, spans
from normstudy.report.standings import Standing, Standings
from normstudy.report.varied import free, numeric_axis, title_of, value_text, varied
from normstudy.report.wording import counted, join_words, short

MOST_LISTED = 6
"""Settings, or models with their ranges, that a sentence lists; of more, it says how many there are."""


def training(series: Sequence[Series], found: Standings) -> str:
    """What it is to have trained, and at which values of what is varied, or in which settings, all runs did."""
    if not found.bar:
        return ""
    start = f"A run has *trained* if {_bar_in_words(found)}"
    if len(found.trained) == len(found.every):
        return f"{start} All have."
    keys = free(series, varied(series))
    if key := numeric_axis(series, keys):
        return f"{start} {_along(series, found, key, [other for other in keys if other != key])}"
    failed = [each for each in found.every if not each.has_trained]
    return f"{start} With every seed, all have but {_listed(failed)}."


def verdict(found: Standings, judged_by: str) -> str:
    """Which setting has the lowest mean error, which others have more beyond the noise, and which cannot be told."""
    if not found.finished:
        return "No run finished."
    lowest = found.lowest
    if len(found.finished) == 1 or not found.bar:
        return ""
    if not lowest:
        best = min(found.finished, key=lambda each: each.error[0])
        return f"The lowest mean {judged_by}error is that of {escape(best.called)}: {100 * best.error[0]:.2f} %."
    others = [each for each in found.trained if each is not lowest]
    if not others:
        mean = f"{100 * lowest.error[0]:.2f} %"
        return f"Every run has trained in {escape(lowest.called)} alone, whose mean {judged_by}error is {mean}."
    of = counted(len(found.trained), "setting")
    of = of if len(found.trained) == len(found.every) else f"the {of} of which every run has trained"
    sentence = (
        f"Of {of}, the lowest mean {judged_by}error is that of {escape(lowest.called)}: {100 * lowest.error[0]:.2f} %."
    )
    if not any(np.isfinite(each.ratio[2]) for each in others):
        return f"{sentence} So few runs say nothing of the noise, and nothing can be told from it."
    worse = [each for each in others if each.ratio[1] > 1]
    level = [each for each in others if each not in worse]
    noise = "beyond the noise (95 % interval" + (
        "s of the ratios, for all pairs at once)" if others[1:] else " of the ratio)"
    )
    if not worse:
        return f"{sentence} {'None of the others makes' if others[1:] else 'The other makes no'} more errors {noise}."
    rest = f"; {_listed(level)} cannot be told from it" if level else ""
    return f"{sentence} More errors, {noise}, {'has' if len(worse) == 1 else 'have'} {_listed(worse)}{rest}."


def _bar_in_words(found: Standings) -> str:
    bar = found.bar
    assert bar
    start = f"it ends with an error below {100 * bar.error:.2f} %"
    if bar.error < bar.between:
        return (
            f"{start}, under which {bar.answer} ({100 * bar.blind:.3g} %) comes in one of 40 cases, with "
            f"{counted(bar.images, 'image')}."
        )
    return (
        f"{start}: nearer, as a ratio, to the lowest mean of a setting ({100 * bar.lowest:.2f} %) than to what "
        f"{bar.answer} comes to ({100 * bar.blind:.3g} %)."
    )


def _along(series: Sequence[Series], found: Standings, key: str, others: Sequence[str]) -> str:
    """At which values of `key` all seeds train, for each model and each choice of values of `others`."""
    told, highest = [], {}
    for name, cells in _rows(series, found, key, others):
        held = {each.values.get(key, value_of(each.cell.config, key)): each.has_trained for each in cells}
        own = spans(held)
        told.append((escape(name), in_words(own, list(held), least_of(key))))
        highest[escape(name)] = max((high for _, high in own), default=None)
    title = title_of(key)
    if len(told) > MOST_LISTED:
        whole = sum(all(each.has_trained for each in cells) for _, cells in _rows(series, found, key, others))
        none = list(highest.values()).count(None)
        return (
            f"Of {len(told)} lines over {title}, all seeds train at every value in {whole}, and at no value in {none}; "
            "the table has each."
        )
    text = "; ".join(f"**{name}** at {where}" for name, where in told)
    return f"The values of {title} at which all seeds train: {text}.{_highest(highest, title)}"


def _rows(
    series: Sequence[Series], found: Standings, key: str, others: Sequence[str]
) -> list[tuple[str, list[Standing]]]:
    """The settings of each line over `key`, whose values rise, by what the line is called."""
    rows: dict[str, list[Standing]] = {}
    for each in series:
        for cell in sorted(each.cells, key=lambda cell: value_of(cell.config, key)):
            values = [f"{title_of(other)} {value_text(value_of(cell.config, other))}" for other in others]
            name = f"{each.name} ({', '.join(values)})" if values else each.name
            rows.setdefault(name, []).append(found.of(cell))
    return list(rows.items())


def _highest(highest: dict[str, float | None], title: str) -> str:
    """A further sentence, with a space before it: which of several lines bears the highest value."""
    reached = [value for value in highest.values() if value is not None]
    if len(highest) < 2 or not reached or reached.count(max(reached)) == len(highest):
        return ""
    names = [name for name, value in highest.items() if value == max(reached)]
    return f" The highest {title} of these is {short(max(reached))}, with {join_words(names)}."


def _listed(standings: Sequence[Standing]) -> str:
    """`gn (peak rate 0.1 and 0.3) and bn (peak rate 1)`; of many, how many."""
    if len(standings) > MOST_LISTED:
        return f"{len(standings)} of them (the table says which)"
    by_model: dict[tuple[str, str], list[Any]] = {}
    for each in standings:
        key = next(iter(each.values)) if len(each.values) == 1 else ""
        by_model.setdefault((each.name if key else each.called, key), []).append(each.values.get(key))
    names = []
    for (name, key), values in by_model.items():
        shown = join_words([value_text(value) for value in values])
        names.append(escape(f"{name} ({title_of(key)} {shown})" if key else name))
    return join_words(names)
