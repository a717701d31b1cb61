"""The picture of four relations of equal information, and of what noise does to it."""

from __future__ import annotations

__all__ = ["not_linear"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, cloud, colour
from mi_explorer.objectives.not_linear import FORMULAS, NOISES, RELATIONS, NotLinearSnapshot
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS, format_mi


def not_linear(snapshot: NotLinearSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: clouds of equal information with their correlations. Right: exact information against noise, and KSG on one curve."""
    study, text, scale = snapshot.study, ink(dark)[0], UNITS[unit]
    figure, _ = new_figure(width=4.4 if narrow else 8, height=7.4 if narrow else 4.6, dark=dark, rows=0)
    grid = figure.add_gridspec(2, 1, height_ratios=(1.2, 1)) if narrow else figure.add_gridspec(1, 2, width_ratios=(1, 1.2))
    squares = grid[0].subgridspec(2, 2)
    for place, shown in enumerate(snapshot.clouds):
        r = f"{shown.correlation:.2f}".replace("-", "−")
        title = f"{FORMULAS[shown.relation]} + {shown.noise:.2f} n: r = {r if float(shown.correlation) > 0.005 else '0'}"
        axis = cloud(figure, squares[place // 2, place % 2], shown.x, shown.y, dark, title, colour(place, dark))
        axis.set_xlim(-3.2, 3.2)
    axis = chart(figure, grid[1], dark)
    axis.axhline(study.mi / scale, color=text, linewidth=1.2, linestyle=(0, (5, 3)))
    axis.annotate(
        f"{format_mi(study.mi, unit)} {unit}: the clouds", (NOISES[-1], study.mi / scale), ha="right", fontsize=8.5, color=text,
        xytext=(0, 4), textcoords="offset points",
    )
    for place, name in enumerate(RELATIONS):
        if name in snapshot.curves:
            style = style_of(place).matplotlib(dark)
            axis.plot(NOISES, snapshot.curves[name] / scale, linewidth=1.8, label=f"{FORMULAS[name]}, exact", **style)
    for place, shown in enumerate(snapshot.clouds):
        axis.plot(shown.noise, study.mi / scale, "o", markersize=7, color=colour(place, dark), markeredgecolor=text)
    if snapshot.measured:
        at, values = np.array(list(snapshot.measured)), [v / scale for v in snapshot.measured.values()]
        spread = [v.std(ddof=1) if len(v) > 1 else 0.0 for v in values]
        axis.errorbar(
            at, [v.mean() for v in values], yerr=spread, fmt="D", markersize=5, capsize=3, color=text, zorder=5,
            label=f"KSG 1 on samples of {FORMULAS[study.relation]}",
        )
    axis.set_xscale("log")
    axis.set_xticks([0.05, 0.1, 0.3, 1, 3], ["0.05", "0.1", "0.3", "1", "3"])
    axis.minorticks_off()
    axis.set_ylim(0, 3.1 / scale)
    axis.set_xlabel("noise s in y = g(x) + s n")
    axis.set_ylabel(f"I(X; Y) ({unit})")
    if snapshot.curves:
        words(axis.legend(fontsize=8.5, frameon=False, loc="upper right"), dark)
    sign(figure, study, dark)
    return figure
