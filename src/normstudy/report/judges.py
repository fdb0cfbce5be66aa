"""What the studies say of a claim in words: one judge for each kind of claim, on all records that there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from normstudy.report.estimates import paired_ratios, ratios
from normstudy.report.estimates_in_words import flat, points, times
from normstudy.report.gradients import MUCH, moments
from normstudy.report.markup import escape
from normstudy.report.models import Model, by_seed, models_of, shared_seeds
from normstudy.report.over_seeds import compare_models, in_short
from normstudy.report.penalties import NOTHING, kind_of_penalty
from normstudy.report.rate_claims import after_an_epoch, beyond_noise
from normstudy.report.rate_lines import beside_none, lines_of
from normstudy.report.rates import KNOWN_AT
from normstudy.report.series import Series, errors, is_line, judged_alike, series_of, value_of
from normstudy.report.statistics import Estimate, paired_interval
from normstudy.report.wording import capitalized, join_words, short
from normstudy.runs.record import RecordedStudy

Records = Mapping[str, RecordedStudy]

HOLDS, IN_PART, FAILS = "holds", "holds in part", "does not hold"
OPEN, UNMEASURED = "open: within the noise", "not measured yet"


@dataclass(frozen=True)
class Verdict:
    """`word` on a claim, the `evidence` as Markdown without references, and where it stands: the `study` that was
    asked, or the label of a `section`."""

    word: str
    evidence: str = ""
    study: str = ""
    section: str = ""


def ranking(records: Records) -> Verdict:
    """BN before GN and LN, over the seeds of `main`."""
    models = [model for model in _models(records, "main") if model.finished]
    pairs = [pair for pair in compare_models(models) if "bn" in (pair.first.config.norm, pair.second.config.norm)]
    if not pairs:
        return Verdict(UNMEASURED)
    won = [pair.is_better and pair.first.config.norm == "bn" for pair in pairs]
    lost = [pair.is_better and pair.second.config.norm == "bn" for pair in pairs]
    word = FAILS if any(lost) else HOLDS if all(won) else IN_PART if any(won) else OPEN
    return Verdict(word, in_short(models), "main")


def acts(records: Records) -> Verdict:
    """A penalty beside BN: there it is never differentiated; here, what it does where it is."""
    found = "The penalty is added to the figure that is reported, not to what is differentiated: the model is BN alone."
    by_penalty = {
        kind_of_penalty(model.config): model
        for model in _models(records, "regularization")
        if model.config.norm == "bn" and model.finished
    }
    pair = [by_penalty.get(name) for name in ("L1", NOTHING)]
    seeds = shared_seeds(pair) if all(pair) else []
    if not seeds:
        return Verdict(FAILS, found)
    first, second = (np.array([run.history[-1]["test_accuracy"] for run in by_seed(model, seeds)]) for model in pair)
    change = flat(points(paired_interval(first, second)))
    strength = short(pair[0].config.l1)
    return Verdict(
        FAILS, f"{found} Where it acts (λ = {strength}), the accuracy differs by {change} points.", "regularization"
    )


def any_batch(records: Records) -> Verdict:
    """BN in the smallest batches beside itself in those of `KNOWN_AT`."""
    return _of_sizes([_against_known(records, "bn")])


def small_batches(records: Records) -> Verdict:
    """GN and LN in the smallest batches, each beside itself."""
    return _of_sizes([_against_known(records, norm) for norm in ("gn", "ln")])


def stable(records: Records) -> Verdict:
    """BN's errors change with the batch and GN's do not."""
    bn, gn = (_against_known(records, norm) for norm in ("bn", "gn"))
    if not (bn and gn):
        return Verdict(UNMEASURED)
    evidence = f"{_told(bn)}; {_told(gn)}."
    if not (_known(bn.ratio) and _known(gn.ratio)):
        return Verdict(OPEN, evidence, "batch_size")
    depends, is_stable = bn.ratio[1] > 1, not (gn.ratio[1] > 1 or gn.ratio[2] < 1)
    less = bn.ratio[1] > gn.ratio[2]
    word = HOLDS if depends and is_stable else IN_PART if depends and less else FAILS
    return Verdict(word, evidence, "batch_size")


def large_and_small(records: Records) -> Verdict:
    """BN errs no more than GN and LN in the largest batches, and more in the smallest."""
    series = _by_norm(records)
    others = [series[norm] for norm in ("gn", "ln") if norm in series]
    if "bn" not in series or not others:
        return Verdict(UNMEASURED)
    at_both = [_beside(series["bn"], others, choose) for choose in (max, min)]
    if not all(found and all(_known(ratio) for _, ratio in found) for _, found in at_both):
        return Verdict(OPEN if all(found for _, found in at_both) else UNMEASURED)
    (_, at_large), (_, at_small) = at_both
    told = [
        f"in batches of {size} BN makes "
        f"{join_words([f'{times(ratio)} times the errors of {name}' for name, ratio in found])}"
        for size, found in at_both
    ]
    halves = [all(ratio[1] <= 1 for _, ratio in at_large), all(ratio[1] > 1 for _, ratio in at_small)]
    word = HOLDS if all(halves) else IN_PART if any(halves) else FAILS
    return Verdict(word, _sentence(told), "batch_size")


def few_images(records: Records) -> Verdict:
    """BN's errors with the fewest images in its statistics beside those with the most, in batches of one size."""
    study = records.get("statistics_batch")
    lines = [each for each in series_of(study.runs) if len(each.cells) > 1] if study else []
    if len(lines) != 1 or not is_line(lines[0], "statistics_batch") or not judged_alike(study.runs):
        return Verdict(UNMEASURED)
    cells = sorted((cell for cell in lines[0].cells if len(errors(cell))), key=_images)
    if len(cells) < 2:
        return Verdict(UNMEASURED)
    few, many = cells[0], cells[-1]
    (ratio,) = ratios(errors(many), [errors(few)])
    evidence = (
        f"With statistics of {_images(few)} images BN makes {times(ratio)} times the errors that it makes with those "
        f"of {_images(many)}, in batches of {few.config.batch_size}."
    )
    word = OPEN if not _known(ratio) else HOLDS if ratio[1] > 1 else FAILS if ratio[2] < 1 else OPEN
    return Verdict(word, evidence, "statistics_batch")


def easier(records: Records) -> Verdict:
    """BN beside no normalization: a wider range of rates, and a higher accuracy after the first epoch."""
    study = records.get("learning_rate")
    pairs = beside_none(lines_of(study.runs)) if study else {}
    name, own = next(((name, found) for name, found in pairs.items() if found[0][0].config.norm == "bn"), ("", []))
    if not own:
        return Verdict(UNMEASURED)
    wider, settings = sum(line.width > base.width for line, base in own), len(own)
    means, p_values = after_an_epoch(pairs).get(name, ([], []))
    faster, _ = beyond_noise(means, p_values)
    word = HOLDS if wider == faster == settings else FAILS if not wider and not faster else IN_PART
    evidence = (
        f"Beside no normalization, BN trains over a wider range of rates in {wider} of {settings} settings of depth "
        f"and warm-up. After one epoch, each at its best rate, it is on average ahead in "
        f"{sum(mean > 0 for mean in means)}, beyond the noise in {faster}."
    )
    return Verdict(word, evidence, "learning_rate")


def explosion(records: Records) -> Verdict:
    """Whether gradients grow on their way back, or runs diverge, without normalization, and with BN do not."""
    study = records.get("learning_rate")
    lines = lines_of(study.runs) if study else []
    found = moments(lines)
    growth = {
        norm: {(each.convolutions, each.title): each.growth for each in found if each.norm == norm}
        for norm in ("none", "bn")
    }
    shared = [place for place in growth["none"] if place in growth["bn"]]
    if not shared:
        return Verdict(UNMEASURED)
    without, with_bn = ([place for place in shared if growth[norm][place] > MUCH] for norm in ("none", "bn"))
    spared = set(without) - set(with_bn)
    lost = {
        norm: sum(run.diverged for line in lines if line.config.norm == norm for run in line.every_run)
        for norm in ("none", "bn")
    }
    evidence = (
        f"Of {len(shared)} moments (depths and times), gradients grow more than {MUCH:g} times from the last "
        f"convolution to the first in {len(without)} without normalization and in {len(with_bn)} with BN. Over all "
        f"rates {lost['none']} runs diverge without normalization and {lost['bn']} with BN. No normalization acts on "
        "weights."
    )
    is_better = bool(spared) or lost["none"] > lost["bn"]
    word = FAILS if not is_better else HOLDS if spared == set(without) and not with_bn and spared else IN_PART
    return Verdict(word, evidence, "learning_rate")


def buffers(records: Records) -> Verdict:
    """By definition."""
    return Verdict(HOLDS, "γ and β are trained, running mean and variance are kept.", section="sec-by-hand-test")


def own_channel(records: Records) -> Verdict:
    """By definition, in training alone."""
    return Verdict(
        IN_PART,
        "So it is in training; at test time BN takes running averages, and each image is by itself.",
        section="sec-by-hand-test",
    )


def own_image(records: Records) -> Verdict:
    """By definition."""
    return Verdict(
        FAILS,
        "LN and GN take their statistics within each image, whatever else is in the batch.",
        section="sec-by-hand-sets",
    )


JUDGES: dict[str, Callable[[Records], Verdict]] = {
    judge.__name__: judge
    for judge in (
        ranking,
        acts,
        any_batch,
        small_batches,
        stable,
        large_and_small,
        few_images,
        easier,
        explosion,
        buffers,
        own_channel,
        own_image,
    )
}
"""By the name that `worded_claims.csv` has."""


@dataclass(frozen=True)
class _Sizes:
    """How many times the errors in batches of `KNOWN_AT` a model called `name` makes in those of `size`."""

    name: str
    size: int
    ratio: Estimate


def _models(records: Records, study: str) -> list[Model]:
    found = records.get(study)
    return models_of(found.runs) if found and judged_alike(found.runs) else []


def _by_norm(records: Records) -> dict[str, Series]:
    """The models of the study `batch_size` by normalization, where each goes through sizes of the batch."""
    study = records.get("batch_size")
    series = series_of(study.runs) if study and judged_alike(study.runs) else []
    return {each.config.norm: each for each in series if is_line(each, "batch_size")}


def _against_known(records: Records, norm: str) -> _Sizes | None:
    own = _by_norm(records).get(norm)
    cells = {cell.config.batch_size: cell for cell in own.cells if len(errors(cell))} if own else {}
    if KNOWN_AT not in cells or min(cells) == KNOWN_AT:
        return None
    (ratio,) = ratios(errors(cells[KNOWN_AT]), [errors(cells[min(cells)])])
    return _Sizes(norm.upper(), min(cells), ratio)


def _of_sizes(found: Sequence[_Sizes | None]) -> Verdict:
    known = [each for each in found if each]
    if len(known) < len(found):
        return Verdict(UNMEASURED)
    evidence = f"{'; '.join(map(_told, known))}."
    if not all(_known(each.ratio) for each in known):
        return Verdict(OPEN, evidence, "batch_size")
    worse = [each.ratio[1] > 1 for each in known]
    word = FAILS if all(worse) else IN_PART if any(worse) else HOLDS
    return Verdict(word, evidence, "batch_size")


def _told(found: _Sizes) -> str:
    return f"{found.name} makes {times(found.ratio)} times as many errors in batches of {found.size} as of {KNOWN_AT}"


def _beside(bn: Series, others: Sequence[Series], choose: Callable[..., int]) -> tuple[int, list[tuple[str, Estimate]]]:
    """The smallest or largest size, and how many times the errors of each of `others` BN makes there, seed by seed."""
    size = choose(cell.config.batch_size for cell in bn.cells)
    own = next(cell for cell in bn.cells if cell.config.batch_size == size)
    pairs, names = [], []
    for other in others:
        cell = next((each for each in other.cells if each.config.batch_size == size), None)
        seeds = shared_seeds([own, cell]) if cell else []
        if not seeds:
            return size, []
        pairs.append(tuple(errors(Model(each.name, tuple(by_seed(each, seeds)))) for each in (own, cell)))
        names.append(escape(other.config.norm.upper()))
    return size, list(zip(names, paired_ratios(pairs), strict=True))


def _known(ratio: Estimate) -> bool:
    return all(math.isfinite(value) for value in ratio) and ratio[1] > 0


def _images(cell: Model) -> int:
    return value_of(cell.config, "statistics_batch")


def _sentence(parts: Sequence[str]) -> str:
    return capitalized(f"{'; '.join(parts)}.")
