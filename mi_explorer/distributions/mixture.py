"""Mixtures of Gaussians on (x, y): any shape, the truth by Monte Carlo."""

from __future__ import annotations

__all__ = ["GaussianMixture", "XMixture"]

import functools
import math
from dataclasses import dataclass
from functools import cached_property

from ..parameters import ParameterError, real, validate, whole
from .arrays import entries, unit_sum, vector
from .base import Distribution, register

TRUTH_SAMPLES = 100_000
MOST_COMPONENTS = 100
MOST_DIM = 100


class Mixture(Distribution):
    """What any mixture can do, given ``weights``, ``means`` and ``covariances`` of its components on (x, y).

    The densities are written once, for numpy (the truth, which needs no torch) and for torch alike.
    """

    @property
    def mi(self) -> float:
        """I(X; Y) in nats: the mean of ``log_ratio`` over 100,000 fixed samples, ``mi_stderr`` its error."""
        return _truth(self)[0]

    @property
    def mi_stderr(self) -> float:
        return _truth(self)[1]

    @cached_property
    def _roots(self):
        """Lower Cholesky factors of the covariances (components, dim, dim)."""
        import numpy as np

        return np.linalg.cholesky(np.array(self.covariances))

    @cached_property
    def _parts(self):
        """For the joint and for each margin: (log constant, mean, whitening matrix) of every component."""
        import numpy as np

        def parts(block):
            for weight, mean, covariance in zip(self.weights, self.means, self.covariances):
                root = np.linalg.cholesky(np.array(covariance)[block, block])
                log_volume = np.log(np.diag(root)).sum() + len(root) / 2 * math.log(2 * math.pi)
                yield math.log(weight) - float(log_volume), np.array(mean)[block], np.linalg.inv(root).T

        blocks = slice(None), slice(self.dim_x), slice(self.dim_x, None)
        return tuple(tuple(parts(block)) for block in blocks)

    def _densities(self, x, y, logaddexp, array):
        """log p(x, y) - log p(x) - log p(y) for arrays of a library, given its logaddexp and constructor."""
        split = self.dim_x

        def log_density(parts, project):
            return _log_density(parts, project, logaddexp, array)

        joint, only_x, only_y = self._parts
        return (
            log_density(joint, lambda m, w: (x - m[:split]) @ w[:split] + (y - m[split:]) @ w[split:])
            - log_density(only_x, lambda m, w: (x - m) @ w)
            - log_density(only_y, lambda m, w: (y - m) @ w)
        )

    def _log_ratio(self, x, y):
        import torch

        return self._densities(x, y, torch.logaddexp, x.new_tensor)

    def _log_density_y(self, y):
        import torch

        return _log_density(self._parts[2], lambda m, w: (y - m) @ w, torch.logaddexp, y.new_tensor)

    def _sample(self, shape, draw):
        import torch

        edges = torch.tensor(self.weights[:-1], **draw.options).cumsum(0)
        component = torch.searchsorted(edges, draw.uniform(*shape, 1), right=True)
        normal = draw.normal(*shape, len(self.means[0]))
        z = torch.zeros_like(normal)
        for k, (mean, root) in enumerate(zip(self.means, self._roots)):
            z = torch.where(component == k, normal @ normal.new_tensor(root).mT + normal.new_tensor(mean), z)
        return z[..., : self.dim_x].contiguous(), z[..., self.dim_x :].contiguous()


def _log_density(parts, project, logaddexp, array):
    terms = []
    for log_scale, mean, whiten in parts:
        terms.append(log_scale - (project(array(mean), array(whiten)) ** 2).sum(-1) / 2)
    return functools.reduce(logaddexp, terms)


@functools.lru_cache(maxsize=128)
def _truth(mixture):
    import numpy as np

    random = np.random.default_rng(0)
    component = random.choice(len(mixture.weights), size=TRUTH_SAMPLES, p=mixture.weights)
    z = random.standard_normal((TRUTH_SAMPLES, len(mixture.means[0])))
    for k, (mean, root) in enumerate(zip(mixture.means, mixture._roots)):
        chosen = component == k
        z[chosen] = z[chosen] @ root.T + mean
    ratio = mixture._densities(z[:, : mixture.dim_x], z[:, mixture.dim_x :], np.logaddexp, np.asarray)
    return float(ratio.mean()), float(ratio.std(ddof=1) / math.sqrt(TRUTH_SAMPLES))


@register("gaussian_mixture", label="Gaussian mixture")
@dataclass(frozen=True)
class GaussianMixture(Mixture):
    """(x, y) jointly from one of several Gaussians.

    The truth is found by Monte Carlo as in Czyz et al. 2025, "On the Properties and Estimation of Pointwise
    Mutual Information Profiles", arXiv:2310.10240.

    Arguments:
        weights: Probabilities of the components, positive, of sum one.
        means: One mean of (x, y) for each component, dim_x + dim_y numbers.
        covariances: One symmetric positive definite matrix for each component, rows of numbers.
        dim_x: How many of the coordinates, the first, are x.
    """

    weights: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    covariances: tuple[tuple[tuple[float, ...], ...], ...]
    dim_x: int = whole(1, 1, MOST_DIM - 1, label="Dimension of x")

    def __post_init__(self):
        validate(self)
        weights = unit_sum("weights", vector("weights", self.weights, low=0, most=MOST_COMPONENTS))
        if min(weights) == 0:
            raise ParameterError("weights", weights, "positive")
        means = self._for_each(weights, "means", lambda mean: vector("means", mean, most=MOST_DIM))
        dim = len(means[0])
        if any(len(mean) != dim for mean in means):
            raise ParameterError("means", [len(mean) for mean in means], "of one length, dim_x + dim_y")
        if self.dim_x >= dim:
            raise ParameterError("dim_x", self.dim_x, f"below {dim}, the length of the means")
        covariances = self._for_each(weights, "covariances", lambda matrix: _covariance(matrix, dim))
        for name, value in (("weights", weights), ("means", means), ("covariances", covariances)):
            object.__setattr__(self, name, value)

    @property
    def dim_y(self) -> int:
        return len(self.means[0]) - self.dim_x

    def _for_each(self, weights, name, check):
        given = entries(name, getattr(self, name), most=MOST_COMPONENTS)
        if len(given) != len(weights):
            allowed = f"a list of {len(weights)}, one for each weight"
            raise ParameterError(name, f"a list of {len(given)}", allowed)
        return tuple(check(entry) for entry in given)


def _covariance(matrix, dim):
    import numpy as np

    name = "covariances"
    rows = tuple(vector(name, row, most=MOST_DIM) for row in entries(name, matrix, most=MOST_DIM))
    if len(rows) != dim or any(len(row) != dim for row in rows):
        raise ParameterError(name, [len(row) for row in rows], f"{dim} rows of {dim}, like the means")
    values = np.array(rows)
    allowed = "symmetric and positive definite"
    if not np.allclose(values, values.T, rtol=1e-9, atol=1e-12):
        raise ParameterError(name, matrix, allowed)
    try:
        np.linalg.cholesky(values)
    except np.linalg.LinAlgError:
        raise ParameterError(name, matrix, allowed) from None
    return rows


@register("mixture_x", label="Two crossed Gaussians (X)")
@dataclass(frozen=True)
class XMixture(Mixture):
    """Two Gaussians of opposite correlation, half of the time each: an X that has no correlation at all.

    The task "X" of Czyz et al. 2025, arXiv:2310.10240, there with correlation 0.9.

    Arguments:
        correlation: That of the one component; the other has its negative.
    """

    dim_x = 1
    dim_y = 1
    weights = (0.5, 0.5)
    means = ((0.0, 0.0), (0.0, 0.0))

    correlation: float = real(0.9, -1, 1, open=True, label="Correlation ±ρ", slider=(0, 0.99, 0.01))

    def __post_init__(self):
        validate(self)

    @property
    def covariances(self) -> tuple[tuple[tuple[float, ...], ...], ...]:
        return tuple(((1.0, rho), (rho, 1.0)) for rho in (self.correlation, -self.correlation))
