"""The information in a joint table: what every picture of this lesson is judged by."""

from __future__ import annotations

__all__ = ["information", "joint_histogram"]

import numpy as np


def information(joint: np.ndarray) -> float:
    """I(row; column) of a table of non-negative weights (k, l), in nats; the table need not add up to one.

    An empty table tells nothing: 0.
    """
    total = joint.sum()
    if not total > 0:
        return 0.0
    p = joint / total
    independent = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    there = p > 0
    return float((p[there] * np.log(p[there] / independent[there])).sum())


def joint_histogram(a: np.ndarray, b: np.ndarray, bins: int, smoothing: float = 0.0) -> np.ndarray:
    """Weights (bins, bins) of pairs a (n,), b (n,) of numbers in [0, 1]: rows are a.

    A pair is shared out linearly among the four bins around it, and the table is then blurred by a Gaussian of ``smoothing`` bins
    (a Parzen window, as in Viola & Wells 1997): the table changes smoothly when b does.
    """
    from scipy.ndimage import gaussian_filter

    (i, u), (j, v) = (places(values, bins) for values in (a, b))
    size = bins * bins
    table = np.zeros(size)
    for row, weight in ((i, 1 - u), (i + 1, u)):
        for column, share in ((j, 1 - v), (j + 1, v)):
            table += np.bincount(row * bins + column, weight * share, size)
    table = table.reshape(bins, bins)
    return gaussian_filter(table, smoothing, mode="constant") if smoothing else table


def places(values: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """The bin below each value, and how far the value is on its way to the next one."""
    scaled = np.clip(values, 0, 1) * (bins - 1)
    below = np.minimum(scaled.astype(int), bins - 2)
    return below, scaled - below
