"""The PDF as viewers read it."""

import shutil
import subprocess

import pypdf
import pytest
import typst

from normstudy.preview.pdf_marks import without_suspects


@pytest.fixture
def pdf(tmp_path):
    path = tmp_path / "a.pdf"
    made = typst.compile(b"#set document(title: [T])\n= A\ntext", format="pdf", pdf_standards=["ua-1"])
    path.write_bytes(without_suspects(made))
    return path


def test_the_pdf_stays_whole_and_tagged(pdf):
    reader = pypdf.PdfReader(pdf, strict=True)
    marks = reader.trailer["/Root"]["/MarkInfo"]
    assert marks["/Marked"]
    assert "/Suspects" not in marks
    assert "text" in reader.pages[0].extract_text()


@pytest.mark.skipif(not shutil.which("pdfinfo"), reason="there is no poppler here")
def test_poppler_warns_of_nothing(pdf):
    done = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "Tagged:          yes" in done.stdout
