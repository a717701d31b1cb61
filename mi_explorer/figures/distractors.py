"""The picture of distractors: what is seen, what two codes make of it, and what each objective keeps as distractors slow down."""

from __future__ import annotations

__all__ = ["LOOKS", "distractors"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import plain_axis
from mi_explorer.objectives.distractors import ARMS, DistractorsSnapshot
from mi_explorer.palette import style_of

LOOKS = {"cpc": 0, "least_squares": 2, "autoencoder": 1, "pca": 3}
IDEALS = (("cpc", "CPC"), ("least_squares", "least squares"), ("pca", "reconstruction"))
SIDE = 0.018  # how far the dots of the objectives stand from each other


def distractors(snapshot: DistractorsSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Top left: the mixed channels. Below: the swing's position, and where the codes of CPC and of the autoencoder say that it is. Right: R²
    to the hidden state over the distractors' persistence, of the best code by each objective (lines) and of those learned (dots)."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=7.8 if narrow else 4.8, dark=dark, rows=0)
    if narrow:
        grid = figure.add_gridspec(3, 1, height_ratios=(1, 1, 1.9))
        places = grid[0], grid[1], grid[2]
    else:
        grid = figure.add_gridspec(2, 2, width_ratios=(1.1, 1))
        places = grid[0, 0], grid[1, 0], grid[:, 1]
    channels(plain_axis(figure, places[0], dark), snapshot, dark)
    told(plain_axis(figure, places[1], dark), snapshot, dark)
    kept(figure, plain_axis(figure, places[2], dark), snapshot, dark, narrow)
    sign(figure, snapshot.study, dark)
    return figure


def channels(axis, snapshot: DistractorsSnapshot, dark: bool) -> None:
    text, film = ink(dark)[0], snapshot.film
    apart = 4 * film.std()
    for place, channel in enumerate(film.T):
        axis.plot(channel - place * apart, color=text, alpha=0.75, linewidth=1)
    axis.set(yticks=[], xticks=[])
    axis.set_title("what is seen: the swing and its distractors, mixed", fontsize=9, color=text, loc="left")


def told(axis, snapshot: DistractorsSnapshot, dark: bool) -> None:
    text, quiet = ink(dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.plot(snapshot.position, color=text, linestyle=(0, (5, 3)), linewidth=1.6)
    for key in ("autoencoder", "cpc"):
        axis.plot(snapshot.told[key], linewidth=1.8, **{**style_of(LOOKS[key]).matplotlib(dark), "linestyle": "-"})
    far = 1.15 * max(2.0, abs(snapshot.position).max(), abs(snapshot.told["cpc"]).max())
    axis.set_ylim(-far, far)
    axis.set_xlabel("step")
    axis.set_title("where the swing is (dashed), and what the codes say", fontsize=9, color=text, loc="left")


def kept(figure: Figure, axis, snapshot: DistractorsSnapshot, dark: bool, narrow: bool) -> None:
    study, (text, quiet) = snapshot.study, ink(dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.axhline(snapshot.kalman, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="Kalman filter")
    grid = np.append(np.arange(0, 0.98, 0.02), 0.98)
    ideal = [study.ideal(persistence) for persistence in grid]
    for key, name in IDEALS:
        style = style_of(LOOKS[key]).matplotlib(dark)
        axis.plot(grid, [keeping[key].r2 for keeping in ideal], linewidth=1.6, drawstyle="steps-mid", label=f"best for {name}", **style)
    for place, (key, values) in enumerate(snapshot.r2.items()):
        colour = style_of(LOOKS[key]).matplotlib(dark)["color"]
        at = study.persistence + SIDE * (place - 1)
        mean = max(values.mean(), 0.0)
        axis.plot([at, at], np.maximum([values.min(), values.max()], 0), color=colour, linewidth=1.4, clip_on=False)
        axis.plot(at, mean, marker="osD^"[place], color=colour, markersize=8, linestyle="none", clip_on=False, zorder=3, label=ARMS[key])
    axis.set_xlim(-0.03, 1)
    axis.set_ylim(0, 1)
    axis.set_xlabel("persistence of the distractors (0 = white)")
    axis.set_ylabel("R² to the hidden state")
    words(figure.legend(loc="outside upper left", ncols=2 if narrow else 4, fontsize=8, frameon=False, handlelength=3), dark)
