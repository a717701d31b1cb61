"""The picture of the playground: the data as the map bends them, and the estimates below."""

from __future__ import annotations

__all__ = ["playground"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.bounds import bounds
from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.palette import assign, style_of
from mi_explorer.studies.playground import SAMPLE_ESTIMATORS, PlaygroundSnapshot
from mi_explorer.verdicts import UNITS


def playground(snapshot: PlaygroundSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """A small scatter plot for every strength, and below it every estimator's mean with its spread over replicates."""
    scale, (text, quiet) = UNITS[unit], ink(dark)
    study = snapshot.study
    columns = study.strength + 1
    figure, _ = new_figure(width=4.4 if narrow else 8, height=5 if narrow else 5.6, dark=dark, rows=0)
    grid = figure.add_gridspec(2, columns, height_ratios=(1, 3.4))
    for standing in snapshot.standings:
        small = figure.add_subplot(grid[0, standing.strength])
        small.set_facecolor(figure.get_facecolor())
        small.scatter(standing.x, standing.y, s=2, alpha=0.5, linewidths=0, color=style_of(0).matplotlib(dark)["color"])
        small.set(xticks=[], yticks=[])
        small.spines[:].set_color(quiet)
    axis = figure.add_subplot(grid[1, :])
    axis.set_facecolor(figure.get_facecolor())
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(quiet)
    axis.tick_params(colors=text, color=quiet)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.axhline(study.mi / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="true MI")
    looks = assign(study.estimators, bounds)
    top = 1.5 * max(study.mi, 0.3) / scale
    for name in study.estimators:
        strengths, means, spread = snapshot.curve(name)
        style = style_of(looks[name]).matplotlib(dark)
        label = SAMPLE_ESTIMATORS.get(name) or bounds[name].name
        axis.plot(strengths, means / scale, linewidth=1.8, marker="o", markersize=4, label=label, **style)
        axis.fill_between(strengths, (means - spread) / scale, (means + spread) / scale, color=style["color"], alpha=0.16, linewidth=0)
    axis.set_xlim(-0.5, study.strength + 0.5)
    axis.set_xticks(np.arange(columns))
    axis.set_ylim(-0.12 * top, top)  # an estimate that ran away must not squeeze the others
    axis.set_xlabel("how often the map is applied", color=text)
    axis.set_ylabel(f"estimate ({unit})", color=text)
    words(figure.legend(loc="outside upper left", ncols=2 if narrow else 4, fontsize=8, frameon=False, handlelength=3), dark)
    sign(figure, study, dark)
    return figure
