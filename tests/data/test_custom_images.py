"""Custom images: how they are read, and what a run on them is called."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import ROOT
from hostile import TEXTS
from image_folders import CLASSES, make_folder
from PIL import Image
from sklearn.datasets import load_digits
from torchvision.datasets import ImageFolder

from normstudy.config import Config, ParameterError, make_config, read_config, resolve, run_name
from normstudy.data import image_folder
from normstudy.data.available import ensure, is_present, resolve_dataset
from normstudy.data.facts import with_absolute_dataset
from normstudy.data.loading import load
from normstudy.errors import DataError
from normstudy.networks import make_net
from normstudy.runs.studies import plan

CPU = {"device": "cpu", "precision": "fp32", "batch_size": 8}


@pytest.fixture
def flowers(tmp_path, data_folder) -> Path:
    return make_folder(tmp_path / "flowers", edge=24, train=4, test=3)


def resolved(dataset: str | Path, **parameters) -> Config:
    return resolve(make_config({**CPU, **parameters, "dataset": f"{dataset}/"}), "mnist")


def assert_read_as_by_torchvision(folder: Path) -> None:
    found = image_folder.listing(folder)
    ours, theirs = image_folder.read(found), ImageFolder(str(folder / "train"))
    assert list(found.names) == theirs.classes
    assert [(str(file.path), file.label) for file in found.train] == theirs.imgs
    assert np.array_equal(ours.train.images, np.stack([np.asarray(image).transpose(2, 0, 1) for image, _ in theirs]))
    assert np.array_equal(ours.train.labels, theirs.targets)


def picture(seed: int, edge: int = 24) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (edge, edge, 3), dtype=np.uint8))


def add_link_to_a_folder(folder: Path, place: str) -> None:
    """More images of a class elsewhere on the disk, linked as `place`."""
    elsewhere = folder.parent / f"elsewhere {place.partition('/')[0]}"
    (elsewhere / "deeper").mkdir(parents=True)
    for number, name in enumerate(("1.png", "deeper/2.jpg", "3.BMP")):
        picture(number + len(place)).save(elsewhere / name)
    (folder / place).symlink_to(elsewhere)


def link_a_class(folder: Path) -> None:
    add_link_to_a_folder(folder, "train/z")
    add_link_to_a_folder(folder, "test/z")


def link_a_split(folder: Path) -> None:
    (folder / "train").rename(folder.parent / "training")
    (folder / "train").symlink_to("../training")


def add_folders_below(folder: Path) -> None:
    (folder / "train/red square/a/b").mkdir(parents=True)
    picture(9).save(folder / "train/red square/a/b/B.PNG")


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: None,
        lambda folder: add_link_to_a_folder(folder, "train/red square/more"),
        link_a_class,
        link_a_split,
        lambda folder: (folder / "train/red square/link.png").symlink_to("000.png"),
        add_folders_below,
        lambda folder: (folder / "train/red square/notes.txt").write_text("not an image"),
        lambda folder: (folder / "train/.DS_Store").write_text("of a desktop"),
    ],
    ids=["plain", "linked folder", "linked class", "linked split", "linked file", "folders below", "a text", "litter"],
)
def test_a_folder_is_read_in_the_order_and_with_the_numbers_of_torchvision(flowers, change):
    change(flowers)
    assert_read_as_by_torchvision(flowers)


@pytest.mark.parametrize(
    "place",
    [
        "train/red square/.ipynb_checkpoints/000.png",
        "train/.ipynb_checkpoints/000.png",
        "test/red square/a/.cache/b/1.png",
        "train/red square/._000.png",
        "test/red square/labels.csv",
        "train/000.png",
        ".git/train/a.png",
        "val/a.png",
    ],
)
def test_what_is_hidden_or_no_image_is_skipped_and_named_in_a_line(flowers, capsys, place):
    before = resolved(flowers)
    assert capsys.readouterr().err == ""
    (flowers / place).parent.mkdir(parents=True, exist_ok=True)
    picture(5).save(flowers / place, format="PNG")
    assert [resolved(flowers, seed=seed).images for seed in (0, 1)] == [before.images] * 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{flowers}: skipped, as hidden or no image in a class: ")
    skipped = line.rpartition(": ")[2]
    assert place.startswith(skipped)
    assert Path(skipped).name.startswith(".") or skipped in ("val", place)


def test_of_much_that_is_skipped_some_is_named(flowers, capsys):
    for number in range(40):
        (flowers / f"train/red square/{number:02}.txt").write_text("x")
    resolved(flowers)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("train/red square/03.txt, train/red square/04.txt and 35 more")


@pytest.mark.parametrize("target", [".", "../..", "../../../elsewhere"])
def test_a_link_to_a_folder_above_it_is_refused(flowers, target):
    (flowers.parent / "elsewhere").mkdir()
    (flowers.parent / "elsewhere/back").symlink_to(flowers / "train/red square")
    (flowers / "train/red square/again").symlink_to(target)
    with pytest.raises(ParameterError, match=r"red square/again.*: a link to a folder above; remove it"):
        resolved(flowers)


def test_grey_among_colours_and_all_grey(tmp_path):
    grey = make_folder(tmp_path / "grey", edge=8, colour=False)
    assert image_folder.read(image_folder.listing(grey)).train.images.shape == (36, 1, 8, 8)
    Image.new("RGB", (8, 8), (255, 0, 0)).save(grey / "test" / CLASSES[0] / "red.png")
    mixed = image_folder.read(image_folder.listing(grey))
    assert mixed.train.images.shape == (36, 3, 8, 8)
    assert (mixed.train.images == mixed.train.images[:, :1]).all()


def test_a_run_is_called_by_the_contents_wherever_they_are(flowers, tmp_path, data_folder):
    one = resolved(flowers)
    facts = one.images
    assert (facts.title, facts.classes, facts.shape) == ("flowers", CLASSES, (3, 24, 24))
    assert (facts.training, facts.test, facts.validation) == (12, 9, 3)
    assert run_name(one) == "bn-flowers-seed0-8bd0eeaf"
    elsewhere = shutil.copytree(flowers, tmp_path / "else/where/flowers")
    assert resolved(elsewhere) == one
    assert len(list((data_folder / "own").glob("*.npz"))) == 1
    assert str(tmp_path) not in one.model_dump_json()
    assert make_config(one.model_dump(mode="json")) == one
    assert run_name(make_config(one.model_dump(mode="json"))) == run_name(one)


def test_another_run_where_a_pixel_a_label_a_name_or_the_order_is_another(flowers, tmp_path):
    def pixel(folder):
        path = folder / "test" / CLASSES[0] / "000.png"
        pixels = np.array(Image.open(path))
        pixels[0, 0, 0] ^= 1
        Image.fromarray(pixels).save(path)

    def swap(folder):
        first, second = (folder / "train" / CLASSES[0] / f"00{n}.png" for n in (0, 1))
        first.rename(folder / "x"), second.rename(first), (folder / "x").rename(second)

    def label(folder):
        shutil.move(folder / "train" / CLASSES[0] / "003.png", folder / "train" / CLASSES[1] / "009.png")

    def name(folder):
        for split in ("train", "test"):
            (folder / split / CLASSES[2]).rename(folder / split / "ruby")

    names = {run_name(resolved(flowers))}
    for act in (pixel, swap, label, name):
        folder = shutil.copytree(flowers, tmp_path / act.__name__ / "flowers")
        act(folder)
        names.add(run_name(resolved(folder)))
    assert len(names) == 5


def test_a_folder_is_not_decoded_again_until_a_file_changes(flowers, monkeypatch):
    first = resolved(flowers)
    reads = []
    read = image_folder.read
    monkeypatch.setattr(image_folder, "read", lambda found: reads.append(found) or read(found))
    assert resolved(flowers) == first
    assert not reads
    one, other = (flowers / "test" / CLASSES[0] / f"00{n}.png" for n in (0, 1))
    os.utime(one, ns=(1, 1))
    assert resolved(flowers) == first
    assert len(reads) == 1
    pixels = [np.asarray(Image.open(path)) for path in (one, other)]
    for path, content in zip((one, other), pixels[::-1], strict=True):  # of equal size, with equal times
        Image.fromarray(content).save(path.with_suffix(".bmp"))
        path.unlink()
        os.utime(path.with_suffix(".bmp"), ns=(1, 1))
    swapped = resolved(flowers)
    one, other = one.with_suffix(".bmp"), other.with_suffix(".bmp")
    (one.rename(flowers / "x"), other.rename(one), (flowers / "x").rename(other))
    assert len({run_name(each) for each in (first, swapped)}) == 2
    assert resolved(flowers) == first


def test_runs_see_what_was_read_whatever_becomes_of_the_folder(flowers):
    config = resolved(flowers)
    shutil.rmtree(flowers)
    assert is_present(config.dataset)
    ensure(config.dataset)
    data, held = load(config.dataset), load(config.dataset, "validation")
    assert (data.train.images.dtype, data.train.images.shape) == (torch.uint8, (12, 3, 24, 24))
    assert (len(held.train), len(held.evaluation)) == (9, 3)
    assert {*held.train.index.tolist(), *held.evaluation.index.tolist()} == set(range(12))
    for each in (data, held):
        pixels = each.train.images.double() / 255
        assert (each.mean, each.std) == pytest.approx((pixels.mean().item(), pixels.std().item()))


def test_damaged_and_missing_ones_are_reported_with_the_remedy(flowers, data_folder):
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
from __future__ import annotations
from dataclasses import dataclass
import torch
from sklearn.datasets import load_digits
from helper import LEVELS
print("reading")

@dataclass
class Source:
    held: object = None

def digits8():
    source = Source(load_digits()).held
    images, labels = torch.tensor(source.images * LEVELS).byte()[:, None], torch.tensor(source.target)
    return (images[::2], labels[::2]), (images[1::2], labels[1::2]), [f"number {n}" for n in range(10)]
"""


def test_a_function_in_a_file_next_to_the_parameter_file(tmp_path, data_folder, capsys):
    (tmp_path / "mine.py").write_text(SOURCE)
    (tmp_path / "helper.py").write_text("LEVELS = 15")
    (tmp_path / "gn.yaml").write_text("dataset: mine.py:digits8\nskeleton: 3x3, 3x3\nnorm: gn\n")
    config = resolve(read_config(tmp_path / "gn.yaml"), "mnist")
    assert (config.images.title, config.images.shape) == ("digits8", (1, 8, 8))
    assert config.images.classes[3] == "number 3"
    assert run_name(config).startswith("gn4-digits8-seed0-")
    assert capsys.readouterr().out == ""
    assert np.array_equal(load(config.dataset).evaluation.labels.numpy(), load_digits().target[1::2])
    assert not (tmp_path / "__pycache__").exists()


def test_published_names_stay_whatever_is_next_to_the_file(tmp_path):
    (tmp_path / "digits").mkdir()
    (tmp_path / "gn.yaml").write_text("dataset: digits\n")
    assert read_config(tmp_path / "gn.yaml").dataset == "digits"
    assert with_absolute_dataset({"dataset": "./digits"}, tmp_path) == {"dataset": f"{tmp_path}/digits/"}
    assert with_absolute_dataset({"dataset": "a.b:c"}, tmp_path) == {"dataset": "a.b:c"}
    assert resolve_dataset("./flowers") == ("./flowers", "")


def test_what_is_known_of_images_cannot_be_written_by_hand(flowers):
    config = resolved(flowers)
    with pytest.raises(ParameterError, match=r"images: what is known of mnist, .*; delete this line"):
        make_config({"dataset": "mnist", "images": config.images.model_dump()})
    with pytest.raises(ParameterError, match=r"dataset = flowers@\w+: what a run calls them; name their folder"):
        make_config({"dataset": config.dataset})


@pytest.mark.parametrize(
    ("edge", "fits"), [(8, "3x3, 3x3"), (5, "3x3 padded, 3x3 padded"), (2, "3x3 padded, 3x3 padded")]
)
@pytest.mark.parametrize("norm", ["gn", "in"])
def test_for_small_images_a_skeleton_is_named_that_fits(tmp_path, data_folder, edge, fits, norm):
    folder = make_folder(tmp_path / "shapes", edge=edge, noise=120)
    with pytest.raises(ParameterError) as refused:
        resolved(folder, norm=norm)
    assert f"nothing is left of images of {edge} x {edge} pixels (shapes); `skeleton: {fits}` would fit" in (
        str(refused.value)
    )
    net = make_net(resolved(folder, norm=norm, skeleton=fits))
    assert net(torch.zeros(2, 3, edge, edge)).shape == (2, 3)


def test_a_few_repeated_images_are_taken_and_counted(tmp_path, data_folder):
    folder = make_folder(tmp_path / "own", ("a", "b"), train=40, test=60, edge=8, noise=120)
    shutil.copy(folder / "train/a/000.png", folder / "test/a/000.png")
    assert resolved(folder, skeleton="3x3").images.repeated == 1
    for number in (1, 2):
        shutil.copy(folder / f"train/a/00{number}.png", folder / f"test/a/00{number}.png")
    with pytest.raises(ParameterError, match="3 of 120 test images are training images as well"):
        resolved(folder, skeleton="3x3")


def test_hostile_names_of_classes_are_shown_as_text(tmp_path, data_folder):
    names = [text.replace("/", "∕").replace("\x00", "")[:60] for text in TEXTS.values()]
    folder = make_folder(tmp_path / "own", names, 3, 1, edge=8, noise=120)
    found = resolved(folder, skeleton="3x3").images.classes
    assert len(found) == len(names)
    assert all(name.isprintable() and 0 < len(name) <= 40 for name in found)


def test_what_the_guide_says_works_as_it_is_written(tmp_path, data_folder):
    guide = (ROOT / "docs/own-images.md").read_text(encoding="utf-8")
    folders = set()
    for path, content in re.findall(r"```\w+\n# (\S+/\S+)\n(.*?)```", guide, re.DOTALL):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)
        folders |= {(tmp_path / path).parent} if path.endswith(".yaml") else set()
    assert set(re.findall(r"PARAMS=(\w+)", guide)) == {folder.name for folder in folders} == {"mine", "small"}
    make_folder(tmp_path / "mine/flowers", ("daisy", "rose", "tulip"), edge=28)
    for folder in folders:
        (run,) = plan(folder, "mnist")
        assert run.config.images.title in ("flowers", "small_digits")
