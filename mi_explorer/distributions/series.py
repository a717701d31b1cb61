"""The past and the future of a linear-Gaussian time series: what there is to predict, in closed form."""

from __future__ import annotations

__all__ = ["TimeSeries"]

import math
from dataclasses import dataclass
from functools import cached_property

from ..parameters import real, validate, whole
from .base import Distribution, register

LOUDEST = 1e6


@register("time_series", label="Time series: past and future")
@dataclass(frozen=True)
class TimeSeries(Distribution):
    r"""x is ``past`` consecutive observations of a noisy oscillation, y the ``future`` ones that follow at once.

    A hidden state in the plane turns by ``angle`` and shrinks by ``damping`` at every step, and is pushed at random so
    that it is stationary with unit variances; its first coordinate is observed in noise. (angle = 0 is an AR(1) process
    in noise.) So the observations are normal with autocovariances

        c_k = damping^k cos(angle k) + noise [k = 0]

    and, with S the covariance matrix of both blocks and S_x, S_y those of each, I(X; Y) = 1/2 log(|S_x| |S_y| / |S|)
    nats. In the blocks' canonical variables u, v with correlations r_i that is -1/2 sum log(1 - r_i^2), and
    log_ratio = I(X; Y) + sum_i [ r_i u_i v_i - r_i^2 (u_i^2 + v_i^2) / 2 ] / (1 - r_i^2) (Gelfand & Yaglom 1959).
    Contrastive predictive coding is after this information (van den Oord et al. 2018, arXiv:1807.03748).

    Arguments:
        past: How many observations are x.
        future: How many are y.
        angle: The turn of the state in one step, in radians.
        damping: Its shrinking in one step.
        noise: The variance of the observation noise. The less, the more information.
    """

    mi_parameter = "noise"

    past: int = whole(24, 1, 100, label="Past observations", slider=(1, 48, 1))
    future: int = whole(4, 1, 100, label="Future observations", slider=(1, 16, 1))
    angle: float = real(0.4, 0, math.pi, label="Turn in one step", slider=(0, 3.14, 0.02))
    damping: float = real(0.97, 0, 0.999, label="Damping", slider=(0, 0.99, 0.01))
    noise: float = real(0.3, 0, LOUDEST, label="Observation noise (variance)", slider=(0, 5, 0.01))

    def __post_init__(self):
        validate(self)

    @property
    def dim_x(self) -> int:
        return self.past

    @property
    def dim_y(self) -> int:
        return self.future

    @property
    def canonical_correlations(self) -> tuple[float, ...]:
        """The correlations r_i of past and future, min(past, future) of them, the largest first."""
        return tuple(map(float, self._canonical[-1]))

    @property
    def _ends(self):
        return LOUDEST, 0.0

    def _mi_at(self, value):
        import numpy as np

        white, _, _ = whitened(self._covariance(value), self.past)
        r = np.linalg.svd(white, compute_uv=False)
        return float(0 - np.log1p(-r * r).sum() / 2)

    def _covariance(self, noise):
        """Of past and future in one block, in their order in time."""
        import numpy as np

        lags = np.arange(self.past + self.future)
        autocovariance = self.damping**lags * np.cos(self.angle * lags)
        return autocovariance[abs(lags[:, None] - lags)] + noise * np.eye(len(lags))

    @cached_property
    def _root(self):
        import numpy as np

        return np.linalg.cholesky(self._covariance(self.noise))

    @cached_property
    def _canonical(self):
        """The matrices (past, k) and (future, k) that project x and y onto their canonical variables; the r_i (k,)."""
        import numpy as np

        white, root_x, root_y = whitened(self._covariance(self.noise), self.past)
        left, correlations, right = np.linalg.svd(white, full_matrices=False)
        return np.linalg.solve(root_x.T, left), np.linalg.solve(root_y.T, right.T), correlations

    def _sample(self, shape, draw):
        normal = draw.normal(*shape, self.past + self.future)
        z = normal @ normal.new_tensor(self._root).mT
        return z[..., : self.past].contiguous(), z[..., self.past :].contiguous()

    def _project(self, x, y):
        """The canonical variables and correlations, and the part of log_ratio that x has alone and that y has."""
        to_u, to_v, r = (x.new_tensor(array) for array in self._canonical)
        u, v = x @ to_u, y @ to_v
        weight = r.square() / (1 - r.square()) / 2
        return u, v, r, -u.square() @ weight, self._mi_at(self.noise) - v.square() @ weight

    def _log_ratio(self, x, y):
        u, v, r, of_x, of_y = self._project(x, y)
        return (u * v) @ (r / (1 - r.square())) + of_x + of_y

    def _log_ratio_matrix(self, x, y):
        u, v, r, of_x, of_y = self._project(x, y)
        return (u * (r / (1 - r.square()))) @ v.mT + of_x.unsqueeze(-1) + of_y.unsqueeze(-2)


def whitened(covariance, split):
    """The cross-covariance of a block's first ``split`` coordinates and the others, both made white (Hotelling 1936).

    Its singular values are the canonical correlations. With it the Cholesky factors of both covariances.
    """
    import numpy as np

    root_x, root_y = (np.linalg.cholesky(covariance[block, block]) for block in (slice(split), slice(split, None)))
    white = np.linalg.solve(root_y, np.linalg.solve(root_x, covariance[:split, split:]).T).T
    return white, root_x, root_y
