"""The layers of the network."""

import pytest
from made_runs import made_run

from normstudy.model import Net
from normstudy.report import network


@pytest.mark.parametrize("norm", ["bn", "gn", "ln", "in", "ln2d", "none"])
def test_the_parameters_of_the_layers_add_up(norm):
    config = made_run(norm, []).config
    blocks = network.blocks([made_run(norm, [])])
    table = network.layers_table(config)
    counts = [int(cell.replace(",", "").strip("*")) for cell in table["parameters"]]
    assert sum(counts[:-1]) == counts[-1] == sum(p.numel() for p in Net(norm, config.groups).parameters())
    assert sum("convolution" in layer for layer in table["layer"]) == len(blocks)
    assert f"stride {blocks[0].stride}" in table["layer"][0]


def test_the_caption_says_whether_all_models_have_as_many_parameters():
    runs = [made_run("bn", []), made_run("none", [])]
    assert "every model has as many." in network.layers(runs)
    runs[1].metrics["model"] = {"parameters": 7546}
    assert "the models have 7,610, 7,546." in network.layers(runs)
