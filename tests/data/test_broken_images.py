"""Folders and functions that are no data set: one line with the place and the remedy, when the plan is made."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from pathlib import Path

import numpy as np
import pytest
from image_folders import make_folder
from PIL import Image

from normstudy.config import ParameterError
from normstudy.data import image_folder
from normstudy.runs.studies import plan
from normstudy.runs.study_file import read_study_file


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    return make_folder(tmp_path_factory.mktemp("sound") / "flowers", ("a", "b"), train=3, test=2, edge=12)


def save(path: Path, width: int = 12, height: int = 12, mode: str = "RGB") -> None:
    """A picture of noise."""
    channels = {"RGB": (3,), "RGBA": (4,)}.get(mode, ())
    noise = np.random.default_rng(0).integers(0, 256, (height, width, *channels))
    Image.fromarray(noise.astype({"I;16": np.uint16, "F": np.float32}.get(mode, np.uint8))).save(path)


def cut(path: Path, end: int, then: bytes = b"") -> None:
    path.write_bytes(path.read_bytes()[:end] + then)


def rename(folder: Path, name: str, other: str) -> None:
    for split in ("train", "test"):
        (folder / split / "a").rename(folder / split / name)
        (folder / split / "b").rename(folder / split / other)


def make_classes(folder: Path, count: int) -> None:
    for split in ("train", "test"):
        shutil.rmtree(folder / split)
        (folder / split).mkdir()
        for number in range(count):
            (folder / split / f"c{number:03}").mkdir()


def make_black(folder: Path) -> None:
    for path in folder.glob("train/*/*.png"):
        Image.new("L", (12, 12)).save(path)


FOLDERS = {
    "not there": (shutil.rmtree, r"flowers: no folder train in it; it needs train/<class>"),
    "a file in its place": (lambda f: (shutil.rmtree(f), f.write_text("x")), r"flowers: no folder train in it"),
    "no test": (lambda f: shutil.rmtree(f / "test"), r"no folder test in it; it needs train/<class>"),
    "no class": (lambda f: make_classes(f, 0), r"0 classes in train; 2 to 256 are needed"),
    "one class": (lambda f: make_classes(f, 1), r"1 classes in train; 2 to 256 are needed"),
    "too many classes": (lambda f: make_classes(f, 300), r"300 classes in train; 2 to 256"),
    "a class that test lacks": (lambda f: shutil.rmtree(f / "test/b"), r"the class b is not in both train and test"),
    "a class that train lacks": (lambda f: shutil.rmtree(f / "train/a"), r"the class a is not in both train and test"),
    "an empty class": (lambda f: [p.unlink() for p in (f / "test/b").iterdir()], r"test/b: no image in it; put some"),
    "one image of a class": (
        lambda f: [path.unlink() for path in sorted((f / "train/b").iterdir())[1:]],
        r"1 training images of class 1 \(b\); each class, numbered from 0, needs at least 2",
    ),
    "a text called an image": (lambda f: (f / "train/a/x.png").write_text("hello"), r"a/x\.png: no image that can be"),
    "zero bytes": (lambda f: (f / "train/a/x.png").write_bytes(b""), r"a/x\.png: no image that can be read"),
    "cut off": (lambda f: cut(f / "test/a/000.png", 60), r"a/000\.png: no image that can be read \(.*\); remove it"),
    "damaged": (lambda f: cut(f / "train/b/001.png", -60, bytes(60)), r"b/001\.png: no image that can be read"),
    "a link to nowhere": (lambda f: (f / "train/a/x.png").symlink_to("nowhere"), r"a/x\.png: cannot be read"),
    "another size": (lambda f: save(f / "test/a/x.png", 14, 14), r"x\.png: 14 x 14 pixels, where most .* 12 x 12"),
    "no square": (lambda f: save(f / "train/a/x.png", 12, 10), r"x\.png: 12 x 10 pixels; images must be square"),
    "too large": (lambda f: save(f / "train/a/x.png", 600, 600), r"x\.png: 600 x 600 pixels; .*crop or resize"),
    "transparent": (lambda f: save(f / "train/a/x.png", mode="RGBA"), r"x\.png: parts of it are transparent"),
    "16 bits": (lambda f: save(f / "train/a/x.png", mode="I;16"), r"x\.png: more than 8 bits per channel; save it"),
    "numbers with a point": (lambda f: save(f / "train/a/x.tiff", mode="F"), r"x\.tiff: more than 8 bits"),
    "a test image that is a training image": (
        lambda f: shutil.copy(f / "train/b/000.png", f / "test/a/x.png"),
        r"1 of 5 test images are training images as well, such as test/a/x\.png and train/b/000\.png; remove",
    ),
    "all black": (make_black, r"all pixels of all training images are equal"),
    "names that look alike": (lambda f: rename(f, "x" * 60 + "1", "x" * 60 + "2"), r"class names must differ"),
    "a name that shows nothing": (lambda f: rename(f, " \t", "b"), r"class names must differ .*: \(empty\), b"),
}

HEAD = """
import numpy as np
rng = np.random.default_rng(0)
def images(n, *shape): return rng.integers(0, 256, (n, *(shape or (3, 12, 12))), dtype=np.uint8)
x, y = images(8), np.arange(8) % 2
u, v = images(4), np.arange(4) % 2
def flowers():
"""
FUNCTIONS = {
    "returns nothing": ("pass", r"returned NoneType; it must return \(images, labels\) for training"),
    "returns one thing": ("return [(x, y)]", r"returned list; it must return"),
    "returns four things": ("return x, y, u, v", r"returned tuple; it must return"),
    "no pairs": ("return x, u", r"returned tuple; it must return"),
    "raises": ("raise ValueError('no files here')", r"flowers: line 7: ValueError: no files here$"),
    "raises of many lines": ("raise ValueError('a\\n\\x1b[31mb')", r"line 7: ValueError: a \[U\+001B\]\[31mb"),
    "raises deep inside": ("return np.zeros((2, 3)) @ np.zeros(7)", r"flowers: line 7: ValueError: "),
    "ends the program": ("raise SystemExit(3)", r"line 7: SystemExit: 3"),
    "an assertion": ("assert False", r"line 7: AssertionError$"),
    "a missing module": ("import no_such_module", r"line 7: ModuleNotFoundError: No module named 'no_such_module'"),
    "never ends": ("return flowers()", r"line 7: RecursionError: "),
    "fractions": ("return (x / 255, y), (u, v)", r"training images: float64, where bytes \(uint8\) from 0 to 255"),
    "fractions in test": ("return (x, y), (u / 255, v)", r"test images: float64, where bytes"),
    "no channels": ("return (x[:, 0], y), (u[:, 0], v)", r"\(8, 12, 12\), where .* images\[:, None\]"),
    "channels last": ("return (x.transpose(0, 2, 3, 1), y), (u, v)", r"1 or 3 channels; .* images\.transpose\(0"),
    "two channels": ("return (x[:, :2], y), (u, v)", r"shape \(8, 2, 12, 12\), where .* with 1 or 3 channels"),
    "no square": ("return (x[..., :8], y), (u, v)", r"8 x 12 pixels; images must be square"),
    "no images": ("return (x, y), (u[:0], v[:0])", r"test images: shape \(0, 3, 12, 12\), where"),
    "sizes that differ": (
        "return ([x[0], x[0, :, 1:]], [0, 1]), (u, v)",
        r"training images: no array; all images must have one size",
    ),
    "another size in test": ("return (x, y), (images(4, 3, 9, 9), v)", r"are \(3, 12, 12\), .* \(3, 9, 9\)"),
    "too few labels": ("return (x, y[:7]), (u, v)", r"labels: int64 of shape \(7,\), where \(8,\) whole numbers"),
    "one-hot labels": ("return (x, np.eye(2)[y]), (u, v)", r"labels: float64 of shape \(8, 2\), where"),
    "labels as texts": ("return (x, list('ababaaab')), (u, v)", r"training labels: <U1 of shape"),
    "labels below 0": ("return (x, y - 1), (u, v)", r"whole numbers are needed: 0 for the first class, at most 255"),
    "labels from 1 on": ("return (x, y + 1), (u, v + 1)", r"0 training images of class 0 \(0\); each class, numbered"),
    "a gap in the labels": ("return (x, y * 2), (u, v * 2)", r"0 training images of class 1 \(1\)"),
    "one class": ("return (x, y * 0), (u, v * 0)", r"1 classes with 1 names; 2 to 256 are needed"),
    "a class that test lacks": ("return (x, y), (u, v * 0)", r"0 test images of class 1 \(1\)"),
    "too few names": ("return (x, y), (u, v), ['a']", r"2 classes with 1 names"),
    "too many names": ("return (x, y), (u, v), ['a', 'b', 'c']", r"0 training images of class 2 \(c\)"),
    "names that are numbers": ("return (x, y), (u, v), [1, 2]", r"the class names must be a list of texts"),
    "names as one text": ("return (x, y), (u, v), 'ab'", r"the class names must be a list of texts"),
    "a name twice": ("return (x, y), (u, v), ['a', 'a']", r"class names must differ in what is shown of them: a, a"),
    "training images in test": ("return (x, y), (x[:4], y[:4])", r"4 of 4 test images .* such as image 0 and image 0"),
    "another each time": (
        "return (np.random.default_rng().integers(0, 256, x.shape).astype(np.uint8), y), (u, v)",
        r"returns other images each time; give its",
    ),
    "texts for images": ("return (['a'] * 8, y), (u, v)", r"training images: shape \(8,\), where"),
    "None for images": ("return (None, y), (u, v)", r"training images: shape \(\), where"),
}

NAMES = {
    "custom.py:rose": r"custom\.py:rose: no function rose there",
    "custom.py:x": r"custom\.py:x: no function x there",
    "custom.py:": r"must be `my_images\.py:function`, or `package\.module:function`",
    "custom.py:two words": r"must be `my_images\.py:function`",
    "other.py:flowers": r"other\.py: no such file; put it next to the parameter file",
    "no_such_package.data:flowers": r"ModuleNotFoundError: No module named 'no_such_package'",
    "json:loads": r"json:loads: TypeError: loads\(\) missing 1 required positional argument",
    "wrong.py:flowers": r"wrong\.py:flowers: line 2: IndentationError: ",
    "no/such/folder/": r"no/such/folder: no folder train in it",
}


def refusal(folder: Path, dataset: str, **parameters) -> str:
    """The one line with which the plan of a report refuses `dataset`."""
    lines = [f"{key}: {value}" for key, value in {"dataset": f'"{dataset}"', "batch_size": 4, **parameters}.items()]
    (folder / "custom.yaml").write_text("\n".join(lines) + "\n")
    with pytest.raises(ParameterError) as refused:
        plan(folder, "mnist")
    (line,) = str(refused.value).splitlines()
    assert line.isprintable()
    assert line.startswith(f"{folder / 'custom.yaml'}: ")
    return line


@pytest.mark.fault("custom images: broken folders", "one line with place and remedy, before any training")
@pytest.mark.parametrize("name", FOLDERS)
def test_a_broken_folder_is_reported_in_a_line(name, sound, tmp_path, data_folder):
    break_it, expected = FOLDERS[name]
    folder = shutil.copytree(sound, tmp_path / "flowers")
    break_it(folder)
    line = refusal(tmp_path, "flowers/")
    assert re.search(expected, line), line


@pytest.mark.fault("custom images: broken functions", "one line with place and remedy, before any training")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_broken_function_is_reported_in_a_line(name, tmp_path, data_folder):
    body, expected = FUNCTIONS[name]
    (tmp_path / "custom.py").write_text(HEAD.strip() + "\n" + textwrap.indent(body, "    ") + "\n")
    line = refusal(tmp_path, "custom.py:flowers")
    assert re.search(expected, line), line


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_nowhere_is_reported_in_a_line(name, tmp_path, data_folder):
    (tmp_path / "custom.py").write_text(HEAD.strip() + "\n    return 1\n")
    (tmp_path / "wrong.py").write_text("def flowers():\nreturn 1\n")
    line = refusal(tmp_path, name)
    assert re.search(NAMES[name], line), line


def test_an_interrupt_is_no_fault_of_the_function(tmp_path, data_folder):
    (tmp_path / "custom.py").write_text("def flowers():\n    raise KeyboardInterrupt")
    (tmp_path / "custom.yaml").write_text("dataset: custom.py:flowers")
    with pytest.raises(KeyboardInterrupt):
        plan(tmp_path, "mnist")


def test_a_folder_that_cannot_be_listed_is_not_passed_over(sound, monkeypatch):
    scandir = os.scandir

    def refusing(place):
        if str(place).endswith("train/b"):
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(image_folder.DataError, match=r"train/b: cannot be read \(Permission denied\)"):
        image_folder.listing(sound)


def test_what_does_not_fit_the_parameters_is_reported_with_the_folders_name(sound, tmp_path, data_folder):
    shutil.copytree(sound, tmp_path / "flowers")
    small = refusal(tmp_path, "flowers", skeleton="3x3", batch_size=7)
    assert small.endswith("must be at most 6, the number of training images (flowers, evaluate_on: test)")
    (tmp_path / "studies").mkdir()
    study = "common: {dataset: ../flowers, batch_size: 4, skeleton: '5x5/3, 9x9'}\nmodels: {gn: {norm: gn}}\n"
    (tmp_path / "studies/custom.yaml").write_text(study)
    with pytest.raises(ParameterError, match=r"custom\.yaml: gn: .*nothing is left of images of 12 x 12 pixels"):
        read_study_file(tmp_path / "studies/custom.yaml")
