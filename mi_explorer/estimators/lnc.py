r"""The local non-uniformity correction of KSG, for strong dependence.

KSG takes the density to be constant in a rectangle around each point. Where the sample lies along a thin band that
crosses it at an angle, the k neighbours fill only a sliver of the rectangle; the sliver's volume is that of the box along
the neighbours' principal directions, and log(rectangle / box) is what KSG shows too little.
"""

from __future__ import annotations

__all__ = ["lnc", "threshold"]

import functools
from dataclasses import replace

import numpy as np

from ..parameters import Parameter, ParameterError
from .base import Estimate, register
from .data import Pair
from .ksg import SHARED, ceiling, from_neighbours, rectangle_terms
from .neighbours import nearest

RARE = 5e-3  # how often the correction may set in where the density is constant (the paper's epsilon)
DRAWS = 20_000  # simulated neighbourhoods for that
FEW = 4  # dimensions up to which the local density is flat enough for the threshold to mean what it says
ROUNDING = 1e-12  # a sliver thinner than this, as a share of the rectangle, is rounding


@register(
    "lnc", name="KSG, non-uniformity corrected",
    formula=r"\hat I_\mathrm{KSG2} - \frac1n\sum_i \left[\bar V_i < \alpha V_i\right] \log\frac{\bar V_i}{V_i}",
    source="Gao, Ver Steeg & Galstyan 2015, arXiv:1411.2003, section 4",
    remark="Follows strong dependence along thin smooth bands, where KSG would need far more samples.",
    cost="KSG 2 and a small eigenvalue problem for every point: two to five times its time.",
    options={"k": Parameter(int, 3, 1000, label="Neighbours k", slider=(3, 30, 1))},
    **(SHARED | {"consistent_for": ()}),  # where the density is constant it still corrects 1 point in 200
)
def lnc(sample: Pair, *, k: int | None = None) -> Estimate:
    """Without k: five neighbours, or three more than there are dimensions, since d or fewer span no box."""
    dim = sample.x.dim + sample.y.dim
    k = max(5, dim + 3) if k is None else k
    if k <= dim:
        raise ParameterError("k", k, f"more than dim_x + dim_y = {dim}")
    found = from_neighbours(corrected_terms, sample, k)
    warnings = []
    if dim > FEW:
        warnings.append(f"In {dim} dimensions the correction sets in where nothing is amiss: the estimate can be far too high.")
    if found.value > ceiling(sample.n, k):
        warnings.append(
            "The value rests on how thin the band is along which the samples lie, down to rounding errors: the mutual "
            "information may be infinite (one side a function of the other)."
        )
    return replace(found, warnings=(*found.warnings, *warnings))


def corrected_terms(x: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
    """The n terms of KSG 2, each with its correction."""
    index = nearest(np.hstack([x, y]), k)[1]
    ratio = sliver(x, y, index)
    thin = ratio < threshold(k, x.shape[1], y.shape[1])
    return rectangle_terms(x, y, k, index) - np.where(thin, np.log(ratio), 0.0)


def sliver(x: np.ndarray, y: np.ndarray, index: np.ndarray) -> np.ndarray:
    """For every point the volume of the box along its neighbours' principal directions, as a share of the volume of
    the rectangle that KSG 2 takes: (n,), from the neighbours index (n, k)."""
    sides = [side[index] - side[:, None] for side in (x, y)]
    scaled = [side / np.abs(side).max((1, 2), keepdims=True) for side in sides]  # the rectangle becomes the unit cube
    return box_volume(np.concatenate(scaled, 2))


def box_volume(offsets: np.ndarray) -> np.ndarray:
    """Of offsets (n, k, dim) from a point: the volume of the box along their principal directions, in units of the
    cube [-1, 1]^dim."""
    directions = np.linalg.eigh(offsets.mT @ offsets)[1]
    return np.maximum(np.abs(offsets @ directions).max(1).prod(1), ROUNDING)


@functools.lru_cache
def threshold(k: int, dim_x: int, dim_y: int) -> float:
    """alpha: a share of the rectangle that the box falls below with probability 0.005 where the density is constant.

    The paper gives no formula either: k points are drawn in a cube 20,000 times.
    """
    draw = np.random.default_rng(0).uniform(-1, 1, (DRAWS, k, dim_x + dim_y))
    sides = np.split(draw, [dim_x], 2)
    scaled = [side / np.abs(side).max((1, 2), keepdims=True) for side in sides]
    return float(np.quantile(box_volume(np.concatenate(scaled, 2)), RARE))
