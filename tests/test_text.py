"""Text from elsewhere: all of it can be seen, and nothing in it is carried out."""

import unicodedata

import nbformat
import pypandoc
import pytest
from bs4 import BeautifulSoup
from hostile import TEXTS
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from normstudy.errors import NormstudyError
from normstudy.preview.notebooks import make_harmless
from normstudy.report.core.literal import LONGEST, escape, note_on_code_points, plain
from normstudy.text import HIDDEN, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a plain name", "a plain name"),
        ("λ Σ|w| ≤ ½ × é", "λ Σ|w| ≤ ½ × é"),
        ("two\nlines\u2028and\ta tab", "two lines and a tab"),
        ("left \u202eright", "left [U+202E]right"),
        ("\x1b[31mred", "[U+001B][31mred"),
        ("a😀😀b 漢字", "a[U+1F600 U+1F600]b [U+6F22 U+5B57]"),
        ("e\u0301 and \u0301", "é and [U+0301]"),
        ("\u0639", "\u2068\u0639\u2069"),
        ("x" * 40, "x" * 30 + "\u200b" + "x" * 10),
        ("ab " * 5_000, ("ab " * 67)[:LONGEST] + "… (14,999 characters)"),
        ("", ""),
    ],
)
def test_text_is_made_fit_for_every_page(text, expected):
    assert plain(text) == expected


def test_only_code_points_are_noted():
    assert note_on_code_points(escape("a [link] \\ and λ")) == ""
    assert note_on_code_points(escape("a 😀 b")).endswith(r"code points: \[U\+1F600\].")


MARKS = "<>&*_`$[](){}|!#@~^:\\\"'=-+. a1\n"


def as_page(markdown: str) -> str:
    return pypandoc.convert_text(markdown, "html", format="markdown+autolink_bare_uris")


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.sampled_from(sorted(TEXTS.values())), st.text(max_size=60), st.text("<>&*_`$[](){}|!#@~^:\\\"'=-+. a1\n")
    )
)
def test_what_is_escaped_is_one_paragraph_of_that_text(text):
    page = BeautifulSoup(as_page(f"A {escape(text)} end."), "html.parser")
    (paragraph,) = page.find_all(recursive=False)
    assert paragraph.find_all() == []
    assert " ".join(paragraph.get_text().split()) == " ".join(f"A {plain(text)} end.".split())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_nothing_stays_hidden(text):
    assert not {unicodedata.category(each) for each in visible(text, keep="")} & HIDDEN


def test_an_error_shows_what_a_terminal_would_carry_out():
    error = NormstudyError("params/\x1b]0;x\x07\u202e.yaml: wrong")
    assert str(error) == "params/[U+001B]]0;x[U+0007 U+202E].yaml: wrong"


def test_an_error_is_one_line_in_a_notebook():
    cell = new_code_cell("from normstudy.errors import NormstudyError\nraise NormstudyError('this is wrong; do that')")
    NotebookClient(new_notebook(cells=[cell]), allow_errors=True).execute()
    assert cell.outputs[-1].traceback == ["error: this is wrong; do that"]


def test_of_a_notebook_text_and_pictures_stay():
    cell = new_code_cell("show('{{< include x >}}')")
    cell.outputs = [
        new_output("display_data", data={"text/html": "<table></table>", "image/png": "aGk=", "text/plain": "as text"}),
        new_output("display_data", data={"text/html": "<table></table>"}),
        new_output("stream", text="{{< include x >}}"),
    ]
    prose = new_markdown_cell("With <b>a & b</b>, $a < b$ and `x`{=html}.")
    notebook = new_notebook(cells=[prose, new_raw_cell("<script>"), cell])
    make_harmless(notebook)
    nbformat.validate(notebook)
    assert notebook.cells == [prose, cell]
    assert prose.source == "With &lt;b>a & b&lt;/b>, $a < b$ and `x`{ =html}."
    assert cell.source == "show('{{\u200b< include x >}}')"
    assert cell.outputs[0].data == {"image/png": "aGk=", "text/plain": "as text"}
    assert cell.outputs[1].data == {"text/plain": "(not shown: text/html)"}
    assert cell.outputs[2].text == "{{\u200b< include x >}}"
