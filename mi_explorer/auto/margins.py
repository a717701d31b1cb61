"""Each column by itself, freed of its scale and shape: normal scores; and how far out a row lies: the log-radius.

Mutual information does not change under invertible maps of single columns, so that nothing is lost by them.
"""

from __future__ import annotations

__all__ = ["Side", "side", "normal_scores"]

from dataclasses import dataclass

import numpy as np

from ..estimators.data import Columns

MOST_LEVELS = 24  # of a discrete column that get an indicator each; the rarer ones share the absence of all
FARTHEST = 30.0  # in median absolute deviations: beyond it a number is only "far out" to a Gaussian mixture


@dataclass(frozen=True, eq=False)
class Side:
    """What the candidates see of x or of y; all have n rows and unit variance.

    scores: (n, d), normal scores of columns of numbers, then indicators of the levels of columns of symbols.
    extra: (n, m), the log-radius where there are two columns of numbers or more, and indicators of numbers that take few
    values. raw: (n, d), the columns of numbers centred and scaled robustly, then the indicators.
    """

    scores: np.ndarray
    extra: np.ndarray
    raw: np.ndarray

    def rows(self, chosen: np.ndarray) -> Side:
        return Side(self.scores[chosen], self.extra[chosen], self.raw[chosen])


def side(columns: Columns) -> Side:
    """Columns of any kind as numbers that estimators for numbers can work with."""
    n = len(columns.values)
    symbolic = np.array(columns.symbols, dtype=bool)
    numbers = columns.values[:, ~symbolic]
    few = np.array(columns.discrete, dtype=bool)[~symbolic]
    levels = _join(n, [indicators(column) for column in columns.values[:, symbolic].T])
    extra = [indicators(column) for column in numbers[:, few].T]
    robust = _robust(numbers)
    if numbers.shape[1] >= 2:
        extra.insert(0, normal_scores(np.log1p((robust**2).sum(1, keepdims=True))))
    scores, raw = normal_scores(numbers), np.clip(robust, -FARTHEST, FARTHEST)
    return Side(_join(n, [scores, levels]), _join(n, extra), _join(n, [raw, levels]))


def normal_scores(values: np.ndarray) -> np.ndarray:
    """Phi^-1((rank - 1/2) / n) of each column of values (n, d), with unit variance; ties share their mean rank. A constant is 0."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    if not values.size:
        return values
    scores = ndtri((rankdata(values, axis=0) - 0.5) / len(values))
    spread = scores.std(0)
    return scores / np.where(spread > 0, spread, 1.0)


def indicators(column: np.ndarray) -> np.ndarray:
    """One standardised 0/1 column for each of the most frequent levels but the last, so that none is redundant."""
    levels, codes, counts = np.unique(column, return_inverse=True, return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[: min(MOST_LEVELS, len(levels) - 1)]
    shown = (codes[:, None] == frequent).astype(float)
    return (shown - shown.mean(0)) / shown.std(0)


def _robust(values):
    """(x - median) / MAD: tails, however heavy, do not decide the scale of the rest."""
    if not values.size:
        return values
    largest = np.abs(values).max(0)  # squares of numbers near the largest float would overflow
    centred = values / largest - np.median(values / largest, axis=0)
    spread = np.median(np.abs(centred), axis=0)
    return centred / np.where(spread > 0, spread, np.abs(centred).mean(0))


def _join(n, parts):
    return np.hstack([np.empty((n, 0)), *parts])
