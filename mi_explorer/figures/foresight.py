"""The picture of a foresight: what there is to predict at every noise, what was learned of it, and what the code knows."""

from __future__ import annotations

__all__ = ["foresight"]

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.foresight import ForesightSnapshot
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS


def foresight(snapshot: ForesightSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: I(past; future) over the noise, exact, and the contrastive bound. Right: R² to the hidden state, of the Kalman filter, of the
    code and of the same network before its training."""
    shape = {"rows": 2, "width": 4.4, "height": 6.4} if narrow else {"columns": 2, "width": 8, "height": 4.2}
    figure, (left, right) = new_figure(dark=dark, **shape)
    study, scale, (text, quiet) = snapshot.study, UNITS[unit], ink(dark)
    learned, before = (style_of(look).matplotlib(dark)["color"] for look in (0, 1))
    grid = np.geomspace(study.quietest / 2, study.loudest * 2, 40)
    swings = [study.swing(noise) for noise in grid]
    known = {"color": text, "linestyle": (0, (5, 3)), "linewidth": 1.6}
    dots = {"linestyle": "none", "markersize": 8, "clip_on": False, "zorder": 3}
    left.plot(grid, [swing.mi / scale for swing in swings], label="exact", **known)
    left.plot(study.noises, np.maximum(snapshot.bound, 0) / scale, marker="o", color=learned, label="CPC (InfoNCE), fresh series", **dots)
    left.set_ylabel(f"I(past; future) ({unit})")
    left.set_ylim(0, 1.1 * swings[0].mi / scale)
    right.plot(grid, [swing.kalman_r2() for swing in swings], label="Kalman filter, exact", **known)
    open_dot = {"markerfacecolor": "none", "markeredgewidth": 1.8}
    right.plot(study.noises, np.maximum(snapshot.untrained, 0), marker="s", color=before, label="untrained network", **open_dot, **dots)
    right.plot(study.noises, np.maximum(snapshot.learned, 0), marker="o", color=learned, label="CPC code", **dots)
    right.set_ylabel("R² to the hidden state")
    right.set_ylim(0, 1.02)
    for axis in (left, right):
        axis.grid(axis="y", color=quiet, linewidth=0.6)
        axis.set_xscale("log")
        axis.set_xlim(grid[0], grid[-1])
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.tick_params(which="minor", color=quiet)
        axis.set_xlabel("observation noise (variance)")
    words(left.legend(fontsize=8, frameon=False, loc="upper right"), dark)
    words(right.legend(fontsize=8, frameon=False, loc="lower left"), dark)
    sign(figure, study, dark)
    return figure
