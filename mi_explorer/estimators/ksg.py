r"""Kraskov, Stögbauer & Grassberger's two estimators from nearest neighbours.

Three entropies by Kozachenko & Leonenko would have three errors. Here one neighbourhood in the joint space sets the
scale of all three, and most of the errors cancel.
"""

from __future__ import annotations

__all__ = ["ksg1", "ksg2", "ceiling", "from_neighbours", "rectangle_terms", "square_terms"]

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..parameters import Parameter, ParameterError
from .base import Estimate, register
from .data import Pair, break_ties, standardise
from .neighbours import count_within, nearest, side_distance
from .special import digamma
from .spread import ROWS, block_stderr

K = Parameter(int, 1, 1000, label="Neighbours k", slider=(1, 20, 1))
SATURATED = 0.75  # of the largest value that n samples can show: even in 1 + 1 dimensions it falls behind from here on
CROWDED = 10  # dimensions above which nearest neighbours are all about equally far away


def most_rows(dim: int) -> int:
    """Few seconds' worth of rows: above ten dimensions a k-d tree has to look at every point."""
    return 100_000 if dim <= 4 else 50_000 if dim <= 10 else 20_000


PAPER = "Kraskov, Stögbauer & Grassberger 2004, Phys. Rev. E 69, 066138, arXiv:cond-mat/0305641"
SHARED = dict(
    accepts=("continuous",), cap=most_rows, consistent_for=("gaussian", "copula", "continuous"), invariant_to=("scale",),
)


@register(
    "ksg1", name="KSG 1",
    formula=r"\psi(k) + \psi(n) - \frac1n\sum_i\left[\psi(n_{x,i}+1) + \psi(n_{y,i}+1)\right]",
    remark="The best first guess in a few dimensions; it falls behind at high MI and in many dimensions.",
    cost="n log n in few dimensions, n² in many: 10,000 points in 5 + 5 dimensions take about half a second.",
    source=PAPER + ", eq. 8", options={"k": K}, **SHARED,
)
def ksg1(sample: Pair, *, k: int = 3) -> Estimate:
    """n_x counts the points strictly nearer in x than the k-th neighbour is in (x, y); likewise n_y."""
    return mark_saturated(from_neighbours(square_terms, sample, k), sample.n, k)


@register(
    "ksg2", name="KSG 2",
    formula=r"\psi(k) - \frac1k + \psi(n) - \frac1n\sum_i\left[\psi(n_{x,i}) + \psi(n_{y,i})\right]",
    remark="Rectangles instead of squares: a little more variance than KSG 1, and less bias in many dimensions.",
    cost="As KSG 1.",
    source=PAPER + ", eq. 9", options={"k": K}, **SHARED,
)
def ksg2(sample: Pair, *, k: int = 3) -> Estimate:
    """n_x counts the points within the smallest x-interval around i that holds its k joint neighbours; likewise n_y."""
    return mark_saturated(from_neighbours(rectangle_terms, sample, k), sample.n, k)


def square_terms(x: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
    """The n terms whose mean is KSG 1."""
    radius = nearest(np.hstack([x, y]), k)[0][:, -1]
    inside = (count_within(side, radius, strict=True) for side in (x, y))
    return digamma(k) + digamma(len(x)) - sum(digamma(count) for count in inside)


def rectangle_terms(x: np.ndarray, y: np.ndarray, k: int, index: np.ndarray | None = None) -> np.ndarray:
    """The n terms whose mean is KSG 2; ``index`` (n, k) are the joint neighbours, if they are known already."""
    index = nearest(np.hstack([x, y]), k)[1] if index is None else index
    inside = (count_within(side, side_distance(side, index), strict=False) - 1 for side in (x, y))
    return digamma(k) - 1 / k + digamma(len(x)) - sum(digamma(np.maximum(count, 1)) for count in inside)


def from_neighbours(terms: Callable[..., np.ndarray], sample: Pair, k: int) -> Estimate:
    """The mean of terms(x, y, k) and its standard error, from disjoint blocks where a block has more than k rows."""
    x, y, warnings = prepare(sample, k)
    of_all = terms(x, y, k)
    stderr = of_all.std() / math.sqrt(sample.n)
    if k < ROWS:
        stderr = max(stderr, block_stderr(lambda x, y: terms(x, y, k), x, y, sample.generator()))
    return Estimate(of_all.mean(), stderr, warnings=warnings)


def ceiling(n: int, k: int) -> float:
    """What KSG 1 shows where y is a function of x: the most that n samples can do."""
    return float(digamma(n) - digamma(k))


def mark_saturated(found: Estimate, n: int, k: int) -> Estimate:
    """The estimate, with a warning if it is near the ceiling."""
    if found.value <= SATURATED * ceiling(n, k):
        return found
    saturated = (
        f"Saturated: from {n} samples and k = {k}, nearest neighbours can hardly show more than {ceiling(n, k):.1f} nats "
        "whatever the truth is; it may be much higher, or infinite (one side a function of the other)."
    )
    return replace(found, warnings=(*found.warnings, saturated))


def prepare(sample: Pair, k: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """x and y standardised column by column, ties broken, and what there is to warn about."""
    if k > sample.n - 1:
        raise ParameterError("k", k, f"at most n - 1 = {sample.n - 1}")
    sides = {"x": standardise(sample.x.values), "y": standardise(sample.y.values)}
    broken, warnings = break_ties(sides, sample.generator())
    dim = sample.x.dim + sample.y.dim
    if dim > CROWDED:
        warnings += (f"In {dim} dimensions nearest neighbours are far away: the estimate is usually far too low.",)
    return broken["x"], broken["y"], warnings
