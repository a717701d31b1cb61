"""The picture of contrast on factor cards: pairs of views, the bound beneath its optimum, and what a probe reads of every factor."""

from __future__ import annotations

__all__ = ["factor_cards"]

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, mosaic
from mi_explorer.objectives.cards import FACTORS, LEVELS, SIDE
from mi_explorer.objectives.factor_cards import FactorCardsSnapshot
from mi_explorer.palette import CARD, style_of
from mi_explorer.verdicts import UNITS


def factor_cards(snapshot: FactorCardsSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Above: pairs of views. Below: InfoNCE on training batches and on fresh pictures, with the exact optimum; and the accuracy of a
    linear probe for every factor, on the head and on the backbone."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=7 if narrow else 5, dark=dark, rows=0)
    if narrow:
        grid = figure.add_gridspec(3, 1, height_ratios=(1.1, 2.2, 1.6))
        places = [grid[row] for row in range(3)]
    else:
        grid = figure.add_gridspec(2, 2, height_ratios=(1, 2.1), width_ratios=(1.5, 1))
        places = [grid[0, :], grid[1, 0], grid[1, 1]]
    pairs, curve, bars = figure.add_subplot(places[0]), chart(figure, places[1], dark), chart(figure, places[2], dark)
    views(pairs, snapshot, dark)
    progress(curve, snapshot, unit, dark)
    probes(bars, snapshot, dark)
    sign(figure, snapshot.study, dark)
    return figure


def views(axis, snapshot: FactorCardsSnapshot, dark: bool) -> None:
    rows = [side.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1) for side in snapshot.examples]
    axis.imshow(mosaic(rows, to_rgb(CARD[dark])), interpolation="nearest")
    axis.set_axis_off()
    kept = ", ".join(snapshot.study.shared) or "nothing"
    axis.set_title(f"two views each of six cards; shared: {kept}", fontsize=9, color=ink(dark)[0])


def progress(axis, snapshot: FactorCardsSnapshot, unit: str, dark: bool) -> None:
    study, scale, text = snapshot.study, UNITS[unit], ink(dark)[0]
    axis.axhline(study.best / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="best possible, exact")
    for look, values, name in ((1, snapshot.shown, "training batch"), (0, snapshot.fresh, "fresh pictures")):
        style = style_of(look).matplotlib(dark)
        axis.plot(snapshot.steps, values.mean(1) / scale, linewidth=1.8, label=name, **style)
        axis.fill_between(snapshot.steps, values.min(1) / scale, values.max(1) / scale, color=style["color"], alpha=0.16, linewidth=0)
    top = max(study.best, np.log(study.batch_size) if study.pictures else 0, 0.5) / scale
    if study.pictures:
        axis.axhline(np.log(study.batch_size) / scale, color=text, linestyle=":", linewidth=1.2, label="log B")
    axis.set_xlim(0, study.steps)
    lowest = np.nanmin(snapshot.fresh, initial=0) / scale
    axis.set_ylim(max(min(1.1 * lowest, -0.08 * top), -0.6 * top), 1.45 * top)  # a bound that fell must not squeeze the others
    axis.set_xlabel("training step")
    axis.set_ylabel(f"InfoNCE ({unit})")
    words(axis.legend(fontsize=8, frameon=False, loc="upper left", ncols=2, handlelength=2.6, columnspacing=1.2), dark)


def probes(axis, snapshot: FactorCardsSnapshot, dark: bool) -> None:
    text = ink(dark)[0]
    axis.grid(False)
    places = np.arange(len(FACTORS))[::-1]
    axis.axvline(100 / LEVELS, color=text, linestyle=":", linewidth=1.2)
    axis.annotate("chance", (100 / LEVELS, 2.62), ha="center", fontsize=8, color=text, backgroundcolor=CARD[dark])
    looks = (style_of(look).matplotlib(dark)["color"] for look in (0, 2))
    for layer, colour, up, hatch in zip((0, 1), looks, (0.2, -0.2), (None, "////")):
        accuracy = 100 * snapshot.probes[layer]
        mean = accuracy.mean(-1)
        axis.barh(
            places + up, mean, height=0.36, color=colour if hatch is None else "none", edgecolor=colour, hatch=hatch,
            xerr=(mean - accuracy.min(-1), accuracy.max(-1) - mean), error_kw={"ecolor": text, "elinewidth": 1},
            label=("head", "backbone")[layer],
        )
    axis.set_yticks(places, [f"{factor}\n({'shared' if factor in snapshot.study.shared else 'drawn anew'})" for factor in FACTORS])
    axis.tick_params(axis="y", length=0)
    axis.set_xlim(0, 104)
    axis.set_ylim(-0.55, 3.25)
    axis.set_xlabel("a linear probe is right (%)")
    words(axis.legend(fontsize=8, frameon=False, loc="upper right", ncols=2, borderaxespad=0), dark)
