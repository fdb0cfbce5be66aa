"""The example's batch as a picture: outlines, colours, contrast."""

import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from norm_batches import KINDS

from normstudy.report.contrast import contrast
from normstudy.worked_example.definition import IMAGES, shared_sets
from normstudy.worked_example.normalized import normalized_values_figure
from normstudy.worked_example.sets import index_sets_figure


@pytest.mark.parametrize("draw", [index_sets_figure, normalized_values_figure])
def test_figures_outline_every_set_around_its_values(draw):
    figure = draw()
    for axes, kind in zip(figure.axes, KINDS, strict=False):
        patches = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        outlines = [patch for patch in patches if not patch.get_fill()]
        cells = [patch for patch in patches if patch.get_fill()]
        assert [patch.get_label() for patch in outlines] == [shared.name for shared in shared_sets(kind)]
        assert len(cells) == len(axes.texts) == IMAGES.numel()
        for outline, shared in zip(outlines, shared_sets(kind), strict=True):
            box = outline.get_bbox()
            inside = [label for label in axes.texts if box.contains(*label.get_position())]
            assert len(inside) == len(shared.members)
            if draw is index_sets_figure:
                assert sorted(int(label.get_text()) for label in inside) == sorted(shared.members)


@pytest.mark.parametrize("draw", [index_sets_figure, normalized_values_figure])
def test_numbers_can_be_read_on_their_colour(draw):
    for axes in draw().axes[:4]:
        cells = [patch for patch in axes.patches if patch.get_fill()]
        for cell, label in zip(cells, axes.texts, strict=True):
            assert contrast(cell.get_facecolor()[:3], to_rgb(label.get_color())) >= 4.5


def test_a_figure_of_three_panels_has_three_axes():
    assert len(index_sets_figure(("bn", "ln", "gn")).axes) == 3
