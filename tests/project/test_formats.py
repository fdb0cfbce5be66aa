"""The PDF of the report, as Quarto makes it: it can be read aloud and has its contents."""

import re
import shutil
import subprocess

import pypdf
from readers import NEEDS_QUARTO


@NEEDS_QUARTO
def test_the_pdf_has_contents_and_pages_and_is_tagged(site):
    path = site("quarto") / "report.pdf"
    reader = pypdf.PdfReader(path)
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"].startswith("en")
    assert reader.metadata.title == "Which normalization, and how do we know?"
    assert len(reader.pages) <= 15
    if shutil.which("pdfinfo"):
        shown = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True)
        assert shown.stderr == ""
    text = " ".join(page.extract_text() for page in reader.pages).replace("\xa0", " ")
    assert re.search(r"Contents.*In one minute.*Results", text, re.DOTALL)
    assert len(text.split()) <= 4_500
