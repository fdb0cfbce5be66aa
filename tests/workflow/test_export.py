"""`make export`: a folder with the network and its card, whole or not at all."""

import shutil
import subprocess

import onnxruntime
import pytest
from commands import ROOT, workflow
from folders import files_below

from normstudy.runs import manifest


@pytest.mark.slow
def test_the_network_lies_beside_its_card_and_may_be_made_again(whole, tmp_path):
    before = files_below(whole)
    for _ in range(2):
        command = ["make", "export", f"RUN={whole}", f"OUTPUT={tmp_path}/my exports"]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (0, "")
        assert "the same class as in torch for all 899 images" in result.stdout
    (folder,) = (tmp_path / "my exports").iterdir()
    assert folder.name == whole.name
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "SHA256SUMS", "model.onnx"]
    assert manifest.altered(folder) == ""
    assert onnxruntime.InferenceSession(folder / "model.onnx").get_inputs()[0].name == "images"
    assert files_below(whole) == before


@pytest.mark.fault("`make export` of no run, or where somebody's files lie", "one line, nothing written")
@pytest.mark.parametrize(
    ("files", "run", "why"),
    [
        ({}, [], "say which run, with RUN="),
        ({}, ["--run", "/nowhere"], "/nowhere: no run there; name results/"),
        ({"README.md": "mine"}, ["--run", "{whole}"], "holds no export of this project"),
        ({"SHA256SUMS": f"{'0' * 64}  model.onnx\n"}, ["--run", "{whole}"], "was changed since it was made"),
        ({"SHA256SUMS": "", "mine.txt": "x"}, ["--run", "{whole}"], "holds no export of this project"),
    ],
)
def test_what_cannot_be_is_reported_in_one_line(whole, tmp_path, files, run, why):
    place = tmp_path / whole.name
    if files:
        place.mkdir()
        for name, text in files.items():
            (place / name).write_text(text)
    before = files_below(tmp_path)
    result = workflow("export", *[each.format(whole=whole) for each in run], "--output", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert why in line
    assert files_below(tmp_path) == before


def test_a_damaged_run_is_not_exported(whole, tmp_path):
    copy = shutil.copytree(whole, tmp_path / "runs" / whole.name)
    (copy / "metrics.json").write_text("{}")
    result = workflow("export", "--run", copy, "--output", tmp_path / "exports")
    assert result.returncode == 1
    assert not (tmp_path / "exports").exists()
