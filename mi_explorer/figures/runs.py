"""Pictures of a run: its curves, its samples, its critics beside the truth."""

from __future__ import annotations

__all__ = ["convergence", "critic_map", "pointwise", "samples"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer import looks
from mi_explorer.bounds import bounds
from mi_explorer.bracket import bracket
from mi_explorer.experiment import Experiment
from mi_explorer.figures.canvas import ink, new_figure, stamp, words
from mi_explorer.palette import assign, style_of
from mi_explorer.result import Look, Result, over_replicates
from mi_explorer.verdicts import UNITS, readings

BRACKETS = 100  # of a level
POINTS = 500  # of a curve: more would only be ink


def blocks(curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(steps, replicates) -> block centres and means (blocks, replicates) over at most POINTS equal blocks."""
    size = max(1, -(-len(curve) // POINTS))
    whole = len(curve) // size * size
    means = curve[:whole].astype(float).reshape(-1, size, curve.shape[1]).mean(1)
    return (np.arange(len(means)) + 0.5) * size + 0.5, means


def convergence(result: Result, unit: str = "nats", dark: bool = False) -> Figure:
    """Training estimates over the steps: mean and spread (± one standard deviation) over replicates, the truth, the
    ceiling log K, and thin lines for the perfect critic on the same batches as the fresh estimates."""
    scale, (text, quiet) = UNITS[unit], ink(dark)
    experiment = result.experiment
    figure, (axis,) = new_figure(dark=dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    starts = [start for start in experiment.level_starts() if start < result.steps]
    edges = np.array([*starts, result.steps])
    levels = [experiment.at(start) for start in starts]
    truths = np.array([level.distribution.mi for level in levels]) / scale
    ceilings = np.log([level.batch_size for level in levels]) / scale
    axis.step(edges, [truths[0], *truths], color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="true MI")
    axis.step(edges, [ceilings[0], *ceilings], color=text, linestyle=":", linewidth=1.2, label="log K")
    look_of = assign(experiment.bounds, bounds)
    for index, name in enumerate(experiment.bounds):
        style = style_of(look_of[name]).matplotlib(dark)
        steps, means = blocks(result.estimates[:, index] / scale)
        centre, spread = over_replicates(means)
        axis.plot(steps, centre, linewidth=1.6, label=bounds[name].name, **style)
        if experiment.replicates > 1:
            axis.fill_between(steps, centre - spread, centre + spread, color=style["color"], alpha=0.18, linewidth=0)
        perfect = [(evaluation.step, evaluation.perfect[index].mean() / scale) for evaluation in result.evaluations]
        if perfect:
            axis.plot(*zip(*perfect), color=style["color"], linewidth=0.7, alpha=0.8)
    shade_bracket(axis, result, scale, text)
    # A curve that explodes, or a ceiling far above, must not flatten the others.
    top = max(truths.max(), min(ceilings.max(), 2 * truths.max() + 0.5 / scale))
    axis.set_ylim(-0.08 * top, 1.3 * top)
    axis.set_xlim(0, result.steps)
    axis.set_xlabel("training step")
    axis.set_ylabel(f"estimate ({unit})")
    legend = figure.legend(loc="outside upper left", ncols=4, fontsize=8, frameon=False, handlelength=3.2)
    words(legend, dark)
    stamp(figure, experiment, dark)
    return figure


def shade_bracket(axis, result: Result, scale: float, color: str) -> None:
    """The space between the best guaranteed lower and upper bounds over each level, where there is an upper one."""
    starts = [start for start in result.experiment.level_starts() if start < result.steps]
    label = "bracket"
    for start, end in zip(starts, [*starts[1:], result.steps]):
        level, within = result.experiment.at(start), [one for one in result.evaluations if start < one.step <= end]
        chosen = range(len(within)) if len(within) <= BRACKETS else np.linspace(0, len(within) - 1, BRACKETS).astype(int)
        found = [(within[i].step, bracket(readings(within[: i + 1], level))) for i in chosen]
        ends = [(step, one.low / scale, one.high / scale) for step, one in found if one.upper]
        if ends:
            axis.fill_between(*zip(*ends), color=color, alpha=0.09, linewidth=0, label=label)
            label = None


def samples(look: Look, experiment: Experiment | None = None, dark: bool = False) -> Figure:
    """Fresh pairs: the first coordinate of y against the first coordinate of x. Stamped where the experiment is given."""
    figure, (axis,) = new_figure(width=5, height=4.2, dark=dark)
    axis.scatter(*looks.pairs(look), s=9, alpha=0.6, linewidths=0, color=style_of(0).matplotlib(dark)["color"])
    axis.set_xlabel("x, first coordinate")
    axis.set_ylabel("y, first coordinate")
    if experiment:
        stamp(figure, experiment, dark)
    return figure


def pointwise(
    look: Look, experiment: Experiment, unit: str = "nats", identified: bool = True, dark: bool = False
) -> Figure:
    """Histogram of the pointwise MI over pairs drawn together: the truth, and each critic's score. See ``looks.histograms``."""
    (text, _), look_of = ink(dark), assign(experiment.bounds, bounds)
    edges, true, learned, mean = looks.histograms(look, experiment, unit, identified)
    figure, (axis,) = new_figure(width=7, height=4.2, dark=dark)
    axis.stairs(true, edges, fill=True, color=text, alpha=0.16)
    axis.stairs(true, edges, color=text, linewidth=1.4, label="truth")
    axis.axvline(mean, color=text, linestyle=(0, (5, 3)), linewidth=1.4)
    for name, counts in learned.items():
        axis.stairs(counts, edges, linewidth=1.4, label=bounds[name].name, **style_of(look_of[name]).matplotlib(dark))
    axis.set_xlabel(f"pointwise MI of a pair ({unit})")
    axis.set_ylabel("pairs")
    legend = axis.legend(fontsize=8, frameon=False)
    words(legend, dark)
    stamp(figure, experiment, dark)
    return figure


def critic_map(
    look: Look, experiment: Experiment, bound: str, unit: str = "nats", identified: bool = True, dark: bool = False
) -> Figure:
    """The true log ratio and a learned critic as two maps on one colour scale. See ``looks.log_ratios``, also for what it raises."""
    *maps, reach = looks.log_ratios(look, experiment, bound, unit, identified)
    text, _ = ink(dark)
    figure, axes = new_figure(columns=2, width=8, height=3.8, dark=dark)
    for axis, values, title in zip(axes, maps, ("true log ratio", f"{bounds[bound].name}'s critic")):
        image = axis.pcolormesh(
            look.grid_x, look.grid_y, values.T, cmap="PuOr_r", vmin=-reach, vmax=reach, shading="nearest", rasterized=True,
        )
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("x")
    axes[0].set_ylabel("y")
    bar = figure.colorbar(image, ax=axes, label=unit, extend="both")
    bar.ax.tick_params(colors=text)
    bar.ax.yaxis.label.set_color(text)
    stamp(figure, experiment, dark)
    return figure
