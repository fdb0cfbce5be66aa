"""The normalization layers that torch.nn does not have, compared with independent ways to compute them."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from normstudy.config import Config
from normstudy.layers import LayerNorm2d, SubBatchNorm2d
from normstudy.model import make_net, make_norm


def values(*shape: int) -> torch.Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 2


def with_own_scale(layer: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in layer.double().parameters():
            parameter.copy_(values(*parameter.shape))
    return layer


def test_layer_norm_2d_is_layer_norm_over_the_channels_of_each_position():
    layer, x = with_own_scale(LayerNorm2d(6)), values(4, 6, 5, 3).requires_grad_()
    expected = F.layer_norm(x.permute(0, 2, 3, 1), (6,), layer.weight, layer.bias).permute(0, 3, 1, 2)
    torch.testing.assert_close(layer(x), expected)
    weights = values(4, 6, 5, 3)
    ours, theirs = (torch.autograd.grad((y * weights).sum(), x, retain_graph=True)[0] for y in (layer(x), expected))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(("count", "size"), [(12, 4), (12, 1), (12, 12), (13, 4), (3, 8)])
def test_each_sub_batch_is_normalized_by_itself(count, size):
    """And every image is in one of them: those that lie as far apart as there are sub-batches."""
    layer, x = with_own_scale(SubBatchNorm2d(5, size)), values(count, 5, 3, 2)
    y = layer(x)
    number = count // size
    parts = [list(range(i, number * size, number)) for i in range(number)]
    if count % size:
        parts.append(list(range(number * size, count)))
    assert sorted(row for rows in parts for row in rows) == list(range(count))
    for rows in parts:
        torch.testing.assert_close(y[rows], F.batch_norm(x[rows], None, None, layer.weight, layer.bias, training=True))
    means = [x[rows].mean((0, 2, 3)) for rows in parts]
    variances = [x[rows].transpose(0, 1).flatten(1).var(1) for rows in parts]
    shares = [len(rows) / count for rows in parts]
    expected_mean = 0.1 * sum(share * mean for share, mean in zip(shares, means, strict=True))
    expected_variance = 0.9 + 0.1 * sum(share * each for share, each in zip(shares, variances, strict=True))
    torch.testing.assert_close(layer.running_mean, expected_mean, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(layer.running_var, expected_variance, rtol=1e-5, atol=1e-5)
    assert layer.num_batches_tracked == 1


def test_statistics_of_the_whole_batch_are_batch_normalization():
    ours, theirs = SubBatchNorm2d(5, 8).double(), nn.BatchNorm2d(5).double()
    for seed in range(3):
        x = torch.randn(8, 5, 4, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        torch.testing.assert_close(ours(x), theirs(x))
    for name, buffer in theirs.named_buffers():
        torch.testing.assert_close(ours.get_buffer(name), buffer, rtol=1e-5, atol=1e-6)
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-6)


def test_a_model_has_them_where_it_is_asked_for_them():
    assert isinstance(make_norm("bn", 4), nn.BatchNorm2d)
    assert not isinstance(make_norm("bn", 4), SubBatchNorm2d)
    model = make_net(Config(norm="bn", statistics_batch=16, dataset="digits", depth=2, channels=8))
    layers = [layer for layer in model.modules() if isinstance(layer, SubBatchNorm2d)]
    assert [(layer.num_features, layer.statistics_batch) for layer in layers] == [(8, 16)] * 6
