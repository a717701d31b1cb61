"""The picture of clustered digits: the information and the accuracy while two networks learn, and what each of them puts together."""

from __future__ import annotations

__all__ = ["clustering"]

import math

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import dress, ink, new_figure, sign, words
from mi_explorer.objectives.clustering import ARMS, CLUSTERS, ClusteringSnapshot, accuracy, compare, renamed
from mi_explorer.palette import CARD, style_of
from mi_explorer.verdicts import UNITS

LOOKS = {"views": 0, "same": 1}
TITLES = {"views": "Put together: two views", "same": "Put together: the same twice"}
SAMPLES = 10  # pictures of a cluster that are shown


def clustering(snapshot: ClusteringSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """The mean over the trainings in bold and each of them faint; a row of digits for every cluster, those of another digit than the cluster's
    in the warm colour."""
    figure, _ = new_figure(width=4.4 if narrow else 9.2, height=8.4 if narrow else 5, dark=dark, rows=0)
    if narrow:
        grid = figure.add_gridspec(3, 2, height_ratios=(1, 1, 1.25))
        places = [grid[0, :], grid[1, :], grid[2, 0], grid[2, 1]]
    else:
        grid = figure.add_gridspec(2, 3, width_ratios=(1.1, 1, 1))
        places = [grid[0, 0], grid[1, 0], grid[:, 1], grid[:, 2]]
    axes = [figure.add_subplot(place) for place in places]
    for axis in axes:
        dress(axis, dark)
        axis.tick_params(labelsize=8)
    told, right, *clusters = axes
    text = ink(dark)[0]
    lines(told, snapshot, {name: arm.told for name, arm in snapshot.arms.items()}, 1 / UNITS[unit], dark)
    told.axhline(math.log(CLUSTERS) / UNITS[unit], color=text, linewidth=1, linestyle=":", label="log 10, the most there is")
    told.set_ylim(0, 1.1 * math.log(CLUSTERS) / UNITS[unit])
    told.set_ylabel(unit, fontsize=8)
    told.set_title("Information that is maximised", fontsize=9, color=text)
    tables = {name: [[accuracy(table) for table in line] for line in arm.tables] for name, arm in snapshot.arms.items()}
    lines(right, snapshot, tables, 100, dark)
    if snapshot.means is not None:
        right.axhline(100 * accuracy(snapshot.means), color=text, linewidth=1.2, linestyle=(0, (5, 3)), label="k-means")
    right.set_ylim(0, 104)
    right.set_xlabel("training step", fontsize=8)
    right.set_ylabel("%", fontsize=8)
    right.set_title("Digits in the right cluster", fontsize=9, color=text)
    handles = {label: handle for axis in (told, right) for handle, label in zip(*axis.get_legend_handles_labels())}
    look = {"ncols": 2 if narrow else 4, "fontsize": 8, "frameon": False, "handlelength": 3}
    words(figure.legend(handles.values(), handles, loc="outside upper left", **look), dark)
    for axis, name in zip(clusters, ARMS):
        together(axis, snapshot, name, dark)
    sign(figure, snapshot.study, dark)
    return figure


def lines(axis, snapshot: ClusteringSnapshot, values: dict, scale: float, dark: bool) -> None:
    axis.grid(axis="y", color=ink(dark)[1], linewidth=0.6)
    for name, trainings in values.items():
        style = style_of(LOOKS[name]).matplotlib(dark)
        for one in trainings:
            axis.plot(snapshot.looks[: len(one)], scale * np.array(one), color=style["color"], linewidth=0.8, alpha=0.4)
        reach = max(map(len, trainings), default=0)
        mean = [np.mean([one[look] for one in trainings if len(one) > look]) for look in range(reach)]
        axis.plot(snapshot.looks[:reach], scale * np.array(mean), linewidth=2, label=ARMS[name], **style)
    axis.set_xlim(0, snapshot.looks[-1])


def together(axis, snapshot: ClusteringSnapshot, name: str, dark: bool) -> None:
    """A row for every cluster, in the order of the digits that they are named after."""
    clusters, text = snapshot.arms[name].clusters, ink(dark)[0]
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    axis.set_title(TITLES[name], fontsize=9, color=text)
    paper, usual, other = (np.array(to_rgb(colour)) for colour in (CARD[dark], text, style_of(1).matplotlib(dark)["color"]))
    sheet = np.ones((CLUSTERS * 9, SAMPLES * 9, 3)) * paper
    if clusters is not None:
        digit_of = renamed(compare(clusters, snapshot.digits))
        for cluster, digit in enumerate(digit_of):
            for column, picture in enumerate(np.flatnonzero(clusters == cluster)[:SAMPLES]):
                colour = usual if snapshot.digits[picture] == digit else other
                ink_there = snapshot.pictures[picture][..., None]
                sheet[9 * digit:9 * digit + 8, 9 * column:9 * column + 8] = (1 - ink_there) * paper + ink_there * colour
        axis.set_yticks(9 * np.arange(CLUSTERS) + 3.5, range(CLUSTERS))
        axis.tick_params(length=0)
    axis.imshow(sheet, interpolation="nearest")
