"""The picture of a variance microscope: where the mean of e^f comes from, and how it scatters."""

from __future__ import annotations

__all__ = ["microscope"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.palette import style_of
from mi_explorer.studies.microscope import MicroscopeSnapshot
from mi_explorer.verdicts import UNITS

FLOOR = -15.0  # nats: e^f of pairs below is nothing; they are drawn at the edge


def microscope(snapshot: MicroscopeSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: histogram of f over independent pairs, by their number and by what they contribute to the sum of e^f. Right:
    the averages of e^f, which should all be 1, and the standard deviation that theory gives them."""
    shape = {"rows": 2, "width": 4.4, "height": 6} if narrow else {"columns": 2, "width": 8, "height": 4.2}
    figure, (pairs, averages) = new_figure(dark=dark, **shape)
    contributions(pairs, snapshot, unit, dark)
    scatter(averages, snapshot, dark)
    sign(figure, snapshot.study, dark)
    return figure


def contributions(axis, snapshot: MicroscopeSnapshot, unit: str, dark: bool) -> None:
    scale, text = UNITS[unit], ink(dark)[0]
    low = max(FLOOR, np.where(np.isfinite(snapshot.sample), snapshot.sample, FLOOR).min())
    f = np.maximum(snapshot.sample, low) / scale
    edges = np.linspace(low / scale - 0.3, max(f.max(), 0.0) + 0.3, 36)
    weight = np.exp(snapshot.sample)
    many, few = (style_of(look).matplotlib(dark)["color"] for look in (0, 1))
    axis.hist(f, edges, weights=np.full(len(f), 100 / len(f)), color=many, alpha=0.75, label="of the pairs")
    if weight.sum():
        axis.hist(
            f, edges, weights=100 * weight / weight.sum(), histtype="stepfilled", color=few, alpha=0.55, hatch="////", edgecolor=few,
            label="of the sum of $e^f$",
        )
        axis.axvline(f.max(), color=text, linewidth=0.9, linestyle=":")
        axis.annotate(
            f"largest pair: {100 * snapshot.largest[0]:.0f} %", (f.max(), 0.96), xycoords=("data", "axes fraction"), ha="right", va="top",
            fontsize=8, color=text, xytext=(-4, 0), textcoords="offset points",
        )
    edge = f"; below {FLOOR / scale:.0f}: at the edge" if (snapshot.sample < FLOOR).any() else ""
    axis.set_xlabel(f"f of a pair of strangers ({unit}{edge})")
    axis.set_ylabel("share in %")
    axis.set_ylim(top=1.25 * axis.get_ylim()[1])
    words(axis.legend(fontsize=8, frameon=False, loc="upper left"), dark)


def scatter(axis, snapshot: MicroscopeSnapshot, dark: bool) -> None:
    study, (text, quiet) = snapshot.study, ink(dark)
    order = np.arange(1, len(snapshot.means) + 1)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.scatter(order, snapshot.means, s=8, color=style_of(0).matplotlib(dark)["color"], alpha=0.7, linewidths=0, zorder=3)
    sd, least = study.predicted_variance() ** 0.5, study.least_variance() ** 0.5
    axis.axhspan(1 - sd, 1 + sd, color=text, alpha=0.09, linewidth=0, label="± 1 standard deviation, exact")
    axis.axhline(1, color=text, linestyle=(0, (5, 3)), linewidth=1.4, label="what it should be: 1")
    for side in (-1, 1):
        axis.axhline(1 + side * least, color=text, linestyle=":", linewidth=1, label="the least for any problem" if side > 0 else None)
    axis.set_xlim(0, study.repeats + 1)
    far = max(1.0, *np.percentile(snapshot.means, [99]), 1 + min(sd, 3))
    axis.set_ylim(min(0.0, 1 - min(sd, 1)), 1.5 * far)
    axis.set_xlabel(f"average number (each over {study.pairs:,} pairs)")
    axis.set_ylabel("mean of $e^f$")
    words(axis.legend(fontsize=8, frameon=False, loc="upper right"), dark)
