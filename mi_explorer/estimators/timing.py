"""How long KSG takes beside the shortest implementation that scikit-learn's k-d tree allows."""

from __future__ import annotations

__all__ = ["plain_ksg", "time_ksg"]

import statistics
import time

import numpy as np

from .ksg import ksg1
from .special import digamma


def plain_ksg(x: np.ndarray, y: np.ndarray, k: int = 3) -> float:
    """KSG 1 as anyone would write it with scikit-learn: no checks, no scaling, no standard error."""
    from sklearn.neighbors import KDTree

    joint = np.hstack([x, y])
    radius = np.nextafter(KDTree(joint, metric="chebyshev").query(joint, k + 1)[0][:, -1], 0)
    counts = [KDTree(side, metric="chebyshev").query_radius(side, radius, count_only=True) for side in (x, y)]
    return float(digamma(k) + digamma(len(x)) - sum(digamma(count).mean() for count in counts))


def time_ksg(n: int = 10_000, dim: int = 5, repeats: int = 5, seed: int = 0) -> dict[str, float]:
    """Median CPU seconds of ``ksg1`` (all of it) and of ``plain_ksg`` on n Gaussian points in dim + dim dimensions, and their
    ratio. The two take turns, so that another load on the machine meets both."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, dim))
    y = 0.6 * x + 0.8 * generator.standard_normal((n, dim))
    seconds: dict[str, list[float]] = {"ksg1": [], "plain": []}
    for _ in range(repeats):
        for name, function in (("ksg1", ksg1), ("plain", plain_ksg)):
            start = time.process_time()
            function(x, y)
            seconds[name].append(time.process_time() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return medians | {"ratio": medians["ksg1"] / medians["plain"]}
