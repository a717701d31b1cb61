"""Which directions of x and y to look at: a network in 25 + 25 dimensions learns 10,000 rows by heart before it learns from them.

Everything here sees training rows only. Up to six dimensions a side is kept whole, rotated to canonical variables; beyond,
six directions are chosen: linear canonical ones, those along which quadratic and cubic functions of x and y correlate, and
single columns that depend on a column of the other side in any way that a table of counts can see.
"""

from __future__ import annotations

__all__ = ["View", "look", "related", "products", "product", "whitening"]

import itertools
import math
from dataclasses import dataclass

import numpy as np

from .margins import Side, normal_scores

MOST_DIRECTIONS = 6
MOST_FOR_PRODUCTS = 30  # columns of which all products are taken: their number grows with the square
MOST_FOR_PAIRS, MOST_FOR_TRIPLES = 100, 12  # columns whose products of two, of three are looked at singly
MOST_FOR_CURVATURE = 120  # columns of a side
MOST_PRODUCTS = 2  # that a network gets as inputs
MOST_WORK = 10**11  # multiplications for the tables of counts of all pairs of columns
BINS = 12
RIDGE = 0.1


@dataclass(frozen=True, eq=False)
class View:
    """One fold's view of all n rows.

    x, y: (n, p) and (n, q), inputs of a network. a, b: (n, k), significant canonical variables; correlations: (k,), what
    these are expected to correlate on fresh rows.
    """

    x: np.ndarray
    y: np.ndarray
    a: np.ndarray
    b: np.ndarray
    correlations: np.ndarray


def look(x: Side, y: Side, training: np.ndarray, validation: np.ndarray) -> View:
    """The view that the training rows suggest; the validation rows only check which functions correlate on rows not seen."""
    n = len(training)
    whiten_x, whiten_y = whitening(x.scores[training]), whitening(y.scores[training])
    u, v = x.scores @ whiten_x, y.scores @ whiten_y
    left, found, right = np.linalg.svd(u[training].T @ v[training] / n)
    found = np.minimum(found, 1 - 1e-6)
    dims = u.shape[1] + v.shape[1]
    significant = found > 1.1 * (math.sqrt(u.shape[1] / n) + math.sqrt(v.shape[1] / n)) + 0.01
    count = int(significant.sum())
    # In-sample r^2 is too high and that on fresh rows too low by about (1 - r^2) dims / n each.
    fresh = found[:count] ** 2 - 2 * (1 - found[:count] ** 2) * (dims - 2) / n
    correlations = np.sqrt(np.clip(fresh, 1e-4, 1 - 1e-6))
    directions_x, directions_y = left, right.T
    if max(u.shape[1], v.shape[1]) > MOST_DIRECTIONS:
        outer_x, outer_y = (np.zeros((side.shape[1],) * 2) for side in (u, v))
        if max(u.shape[1], v.shape[1]) <= MOST_FOR_CURVATURE:
            outer_x, outer_y = _curvature(u, v, x.extra, y.extra, training, validation)
        axes_x, axes_y = related(x.scores[training], y.scores[training])
        directions_x = _choose(left[:, :count], outer_x, np.linalg.pinv(whiten_x)[:, axes_x])
        directions_y = _choose(right.T[:, :count], outer_y, np.linalg.pinv(whiten_y)[:, axes_y])
    multiplied = [_multiplied(*sides, training) for sides in ((x.scores, y.scores), (y.scores, x.scores))]
    return View(
        np.hstack([u @ directions_x, x.extra, multiplied[0]]), np.hstack([v @ directions_y, y.extra, multiplied[1]]),
        u @ left[:, :count], v @ right.T[:, :count], correlations,
    )


def _multiplied(side, other, training):
    """Products of columns that show what no column shows: a network is slow to find an exclusive or of three."""
    found = products(side[training], other[training])
    return normal_scores(np.hstack([np.empty((len(side), 0)), *(product(side, [columns]) for columns in found)]))


def whitening(values: np.ndarray) -> np.ndarray:
    """W with unit covariance of values @ W; directions in which (copied or collinear) columns do not vary are left out."""
    variances, directions = np.linalg.eigh(values.T @ values / len(values))
    varies = variances > 1e-6 * variances[-1]
    return directions[:, varies] / np.sqrt(variances[varies])


def _choose(linear, outer, axes):
    """At most six orthonormal directions (d, 6): linear ones, half of the room for the others if there are any, then the rest."""
    if len(outer) <= MOST_DIRECTIONS:
        return np.eye(len(outer))
    weights, curved = np.linalg.eigh(outer)
    curved = curved[:, ::-1][:, weights[::-1] > 0.02 * max(weights[-1], 1e-9)]
    others = np.hstack([_turns(axes, curved), linear[:, 3:]])
    chosen = np.empty((len(outer), 0))
    for direction in np.hstack([linear[:, :3], others]).T:
        rest = direction - chosen @ (chosen.T @ direction)
        size = np.linalg.norm(rest)
        if size > 0.3 * np.linalg.norm(direction) and chosen.shape[1] < MOST_DIRECTIONS:
            chosen = np.hstack([chosen, rest[:, None] / size])
    return chosen


def _turns(first, second):
    """Columns of both in turns: 1st, 1st, 2nd, 2nd, ..."""
    both = min(first.shape[1], second.shape[1])
    mixed = np.stack([first[:, :both], second[:, :both]], -1).reshape(len(first), 2 * both)
    return np.hstack([mixed, first[:, both:], second[:, both:]])


def _curvature(u, v, extra_x, extra_y, training, validation):
    """For each side the outer product of gradients, (d, d), of the functions found by a ridge CCA of expanded features."""
    n = len(training)
    features, maps = zip(*(_expand(side, extra) for side, extra in ((u, extra_x), (v, extra_y))))
    features = [f - f[training].mean(0) for f in features]
    features = [f / np.maximum(f[training].std(0), 1e-6) for f in features]
    roots = []
    for f in features:
        covariance = f[training].T @ f[training] / n + RIDGE * np.eye(f.shape[1])
        roots.append(np.linalg.inv(np.linalg.cholesky(covariance)).T)
    cross = features[0][training].T @ features[1][training] / n
    left, _, right = np.linalg.svd(roots[0].T @ cross @ roots[1], full_matrices=False)
    coefficients = roots[0] @ left[:, :8], roots[1] @ right[:8].T
    variables = [f[validation] @ c for f, c in zip(features, coefficients)]
    outer = [np.zeros((side.shape[1],) * 2) for side in (u, v)]
    for k in range(variables[0].shape[1]):
        fresh = np.corrcoef(variables[0][:, k], variables[1][:, k])[0, 1]
        if fresh > 3.5 / math.sqrt(len(validation)):
            for total, mapping, c in zip(outer, maps, coefficients):
                total += fresh**2 * mapping(c[:, k])
    return outer


def _expand(side, extra):
    """Linear, product, cubic and (with the radius, the first extra column) mixed features; and coefficients -> outer product of gradients."""
    d = side.shape[1]
    radius = extra[:, :1]
    blocks = [side, (side**3 - 3 * side) / math.sqrt(6), side * radius if radius.size else np.empty((len(side), 0)), radius]
    rows, columns = np.triu_indices(d) if d <= MOST_FOR_PRODUCTS else (np.arange(d), np.arange(d))
    blocks.append(side[:, rows] * side[:, columns])
    edges = np.cumsum([0] + [block.shape[1] for block in blocks])

    def gradients(c):
        parts = [c[start:stop] for start, stop in zip(edges, edges[1:])]
        matrix = np.zeros((d, d))
        matrix[rows, columns] = parts[4]
        matrix = matrix + matrix.T
        vectors = [part for part in parts[:3] if part.size]
        return matrix @ matrix + sum(np.outer(vector, vector) for vector in vectors)

    return np.hstack(blocks), gradients


def related(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of x (n, d) and y (n, e), scores both, that depend on the other side, strongest first, six at most.

    Singly, by Pearson's chi-square of every pair's table of counts; and in products of two or three columns, by the product's
    correlation with a column of the other side or its size: so that an exclusive or shows, of which no single column tells.
    """
    rows = max(500, MOST_WORK // (x.shape[1] * y.shape[1] * 2 * BINS**2))
    if len(x) > rows:
        spread = np.linspace(0, len(x) - 1, rows).astype(int)
        x, y = x[spread], y[spread]
    strength_x, strength_y = _tables(x, y)
    for side, other, own, others in ((x, y, strength_x, strength_y), (y, x, strength_y, strength_x)):
        for combinations, kept in _products(side, other):
            np.maximum.at(own, combinations, kept.max(1)[:, None])
            np.maximum(others, kept.max(0), out=others)
    return tuple(np.argsort(-s, kind="stable")[: int((s > 0).sum())][:MOST_DIRECTIONS] for s in (strength_x, strength_y))


def products(side: np.ndarray, other: np.ndarray, most: int = MOST_PRODUCTS) -> list[tuple[int, ...]]:
    """Products of two or three columns of side (n, d) that show more of other (n, e) than any of their columns, strongest first."""
    own, _ = _tables(side, other)
    found = [
        (strength, tuple(map(int, columns)))
        for combinations, kept in _products(side, other)
        for columns, strength in zip(combinations, kept.max(1))
        if strength > own[columns].max()
    ]
    return [columns for _, columns in sorted(found, reverse=True)[:most]]


def _tables(x, y):
    """How much more than chance each column's tables of counts show, in nats, 0 where it may be chance: (d,) and (e,)."""
    from scipy.stats import rankdata

    n, bins = len(x), BINS

    def counted(values):
        codes = (bins * (rankdata(values, axis=0) - 0.5) / n).astype(int)  # equal values in one bin
        return (codes[:, :, None] == np.arange(bins)).astype(np.float32).reshape(n, -1)

    cells_x, cells_y = counted(x), counted(y)
    margins = [cells.sum(0).reshape(-1, bins) for cells in (cells_x, cells_y)]
    counts = (cells_x.T @ cells_y).reshape(x.shape[1], bins, y.shape[1], bins)
    expected = margins[0][:, :, None, None] * margins[1] / n
    statistic = ((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum((1, 3))
    freedom = np.maximum(np.outer(*((margin > 0).sum(1) - 1.0 for margin in margins)), 1)
    # More standard errors with more pairs to choose from: about the largest of them under independence, and three more.
    threshold = freedom + (3 + math.sqrt(2 * math.log(statistic.size + 1))) * np.sqrt(2 * freedom)
    excess = np.where(statistic > threshold, statistic - freedom, 0) / (2 * n)
    return excess.max(1), excess.max(0)


def _products(side, other):
    """Products of two and of three columns, (C, 2) and (C, 3), and what each shows of the other side's columns or their sizes:
    half its squared correlation, in nats, (C, e), 0 where it may be chance."""
    n, e = other.shape
    targets = _standardised(np.hstack([other, np.abs(other)]).astype(np.float32))
    side = side.astype(np.float32)
    for order, most in ((2, MOST_FOR_PAIRS), (3, MOST_FOR_TRIPLES)):
        if not order <= side.shape[1] <= most:
            continue
        combinations = np.array(list(itertools.combinations(range(side.shape[1]), order)))
        threshold = (2 + math.sqrt(2 * math.log(len(combinations) * 2 * e + 1))) ** 2 / n
        for chosen in np.array_split(combinations, math.ceil(len(combinations) / 256)):  # all at once would be gigabytes
            squared = (_standardised(product(side, chosen)).T @ targets / n) ** 2
            kept = np.where(squared > threshold, squared / 2, 0)
            yield chosen, np.maximum(kept[:, :e], kept[:, e:])


def product(values: np.ndarray, combinations: np.ndarray) -> np.ndarray:
    """Of the columns of values (n, d) in each row of combinations (c, order): (n, c)."""
    return math.prod(values[:, columns] for columns in np.asarray(combinations).T)


def _standardised(columns):
    columns = columns - columns.mean(0)
    return columns / np.maximum(columns.std(0), 1e-6)
