"""A number that was measured, with the error that measuring it left."""

from __future__ import annotations

__all__ = ["Measured", "over_batches"]

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """A value in nats and its Monte Carlo standard error: how much it would vary if it were measured again.

    spread: standard deviation over the replicates, of which each has its own data and its own critic; NaN for one.
    """

    value: float
    stderr: float = 0.0
    spread: float = math.nan


def over_batches(values: np.ndarray) -> Measured:
    """The mean of values (batches, replicates). Its error is that of these critics, not that of training others."""
    batches, replicates = values.shape
    with np.errstate(invalid="ignore"):
        means = values.mean(0)
        errors = values.std(0, ddof=1) / math.sqrt(batches) if batches > 1 else np.full(replicates, math.nan)
        spread = float(means.std(ddof=1)) if replicates > 1 else math.nan
        return Measured(float(means.mean()), float(np.sqrt((errors**2).sum()) / replicates), spread)
