"""How seeds are named."""

import pytest

from normstudy.config import ParameterError
from normstudy.runs.seeds import first_seeds, named_seeds


@pytest.mark.parametrize(
    ("value", "seeds"),
    [
        ([3], [3]),
        ([2, 0, 2**63 - 1], [2, 0, 2**63 - 1]),
        ("0 to 3", [0, 1, 2, 3]),
        ("7 to 7", [7]),
        ("0 to 999", list(range(1000))),
    ],
)
def test_seeds_are_a_list_or_from_one_to_another(value, seeds):
    assert named_seeds(value, "gn.yaml") == seeds


@pytest.mark.parametrize(
    "value",
    [
        *[None, 3, "3", "three", "0-9", "3 to 2", "0 to 1000", f"0 to {10**17}", "-1 to 3", "٣ to ٤", "0 to 1.5", {}],
        *[[], [1, "a"], [True], [0, -1], [1.5], [2**63], [[0]], list(range(1001))],
    ],
)
def test_what_is_no_list_of_seeds_is_refused_in_a_line(value):
    with pytest.raises(ParameterError, match=r"^gn.yaml: seeds: must be such as `\[0, 1, 2\]` or `0 to 9`") as caught:
        named_seeds(value, "gn.yaml")
    assert "\n" not in str(caught.value)


def test_a_seed_that_is_named_twice_is_refused():
    with pytest.raises(ParameterError, match=r"^gn.yaml: seeds: 4 stands there twice$"):
        named_seeds([4, 2, 4], "gn.yaml")


def test_a_number_of_seeds_begins_at_0():
    assert first_seeds("1") == [0]
    assert first_seeds("10") == list(range(10))
    assert len(first_seeds("1000")) == 1000


@pytest.mark.parametrize("text", ["", "0", "1001", "ten", "-3", "1.5", " 3", "0x3", "٣", "9" * 5000, "3\nrm"])
def test_what_is_no_number_of_seeds_is_refused_in_a_line(text):
    with pytest.raises(ParameterError, match=r"^SEEDS=.*: must be a whole number from 1 to 1,000$") as caught:
        first_seeds(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 100
