"""The picture of reaching: an episode with every sight, and what a step costs from round to round of the search."""

from __future__ import annotations

__all__ = ["LOOKS", "reaching"]

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import plain_axis
from mi_explorer.objectives.reaching import ACTING, AGENTS, PAST, ReachingSnapshot
from mi_explorer.palette import style_of

LOOKS = {"state": 2, "cpc": 0, "autoencoder": 1, "pca": 3}
SEEN = ("state", "cpc", "pca")
EXACT = {"blind": "blind: a constant push", "lqg": "least, from what is seen (LQG)", "lqr": "least, from the state (LQR)"}


def reaching(snapshot: ReachingSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: the swing's position in a few episodes, pushed by the present policy of three sights, and the goal. Right: the cost of a step
    after every round, with the range over replicates, and the three costs that are known exactly."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=8.2 if narrow else 4.8, dark=dark, rows=0)
    if narrow:
        grid = figure.add_gridspec(4, 1, height_ratios=(1, 1, 1, 3.2))
    else:
        grid = figure.add_gridspec(3, 2)
    for row, key in enumerate(SEEN):
        episodes(plain_axis(figure, grid[row, 0], dark), snapshot, key, dark, last=row == len(SEEN) - 1)
    costs(figure, plain_axis(figure, grid[3, 0] if narrow else grid[:, 1], dark), snapshot, dark, narrow)
    sign(figure, snapshot.study, dark)
    return figure


def episodes(axis, snapshot: ReachingSnapshot, key: str, dark: bool, last: bool) -> None:
    study, text = snapshot.study, ink(dark)[0]
    axis.axhline(study.goal, color=text, linewidth=1.2, linestyle=(0, (1, 1.5)))
    axis.axvline(0, color=text, linewidth=0.9)
    if key in snapshot.paths:
        paths = snapshot.paths[key]
        colour = style_of(LOOKS[key]).matplotlib(dark)["color"]
        axis.plot(np.arange(paths.shape[1]) - PAST + 1, paths.T, linewidth=0.9, alpha=0.8, color=colour)
    axis.set_ylim(min(-3.5, study.goal - 2.5), max(3.5, study.goal + 2.5))
    axis.set_xlim(-PAST + 1, ACTING)
    axis.set_title(AGENTS[key], fontsize=9, color=text, loc="left", pad=3)
    if last:
        axis.set_xlabel("step (the agent acts from 0 on)")
    else:
        axis.set_xticklabels([])
    axis.set_yticks([study.goal], ["goal"])


def costs(figure: Figure, axis, snapshot: ReachingSnapshot, dark: bool, narrow: bool) -> None:
    study, (text, quiet) = snapshot.study, ink(dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    for (key, told), line in zip(EXACT.items(), ((0, (1, 1.5)), (0, (5, 3)), (0, (7, 2, 1, 2)))):
        axis.axhline(snapshot.exact[key], color=text, linewidth=1.5, linestyle=line, label=told)
    for key, name in AGENTS.items():
        if key in snapshot.costs:
            rounds, style = snapshot.costs[key], style_of(LOOKS[key]).matplotlib(dark)
            order = np.arange(len(rounds))
            axis.plot(order, rounds.mean(1), linewidth=1.8, marker="o", markersize=3, label=name, **style)
            axis.fill_between(order, rounds.min(1), rounds.max(1), color=style["color"], alpha=0.15, linewidth=0)
    axis.set_yscale("log")
    axis.set_ylim(0.7 * snapshot.exact["lqr"], 14)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}" if round(value, 3) in (0.2, 0.3, 0.5, 2, 5) else ""))
    axis.tick_params(which="minor", labelcolor=text, color=quiet)
    axis.set_xlim(0, max(study.rounds - 1, 1))
    axis.set_xlabel("rounds of search")
    axis.set_ylabel("cost of a step")
    words(figure.legend(loc="outside upper left", ncols=1 if narrow else 3, fontsize=8, frameon=False, handlelength=3.5), dark)
