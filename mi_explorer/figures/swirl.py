"""The picture of a swirl: the points as they lie, the accuracy of two classifiers, and the information that stays."""

from __future__ import annotations

__all__ = ["swirl"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, cloud, colour, over_seeds
from mi_explorer.objectives.swirl import SwirlSnapshot
from mi_explorer.verdicts import UNITS


def swirl(snapshot: SwirlSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: the two classes. Right: held-out accuracy over strength, and below it exact and measured information."""
    study, text, scale = snapshot.study, ink(dark)[0], UNITS[unit]
    figure, _ = new_figure(width=4.4 if narrow else 8, height=8 if narrow else 4.6, dark=dark, rows=0)
    grid = figure.add_gridspec(3, 1, height_ratios=(1.5, 1, 0.8)) if narrow else figure.add_gridspec(2, 2, height_ratios=(1.3, 1))
    places = (grid[0], grid[1], grid[2]) if narrow else (grid[:, 0], grid[0, 1], grid[1, 1])
    strengths, known = study.strengths, snapshot.stop + 1
    colours = np.array([colour(0, dark), colour(1, dark)])[snapshot.label]
    now = strengths[max(snapshot.stop, 0)]
    points = cloud(figure, places[0], *snapshot.x.T, dark, f"strength {now:.1f}", colours)
    points.set_aspect("equal")
    reach = 1.02 * np.abs(snapshot.x).max()
    points.set(xlim=(-reach, reach), ylim=(-reach, reach))
    accuracy = chart(figure, places[1], dark)
    accuracy.axhline(study.best_accuracy(), color=text, linestyle=(0, (5, 3)), linewidth=1.2, label="best possible")
    for look, (row, name) in enumerate(((0, "linear probe"), (1, "nearest neighbours")), 2):
        over_seeds(accuracy, strengths[:known], snapshot.values[:known, row], look, name, dark)
    accuracy.set(ylim=(0.42, 1.02), xlim=(-0.02 * study.strength, max(1.02 * study.strength, 0.1)))
    accuracy.set_ylabel("accuracy")
    accuracy.tick_params(labelbottom=False)
    words(accuracy.legend(fontsize=8.5, frameon=False, loc="lower left"), dark)
    information = chart(figure, places[2], dark)
    information.axhline(study.truth() / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="exact")
    over_seeds(information, strengths[:known], snapshot.values[:known, 2] / scale, 3, "measured (Ross)", dark)
    information.set(ylim=(0, 0.78 / scale), xlim=accuracy.get_xlim())
    information.set_xlabel("strength of the swirl")
    information.set_ylabel(f"I(X; label) ({unit})")
    words(information.legend(fontsize=8.5, frameon=False, loc="lower left"), dark)
    sign(figure, study, dark)
    return figure
