"""What columns tell one by one, added up: nearest neighbours see sharp edges, but only in few columns.

    x_1, ..., x_d independent of each other:  I(X; Y) >= sum_i I(x_i; Y) >= sum_i I(x_i; f_i(Y))

by the chain rule, as conditioning on the x_j before it can only add to what an independent x_i tells (Cover & Thomas 2006, sections
2.5 and 2.8). f_i are the two columns of y that depend most on x_i, or the product of some that shows more of it than they do singly.
"""

from __future__ import annotations

__all__ = ["parts"]

import math

import numpy as np

from .margins import normal_scores
from .screening import product, products, related

COLUMNS = 2  # of the other side beside each column: in three dimensions neighbours are still near


def parts(x: np.ndarray, y: np.ndarray) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """Of normal scores x (n, d) and y (n, e): for each side whose related columns are independent of each other these columns, (n, 1),
    each with what it is related to, (n, 1) or (n, 2)."""
    found = []
    for side, other in ((x, y), (y, x)):
        chosen, partners = related(side, other)
        if len(chosen) and len(partners) and _independent(side[:, chosen]):
            columns = [side[:, [column]] for column in chosen]
            features = [_most_related(other[:, np.sort(partners)], column) for column in columns]
            found.append([pair for pair in zip(columns, features) if pair[1].shape[1]])
    return [pairs for pairs in found if pairs]


def _most_related(side, column):
    multiplied = products(side, column, most=1)
    if multiplied:
        return normal_scores(product(side, multiplied))
    return side[:, related(side, column)[0][:COLUMNS]]


def _independent(columns):
    """Whether no column shows in the others, nor all together in their correlations: half the sum of squared ones is about what
    they tell of each other."""
    n, d = columns.shape
    pairs = d * (d - 1) / 2
    squares = (np.triu(np.corrcoef(columns.T), 1) ** 2).sum() if d > 1 else 0.0
    if n * squares > pairs + 3 * math.sqrt(2 * pairs):
        return False
    return not any(len(related(np.delete(columns, i, 1), columns[:, [i]])[0]) for i in range(d) if d > 1)
