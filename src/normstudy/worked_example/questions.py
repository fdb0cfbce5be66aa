"""What people get wrong about normalization, answered by the layers and by the trained networks of the report."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from normstudy.report import markup
from normstudy.report.wording import rounded
from normstudy.runs.folder import FinishedRun
from normstudy.worked_example import decayed, modes, one_image, order
from normstudy.worked_example.definition import IMAGES, normalize, set_of
from normstudy.worked_example.layer_norms import shapes_of_network


def section(runs: Sequence[FinishedRun]) -> str:
    """A paragraph for each question; the tables behind most of them are folded."""
    answers = {
        "Does layer normalization look at other images?": f"No, nor do GN, IN and LN2d; BN does, in training "
        f"(@tbl-by-hand-compared). {modes.in_words(runs)}",
        "Does it matter whether the network is in training or in evaluation mode?": (
            "For BN, yes: it computes something else (@sec-by-hand-test), and what it says of an image in training "
            "mode is decided with the images beside it, the more so the fewer they are. One judges with "
            f"`model.eval()`. For the others, no. {modes.accuracies(runs)}"
        ),
        "What does BN do with one image?": one_image.in_words(),
        "Before the ReLU or after it?": order.in_words(runs),
        "Which variance, biased or unbiased?": _variances(runs),
        "Is `nn.LayerNorm(C)` the same as `nn.GroupNorm(1, C)`?": "No: @sec-by-hand-layer-norms.",
        "Should weight decay or L1 act on γ and β?": decayed.in_words(runs),
    }
    tables = [one_image.table(), order.table(), decayed.table(runs)]
    return "\n\n".join(
        [
            *(f"**{question}** {answer}".strip() for question, answer in answers.items()),
            markup.folded("These answers in numbers", "\n".join(each for each in tables if each)),
        ]
    )


def _variances(runs: Sequence[FinishedRun]) -> str:
    """What becomes of x̂ when the unbiased variance normalizes."""
    x = IMAGES.double()
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), keepdim=True, correction=1)
    gap = (normalize(x, "bn", eps=0.0) - (x - mean) / variance.sqrt()).abs().max().item()
    size = len(set_of("bn", (0, 0, 0, 0)).members)
    _, height, width = shapes_of_network(runs[0].config)[0]
    batch = runs[0].config.batch_size
    return (
        "`torch.nn` divides by the biased one, the mean square, in all of its normalizations; BN keeps the unbiased "
        "one for test time (@sec-by-hand-test). `x.var()` is unbiased unless told `correction=0`. Who normalizes with "
        f"it gets $\\hat{{x}}$ smaller by the factor $\\sqrt{{(m - 1)/m}}$: {rounded(_factor(size))} in the example, "
        f"where a value moves by up to {rounded(gap)}, and {_factor(batch * height * width):.6f} in the first layer of "
        f"our networks with {batch} images, where nobody would notice."
    )


def _factor(size: int) -> float:
    return ((size - 1) / size) ** 0.5
