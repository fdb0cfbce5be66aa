"""What the pictures of all sections share."""

from matplotlib.colors import to_rgb

from normstudy.config import Config
from normstudy.report.drawing import COLOURS, LINE_STYLES, MARKERS, styles
from normstudy.report.labels import FULL_NAMES


def test_a_normalization_keeps_its_colour_and_its_models_differ_in_line_style():
    found = styles(made({"norm": "gn"}, {"norm": "bn"}, {"norm": "gn", "groups": 8}, {"norm": "bn", "seed": 2}))
    assert [colour for colour, *_ in found] == [COLOURS[norm] for norm in ("gn", "bn", "gn", "bn")]
    assert [style for _, style, _ in found] == [LINE_STYLES[0], LINE_STYLES[0], LINE_STYLES[1], LINE_STYLES[1]]
    assert styles(made({"norm": "bn"}))[0][0] == found[1][0]  # whatever else is shown


def test_every_normalization_has_a_colour_of_its_own():
    assert len({to_rgb(colour) for colour in COLOURS.values()}) == len(COLOURS)
    assert COLOURS.keys() == MARKERS.keys() == FULL_NAMES.keys()
    assert len(set(MARKERS.values())) == len(MARKERS)  # in grey, too


def made(*parameters: dict) -> list[Config]:
    return [Config(**values) for values in parameters]
