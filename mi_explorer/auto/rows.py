"""What rows can be to each other: copies, or successive moments of a time series."""

from __future__ import annotations

__all__ = ["without_copies", "inflation", "rearranger"]

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..estimators.data import Pair

LAGS = 100
MANY_COPIES = 0.01
IN_ORDER = 1.3  # of the variance: below, it may be chance


def without_copies(pair: Pair) -> Pair:
    """Without rows that repeat another one in every column, where only whole rows repeat.

    Where numbers are measured, equal rows are one row entered twice: training and held-out rows would share them. Where single
    columns have ties of their own, or one row comes far more often than others (all zeros, say), equal rows are data.
    """
    if pair.kind != "continuous":
        return pair
    values = np.hstack([pair.x.values, pair.y.values])
    distinct, first, times = np.unique(values, axis=0, return_index=True, return_counts=True)
    copies = 1 - len(distinct) / pair.n
    if copies < MANY_COPIES or times.max() > 5 + 3 * times.mean() or any(len(np.unique(column)) < len(distinct) for column in values.T):
        return pair
    first = np.sort(first)
    warning = f"{copies:.0%} of the rows are copies of another row; each was used once."
    return replace(pair, x=pair.x.rows(first), y=pair.y.rows(first), warnings=(*pair.warnings, warning))


def inflation(x: np.ndarray, y: np.ndarray) -> float:
    """By how much dependence between successive rows widens the standard error of a mean over pairs: at least 1.

    sqrt(1 + 2 sum_l r_x(l) r_y(l)), with the strongest autocorrelations among the columns of x (n, d) and y (n, e) (Bartlett 1946).
    Rows that were sorted by a column are no time series: 1.
    """
    n = len(x)
    if n < 100 or any(_sorted(column) for column in np.hstack([x, y]).T):
        return 1.0
    lags = min(LAGS, n // 5)
    strongest = [np.max([_autocorrelation(column, lags) for column in side.T], axis=0) for side in (x, y)]
    together = strongest[0] * strongest[1]
    variance = 1 + 2 * together.sum()
    return math.sqrt(variance) if variance > IN_ORDER else 1.0


def rearranger(generator: np.random.Generator, in_order: bool) -> Callable[[int], np.ndarray]:
    """Permutations of m rows at random; ``in_order``: turned by a random number of places, so that each side stays a series."""
    if not in_order:
        return generator.permutation
    return lambda m: np.roll(np.arange(m), generator.integers(m // 10 + 1, m - m // 10))


def _sorted(column):
    steps = np.diff(column)
    return (steps >= 0).mean() > 0.99 or (steps <= 0).mean() > 0.99


def _autocorrelation(column, lags):
    """At lags 1 to ``lags``; 0 from the first on that could be chance."""
    n = len(column)
    spectrum = np.abs(np.fft.rfft(column - column.mean(), 2 * n)) ** 2
    covariance = np.fft.irfft(spectrum)[: lags + 1]
    found = covariance[1:] / covariance[0]
    return np.where(np.logical_and.accumulate(found > 4 / math.sqrt(n)), found, 0.0)
