"""The claim that normalization keeps gradients from exploding, tested on a study of learning rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from normstudy.report import markup
from normstudy.report.gradients import MUCH, START, Moment, moments
from normstudy.report.numbers_behind import folded
from normstudy.report.rate_lines import WITHOUT, Line
from normstudy.report.rate_pictures import gradients_figure
from normstudy.report.study_rows import of_gradients
from normstudy.report.wording import join_words


def avoids_explosion(lines: Sequence[Line]) -> str:
    """Whether gradients grow on their way back, at the start and later; and how many runs diverged."""
    start = "**It keeps gradients from exploding.**"
    found = moments(lines)
    if not found:
        return f"{start} No gradients were recorded."
    sentences = [
        f"{start} A gradient explodes if it grows from layer to layer on its way back from the loss, and vanishes if "
        "it shrinks. So ‖gradient‖/‖weights‖ of the first convolution is compared with that of the last "
        f"(@fig-gradients); more than {MUCH:g} times as much is called an explosion here, less than a {MUCH:g}th a "
        "vanishing."
    ]
    for depth in sorted({moment.convolutions for moment in found}):
        at_start = [each for each in found if each.convolutions == depth and each.title == START]
        if at_start:
            factors = join_words([f"{each.name} {_factor(each.growth)}" for each in at_start])
            sentences.append(f"With {depth} convolutions, before the first step, it is {factors}.")
    sentences += [what_explodes(found), _diverged(lines)]
    return " ".join(sentences)


def what_explodes(found: Sequence[Moment]) -> str:
    """Which models' gradients explode or vanish at which moment, by the rule, and what that says of the claim."""
    exploding = [each for each in found if each.growth > MUCH]
    vanishing = [each for each in found if each.growth < 1 / MUCH]
    told = (
        f"By this rule {f'gradients explode with {_listed(exploding)}' if exploding else 'none explodes'}, and "
        f"{f'they vanish with {_listed(vanishing)}' if vanishing else 'none vanishes'}."
    )
    if not any(each.norm == WITHOUT for each in found):
        return told
    places = {(each.convolutions, each.title) for each in exploding if each.norm == WITHOUT}
    if not places:
        verdict = (
            "Without normalization, from first weights whose size follows the number of a layer’s inputs [@he2015], "
            "there is no explosion to be kept from, as far as runs that did not diverge can tell."
        )
    elif spared := _spared(found, places):
        verdict = f"Wherever gradients explode without normalization, they do not with {join_words(spared)}."
    else:
        verdict = "No normalization was found to prevent it wherever gradients explode without one."
    own = [each for each in exploding if each.norm != WITHOUT and (each.convolutions, each.title) not in places]
    if own:
        verdict += f" Normalization brings about explosions of its own: with {_listed(own)}."
    if any(each.norm == "bn" and each.title == START for each in own):
        verdict += " That is what Yang et al. found of BN in deep networks, at the first weights [@yang2019]."
    return f"{told} {verdict}"


def gradients(lines: Sequence[Line]) -> str:
    """`@fig-gradients`; nothing where none were recorded."""
    found = moments(lines)
    if not found:
        return ""
    told = [f"{each.name}, {each.convolutions} convolutions, {each.title}: {_factor(each.growth)}" for each in found]
    alt = (
        "Lines of the norm of the gradient divided by that of the weights, over the layers, on a logarithmic axis. The "
        f"ratio at the first convolution is, as a multiple of that at the last: {'; '.join(told)}."
    )
    caption = (
        "Norm of the gradient divided by that of the weights, for the weights of each convolution and, last, of the "
        "linear layer (logarithmic axis): before the first step, and in the last step of two epochs, at each model’s "
        "best rate and with the better warm-up for it. Points are runs, lines geometric means. Where no rate was free "
        "of diverged runs, a line is missing."
    )
    return markup.figure("gradients", gradients_figure(lines), alt, caption) + folded("gradients", of_gradients(found))


def _spared(found: Sequence[Moment], places: set[tuple[int, str]]) -> list[str]:
    """The models with a normalization that were seen at all `places`, depths and times, and exploded at none."""
    seen: dict[str, set[tuple[int, str]]] = {}
    for each in found:
        if each.norm != WITHOUT and each.growth <= MUCH:
            seen.setdefault(each.name, set()).add((each.convolutions, each.title))
    return [name for name, own in seen.items() if places <= own]


def _listed(those: Sequence[Moment]) -> str:
    """`BN (12 convolutions, before the first step) and GN (…)`."""
    by_name: dict[str, list[str]] = {}
    for each in those:
        by_name.setdefault(each.name, []).append(f"{each.convolutions} convolutions, {each.title}")
    return join_words([f"{name} ({'; '.join(places)})" for name, places in by_name.items()])


def _diverged(lines: Sequence[Line]) -> str:
    """How many runs of each model diverged."""
    counts: dict[str, list[bool]] = {}
    for line in lines:
        counts.setdefault(line.name, []).extend(run.diverged for run in line.every_run)
    told = join_words([f"{sum(own)} of {len(own)} with {name}" for name, own in counts.items()])
    return f"Over all rates and settings, so many runs diverged: {told}."


def _factor(value: float) -> str:
    """`3.2 times as much`."""
    return f"{value:.2g} times as much" if np.isfinite(value) else "no finite number"
