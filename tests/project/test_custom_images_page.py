"""One's own images from a folder to the page, in colour and by their names: what docs/own-images.md promises."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from commands import ROOT, workflow, write_params
from image_folders import make_folder

import normstudy
from normstudy.data.loading import load
from normstudy.runs.folder import read_run
from normstudy.runs.verification import verify
from normstudy.using.card import card
from normstudy.using.onnx_file import checked, onnx_bytes

CLASSES = ("blue disc", "green **cross** $x$", "red <b>square")
QUICK = "dataset: garden & shed\nepochs: 1\nbatch_size: 16\ndevice: cpu\nprecision: fp32\n"


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A finished job of two models on a coloured folder: its process, its folder, and its runs."""
    where = tmp_path_factory.mktemp("job")
    write_params(where / "params", bn=f"norm: bn\n{QUICK}", gn=f"norm: gn\n{QUICK}")
    make_folder(where / "params/garden & shed", CLASSES, train=14, test=7, edge=24, noise=150)
    folders = ("--params", where / "params", "--runs", where / "runs", "--output", where / "report")
    process = workflow("report", *folders, "--renderer", "preview")
    assert process.returncode == 0, process.stdout + process.stderr
    return process, where, [read_run(path.parent) for path in sorted(where.glob("runs/*/metrics.json"))]


def test_the_page_speaks_of_the_images_by_their_names(job):
    process, where, _ = job
    assert "2 models on garden & shed; 0 trained already" in process.stdout
    html = (where / "report/index.html").read_text(encoding="utf-8")
    page = BeautifulSoup(html, "html.parser")
    text = " ".join(page.get_text(" ").split())
    assert "The data are garden & shed, 21 test images. The images have 24 × 24 pixels with three brightnesses" in text
    assert "of 3 classes: 42 to train on and 21 to test" in text
    assert all(name in text for name in CLASSES)
    assert not page.find_all("b", string=re.compile("^square"))
    for ours in ("In our own networks", "MNIST [", "UCI digits, as every", "the images are easy"):
        assert ours not in text
    assert str(where) not in html


def test_the_runs_are_whole_and_keep_colours(job):
    for run in job[2]:
        verify(run)
        assert run.misclassified["images"].shape[1:] == (24, 24, 3)
        data = load(run.config.dataset)
        index = run.misclassified["index"]
        assert np.array_equal(run.misclassified["images"], data.evaluation.images[index].permute(0, 2, 3, 1).numpy())


def test_a_second_job_trains_nothing(job):
    where = job[1]
    folders = ("--params", where / "params", "--runs", where / "runs", "--output", where / "report")
    again = workflow("report", *folders, "--renderer", "preview", "--only-train")
    assert (again.returncode, "2 trained already" in again.stdout) == (0, True), again.stdout + again.stderr


def test_the_network_is_loaded_used_and_exported(job):
    _, where, (run, *_) = job
    classifier = normstudy.load(run.folder)
    data = load(run.config.dataset)
    picture = where / "params/garden & shed/test" / CLASSES[0] / "000.png"
    answer = classifier.classify(picture)
    expected = run.predictions["predicted_probability"][0]
    assert answer.probability == pytest.approx(float(expected), abs=1e-5)
    assert answer.name == CLASSES[answer.label]
    assert answer.done == "24 x 24 pixels, taken as it is"
    check = checked(onnx_bytes(classifier), classifier, data.evaluation.images)
    assert check.images == 21
    told = card(classifier, check, "model.onnx")
    assert "uint8, (n, 3, 24, 24) with any n, red, green and blue" in told
    assert "The images are the user’s own" in told


def test_the_readme_leads_to_what_the_documentation_says():
    assert "(docs/own-images.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
