"""The standard error of an estimate that is a mean of dependent terms."""

from __future__ import annotations

__all__ = ["ROWS", "block_stderr"]

import math
from collections.abc import Callable

import numpy as np

ROWS = 250  # of a block: nearest neighbours of fewer rows behave unlike those of the whole sample
FEWEST, MOST = 5, 20  # blocks: with fewer the spread says nothing, with more it gains nothing


def block_stderr(
    terms: Callable[[np.ndarray, np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray, spread: float, generator
) -> float:
    """The standard error of the mean of terms(x, y): (n,), whose standard deviation is ``spread``.

    Nearest neighbours are shared: each sample enters the terms of others, in many dimensions of very many others, so that
    the spread of the terms understates the error (by half in 8 + 8 dimensions). The variance falls about as 1/n, so
    the estimate from all n varies as the mean of the estimates from disjoint blocks does; the larger of both is taken.
    Below 1,250 rows there are too few blocks, and it has to be the spread of the terms alone.

    Source: Holmes & Nemenman 2019, arXiv:1903.09280 (there many partitions; one costs a quarter of the estimate's time).
    """
    n = len(x)
    blocks = min(MOST, n // ROWS)
    plain = spread / math.sqrt(n)
    if blocks < FEWEST:
        return plain
    parts = np.array_split(generator.permutation(n), blocks)
    return max(plain, np.std([terms(x[part], y[part]).mean() for part in parts], ddof=1) / math.sqrt(blocks))
