"""The picture of an ascent: estimates against the truth, beside the diagonal that they should follow."""

from __future__ import annotations

__all__ = ["ascent"]

import math

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.bounds import bounds
from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.palette import assign, style_of
from mi_explorer.studies.ascent import AscentSnapshot
from mi_explorer.verdicts import UNITS


def ascent(snapshot: AscentSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Mean of single-batch estimates, a band of one standard deviation over batches and replicates, the perfect critic as a
    thin line, log K, and the diagonal."""
    scale, (text, quiet) = UNITS[unit], ink(dark)
    study, stops = snapshot.study, snapshot.stops
    figure, (axis,) = new_figure(width=4.4 if narrow else 8, height=4.2 if narrow else 4.8, dark=dark)
    axis.grid(color=quiet, linewidth=0.6)
    top = study.top / scale
    axis.plot([0, top], [0, top], color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="truth")
    axis.axhline(math.log(study.batch_size) / scale, color=text, linestyle=":", linewidth=1.2, label="log K")
    truths = np.array([stop.truth for stop in stops]) / scale
    looks = assign(study.bounds, bounds)
    for index, name in enumerate(study.bounds):
        style = style_of(looks[name]).matplotlib(dark)
        mean = np.array([stop.learned[:, index].mean() for stop in stops]) / scale
        spread = np.array([stop.learned[:, index].std() for stop in stops]) / scale
        perfect = np.array([stop.perfect[:, index].mean() for stop in stops]) / scale
        axis.plot(truths, mean, linewidth=1.8, marker="o", markersize=3.5, label=bounds[name].name, **style)
        axis.fill_between(truths, mean - spread, mean + spread, color=style["color"], alpha=0.18, linewidth=0)
        axis.plot(truths, perfect, color=style["color"], linewidth=0.8, alpha=0.9)
    axis.plot([], [], color=text, linewidth=0.8, label="thin: perfect critic")
    axis.set_xlim(0, top)
    axis.set_ylim(-0.08 * top, 1.35 * top)  # an estimate that ran away must not squeeze the others
    axis.set_xlabel(f"true MI ({unit})")
    axis.set_ylabel(f"estimate on fresh samples ({unit})")
    legend = figure.legend(loc="outside upper left", ncols=2 if narrow else 4, fontsize=8, frameon=False, handlelength=3)
    words(legend, dark)
    sign(figure, study, dark)
    return figure
