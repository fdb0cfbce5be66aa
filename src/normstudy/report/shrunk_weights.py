"""What is said and shown of penalties and weights: how far these are shrunk, and how large steps are beside them."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.report import markup
from normstudy.report.numbers_behind import folded
from normstudy.report.penalties import Normalization
from normstudy.report.regularization_pictures import rates_figure, shrinkage_figure
from normstudy.report.shrinkage import (
    FIXED_STEPS,
    GAUSSIAN_SPREAD,
    gaussian_tiny,
    mean_text,
    of_convolutions,
    relative_rates,
    spreads,
    tiny,
    weight_norms,
)
from normstudy.report.study_rows import of_rates, of_weights
from normstudy.report.wording import join_words, rounded


def shrinkage(normalizations: Sequence[Normalization]) -> str:
    """How far penalties shrink weights beside each other, whatever the scale of all."""
    told = []
    for each in normalizations:
        changes = []
        for penalty, model, base in each.effects:
            own, plain = (of_convolutions(spreads(which.runs)) for which in (model, base))
            if own.size and plain.size:
                changes.append(f"{penalty} {_signed(own.mean() - plain.mean())}")
        told += [f"with {each.name}, {join_words(changes)}"] if changes else []
    if not told:
        return "How far the weights are shrunk was not measured."
    return (
        "Weights that feed a normalization can all be made smaller without any change of the function "
        "[@vanlaarhoven2017], so their size says nothing of shrinkage. What can be compared is ‖w‖₁/(‖w‖₂ √n), 1 where "
        f"all weights of a layer are equally large and smaller the fewer carry it; {GAUSSIAN_SPREAD:.3f} is that of a "
        f"normal distribution (@fig-shrinkage). Penalties change its mean over the convolutions by: {'; '.join(told)}."
    )


def shrinkage_picture(found: Sequence[Normalization]) -> str:
    """`@fig-shrinkage`; nothing where it was not measured."""
    models = [model for each in found for model in each.by_penalty.values()]
    if not any(spreads(model.runs).size for model in models):
        return ""
    told = [
        f"{each.name}, {penalty}: {mean_text(spreads(model.runs), '.3f')} and "
        f"{mean_text(100 * tiny(model.runs, '0.1'), '.1f')} %"
        for each in found
        for penalty, model in each.by_penalty.items()
    ]
    alt = (
        "Lines over the layers: the norm ratio, and the share of weights below a tenth of the root mean square; means "
        f"over the convolutions: {'; '.join(told)}."
    )
    caption = (
        "How far trained weights are shrunk beside each other, layer by layer: every run (points) and means (lines). "
        f"Dashed and grey: weights with a normal distribution, {GAUSSIAN_SPREAD:.3f} and "
        f"{100 * gaussian_tiny(0.1):.1f} %."
    )
    return markup.figure("shrinkage", shrinkage_figure(found), alt, caption) + folded("shrinkage", of_weights(found))


def effective_rates(normalizations: Sequence[Normalization]) -> str:
    """How large the steps are beside the weights, with penalties and without; and which quantity says so."""
    optimizers = {model.config.optimizer for each in normalizations for model in each.by_penalty.values()}
    fixed = optimizers <= set(FIXED_STEPS)
    told = []
    for each in normalizations:
        for penalty, model, base in each.effects:
            norms = [weight_norms(own.runs) for own in (model, base)]
            if all(own.size for own in norms):
                size = rounded(norms[0][:, -1].mean() / norms[1][:, -1].mean(), 2)
                rates = [relative_rates(own.runs, 1 if fixed else 2).mean() for own in (model, base)]
                told.append(f"{each.name} with {penalty} {size} and {rounded(rates[0] / rates[1], 2)} times as large")
    if not told:
        return ""
    counts = "the former, the size of a step beside the weights," if fixed else "the latter"
    return (
        "What a penalty does to the scale of weights that feed a normalization changes nothing but how far a "
        "step turns them: the smaller they are, the further [@vanlaarhoven2017]. Where steps have a size of their own, "
        "as Muon’s, their effect goes with rate/‖w‖; with plain gradient descent, whose gradient goes with 1/‖w‖, it "
        f"goes with rate/‖w‖². @fig-effective-rate has both; here {counts} counts. Compared with no penalty, "
        "‖w‖ of the convolutions at the end, and the mean of that effective rate over the epochs, are: "
        f"{'; '.join(told)}."
    )


def rates_picture(found: Sequence[Normalization]) -> str:
    """`@fig-effective-rate`; nothing where there is nothing to compare."""
    if not effective_rates(found):
        return ""
    told = [
        f"{each.name}, {penalty}: at most {relative_rates(model.runs, 1).mean(axis=0).max():.2g}"
        for each in found
        for penalty, model in each.by_penalty.items()
        if relative_rates(model.runs, 1).size
    ]
    alt = f"Lines over the epochs, which rise and fall with the rate. Rate over norm: {'; '.join(told)}."
    caption = (
        "Learning rate of each epoch’s last step beside the weights of the convolutions: rate/‖w‖ and rate/‖w‖², with "
        "the geometric mean of ‖w‖ over the convolutions. Means over the seeds."
    )
    return markup.figure("effective-rate", rates_figure(found), alt, caption) + folded(
        "effective-rate", of_rates(found)
    )


def _signed(value: float) -> str:
    shown = rounded(value)
    return shown if shown.startswith("−") else f"+{shown}"
