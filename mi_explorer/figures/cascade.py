"""The picture of a cascade: what is still known about X at every station, and how often the symbol is still the right one."""

from __future__ import annotations

__all__ = ["cascade"]

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.cascade import CascadeSnapshot
from mi_explorer.palette import CARD, style_of
from mi_explorer.verdicts import UNITS, format_mi, indexed

CHANNEL, STEP, RIGHT = 0, 1, 2  # palette


def cascade(snapshot: CascadeSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """A staircase that never rises, the stations to come in outline; below, the share of symbols that are still right."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=6 if narrow else 5.6, dark=dark, rows=0)
    grid = figure.add_gridspec(2, 1, height_ratios=(2.3, 1))
    stairs = figure.add_subplot(grid[0, 0])
    right = figure.add_subplot(grid[1, 0], sharex=stairs)
    (text, quiet), scale = ink(dark), UNITS[unit]
    stations = snapshot.stations
    for axis in (stairs, right):
        axis.set_facecolor(CARD[dark])
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.spines["bottom"].set_color(quiet)
        axis.tick_params(colors=text, color=quiet, length=0)
        axis.grid(axis="y", color=quiet, linewidth=0.6)
        axis.set_axisbelow(True)
    small = 7 if narrow and len(stations) > 7 else 9
    for place, one in enumerate(stations):
        reached, colour = place < snapshot.count, style_of(STEP if one.processed else CHANNEL).matplotlib(dark)["color"]
        bar(stairs, place, one.mi / scale, colour, reached, "////" if one.processed else "", dark)
        above = {"ha": "center", "va": "bottom", "fontsize": small, "color": text, "xytext": (0, 3), "textcoords": "offset points"}
        weight = "bold" if reached else "normal"
        stairs.annotate(format_mi(one.mi, unit, 3), (place, one.mi / scale), fontweight=weight, **above)
        bar(right, place, 100 * one.right, style_of(RIGHT).matplotlib(dark)["color"], reached, "", dark)
        right.annotate(f"{100 * one.right:.0f}", (place, 100 * one.right), **above)
    edges = [place - 0.5 for place in range(len(stations) + 1)]
    stairs.stairs([one.mi / scale for one in stations], edges, baseline=None, color=text, linewidth=1.4)
    stairs.set_ylim(0, 1.15 * max(stations[0].mi, 0.01) / scale)
    stairs.set_ylabel(f"I with X ({unit})", color=text)
    stairs.tick_params(labelbottom=False)
    right.set_ylim(0, 130)
    right.set_yticks([0, 50, 100])
    right.set_ylabel("right in %", color=text)
    right.set_xticks(range(len(stations)), [indexed(one.name) for one in stations], fontsize=small + 1)
    right.set_xlim(-0.6, len(stations) - 0.4)
    if snapshot.step:
        colours = [style_of(look).matplotlib(dark)["color"] for look in (CHANNEL, STEP)]
        marks = [Patch(color=colours[0], alpha=0.8), Patch(facecolor=colours[1], alpha=0.8, hatch="////", edgecolor=CARD[dark])]
        words(stairs.legend(marks, ["behind a channel", "behind the processing f"], fontsize=9, frameon=False, loc="upper right"), dark)
        right.get_xticklabels()[stations.index(snapshot.step[1])].set(color=colours[1], fontweight="bold")
    sign(figure, snapshot.study, dark)
    return figure


def bar(axis, place: int, height: float, colour: str, reached: bool, hatch: str, dark: bool) -> None:
    axis.bar(
        place, height, width=0.74, color=colour if reached else "none", alpha=0.8 if reached else 0.6, linewidth=0 if reached else 1,
        edgecolor=CARD[dark] if reached else colour, linestyle="-" if reached else (0, (2, 2)), hatch=hatch if reached else "",
    )
