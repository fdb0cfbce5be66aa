"""The sets of the example: pictures of them, and tables."""

from fractions import Fraction
from math import prod

import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import Rectangle
from norm_batches import KINDS, SETS

from normstudy.report.core import style
from normstudy.worked_example import backward, cubes, sets
from normstudy.worked_example.definition import BETA, DEFINITIONS, GAMMA, IMAGES, normalize, shared_sets


def patches(axes, filled):
    return [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_fill() == filled]


@pytest.mark.parametrize("draw", [sets.draw_sets, sets.draw_normalized])
@pytest.mark.parametrize("kind", KINDS)
def test_every_set_has_a_frame_around_its_values(kind, draw):
    (axes,) = sets.draw_panels([kind], draw).axes
    frames = patches(axes, filled=False)
    assert [frame.get_label() for frame in frames] == [shared.name for shared in shared_sets(kind)]
    assert len(patches(axes, filled=True)) == len(axes.texts) == IMAGES.numel()
    x_hat = normalize(IMAGES.double(), kind, eps=0.0)
    for frame, shared in zip(frames, shared_sets(kind), strict=True):
        box = frame.get_bbox()
        inside = [
            float(label.get_text().replace("−", "-")) for label in axes.texts if box.contains(*label.get_position())
        ]
        own = shared.members if draw is sets.draw_sets else [x_hat[at].item() for at in shared.positions]
        assert sorted(inside) == pytest.approx(sorted(own), abs=0.0501)


@pytest.mark.parametrize("kind", KINDS)
def test_every_set_has_its_own_colour(kind):
    (axes,) = sets.draw_panels([kind], sets.draw_sets).axes
    assert len({patch.get_facecolor() for patch in patches(axes, filled=True)}) == SETS[kind]


def luminance(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("draw", [sets.draw_sets, sets.draw_normalized, backward.draw_slopes])
def test_numbers_can_be_read_on_their_colour(theme, draw):
    with matplotlib.style.context(style.THEMES[theme]):
        for axes in sets.draw_panels(KINDS, draw).axes:
            ground = np.array(to_rgb(axes.get_facecolor()))
            for cell, label in zip(patches(axes, filled=True), axes.texts, strict=True):
                *colour, opacity = to_rgba(cell.get_facecolor())
                shown = opacity * np.array(colour) + (1 - opacity) * ground
                darker, lighter = sorted([luminance(shown), luminance(label.get_color())])
                assert not label.get_text() or (lighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_a_set_fills_a_block_of_its_own(kind):
    for shared in shared_sets(kind):
        low, high = cubes.corners(shared)
        assert prod(end - start for start, end in zip(low, high, strict=True)) == len(shared.members)


def test_the_figures_are_described(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = sets.figure()
    assert "GN 6 sets of 8, each of 1 image × 2 channels" in text
    assert "BN: 3 × 1 × 4; LN: 1 × 4 × 4" in cubes.figure()
    assert "normalized from −2.00 to 1.67" in sets.before_and_after("bn", ["bn"], "-")
    assert sorted(path.name for path in tmp_path.glob("_figures/sets*")) == ["sets-dark.svg", "sets.svg"]


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_sets_hold_the_exact_statistics(kind):
    table = sets.sets_table(kind).replace("\u00a0", " ", regex=True)
    for row, shared in zip(table.to_dict("records"), shared_sets(kind), strict=True):
        for column, statistic in (("μ", np.mean(shared.members)), ("σ²", np.var(shared.members))):
            division, result = row[column].split(" = ")
            above, below = division.split("/")
            assert Fraction(above) / int(below) == Fraction(result)
            assert float(Fraction(result)) == pytest.approx(statistic)
        assert float(row["σ"]) == pytest.approx(np.std(shared.members))


def test_one_value_follows_the_definition():
    table = sets.one_value_table().set_index("norm")
    gamma, beta = ([float(value) for value in values] for values in (GAMMA, BETA))
    for kind in KINDS:
        shown = Fraction(table.loc[kind.upper(), "y"].replace("−", "-"))
        y = normalize(IMAGES.double(), kind, gamma=gamma, beta=beta, eps=0.0)[0, 0, 0, 0]
        assert float(shown) == pytest.approx(y.item())
    assert table["y"].nunique() == len(KINDS)  # the value tells the four apart
