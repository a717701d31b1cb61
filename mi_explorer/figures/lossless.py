"""The picture of networks that can be undone: halves of digits, their codes, what comes back, and what a linear probe reads."""

from __future__ import annotations

__all__ = ["lossless"]

from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, image_rows, over_seeds
from mi_explorer.objectives.labelled_digits import CLASSES
from mi_explorer.objectives.lossless import LosslessSnapshot

NAMES = ("trained for InfoNCE", "trained against linear classifiers")


def lossless(snapshot: LosslessSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: what goes in, the code that no line can read, and what comes back out of it. Right: the probe while they are trained."""
    study, text = snapshot.study, ink(dark)[0]
    figure, _ = new_figure(width=4.4 if narrow else 8, height=6.6 if narrow else 4.4, dark=dark, rows=0)
    grid = figure.add_gridspec(2, 1) if narrow else figure.add_gridspec(1, 2)
    figure.get_layout_engine().set(wspace=0.06)
    image_rows(figure, grid[0], [
        ("upper halves of digits", snapshot.halves), ("their codes, trained against classifiers", snapshot.codes),
        ("undone from the codes", snapshot.undone),
    ], (4, 8), dark)
    axis = chart(figure, grid[1], dark)
    axis.axhline(snapshot.raw, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="before the network, and again once undone")
    for arm, name in enumerate(NAMES):
        over_seeds(axis, snapshot.steps, snapshot.accuracy[:, arm], arm, name, dark)
    axis.axhline(1 / CLASSES, color=text, linestyle=":", linewidth=1.2, label="guessing")
    axis.set(ylim=(0, 1.02), xlim=(-0.02 * study.steps, 1.02 * study.steps))
    axis.set_xlabel("training step")
    axis.set_ylabel("linear probe: digit read correctly")
    words(figure.legend(loc="outside upper left", ncols=1 if narrow else 2, fontsize=8.5, frameon=False, handlelength=3), dark)
    sign(figure, study, dark)
    return figure
