"""One's own images: how they are read, and what a run is called that is about them."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hostile import TEXTS
from own_images import CLASSES, make_folder
from PIL import Image
from sklearn.datasets import load_digits
from torchvision.datasets import ImageFolder

from normstudy.config import Config, ParameterError, make_config, read_config, resolve, run_name
from normstudy.images import folder as image_folder
from normstudy.images import function, store
from normstudy.images.errors import OwnImagesError
from normstudy.images.own import read_own
from normstudy.images.place import beside
from normstudy.model import initialise
from normstudy.networks import make_net
from normstudy.training.at_hand import ensure, is_present, resolve_dataset
from normstudy.training.download import DataError
from normstudy.training.images import load
from normstudy.training.randomness import generator

CPU = {"device": "cpu", "precision": "fp32", "batch_size": 8}


@pytest.fixture
def flowers(tmp_path, data_folder) -> Path:
    return make_folder(tmp_path / "flowers", edge=24, train=4, test=3)


def resolved(dataset: str | Path, **parameters) -> Config:
    return resolve(make_config({**CPU, **parameters, "dataset": f"{dataset}/"}), "mnist")


def test_a_folder_is_read_in_the_order_and_with_the_numbers_of_torchvision(flowers):
    (flowers / "train/red square/more").mkdir()
    shutil.copy(flowers / "train/red square/000.png", flowers / "train/red square/more/a.png")
    shutil.copy(flowers / "train/red square/001.png", flowers / "train/red square/B.PNG")
    (flowers / "train/.DS_Store").write_text("left by a desktop")
    (flowers / "train/red square/.hidden").write_text("left by an editor")
    found = image_folder.listing(flowers)
    ours = image_folder.read(found)
    theirs = ImageFolder(str(flowers / "train"))
    assert list(found.names) == theirs.classes
    assert [(str(file.path), file.label) for file in found.train] == theirs.imgs
    pixels = [np.asarray(image).transpose(2, 0, 1) for image, _ in theirs]
    assert np.array_equal(ours.train.images, np.stack(pixels))
    assert np.array_equal(ours.train.labels, theirs.targets)


def test_grey_among_colours_and_all_grey(tmp_path):
    grey = make_folder(tmp_path / "grey", edge=8, colour=False)
    assert image_folder.read(image_folder.listing(grey)).train.images.shape == (36, 1, 8, 8)
    Image.new("RGB", (8, 8), (255, 0, 0)).save(grey / "test" / CLASSES[0] / "red.png")
    mixed = image_folder.read(image_folder.listing(grey))
    assert mixed.train.images.shape == (36, 3, 8, 8)
    assert (mixed.train.images == mixed.train.images[:, :1]).all()


def test_a_run_is_called_by_the_contents_wherever_they_lie(flowers, tmp_path):
    one = resolved(flowers)
    assert one.images.title == "flowers"
    assert one.images.classes == CLASSES
    assert (one.images.shape, one.images.training, one.images.test) == ((3, 24, 24), 12, 9)
    assert run_name(one).startswith("bn-flowers-seed0-")
    elsewhere = shutil.copytree(flowers, tmp_path / "else/where/flowers")
    assert resolved(elsewhere) == one
    assert str(tmp_path) not in one.model_dump_json()
    assert make_config(one.model_dump(mode="json")) == one
    assert run_name(make_config(one.model_dump(mode="json"))) == run_name(one)


def test_another_run_where_a_pixel_a_label_a_name_or_the_order_is_another(flowers, tmp_path):
    names = {run_name(resolved(flowers))}

    def change(number, act):
        folder = shutil.copytree(flowers, tmp_path / str(number) / "flowers")
        act(folder)
        names.add(run_name(resolved(folder)))

    def pixel(folder):
        path = folder / "test" / CLASSES[0] / "000.png"
        pixels = np.array(Image.open(path))
        pixels[0, 0, 0] ^= 1
        Image.fromarray(pixels).save(path)

    def swap(folder):
        first, second = (folder / "train" / CLASSES[0] / f"00{n}.png" for n in (0, 1))
        first.rename(folder / "x"), second.rename(first), (folder / "x").rename(second)

    change(1, pixel)
    change(2, swap)
    change(3, lambda f: shutil.move(f / "train" / CLASSES[0] / "003.png", f / "train" / CLASSES[1] / "009.png"))
    change(4, lambda f: [(f / split / CLASSES[2]).rename(f / split / "ruby") for split in ("train", "test")])
    assert len(names) == 5


def test_a_folder_is_not_read_again_until_a_file_changes(flowers, monkeypatch):
    first = resolved(flowers)
    reads = []
    read = image_folder.read
    monkeypatch.setattr(image_folder, "read", lambda found: reads.append(found) or read(found))
    assert resolved(flowers) == first
    assert not reads
    path = flowers / "test" / CLASSES[0] / "000.png"
    os.utime(path, ns=(1, 1))
    assert resolved(flowers) == first
    assert len(reads) == 1
    shutil.copy(flowers / "test" / CLASSES[0] / "001.png", path)
    assert run_name(resolved(flowers)) != run_name(first)


def test_thousands_of_images_are_planned_quickly(tmp_path, data_folder):
    """2,000 files, planned again: their states are looked at, and no more."""
    folder = make_folder(tmp_path / "many", edge=8, train=500, test=167, noise=120)
    resolved(folder, skeleton="3x3")
    start = time.process_time()
    for _ in range(3):
        resolved(folder, skeleton="3x3")
    assert (time.process_time() - start) / 3 < 0.5


def test_runs_see_what_was_read_whatever_becomes_of_the_folder(flowers):
    config = resolved(flowers)
    shutil.rmtree(flowers)
    assert is_present(config.dataset)
    ensure(config.dataset)
    data = load(config.dataset)
    assert (data.train.images.dtype, data.train.images.shape) == (torch.uint8, (12, 3, 24, 24))
    pixels = data.train.images.double() / 255
    assert (data.mean, data.std) == pytest.approx((pixels.mean().item(), pixels.std().item()))
    held = load(config.dataset, "validation")
    assert (len(held.train), len(held.evaluation)) == (12 - config.images.validation, config.images.validation)
    assert set(held.train.index.tolist()) | set(held.evaluation.index.tolist()) == set(range(12))
    pixels = held.train.images.double() / 255
    assert (held.mean, held.std) == pytest.approx((pixels.mean().item(), pixels.std().item()))


def test_damaged_and_missing_ones_are_told_with_the_remedy(flowers, data_folder):
    config = resolved(flowers)
    stored = data_folder / "own" / f"{config.dataset}.npz"
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    with pytest.raises(DataError, match=r"\.npz: damaged; delete it, and `make report` reads the images again"):
        load(config.dataset)
    stored.unlink()
    assert not is_present(config.dataset)
    with pytest.raises(DataError, match=r"flowers@.* its images are not here .* reads them again"):
        ensure(config.dataset)
    assert resolved(flowers) == config
    load(config.dataset)


SOURCE = """
import numpy as np, torch
from sklearn.datasets import load_digits
print("reading")
def digits8():
    source = load_digits()
    images, labels = torch.tensor(source.images * 15).byte()[:, None], torch.tensor(source.target)
    return (images[::2], labels[::2]), (images[1::2], labels[1::2]), [f"number {n}" for n in range(10)]
"""


def test_a_function_in_a_file_beside_the_parameter_file(tmp_path, data_folder, capsys):
    (tmp_path / "mine.py").write_text(SOURCE)
    (tmp_path / "gn.yaml").write_text("dataset: mine.py:digits8\nskeleton: 3x3, 3x3\nnorm: gn\n")
    config = resolve(read_config(tmp_path / "gn.yaml"), "mnist")
    assert config.images.title == "digits8"
    assert config.images.classes[3] == "number 3"
    assert config.images.shape == (1, 8, 8)
    assert run_name(config).startswith("gn4-digits8-seed0-")
    assert capsys.readouterr().out == ""
    data = load(config.dataset)
    assert np.array_equal(data.evaluation.labels.numpy(), load_digits().target[1::2])


def test_a_function_of_a_package():
    assert function.found("normstudy.text:one_line")("a\nb") == "a b"
    assert beside({"dataset": "normstudy.text:one_line"}, Path("/x")) == {"dataset": "normstudy.text:one_line"}


def test_names_of_ours_stay_ours_whatever_lies_beside_the_file(tmp_path):
    (tmp_path / "digits").mkdir()
    (tmp_path / "gn.yaml").write_text("dataset: digits\n")
    assert read_config(tmp_path / "gn.yaml").dataset == "digits"
    assert beside({"dataset": "./digits"}, tmp_path) == {"dataset": f"{tmp_path}/digits/"}
    assert resolve_dataset("./flowers") == ("./flowers", "")


def test_what_is_known_of_images_cannot_be_written_by_hand(flowers):
    config = resolved(flowers)
    with pytest.raises(ParameterError, match=r"images: what is known of mnist, .*; delete this line"):
        make_config({"dataset": "mnist", "images": config.images.model_dump()})
    with pytest.raises(ParameterError, match=r"dataset = flowers@\w+: what a run calls them; name their folder"):
        make_config({"dataset": config.dataset})


@pytest.mark.parametrize("classes", [3, 10, 37])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_has_as_many_inputs_and_outputs_as_the_images(tmp_path, data_folder, channels, classes):
    folder = make_folder(
        tmp_path / "own", [f"c{n:02}" for n in range(classes)], 3, 1, edge=24, colour=channels == 3, noise=120
    )
    config = resolved(folder)
    net = make_net(config)
    initialise(net, generator(0, 0, "weights"))
    assert net(torch.zeros(2, *config.images.shape)).shape == (2, classes)


def test_a_few_repeated_images_are_taken_and_counted(tmp_path, data_folder):
    folder = make_folder(tmp_path / "own", ("a", "b"), train=40, test=60, edge=8, noise=120)
    shutil.copy(folder / "train/a/000.png", folder / "test/a/000.png")
    assert resolved(folder, skeleton="3x3").images.repeated == 1
    for number in (1, 2):
        shutil.copy(folder / f"train/a/00{number}.png", folder / f"test/a/00{number}.png")
    with pytest.raises(OwnImagesError, match="3 of 120 test images are training images as well"):
        read_own(f"{folder}/")


def test_hostile_names_of_classes_are_shown_as_text(tmp_path, data_folder):
    names = [text.replace("/", "∕").replace("\x00", "")[:60] for text in TEXTS.values()]
    folder = make_folder(tmp_path / "own", names, 3, 1, edge=8, noise=120)
    found = resolved(folder, skeleton="3x3").images.classes
    assert len(found) == len(names)
    assert all(name.isprintable() and 0 < len(name) <= 40 for name in found)


def test_equal_images_are_stored_once(flowers, tmp_path, data_folder):
    for number in range(3):
        resolved(shutil.copytree(flowers, tmp_path / str(number) / "flowers"))
    assert len(list((data_folder / "own").glob("*.npz"))) == 1
    assert not [path for path in (data_folder / "own").rglob(".*") if path.is_file()]
    assert store.facts_of("flowers@0000000000000000") is None
