"""Ross's estimator for a discrete and a continuous variable, from nearest neighbours among the like."""

from __future__ import annotations

__all__ = ["ross"]

import math

import numpy as np

from ..parameters import ParameterError
from .base import Estimate, register
from .data import Pair, break_ties, standardise, symbols
from .ksg import K, most_rows
from .neighbours import count_within, nearest
from .special import digamma


@register(
    "ross", name="Ross",
    formula=r"\psi(n) + \frac1n\sum_i\left[\psi(k_i) - \psi(n_{x_i}) - \psi(m_i)\right]",
    source="Ross 2014, PLoS ONE 9(2), e87357, eq. 2",
    accepts=("mixed",), options={"k": K}, cap=most_rows,
    consistent_for=("mixed",), invariant_to=("scale", "relabel"),
    remark="For symbols on one side and numbers on the other; which side is which it sees itself.",
    cost="As KSG, without the joint space.",
)
def ross(sample: Pair, *, k: int = 3) -> Estimate:
    """n_x: how often the symbol of i occurs. m: points of any symbol as near as its k-th neighbour of the same one.

    A symbol that occurs k times or less has its own k, one less than it occurs; one that occurs once has no neighbour
    and says nothing: such samples are left out, with a warning. Standard error: from the spread of the n terms.
    """
    symbol, points = (sample.x, sample.y) if sample.x.is_discrete else (sample.y, sample.x)
    broken, warnings = break_ties({"the continuous side": standardise(points.values)}, sample.generator())
    codes = symbols(symbol.values)
    often = np.bincount(codes)[codes]
    if (often == 1).any():
        warnings += (f"{(often == 1).sum()} symbols occur only once; their samples have no neighbour and were left out.",)
    (values,), codes, often = (side[often > 1] for side in broken.values()), codes[often > 1], often[often > 1]
    if len(np.unique(codes)) < 2:
        raise ParameterError("x and y", "symbols seen only once", "a sample in which two symbols occur twice or more")
    neighbours = np.minimum(k, often - 1)
    radius = np.empty(len(values))
    for code in np.unique(codes):
        like = np.flatnonzero(codes == code)
        radius[like] = nearest(values[like], neighbours[like[0]])[0][:, -1]
    counted = count_within(values, radius, strict=True)
    terms = digamma(len(values)) + digamma(neighbours) - digamma(often) - digamma(counted)
    return Estimate(terms.mean(), terms.std() / math.sqrt(len(values)), warnings=warnings)
