"""Names and colours of models."""

import pytest
from matplotlib.colors import to_rgb

from normstudy.config import TRAINING_IMAGES, Config
from normstudy.report.labels import CLASS_NAMES, COLOURS, DATA_TITLES, FULL_NAMES, LINE_STYLES, labels, styles

NORMS = ("bn", "gn", "ln", "in", "ln2d", "none")


def configs(*parameters: dict) -> list[Config]:
    return [Config(**values) for values in parameters]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ([{"norm": "bn", "l1": 1e-5}, {"norm": "gn"}, {"norm": "ln"}], ["BN + L1", "GN", "LN"]),
        ([{"norm": "none"}, {"norm": "in"}, {"norm": "ln2d"}], ["No norm", "IN", "LN2d"]),
        ([{"norm": "bn"}, {"norm": "bn", "l1": 1e-5}], ["BN", "BN + L1"]),
        ([{"norm": "gn"}, {"norm": "gn", "groups": 8}, {"norm": "ln"}], ["GN (groups 4)", "GN (groups 8)", "LN"]),
        ([{"l1": 1e-5}, {"l1": 1e-6}], ["BN + L1 (l1 1e-05)", "BN + L1 (l1 1e-06)"]),
        ([{"batch_size": 64, "seed": 1}, {"seed": 2}], ["BN (seed 1, batch size 64)", "BN (seed 2, batch size 128)"]),
    ],
)
def test_short_names_with_what_tells_equal_ones_apart(parameters, expected):
    assert labels(configs(*parameters)) == expected


def test_different_configurations_never_share_a_name():
    models = [{"norm": norm, "seed": seed, "l1": l1} for norm in NORMS for seed in (1, 2) for l1 in (0, 0.1)]
    found = labels(configs(*models))
    assert len(set(found)) == len(found) == 24


def test_a_normalization_keeps_its_colour_and_its_models_differ_in_line_style():
    found = styles(configs({"norm": "gn"}, {"norm": "bn"}, {"norm": "gn", "groups": 8}, {"norm": "bn", "seed": 2}))
    assert [colour for colour, _ in found] == [COLOURS[norm] for norm in ("gn", "bn", "gn", "bn")]
    assert [style for _, style in found] == [LINE_STYLES[0], LINE_STYLES[0], LINE_STYLES[1], LINE_STYLES[1]]
    assert styles(configs({"norm": "bn"}))[0][0] == found[1][0]  # whatever else is shown


def test_there_are_names_and_colours_for_everything():
    assert FULL_NAMES.keys() == COLOURS.keys() == set(NORMS)
    assert DATA_TITLES.keys() == CLASS_NAMES.keys() == TRAINING_IMAGES.keys()
    assert all(len(set(names)) == 10 for names in CLASS_NAMES.values())
    assert len({to_rgb(colour) for colour in COLOURS.values()}) == len(NORMS)
