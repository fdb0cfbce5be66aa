# ruff: noqa: E501 - tables of files and messages
"""The code of a custom network: where its file is searched, what belongs to it, and its fingerprint."""

from pathlib import Path

import pytest

from normstudy import model_code
from normstudy.config import Config, ParameterError, make_config, read_config, resolve, run_name
from normstudy.model_code import ModelCodeError, find, keep, kept
from normstudy.runs.parameter_file import read_parameter_file
from normstudy.runs.study_file import read_study_file

NET = "def net(norm, shape, classes): ...\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "kept")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NET)
    return tmp_path


def refusal(text: str, folder: Path) -> str:
    """The one line with which a parameter file of that text is refused."""
    (folder / "own.yaml").write_text(text)
    with pytest.raises(ParameterError) as caught:
        read_parameter_file(folder / "own.yaml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{folder}/own.yaml: ")
    assert line.isprintable()
    return line.removeprefix(f"{folder}/own.yaml: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: nests.py:net", "model = nests.py:net: no file nests.py in {}/; did you mean `nets.py`?"),
        ("model: other.py:net", "model = other.py:net: no file other.py in {}/; put it next to the parameter file, and name it from there"),
        ("model: no.such:net", "model = no.such:net: no module no.such in {}/ nor installed; put it there, or install it"),
        ("model: random.py:net", "`random` is a module of Python or of this project's libraries; give yours another name"),
        ("model: torch.nn:Linear", "`torch` is a module of Python or of this project's libraries"),
        *[
            (f"model: {text}", "must be such as `my_models.py:my_net` or `package.module:my_net`, or empty")
            for text in ("nets.py", "nets", "'nets.py:'", "':net'", "nets.py:my net", "my-nets.py:net", "nets.py:nét", "a" * 200)
        ],
        ("model: 3", "model = 3: must be a line of text"),
        ("model: nets.py:net\ncode: 0123456789abcdef", "code: is filled in by itself; delete this line"),
        ("model: nets.py:net\nchannels: 32", "channels = 32: means nothing with model = nets.py:net; delete this line"),
        ("model: nets.py:net\nskeleton: 3x3", "skeleton = 3x3: means nothing with model = nets.py:net"),
        ("model: nets.py:net\nepochs: 0", "epochs = 0: must be at least 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(text, expected, here):
    assert expected.format(here) in refusal(text, here)


def test_a_file_that_cannot_be_read_is_named(here):
    (here / "folder.py").mkdir()
    assert "no file folder.py" in refusal("model: folder.py:net", here)
    (here / "big.py").write_text(NET + "#" * 1_000_001)
    assert "big.py, line 1: it imports more than 50 local modules or 1,000,000 characters" in refusal(
        "model: big.py:net", here
    )
    (here / "nets.py").write_text("def net(:\n")
    assert "model = nets.py:net: nets.py, line 1: SyntaxError" in refusal("model: nets.py:net", here)


def test_the_run_does_not_know_where_the_checkout_lies(here, monkeypatch):
    (here / "deep/er").mkdir(parents=True)
    (here / "deep/er/nets.py").write_text(NET)
    (here / "own.yaml").write_text(
        f"model: {here}/deep/er/nets.py:net\ndataset: digits\ndevice: cpu\nprecision: fp32\n"
    )
    config = read_config(here / "own.yaml")
    assert config.model == "nets.py:net"
    assert config == resolve(Config(model="nets.py:net", dataset="digits", device="cpu", precision="fp32"), "digits")
    (here / "nets.py").write_text(f"# a comment\n{NET}")
    assert resolve(Config(model="nets.py:net", dataset="digits"), "digits").code == config.code
    (here / "nets.py").write_text(NET.replace("...", "pass"))
    other = resolve(Config(model="nets.py:net", dataset="digits"), "digits")
    assert other.code != config.code
    assert run_name(other) != run_name(resolve(config, "digits"))
    # What was planned is kept as it was.
    assert kept("nets.py:net", config.code).modules["nets"] == f"# a comment\n{NET}"
    (here / "kept" / config.code / "code-nets.py").unlink()
    monkeypatch.setattr(model_code, "_SEEN", {})
    with pytest.raises(ModelCodeError, match="the file there now is another; name the run folder"):
        kept("nets.py:net", config.code)


def test_local_modules_belong_to_it_wherever_they_are_imported(here):
    for name, text in {
        "package/__init__.py": "",
        "package/net.py": "import torch, random\nfrom . import near\nfrom .sub.far import f\ndef net(n, s, c):\n    import late\n",
        "package/near.py": "from package.sub import near_too as other",
        "package/sub/far.py": "def f(): ...",
        "package/sub/near_too.py": "from .. import near",
        "package/not_imported.py": "",
        "late.py": "import nets",
        "random.py": "",
    }.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text)
    code = find("package.net:net", [here])
    parts = ["__init__", "near", "net", "sub.__init__", "sub.far", "sub.near_too"]
    assert list(code.modules) == ["late", "nets", *[f"package.{part}" for part in parts]]
    assert (code.main, code.line) == ("package.net", 4)
    keep(code, here / "copy")
    assert model_code.in_folder("package.net:net", here / "copy") == code
    (here / "package/sub/far.py").write_text("def f(): return 1")
    assert find("package.net:net", [here]).fingerprint != code.fingerprint


def test_the_same_code_keeps_its_fingerprint(here):
    """Names of runs are made of it."""
    (here / "nets.py").write_text("from parts import a\n\n\ndef net(norm, shape, classes):\n    return a(norm)\n")
    (here / "parts").mkdir()
    (here / "parts/__init__.py").write_text("from . import b as a\n")
    (here / "parts/b.py").write_text('"""B."""\nx = lambda n: f"{n!r:>3}"\n')
    assert find("nets.py:net", [here]).fingerprint == "d1a96f63c5bd6641"


def test_an_installed_package_brings_its_own_modules_alone():
    code = find("filelock:FileLock", [])
    assert all(name.partition(".")[0] == "filelock" for name in code.modules)


def test_runs_of_our_network_have_no_code():
    assert Config(code="0" * 16).code == ""
    values = Config(dataset="digits", device="cpu", precision="fp32").model_dump()
    older = {name: value for name, value in values.items() if name not in ("model", "code")}
    assert run_name(make_config(older)) == run_name(make_config(values))
    with pytest.raises(ParameterError, match="`resolve` finds the code of its model"):
        run_name(Config(model="nets.py:net", dataset="digits", device="cpu", precision="fp32"))
    assert Config(model="nets.py:net", norm="gn", groups=3).groups == 3  # of whatever channels it has


def test_a_study_finds_it_next_to_its_file_or_above(here):
    (here / "studies").mkdir()
    (here / "above.py").write_text(NET)
    (here / "studies/beside.py").write_text(NET)
    text = "common: {dataset: digits, device: cpu}\nmodels:\n  own: {model: ['above.py:net', 'beside.py:net'], norm: [bn, ln]}\n"
    (here / "studies/own.yaml").write_text(text)
    study = read_study_file(here / "studies/own.yaml")
    assert [run.config.model for run in study.runs] == ["above.py:net"] * 2 + ["beside.py:net"] * 2
    (here / "above.py").unlink()
    with pytest.raises(
        ParameterError, match=r"own\.yaml: own: model = above\.py:net: no file above\.py in .*studies/, "
    ):
        read_study_file(here / "studies/own.yaml")
