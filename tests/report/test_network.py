"""The layers of the network."""

import pytest
from made_runs import made_run

from normstudy.config import make_config
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


def test_the_table_has_receptive_fields_and_products_of_its_layers():
    table = network.layers_table(make_config({"dataset": "mnist", "skeleton": "3x3 and 2x2 pool, 3x3", "channels": 4}))
    assert [cell for cell in table["receptive field"] if cell != "–"] == ["3 × 3", "4 × 4", "8 × 8", "28 × 28"]
    products = [int(cell.strip("*").replace(",", "")) for cell in table["multiply-adds"] if cell != "–"]
    assert products == [4 * 26 * 26 * 9, 0, 4 * 11 * 11 * 9 * 4, 40, sum(products[:-1])]


def test_the_caption_says_whether_all_models_compute_as_much():
    runs = [made_run("bn", []), made_run("none", [])]
    assert "The models have both in common." in network.layers(runs)
    runs[1].config = make_config({"dataset": "mnist", "skeleton": "3x3"})
    assert "They are not the same in all models." in network.layers(runs)
