"""The standard error of an estimate that is a mean of dependent terms."""

from __future__ import annotations

__all__ = ["ROWS", "block_stderr"]

import math
from collections.abc import Callable

import numpy as np

ROWS = 250  # of a block: nearest neighbours among fewer behave unlike those of the whole sample
FEWEST, MOST = 5, 20  # blocks: with fewer the spread says nothing, with more it gains little


def block_stderr(terms: Callable[[np.ndarray, np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray, generator) -> float:
    """The standard error of the mean of terms(x, y): (n,), from its values on disjoint blocks; 0 below 1,250 rows.

    Nearest neighbours are shared: each sample enters the terms of others, in many dimensions of very many others, so that
    the spread of the terms understates the error (by half in 8 + 8 dimensions). The variance falls about as 1/n, so
    that of the estimate from all n follows from that of estimates from 250.

    Source: Holmes & Nemenman 2019, arXiv:1903.09280 (there blocks of several sizes and many partitions).
    """
    blocks = min(MOST, len(x) // ROWS)
    if blocks < FEWEST:
        return 0.0
    parts = generator.permutation(len(x))[: blocks * ROWS].reshape(blocks, ROWS)
    return float(np.std([terms(x[part], y[part]).mean() for part in parts], ddof=1)) * math.sqrt(ROWS / len(x))
