"""The page on which trained networks run: what is embedded, with the data set and without it."""

import gzip
import hashlib
import json

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from commands import ROOT
from page_cells import executed

from normstudy.data.loading import _mean_and_deviation
from normstudy.preview.page import unsupported_constructs
from normstudy.report.core import style
from normstudy.report.pages import networks, networks_html
from normstudy.runs import answers_in_batches
from normstudy.runs.compared_runs import compared_runs
from normstudy.runs.folder import read_run
from normstudy.runs.networks import trained_net

PAGE = "analysis/playground.qmd"


@pytest.fixture(scope="module")
def without_data():
    """The published networks, loaded where MNIST is not present."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "data_at_hand", lambda run: None)
        return networks.load(compared_runs(ROOT / "results"))


def test_the_published_networks_support_every_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("results", "theme"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path / "analysis"))
    monkeypatch.setenv("NORMSTUDY_FINDINGS", "stop")
    monkeypatch.setattr(networks, "data_at_hand", lambda run: None)
    names, text = executed(PAGE)
    assert names["shown"].error < 1e-5
    assert "`{python}" not in text
    page = BeautifulSoup(text, "html.parser")
    data = json.loads(page.select_one(".networks-data").string)
    assert [each["name"] for each in data["networks"]] == ["BN + L1", "GN", "LN"]
    assert len(text) < 400_000
    assert [part["hidden"] for part in page.select(".networks")] == ["", "", ""]
    assert not page.find_all("table")  # which Quarto would change: the script makes them
    assert "Test image 3030" in text


def test_the_preview_knows_all_constructs_of_the_page():
    assert unsupported_constructs((ROOT / PAGE).read_text(encoding="utf-8")) == []


def test_images_that_all_classify_correctly_are_embedded_without_data(without_data):
    right = [each for each in without_data.examples if each.kind == "right"]
    assert [each.label for each in right] == [label for label in range(10) for _ in range(2)]
    pixels = torch.from_numpy(np.stack([each.pixels for each in right]))
    for run in without_data.runs.values():
        found = trained_net(run)(networks.standardised(pixels, without_data.standard)).argmax(dim=1)
        assert found.tolist() == [each.label for each in right]
    assert without_data.right == "UCI digits"
    for each in right:
        rows, columns = (np.flatnonzero(each.pixels.max(axis=axis) > 127) for axis in (1, 0))
        assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20  # as the digits of MNIST


def test_misclassified_examples_are_the_most_confident_errors_in_turn(without_data):
    wrong = [each for each in without_data.examples if each.kind == "wrong"]
    assert len(wrong) == networks.WRONG
    for place, run in enumerate(without_data.runs.values()):
        assert any((run.misclassified["images"][0] == each.pixels).all() for each in wrong[: place + 1])
    assert all("misclassified by" in each.name for each in wrong)
    assert wrong[without_data.examples.index(wrong[0])].name.startswith("Test image 9729, labelled 5, label disputed")


def test_images_are_standardised_by_exact_constants(mnist_archives, without_data):
    content = gzip.decompress((mnist_archives / "train-images-idx3-ubyte.gz").read_bytes())
    images = torch.from_numpy(np.frombuffer(content, np.uint8, offset=16).copy())
    assert without_data.standard == pytest.approx(_mean_and_deviation(images), rel=1e-12)


def test_with_data_the_examples_are_test_images(without_data, mnist_archives):
    content = gzip.decompress((mnist_archives / "t10k-images-idx3-ubyte.gz").read_bytes())
    test = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)
    found = networks._right(list(without_data.runs.values()), test)
    assert [each.label for each in found] == [label for label in range(10) for _ in range(2)]
    assert found[0].name == "Test image 3, labelled 0"
    assert (found[0].pixels == test[3]).all()


def test_the_recorded_answers_in_batches_are_of_the_published_network(mnist_archives, monkeypatch):
    """Those of single images are computed again, for some of them."""
    recorded = networks.in_batches()
    run = next(read_run(path) for path in (ROOT / "results").glob("bn_*"))
    weights = hashlib.sha256((run.folder / "model.safetensors").read_bytes()).hexdigest()
    assert set(recorded["weights"]) == {weights}
    assert recorded["size"].tolist() == list(answers_in_batches.SIZES)
    assert recorded["changed"].is_monotonic_decreasing
    content = gzip.decompress((mnist_archives / "t10k-images-idx3-ubyte.gz").read_bytes())
    images = torch.from_numpy(np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)[:2000].copy())
    net = trained_net(run)
    x = networks.standardised(images, networks.STANDARD["mnist"])
    with torch.no_grad():
        at_test = net(x).argmax(dim=1)
        net.train()
        alone = torch.cat([net(each).argmax(dim=1) for each in x[:300].split(1)])
    changed = recorded.set_index("size")["changed"][1]
    assert (alone != at_test[:300]).float().mean() == pytest.approx(changed, abs=0.06)


def test_the_figure_has_a_row_for_each_network(without_data):
    place = networks.splitting(without_data)
    answers = {int(each.probabilities[place].argmax()) for each in without_data.looks.values()}
    assert len(answers) > 1
    for _, picture in style.both(lambda: networks.figure(without_data, place)):
        assert [each.get_title() for each in picture.axes][1::3] == ["BN + L1 says 6", "GN says 6", "LN says 0"]


def test_no_text_ends_the_element_that_it_stands_in(without_data):
    hostile = networks.Example("wrong", without_data.examples[0].pixels, 0, "</script><img src=x>")
    changed = networks.Networks(
        *(without_data.runs, without_data.standard, without_data.right, [hostile]),
        *(without_data.looks, without_data.error),
    )
    page = BeautifulSoup(networks_html.script(changed, ROOT / "theme"), "html.parser")
    assert len(page.find_all("script")) == 2
    assert not page.find_all("img")
