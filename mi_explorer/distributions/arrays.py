"""Parameters that are lists of numbers, checked and made into tuples."""

from __future__ import annotations

__all__ = ["entries", "vector", "unit_sum"]

import math
import sys

from ..parameters import Parameter, ParameterError


def entries(name: str, value: object, *, most: int) -> list:
    """``value`` (a list, a tuple, an array or a tensor) as a list of 1 to ``most`` entries."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(value, (list, tuple)):
        raise ParameterError(name, value, "a list")
    if not 1 <= len(value) <= most:
        raise ParameterError(name, f"a list of {len(value)}", f"a list of 1 to {most}")
    return list(value)


def vector(name: str, value: object, *, low: float = -math.inf, most: int = 1000) -> tuple[float, ...]:
    """A list of numbers from ``low`` up as a tuple of floats."""
    number = Parameter(float, low, 1e9)
    return tuple(number.check(name, entry) for entry in entries(name, value, most=most))


def unit_sum(name: str, probabilities: tuple[float, ...]) -> tuple[float, ...]:
    """Probabilities whose sum is one within 1e-9, made one to rounding; applied twice it changes nothing."""
    total = math.fsum(probabilities)
    if abs(total - 1) > 1e-9:
        raise ParameterError(name, total, "probabilities of sum 1")
    if abs(total - 1) <= 8 * sys.float_info.epsilon:
        return probabilities
    return tuple(p / total for p in probabilities)
