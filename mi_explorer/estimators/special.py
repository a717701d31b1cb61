"""Digamma and its relatives from SciPy, which is loaded when they are first used: every page that lists estimators would
pay for it otherwise."""

from __future__ import annotations

__all__ = ["digamma", "polygamma"]


def digamma(values):
    from scipy import special

    return special.digamma(values)


def polygamma(order: int, values):
    from scipy import special

    return special.polygamma(order, values)
