"""Custom images from a folder to the page, in colour and by their names: what docs/own-images.md promises."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from commands import workflow, write_params
from image_folders import make_folder

import normstudy
from normstudy.data.loading import load
from normstudy.runs.folder import read_run
from normstudy.runs.verification import verify
from normstudy.using.model_card import card
from normstudy.using.onnx_file import checked, onnx_bytes

pytestmark = pytest.mark.slow

CLASSES = ("blue disc", "green **cross** $x$", "red <b>square")
QUICK = "dataset: garden & shed\nepochs: 1\nbatch_size: 16\ndevice: cpu\nprecision: fp32\n"


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A finished job of two models on a coloured folder: its first process, its folder, and its runs."""
    where = tmp_path_factory.mktemp("job")
    write_params(where / "params", bn=f"norm: bn\n{QUICK}", gn=f"norm: gn\n{QUICK}")
    images = make_folder(where / "params/garden & shed", CLASSES, train=14, test=7, edge=24, noise=150)
    (images / "train" / CLASSES[0]).rename(where / "elsewhere")
    (images / "train" / CLASSES[0]).symlink_to(where / "elsewhere")
    (images / "train" / CLASSES[1] / ".ipynb_checkpoints").mkdir()
    folders = ("--params", where / "params", "--runs", where / "runs", "--output", where / "report")
    process = workflow("report", *folders, "--renderer", "preview")
    assert process.returncode == 0, process.stdout + process.stderr
    again = workflow("report", *folders, "--only-train")
    assert (again.returncode, "2 trained already" in again.stdout) == (0, True), again.stdout + again.stderr
    return process, where, [read_run(path.parent) for path in sorted(where.glob("runs/*/metrics.json"))]


def test_the_page_names_images_and_classes(job):
    process, where, _ = job
    assert "2 models on garden & shed; 0 trained already" in process.stdout
    assert "/.ipynb_checkpoints\n" in process.stderr
    html = (where / "report/index.html").read_text(encoding="utf-8")
    page = BeautifulSoup(html, "html.parser")
    text = " ".join(page.get_text(" ").split())
    assert "42 to train on and 21 test images, with 24 × 24 pixels in colour, of 3 classes" in text
    assert "They are the user’s own" in text
    assert all(name in text for name in CLASSES)
    assert not page.find_all("b", string=re.compile("^square"))
    assert "UCI digits" not in text
    assert str(where) not in html


def test_runs_are_complete_in_colour_used_and_exported(job):
    _, where, runs = job
    for run in runs:
        verify(run)
        data = load(run.config.dataset)
        shown = data.evaluation.images[run.misclassified["index"]].permute(0, 2, 3, 1).numpy()
        assert np.array_equal(run.misclassified["images"], shown)
    classifier = normstudy.load(run.folder)
    answer = classifier.classify(where / "params/garden & shed/test" / CLASSES[0] / "000.png")
    assert answer.probability == pytest.approx(float(run.predictions["predicted_probability"][0]), abs=1e-5)
    assert answer.name == CLASSES[answer.label]
    assert answer.done == "24 x 24 pixels, taken as it is"
    check = checked(onnx_bytes(classifier), classifier, data.evaluation.images)
    assert check.images == 21
    text = card(classifier, check, "model.onnx")
    assert "uint8, (n, 3, 24, 24) with any n, red, green and blue" in text
    assert "The images are the user’s own" in text
