"""The mixtures of Czyz et al. 2025, "On the Properties and Estimation of Pointwise Mutual Information Profiles".

arXiv:2310.10240. Its "X" is ``XMixture``; here are the others, with the numbers of the published benchmark as defaults.
All truths are means of ``log_ratio`` over 100,000 samples, with their standard error.
"""

from __future__ import annotations

__all__ = ["AIMixture", "WavesMixture", "GalaxyMixture", "ConcentricMixture", "InlierMixture"]

import math
from dataclasses import dataclass

from ..parameters import ParameterError, real, validate, whole
from .base import register
from .gaussian import GaussianSparse
from .maps import spiral
from .mixture import Mixture


def diagonal(*variances: float) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(v if i == j else 0.0 for j in range(len(variances))) for i, v in enumerate(variances))


def evenly(components: int) -> tuple[float, ...]:
    return (1 / components,) * components


@register("mixture_ai", label="The letters AI")
@dataclass(frozen=True)
class AIMixture(Mixture):
    """Six Gaussians that spell AI, a sixth of the time each.

    Arguments:
        correlation: How straight the legs of the A are.
    """

    dim_x = 1
    dim_y = 1
    weights = evenly(6)
    means = ((1.0, 0.0), (1.0, 1.0), (1.0, -1.0), (-0.8, -0.2), (-1.2, 0.0), (-0.4, 0.0))

    correlation: float = real(0.95, -1, 1, open=True, label="Correlation in the A's legs", slider=(0, 0.99, 0.01))

    def __post_init__(self):
        validate(self)

    @property
    def covariances(self) -> tuple[tuple[tuple[float, ...], ...], ...]:
        stem, serif, bar = diagonal(0.01, 0.2), diagonal(0.05, 0.001), diagonal(0.03, 0.001)
        slant = self.correlation * math.sqrt(0.04 * 0.2)
        legs = (((0.04, slant), (slant, 0.2)), ((0.04, -slant), (-slant, 0.2)))
        return (stem, serif, serif, bar, *legs)


class Bent(Mixture):
    """A mixture of which x is seen through a one-to-one map, ``_bend``, with its inverse ``_straighten``."""

    def _bend(self, x):
        raise NotImplementedError

    def _straighten(self, x):
        raise NotImplementedError

    def _sample(self, shape, draw):
        x, y = super()._sample(shape, draw)
        return self._bend(x), y

    def _log_ratio(self, x, y):
        return super()._log_ratio(self._straighten(x), y)


@register("mixture_waves", label="Waves")
@dataclass(frozen=True)
class WavesMixture(Bent):
    r"""Upright bars side by side, bent into waves; y is one of four heights in turn.

    x = (0.1 (u + amplitude sin(frequency v)) - 0.8, 0.5 v), where (u, v, y) is normal with variances 0.1, 1, 0.1 about
    (1.5 k, 0, 1.5 (k mod 4)) for a random k = 0, ..., components - 1. Neither amplitude nor frequency changes I(X; Y).

    Arguments:
        components: The number of bars.
        amplitude: How far they are bent.
        frequency: Of the waves, in radians for a unit of v.
    """

    dim_x = 2
    dim_y = 1

    components: int = whole(12, 2, 40, label="Waves", slider=(2, 24, 1))
    amplitude: float = real(5.0, 0, 100, label="Amplitude", slider=(0, 10, 0.1))
    frequency: float = real(3.0, 0, 100, label="Frequency", slider=(0, 6, 0.1))

    def __post_init__(self):
        validate(self)

    @property
    def weights(self) -> tuple[float, ...]:
        return evenly(self.components)

    @property
    def means(self) -> tuple[tuple[float, ...], ...]:
        return tuple((1.5 * k, 0.0, 1.5 * (k % 4)) for k in range(self.components))

    @property
    def covariances(self) -> tuple[tuple[tuple[float, ...], ...], ...]:
        return (diagonal(0.1, 1.0, 0.1),) * self.components

    def _bend(self, x):
        bent = x[..., :1] + self.amplitude * (self.frequency * x[..., 1:]).sin()
        return _pair(0.1 * bent - 0.8, 0.5 * x[..., 1:])

    def _straighten(self, x):
        v = 2 * x[..., 1:]
        return _pair(10 * (x[..., :1] + 0.8) - self.amplitude * (self.frequency * v).sin(), v)


def _pair(first, second):
    import torch

    return torch.cat([first, second], -1)


@register("mixture_galaxy", label="Galaxy")
@dataclass(frozen=True)
class GalaxyMixture(Bent):
    """Two round clouds in the plane, wound up into a galaxy; y tells, with noise, which of them it is.

    Before the plane is turned by speed |x|^2, (x, y) is normal with unit covariance about plus or minus
    (1, 1, 1) distance / 2. The speed does not change I(X; Y).

    Arguments:
        distance: Between the clouds, along every axis.
        speed: Of the turn, in radians for a unit of |x|^2.
    """

    dim_x = 2
    dim_y = 1
    weights = evenly(2)
    covariances = (diagonal(1.0, 1.0, 1.0),) * 2

    distance: float = real(3.0, 0, 100, label="Distance of the clouds", slider=(0, 8, 0.1))
    speed: float = real(0.5, -100, 100, label="Speed of the turn", slider=(0, 2, 0.05))

    def __post_init__(self):
        validate(self)

    @property
    def means(self) -> tuple[tuple[float, ...], ...]:
        return tuple((sign * self.distance / 2,) * 3 for sign in (-1, 1))

    def _bend(self, x):
        return spiral(0, 1, self.speed * self.dim_x)(x)

    def _straighten(self, x):
        return spiral(0, 1, -self.speed * self.dim_x)(x)


@register("mixture_concentric", label="Concentric Gaussians")
@dataclass(frozen=True)
class ConcentricMixture(Mixture):
    """Round Gaussians about the origin of standard deviation k = 1, ..., components, and y = k with noise of 0.01.

    Only the length of x tells of y; no coordinate is correlated with it.

    Arguments:
        dim_x: The number of coordinates of x.
        components: The number of Gaussians.
    """

    dim_y = 1

    dim_x: int = whole(3, 1, 50, label="Dimension of x", slider=(1, 25, 1))
    components: int = whole(5, 2, 20, label="Components", slider=(2, 10, 1))

    def __post_init__(self):
        validate(self)

    @property
    def weights(self) -> tuple[float, ...]:
        return evenly(self.components)

    @property
    def means(self) -> tuple[tuple[float, ...], ...]:
        return tuple((0.0,) * self.dim_x + (float(k),) for k in range(1, self.components + 1))

    @property
    def covariances(self) -> tuple[tuple[tuple[float, ...], ...], ...]:
        return tuple(diagonal(*(float(k * k),) * self.dim_x, 1e-4) for k in range(1, self.components + 1))


@register("mixture_inliers", label="Gaussian with inliers")
@dataclass(frozen=True)
class InlierMixture(Mixture):
    """A Gaussian with a few interacting pairs, in which a fraction of the y are replaced by independent ones.

    The replaced pairs have the margins of the others, so nothing about them looks unusual, and the density ratio is
    (1 - inliers) that of the Gaussian + inliers.

    Arguments:
        dim: The number of coordinates of x, and of y.
        pairs: How many of them interact, at most ``dim``.
        correlation: The correlation of those pairs.
        inliers: The fraction of independent pairs (x, y).
    """

    dim: int = whole(5, 1, 50, label="Dimension", slider=(1, 25, 1))
    pairs: int = whole(2, 1, 50, label="Interacting pairs", slider=(1, 10, 1))
    correlation: float = real(0.8, -1, 1, open=True, label="Correlation ρ", slider=(-0.99, 0.99, 0.01))
    inliers: float = real(0.2, 0, 1, open=True, label="Fraction of inliers", slider=(0.01, 0.99, 0.01))

    def __post_init__(self):
        validate(self)
        if self.pairs > self.dim:
            raise ParameterError("pairs", self.pairs, f"at most dim, which is {self.dim}")

    @property
    def dim_x(self) -> int:
        return self.dim

    @property
    def dim_y(self) -> int:
        return self.dim

    @property
    def weights(self) -> tuple[float, ...]:
        return 1 - self.inliers, self.inliers

    @property
    def means(self) -> tuple[tuple[float, ...], ...]:
        return ((0.0,) * 2 * self.dim,) * 2

    @property
    def covariances(self) -> tuple[tuple[tuple[float, ...], ...], ...]:
        unit = diagonal(*(1.0,) * 2 * self.dim)
        signal = [list(row) for row in unit]
        for k in range(self.pairs):
            signal[k][self.dim + k] = signal[self.dim + k][k] = self.correlation
        return tuple(map(tuple, signal)), unit

    @property
    def paired(self) -> GaussianSparse:
        """The distribution of the pairs that were not replaced."""
        return GaussianSparse(dim=self.dim, pairs=self.pairs, correlation=self.correlation)

    def _log_ratio(self, x, y):
        return self._diluted(self.paired._log_ratio(x, y))

    def _log_ratio_matrix(self, x, y):
        return self._diluted(self.paired._log_ratio_matrix(x, y))

    def _diluted(self, ratio):
        import torch

        return torch.logaddexp(ratio + math.log1p(-self.inliers), ratio.new_tensor(math.log(self.inliers)))
