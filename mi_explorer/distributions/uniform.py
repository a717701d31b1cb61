"""A uniform signal in uniform noise: bounded support, where a density ratio jumps to zero."""

from __future__ import annotations

__all__ = ["AdditiveUniform"]

import math
from dataclasses import dataclass

from ..parameters import real, validate
from .base import Distribution, register


@register("additive_uniform", label="Uniform plus uniform noise")
@dataclass(frozen=True)
class AdditiveUniform(Distribution):
    r"""X uniform on (0, 1), Y = X + N with N uniform on (-\epsilon, \epsilon).

    I(X; Y) = epsilon - log(2 epsilon) nats up to epsilon = 1/2, and 1 / (4 epsilon) beyond (Czyz et al. 2023,
    arXiv:2306.11078).

    Arguments:
        epsilon: The half-width of the noise.
    """

    mi_parameter = "epsilon"
    dim_x = 1
    dim_y = 1

    epsilon: float = real(0.1, 1e-6, 1e6, label="Noise half-width ε", slider=(0.01, 2, 0.01))

    def __post_init__(self):
        validate(self)

    @property
    def _ends(self):
        return 1e6, 1e-6

    def _mi_at(self, value):
        return 1 / (4 * value) if value > 0.5 else value - math.log(2 * value)

    def _sample(self, shape, draw):
        x = draw.uniform(*shape, 1)
        return x, x + self.epsilon * (2 * draw.uniform(*shape, 1) - 1)

    def _log_ratio(self, x, y):
        x, y = x.squeeze(-1), y.squeeze(-1)
        window = self._window(y)  # p(y|x) is 1 / 2 epsilon
        rounding = 2**-52 * (x.abs() + y.abs() + self.epsilon)  # y came from x + noise: forgive the last bit
        inside = (x >= 0) & (x <= 1) & ((y - x).abs() <= self.epsilon + rounding)
        return (-window.clamp(min=2**-53).log()).where(inside, float("-inf"))

    def _log_density_y(self, y):
        return (self._window(y.squeeze(-1)) / (2 * self.epsilon)).clamp(min=0).log()

    def _window(self, y):
        """The length of (y - epsilon, y + epsilon) inside (0, 1): 2 epsilon p(y)."""
        return (y + self.epsilon).clamp(max=1) - (y - self.epsilon).clamp(min=0)
