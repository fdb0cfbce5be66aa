"""A convolutional network of under 8,000 parameters whose normalization is an argument.

    image (1, 28, 28)
      ─ conv 5x5, stride 2 ─ norm ─ ReLU    (16, 12, 12)
      ─ conv 3x3           ─ norm ─ ReLU    (16, 10, 10)
      ─ conv 3x3           ─ norm ─ ReLU    (16, 8, 8)
      ─ conv 3x3           ─ norm ─ ReLU    (16, 6, 6)
      ─ mean over positions ─ linear        (10,) class scores

The order is convolution, normalization, ReLU, as in the paper on batch normalization. Every normalization computes
y = γ (x - μ) / sqrt(σ² + ε) + β with one γ and one β per channel; they differ only in which values
share μ and σ². Of x with shape (N, C, H, W), one mean belongs to

    bn    a channel, over all images             axes (N, H, W)      Ioffe & Szegedy 2015, arXiv:1502.03167
    ln    an image, over all its channels        axes (C, H, W)      Ba, Kiros & Hinton 2016, arXiv:1607.06450
    gn    an image and a group of channels       axes (C/G, H, W)    Wu & He 2018, arXiv:1803.08494
    in    an image and a channel                 axes (H, W)         Ulyanov et al. 2016, arXiv:1607.08022
    ln2d  a position of an image, over channels  axes (C,)           Liu et al. 2022, arXiv:2201.03545
    none  (nothing is normalized; the convolutions have biases instead)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from normstudy.config import IMAGE_SHAPES, Config
from normstudy.layers import LayerNorm2d, SubBatchNorm2d
from normstudy.skeleton import Block, deepened, parse_skeleton

CLASSES = 10

SKELETON = parse_skeleton(Config().skeleton)
"""What all models of the report share."""


def make_norm(kind: str, channels: int, groups: int | None = None, statistics_batch: int | None = None) -> nn.Module:
    """The normalization layer `kind` for inputs of shape (N, channels, H, W).

    `groups`: of gn (4 unless given); `statistics_batch`: over how many images bn takes its statistics (all).

    `ln` is a group normalization with a single group: its statistics are those of layer
    normalization over (C, H, W), while scale and shift stay one per channel. `nn.LayerNorm` over
    (C, H, W) would learn one scale per *position* as well, 2·C·H·W parameters instead of 2·C; the
    models would then differ in size and in what they can express, not only in their statistics.

    Raises `ValueError` for an unknown kind, or when `groups` does not divide `channels`.
    """
    if kind == "bn":
        return SubBatchNorm2d(channels, statistics_batch) if statistics_batch else nn.BatchNorm2d(channels)
    if kind == "ln":
        return nn.GroupNorm(1, channels)
    if kind == "gn":
        return nn.GroupNorm(groups or 4, channels)
    if kind == "in":
        return nn.InstanceNorm2d(channels, affine=True)
    if kind == "ln2d":
        return LayerNorm2d(channels)
    if kind == "none":
        return nn.Identity()
    raise ValueError(f"norm = {kind}: must be one of bn, gn, ln, in, ln2d, none")


class Net(nn.Module):
    """The network above. `norm`: bn, gn, ln, in, ln2d or none; the rest as the parameters of those names.

    Raises `ValueError` for an unknown `norm`, or when `groups` does not divide `channels`.
    """

    def __init__(
        self,
        norm: str = "bn",
        groups: int | None = None,
        skeleton: tuple[Block, ...] = SKELETON,
        channels: int = 16,
        statistics_batch: int | None = None,
        input_channels: int = 1,
    ):
        super().__init__()
        layers: list[nn.Module] = []
        for number, block in enumerate(skeleton):
            # β shifts every channel already; a bias before the normalization would (in part) be subtracted again.
            inputs, bias = channels if number else input_channels, norm == "none"
            layers.append(nn.Conv2d(inputs, channels, block.kernel, block.stride, block.padding, bias=bias))
            layers += [make_norm(norm, channels, groups, statistics_batch), nn.ReLU(inplace=True)]
            if block.pool > 1:
                layers.append(nn.MaxPool2d(block.pool))
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(channels, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Standardised images (n, c, h, w) to class scores (n, 10)."""
        return self.head(self.features(images).mean(dim=(2, 3)))


def make_net(config: Config) -> Net:
    """The network that `config`, resolved, describes."""
    skeleton = deepened(parse_skeleton(config.skeleton), config.depth)
    input_channels = IMAGE_SHAPES[config.dataset][0]
    return Net(config.norm, config.groups, skeleton, config.channels, config.statistics_batch, input_channels)


def initialise(model: nn.Module, generator: torch.Generator) -> None:
    """Draw all convolution and linear weights anew, by He et al. 2015 (arXiv:1502.01852); biases become 0.

    Normalization layers keep γ = 1, β = 0 and use no random number, so that models that differ in
    their normalization alone start from the same weights when given equal generators.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            gain = "relu" if isinstance(layer, nn.Conv2d) else "linear"
            nn.init.kaiming_normal_(layer.weight, nonlinearity=gain, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def penalised_weights(model: nn.Module) -> list[nn.Parameter]:
    """Weights of convolution and linear layers: what L1 penalty and weight decay act on; tied ones once.

    Not the biases, and not γ and β: pulling γ to 0 would switch channels off.
    """
    return list(dict.fromkeys(layer.weight for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)))


def l1_norm(weights: list[nn.Parameter]) -> Tensor:
    """Σ|w| over `weights`, a scalar that can be differentiated; its gradient is sign(w)."""
    return nn.utils.parameters_to_vector(weights).abs().sum()


def count_parameters(model: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
