"""The picture of a linear VAE on the rate-distortion curve, and of the water that fills the variances of its data."""

from __future__ import annotations

__all__ = ["rate_distortion"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.rate_distortion import RateDistortionSnapshot, water_filling
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS


def rate_distortion(snapshot: RateDistortionSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: information against distortion, Shannon's curve, the chosen VAE with the way that it came, and its fellows.
    Right: every direction's variance, the water level beta, and the distortion that the chosen VAE leaves."""
    shape = {"rows": 2, "width": 4.4, "height": 7} if narrow else {"columns": 2, "width": 8, "height": 4.2}
    figure, (curve, water) = new_figure(dark=dark, **shape)
    plane(curve, snapshot, unit, dark)
    filling(water, snapshot, dark)
    sign(figure, snapshot.study, dark)
    return figure


def plane(axis, snapshot: RateDistortionSnapshot, unit: str, dark: bool) -> None:
    study, scale, (text, quiet) = snapshot.study, UNITS[unit], ink(dark)
    chosen, others = (style_of(look).matplotlib(dark)["color"] for look in (1, 0))
    levels = np.geomspace(0.15, study.variances.max(), 200)
    best = [water_filling(study.variances, level) for level in levels]
    axis.grid(color=quiet, linewidth=0.6)
    axis.plot(
        [distortions.sum() for distortions, _ in best], [rate / scale for _, rate in best], color=text, linestyle=(0, (5, 3)), linewidth=1.6,
        label="the least possible (Shannon)", zorder=3,
    )
    distortion, information = snapshot.distortions.sum(-1), snapshot.information / scale
    axis.scatter(distortion[1:], information[1:], s=26, color=others, label="linear VAEs at other β", zorder=4)
    axis.plot(snapshot.path[:, 0], snapshot.path[:, 1] / scale, color=chosen, linewidth=1.3, alpha=0.8, zorder=4)
    axis.scatter(distortion[:1], information[:1], s=80, color=chosen, edgecolor=text, label=f"yours, β = {study.beta:g}", zorder=5)
    whole = study.variances.sum()
    axis.set_xlim(0, 1.12 * whole)
    axis.set_ylim(0, max(1.1 * best[0][1], 1.1 * information[0] * scale if snapshot.done == 1 else 0) / scale)
    axis.set_xlabel("squared error D (all directions)")
    axis.set_ylabel(f"I(x; z) ({unit})")
    words(axis.legend(fontsize=8, frameon=False, loc="upper right"), dark)


def filling(axis, snapshot: RateDistortionSnapshot, dark: bool) -> None:
    study, (text, quiet) = snapshot.study, ink(dark)
    chosen, sea = (style_of(look).matplotlib(dark)["color"] for look in (1, 5))
    place, theory = np.arange(1, len(study.variances) + 1), study.theory(study.beta)[0]
    axis.bar(place, study.variances, width=0.72, facecolor="none", edgecolor=text, linewidth=1.2, label="variance $\\lambda_i$")
    known = "theory: min($\\lambda_i$, β)" if study.units >= len(place) else "theory for these units"
    axis.bar(place, theory, width=0.72, color=sea, alpha=0.35, linewidth=0, label=known)
    axis.scatter(place, snapshot.distortions[0], s=34, color=chosen, zorder=4, label="error left by the VAE")
    axis.axhline(study.beta, color=sea, linestyle=(0, (5, 3)), linewidth=1.4, zorder=3)
    axis.set_yscale("log")
    axis.tick_params(which="minor", color=quiet)
    axis.set_ylim(0.6 * study.variances.min(), 12 * max(study.variances.max(), study.beta))
    axis.annotate(
        "water level β", (len(place) + 0.45, study.beta), ha="right", va="bottom", fontsize=8, color=text, xytext=(0, 2), textcoords="offset points",
    )
    axis.set_xticks(place)
    axis.set_xlabel("direction of the data")
    axis.set_ylabel("squared error")
    words(axis.legend(fontsize=8, frameon=False, loc="upper right"), dark)
