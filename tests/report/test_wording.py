"""Numbers and lists in words."""

import pytest

from normstudy.report import wording


def test_rounded_has_no_negative_zero():
    assert wording.rounded(-0.0001) == "0.000"
    assert wording.rounded(-1.25, 2) == "−1.25"


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (2.4e-7, "2.4 × 10⁻⁷"), (9.96e-11, "1.0 × 10⁻¹⁰")])
def test_scientific(value, shown):
    assert wording.scientific(value).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.02, "0.02"), (0.0, "0"), (0.001, "0.001"), (3e-5, "3.0 × 10⁻⁵"), (13.0, "13")]
)
def test_a_parameter_has_as_many_digits_as_it_needs(value, shown):
    assert wording.short(value).replace("\u00a0", " ") == shown


def test_confidence_never_rounds_up_to_certainty():
    assert wording.confidence_text(0.99996) == "> 99.9 %"
    assert wording.confidence_text(0.5) == "50.0 %"


def test_a_p_value_is_never_0():
    assert [wording.p_relation(p) for p in (1e-9, 0.0123, 1.0)] == ["< 0.001", "= 0.012", "= 1.000"]


def test_a_list_that_is_too_long_is_counted():
    names = list("abcdefg")
    assert wording.join_words(names[:1]) == "a"
    assert wording.join_words(names[:3]) == "a, b and c"
    assert wording.some_of(names[:4]) == "a, b, c and d"
    assert wording.some_of(names) == "a, b, c and 4 others"
    assert [wording.seeds_text(seeds) for seeds in ([7], [1, 2, 3])] == ["seed 7", "seeds 1, 2 and 3"]


def test_a_symbol_stays_what_it_is_at_the_start_of_a_sentence():
    assert [wording.capitalized(text) for text in ("the rate", "γ and β", "", "über")] == [
        "The rate",
        "γ and β",
        "",
        "Über",
    ]
