"""The picture of few labels: what each code reads, over the number of labels."""

from __future__ import annotations

__all__ = ["few_labels"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.few_labels import ARMS, COUNTS, FewLabelsSnapshot
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS

NAMES = {
    "contrast": "contrast, frozen, and a linear probe", "scratch": "the same network, trained on these labels",
    "random": "untrained network, and a linear probe", "raw": "raw pixels, and a linear probe",
}


def few_labels(snapshot: FewLabelsSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """While contrast trains: its bound. Then accuracy on fresh digits over labels per digit, mean and range over the draws."""
    study, (text, quiet) = snapshot.study, ink(dark)
    figure, (axis,) = new_figure(width=4.4 if narrow else 8, height=4.4, dark=dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    if not snapshot.known:
        style = style_of(0).matplotlib(dark)
        axis.plot(np.arange(len(snapshot.bounds)), snapshot.bounds / UNITS[unit], linewidth=1.8, **style)
        axis.set_xlim(0, max(study.steps, 1))
        axis.set_xlabel("training step of contrast, no labels yet")
        axis.set_ylabel(f"InfoNCE ({unit})")
        sign(figure, study, dark)
        return figure
    chance = 100 / len(study.kinds)
    axis.axhline(chance, color=text, linestyle=":", linewidth=1.2, label="chance")
    for look, name in enumerate(ARMS):
        values = 100 * snapshot.accuracy[look, : snapshot.known]
        style = style_of(look).matplotlib(dark)
        counts = COUNTS[: snapshot.known]
        axis.plot(counts, np.nanmean(values, -1), linewidth=1.8, marker="o", markersize=4, label=NAMES[name], **style)
        axis.fill_between(counts, np.nanmin(values, -1), np.nanmax(values, -1), color=style["color"], alpha=0.16, linewidth=0)
    axis.set_xscale("log")
    axis.set_xticks(COUNTS, [str(count) for count in COUNTS])
    axis.minorticks_off()
    axis.set_xlim(COUNTS[0] * 0.9, COUNTS[-1] * 1.1)
    axis.set_ylim(0, 100)
    axis.set_xlabel("labels of each digit")
    axis.set_ylabel("fresh digits read right (%)")
    words(figure.legend(loc="outside upper left", ncols=1 if narrow else 2, fontsize=8, frameon=False, handlelength=3), dark)
    sign(figure, study, dark)
    return figure
