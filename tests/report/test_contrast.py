"""Contrast as WCAG 2 has it."""

import numpy as np
import pytest

from normstudy.report.contrast import contrast, encoded, ink, linear
from normstudy.report.drawing import COLOURS


def test_contrast_is_that_of_wcag():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)
    assert contrast("white", "#777777") == pytest.approx(4.48, abs=0.01)


def test_amounts_of_light_are_encoded_as_they_were():
    parts = np.linspace(0, 1, 256)
    assert encoded(linear(parts)) == pytest.approx(parts, abs=1e-6)


@pytest.mark.parametrize("colour", COLOURS.values())
def test_text_in_any_colour_can_be_read_on_white(colour):
    assert contrast(ink(colour), "white") >= 4.5
    assert ink(ink(colour)) == ink(colour)
