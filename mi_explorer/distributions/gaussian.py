r"""Gaussian pairs in three shapes: coordinate by coordinate, everything correlated, a few pairs only.

Each of them is k pairs of standard normal variables (u_i, v_i), linear in x and in y, with one canonical
correlation r, and nothing else of x and y is dependent. Hence (Gelfand & Yaglom 1959)

    I(X; Y) = -k/2 log(1 - r^2)
    log p(x,y)/p(x)p(y) = I(X; Y) + sum_i [ v_i^2 / 2 - (v_i - r u_i)^2 / 2(1 - r^2) ]

and the pointwise mutual information has variance k r^2.
"""

from __future__ import annotations

__all__ = ["Gaussian", "GaussianDense", "GaussianSparse"]

import math
from dataclasses import dataclass

from ..parameters import ParameterError, real, validate, whole
from .base import Distribution, register

LARGEST = math.nextafter(1.0, 0.0)


class Canonical(Distribution):
    """A Gaussian given by its canonical pairs: their number, their correlation, the projections onto them."""

    mi_parameter = "correlation"

    def __post_init__(self):
        validate(self)

    @property
    def dim_x(self) -> int:
        return self.dim

    @property
    def dim_y(self) -> int:
        return self.dim

    @property
    def canonical_correlations(self) -> tuple[float, ...]:
        """The correlations of the canonical pairs that are not zero by construction."""
        return (self._canonical(self.correlation)[0],) * self._pairs

    @property
    def _ends(self):
        return 0.0, LARGEST

    def _mi_at(self, value):
        r, residual = self._canonical(value)
        return -self._pairs / 2 * (math.log1p(-r * r) if r * r < 0.5 else math.log(residual))

    @property
    def _pairs(self):
        raise NotImplementedError

    def _canonical(self, correlation):
        """r and 1 - r^2, the latter without cancellation."""
        raise NotImplementedError

    def _project(self, x, y):
        """The canonical variables u and v, (..., pairs) each."""
        raise NotImplementedError

    def _log_ratio(self, x, y):
        u, v = self._project(x, y)
        r, residual = self._canonical(self.correlation)
        quadratic = ((v.square() - (v - r * u).square() / residual) / 2).sum(-1)
        return quadratic + self._mi_at(self.correlation)

    def _log_ratio_matrix(self, x, y):
        r, residual = self._canonical(self.correlation)
        if residual < 1e-4:
            return super()._log_ratio_matrix(x, y)  # below, terms of size 1/residual cancel down to size 1
        u, v = self._project(x, y)
        scores = u @ (v * (r / residual)).mT
        half = -r * r / (2 * residual)
        scores += half * u.square().sum(-1).unsqueeze(-1) + self._mi_at(self.correlation)
        scores += half * v.square().sum(-1).unsqueeze(-2)
        return scores


@register("gaussian", label="Gaussian")
@dataclass(frozen=True)
class Gaussian(Canonical):
    r"""x is standard normal and y_i = \rho x_i + \sqrt{1-\rho^2} \epsilon_i + \sigma \eta_i.

    I(X; Y) = -dim/2 log(1 - r^2) nats with r^2 = rho^2 / (1 + sigma^2).

    Arguments:
        dim: The number of coordinates of x, and of y.
        correlation: rho, the correlation before the noise is added.
        noise: sigma, the standard deviation of the noise added to y.
    """

    dim: int = whole(1, 1, 1000, label="Dimension", slider=(1, 50, 1))
    correlation: float = real(0.8, -1, 1, open=True, label="Correlation ρ", slider=(-0.99, 0.99, 0.01))
    noise: float = real(0.0, 0, 100, label="Noise σ", slider=(0, 2, 0.05))

    @property
    def _pairs(self):
        return self.dim

    def _canonical(self, correlation):
        variance = 1 + self.noise**2
        residual = ((1 - correlation) * (1 + correlation) + self.noise**2) / variance
        return correlation / math.sqrt(variance), residual

    def _log_density_y(self, y):
        variance = 1 + self.noise**2
        return -(y.square().sum(-1) / variance + self.dim * math.log(2 * math.pi * variance)) / 2

    def _project(self, x, y):
        return x, (y / math.sqrt(1 + self.noise**2) if self.noise else y)

    def _sample(self, shape, draw):
        x = draw.normal(*shape, self.dim)
        y = draw.normal(*shape, self.dim).mul_(_orthogonal(self.correlation)).add_(x, alpha=self.correlation)
        if self.noise:
            y.add_(draw.normal(*shape, self.dim), alpha=self.noise)
        return x, y


@register("gaussian_dense", label="Gaussian, all pairs correlated")
@dataclass(frozen=True)
class GaussianDense(Canonical):
    r"""All 2 dim variables are standard normal and any two of them have the same correlation.

    Only the sums of x and of y are dependent: r = dim rho / (1 + (dim - 1) rho), I(X; Y) = -1/2 log(1 - r^2)
    nats. The "dense" multinormal tasks of Czyz et al. 2023, arXiv:2306.11078.

    Arguments:
        dim: The number of coordinates of x, and of y.
        correlation: The one correlation, above -1/(2 dim - 1): the covariance must be positive definite.
    """

    dim: int = whole(5, 1, 1000, label="Dimension", slider=(1, 50, 1))
    correlation: float = real(0.5, -1, 1, open=True, label="Correlation ρ", slider=(0, 0.99, 0.01))

    def __post_init__(self):
        super().__post_init__()
        if self.correlation * (2 * self.dim - 1) <= -1:
            allowed = f"above -1/{2 * self.dim - 1} for dim {self.dim} (positive definite covariance)"
            raise ParameterError("correlation", self.correlation, allowed)

    @property
    def _pairs(self):
        return 1

    def _canonical(self, correlation):
        variance = 1 + (self.dim - 1) * correlation
        residual = (1 - correlation) * (1 + (2 * self.dim - 1) * correlation) / variance**2
        return self.dim * correlation / variance, residual

    def _log_density_y(self, y):
        own, common = 1 - self.correlation, 1 + (self.dim - 1) * self.correlation  # of the sum, and of what sums to 0
        along = y.sum(-1).square() / self.dim
        log_volume = (self.dim - 1) * math.log(own) + math.log(common) + self.dim * math.log(2 * math.pi)
        return -((y.square().sum(-1) - along) / own + along / common + log_volume) / 2

    def _project(self, x, y):
        scale = math.sqrt(self.dim * (1 + (self.dim - 1) * self.correlation))
        return x.sum(-1, keepdim=True) / scale, y.sum(-1, keepdim=True) / scale

    def _sample(self, shape, draw):
        z = draw.normal(*shape, 2 * self.dim)  # times the symmetric root of (1 - rho) I + rho 1 1^T
        own = math.sqrt(1 - self.correlation)
        common = math.sqrt(1 + (2 * self.dim - 1) * self.correlation) - own
        z = own * z + common * z.mean(-1, keepdim=True)
        return z[..., : self.dim].contiguous(), z[..., self.dim :].contiguous()


@register("gaussian_sparse", label="Gaussian, few interacting pairs")
@dataclass(frozen=True)
class GaussianSparse(Canonical):
    """The first ``pairs`` coordinates of x and y are correlated one by one, all others are independent noise.

    I(X; Y) = -pairs/2 log(1 - rho^2) nats. Two pairs with correlation 0.8 are the "2-pair" tasks of Czyz et
    al. 2023, arXiv:2306.11078.

    Arguments:
        dim: The number of coordinates of x, and of y.
        pairs: How many of them interact, at most ``dim``.
        correlation: The correlation of those pairs.
    """

    dim: int = whole(5, 1, 1000, label="Dimension", slider=(1, 50, 1))
    pairs: int = whole(2, 1, 1000, label="Interacting pairs", slider=(1, 10, 1))
    correlation: float = real(0.8, -1, 1, open=True, label="Correlation ρ", slider=(-0.99, 0.99, 0.01))

    def __post_init__(self):
        super().__post_init__()
        if self.pairs > self.dim:
            raise ParameterError("pairs", self.pairs, f"at most dim, which is {self.dim}")

    @property
    def _pairs(self):
        return self.pairs

    def _canonical(self, correlation):
        return correlation, (1 - correlation) * (1 + correlation)

    def _log_density_y(self, y):
        return -(y.square().sum(-1) + self.dim * math.log(2 * math.pi)) / 2

    def _project(self, x, y):
        return x[..., : self.pairs], y[..., : self.pairs]

    def _sample(self, shape, draw):
        x = draw.normal(*shape, self.dim)
        y = draw.normal(*shape, self.dim)
        u, v = self._project(x, y)
        v.mul_(_orthogonal(self.correlation)).add_(u, alpha=self.correlation)  # v is a view of y
        return x, y


def _orthogonal(correlation):
    return math.sqrt((1 - correlation) * (1 + correlation))
