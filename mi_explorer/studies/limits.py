"""What a study may hold in memory: a page that anybody may use must not stop the others."""

from __future__ import annotations

__all__ = ["MOST_NUMBERS", "check_numbers"]

from mi_explorer.parameters import ParameterError

MOST_NUMBERS = 10**7  # in one data set or sample, for x and as many for y: 80 MB each


def check_numbers(**factors: int) -> None:
    """ParameterError if the product of the factors, a field's name each, is more numbers than a study may hold."""
    count = 1
    for factor in factors.values():
        count *= factor
    if count > MOST_NUMBERS:
        raise ParameterError(" × ".join(factors), count, f"at most {MOST_NUMBERS:,}, to fit into memory")
