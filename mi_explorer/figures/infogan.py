"""The picture of two GANs on the same modes: their samples by code, and how many modes and nats they have come to."""

from __future__ import annotations

__all__ = ["infogan"]

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.infogan import NEAR, RIVALS, InfoGANSnapshot, Standing, modes_of
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS

LOOKS = {"rival": 0, "info": 1}


def infogan(snapshot: InfoGANSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Above: samples of the first seed, each code a colour, over the target's modes. Below: modes covered and I(code; mode), mean
    and range over seeds."""
    figure, axes = new_figure(columns=2, rows=2, width=4.4 if narrow else 8, height=5.6 if narrow else 6.6, dark=dark)
    names = {"rival": RIVALS[snapshot.study.rival], "info": f"InfoGAN, λ = {snapshot.study.weight:g}"}
    for axis, arm in zip(axes, names):
        cloud(axis, snapshot, getattr(snapshot, arm)[-1], names[arm], dark)
    curves(axes[2], snapshot, "covered", 1.0, snapshot.modes, "all modes", names, dark)
    axes[2].set_ylabel("modes covered")
    curves(axes[3], snapshot, "information", UNITS[unit], snapshot.ceiling / UNITS[unit], "log K", names, dark)
    axes[3].set_ylabel(f"I(code; mode) ({unit})")
    handles, labels = axes[2].get_legend_handles_labels()
    words(figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=8, frameon=False), dark)
    sign(figure, snapshot.study, dark)
    return figure


def cloud(axis, snapshot: InfoGANSnapshot, look: Standing, name: str, dark: bool) -> None:
    from matplotlib.patches import Circle

    text, quiet = ink(dark)
    study, modes = snapshot.study, modes_of(snapshot.study.target)
    for mode in modes:
        axis.add_patch(Circle(mode, max(NEAR * study.sigma, 0.08), facecolor=quiet, edgecolor="none", zorder=1))
    hues = colormaps["turbo"](0.05 + 0.9 * look.codes / max(study.codes - 1, 1))
    axis.scatter(look.points[:, 0], look.points[:, 1], s=5, c=hues, linewidths=0, zorder=2)
    edge = 1.35 * abs(modes).max()
    axis.set(xlim=(-edge, edge), ylim=(-edge, edge), xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set_visible(True)
    axis.spines[:].set_color(quiet)
    axis.set_title(f"{name}\n{look.covered[0]} of {len(modes)} modes, {100 * look.quality[0]:.0f} % good", fontsize=8, color=text)


def curves(axis, snapshot: InfoGANSnapshot, fact: str, scale: float, top: float, known: str, names: dict[str, str], dark: bool) -> None:
    text, quiet = ink(dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.axhline(top, color=text, linestyle=(0, (5, 3)), linewidth=1.4)
    axis.annotate(known, (0.99, top), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8, color=text)
    for arm, look in LOOKS.items():
        values = np.array([getattr(standing, fact) for standing in getattr(snapshot, arm)]) / scale
        style = style_of(look).matplotlib(dark)
        axis.plot(snapshot.steps, values.mean(1), linewidth=1.8, label=names[arm], **style)
        axis.fill_between(snapshot.steps, values.min(1), values.max(1), color=style["color"], alpha=0.18, linewidth=0)
    axis.set_xlim(0, snapshot.study.steps)
    axis.set_ylim(0, 1.18 * top)
    axis.set_xlabel("training step")
