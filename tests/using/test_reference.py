"""The page on what the package offers to Python."""

import re
from pathlib import Path

from commands import ROOT

import normstudy
from normstudy.config import FILLED_IN
from normstudy.ipynb import nbformat
from normstudy.using.reference import notebook

COMMITTED = ROOT / "docs/python.ipynb"


def test_the_committed_page_is_what_the_sources_say():
    assert COMMITTED.read_text(encoding="utf-8") == nbformat.writes(notebook()) + "\n", "call `make reference`"
    nbformat.validate(nbformat.read(COMMITTED, as_version=4))


def test_every_public_name_has_its_section_with_signature_and_text():
    sections = {match[1]: cell.source for cell in notebook().cells if (match := re.match(r"## `(\w+)`", cell.source))}
    assert list(sections) == normstudy.__all__
    for name, text in sections.items():
        _, call, result = text.split("\n\n", 2)
        assert name in call, text
        assert len(result) > 60, text
    assert "load(run_folder: Path | str) -> Classifier" in sections["load"]
    assert "    checkpoint: Path | None = None,\n" in sections["fit"]
    assert "\nprobabilities(images: np.ndarray | Tensor) -> np.ndarray\n" in sections["Classifier"]
    assert "\nclasses: list[str]\n" in sections["Classifier"]
    for parameter in set(normstudy.Config.model_fields) - set(FILLED_IN):
        assert f"- `{parameter}` = " in sections["Config"]


def test_it_is_a_page_of_the_site():
    assert COMMITTED.relative_to(ROOT).as_posix() in Path(ROOT / "_quarto.yml").read_text()
