"""Pictures of a run: its curves, its samples, its critics beside the truth."""

from __future__ import annotations

__all__ = ["convergence", "critic_map", "pointwise", "samples"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.bounds import Bound, bounds
from mi_explorer.bracket import bracket
from mi_explorer.experiment import Experiment
from mi_explorer.figures.canvas import ink, new_figure, stamp, words
from mi_explorer.palette import assign, style_of
from mi_explorer.parameters import ParameterError
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
    x, y = look.x[:, 0], look.y[:, 0]
    if len(np.unique(x)) < 30:  # symbols would lie on top of each other
        generator = np.random.default_rng(0)
        x, y = x + generator.uniform(-0.2, 0.2, x.shape), y + generator.uniform(-0.2, 0.2, y.shape)
    axis.scatter(x, y, s=9, alpha=0.6, linewidths=0, color=style_of(0).matplotlib(dark)["color"])
    axis.set_xlabel("x, first coordinate")
    axis.set_ylabel("y, first coordinate")
    if experiment:
        stamp(figure, experiment, dark)
    return figure


def pointwise(
    look: Look, experiment: Experiment, unit: str = "nats", identified: bool = True, dark: bool = False
) -> Figure:
    """Histogram of the pointwise MI log p(x,y)/p(x)p(y) over pairs drawn together: the truth, and each critic's score.

    The mean of the truth is the mutual information. ``identified``: see ``critic_map``.
    """
    scale, (text, quiet) = UNITS[unit], ink(dark)
    figure, (axis,) = new_figure(width=7, height=4.2, dark=dark)
    true = look.true_profile[np.isfinite(look.true_profile)] / scale
    learned = (look.profile - look.offset if identified else look.profile) / scale
    shown = np.concatenate([true, *(row[np.isfinite(row)] for row in learned)])
    reach = np.percentile(shown, [0.5, 99.5]) + [-0.05, 0.05]
    edges = np.linspace(*reach, 41)
    axis.hist(np.clip(true, *reach), edges, color=text, alpha=0.16)
    axis.hist(np.clip(true, *reach), edges, histtype="step", color=text, linewidth=1.4, label="truth")
    axis.axvline(true.mean(), color=text, linestyle=(0, (5, 3)), linewidth=1.4)
    look_of = assign(experiment.bounds, bounds)
    for index, name in enumerate(experiment.bounds):
        values = learned[index][np.isfinite(learned[index])]
        if values.size:
            style = style_of(look_of[name]).matplotlib(dark)
            axis.hist(np.clip(values, *reach), edges, histtype="step", linewidth=1.4, label=bounds[name].name, **style)
    axis.set_xlabel(f"pointwise MI of a pair ({unit})")
    axis.set_ylabel("pairs")
    legend = axis.legend(fontsize=8, frameon=False)
    words(legend, dark)
    stamp(figure, experiment, dark)
    return figure


def critic_map(
    look: Look, experiment: Experiment, bound: str, unit: str = "nats", identified: bool = True, dark: bool = False
) -> Figure:
    """The true log ratio and a learned critic over the plane of a 1-d x and a 1-d y, on one colour scale.

    ``identified``: remove from the critic what its bound cannot identify (a function of one variable for InfoNCE, a
    constant for Donsker-Varadhan).

    Raises:
        ParameterError: the variables are not both 1-d, or the bound is not in the experiment.
    """
    if look.true_map is None:
        raise ParameterError("distribution", str(experiment.distribution), "1-d in x and in y to be drawn as a map")
    if bound not in experiment.bounds:
        raise ParameterError("bound", bound, "one of " + ", ".join(experiment.bounds))
    scale, (text, _) = UNITS[unit], ink(dark)
    true, learned = look.true_map, look.map[experiment.bounds.index(bound)]
    if identified:
        learned = learned - unidentified(learned, true, look, bounds[bound])
    reach = 2 * max(0.05, float(true.max()) / scale)  # e^f lives where the ratio is high: deep valleys may share one colour
    figure, axes = new_figure(columns=2, width=8, height=3.8, dark=dark)
    for axis, values, title in zip(axes, (true, learned), ("true log ratio", f"{bounds[bound].name}'s critic")):
        image = axis.pcolormesh(
            look.grid_x, look.grid_y, np.clip(values / scale, -reach, reach).T, cmap="PuOr_r", vmin=-reach, vmax=reach,
            shading="nearest", rasterized=True,
        )
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("x")
    axes[0].set_ylabel("y")
    bar = figure.colorbar(image, ax=axes, label=unit, extend="both")
    bar.ax.tick_params(colors=text)
    bar.ax.yaxis.label.set_color(text)
    stamp(figure, experiment, dark)
    return figure


def unidentified(learned: np.ndarray, true: np.ndarray, look: Look, bound: Bound) -> np.ndarray | float:
    """How much more a critic gives than the truth, on the grid, in what its bound is blind to: the difference of
    log means of e^f over the variables that the bound normalises over."""
    x, y = density_on(look.grid_x, look.x[:, 0])[:, None], density_on(look.grid_y, look.y[:, 0])[None, :]
    if not bound.blind:
        return 0.0
    weight, axes = {"x": (y, 1), "y": (x, 0), "constant": (x * y, (0, 1))}[bound.blind]
    more = log_mean_exp(learned, weight, axes) - log_mean_exp(true, weight, axes)
    return np.where(np.isfinite(more), more, 0.0)  # where no point of the grid is possible there is nothing to compare


def log_mean_exp(values: np.ndarray, weight: np.ndarray, axes) -> np.ndarray:
    top = values.max(axes, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return top + np.log((weight * np.exp(values - top)).sum(axes, keepdims=True))


def density_on(grid: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """Share of a sample nearest to every grid point; sums to 1."""
    edges = (grid[1:] + grid[:-1]) / 2
    return np.bincount(np.searchsorted(edges, sample), minlength=len(grid)) / len(sample)
