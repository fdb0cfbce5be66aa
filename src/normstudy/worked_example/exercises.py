"""Questions on the worked example, with answers that are computed: folded in the page, at the end on paper."""

from __future__ import annotations

import html
from fractions import Fraction

import torch
from torch import Tensor
from torch.nn import functional

from normstudy.report import markup
from normstudy.report.wording import join_words, rounded, scientific
from normstudy.worked_example import explorer
from normstudy.worked_example.backward import UPSTREAM
from normstudy.worked_example.definition import DEFINITIONS, GAMMA, IMAGES, NORMALIZATIONS, normalize, shared_sets
from normstudy.worked_example.exact import exact_root, over_root, root_text, text
from normstudy.worked_example.running import MOMENTUM, exact_running_statistics

ADDED = 5
"""To every value of the second channel."""

NEAR = Fraction(1, 100)
RMS = "RMSNorm"
NAMES = {kind: {"ln2d": "LN2d"}.get(kind, kind.upper()) for kind in DEFINITIONS} | {RMS: RMS}


def section() -> str:
    """Numbered questions, each with its answer folded and a button that sets the explorer to it."""
    exercises = [_bias(), _without_mean(), _all_ones(), _constants(), _batches(), _epsilon()]
    return "\n\n".join(
        f"**{number}. {title}.** {question}\n\n{_button(link, number)}\n\n"
        # On paper answers stand among the tables of the appendix, without their titles.
        + markup.folded(f"Answer {number}: {title[0].lower()}{title[1:]}", f"**Answer {number}.** {answer}")
        for number, (title, question, answer, link) in enumerate(exercises, start=1)
    )


def _button(link: str, number: int) -> str:
    """Shown by the explorer's script, which takes the state from it."""
    return (
        '::: {.content-visible when-format="html"}\n```{=html}\n'
        f'<p><button type="button" class="explorer-try" data-explorer="{html.escape(link)}" '
        f'aria-label="Set the explorer to it, exercise {number}" hidden>Set the explorer to it</button></p>\n```\n:::'
    )


def _bias() -> tuple[str, str, str, str]:
    moved = {NAMES[kind]: change for kind, change in bias_changes().items()}
    same = [name for name, change in moved.items() if change < 1e-9]
    others = [f"{name} by up to {rounded(change)}" for name, change in moved.items() if change >= 1e-9]
    question = (
        f"A bias in the convolution before the layer adds {ADDED} to every value of channel 2. In which normalizations "
        "does $\\hat{x}$ change, and what follows for that bias?"
    )
    answer = (
        f"In {join_words(same)} nothing changes: a number that is added to all values of a set is added to their mean, "
        f"and subtracted again. The bias is useless there, and is left out. In {join_words(others)} it changes: there "
        "the set has other channels, too, and the bias moves this one against them."
    )
    shifted = _shifted().flatten().tolist()
    return "A bias before the layer", question, answer, explorer.link(method="bn", x=shifted, at=4)


def _shifted() -> Tensor:
    x = IMAGES.clone()
    x[:, 1] += ADDED
    return x


def bias_changes() -> dict[str, float]:
    """By kind, the largest change of x̂ when `ADDED` is added to the second channel."""
    before, after = IMAGES.double(), _shifted().double()
    return {
        kind: (normalize(after, kind, eps=0.0) - normalize(before, kind, eps=0.0)).abs().max().item()
        for kind in DEFINITIONS
    }


def _without_mean() -> tuple[str, str, str, str]:
    square, value = mean_square(), int(IMAGES[0, 0, 0, 0])
    gap, centred = rms_gaps()
    question = (
        "RMSNorm [@zhang2019] subtracts no mean: $\\hat{x} = x / \\sqrt{\\frac{1}{m} \\sum_{k \\in S} x_k^2 + "
        "\\varepsilon}$, here over an image as in LN. What is $\\hat{x}$ for the first value of image 1, and when is "
        "RMSNorm the same as LN?"
    )
    answer = (
        f"The mean square of image 1 is {text(square)}, its root {root_text(square)}, and $\\hat{{x}}$ = "
        f"{value}/{root_text(square).split(' ')[0]} = {over_root(Fraction(value), square)}. Where the mean of each set "
        "is 0, the mean square is the variance, and both are the same: of the example, less the mean of each image, "
        f"RMSNorm makes what LN makes, but for {scientific(centred)} at most in 64-bit numbers. "
        "`torch.nn.functional.rms_norm` differs from the formula by at most "
        f"{scientific(gap)}. Of $\\beta$ `nn.RMSNorm` has none, and for the gradient the mean of $g$ falls away from "
        "the formula of @sec-by-hand-backward, since no mean depends on $x$."
    )
    return "Without the mean", question, answer, explorer.link(method="rms", shows="xhat")


def mean_square() -> Fraction:
    """Of image 1."""
    values = IMAGES[0].flatten().tolist()
    return Fraction(sum(value**2 for value in values), len(values))


def rms_normalized(x: Tensor) -> Tensor:
    """x (N, C, H, W) over the root mean square of its image, with ε = 0 (Zhang & Sennrich 2019, Equation 4)."""
    return x / x.square().mean((1, 2, 3), keepdim=True).sqrt()


def rms_gaps() -> tuple[float, float]:
    """Between the formula and PyTorch's; and between LN and RMSNorm of what has no mean in any image."""
    x = IMAGES.double()
    theirs = functional.rms_norm(x, tuple(x.shape[1:]), eps=1e-300)
    less = x - x.mean((1, 2, 3), keepdim=True)
    return (
        (rms_normalized(x) - theirs).abs().max().item(),
        (rms_normalized(less) - normalize(x, "ln", eps=0.0)).abs().max().item(),
    )


def _all_ones() -> tuple[str, str, str, str]:
    found = {NAMES[kind]: values for kind, values in all_ones().items()}
    rms = found.pop(RMS)
    largest = max(float(dx.abs().max()) for dx, _ in found.values())
    zero = [name for name, (_, own) in found.items() if float(own.abs().max()) < 1e-9]
    rest = [name for name in found if name not in zero]
    count = IMAGES[:, 0].numel()
    question = (
        "$\\partial L / \\partial y = 1$ for every value, and $\\gamma = 1$. What are $\\partial L / \\partial x$, "
        "$\\partial L / \\partial \\beta$ and $\\partial L / \\partial \\gamma$, and would RMSNorm give the same?"
    )
    answer = (
        "$L$ is then the sum of all $\\hat{x}$ and does not depend on $x$, as the $\\hat{x}$ of every set add up to 0: "
        f"$\\partial L / \\partial x = 0$ (autograd finds {scientific(largest)} at most over "
        f"{join_words(list(found))}). $\\partial L / \\partial \\beta$ counts the values of a channel, {count}. "
        f"$\\partial L / \\partial \\gamma$ is the sum of the channel's $\\hat{{x}}$: 0 in {join_words(zero)}, whose "
        f"sets keep within a channel, and not in {join_words(rest)}. In RMSNorm the $\\hat{{x}}$ do not add up to 0, "
        f"and $\\partial L / \\partial x$ reaches {rounded(float(rms[0].abs().max()))}."
    )
    link = explorer.link(shows="dx", g=[1] * IMAGES.numel(), gamma=[1] * len(GAMMA))
    return "A gradient of ones", question, answer, link


def all_ones() -> dict[str, tuple[Tensor, Tensor]]:
    """By kind ∂L/∂x (N, C, H, W) and ∂L/∂γ (C,) of the sum of all y with γ = 1, by autograd; also of RMSNorm."""
    found = {}
    for kind in [*DEFINITIONS, RMS]:
        x = IMAGES.double().requires_grad_()
        gamma = torch.ones(x.shape[1], dtype=x.dtype, requires_grad=True)
        x_hat = rms_normalized(x) if kind == RMS else normalize(x, kind, eps=0.0)
        (gamma[:, None, None] * x_hat).sum().backward()
        found[kind] = x.grad, gamma.grad
    return found


def _constants() -> tuple[str, str, str, str]:
    wrong, right = constant_sums()
    question = (
        "Someone takes $\\mu$ and $\\sigma$ for constants in the backward pass, as in `x_hat = (x - mean.detach()) / "
        "std.detach()`. With the gradients of @tbl-by-hand-upstream, what is the gradient of a bias that is added to "
        "channel 1 before BN, and what would happen to that bias?"
    )
    answer = (
        f"It would be $\\sum g / \\sigma$ = {text(wrong)}, with $g = \\gamma\\, \\partial L / \\partial y$. Rightly it "
        f"is {text(right)}: the bias changes nothing (answer 1). With the wrong gradient it would be moved at every "
        "step, the loss would stay as it is, and the bias would grow without end. BN was made so that the gradient "
        "passes through the statistics [@ioffe2015, Section 2]."
    )
    return (
        "Statistics as constants", question, answer,
        explorer.link(shows="dx", g=[int(value) for value in UPSTREAM.flatten()]),
    )  # fmt: skip


def constant_sums() -> tuple[Fraction, Fraction]:
    """The sums of ∂L/∂x over the values of channel 1 in BN: with constant statistics, and by the closed form."""
    shared = shared_sets("bn")[0]
    std, size = exact_root(shared.variance), len(shared.members)
    g = [GAMMA[0] * int(UPSTREAM[at]) for at in shared.positions]
    x_hat = [(value - shared.mean) / std for value in shared.members]
    slope = sum(each * other for each, other in zip(g, x_hat, strict=True)) / size
    right = [(each - sum(g) / size - other * slope) / std for each, other in zip(g, x_hat, strict=True)]
    return sum(g) / std, sum(right)


def _batches() -> tuple[str, str, str, str]:
    mean, variance = batches_until_near()
    share = f"{text(100 * NEAR)} %"
    question = (
        f"BN is fed the example's batch again and again, with momentum {text(MOMENTUM)}. After how many batches is the "
        f"running mean of channel 1 within {share} of the batch's, and after how many the running variance?"
    )
    answer = (
        f"After {mean}: each batch leaves {text(1 - MOMENTUM)} of what was missing, and {text(1 - MOMENTUM)} to the "
        f"{mean}th power is the first below {text(NEAR)}. The variance starts from 1 instead of 0 and needs "
        f"{variance}. A network that is judged after fewer steps than that is judged with statistics of its start."
    )
    return "How long it remembers its start", question, answer, explorer.link(shows="xhat", time="test")


def batches_until_near() -> tuple[int, int]:
    """Batches until the running mean and the running variance of channel 1 are within `NEAR` of the batch's."""
    shared = shared_sets("bn")[0]
    wanted, found = (shared.mean, shared.unbiased_variance), [0, 0]
    count = 0
    while not all(found):
        count += 1
        running = exact_running_statistics(count)
        for at, kept in enumerate((running.mean[0], running.variance[0])):
            if not found[at] and abs(kept - wanted[at]) <= NEAR * wanted[at]:
                found[at] = count
    return found[0], found[1]


def _epsilon() -> tuple[str, str, str, str]:
    least = min((shared for kind in NORMALIZATIONS for shared in shared_sets(kind)), key=lambda own: own.variance)
    most = max((shared for kind in NORMALIZATIONS for shared in shared_sets(kind)), key=lambda own: own.variance)
    factors = [shared.variance / (shared.variance + 1) for shared in (least, most)]
    question = (
        "Let $\\varepsilon$ be 1 instead of 0. By which factor does $\\hat{x}$ shrink in the set of the smallest "
        "variance of all, and by which in that of the largest?"
    )
    answer = (
        f"By $\\sqrt{{\\sigma^2 / (\\sigma^2 + 1)}}$. The smallest variance is {text(least.variance)} ({least.name}), "
        f"and the factor {root_text(factors[0])}; the largest is {text(most.variance)} ({most.name}), with "
        f"{root_text(factors[1])}. $\\varepsilon$ is to matter where a set hardly varies, and nowhere else; its "
        "usual $10^{-5}$ sees to that as long as activations are not themselves as small."
    )
    image, channel, *_ = least.positions[0]
    at = (image * IMAGES.shape[1] + channel) * IMAGES.shape[2] * IMAGES.shape[3]
    return "What ε does", question, answer, explorer.link(method="in", shows="xhat", eps=1, at=at)
