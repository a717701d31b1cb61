"""Does an estimator obey the rules that mutual information obeys? Three tests on problems whose truth is known.

They are the self-consistency tests of Song & Ermon 2020, "Understanding the Limitations of Variational Mutual
Information Estimators", arXiv:1910.06222, which asks them of images whose information nobody knows. Each compares what
an estimator says about a pair of problems of which theory knows the ratio:

    independence      I(X; Y')                  = 0 I(X; Y)    for a Y' drawn independently of X
    data processing   I(X, g(X); Y, h(Y))       = 1 I(X; Y)    for any functions g and h
    additivity        I(X_1, X_2; Y_1, Y_2)     = 2 I(X; Y)    for two independent pairs, side by side

An estimator may pass all three and still be wrong: half the truth has the same ratios.
"""

from __future__ import annotations

__all__ = ["Consistency", "independence", "data_processing", "additivity"]

import math
from collections.abc import Callable
from dataclasses import dataclass

from mi_explorer.distributions import Distribution
from mi_explorer.parameters import Parameter, ParameterError

N = Parameter(int, 2, 10**9)
REPEATS = Parameter(int, 2, 10**6)
SEED = Parameter(int, 0, 2**63 - 1)


@dataclass(frozen=True)
class Consistency:
    """What came out of a test.

    Attributes:
        truth: The ratio that mutual information has: 0, 1 or 2.
        ratio: The ratio of the estimator's means. nan where its mean for the plain problem is 0.
        stderr: The standard error of ``ratio``, from the repeats.
        changed: The estimates for the changed problem, one of each repeat, in nats.
        plain: Those for the problem as it is, on the same draws.
    """

    truth: float
    ratio: float
    stderr: float
    changed: tuple[float, ...]
    plain: tuple[float, ...]


def independence(estimator: Callable, problem: Distribution, *, n=2000, repeats=8, seed=0) -> Consistency:
    """What is left of the estimate when y is replaced by an independent draw: nothing (truth 0).

    Arguments:
        estimator: A function of x (n, dim_x) and y (n, dim_y), float64 arrays; it returns a number in nats, or an
            object that has one as its ``value``.
        problem: A distribution with some information between x and y.
        n: Pairs in a sample.
        repeats: Fresh samples, whose spread gives the standard error.
        seed: Of all samples.
    """
    return compared(estimator, problem, 0.0, lambda x, y, _, other_y: (x, other_y), n, repeats, seed)


def data_processing(
    estimator: Callable, problem: Distribution, *, g: Callable | None = None, h: Callable | None = None,
    n=2000, repeats=8, seed=0,
) -> Consistency:
    """What the estimate becomes when functions of x and of y are appended to them: no more, no less (truth 1).

    Arguments:
        g: A function of x (n, dim_x) that gives the columns (n, any) to append; by default x once more.
        h: The same for y; by default the first half of its columns, rounded up (in the paper, fewer rows of an image).
        estimator, problem, n, repeats, seed: As for ``independence``.
    """
    import numpy as np

    g, h = g or (lambda x: x), h or (lambda y: y[:, : -(-y.shape[1] // 2)])

    def processed(x, y, *_):
        return np.concatenate([x, g(x)], 1), np.concatenate([y, h(y)], 1)

    return compared(estimator, problem, 1.0, processed, n, repeats, seed)


def additivity(estimator: Callable, problem: Distribution, *, n=2000, repeats=8, seed=0) -> Consistency:
    """What the estimate becomes for two independent pairs side by side: twice as much (truth 2).

    The arguments are those of ``independence``.
    """
    import numpy as np

    def both(x, y, other_x, other_y):
        return np.concatenate([x, other_x], 1), np.concatenate([y, other_y], 1)

    return compared(estimator, problem, 2.0, both, n, repeats, seed)


def compared(estimator, problem, truth, change, n, repeats, seed) -> Consistency:
    """Ask the estimator about fresh samples (x, y), and about ``change(x, y, other_x, other_y)``."""
    import torch

    if not isinstance(problem, Distribution) or problem.mi <= 0:
        raise ParameterError("problem", problem, "a distribution with mutual information above 0")
    n, repeats = N.check("n", n), REPEATS.check("repeats", repeats)
    generator = torch.Generator().manual_seed(SEED.check("seed", seed))
    changed, plain = [], []
    for _ in range(repeats):
        x, y, other_x, other_y = (
            block.numpy() for _ in range(2) for block in problem.sample(n, generator=generator)
        )
        plain.append(value_of(estimator(x, y)))
        changed.append(value_of(estimator(*change(x, y, other_x, other_y))))
    return Consistency(truth, *ratio_of_means(changed, plain), tuple(changed), tuple(plain))


def value_of(estimate) -> float:
    return float(getattr(estimate, "value", estimate))


def ratio_of_means(above: list[float], below: list[float]) -> tuple[float, float]:
    """The ratio of the means of two lists, pair by pair from the same draws, and its standard error (delta method)."""
    repeats, mean = len(below), math.fsum(below) / len(below)
    if mean == 0:
        return math.nan, math.nan
    ratio = math.fsum(above) / math.fsum(below)
    left = math.fsum((a - ratio * b) ** 2 for a, b in zip(above, below))
    return ratio, math.sqrt(left / (repeats - 1) / repeats) / abs(mean)
