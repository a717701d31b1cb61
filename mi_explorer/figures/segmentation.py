"""The picture of a segmentation: the picture and its mask, three ways to cut it, the greys of both sides, and every picture's score."""

from __future__ import annotations

__all__ = ["segmentation"]

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import dress, ink, new_figure, sign, words
from mi_explorer.objectives.scenes import SIDE
from mi_explorer.objectives.segmentation import METHODS, SegmentationSnapshot
from mi_explorer.palette import CARD, style_of

SHORT = {"otsu": "Otsu", "region": "Region MI", "pairs": "Pairs (IIC)"}
LOOKS = {"otsu": 1, "region": 0, "pairs": 2}
MARKS = {"otsu": "s", "region": "o", "pairs": "^"}


def segmentation(snapshot: SegmentationSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Above: picture, true mask and the labels that each method has found, with their intersection over union. Below: the greys
    of the shape and of the ground, and the scores of all pictures so far."""
    figure, _ = new_figure(width=4.4 if narrow else 9.2, height=8.6 if narrow else 5, dark=dark, rows=0)
    rows, columns = (4, 6) if narrow else (2, 10)
    grid = figure.add_gridspec(rows, columns, height_ratios=(1, 1, 0.9, 0.9) if narrow else (1, 1.1))
    if narrow:
        places = [grid[0, :3], grid[0, 3:], grid[1, :2], grid[1, 2:4], grid[1, 4:], grid[2, :], grid[3, :]]
    else:
        places = [*(grid[0, 2 * column:2 * column + 2] for column in range(5)), grid[1, :5], grid[1, 5:]]
    axes = [figure.add_subplot(place) for place in places]
    for axis in axes:
        dress(axis, dark)
        axis.tick_params(labelsize=8)
    picture, truth, *cuts, greys, scores = axes
    show(picture, snapshot.picture, "Picture", dark, cmap="gray", vmin=-0.1, vmax=1.1)
    show(truth, snapshot.mask, "Truth", dark, cmap=ListedColormap([CARD[dark], ink(dark)[0]]))
    for axis, name in zip(cuts, METHODS):
        if name in snapshot.labels:
            score = f"{SHORT[name]}: {snapshot.overlap(name):.2f}"
            show(axis, aligned(snapshot.labels[name], snapshot.mask), score, dark, cmap=two(LOOKS[name], dark))
        else:
            show(axis, np.zeros((SIDE, SIDE), bool), f"{SHORT[name]}: …", dark, cmap=two(LOOKS[name], dark))
    histograms(greys, snapshot, dark)
    dots(scores, snapshot, dark)
    sign(figure, snapshot.study, dark)
    return figure


def show(axis, values: np.ndarray, title: str, dark: bool, **look) -> None:
    axis.imshow(values, interpolation="nearest", **({"vmin": 0, "vmax": 1} | look))
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(True)
    axis.spines[:].set_color(ink(dark)[1])
    axis.set_title(title, fontsize=9, color=ink(dark)[0])


def two(look: int, dark: bool) -> ListedColormap:
    return ListedColormap([CARD[dark], style_of(look).matplotlib(dark)["color"]])


def aligned(labels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Labels have no names: those that fit the mask worse are exchanged."""
    return labels if (labels == mask).mean() >= 0.5 else ~labels


def histograms(axis, snapshot: SegmentationSnapshot, dark: bool) -> None:
    edges = np.linspace(*np.percentile(snapshot.picture, (0.1, 99.9)), 33)
    for inside, look, label in ((True, 3, "on the shape"), (False, 5, "on the ground")):
        greys, colour = snapshot.picture[snapshot.mask == inside], style_of(look).matplotlib(dark)["color"]
        axis.hist(greys, edges, density=True, color=colour, alpha=0.45, label=label)
        axis.hist(greys, edges, density=True, color=colour, histtype="step", linewidth=1.4)
    axis.set_yticks([])
    axis.set_ylim(top=1.25 * axis.get_ylim()[1])
    axis.set_xlabel("grey", fontsize=8)
    axis.set_title("The greys of both sides", fontsize=9, color=ink(dark)[0])
    words(axis.legend(fontsize=8, frameon=False, loc="upper left", ncols=2), dark)


def dots(axis, snapshot: SegmentationSnapshot, dark: bool) -> None:
    text, quiet = ink(dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.axhline(1 / 3, color=text, linewidth=1, linestyle=":")
    axis.annotate("blind guesses", (2.48, 1 / 3), ha="right", va="bottom", fontsize=7.5, color=text, xytext=(0, 2), textcoords="offset points")
    for place, (name, found) in enumerate(snapshot.scores.items()):
        spread = np.linspace(-0.2, 0.2, len(found)) if len(found) > 1 else np.zeros(len(found))
        axis.scatter(place + spread, found, s=22, marker=MARKS[name], alpha=0.9, linewidths=0, color=style_of(LOOKS[name]).matplotlib(dark)["color"])
    axis.set_ylim(0, 1.05)
    axis.set_xlim(-0.5, len(METHODS) - 0.5)
    axis.set_xticks(range(len(METHODS)), [SHORT[name] for name in METHODS], fontsize=9)
    axis.set_title("Overlap with the truth (IoU), every picture", fontsize=9, color=text)
