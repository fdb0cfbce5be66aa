"""What a figure shows."""

import re

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def text_boxes(figure):
    """(text, box in pixels) of every text that the figure shows."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    for axes in figure.axes:
        for text in [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]:
            if text.get_text():
                yield text.get_text(), Text.get_window_extent(text, canvas.get_renderer())  # without its leader


def without_numbers(text):
    """Markdown without the folded numbers behind its figures."""
    return re.sub(r"^::: \{\.content-visible .*?^:::$", "", text, flags=re.DOTALL | re.MULTILINE)
