"""What a figure shows."""

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
