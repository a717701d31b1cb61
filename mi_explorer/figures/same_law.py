"""The picture of four cases: do x and y have the same law, are they dependent, and what MI and KL say."""

from __future__ import annotations

__all__ = ["NAMES", "same_law"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, cloud, colour
from mi_explorer.objectives.same_law import SameLawSnapshot
from mi_explorer.verdicts import UNITS, format_mi

NAMES = ("same law,\nindependent", "same law,\ndependent", "shifted,\nindependent", "shifted,\ndependent")
MARKS = ("o", "s")


def same_law(snapshot: SameLawSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: some pairs of every case. Right: exact MI and KL as thick strokes, and every learned critic as a point."""
    study, (text, quiet), scale = snapshot.study, ink(dark), UNITS[unit]
    figure, _ = new_figure(width=4.4 if narrow else 8, height=7 if narrow else 4.6, dark=dark, rows=0)
    grid = figure.add_gridspec(2, 1, height_ratios=(1, 1)) if narrow else figure.add_gridspec(1, 2, width_ratios=(1, 1.25))
    squares = grid[0].subgridspec(2, 2)
    shake = 0.3 if study.relation == "copy" else 0.0  # or points hide each other
    shake = np.random.default_rng(0).uniform(-shake, shake, (2, *snapshot.x.shape))
    reach = 3.6 + study.shift
    for case, name in enumerate(NAMES):
        axis = cloud(
            figure, squares[case // 2, case % 2], snapshot.x[case] + shake[0, case], snapshot.y[case] + shake[1, case], dark,
            name.replace("\n", " "),
        )
        axis.set(xlim=(-3.6, 3.6), ylim=(-3.6, reach))
        axis.axhline(0, color=quiet, linewidth=0.8, zorder=0)
    axis = chart(figure, grid[1], dark)
    axis.grid(False)
    axis.grid(axis="x", color=quiet, linewidth=0.6)
    truths, latest = study.truths() / scale, snapshot.latest / scale
    low, high = -0.1 / scale, 1.25 * max(truths.max(), 0.5)
    for place, name in enumerate(("MI: do they depend on each other?", "KL: do they have the same law?")):
        for case in range(len(NAMES)):
            row, values = case + (-0.19, 0.19)[place], latest[case, place]
            axis.plot([truths[case, place]] * 2, [row - 0.17, row + 0.17], color=text, linewidth=3, solid_capstyle="butt", zorder=4)
            axis.barh(row, np.clip(values.mean(), 0, high), 0.3, color=colour(place, dark), alpha=0.3, linewidth=0)
            look = {"s": 16, "marker": MARKS[place], "color": colour(place, dark), "linewidths": 0, "zorder": 3}
            axis.scatter(values, np.full(study.seeds, row), label=name if case == 0 else None, **look)
            if values.min() < low:  # a critic that broke down must not squeeze the others
                lowest = format_mi(snapshot.latest[case, place].min(), unit, 0)
                axis.annotate(f"◂ down to {lowest}", (0.02 * high, row), va="center", fontsize=8.5, color=text)
    axis.plot([], [], color=text, linewidth=3, label="exact")
    axis.set_yticks(range(len(NAMES)), NAMES)
    axis.set_ylim(len(NAMES) - 0.5, -0.5)
    axis.set_xlim(low, high)
    axis.set_xlabel(unit)
    words(figure.legend(loc="outside upper left", ncols=1 if narrow else 3, fontsize=8.5, frameon=False), dark)
    sign(figure, study, dark)
    return figure
