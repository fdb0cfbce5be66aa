"""Folders and functions that are no data set: each is told in one line with the place and the remedy, at the plan."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import numpy as np
import pytest
from own_images import make_folder
from PIL import Image

from normstudy.config import ParameterError
from normstudy.runs.studies import plan
from normstudy.runs.study_file import read_study_file


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    return make_folder(tmp_path_factory.mktemp("sound") / "flowers", ("a", "b"), train=3, test=2, edge=12)


def image(edge: int = 12, mode: str = "RGB", height: int | None = None, seed: int = 0) -> Image.Image:
    """A picture of noise."""
    channels = {"RGB": (3,), "RGBA": (4,)}.get(mode, ())
    chance = np.random.default_rng(seed)
    return Image.fromarray(chance.integers(0, 256, (height or edge, edge, *channels), dtype=np.uint8))


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def saved(path: Path, picture: Image.Image, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


def copied(folder: Path, source: str, target: str) -> None:
    shutil.copy(folder / source, folder / target)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def one_class(folder: Path) -> None:
    for split in ("train", "test"):
        shutil.rmtree(folder / split / "b")


def many(folder: Path) -> None:
    for number in range(300):
        for split in ("train", "test"):
            (folder / split / f"c{number:03}").mkdir()


def renamed(folder: Path, name: str, other: str = "") -> None:
    for split in ("train", "test"):
        (folder / split / "a").rename(folder / split / name)
        if other:
            (folder / split / "b").rename(folder / split / other)


def all_black(folder: Path) -> None:
    for path in folder.glob("train/*/*.png"):
        Image.new("L", (12, 12)).save(path)


FOLDERS = {
    "not there": (shutil.rmtree, r"flowers: not there; it needs train/<class>"),
    "a file in its place": (
        lambda f: (shutil.rmtree(f), f.write_text("x")),
        r"flowers: no folder; it needs train/<class>",
    ),
    "no train": (lambda f: shutil.rmtree(f / "train"), r"no folder train in it; it needs"),
    "no test": (lambda f: shutil.rmtree(f / "test"), r"no folder test in it; it needs"),
    "train is a file": (
        lambda f: (shutil.rmtree(f / "train"), put(f / "train", b"x")),
        r"no folder train in it; it needs",
    ),
    "no classes": (
        lambda f: (shutil.rmtree(f / "train"), (f / "train").mkdir()),
        r"has the class a, which train lacks",
    ),
    "one class": (one_class, r"1 classes in train; 2 to 256 can be told apart"),
    "too many classes": (many, r"302 classes in train; 2 to 256"),
    "a class that test lacks": (lambda f: shutil.rmtree(f / "test/b"), r"train has the class b, which test lacks"),
    "a class that train lacks": (lambda f: shutil.rmtree(f / "train/a"), r"test has the class a, which train lacks"),
    "an empty class": (
        lambda f: [path.unlink() for path in (f / "train/a").iterdir()],
        r"train/a: no image in it; put some there, or remove the class",
    ),
    "an empty class in test": (
        lambda f: [path.unlink() for path in (f / "test/b").iterdir()],
        r"test/b: no image in it",
    ),
    "one image of a class": (
        lambda f: [path.unlink() for path in sorted((f / "train/b").iterdir())[1:]],
        r"one training image of class 1 \(b\); each, numbered from 0, needs at least 2",
    ),
    "a file beside classes": (lambda f: put(f / "train/x.png", b"x"), r"train/x\.png: a file beside the folders"),
    "a text among images": (
        lambda f: put(f / "train/a/notes.txt", b"hello"),
        r"notes\.txt: no image of a kind that is",
    ),
    "a table among images": (lambda f: put(f / "test/b/labels.csv", b"a,b\n"), r"labels\.csv: no image of a kind"),
    "a web page": (lambda f: put(f / "train/a/x.png", b"<html></html>"), r"a/x\.png: no image of a kind"),
    "a program": (lambda f: put(f / "train/a/x.png", b"\x7fELF" + bytes(99)), r"a/x\.png: no image of a kind"),
    "a drawing in SVG": (lambda f: put(f / "train/a/x.svg", b"<svg/>"), r"a/x\.svg: no image of a kind"),
    "zero bytes": (lambda f: put(f / "train/a/x.png", b""), r"a/x\.png: empty \(0 bytes\); remove it"),
    "cut off": (lambda f: cut(f / "test/a/000.png"), r"a/000\.png: an image that cannot be read"),
    "damaged": (
        lambda f: (f / "train/b/001.png").write_bytes((f / "train/b/001.png").read_bytes()[:-60] + bytes(60)),
        r"b/001\.png: an image that cannot be read",
    ),
    "a link to nowhere": (lambda f: (f / "train/a/x.png").symlink_to("nowhere"), r"a/x\.png: cannot be read"),
    "a class that is a link to nowhere": (lambda f: (f / "train/c").symlink_to("nowhere"), r"c: a file beside"),
    "another size": (
        lambda f: saved(f / "train/a/x.png", image(14)),
        r"x\.png: 14 x 14 pixels, where most .* 12 x 12",
    ),
    "another size in test": (lambda f: saved(f / "test/b/x.png", image(10)), r"x\.png: 10 x 10 pixels, where most"),
    "no square": (
        lambda f: saved(f / "train/a/x.png", image(12, height=10)),
        r"x\.png: 12 x 10 pixels; images must",
    ),
    "too large": (lambda f: saved(f / "train/a/x.png", image(600)), r"x\.png: 600 x 600 pixels, .*; make them smaller"),
    "a bomb": (
        lambda f: saved(f / "train/a/x.png", Image.new("1", (30_000, 30_000))),
        r"x\.png: far too many pixels; make it smaller",
    ),
    "transparent": (lambda f: saved(f / "train/a/x.png", image(mode="RGBA")), r"x\.png: parts of it are transparent"),
    "16 bits": (
        lambda f: saved(f / "train/a/x.png", Image.fromarray(np.full((12, 12), 999, np.uint16))),
        r"x\.png: more than 8 bits per channel; save it with 8",
    ),
    "numbers with a point": (
        lambda f: saved(f / "train/a/x.tiff", Image.fromarray(np.ones((12, 12), np.float32))),
        r"x\.tiff: more than 8 bits",
    ),
    "animated": (
        lambda f: saved(f / "train/a/x.gif", image(), save_all=True, append_images=[image(seed=1)]),
        r"x\.gif: 2 images in one file",
    ),
    "a test image that is a training image": (
        lambda f: copied(f, "train/a/000.png", "test/a/x.png"),
        r"1 of 5 test images are training images as well, such as test/a/x\.png and train/a/000\.png; remove",
    ),
    "the same under another class": (
        lambda f: copied(f, "train/b/000.png", "test/a/x.png"),
        r"such as test/a/x\.png and train/b/000\.png",
    ),
    "all black": (all_black, r"(all pixels of all training images are|nothing to learn)"),
    "names that look alike": (
        lambda f: renamed(f, "x" * 60 + "1", "x" * 60 + "2"),
        r"two classes are called xxx",
    ),
    "a name that shows nothing": (lambda f: renamed(f, " \t"), r"class 0 has a name that shows nothing"),
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
    "returns nothing": ("pass", r"returned nothing; it must return \(images, labels\) for training"),
    "returns a number": ("return 3", r"returned int; it must return"),
    "returns one thing": ("return [(x, y)]", r"returned list of 1; it must"),
    "returns four things": ("return x, y, u, v", r"returned tuple of 4; it must"),
    "no pairs": ("return x, u", r"a part of what it returned is no pair"),
    "three in a part": ("return (x, y, y), (u, v)", r"no pair \(images, labels\)"),
    "raises": ("raise ValueError('no files here')", r"flowers: line 7: ValueError: no files here; mend it there"),
    "raises of many lines": ("raise ValueError('a\\n\\x1b[31mb')", r"line 7: ValueError: a \[U\+001B\]\[31mb; mend"),
    "raises deep inside": ("return np.zeros((2, 3)) @ np.zeros(7)", r"flowers: line 7: ValueError: "),
    "ends the program": ("raise SystemExit(3)", r"line 7: it ends the program \(sys\.exit\)"),
    "an assertion": ("assert False", r"line 7: AssertionError; mend it there"),
    "a missing file": ("open('nothing.npy')", r"line 7: FileNotFoundError: .*nothing\.npy"),
    "a missing module": ("import no_such_module", r"line 7: ModuleNotFoundError: No module named 'no_such_module'"),
    "fractions": ("return (x / 255, y), (u, v)", r"training images: float64, where bytes \(uint8\) from 0 to 255"),
    "fractions in test": ("return (x, y), (u / 255, v)", r"test images: float64, where bytes"),
    "int64": ("return (x.astype(int), y), (u, v)", r"training images: int64, where bytes"),
    "signed": ("return (x.astype('int8'), y), (u, v)", r"training images: int8, where bytes"),
    "booleans": ("return (x > 9, y), (u, v)", r"training images: bool, where bytes"),
    "no channels": (
        "return (x[:, 0], y), (u[:, 0], v)",
        r"\(8, 12, 12\), where .* images\[:, None\]",
    ),
    "channels last": (
        "return (x.transpose(0, 2, 3, 1), y), (u, v)",
        r"12 channels, .* images\.transpose\(0",
    ),
    "two channels": ("return (x[:, :2], y), (u, v)", r"2 channels, where 1 \(grey\) or 3"),
    "flat": ("return (x.reshape(8, -1), y), (u, v)", r"\(8, 432\), where \(n, channels, height, width\) is needed"),
    "no square": ("return (x[..., :8], y), (u, v)", r"8 x 12 pixels; images must be square"),
    "no pixels": ("return (x[..., :0, :0], y), (u, v)", r"0 x 0 pixels, where an edge of 1 to 512"),
    "too large": ("return (images(2, 1, 600, 600), y[:2]), (u, v)", r"600 x 600 pixels, .* make them smaller"),
    "no images": ("return (x[:0], y[:0]), (u, v)", r"training images: there are none"),
    "no test images": ("return (x, y), (u[:0], v[:0])", r"test images: there are none"),
    "sizes that differ": (
        "return ([images(1, 3, 9, 9)[0], x[0]], [0, 1]), (u, v)",
        r"training images: .*(no array|one size|an array of numpy)",
    ),
    "test of another size": (
        "return (x, y), (images(4, 3, 9, 9), v)",
        r"are \(3, 12, 12\) and \(3, 9, 9\)",
    ),
    "test of other colours": ("return (x, y), (u[:, :1], v)", r"are \(3, 12, 12\) and \(1, 12, 12\)"),
    "too few labels": ("return (x, y[:7]), (u, v)", r"training labels: of the shape \(7,\), where \(8,\) is needed"),
    "labels in columns": ("return (x, y[:, None]), (u, v)", r"training labels: of the shape \(8, 1\)"),
    "one-hot labels": ("return (x, np.eye(2)[y]), (u, v)", r"training labels: float64, where whole numbers"),
    "labels with a point": ("return (x, y / 1), (u, v)", r"training labels: float64, where whole .* astype\(int\)"),
    "labels as texts": ("return (x, list('ababaaab')), (u, v)", r"training labels: <U1, where whole numbers"),
    "labels below 0": ("return (x, y - 1), (u, v)", r"training labels: -1 is below 0; number the classes 0, 1, 2"),
    "labels from 1 on": (
        "return (x, y + 1), (u, v + 1)",
        r"no training images of class 0 \(0\); each",
    ),
    "a gap in the labels": ("return (x, y * 2), (u, v * 2)", r"no training images of class 1 \(1\)"),
    "huge labels": ("return (x, y * 10**9), (u, v)", r"1000000000, where at most 256 classes"),
    "one class": ("return (x, y * 0), (u, v * 0)", r"all images are of one class; at least two are needed"),
    "a class that test lacks": ("return (x, y), (u, v * 0)", r"no test images of class 1 \(1\)"),
    "a class that train lacks": ("return (x, y), (u, v * 2)", r"no training images of class 2 \(2\)"),
    "a class of one": ("return (x, np.array([1] + [0] * 7)), (u, v)", r"one training image of class 1"),
    "too few names": ("return (x, y), (u, v), ['a']", r"(training images of class 1, but the names|at least two)"),
    "too many names": ("return (x, y), (u, v), ['a', 'b', 'c']", r"no training images of class 2 \(c\)"),
    "names that are numbers": ("return (x, y), (u, v), [1, 2]", r"the names of the classes are no list of texts"),
    "names as one text": ("return (x, y), (u, v), 'ab'", r"the names of the classes are no list of texts"),
    "names by number": ("return (x, y), (u, v), {0: 'a', 1: 'b'}", r"the names of the classes are no list of texts"),
    "a name twice": ("return (x, y), (u, v), ['a', 'a']", r"two classes are called a"),
    "an empty name": ("return (x, y), (u, v), ['a', '']", r"class 1 has a name that shows nothing"),
    "test images from training": (
        "return (x, y), (x[:4], y[:4])",
        r"4 of 4 test images are training images as well, such",
    ),
    "all alike": ("return (x * 0, y), (u, v)", r"all pixels of all training images are 0: nothing to learn"),
    "another each time": (
        "return (np.random.default_rng().integers(0, 256, x.shape).astype(np.uint8), y), (u, v)",
        r"returns other images each time; give its",
    ),
    "texts for images": ("return (['a'] * 8, y), (u, v)", r"training images: of the shape \(8,\), where"),
    "objects": ("return (object(), y), (u, v)", r"training images: object, where an array of numpy or torch"),
    "None for images": ("return (None, y), (u, v)", r"training images: NoneType, where an array"),
    "None for a part": ("return None, (u, v)", r"a part of what it returned is no pair"),
    "never ends recursion": ("return flowers()", r"line 7: RecursionError: "),
}

NAMES = {
    "own.py:rose": r"own\.py:rose: no function of that name; it has images, flowers",
    "own.py:x": r"own\.py:x: x is no function",
    "own.py:": r"must be `my_images\.py:function`",
    "own.py:two words": r"must be `my_images\.py:function`",
    "other.py:flowers": r"other\.py: not there; put the file beside the parameter file",
    "no_such_package.data:flowers": r"no module no_such_package can be imported; name a file",
    "json:flowers": r"json:flowers: no function of that name; it has ",
    "json:loads": r"json:loads: it cannot be called without arguments",
    "wrong.py:flowers": r"wrong\.py:flowers: line 2: IndentationError: ",
    "binary.py:flowers": r"binary\.py:flowers: .*(SyntaxError|UnicodeDecodeError|null bytes)",
    "no/such/folder/": r"no/such/folder: not there; it needs train/<class>",
    "no/such/own.py:flowers": r"no/such/own\.py: not there",
}


def refusal(folder: Path, dataset: str, **parameters) -> str:
    """The one line with which the plan of a report and that of a study refuse `dataset`."""
    lines = [f"{key}: {value}" for key, value in {"dataset": f'"{dataset}"', "batch_size": 4, **parameters}.items()]
    (folder / "own.yaml").write_text("\n".join(lines) + "\n")
    with pytest.raises(ParameterError) as refused:
        plan(folder, "mnist")
    (line,) = str(refused.value).splitlines()
    assert line.isprintable()
    assert line.startswith(f"{folder / 'own.yaml'}: ")
    (folder / "studies").mkdir(exist_ok=True)
    (folder / "studies/own.yaml").write_text(f'common: {{dataset: "../{dataset}"}}\nmodels: {{gn: {{norm: gn}}}}\n')
    return line


@pytest.mark.fault("own images: broken folders", "one line with place and remedy, before a batch", tried=len(FOLDERS))
@pytest.mark.parametrize("name", FOLDERS)
def test_a_broken_folder_is_told_in_a_line(name, sound, tmp_path, data_folder):
    break_it, told = FOLDERS[name]
    folder = shutil.copytree(sound, tmp_path / "flowers")
    break_it(folder)
    pattern(told, refusal(tmp_path, "flowers/"))


@pytest.mark.fault("own images: broken functions", "one line with place and remedy, before", tried=len(FUNCTIONS))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_broken_function_is_told_in_a_line(name, tmp_path, data_folder, capfd):
    body, told = FUNCTIONS[name]
    (tmp_path / "own.py").write_text(HEAD.strip() + "\n" + textwrap.indent(body, "    ") + "\n")
    pattern(told, refusal(tmp_path, "own.py:flowers"))
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_nowhere_is_told_in_a_line(name, tmp_path, data_folder):
    (tmp_path / "own.py").write_text(HEAD.strip() + "\n    return 1\n")
    (tmp_path / "wrong.py").write_text("def flowers():\nreturn 1\n")
    (tmp_path / "binary.py").write_bytes(bytes(range(256)))
    pattern(NAMES[name], refusal(tmp_path, name))


def test_what_does_not_fit_the_parameters_is_told_with_the_folders_name(sound, tmp_path, data_folder):
    shutil.copytree(sound, tmp_path / "flowers")
    small = refusal(tmp_path, "flowers", skeleton="3x3", batch_size=7)
    assert small.endswith(
        "batch_size = 7: must be at most 6, the number of training images (flowers, evaluate_on: test)"
    )
    deep = refusal(tmp_path, "flowers", skeleton="5x5/3, 9x9")
    assert deep.endswith("nothing is left of images of 12 x 12 pixels (flowers)")
    with pytest.raises(ParameterError, match=r"own\.yaml: gn: .*nothing is left of|own\.yaml: gn: batch_size"):
        read_study_file(tmp_path / "studies/own.yaml")


def pattern(told: str, line: str) -> None:
    assert re.search(told, line), line
