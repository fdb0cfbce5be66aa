"""Sections of the report: tables and figures of made runs."""

import json
import re
import shlex
from typing import get_args

import numpy as np
import pytest
import torchinfo
from report_in_process import finished_run

from normstudy import model_code
from normstudy.config import Config, image_facts, make_config, resolve
from normstudy.networks import make_net
from normstudy.report.core.models import models_of
from normstudy.report.sections import (
    graphs,
    hyperparameters,
    larger_studies,
    minute,
    mistakes,
    network,
    reproduce,
    user_studies,
)
from normstudy.runs.tables import record
from normstudy.training.schedule import learning_rates


@pytest.mark.parametrize("norm", ["bn", "gn", "ln", "in", "ln2d", "none"])
@pytest.mark.parametrize(
    "changes", [{}, {"skeleton": "3x3 and 2x2 pool, 3x3 padded", "channels": 8, "depth": 1}, {"dataset": "cifar10"}]
)
def test_the_table_of_layers_is_that_of_torchinfo(norm, changes):
    config = make_config({"dataset": "mnist", "norm": norm, **changes})
    table = network.our_layers(config)
    shape = (1, *image_facts(config).shape)
    summary = torchinfo.summary(make_net(config), input_size=shape, verbose=0, device="cpu")
    layers = [layer for layer in summary.summary_list if layer.is_leaf_layer and layer.class_name != "ReLU"]
    numbers = [int(cell.strip("*").replace(",", "").replace("–", "0")) for cell in table["parameters"]]
    assert numbers == [*(layer.num_params for layer in layers), summary.total_params]
    outputs = [" × ".join(map(str, layer.output_size[1:])) for layer in layers]
    assert table["output"].tolist()[:-1] == outputs


def test_the_table_has_receptive_fields_and_products():
    table = network.our_layers(make_config({"dataset": "mnist", "skeleton": "3x3 and 2x2 pool, 3x3", "channels": 4}))
    assert [cell for cell in table["receptive field"] if cell not in "–"] == ["3 × 3", "4 × 4", "8 × 8", "28 × 28"]
    products = [int(cell.strip("*").replace(",", "")) for cell in table["multiply-adds"] if cell != "–"]
    assert products == [4 * 26 * 26 * 9, 4 * 11 * 11 * 9 * 4, 40, sum(products[:-1])]


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


def test_a_custom_network_is_described_by_what_it_does_with_images(tmp_path, monkeypatch):
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "kept")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(CODE)
    config = resolve(make_config({"model": "nets.py:net", "norm": "gn", "dataset": "mnist", "device": "cpu"}), "mnist")
    table = network.custom_layers(config)
    table.index = table["layer"].str.replace("\\", "")
    assert table.loc["0: Conv2d, 5 × 5, stride 2"].tolist()[1:] == ["4 × 12 × 12", "5 × 5", "104", "14,400"]
    # Behind the mean over positions everything is seen, of what the stride lets through.
    fields = [cell for cell in table["receptive field"] if "×" in cell]
    assert fields == ["5 × 5", "13 × 13", "13 × 13", "15 × 15", "27 × 27", "27 × 27", "27 × 27"]
    assert table.loc["**total**", "multiply-adds"] == f"**{14_400 + 144 * 4 * 2 * 9 + 16 + 1440:,}**"
    run = finished_run([1], norm="gn", model="nets.py:net", code=config.code)
    models = models_of([run, finished_run([1])])
    assert network.layers(models).count(":::: {#tbl-layers") == 2
    assert "{#tbl-layers}" not in network.layers(models[:1])
    assert "@tbl-layers-1" in network.in_words(models)


@pytest.mark.parametrize("schedule", get_args(Config.model_fields["schedule"].annotation))
@pytest.mark.parametrize("warmup", [0.1, 0.3])
def test_the_peak_in_the_graphs_is_that_of_training(schedule, warmup):
    config = Config(dataset="digits", epochs=20, schedule=schedule, warmup=warmup, evaluate_on="validation")
    rates = np.array(list(learning_rates(config, 1000)))
    falls_at_once = np.isclose(rates, rates.max(), rtol=1e-6).sum() <= 2
    peak, fade = graphs._milestones([config])
    assert peak == (pytest.approx(rates.argmax() / 50, abs=0.05) if falls_at_once else None)
    assert fade == 16


@pytest.mark.parametrize("count", [2, 3, 9, 30])
def test_every_parameter_of_every_model_is_in_the_report(count):
    changes = [{"max_lr": 0.01 * (1 + at), "shift": 0.1 * at, "l1": 1e-5 * (at % 2)} for at in range(count)]
    models = models_of([finished_run([at], norm="gn", **change) for at, change in enumerate(changes)])
    tables, rest = hyperparameters.differing(models), hyperparameters.common(models)
    for change in changes:
        assert f" {change['max_lr']:g} " in tables
        assert f" {change['shift']:g} " in tables
    for name in Config.model_fields.keys() - {"images", "code", "model", "statistics_batch"}:
        shown = name.replace("_", " ")
        if "seed" not in name:
            assert f"`{name}`" in tables + rest or re.search(rf"\| +{shown} \|", tables), name


def test_published_recipes_are_known_as_searched_and_others_are_not():
    published = [run for run in record("main").runs if run.config.seed == 0]
    assert "not searched" not in hyperparameters.how_chosen(models_of(published))
    mixed = hyperparameters.how_chosen(models_of([*published, finished_run([1], norm="gn", max_lr=0.3)]))
    assert "Those of GN \\#2 were not searched for." in mixed
    own = hyperparameters.how_chosen(models_of([finished_run([1], norm="gn", max_lr=0.3)]))
    assert "GN were not searched for" in own


def test_larger_studies_are_of_this_network_and_these_data(monkeypatch):
    monkeypatch.setenv("NORMSTUDY_FINDINGS", "stop")
    text = larger_studies.section(models_of([finished_run([1])]))
    assert 5 <= len(re.findall(r"^- ", text, re.MULTILINE)) <= 10
    assert "seeds of each recipe" in text
    several = models_of([finished_run([1]), finished_run([2], seed=1)])
    assert "seeds of each recipe" not in larger_studies.section(several)
    for other in ({"dataset": "fashion_mnist"}, {"channels": 8}, {"skeleton": "3x3"}):
        assert larger_studies.section(models_of([finished_run([1]), finished_run([1], **other)])) == ""


def test_the_commands_are_those_that_made_the_page(monkeypatch):
    monkeypatch.delenv(reproduce.VARIABLE, raising=False)
    assert reproduce.commands().splitlines()[-2:] == ["make report", "```"]
    options = {"PARAMS": "my", "OUTPUT": "a report", "RENDERER": "preview"}
    monkeypatch.setenv(reproduce.VARIABLE, json.dumps({"options": options, "studies": ["my/studies/rates.yaml"]}))
    _, study, remark, report, _ = reproduce.commands().splitlines()
    assert shlex.split(study, comments=True) == ["make", "study", "STUDY=my/studies/rates.yaml"]
    assert shlex.split(report, comments=True) == ["make", "report", *(f"{key}={options[key]}" for key in options)]
    assert remark.startswith("# trains my/*.yaml with")
    monkeypatch.setenv(reproduce.VARIABLE, json.dumps({"options": {"PARAMS": "a```\n# b`c\u202e"}}))
    assert reproduce.commands().startswith("````bash\n# trains a``` # b`c[U+202E]/*.yaml with")
    assert "a\\`\\`\\` \\# b\\`c" in reproduce.further_model()


def test_runs_of_other_sources_are_named(monkeypatch):
    now, before = finished_run([1]), finished_run([1], norm="gn")
    assert "bit by bit" in reproduce.provenance(models_of([now]))
    monkeypatch.setattr(reproduce, "is_of_present_sources", lambda run: run is now)
    assert "1 of 2 runs (GN); it was not verified" in reproduce.provenance(models_of([now, before]))


def test_what_all_models_get_wrong_is_shown():
    models = models_of([finished_run(range(30)), finished_run(range(18, 60), norm="gn")])
    text = mistakes.shared(models)
    assert "both models misclassify 12; at least one model misclassifies 60" in text
    assert text.count("(number ") == 2 * 10  # in both styles
    assert "GN: 10" not in text


@pytest.mark.parametrize(
    ("counts", "headline"),
    [
        ({"bn": [50, 51, 49], "gn": [30, 31, 28], "ln": [30, 30, 29]}, "GN and LN are better than BN."),
        ({"bn": [50, 50, 51], "gn": [50, 51, 51]}, "The models are equivalent within ±0.05 points."),
        ({"bn": [50, 90, 10], "gn": [30, 20, 80]}, "No model is shown to be better than another."),
        ({"bn": [0, 0], "gn": [0, 0]}, "All models classify every image correctly."),
        ({"bn": [900, 901, 899], "gn": [500, 502, 499], "ln": [100, 101, 102]}, "LN is better than every other model."),
    ],
)
def test_the_headline_is_what_was_found(counts, headline):
    from recorded import seeded_runs

    from normstudy.report.core.pairs import compare

    models = models_of(seeded_runs(counts))
    assert minute.verdict(models, compare(models)).startswith(f"**{headline}**")


def test_studies_of_the_user_lead_the_report(monkeypatch):
    assert user_studies.section() == ""
    studies = [{"title": "Rates *", "page": "studies/rates.html", "answer": "0.1 is too high."}]
    monkeypatch.setenv(user_studies.VARIABLE, json.dumps(studies))
    assert "- [Rates \\*](studies/rates.html): 0.1 is too high." in user_studies.section()
