r"""Linear dependence: the mutual information of a Gaussian with the sample's covariance, or of its normal scores.

    I = -1/2 sum_i log(1 - r_i^2),   r_i the canonical correlations (Gelfand & Yaglom 1959)

For Gaussian data the expectation of the sample version is known exactly. With the scatter matrix of n samples a Wishart
matrix with n - 1 degrees of freedom, E log det S = log det Sigma + sum_{i=1}^d psi((n - i)/2) + const d; what the three
sums leave is subtracted.
"""

from __future__ import annotations

__all__ = ["gaussian", "copula", "normal_scores", "wishart_bias"]

import math
from dataclasses import replace

import numpy as np

from ..parameters import ParameterError
from .base import Estimate, register
from .data import MANY_TIES, Pair, standardise, tied_share
from .special import digamma, polygamma

SINGULAR = 1e-13  # 1 - r² below this is rounding: one side determines a direction of the other


@register(
    "gaussian", name="Gaussian (CCA)",
    formula=r"-\frac12\sum_i \log(1-\hat r_i^2) - b_n(d_x, d_y)",
    source="Gelfand & Yaglom 1959; bias from Wishart log determinants, Misra, Singh & Demchuk 2005, J. Multivariate Anal. 92",
    accepts=("continuous",), consistent_for=("gaussian",), invariant_to=("scale", "linear"),
    remark="Exact and unbiased for Gaussian data, blind to everything that is not linear.",
    cost="n d²: a second for a million rows.",
)
def gaussian(sample: Pair) -> Estimate:
    return from_correlations(standardise(sample.x.values), standardise(sample.y.values))


@register(
    "copula", name="Gaussian copula",
    formula=r"-\frac12\sum_i \log(1-\hat r_i^2) - b_n(d_x, d_y),\quad \hat r \text{ of } \Phi^{-1}\!\left(\tfrac{\text{rank}}{n+1}\right)",
    source="Ince et al. 2017, Hum. Brain Mapp. 38, 1541; bias as for the Gaussian",
    accepts=("continuous",), consistent_for=("gaussian", "copula"), invariant_to=("scale", "monotone"),
    remark="As the Gaussian, after every column is made normal: neither outliers nor bent scales disturb it. "
           "With one column on each side it is at most the truth.",
    cost="n log n: seconds for a million rows.",
)
def copula(sample: Pair) -> Estimate:
    found = from_correlations(normal_scores(sample.x.values), normal_scores(sample.y.values))
    # With normal margins the Gaussian has the least mutual information for its correlation (Foster & Grassberger 2011,
    # Phys. Rev. E 83, 010101). Scores of several columns are normal one by one, not together, and scores of ties not at all.
    normal = all(side.dim == 1 and tied_share(side.values[:, 0]) <= MANY_TIES for side in (sample.x, sample.y))
    return replace(found, kind="lower") if normal else found


def normal_scores(values: np.ndarray) -> np.ndarray:
    """Each column of values (n, dim) by rank on the normal distribution; ties share the mean of their ranks."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    return ndtri(rankdata(values, axis=0) / (len(values) + 1))


def from_correlations(x: np.ndarray, y: np.ndarray) -> Estimate:
    """The bias-corrected Gaussian mutual information of x (n, dim_x) and y (n, dim_y).

    Standard error: the delta method. To first order the value changes with sample i by its pointwise mutual information,
    whose variance is taken from the sample (less the sum of squares that the r show by chance); at independence that
    vanishes, and what is left is the exact variance of the value for independent Gaussians.
    """
    n = len(x)
    (basis_x, lost_x), (basis_y, lost_y) = basis(x), basis(y)
    dim_x, dim_y = basis_x.shape[1], basis_y.shape[1]
    if n < dim_x + dim_y + 2:
        raise ParameterError("x", f"{n} samples", f"at least dim_x + dim_y + 2 = {dim_x + dim_y + 2} samples")
    warnings = tuple(
        f"{name} has {lost} columns that the others determine (linearly): they add nothing."
        for name, lost in (("x", lost_x), ("y", lost_y)) if lost
    )
    left, r, right = np.linalg.svd(basis_x.T @ basis_y, full_matrices=False)
    residual = (1 - r) * (1 + r)
    if residual.min() < SINGULAR:
        exact = "One side determines a direction of the other exactly: the mutual information is infinite."
        return Estimate(math.inf, math.nan, warnings=(*warnings, exact))
    u, v = basis_x @ left * math.sqrt(n), basis_y @ right.T * math.sqrt(n)
    pointwise = ((u * v) @ (r / residual)) - ((u**2 + v**2) @ (r**2 / residual)) / 2
    bias, null_variance = wishart_bias(n, dim_x, dim_y)
    value = -np.log(residual).sum() / 2 - bias
    first_order = max(pointwise.var() - dim_x * dim_y / (n - 1), 0.0) / n
    return Estimate(value, math.sqrt(first_order + null_variance), warnings=warnings)


def basis(values: np.ndarray) -> tuple[np.ndarray, int]:
    """An orthonormal basis (n, rank) of the centred columns, and how many columns depend on the others."""
    q, r = np.linalg.qr(values - values.mean(0))
    directions, sizes, _ = np.linalg.svd(r)
    kept = sizes > sizes[0] * max(values.shape) * np.finfo(float).eps
    return q @ directions[:, kept], int((~kept).sum())


def wishart_bias(n: int, dim_x: int, dim_y: int) -> tuple[float, float]:
    """What -1/2 sum log(1 - r²) from n Gaussian samples shows too much on average, whatever the correlations are;
    and its variance where x and y are independent."""
    degrees = (n - np.arange(1, dim_x + dim_y + 1)) / 2
    own, shifted = degrees[:dim_y], degrees[dim_x:]  # the determinant ratio is a product of dim_y independent betas
    bias = (digamma(own) - digamma(shifted)).sum() / 2
    return float(bias), float((polygamma(1, shifted) - polygamma(1, own)).sum() / 4)
