"""The picture of growing noise: the exact curve with KSG on it, and the exact staircase with the plug-in estimate on it."""

from __future__ import annotations

__all__ = ["noisier"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, cloud, colour
from mi_explorer.objectives.noisier import LEAST_NOISE, NoisierSnapshot, gaussian
from mi_explorer.verdicts import UNITS


def noisier(snapshot: NoisierSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: pairs at three strengths of noise, and information against noise. Right: information behind 1, 2, ... channels."""
    study, text, scale = snapshot.study, ink(dark)[0], UNITS[unit]
    figure, _ = new_figure(width=4.4 if narrow else 8, height=7.6 if narrow else 4.6, dark=dark, rows=0)
    grid = figure.add_gridspec(2, 1, height_ratios=(1.5, 1)) if narrow else figure.add_gridspec(1, 2, width_ratios=(1.2, 1))
    left = grid[0].subgridspec(2, 3, height_ratios=(1, 2.2))
    for column, point in enumerate((0, len(study.noises) // 2, len(study.noises) - 1)):
        cloud(figure, left[0, column], snapshot.clouds[0], snapshot.clouds[1 + point], dark, f"σ = {study.noises[point]:.2g}")
    curve = chart(figure, left[1, :], dark)
    fine = np.geomspace(LEAST_NOISE, study.noise, 200)
    curve.plot(fine, gaussian(fine) / scale, color=text, linewidth=1.8, label="exact")
    points(curve, study.noises, snapshot.ksg / scale, 0, "o", "KSG 1 on samples", dark)
    curve.set_xscale("log")
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 50) if t <= 1.05 * study.noise]
    curve.set_xticks(ticks, [f"{t:g}" for t in ticks])
    curve.minorticks_off()
    curve.set_ylim(0, 2.6 / scale)
    curve.set_xlabel("noise σ")
    curve.set_ylabel(f"I(X; X + noise) ({unit})")
    words(curve.legend(fontsize=8.5, frameon=False, loc="upper right"), dark)
    stairs, steps = chart(figure, grid[1], dark), np.arange(1, study.channels + 1)
    stairs.bar(steps, study.staircase() / scale, 0.7, facecolor="none", edgecolor=text, linewidth=1.6, label="exact")
    points(stairs, steps, snapshot.plugin / scale, 1, "D", "plug-in on samples", dark)
    stairs.set_xticks(steps[:: 1 + study.channels // 12])
    stairs.set_ylim(0, 1.15 * max(study.staircase()[0], 0.1) / scale)
    stairs.set_xlabel(f"channels in a row, each wrong {100 * study.error:.0f} % of the time")
    stairs.set_ylabel(f"I(bit; what arrives) ({unit})")
    words(stairs.legend(fontsize=8.5, frameon=False, loc="upper right"), dark)
    sign(figure, study, dark)
    return figure


def points(axis, at: np.ndarray, values: np.ndarray, look: int, mark: str, label: str, dark: bool) -> None:
    """Mean and range over samples, where any are known."""
    for place, (where, found) in enumerate(zip(at, values)):
        if len(found := found[np.isfinite(found)]):
            around = [[found.mean() - found.min()], [found.max() - found.mean()]]
            style = {"fmt": mark, "markersize": 5, "capsize": 3, "color": colour(look, dark), "zorder": 4}
            axis.errorbar([where], [found.mean()], yerr=around, label=label if place == 0 else None, **style)
