"""Names of classes along the axes of a matrix, few or many, short or long."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from normstudy.report.pixels import cut

MOST_NUMBERED = 20
"""Classes of a matrix whose cells have room for a number."""

MOST_NAMED = 25
"""Classes that have room for a name along an edge; of more, those at equal distances are named."""

LONGEST = 16
"""Characters of a name."""


def name_classes(axes: Axes, names: Sequence[str], fontsize: float | None = None) -> None:
    """Write `names` along both axes of a matrix, upright ones where they are long."""
    step = -(-len(names) // MOST_NAMED)
    places = range(0, len(names), step)
    shown = [cut(names[place], LONGEST) for place in places]
    size = fontsize if len(names) <= MOST_NUMBERED else 6
    axes.set_xticks(places, shown, fontsize=size, rotation=0 if max(map(len, shown)) < 4 else 60)
    axes.set_yticks(places, shown, fontsize=size)
