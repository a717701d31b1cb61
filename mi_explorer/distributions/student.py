"""Heavy tails, and information without correlation."""

from __future__ import annotations

__all__ = ["StudentT"]

import functools
import math
from dataclasses import dataclass

from ..parameters import real, validate, whole
from .base import Distribution, register

LARGEST = math.nextafter(1.0, 0.0)


@register("student", label="Student t")
@dataclass(frozen=True)
class StudentT(Distribution):
    r"""(x, y) = (u, v) \sqrt{dof / s}, a Gaussian pair over ONE chi-square s: x and y are large together.

    I(X; Y) = -dim/2 log(1 - rho^2) + f(dof) + f(dof + 2 dim) - 2 f(dof + dim) nats, with
    f(k) = log Gamma(k/2) - k/2 psi(k/2): above the Gaussian's even at zero correlation (Arellano-Valle et al.
    2013, doi:10.1111/j.1467-9469.2011.00774.x; Czyz et al. 2023, arXiv:2306.11078). One dimension, one degree
    of freedom and no correlation (the bivariate Cauchy) give log(8 pi) - 3.

    Arguments:
        dim: The number of coordinates of x, and of y.
        dof: Degrees of freedom; the smaller, the heavier the tails.
        correlation: rho, between x_i and y_i in the dispersion.
    """

    mi_parameter = "correlation"

    dim: int = whole(1, 1, 1000, label="Dimension", slider=(1, 50, 1))
    dof: float = real(3.0, 0.5, 1000, label="Degrees of freedom ν", slider=(1, 30, 1))
    correlation: float = real(0.0, -1, 1, open=True, label="Correlation ρ", slider=(-0.99, 0.99, 0.01))

    def __post_init__(self):
        validate(self)

    @property
    def dim_x(self) -> int:
        return self.dim

    @property
    def dim_y(self) -> int:
        return self.dim

    @property
    def _ends(self):
        return 0.0, LARGEST

    def _mi_at(self, value):
        return -self.dim / 2 * _log_residual(value) + _shared_scale(self.dof, self.dim)

    def _sample(self, shape, draw):
        x = draw.normal(*shape, self.dim)
        y = draw.normal(*shape, self.dim) * math.exp(_log_residual(self.correlation) / 2)
        y += self.correlation * x
        scale = (draw.gamma(self.dof / 2, *shape, 1) * (2 / self.dof)).rsqrt_()
        return x * scale, y * scale

    def _log_ratio(self, x, y):
        d, dof, log_residual = self.dim, self.dof, _log_residual(self.correlation)
        log_gamma = [math.lgamma((dof + k * d) / 2) for k in range(3)]
        constant = log_gamma[0] - 2 * log_gamma[1] + log_gamma[2] - d / 2 * log_residual
        x_part, y_part = x.square().sum(-1), y.square().sum(-1)
        both = x_part + (y - self.correlation * x).square().sum(-1) / math.exp(log_residual)
        alone = (dof + d) / 2 * ((x_part / dof).log1p() + (y_part / dof).log1p())
        return constant + alone - (dof + 2 * d) / 2 * (both / dof).log1p()

    def _log_density_y(self, y):
        d, dof = self.dim, self.dof
        constant = math.lgamma((dof + d) / 2) - math.lgamma(dof / 2) - d / 2 * math.log(dof * math.pi)
        return constant - (dof + d) / 2 * (y.square().sum(-1) / dof).log1p()


def _log_residual(correlation):
    """log(1 - rho^2) without cancellation at either end."""
    return math.log1p(-correlation) + math.log1p(correlation)


@functools.lru_cache(maxsize=256)
def _shared_scale(dof, dim):
    """What the common chi-square tells, in nats."""
    from scipy.special import digamma  # costs more than everything else here, and only this family needs it

    def f(k):
        return math.lgamma(k / 2) - k / 2 * float(digamma(k / 2))

    return max(f(dof) - 2 * f(dof + dim) + f(dof + 2 * dim), 0.0)
