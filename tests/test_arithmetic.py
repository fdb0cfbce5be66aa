"""What layers see and compute, against the network itself: gradients that reach the image, outputs in hooks."""

import pytest
import torch
from torch import nn

from normstudy.arithmetic import counts
from normstudy.config import Config
from normstudy.model import make_net

SKELETONS = (
    "5x5/2, 3x3, 3x3, 3x3",
    "5x5/3, 3x3 padded, 3x3, 3x3",
    "3x3 and 2x2 pool, 3x3 and 2x2 pool, 3x3",
    "3x3 padded and 3x3 pool, 3x3/2, 2x2",
)
COUNTED = nn.Conv2d | nn.MaxPool2d | nn.Linear


def network(skeleton: str, depth: int = 0):
    """A network without normalization, in double precision, with all weights and the image above 0: no ReLU is shut."""
    config = Config(norm="none", skeleton=skeleton, channels=4, depth=depth, dataset="mnist")
    net = make_net(config).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.uniform_(0.1, 1)
    return config, net


def outputs(net, image):
    """What each counted layer gives for `image`, with the layer."""
    found = []
    for layer in net.modules():
        if isinstance(layer, COUNTED):
            layer.register_forward_hook(lambda layer, _, made: found.append((layer, made)))
    net(image)
    return found


def seen(output, image) -> tuple[int, int]:
    """Height and width of the part of `image` on which `output`, a number, depends."""
    (gradient,) = torch.autograd.grad(output, image, retain_graph=True)
    rows, columns = gradient[0, 0].nonzero().T
    return int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1


@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("skeleton", SKELETONS)
def test_products_and_receptive_fields_are_those_of_the_network(skeleton, depth):
    config, net = network(skeleton, depth)
    own = counts(config)
    for layer in net.modules():
        if isinstance(layer, nn.MaxPool2d):
            # Of a maximum, the gradient goes to one position alone.
            layer.forward = nn.AvgPool2d(layer.kernel_size).forward
    image = torch.rand(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    found = outputs(net, image)
    assert len(found) == len(own)
    for (layer, made), count in zip(found, own, strict=True):
        assert made.numel() == count.outputs
        products = 0 if isinstance(layer, nn.MaxPool2d) else layer.weight[0].numel() * made.numel()
        assert count.multiply_adds == products
        middle = made[0, 0] if made.dim() == 2 else made[0, 0, made.shape[2] // 2, made.shape[3] // 2]
        height, width = seen(middle, image)
        assert height == width
        if height < count.field:  # where padding or the image's end cut it off
            assert "padded" in skeleton or depth
            assert height > count.field - 28
        else:
            assert height == count.field


def test_the_network_of_the_report_sees_all_but_one_row_of_the_image():
    fields = [count.field for count in counts(Config(dataset="mnist"))]
    assert fields == [5, 9, 13, 17, 27]  # the last step of two pixels has no room for a kernel of five
