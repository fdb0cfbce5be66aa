"""What several test files share."""

import functools
import gzip
import hashlib
import os
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from disks import Disk
from matplotlib.figure import Figure
from nbformat.v4 import new_markdown_cell, new_notebook

from normstudy.config import Config
from normstudy.data.published import FILES, IDX, Published
from normstudy.paths import project_root

pytest_plugins = ["browsers", "fault_table", "preview_site", "slow_tests"]

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Shells ignore Ctrl-C in what they start in the background, and Python then does, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

QUICK = {"dataset": "digits", "device": "cpu", "precision": "fp32", "threads": 1, "epochs": 2, "batch_size": 100}
"""A run of half a second; 100 images do not divide the 898, so that its last batch is a partial one."""


@pytest.fixture(scope="session")
def trained():
    """A finished run of two epochs on digits: `config`, `data`, `run`."""
    from normstudy.data.loading import load
    from normstudy.training.loop import fit

    config = Config(norm="gn", l1=1e-5, seed=3, **QUICK)
    data = load("digits")
    return SimpleNamespace(config=config, data=data, run=fit(config, data))


@pytest.fixture(scope="session")
def run_folder(trained, tmp_path_factory) -> Path:
    """The published folder of `trained`, in a runs folder of its own. Copy it before changing it."""
    from normstudy.runs.folder import publish, save, stage

    runs = tmp_path_factory.mktemp("runs")
    staged = stage(trained.config, runs)
    save(trained.run, trained.data, staged)
    return publish(staged, runs)


@pytest.fixture(scope="session")
def whole(run_folder, tmp_path_factory) -> Path:
    """The folder of `trained` as the workflow leaves it: with pictures, notebook and checksums. Copy it, too."""
    from normstudy.runs import manifest

    folder = shutil.copytree(run_folder, tmp_path_factory.mktemp("whole") / run_folder.name)
    add_pictures(folder)
    manifest.write(folder)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """A function: the whole site that a renderer makes of `results/`, once for all workers. None may change it."""
    from readers import published_site

    place = tmp_path_factory.getbasetemp()
    place = (place if worker_id == "master" else place.parent) / "site"
    place.mkdir(exist_ok=True)
    return functools.partial(published_site, place)


def add_pictures(folder: Path) -> None:
    """What the notebook adds to a run folder, in short: pictures and itself."""
    from normstudy.report.core.style import png
    from normstudy.report.sections import mistakes, one_run
    from normstudy.runs.folder import read_run

    run = read_run(folder, check_name=False)
    (folder / "augmentation.png").write_bytes(png(lambda: Figure(figsize=(2, 2))))
    if not run.diverged:
        (folder / "misclassified.png").write_bytes(png(mistakes.misclassified(run)))
        (folder / "curves.png").write_bytes(png(lambda: one_run.curves(run)))
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A run")]), folder / "train.ipynb")


@pytest.fixture
def data_folder(monkeypatch, tmp_path) -> Path:
    """A folder, not made yet, in the place of the checkout's `data/`; no source named, and an empty cache."""
    folder = tmp_path / "data"
    monkeypatch.setattr("normstudy.data.storage.data_folder", lambda: folder)
    monkeypatch.delenv("NORMSTUDY_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def archives(tmp_path, monkeypatch, data_folder) -> Path:
    """A folder with archives like those of MNIST, of five images, whose sums are taken for MNIST's."""
    folder, sums = tmp_path / "archives", {}
    for number, name in enumerate(IDX):
        shape = (5, 28, 28) if "images" in name else (5,)
        write_idx(folder / name, shape, np.full(shape, number))
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(gzip.compress(content, mtime=0))
        sums[name] = tuple(hashlib.md5(each).hexdigest() for each in ((folder / name).read_bytes(), content))
    monkeypatch.setitem(FILES, "mnist", Published("MNIST/raw", (), sums))
    return folder


@pytest.fixture(scope="session")
def mnist_archives() -> Path:
    """A folder with MNIST's four .gz files; a test that asks for it is skipped where there is none."""
    named = os.environ.get("NORMSTUDY_DATA", "")
    for folder in [Path(named).expanduser()] * bool(named) + [project_root().parent / "shared/data/mnist"]:
        if all((folder / name).is_file() for name in IDX):
            return folder
    pytest.skip("MNIST's four .gz files are not here; NORMSTUDY_DATA=<their folder> runs this test")


@pytest.fixture
def disk(tmp_path):
    """A small disk, empty, of 64 MB."""
    disk = Disk(tmp_path / "disk", 64_000_000)
    yield disk
    disk.take_away()


def write_idx(path: Path, shape: tuple[int, ...], values: np.ndarray | None = None) -> None:
    """A file in MNIST's format; without `values` all zero, and then it takes no room on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
    with open(path, "wb") as file:
        file.write(header)
        if values is None:
            file.truncate(len(header) + int(np.prod(shape)))
        else:
            file.write(np.asarray(values, dtype=np.uint8).tobytes())
