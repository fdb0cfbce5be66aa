"""Runs and reports in folders of any name, and in folders that are mounted, through both renderers."""

import json
import shutil

import pytest
from commands import NO_DATA, workflow, write_params
from disks import Disk
from folders import files_below, write_files
from readers import NEEDS_QUARTO

ODD = "it's {1} my a[1] a(b) a\"b l%C3 $x 50% #ü --no; &"
pytestmark = pytest.mark.slow

RENDERERS = ["preview", pytest.param("quarto", marks=[NEEDS_QUARTO, pytest.mark.slow])]


def report(where, runs, output, *more):
    return workflow("report", "--params", where / "params", f"--runs={runs}", f"--output={output}", *more, **NO_DATA)


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    """A folder with parameters, and with runs under an odd name."""
    where = tmp_path_factory.mktemp("places")
    write_params(where / "params", gn="norm: gn\ndataset: digits\nepochs: 1\n")
    process = report(where, where / ODD, where / "unused", "--only-train")
    assert process.returncode == 0, process.stdout
    assert not (where / "unused").exists()
    return where


@pytest.mark.parametrize("renderer", RENDERERS)
def test_folders_may_have_any_name(where, renderer):
    output = where / f"{ODD} {renderer}"
    process = report(where, where / ODD, output, "--renderer", renderer)
    assert process.returncode == 0, process.stdout
    assert "1 trained already" in process.stdout
    assert (output / "report.pdf").read_bytes().startswith(b"%PDF")
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "UCI digits" in page
    assert ODD not in page
    assert {path.name for path in where.iterdir() if path.name.startswith(".")} == set()


@pytest.mark.parametrize("name", ["2026", "0.1", "1e3", "true", "null", "run{1}", "-x", "~"])
def test_names_that_look_like_something_else_are_names(where, name):
    shutil.copytree(where / ODD, where / "as" / name)
    process = report(where, where / "as" / name, where / "unused", "--only-train")
    assert process.returncode == 0, process.stdout
    settings = json.loads((where / "as" / name / ".settings.json").read_text())
    assert settings["runs"] == str(where / "as" / name)


@pytest.mark.fault("runs and report on mounted disks", "made in a folder there; a mount point itself is refused")
def test_folders_may_be_mounted(where, tmp_path):
    runs, output = Disk(tmp_path / "runs", 64_000_000), Disk(tmp_path / "output", 64_000_000)
    try:
        (runs.path / "lost+found").mkdir()
        refused = report(where, runs.path, output.path, "--renderer", "preview")
        line = "a mount point, or the folder above it cannot be written; name a folder in it"
        assert refused.stdout == f"error: OUTPUT={output.path}: {line}\n"
        for _ in range(2):
            process = report(where, runs.path, output.path / "report", "--renderer", "preview")
            assert process.returncode == 0, process.stdout
            assert (output.path / "report/report.pdf").exists()
            # Somebody's file, and another report than before.
            write_files(output.path, {"report/notes.txt": "mine"})
            (runs.path / ".done/report").unlink()
        assert files_below(output.path)["report/notes.txt"] == b"mine"
        assert [path.name for path in output.path.iterdir()] == ["report"]
    finally:
        runs.take_away()
        output.take_away()
