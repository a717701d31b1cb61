r"""What the experiments on learning by contrast have in common: their best possible value, and how an embedding is judged.

Two views that share one of M equally likely symbols, and nothing else, have log M nats in common. The best critic scores
log M where the symbols agree and -inf where they do not, so that InfoNCE over a batch of B shows log B less the logarithm of the
number of partners with the right symbol, the true one and by chance Bin(B - 1, 1/M) others. No critic has more on average than

    E log( B / (1 + Bin(B - 1, 1/M)) ),

which is below both log B and log M.
"""

from __future__ import annotations

__all__ = ["alignment", "both_ways", "optimum", "uniformity"]

import math
from typing import TYPE_CHECKING

from mi_explorer.bounds import bounds, log_mean_exp_off_diagonal

if TYPE_CHECKING:
    import torch


def optimum(batch: int, symbols: int) -> float:
    """InfoNCE's largest expected value in nats for a batch of B, where the views share one of M equally likely symbols."""
    import numpy as np
    from scipy.stats import binom

    others = np.arange(batch)
    return math.log(batch) - float((binom.pmf(others, batch - 1, 1 / symbols) * np.log1p(others)).sum())


def both_ways(scores: torch.Tensor) -> torch.Tensor:
    """InfoNCE of scores (..., n, n) in nats, the mean of both directions, each of which is a lower bound: (...)."""
    infonce = bounds["infonce"].estimate
    return (infonce(scores) + infonce(scores.mT)) / 2


def alignment(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean squared distance of the two views' embeddings (..., n, d): 0 is best. Wang & Isola 2020, arXiv:2005.10242, alpha = 2."""
    return (x - y).square().sum(-1).mean(-1)


def uniformity(x: torch.Tensor) -> torch.Tensor:
    """log of the mean of e^(-2 |x_i - x_j|^2) over pairs of strangers among (..., n, d): 0 where all are in one place, lower is more
    evenly spread over the sphere; about -4 is the least there is in many dimensions. Ibid., t = 2."""
    return log_mean_exp_off_diagonal(-2 * (2 - 2 * x @ x.mT))
