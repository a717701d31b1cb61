"""Nearest neighbours in the maximum norm, the geometry under KSG, its correction and Ross's estimator.

scikit-learn's k-d tree: on 10,000 points in 5 + 5 dimensions SciPy's cKDTree needs about as long for the neighbours
and four times as long to count points within a radius.
"""

from __future__ import annotations

__all__ = ["nearest", "count_within", "side_distance"]

import numpy as np

LEAF = 20  # points in a leaf of the tree; scikit-learn's default of 40 is slower in up to ten dimensions


def nearest(values: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances to the k nearest other rows of values (n, dim), in order, and their indices: (n, k) each."""
    distance, index = tree(values).query(values, k + 1)
    return distance[:, 1:], index[:, 1:]


def count_within(values: np.ndarray, radius: np.ndarray, *, strict: bool) -> np.ndarray:
    """How many rows of values (n, dim) lie within radius (n,) of each row, itself included: (n,).

    ``strict``: nearer than the radius, not at it. The radius is a distance between two of the rows, so a rounding
    error would decide about one neighbour of many points: both ways below compare the difference of two values.
    """
    if values.shape[1] == 1:
        return count_on_line(values[:, 0], radius, strict)
    limit = np.nextafter(radius, 0) if strict else radius  # the tree counts distance <= limit
    return np.maximum(tree(values).query_radius(values, limit, count_only=True), 1)


def side_distance(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The largest distance of each row of values (n, dim) to the rows index (n, k) that belong to it: (n,)."""
    return np.abs(values[index] - values[:, None]).max((1, 2))


def tree(values: np.ndarray):
    from sklearn.neighbors import KDTree

    return KDTree(values, metric="chebyshev", leaf_size=LEAF)


def count_on_line(values: np.ndarray, radius: np.ndarray, strict: bool) -> np.ndarray:
    inside = np.less if strict else np.less_equal
    line = np.sort(values)
    n = len(line)
    # v - r and v + r are rounded, so that the ends may be off by a place or two.
    left, right = np.searchsorted(line, values - radius), np.searchsorted(line, values + radius, "right")
    for end, step in ((left, -1), (right, 1)):
        offset = -1 if step < 0 else 0  # from an end to the first point outside it
        while True:
            outer = end + offset
            grow = (0 <= outer) & (outer < n) & inside(np.abs(line[outer.clip(0, n - 1)] - values), radius)
            inner = end + offset - step
            shrink = (0 <= inner) & (inner < n) & ~inside(np.abs(line[inner.clip(0, n - 1)] - values), radius)
            if not (grow | (shrink & (left < right))).any():
                break
            end += step * grow - step * (shrink & (left < right))
    return np.maximum(right - left, 1)
