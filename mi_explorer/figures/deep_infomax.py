"""The picture of parts against the whole: the bound over training, and what a linear probe reads from the codes."""

from __future__ import annotations

__all__ = ["deep_infomax"]

from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import over_seeds
from mi_explorer.objectives.deep_infomax import DeepInfoMaxSnapshot
from mi_explorer.objectives.labelled_digits import CLASSES
from mi_explorer.verdicts import UNITS


def deep_infomax(snapshot: DeepInfoMaxSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: InfoNCE between patches and codes under its ceiling. Right: the probe beside what needs no training."""
    study, (text, quiet), scale = snapshot.study, ink(dark), UNITS[unit]
    shape = {"rows": 2, "width": 4.4, "height": 6.8} if narrow else {"columns": 2, "width": 8, "height": 4.4}
    figure, (left, right) = new_figure(dark=dark, **shape)
    for axis in (left, right):
        axis.grid(axis="y", color=quiet, linewidth=0.6)
        axis.set_xlim(-0.02 * study.steps, 1.02 * study.steps)
        axis.set_xlabel("training step")
    for part, name in enumerate(("training images", "fresh images")):
        over_seeds(left, snapshot.steps, snapshot.bounds[:, part] / scale, (3, 0)[part], name, dark)
    left.axhline(study.ceiling() / scale, color=text, linestyle=":", linewidth=1.4, label="ceiling log B")
    left.set_ylim(min(0, snapshot.bounds.min() / scale), 1.32 * study.ceiling() / scale)
    left.set_ylabel(f"I(patch; code), InfoNCE ({unit})")
    for arm, name in enumerate(("infomax", "autoencoder")):
        over_seeds(right, snapshot.steps, snapshot.accuracy[:, arm], arm, name, dark)
    right.axhline(snapshot.known[1], color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="principal components")
    right.axhline(snapshot.known[0], color=text, linestyle="-.", linewidth=1.2, label="pixels")
    right.axhline(1 / CLASSES, color=text, linestyle=":", linewidth=1.2, label="guessing")
    right.set_ylim(0, 1.32)
    right.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    right.set_ylabel("linear probe: digit read correctly")
    for axis in (left, right):
        words(axis.legend(fontsize=8, frameon=False, loc="upper left", ncols=2, handlelength=2.6), dark)
    sign(figure, study, dark)
    return figure
