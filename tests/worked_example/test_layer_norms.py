"""Three layers called layer normalization."""

import torch
from torch import nn

from normstudy.config import Config
from normstudy.model import Net, make_norm
from normstudy.worked_example import layer_norms
from normstudy.worked_example.definition import IMAGES, normalize
from normstudy.worked_example.layer_norms import OURS, POSITION, WHOLE, gap, shapes_of_network

CONFIG = Config(dataset="mnist")


def test_parameters_are_counted_as_the_formulas_say():
    for shape in [(4, 2, 2), *shapes_of_network(CONFIG)]:
        channels, height, width = shape
        assert WHOLE.parameters(shape) == 2 * channels * height * width
        assert OURS.parameters(shape) == POSITION.parameters(shape) == 2 * channels


def test_each_computes_over_its_own_sets():
    x = IMAGES.double()
    for variant, kind in ((WHOLE, "ln"), (OURS, "ln"), (POSITION, "ln2d")):
        made = variant.made((4, 2, 2)).double()
        assert torch.allclose(made(x), normalize(x, kind), atol=1e-12, rtol=0)
    assert (gap(WHOLE) < 1e-12, gap(POSITION) > 0.1) == (True, True)
    last = nn.LayerNorm(4, dtype=x.dtype)(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    assert torch.allclose(made(x), last, atol=1e-12, rtol=0)


def test_the_table_s_ours_is_what_the_networks_have():
    assert type(OURS.made((4, 2, 2))) is type(make_norm("ln", 4))
    table = layer_norms.variants_table(CONFIG).set_index("here")
    network = sum(
        values.numel()
        for layer in Net("ln").modules()
        if isinstance(layer, nn.GroupNorm)
        for values in layer.parameters()
    )
    assert int(table.loc["LN", "network"].replace(",", "")) == network
