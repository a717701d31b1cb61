"""An axis in a grid of one's own."""

from __future__ import annotations

__all__ = ["plain_axis"]

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from mi_explorer.figures.canvas import ink


def plain_axis(figure: Figure, place: SubplotSpec, dark: bool) -> Axes:
    """An axis at a place of a grid, with the look of those that ``new_figure`` makes."""
    text, quiet = ink(dark)
    axis = figure.add_subplot(place)
    axis.set_facecolor(figure.get_facecolor())
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(quiet)
    axis.tick_params(colors=text, color=quiet)
    axis.xaxis.label.set_color(text)
    axis.yaxis.label.set_color(text)
    return axis
