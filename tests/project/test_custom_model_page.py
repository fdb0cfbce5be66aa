"""The guide docs/own-model.md: its files are written, and its commands are called."""

import re
import shutil

import numpy as np
import pytest
import torch
import yaml
from bs4 import BeautifulSoup
from commands import NO_DATA, ROOT, workflow

import normstudy
from normstudy import model_code
from normstudy.config import make_config, read_config, resolve
from normstudy.errors import NormstudyError
from normstudy.runs.folder import read_run
from normstudy.runs.history_differences import differences
from normstudy.runs.reproduction import course, train_again
from normstudy.runs.study_file import read_study_file
from normstudy.runs.verification import verify
from normstudy.training.trial import try_out
from normstudy.using.onnx_file import checked, onnx_bytes

pytestmark = pytest.mark.slow

TUTORIAL = (ROOT / "docs/own-model.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TUTORIAL, re.DOTALL)
FILES = {found[1]: text for _, text in BLOCKS if (found := re.match(r"# (my/\S+)\n", text))}
COMMANDS = [line.split() for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The folder in which the tutorial's files were written, with fewer epochs, and its first command was called."""
    folder = tmp_path_factory.mktemp("tutorial")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = text.replace("epochs: 20", "epochs: 2").replace("seeds: 0 to 2", "seeds: [0]")
        (folder / name).write_text(text)
    make, target, *options = COMMANDS[0]
    assert (make, target) == ("make", "report")
    words = [
        word for option in options for word in (f"--{option.lower().partition('=')[0]}", folder / option.split("=")[1])
    ]
    done = workflow(target, *words, "--runs", folder / "runs", "--renderer", "preview", **NO_DATA)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def runs(followed):
    return [read_run(path.parent) for path in sorted(followed.glob("runs/*/metrics.json"))]


def test_the_page_speaks_of_the_network_by_its_name_and_leaves_out_what_is_ours(followed):
    html = (followed / "my_report/index.html").read_text(encoding="utf-8")
    page = " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())
    assert "small resnet BN" in page
    assert "small resnet GN" in page
    assert "my_models.py:small_resnet" in page
    assert re.search(r"3\.body\.0: Conv2d, 3 × 3, groups 16 16 × 14 × 14 7 × 7 144", page)
    assert "my_models.py, as it was trained: # my/my_models.py" in page
    assert "of requirements.lock make report PARAMS=my OUTPUT=my_report RENDERER=preview For" in page
    for ours in ("each followed by the normalization", "What larger studies found", "Muon against SGD"):
        assert ours not in page


def test_the_runs_are_complete_and_repeat(runs):
    assert [run.config.norm for run in runs] == ["bn", "gn"]
    for run in runs:
        verify(run)
        assert run.config.model == "my_models.py:small_resnet"
        assert (run.folder / "code-my_models.py").read_text() == FILES["my/my_models.py"]
    assert not list(differences(course(runs[0], 1), train_again(runs[0].config, 1)))


def test_the_folder_is_enough_to_load_the_network_elsewhere(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "nothing")
    monkeypatch.setattr(model_code, "_SEEN", {})
    monkeypatch.chdir(tmp_path)
    folder = shutil.copytree(runs[0].folder, tmp_path / runs[0].name)
    classifier = normstudy.load(folder)
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    assert classifier.probabilities(images).sum(axis=1) == pytest.approx(1)
    assert checked(onnx_bytes(classifier), classifier, torch.from_numpy(images)[:, None]).images == 5
    code = folder / "code-my_models.py"
    code.write_text(code.read_text().replace("Block(32, norm)", "nn.Identity()"))
    with pytest.raises(NormstudyError, match="checksum differs"):
        normstudy.load(folder)
    monkeypatch.setattr(model_code, "_SEEN", {})
    with pytest.raises(
        NormstudyError, match=r"its code .* is not kept in nothing/, and its file is not here either; name the run"
    ):
        train_again(runs[0].config, 1)


def test_the_study_is_one_file(followed):
    target, study = COMMANDS[1][1], COMMANDS[1][2].partition("=")
    assert (target, study[0]) == ("study", "STUDY")
    found = read_study_file(followed / study[2])
    assert len(found.runs) == 15  # of one seed
    assert len(yaml.safe_load(FILES[study[2]])["common"]["max_lr"]) * 3 * 3 == 45
    assert "the 45 runs" in TUTORIAL
    for run in found.runs[:11:5]:
        assert try_out(run.config).problem == ""


def test_the_message_on_a_broken_network_is_that_of_the_guide(tmp_path):
    message = next(text for kind, text in BLOCKS if kind == "text")
    slip = re.search(r"`(nn\.Conv2d\(8, 32, )…`", TUTORIAL)
    source = FILES["my/my_models.py"]
    for name in ("bn.yaml", "my_models.py"):
        text = FILES[f"my/{name}"].replace("nn.Conv2d(16, 32, ", slip[1])
        (tmp_path / name).write_text(text.replace("seeds: 0 to 2\n", "device: cpu\n"))
    assert (tmp_path / "my_models.py").read_text() != source
    problem = try_out(resolve(read_config(tmp_path / "bn.yaml"), "digits")).problem
    assert " ".join(message.split()) == f"error: my/bn.yaml: {problem}"


def test_a_change_of_the_code_makes_another_run_and_comments_do_not(runs, tmp_path):
    source = FILES["my/my_models.py"]
    path = tmp_path / "my_models.py"
    prints = []
    for text in (source, f"# A comment.\n{source}".replace("x + f(x)", "x"), source.replace("padding=1", "padding=2")):
        path.write_text(text)
        prints.append(model_code.find("my_models.py:small_resnet", [tmp_path]).fingerprint)
    assert prints[0] == prints[1] == runs[0].config.code
    assert prints[2] != prints[0]
    config = runs[0].config.model_dump()
    assert make_config({**config, "model": "", "code": prints[2]}).code == ""
