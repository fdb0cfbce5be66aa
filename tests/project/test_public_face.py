"""The package as others use it: few names, typed, documented, and cheap to import."""

import ast
import inspect
import re
import subprocess
import sys
import textwrap

import pytest
from commands import ROOT

import normstudy

USE = """
from pathlib import Path

import numpy as np

from normstudy import Answer, Classifier, Config, Net, NormstudyError, Run, fit, load, read_run

run: Run = fit(Config(norm="gn", dataset="digits", epochs=1))
net: Net = run.model
classifier: Classifier = load(Path("results/some"))
answer: Answer = classifier.classify("scan.png")
probability: float = answer.probability
array: np.ndarray = classifier.probabilities(np.zeros((1, 28, 28), np.uint8))
finished: bool = not read_run("results/some").diverged
wrong: int = answer.name
"""
"""In which a type checker has one thing to find: that the last line is wrong."""


@pytest.mark.parametrize("name", normstudy.__all__)
def test_every_public_name_is_there_and_documented(name):
    found = getattr(normstudy, name)
    assert (inspect.getdoc(found) or "").strip()
    assert name in dir(normstudy)
    if inspect.isfunction(found):
        assert inspect.signature(found).return_annotation is not inspect.Signature.empty


def test_a_name_that_does_not_exist_is_reported():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        normstudy.nothing  # noqa: B018
    with pytest.raises(ImportError):
        exec("from normstudy import nothing")


def test_the_import_is_cheap():
    code = "import sys, normstudy; print([n for n in ('torch', 'numpy', 'pydantic') if n in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
    code = "import sys; from normstudy import Config; Config(); print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


SNIPPETS = {
    "the package": textwrap.dedent(normstudy.__doc__.split("\n\n", 2)[2].rpartition("\n\n")[0]),
    **{
        f"{path.name}, block {number}": block
        for path in [ROOT / "README.md", ROOT / "docs/use.md"]
        for number, block in enumerate(
            re.findall(r"^```python\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
        )
    },
}


@pytest.mark.parametrize("place", SNIPPETS)
def test_a_snippet_uses_what_it_imports(place):
    imported, *lines = ast.parse(SNIPPETS[place]).body
    used = {node.id for line in lines for node in ast.walk(line) if isinstance(node, ast.Name)}
    assert {alias.name for alias in imported.names} <= used


def test_a_network_of_a_wrong_argument_is_refused_in_a_short_line():
    config = normstudy.Config(norm="gn", dataset="digits", epochs=3, channels=8, l1=1e-5, max_lr=0.01, seed=4)
    with pytest.raises(ValueError, match="must be one of bn, gn, ln, in, ln2d, none") as caught:
        normstudy.Net(config)
    assert len(str(caught.value)) < 200
    assert normstudy.make_net(normstudy.Config(norm="gn")).head.out_features == 10


@pytest.mark.slow
def test_a_type_checker_knows_the_public_names(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--follow-imports",
        "silent",
        "--cache-dir",
        tmp_path / "cache",
        "use.py",
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (ROOT / "src/normstudy/py.typed").is_file()
    last = 1 + USE.rstrip().count("\n")
    assert result.stdout.splitlines() == [
        f'use.py:{last}: error: Incompatible types in assignment (expression has type "str", variable has type "int")'
        "  [assignment]",
        "Found 1 error in 1 file (checked 1 source file)",
    ]
