"""Axes of pictures that are made of unequal parts: charts, clouds of points and rows of small images."""

from __future__ import annotations

__all__ = ["chart", "cloud", "colour", "image_rows", "over_seeds", "plain_axis"]

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import dress, ink
from mi_explorer.palette import style_of


def colour(index: int, dark: bool) -> str:
    return style_of(index).matplotlib(dark)["color"]


def plain_axis(figure: Figure, place, dark: bool) -> Axes:
    """An axis at a place of a gridspec, with the look of those that ``new_figure`` makes."""
    axis = figure.add_subplot(place)
    dress(axis, dark)
    return axis


def chart(figure: Figure, place, dark: bool) -> Axes:
    """The same with smaller numbers and a quiet grid of horizontal lines."""
    axis = plain_axis(figure, place, dark)
    axis.tick_params(labelsize=9)
    axis.grid(axis="y", color=ink(dark)[1], linewidth=0.6)
    axis.set_axisbelow(True)
    return axis


def cloud(figure: Figure, place, x: np.ndarray, y: np.ndarray, dark: bool, title: str = "", colours=None) -> Axes:
    """A scatter plot without numbers."""
    axis = figure.add_subplot(place, facecolor=figure.get_facecolor())
    axis.scatter(x, y, s=4, alpha=0.6, linewidths=0, c=colour(0, dark) if colours is None else colours)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_color(ink(dark)[1])
    axis.set_title(title, fontsize=9, color=ink(dark)[0])
    return axis


def image_rows(figure: Figure, place, rows: list[tuple[str, np.ndarray]], shape: tuple[int, int], dark: bool) -> None:
    """Rows of small grey images with a name each; an image (pixels,) is drawn between its own darkest and lightest pixel."""
    count = len(rows[0][1])
    grid = place.subgridspec(2 * len(rows), count, height_ratios=(0.28, 1) * len(rows), hspace=0.02, wspace=0.04)
    for number, (name, images) in enumerate(rows):
        heading = figure.add_subplot(grid[2 * number, :])
        heading.axis("off")
        heading.text(0, 0.1, name, fontsize=9, color=ink(dark)[0], transform=heading.transAxes)
        for column, image in enumerate(images):
            axis = figure.add_subplot(grid[2 * number + 1, column])
            axis.imshow(image.reshape(shape), cmap="gray", interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            axis.set_anchor("NW")


def over_seeds(axis: Axes, at: np.ndarray, values: np.ndarray, look: int, label: str, dark: bool) -> None:
    """The mean of values (m, seeds) as a line, and their range around it."""
    style = style_of(look).matplotlib(dark)
    axis.plot(at, values.mean(-1), linewidth=2, marker="o", markersize=4, label=label, **style)
    axis.fill_between(at, values.min(-1), values.max(-1), color=style["color"], alpha=0.18, linewidth=0)
