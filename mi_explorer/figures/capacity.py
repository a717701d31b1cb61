"""The picture of a channel: what it does to a bit, what every input sends, and how the search comes near the capacity."""

from __future__ import annotations

__all__ = ["capacity"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.capacity import CapacitySnapshot
from mi_explorer.palette import CARD, style_of
from mi_explorer.verdicts import UNITS, format_mi

CURVE, SEARCH, PROOF = 0, 1, 2  # palette
FLOOR = 1e-17  # what is smaller is drawn there
ROUNDING = 1e-15
FEW = 80  # iterations that get a mark each


def capacity(snapshot: CapacitySnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Top: the channel, and the information over the input, with every input so far; below: what is missing, over iterations."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=8.6 if narrow else 6.2, dark=dark, rows=0)
    if narrow:
        grid = figure.add_gridspec(3, 1, height_ratios=(0.7, 1.15, 1))
        places = [grid[0, 0], grid[1, 0], grid[2, 0]]
    else:
        grid = figure.add_gridspec(2, 2, height_ratios=(1.25, 1), width_ratios=(1, 1.7))
        places = [grid[0, 0], grid[0, 1], grid[1, :]]
    axes = [figure.add_subplot(place) for place in places]
    text, quiet = ink(dark)
    for axis in axes:
        axis.set_facecolor(CARD[dark])
        axis.spines[["top", "right"]].set_visible(False)
        axis.spines[["left", "bottom"]].set_color(quiet)
        axis.tick_params(colors=text, color=quiet)
    diagram(axes[0], snapshot, dark)
    inputs(axes[1], snapshot, unit, dark)
    search(axes[2], snapshot, unit, dark, narrow)
    figure.get_layout_engine().set(h_pad=0.12)
    sign(figure, snapshot.study, dark)
    return figure


def diagram(axis, snapshot: CapacitySnapshot, dark: bool) -> None:
    """Lines from what is sent to what arrives, the thicker the more often."""
    text, _ = ink(dark)
    matrix = snapshot.study.matrix
    sent, places = ("0", "1"), (1.0, 0.0) if matrix.shape[1] == 2 else (1.0, 0.0, 0.5)
    arrives = ("0", "1", "lost")
    for x in range(2):
        for y, probability in enumerate(matrix[x]):
            if probability == 0:
                continue
            damaged = y != x
            colour = style_of(SEARCH if damaged else CURVE).matplotlib(dark)["color"]
            start, end = (0.0, 1.0 - x), (1.0, places[y])
            line = {"color": colour, "linewidth": 1 + 6 * probability, "alpha": 0.75, "zorder": 1}
            axis.plot([start[0], end[0]], [start[1], end[1]], solid_capstyle="round", **line)
            along = 0.3 if damaged else 0.62  # apart, where two lines cross
            at = [a + along * (b - a) for a, b in zip(start, end)]
            axis.text(
                *at, f"{probability:.3g}", ha="center", va="center", fontsize=8.5, color=text, zorder=3,
                bbox={"boxstyle": "round,pad=0.2", "fc": CARD[dark], "ec": "none", "alpha": 0.9},
            )
    node = {"ha": "center", "va": "center", "fontsize": 11, "fontweight": "bold", "color": text, "zorder": 4}
    ring = {"boxstyle": "circle,pad=0.35", "fc": CARD[dark], "ec": text, "lw": 1.4}
    for x, label in enumerate(sent):
        axis.text(0, 1.0 - x, label, bbox=ring, **node)
    for place, label in zip(places, arrives):
        axis.text(1, place, label, bbox={**ring, "boxstyle": "round,pad=0.4"} if len(label) > 1 else ring, **node)
    axis.text(0, 1.3, "sent: X", ha="center", fontsize=9, color=text)
    axis.text(1, 1.3, "arrives: Y", ha="center", fontsize=9, color=text)
    axis.set_xlim(-0.25, 1.25)
    axis.set_ylim(-0.25, 1.42)
    axis.axis("off")


def inputs(axis, snapshot: CapacitySnapshot, unit: str, dark: bool) -> None:
    (text, quiet), scale = ink(dark), UNITS[unit]
    study, truth = snapshot.study, snapshot.study.truth / UNITS[unit]
    p, mi = snapshot.curve
    colour, found = (style_of(look).matplotlib(dark)["color"] for look in (CURVE, SEARCH))
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.plot(p, mi / scale, color=colour, linewidth=2)
    axis.fill_between(p, mi / scale, color=colour, alpha=0.12, linewidth=0)
    axis.axhline(truth, color=text, linestyle=(0, (5, 3)), linewidth=1.6)
    few = len(snapshot.p) <= FEW
    axis.plot(snapshot.p, snapshot.mi / scale, color=found, marker="o" if few else "", markersize=5, linewidth=0 if few else 3, zorder=4)
    axis.plot(snapshot.p[0], snapshot.mi[0] / scale, color=text, marker="D", markersize=7, zorder=5)
    axis.annotate(
        f"capacity {format_mi(study.truth, unit, 3)}", (0.01, truth), ha="left", va="bottom", fontsize=9.5, fontweight="bold", color=text,
        xytext=(0, 3), textcoords="offset points",
    )
    left = snapshot.p[0] > 0.5
    axis.annotate(
        f"chosen input: {format_mi(snapshot.mi[0], unit, 3)}", (snapshot.p[0], snapshot.mi[0] / scale),
        ha="right" if left else "left", va="center", fontsize=9, color=text, xytext=(-9 if left else 9, -8), textcoords="offset points",
        bbox={"boxstyle": "round,pad=0.15", "fc": CARD[dark], "ec": "none", "alpha": 0.85}, zorder=6,
    )
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1.3 * truth if truth > 1e-9 else 0.05)
    axis.set_xlabel("how often a 1 is sent", color=text)
    axis.set_ylabel(f"I(X;Y), {unit} a symbol", color=text)


def search(axis, snapshot: CapacitySnapshot, unit: str, dark: bool, narrow: bool) -> None:
    (text, quiet), scale = ink(dark), UNITS[unit]
    order = np.arange(1, len(snapshot.p) + 1)
    missing = np.maximum(snapshot.study.truth - snapshot.mi, FLOOR) / scale
    proven = np.maximum(snapshot.most - snapshot.mi, FLOOR) / scale
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    for values, look, marker, label in (
        (proven, PROOF, "s", "proven without the formula: max D − I"), (missing, SEARCH, "o", "the formula's capacity − I"),
    ):
        mark = marker if len(order) <= FEW else ""
        axis.plot(order, values, marker=mark, markersize=4, linewidth=1.6, label=label, **style_of(look).matplotlib(dark))
    axis.axhspan(FLOOR / 10, ROUNDING, color=text, alpha=0.08, linewidth=0)
    axis.text(0.01, 0.03, "rounding errors", transform=axis.transAxes, ha="left", fontsize=8, color=text)
    axis.set_yscale("log")
    axis.set_ylim(FLOOR / 3, 10)
    if len(order) > 150:
        axis.set_xscale("log")
    axis.set_xlim(1 if len(order) > 150 else 0.5, max(len(order), 10) + 0.5)
    axis.set_xlabel("iteration (the first is the chosen input)", color=text)
    axis.set_ylabel(f"still missing ({unit})", color=text)
    above = {"loc": "lower left", "bbox_to_anchor": (0, 0.98), "borderaxespad": 0.2}
    words(axis.legend(fontsize=8.5, frameon=False, ncols=1 if narrow else 2, **above), dark)
