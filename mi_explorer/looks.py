"""The numbers of a look at the critics, as its three pictures show them: whoever draws them draws the same."""

from __future__ import annotations

__all__ = ["histograms", "log_ratios", "pairs"]

import numpy as np

from mi_explorer.bounds import Bound, bounds
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError
from mi_explorer.result import Look
from mi_explorer.verdicts import UNITS

SYMBOLS = 30  # different values below which they would lie on top of each other
BINS = 40


def pairs(look: Look) -> tuple[np.ndarray, np.ndarray]:
    """Fresh pairs, the first coordinates of x and of y: (n,) each. Symbols are spread a little."""
    x, y = look.x[:, 0], look.y[:, 0]
    if len(np.unique(x)) < SYMBOLS:
        generator = np.random.default_rng(0)
        x, y = x + generator.uniform(-0.2, 0.2, x.shape), y + generator.uniform(-0.2, 0.2, y.shape)
    return x, y


def histograms(
    look: Look, experiment: Experiment, unit: str = "nats", identified: bool = True
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], float]:
    """How many pairs, drawn together, have which pointwise MI log p(x,y)/p(x)p(y): edges (BINS + 1,) in ``unit``, counts (BINS,) of the
    truth and of each critic's scores, but of a critic without a finite one; and the mean of the truth, which is the
    mutual information. What lies beyond the edges counts at the ends. ``identified``: see ``log_ratios``."""
    scale = UNITS[unit]
    true = look.true_profile[np.isfinite(look.true_profile)] / scale
    learned = (look.profile - look.offset if identified else look.profile) / scale
    finite = {name: row[np.isfinite(row)] for name, row in zip(experiment.bounds, learned)}
    low, high = np.percentile(np.concatenate([true, *finite.values()]), [0.5, 99.5]) + [-0.05, 0.05]
    edges = np.linspace(low, high, BINS + 1)

    def count(values: np.ndarray) -> np.ndarray:
        return np.histogram(np.clip(values, low, high), edges)[0]

    return edges, count(true), {name: count(values) for name, values in finite.items() if values.size}, true.mean()


def log_ratios(
    look: Look, experiment: Experiment, bound: str, unit: str = "nats", identified: bool = True
) -> tuple[np.ndarray, np.ndarray, float]:
    """The true log ratio and a learned critic over the plane of a 1-d x and a 1-d y, (G, G) each, and the reach of their one colour
    scale, at which both are cut off; in ``unit``.

    ``identified``: remove from the critic what its bound cannot identify (a function of one variable for InfoNCE, a
    constant for Donsker-Varadhan).

    Raises:
        ParameterError: the variables are not both 1-d, or the bound is not in the experiment.
    """
    if look.true_map is None:
        raise ParameterError("distribution", str(experiment.distribution), "1-d in x and in y to be drawn as a map")
    if bound not in experiment.bounds:
        raise ParameterError("bound", bound, "one of " + ", ".join(experiment.bounds))
    scale = UNITS[unit]
    true, learned = look.true_map, look.map[experiment.bounds.index(bound)]
    if identified:
        learned = learned - unidentified(learned, true, look, bounds[bound])
    reach = 2 * max(0.05, float(true.max()) / scale)  # e^f lives where the ratio is high: deep valleys may share one colour
    return np.clip(true / scale, -reach, reach), np.clip(learned / scale, -reach, reach), reach


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
