"""The sets of the example: picture, alternative text, tables."""

from fractions import Fraction

import numpy as np
import pytest
from norm_batches import KINDS, SETS

from normstudy.worked_example import sets
from normstudy.worked_example.definition import IMAGES, normalize, shared_sets


@pytest.mark.parametrize("kind", KINDS)
def test_every_set_has_its_own_colour(kind):
    axes = sets.index_sets_figure((kind,)).axes[0]
    colours = {patch.get_facecolor() for patch in axes.patches if patch.get_fill()}
    assert len(colours) == SETS[kind]


def test_the_alternative_text_counts_the_sets():
    alt = sets.index_sets_alt()
    assert all(f"{kind.upper()}: {SETS[kind]} sets of {IMAGES.numel() // SETS[kind]} values" in alt for kind in KINDS)
    assert "GN: 6 sets of 8 values, each one 1 image × 2 channels" in alt


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_sets_hold_the_exact_statistics(kind):
    table = sets.sets_table(kind).replace("\u00a0", " ", regex=True)
    for row, shared in zip(table.to_dict("records"), shared_sets(kind), strict=True):
        values = [int(value) for value in row["values"].replace(";", ",").split(",")]
        assert sorted(values) == sorted(shared.members)
        for column, statistic in (("μ", np.mean(values)), ("σ²", np.var(values))):
            division, result = row[column].split(" = ")
            assert float(Fraction(result)) == pytest.approx(statistic)
            above, below = division.split("/")
            assert Fraction(above) / int(below) == Fraction(result)
        assert float(row["σ"]) == pytest.approx(np.std(values))


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_normalized_values_are_laid_out_like_the_images(kind):
    table = sets.normalized_table(kind)
    images, channels, height, _ = IMAGES.shape
    assert table["image, row"].tolist() == [f"{n + 1}, {row + 1}" for n in range(images) for row in range(height)]
    x_hat = normalize(IMAGES.double(), kind, eps=0.0)
    for channel in range(channels):
        cells = ",".join(table[f"channel {channel + 1}"]).replace("−", "-").split(",")
        shown = [float(Fraction(cell.strip())) for cell in cells]
        assert shown == pytest.approx(x_hat[:, channel].flatten().tolist())
