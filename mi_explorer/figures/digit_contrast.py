"""The picture of contrast on placed digits: pairs of views, the bound, the probe beside its yardsticks, and the embedding."""

from __future__ import annotations

__all__ = ["digit_contrast"]

import math

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, mosaic, over_seeds
from mi_explorer.objectives.digit_contrast import DigitContrastSnapshot
from mi_explorer.palette import CARD, STYLES, style_of
from mi_explorer.verdicts import UNITS

YARDSTICKS = (("raw", "raw pixels", ":"), ("random", "untrained network", "-."))
TRAINED = (("supervised", "trained with labels", 2), ("contrast", "contrast", 0), ("autoencoder", "autoencoder", 1))


def digit_contrast(snapshot: DigitContrastSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Above: pairs of views. Left: the bound on training batches and on fresh digits, and below it what a linear probe reads from every code.
    Right: fresh digits in the plane in which their embeddings vary most."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=8.4 if narrow else 6, dark=dark, rows=0)
    if narrow:
        rows = figure.add_gridspec(4, 1, height_ratios=(0.9, 1.4, 1.7, 2))
        places = [rows[row] for row in range(4)]
    else:
        rows = figure.add_gridspec(3, 2, height_ratios=(1, 1.3, 1.8), width_ratios=(1.15, 1))
        places = [rows[0, :], rows[1, 0], rows[2, 0], rows[1:, 1]]
    pairs, plane = figure.add_subplot(places[0]), figure.add_subplot(places[3], facecolor=CARD[dark])
    bound, probe = (chart(figure, place, dark) for place in places[1:3])
    views(pairs, snapshot, dark)
    curve(bound, snapshot, unit, dark)
    accuracies(probe, snapshot, dark)
    embedding(plane, snapshot, dark)
    sign(figure, snapshot.study, dark)
    return figure


def views(axis, snapshot: DigitContrastSnapshot, dark: bool) -> None:
    rows = [np.repeat(side[..., None], 3, -1) for side in snapshot.examples]
    axis.imshow(mosaic(rows, to_rgb(CARD[dark])), interpolation="nearest")
    axis.set_axis_off()
    axis.set_title("pairs of views: the upper belongs to the lower", fontsize=9, color=ink(dark)[0])


def curve(axis, snapshot: DigitContrastSnapshot, unit: str, dark: bool) -> None:
    study, scale, text = snapshot.study, UNITS[unit], ink(dark)[0]
    ceiling = math.log(study.batch_size) / scale
    axis.axhline(ceiling, color=text, linestyle=":", linewidth=1.2, label="log B")
    if study.best is not None:
        axis.axhline(study.best / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="best possible")
    for look, values, name in ((1, snapshot.shown, "training batch"), (0, snapshot.fresh, "fresh digits")):
        style = style_of(look).matplotlib(dark)
        axis.plot(snapshot.steps, values.mean(1) / scale, linewidth=1.6, label=name, **style)
        axis.fill_between(snapshot.steps, values.min(1) / scale, values.max(1) / scale, color=style["color"], alpha=0.16, linewidth=0)
    axis.set_xlim(0, study.steps)
    axis.set_ylim(-0.08 * ceiling, 1.7 * ceiling)
    axis.set_ylabel(f"InfoNCE ({unit})")
    words(axis.legend(fontsize=8, frameon=False, loc="upper left", ncols=2, handlelength=2.4, columnspacing=1.2, borderaxespad=0.1), dark)


def accuracies(axis, snapshot: DigitContrastSnapshot, dark: bool) -> None:
    study, text = snapshot.study, ink(dark)[0]
    for name, label, dash in YARDSTICKS:
        axis.axhline(100 * snapshot.latest[name].mean(), color=text, linestyle=dash, linewidth=1.1, label=label)
    for name, label, look in TRAINED:
        values = snapshot.accuracy.get(name)
        if values is None:
            continue
        if name != "contrast":  # the same network, untrained, is where they all begin
            values = np.concatenate([snapshot.accuracy["contrast"][:1, :1], values])
        over_seeds(axis, snapshot.probed, 100 * values, look, label, dark)
    axis.set_xlim(0, study.steps)
    axis.set_ylim(0, 152)
    axis.set_yticks(range(0, 101, 20))
    axis.set_xlabel("training step")
    axis.set_ylabel("probe is right (%)")
    words(axis.legend(fontsize=8, frameon=False, loc="upper left", ncols=2, handlelength=2.4, columnspacing=1.2, borderaxespad=0.1), dark)


def embedding(axis, snapshot: DigitContrastSnapshot, dark: bool) -> None:
    text = ink(dark)[0]
    for digit, style in enumerate(STYLES):
        x, y = snapshot.points[snapshot.labels == digit].T
        axis.scatter(x, y, s=22, marker=f"${digit}$", color=style.matplotlib(dark)["color"], linewidths=0)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    axis.set_aspect("equal", "datalim")
    axis.set_title(f"597 fresh digits where the code puts them\n(the plane with {100 * snapshot.share:.0f} % of their variance)", fontsize=9, color=text)
