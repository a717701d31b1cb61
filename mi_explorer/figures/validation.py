"""Pictures of the validation report: the staircase, KSG against a published curve, errors on the tasks."""

from __future__ import annotations

__all__ = ["published_curve", "staircase_figure", "task_errors"]

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.bounds import bounds
from mi_explorer.figures.canvas import ink, new_figure, words
from mi_explorer.palette import assign, style_of

if TYPE_CHECKING:
    import pandas as pd


def staircase_figure(table: pd.DataFrame, dark: bool = False) -> Figure:
    """Estimate against truth, level by level: one panel per problem and critic, one line per bound, ± one standard
    deviation of the single-batch estimates."""
    panels = list(table.groupby(["problem", "critic"], sort=False))
    figure, axes = new_figure(columns=len(panels), width=3.2 * len(panels), height=3.8, dark=dark)
    looks = assign(table.bound.unique(), bounds)
    for axis, ((problem, critic), part) in zip(axes, panels):
        axis.plot([0, 11], [0, 11], color=ink(dark)[0], linestyle=(0, (5, 3)), linewidth=1.2, label="truth")
        for key, curve in part.groupby("bound", sort=False):
            centre, spread = curve.truth - curve.bias, np.sqrt(curve.variance)
            axis.errorbar(curve.truth, centre, spread, label=bounds[key].name, linewidth=1.4, capsize=2, **style_of(looks[key]).matplotlib(dark))
        axis.set(xlim=(1, 11), ylim=(-1, 13), xlabel="true MI (nats)", title=f"{problem}, {critic}")
    axes[0].set_ylabel("estimate (nats)")
    handles, labels = axes[0].get_legend_handles_labels()
    words(figure.legend(handles, labels, loc="outside upper left", ncols=6, fontsize=8, frameon=False), dark)
    return figure


def published_curve(levels, published, means, by_dim: dict, dark: bool = False) -> Figure:
    """KSG's mean estimate against the true MI beside a published curve, and its curve in every dimension."""
    figure, (axis,) = new_figure(width=5.5, height=4, dark=dark)
    text, quiet = ink(dark)
    axis.plot(levels, levels, color=text, linestyle=(0, (5, 3)), linewidth=1.2, label="truth")
    axis.plot(levels, published, marker="o", markersize=4, label="published", **style_of(1).matplotlib(dark))
    axis.plot(levels, means, linewidth=1.8, label="ours, mean over dimensions", **style_of(0).matplotlib(dark))
    for dim, values in by_dim.items():
        axis.plot(levels, values, color=text, linewidth=0.7, alpha=0.6)
        axis.annotate(f"{dim} + {dim}-d", (levels[-1], values[-1]), fontsize=7, color=text)
    axis.set(xlabel="true MI (nats)", ylabel="KSG (nats)")
    words(axis.legend(fontsize=8, frameon=False), dark)
    return figure


def task_errors(errors: pd.DataFrame, truth: pd.Series, dark: bool = False) -> Figure:
    """A heat map of estimate minus truth: a task per row, a method per column; grey where there is no estimate."""
    text, quiet = ink(dark)
    figure, (axis,) = new_figure(width=2.5 + 0.62 * errors.shape[1] + 2.2, height=1.2 + 0.21 * len(errors), dark=dark)
    axis.set_facecolor(quiet)
    image = axis.pcolormesh(errors.to_numpy(), cmap="PuOr_r", vmin=-0.5, vmax=0.5, edgecolors="none")
    for (row, column), error in np.ndenumerate(errors.to_numpy()):
        if np.isfinite(error):
            strong = abs(error) > 0.35
            axis.text(column + 0.5, row + 0.5, f"{error:+.2f}", ha="center", va="center", fontsize=5.5, color="white" if strong else "#1b1f27")
    axis.set_yticks(np.arange(len(errors)) + 0.5, [f"{task}  ({truth[task]:.2f})" for task in errors.index], fontsize=6)
    axis.set_xticks(np.arange(errors.shape[1]) + 0.5, errors.columns, rotation=45, ha="right", fontsize=7)
    axis.invert_yaxis()
    bar = figure.colorbar(image, ax=axis, label="estimate − truth (nats)", extend="both", shrink=0.4)
    bar.ax.tick_params(colors=text)
    bar.ax.yaxis.label.set_color(text)
    return figure
