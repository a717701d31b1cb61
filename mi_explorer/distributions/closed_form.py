"""Closed forms of the mutual information: rounding to what a parameter can express, and inversion."""

from __future__ import annotations

__all__ = ["shortest", "bisect"]

import math
import sys
from collections.abc import Callable


def shortest(formula: Callable[[float], float], at: float) -> float:
    """``formula(at)`` with the fewest decimal digits that ``at`` can tell apart, as ``repr`` does for floats.

    A correlation is a float, so a formula of it takes isolated values only: in 20 dimensions two neighbouring
    correlations are 2e-15 nats apart, and neither may give 4 nats to the last bit. Of all values between
    those of the neighbouring floats the one with the shortest decimal form is taken; it is never further than
    a millionth off.
    """
    value = formula(at)
    gap = abs(value - formula(math.nextafter(at, 0.0)))
    tolerance = min(gap, 1e-6 * abs(value)) + 4 * sys.float_info.epsilon * abs(value)
    for digits in range(1, 17):
        rounded = float(f"{value:.{digits}g}")
        if abs(rounded - value) <= tolerance:
            return rounded
    return value


def bisect(formula: Callable[[float], float], target: float, low: float, high: float) -> float:
    """The float in [low, high] at which the monotone ``formula`` comes closest to ``target``."""
    rising = formula(high) >= formula(low)
    while (middle := low + (high - low) / 2) not in (low, high):
        if (formula(middle) < target) == rising:
            low = middle
        else:
            high = middle
    return min(low, high, key=lambda at: abs(formula(at) - target))
