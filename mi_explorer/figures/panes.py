"""Axes of pictures that are made of unequal parts: charts, clouds of points and rows of small images."""

from __future__ import annotations

__all__ = ["chart", "cloud", "colour", "image_rows", "mosaic", "over_seeds", "plain_axis"]

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
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
    for spot, (name, images) in zip(place.subgridspec(len(rows), 1), rows):
        low, high = images.min(1, keepdims=True), images.max(1, keepdims=True)
        grey = ((images - low) / np.maximum(high - low, 1e-12)).reshape(-1, *shape, 1).repeat(3, -1)
        axis = figure.add_subplot(spot)
        axis.imshow(mosaic([grey], to_rgb(figure.get_facecolor()), gap=1), interpolation="nearest")
        axis.set_axis_off()
        axis.set_anchor("NW")
        axis.set_title(name, fontsize=9, loc="left", pad=3, color=ink(dark)[0])


def mosaic(rows: list[np.ndarray], paper: tuple[float, float, float], gap: int = 2) -> np.ndarray:
    """Rows of equally many pictures, (n, height, width, 3) each, as one picture on ``paper``."""
    height, width = rows[0].shape[1:3]
    whole = np.empty((len(rows) * (height + gap) - gap, len(rows[0]) * (width + gap) - gap, 3))
    whole[:] = paper
    for down, pictures in enumerate(rows):
        for right, picture in enumerate(pictures):
            whole[down * (height + gap) :, right * (width + gap) :][:height, :width] = picture
    return whole.clip(0, 1)


def over_seeds(axis: Axes, at: np.ndarray, values: np.ndarray, look: int, label: str, dark: bool) -> None:
    """The mean of values (m, seeds) as a line, and their range around it."""
    style = style_of(look).matplotlib(dark)
    axis.plot(at, values.mean(-1), linewidth=2, marker="o", markersize=4, label=label, **style)
    axis.fill_between(at, values.min(-1), values.max(-1), color=style["color"], alpha=0.18, linewidth=0)
