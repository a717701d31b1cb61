"""The picture of momentum contrast: what the loss shows on its queue, beside what is there on fresh pictures."""

from __future__ import annotations

__all__ = ["ARM_NAMES", "momentum_queue"]

import math

from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.momentum_queue import ARMS, MomentumQueueSnapshot
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS

ARM_NAMES = {"momentum": "queue, momentum {m:g}", "none": "queue, momentum 0", "batch": "no queue"}


def momentum_queue(snapshot: MomentumQueueSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: what every arm's loss says while it trains. Right: the same encoders on fresh pictures, mean and range, with the exact optimum."""
    study, scale, (text, quiet) = snapshot.study, UNITS[unit], ink(dark)
    shape = {"rows": 2, "width": 4.4, "height": 6.6} if narrow else {"columns": 2, "width": 8, "height": 4.4}
    figure, axes = new_figure(dark=dark, **shape)
    top = 1.35 * max(study.best, 0.5) / scale
    for axis, values, title in zip(axes, (snapshot.shown, snapshot.fresh), ("what the loss shows", "on fresh pictures")):
        axis.grid(axis="y", color=quiet, linewidth=0.6)
        axis.axhline(study.best / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label=f"best possible among {study.queue:,} strangers")
        axis.axhline(math.log(study.batch_size) / scale, color=text, linestyle=":", linewidth=1.2, label=f"log B, B = {study.batch_size}")
        for arm, name in enumerate(ARMS):
            style = style_of(arm).matplotlib(dark)
            axis.plot(snapshot.steps, values[:, arm].mean(-1) / scale, linewidth=1.8, label=ARM_NAMES[name].format(m=study.momentum), **style)
            low, high = (getattr(values[:, arm], side)(-1) / scale for side in ("min", "max"))
            axis.fill_between(snapshot.steps, low, high, color=style["color"], alpha=0.16, linewidth=0)
        axis.set_title(title, fontsize=10)
        axis.set_xlim(0, study.steps)
        axis.set_ylim(-0.06 * top, top)
        axis.set_xlabel("training step")
    axes[0].set_ylabel(f"InfoNCE ({unit})")
    handles, labels = axes[0].get_legend_handles_labels()
    words(figure.legend(handles, labels, loc="outside upper left", ncols=1 if narrow else 3, fontsize=8, frameon=False, handlelength=3), dark)
    sign(figure, study, dark)
    return figure
