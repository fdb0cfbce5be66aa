"""The layers of the network."""

import pytest
from made_runs import made_run

from normstudy import model_code
from normstudy.config import make_config, resolve
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


CODE = """
from torch import nn

class Both(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.deep = nn.Sequential(nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2), norm(4), nn.MaxPool2d(2))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 4, 1), nn.Sigmoid())

    def forward(self, x):
        return self.deep(x) * self.gate(x)

def net(norm, shape, classes):
    return nn.Sequential(nn.Conv2d(shape[0], 4, 5, stride=2), Both(norm), nn.Flatten(), nn.Linear(144, classes))
"""


def test_a_network_of_ones_own_is_described_by_what_it_does_with_images(tmp_path, monkeypatch):
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "kept")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(CODE)
    own = made_run("gn", [1])
    own.folder = tmp_path  # where no code is kept
    own.config = resolve(
        make_config({"model": "nets.py:net", "norm": "gn", "dataset": "mnist", "device": "cpu"}), "mnist"
    )
    table = network.own_layers_table(own.config)
    table.index = table["layer"].str.replace("\\", "")
    assert table.loc["0: Conv2d, 5 × 5, stride 2"].tolist()[1:] == ["4 × 12 × 12", "5 × 5", "104", "14,400"]
    fields = [cell for cell in table["receptive field"] if cell != "–"]
    # Behind the mean over positions everything is seen, of what the stride lets through.
    assert fields == ["5 × 5", "13 × 13", "13 × 13", "15 × 15", "27 × 27", "27 × 27", "27 × 27"]
    assert table.loc["**total**", "multiply-adds"] == f"**{14_400 + 144 * 4 * 2 * 9 + 16 + 1440:,}**"
    told, tables = network.in_words([own, made_run("bn", [1])]), network.layers([own, made_run("bn", [1])])
    assert "The network of this project has 4 convolutions" in told
    assert r"Another is one’s own, nets\.py\:net, with its layers in @tbl-layers-1" in told
    assert tables.count("::: {#tbl-layers") == 2
    assert "#tbl-layers}" not in network.layers([own])
    assert network.in_words([own]).startswith("The network is one’s own")
