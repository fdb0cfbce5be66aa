"""Nothing is removed, or written over, that this project did not write: which folders are refused, and which not."""

import os
import shutil
from pathlib import Path

import pytest
from commands import NO_DATA, ROOT, workflow, write_params
from folders import files_below, report_of_ours, write_files

from normstudy.ownership import (
    PlaceError,
    is_runs_folder,
    refuse_places,
    refuse_runs_folder,
    take_runs_folder,
)

QUICK = "dataset: digits\nepochs: 1\n"


@pytest.fixture
def places(tmp_path):
    """Arguments PARAMS and RUNS of a job of the test."""
    return write_params(tmp_path / "params", gn=QUICK), tmp_path / "runs"


def refusal(*arguments) -> str:
    with pytest.raises(PlaceError) as caught:
        refuse_places(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_new_and_empty_folders_and_our_own_reports_are_taken(places, tmp_path):
    (tmp_path / "empty").mkdir()
    report_of_ours(tmp_path / "report", {"index.html": "a", "notebooks/gn.html": "b"})
    write_files(tmp_path / "report", {"notes.txt": "mine", "notebooks/mine/deep.txt": "mine"})
    (tmp_path / "mounted/lost+found").mkdir(parents=True)
    (tmp_path / "link").symlink_to("report")
    for name in ("new/and/deep", "empty", "report", "mounted", "link"):
        refuse_places(*places, tmp_path / name)
    refuse_places(*places, None)


def test_a_folder_with_somebody_s_files_is_refused(places, tmp_path):
    write_files(tmp_path / "t", {"thesis.tex": "years of work", ".git/HEAD": "ref"})
    result = refusal(*places, tmp_path / "t")
    assert result.startswith(f"OUTPUT={tmp_path}/t: holds thesis.tex and 1 more, and no report that this project made")
    # The names alone do not make it one of ours, nor does a record of something else.
    for record in ("", "{}", '{"by": "x"}', '{"files": {"../../x": "00"}}', '{"files": ["index.html"]}'):
        folder = write_files(tmp_path / "site", {"index.html": "mine", "report.pdf": "mine", "render.json": record})
        assert "holds index.html" in refusal(*places, folder)
    assert "holds empty" in refusal(*places, _with_folder(tmp_path / "u", "empty"))


def _with_folder(folder, name):
    (folder / name).mkdir(parents=True)
    return folder


def test_a_file_of_a_report_that_somebody_changed_is_theirs(places, tmp_path):
    report = report_of_ours(tmp_path / "report", {"index.html": "a", "report.pdf": "b"})
    (report / "index.html").write_text("a, and corrections of mine")
    assert "index.html was changed since the report was made; move it away" in refusal(*places, report)
    (report / "index.html").unlink()
    (report / "index.html").symlink_to(tmp_path)
    assert "index.html was changed" in refusal(*places, report)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("{root}", "is the checkout"),
        ("{root}/../{name}/src/..", "is the checkout"),
        ("{root}/..", "holds the checkout"),
        ("/", "holds the checkout"),
        ("{home}", "is the home folder"),
        ("{tmp}/runs", "is RUNS"),
        ("{tmp}/params", "is PARAMS"),
        ("{tmp}", "holds RUNS"),
        ("{tmp}/to-runs", "is RUNS"),
        ("{tmp}/to-root", "is the checkout"),
        ("{root}/results", "is results/"),
        ("{root}/results/report", "lies in results/ of the checkout"),
        ("{root}/.git/report", "lies in .git/ of the checkout"),
        ("{root}/src", "is src/"),
        ("{root}/data", "is data/"),
        ("{root}/README.md", "a file, where a folder is needed"),
        ("{tmp}/to-nowhere", "a link to nowhere, which is not there"),
        ("{tmp}/loop", "a link to loop, which is not there"),
        ("{root}/README.md/report", "README.md is no folder"),
    ],
)
def test_places_that_hold_something_else_are_refused(places, tmp_path, monkeypatch, output, expected):
    home = tmp_path.with_name(f"{tmp_path.name}-home")
    home.mkdir()
    places[1].mkdir()
    for link, target in (("to-runs", "runs"), ("to-root", ROOT), ("to-nowhere", "nowhere"), ("loop", "loop")):
        (tmp_path / link).symlink_to(target)
    monkeypatch.setenv("HOME", str(home))
    names = {"root": ROOT, "name": ROOT.name, "tmp": tmp_path, "home": home}
    assert expected in refusal(*places, Path(output.format(**names)))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ("{root}/results", "is results/"),
        ("{root}/results/more", "lies in results/"),
        ("{root}", "is the checkout"),
        ("{root}/..", "holds the checkout"),
        ("{home}", "is the home folder"),
        ("{tmp}/params", "is PARAMS"),
        ("{root}/README.md", "no folder"),
        ("{tmp}/broken", "no folder"),
        ("{tmp}/taken", "holds studies.json, which this project did not write"),
        ("{tmp}/hidden", "holds .checkpoints, which this project did not write"),
    ],
)
def test_folders_that_may_not_hold_runs_are_refused(places, tmp_path, monkeypatch, runs, expected):
    (tmp_path / "home").mkdir()
    (tmp_path / "broken").symlink_to("nowhere")
    write_files(tmp_path, {"taken/studies.json": '["of mine"]', "hidden/.checkpoints/a.safetensors": "mine"})
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = Path(runs.format(root=ROOT, tmp=tmp_path, home=tmp_path / "home"))
    result = refusal(places[0], folder, None)
    assert expected in result
    assert result.startswith("RUNS=")


def test_a_folder_of_runs_is_known_as_such(tmp_path, run_folder):
    take_runs_folder(tmp_path / "new")
    assert is_runs_folder(tmp_path / "new")
    assert is_runs_folder(ROOT / "results")
    earlier = shutil.copytree(run_folder, tmp_path / "earlier" / run_folder.name).parent  # from before there were marks
    (earlier / ".checkpoints").mkdir()
    refuse_runs_folder(tmp_path, earlier)
    take_runs_folder(earlier)
    beside = write_files(tmp_path / "beside", {"notes.txt": "mine", "params/gn.yaml": QUICK})
    refuse_runs_folder(beside / "params", beside)  # parameters may lie among the runs
    take_runs_folder(beside)
    assert (beside / "notes.txt").read_text() == "mine"
    with pytest.raises(PlaceError, match=r"holds \.replaced"):
        take_runs_folder(write_files(tmp_path / "theirs", {".replaced/file": "mine"}))


@pytest.mark.fault("report into a folder that holds something else", "refused in one line before training; all stays")
@pytest.mark.parametrize("command", ["report", "render"])
def test_the_programs_refuse_before_they_do_anything(places, tmp_path, command):
    folder = write_files(tmp_path / "t", {"thesis.tex": "years of work", ".git/HEAD": "ref"})
    before = files_below(tmp_path)
    what = ["--params", places[0], "--runs", places[1]] if command == "report" else ["--results", "results"]
    process = workflow(command, *what, "--output", folder, "--renderer", "preview", **NO_DATA)
    assert process.returncode == 1
    (line,) = (process.stdout + process.stderr).splitlines()
    assert line.startswith(f"error: OUTPUT={folder}: holds thesis.tex")
    assert files_below(tmp_path) == before


def test_published_results_are_not_rendered_over():
    before = files_below(ROOT / "results")
    process = workflow("render", "--results", "results", "--output", "results", "--renderer", "preview")
    assert process.returncode == 1
    assert f"OUTPUT={ROOT}/results: is results/" in process.stderr
    assert files_below(ROOT / "results") == before


@pytest.mark.fault("`make clean` next to files of others", "theirs stay byte by byte, and are named")
def test_clean_takes_what_is_ours_and_nothing_else(tmp_path):
    output = report_of_ours(tmp_path / "report", {"index.html": "a", "notebooks/gn.html": "b", "deep/er/x.png": "c"})
    write_files(output, {"deep/notes.txt": "mine", "index.html": "a, changed"})
    process = workflow("clean", "--output", output)
    assert process.returncode == 0
    assert files_below(output) == {"deep/notes.txt": b"mine", "index.html": b"a, changed"}
    assert f"left as it is: {output}/deep/notes.txt" in process.stdout
    ours = report_of_ours(tmp_path / "ours", {"index.html": "a", "notebooks/gn.html": "b"})
    theirs = write_files(tmp_path / "theirs", {"index.html": "mine", "report.pdf": "mine"})
    for folder in (ours, theirs, tmp_path / "nowhere"):
        assert workflow("clean", "--output", folder).returncode == 0
    assert not ours.exists()
    assert files_below(theirs) == {"index.html": b"mine", "report.pdf": b"mine"}


@pytest.mark.fault("publishing next to files of others", "theirs stay byte by byte")
def test_publishing_drops_runs_that_were_published_and_nothing_else(tmp_path, whole):
    """In the place of `results/`; the programs that publish are those of this checkout."""
    import sys

    sys.path.insert(0, str(ROOT / "workflow"))
    from publish import copy, drop

    from normstudy.runs.folder import RunError

    folder = shutil.copytree(whole, tmp_path / whole.name)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"notes\.txt: belongs to no run"):
        copy(whole, tmp_path)
    drop(folder)
    assert files_below(tmp_path) == {f"{whole.name}/notes.txt": b"mine"}
    mine = write_files(tmp_path / "mine", {"metrics.json": "{}"})
    drop(mine)
    assert (mine / "metrics.json").exists()
    copy(whole, tmp_path / "other")
    drop(tmp_path / "other" / whole.name)
    assert os.listdir(tmp_path / "other") == []
