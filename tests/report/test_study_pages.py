"""The study pages on the published results: every finding holds, and one that does not stops the render."""

import json
import re
import shutil
from pathlib import PurePosixPath

import pytest
import yaml
from commands import ROOT

from normstudy.preview.article import Task, execute
from normstudy.preview.project import PreviewError

pytestmark = pytest.mark.slow

PAGES = sorted(path for path in (ROOT / "analysis/studies").glob("*.qmd") if not path.name.startswith("_"))
STUDIES = [path for path in PAGES if path.name != "index.qmd"]
STRICT = {"NORMSTUDY_FINDINGS": "stop", "NORMSTUDY_SITE": "1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of what the pages are made of."""
    root = tmp_path_factory.mktemp("pages")
    for name in ("_quarto.yml", "references.bib", "report.qmd"):
        shutil.copy(ROOT / name, root)
    for name in ("analysis", "benchmarks", "docs", "params", "results", "theme"):
        shutil.copytree(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def executed(project):
    """By name, the Markdown of every page of a strict render."""
    copy = shutil.copytree(project, project.with_name("executed"))
    execute(copy, [Task(PurePosixPath("analysis/studies", path.name), STRICT) for path in PAGES])
    return {path.name: (copy / "analysis/studies" / path.name).read_text() for path in PAGES}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_page_answers_first_and_shows_its_analysis(path, executed):
    source = path.read_text()
    header = yaml.safe_load(source.split("---")[1])
    assert header["title"].endswith("?")
    assert 20 < len(header["description"]) < 260
    assert len(re.findall(r"\bfinding\(", source)) >= 2 or path.stem == "claims"
    assert source.count("\n") < 260
    text = executed[path.name]
    assert "do not support this sentence" not in text
    assert ".cell-code" in text
    assert re.search(r"^## How sure", text, re.MULTILINE)
    assert re.search(r"^## Data", text, re.MULTILINE)
    assert "{python}" not in text
    assert not re.search(r"(?<![\w.])nan(?![\w.])", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_the_index_has_every_question_with_its_answer(executed):
    text = " ".join(executed["index.qmd"].replace("\\", "").split())
    for path in STUDIES:
        header = yaml.safe_load(path.read_text().split("---")[1])
        assert header["title"] in text
        assert f"({path.name})" in text


def test_a_record_that_no_longer_supports_a_sentence_stops_the_published_render_and_marks_any_other(project):
    copy = shutil.copytree(project, project.with_name("changed"))
    path = copy / "results/batch_size.json"
    lines = path.read_text().splitlines()
    for place, line in enumerate(lines):
        if line.startswith('{"called": "bn_l1"') and json.loads(line.rstrip(","))["config"]["batch_size"] == 2:
            run = json.loads(line.rstrip(","))
            run["history"]["test_accuracy"][-1] = 0.994  # as accurate as the others
            lines[place] = json.dumps(run) + ("," if line.endswith(",") else "")
    path.write_text("\n".join(lines) + "\n")
    page = PurePosixPath("analysis/studies/batch-size.qmd")
    with pytest.raises(PreviewError, match=r"batch-size\.qmd.*no longer supported.*2 images per batch"):
        execute(copy, [Task(page, STRICT)])
    execute(copy, [Task(page, {"NORMSTUDY_SITE": "1"})])
    text = (copy / page).read_text()
    assert text.count("These runs do not support this sentence") == 1
    assert re.search(r"times those of LN\.\s+\*\*\[These runs do not support", text)
