r"""Kernel density estimates of p(x, y), p(x) and p(y), put into the mean of log p(x, y)/p(x)p(y).

The kernel has the covariance of the data, times h²: smoothing then leaves the correlations as they are, and the marginal
kernels are the margins of the joint one, so that most of what smoothing does cancels in the ratio. Leave-one-out: no
point helps to explain itself.
"""

from __future__ import annotations

__all__ = ["kde"]

import math

import numpy as np

from ..parameters import Parameter
from .base import Estimate, register
from .data import Pair
from .gaussian import normal_scores

ROWS = 5_000
RIDGE = 1e-6  # added to the variance of every normal score, so that columns may depend on each other
SATURATED = -0.4 * math.log(RIDGE)  # 5.5 nats: the ridge hides correlations closer to 1
FEW = 4  # dimensions up to which there is anything near a point to average over
CHUNK = 2**21  # entries of a block of the kernel matrix: 16 MB


@register(
    "kde", name="Kernel density",
    formula=r"\frac1n\sum_i \log\frac{(n-1)\sum_{j\ne i} K_{h^2\Sigma}(x_i-x_j,\,y_i-y_j)}"
            r"{\sum_{j\ne i} K_{h^2\Sigma_x}(x_i-x_j)\,\sum_{j\ne i} K_{h^2\Sigma_y}(y_i-y_j)}",
    source="Moon, Rajagopalan & Lall 1995, Phys. Rev. E 52, 2318; one bandwidth for all: Zeng, Xia & Tong 2018, PNAS 115, 9956",
    accepts=("continuous",), options={"factor": Parameter(float, 0.05, 20, label="Bandwidth, times the rule's")},
    cap=lambda dim: ROWS, consistent_for=("gaussian", "copula", "continuous"), invariant_to=("scale", "monotone"),
    remark="Smoothing blurs dependence: too low where MI is high or dimensions are many.",
    cost="n²: 5,000 rows, the cap, take about two seconds.",
)
def kde(sample: Pair, *, factor: float = 1.0) -> Estimate:
    """On normal scores, so that no outlier sits alone; h is the normal-reference rule (4/(d+2)/n)^{1/(d+4)} for the joint
    density, d = dim_x + dim_y, times ``factor``. Standard error: from the spread of the n terms."""
    x, y = normal_scores(sample.x.values), normal_scores(sample.y.values)
    n, dim = sample.n, sample.x.dim + sample.y.dim
    h = factor * (4 / ((dim + 2) * n)) ** (1 / (dim + 4))
    joint, of_x, of_y = (log_density(side, h) for side in (np.hstack([x, y]), x, y))
    terms, warnings = joint - of_x - of_y, ()
    if dim > FEW:
        warnings += (f"In {dim} dimensions kernels reach hardly any neighbour: do not trust the value.",)
    if terms.mean() > SATURATED:
        warnings += ("Saturated: one side all but determines the other, and the mutual information may be infinite.",)
    return Estimate(terms.mean(), terms.std() / math.sqrt(n), warnings=warnings)


def log_density(values: np.ndarray, h: float) -> np.ndarray:
    """The log density at each row of values (n, dim) from all the others, up to a constant per column: (n,)."""
    from scipy.linalg import solve_triangular
    from scipy.special import logsumexp

    n, dim = values.shape
    factor = np.linalg.cholesky(np.cov(values.T).reshape(dim, dim) + RIDGE * np.eye(dim))
    white = solve_triangular(factor, values.T, lower=True).T / h
    squares = (white**2).sum(1)
    parts = []
    for rows in np.array_split(np.arange(n), math.ceil(n * n / CHUNK)):
        exponents = white[rows] @ white.T - (squares[rows, None] + squares) / 2
        exponents[np.arange(len(rows)), rows] = -np.inf  # itself
        parts.append(logsumexp(exponents, axis=1))  # in logarithms: far out every kernel underflows
    return np.concatenate(parts) - math.log(n - 1) - np.log(np.diag(factor)).sum()
