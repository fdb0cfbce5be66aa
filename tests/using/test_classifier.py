"""A trained network in use: what it says of its own test images, as they are and as pictures from elsewhere."""

import shutil

import numpy as np
import pytest
import torch
from commands import ROOT
from PIL import Image

from normstudy.config import Config
from normstudy.data import loading
from normstudy.data.loading import load as load_data
from normstudy.runs import manifest
from normstudy.runs.folder import RunError, publish, save, stage
from normstudy.training.loop import Run
from normstudy.using import standardisation
from normstudy.using.classifier import load
from normstudy.using.fitting import FITS
from normstudy.using.image_file import Grey

GN = ROOT / "results/gn4-mnist-seed0-5caff818"


@pytest.fixture
def mnist_images(mnist_archives, data_folder, monkeypatch) -> np.ndarray:
    """The test images of MNIST, bytes (10000, 28, 28)."""
    monkeypatch.setenv("NORMSTUDY_DATA", str(mnist_archives))
    return load_data("mnist").evaluation.images[:, 0].numpy()


def sheet(image: np.ndarray, factor: int, inverted: bool, rng) -> Image.Image:
    """`image` so many times enlarged, somewhere on a larger sheet of paper."""
    edge = len(image) * factor
    large = Image.fromarray(image).resize((edge, edge), Image.Resampling.BICUBIC)
    paper = Image.new("L", (2 * edge, edge + 40))
    paper.paste(large, (int(rng.integers(0, edge)), int(rng.integers(0, 40))))
    return Image.fromarray(255 - np.asarray(paper)) if inverted else paper


def test_test_images_give_the_predictions_of_the_run(whole, trained):
    classifier = load(whole)
    images, said = trained.data.evaluation.images, classifier.run.predictions
    probabilities = classifier.probabilities(images)
    assert probabilities.shape == (899, 10)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), said["predicted"])
    np.testing.assert_allclose(probabilities.max(axis=1), said["predicted_probability"], atol=1e-6)
    np.testing.assert_array_equal(classifier.probabilities(images[:, 0].numpy()), probabilities)
    assert classifier.probabilities(images[:0]).shape == (0, 10)


def test_images_are_not_changed_by_being_looked_at(whole, trained):
    before = trained.data.evaluation.images[:3].clone()
    load(whole).probabilities(before)
    assert torch.equal(before, trained.data.evaluation.images[:3])


@pytest.mark.parametrize(
    "images", [np.zeros((2, 28, 28), np.float32), np.zeros((28, 28), np.uint8), np.zeros((2, 3, 28, 28), np.uint8)]
)
def test_images_of_another_kind_are_refused(whole, images):
    with pytest.raises(ValueError, match=r"where bytes \(n, 1, 28, 28\) are needed"):
        load(whole).probabilities(images)


def test_a_test_image_saved_as_it_is_gives_the_same(whole, trained, tmp_path):
    classifier = load(whole)
    for number in (0, 5, 77):
        image = trained.data.evaluation.images[number, 0].numpy()
        Image.fromarray(image).save(tmp_path / "as_it_is.png")
        answer = classifier.classify(tmp_path / "as_it_is.png")
        np.testing.assert_array_equal(answer.image, image)
        assert answer.label == classifier.run.predictions["predicted"][number]
        assert answer.done == "28 x 28 pixels, taken as it is"
        Image.fromarray(255 - image).save(tmp_path / "inverted.png")
        answer = classifier.classify(tmp_path / "inverted.png")
        np.testing.assert_array_equal(answer.image, image)
        assert answer.done == "28 x 28 pixels, inverted, taken as it is"


@pytest.mark.slow
def test_mnist_at_other_sizes_and_polarities_is_classified_as_the_image_itself(mnist_images):
    classifier, rng = load(GN), np.random.default_rng(0)
    images = mnist_images[8_000:8_100]
    itself = classifier.probabilities(images).argmax(axis=1)
    for factor, inverted in ((10, True), (3, False)):
        found = [classifier.classify(sheet(image, factor, inverted, rng)).label for image in images]
        assert np.mean(found == itself) >= 0.98


def test_a_drawing_is_put_where_mnist_has_its_own(mnist_images):
    image = mnist_images[0]
    seen = load(GN).classify(sheet(image, 8, True, np.random.default_rng(1))).image
    assert np.abs(seen.astype(int) - image).mean() < 8
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    centre = (seen.sum(axis=1) * np.arange(28)).sum() / seen.sum()
    assert abs(centre - 14) <= 0.5


@pytest.mark.parametrize("dataset", FITS)
def test_every_data_set_has_its_way_and_no_picture_is_too_thin(dataset):
    from normstudy.using.fitting import fitted

    for shape in [(1, 300), (300, 1), (7, 5), (500, 20), (28, 29), (8, 9)]:
        values = np.zeros(shape, np.float32)
        values[shape[0] // 2, shape[1] // 2] = 1
        image, done = fitted(Grey(values, 0.0, ()), dataset)
        assert image.shape == (28, 28)
        assert image.dtype == np.uint8
        assert image.max() == 255
        assert done.startswith("contrast stretched, ")


@pytest.mark.parametrize("key", standardisation.KNOWN, ids=str)
def test_the_known_standardisations_are_those_of_the_data(key, request):
    if key[0] == "mnist":
        folder = request.getfixturevalue("mnist_archives")
        request.getfixturevalue("monkeypatch").setenv("NORMSTUDY_DATA", str(folder))
    data = load_data(*key)
    assert standardisation.KNOWN[key] == (data.mean, data.std)


def test_other_data_are_looked_at_for_theirs(monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr(standardisation, "load_once", lambda *key: SimpleNamespace(mean=0.25, std=0.5))
    assert standardisation.standardisation(Config(dataset="kmnist")) == (0.25, 0.5)
    assert loading.load_once is not standardisation.load_once


def test_no_data_are_needed(whole, monkeypatch, tmp_path):
    monkeypatch.setattr(standardisation, "load_once", None)
    load(whole)


@pytest.mark.fault("the run whose network is asked for is not there, damaged or diverged", "one line with the remedy")
def test_what_is_no_trained_run_is_refused(whole, trained, tmp_path):
    with pytest.raises(RunError, match=r"^.*nowhere: no run there; name results/bn_l1-"):
        load(tmp_path / "nowhere")
    copy = shutil.copytree(whole, tmp_path / whole.name)
    (copy / "model.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match=r"model\.safetensors: not as it was written"):
        load(copy)
    manifest.write(copy)
    with pytest.raises(RunError, match=r"model\.safetensors: not the weights of this run"):
        load(copy)
    staged = stage(trained.config, tmp_path / "runs")
    diverged = Run(trained.config, trained.run.model, diverged={"epoch": 1, "step": 2, "lr": 0.01})
    save(diverged, trained.data, staged)
    with pytest.raises(RunError, match="this run diverged in epoch 1, step 2: there is no trained model"):
        load(publish(staged, tmp_path / "runs"))
