"""The picture of VAEs on digits: the nats in their codes, what a probe makes of them, and what their decoders draw."""

from __future__ import annotations

__all__ = ["digit_vae"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.sheets import show_sheet
from mi_explorer.objectives.digit_vae import DigitVAESnapshot
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS


def digit_vae(snapshot: DigitVAESnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Above: I_q(x; z) while it trains, mean and range over seeds, under log N. Below: digits that training never saw, rebuilt by each
    arm, and digits that its decoder makes of prior noise."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=5.8 if narrow else 6.6, dark=dark, rows=0)
    grid = figure.add_gridspec(2, 2, height_ratios=(1.7, 1) if narrow else (1.2, 1))
    axis = figure.add_subplot(grid[0, :], facecolor=figure.get_facecolor())
    nats(axis, snapshot, unit, dark)
    arms, look = snapshot.study.arms, snapshot.looks[-1]
    names = [arm.name.replace(", weight ", "\n" if narrow else " ") for arm in arms]
    rebuilt, dreamt = (figure.add_subplot(grid[1, column], facecolor=figure.get_facecolor()) for column in (0, 1))
    show_sheet(rebuilt, [look.originals, *look.rebuilt], "rebuilt", dark, ["the digits", *names], 7 if narrow else 8)
    show_sheet(dreamt, [look.originals[:0], *look.dreamt], "made of noise", dark)
    sign(figure, snapshot.study, dark)
    return figure


def nats(axis, snapshot: DigitVAESnapshot, unit: str, dark: bool) -> None:
    scale, (text, quiet) = UNITS[unit], ink(dark)
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(quiet)
    axis.tick_params(colors=text, color=quiet)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.axhline(snapshot.ceiling / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.4)
    axis.annotate("log N", (0.995, snapshot.ceiling / scale), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8, color=text)
    for index, arm in enumerate(snapshot.study.arms):
        values = np.array([look.information[index] for look in snapshot.looks]) / scale
        style = style_of(index).matplotlib(dark)
        axis.plot(snapshot.steps, values.mean(1), linewidth=1.8, label=arm.name, **style)
        axis.fill_between(snapshot.steps, values.min(1), values.max(1), color=style["color"], alpha=0.18, linewidth=0)
    axis.set_xlim(0, snapshot.study.steps)
    axis.set_ylim(-0.03 * snapshot.ceiling / scale, 1.12 * snapshot.ceiling / scale)
    axis.set_xlabel("training step", color=text)
    axis.set_ylabel(f"I(x; z) of the training images ({unit})", color=text, fontsize=9)
    words(axis.figure.legend(loc="outside upper center", ncols=2 if len(snapshot.study.arms) < 5 else 3, fontsize=8, frameon=False), dark)

