"""What programs import before they are of use: a user waits for each second of it."""

import ast
import sys

import pytest
from commands import ROOT, run
from conftest import write_idx
from python_sources import python_sources

GRAMMAR = "rfc3987_syntax.syntax_helpers"
"""A second; see `normstudy.ipynb`."""

OTHERS = {"sklearn", "scipy", "statsmodels", "pandas", "torchvision", "matplotlib.pyplot", GRAMMAR}
"""What a run on MNIST has no use for."""

COMPILER = {"torch._dynamo", "torch._inductor"}
"""torch.optim takes it in with the first step; nothing else has to."""


def imported_by(code: str, *arguments: object) -> set[str]:
    """The modules that a fresh Python has after `code`."""
    code = f"import sys; sys.path.insert(0, 'workflow')\n{code}\nprint('imported:', *sys.modules)"
    process = run(sys.executable, "-c", code, *map(str, arguments))
    assert process.returncode == 0, process.stderr
    return set(process.stdout.splitlines()[-1].split()[1:])


@pytest.mark.slow
def test_a_run_imports_nothing_that_it_has_no_use_for(tmp_path):
    for name, size in (("train", 60_000), ("t10k", 10_000)):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", (size, 28, 28))
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", (size,))
    cells = ast.parse(python_sources()["analysis/train.ipynb"]).body
    imports = "\n".join(ast.unparse(node) for node in cells if isinstance(node, ast.Import | ast.ImportFrom))
    code = f"""{imports}
from pathlib import Path
from normstudy.data import published, storage
storage.data_folder = lambda: Path(sys.argv[1])
published._is_verified = lambda content, sums: True
assert len(load("mnist").train) == 60_000"""
    modules = imported_by(code, tmp_path)
    assert {"normstudy.training.loop", "normstudy.report.sections.one_run", "torch"} <= modules
    assert modules & (OTHERS | COMPILER) == set()


@pytest.mark.parametrize(
    ("program", "without"),
    [
        ("report", {"torch", "matplotlib", "nbformat", *OTHERS}),
        ("train_run", {"torch", "matplotlib", *OTHERS}),
        ("render", {"torch", "matplotlib.figure", *OTHERS}),
    ],
)
def test_a_program_of_the_workflow_imports_nothing_that_it_has_no_use_for(program, without):
    assert (ROOT / f"workflow/{program}.py").is_file()
    later = "\nimport papermill" if program == "train_run" else ""
    assert imported_by(f"import {program}{later}") & without == set()


def test_notebooks_are_read_without_a_grammar_of_addresses():
    modules = imported_by("from normstudy.ipynb import nbformat; nbformat.v4.new_notebook()")
    assert "jsonschema" in modules
    assert GRAMMAR not in modules
