"""The information in tables of counts or weights, and the table that two pictures make."""

from __future__ import annotations

__all__ = ["information", "joint_histogram"]

import numpy as np


def information(tables: np.ndarray) -> np.ndarray:
    """I(row; column) of tables of non-negative weights (..., k, l), in nats: (...). A table need not add up to one; an empty one tells
    nothing, 0. Of counts it is the plug-in estimate, about (k - 1)(l - 1) / 2n too large for n of them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = tables / tables.sum((-2, -1), keepdims=True)
        independent = p.sum(-1, keepdims=True) * p.sum(-2, keepdims=True)
        return np.where(p > 0, p * np.log(p / independent), 0.0).sum((-2, -1))


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
