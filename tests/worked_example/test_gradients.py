"""The section on the way back."""

from fractions import Fraction

import pytest

from normstudy.report import markup
from normstudy.worked_example import gradients
from normstudy.worked_example.backward import UPSTREAM
from normstudy.worked_example.definition import DEFINITIONS, GAMMA, IMAGES


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(markup, "FIGURE_FOLDER", tmp_path / "pictures")


def test_one_gradient_can_be_followed_to_its_end():
    for row in gradients.one_gradient_table().to_dict("records"):
        sum_, _, rest = row["∂L/∂x"].replace("\u00a0", " ").replace("−", "-").partition(" = ")
        shown = float(rest.partition(" ≈ ")[2])
        terms, _, std = sum_.rpartition("/")
        number = std.removeprefix("√").strip("()")
        std = float(Fraction(number)) ** (0.5 if "√" in sum_ else 1)
        first, mean, along = (Fraction(term.strip("()")) for term in terms[1:-1].split(" - "))
        assert first == GAMMA[0] * int(UPSTREAM[0, 0, 0, 0])
        assert float(first - mean - along) / std == pytest.approx(shown, abs=5e-4)


def test_the_picture_has_a_number_for_every_value_that_is_moved():
    figure = gradients.slopes_figure()
    counts = [sum(bool(text.get_text()) for text in axes.texts) for axes in figure.axes]
    assert counts == [12, 16, 8, 4]
    assert all(f"moves {count} values" in axes.get_title() for count, axes in zip(counts, figure.axes, strict=True))


def test_the_section_has_every_gradient_and_says_how_well_autograd_agrees():
    text = gradients.section()
    assert all(f"#tbl-by-hand-{kind}-backward" in text for kind in DEFINITIONS)
    assert gradients.largest_difference() < 1e-13
    assert "× 10⁻¹" in text.partition("with a difference of")[2][:20].replace("\u00a0", " ")


def test_gradients_of_beta_are_sums_of_what_arrives():
    table = gradients.affine_table()
    shown = [int(cell.replace("−", "-")) for cell in list(table.iloc[-1])[1:]]
    assert shown == UPSTREAM.sum(dim=(0, 2, 3)).tolist()
    assert len(table.columns) == 1 + IMAGES.shape[1]
