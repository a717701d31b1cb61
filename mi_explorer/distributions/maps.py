"""Invertible maps of x or of y alone. They change how a distribution looks, never its mutual information."""

from __future__ import annotations

__all__ = ["Map", "maps", "spiral"]

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ..parameters import ParameterError


@dataclass(frozen=True)
class Map:
    """One map of a block of variables (..., dim), given with its inverse; tensors are float64.

    Attributes:
        label: What a page shows.
        forward: z from x.
        inverse: x from z; outside of the image any finite value.
        log_volume: log |det dz/dx| (...) at x (..., dim); None where nobody has written it down.
        inside: Which z (...) the map can reach at all, None where that is all of them.
        least_dim: The smallest dimension that it can be applied to.
        rolls: It takes one dimension of x to two (the swiss roll).
    """

    label: str
    forward: Callable = field(repr=False)
    inverse: Callable = field(repr=False)
    log_volume: Callable | None = field(default=None, repr=False)
    inside: Callable | None = field(default=None, repr=False)
    least_dim: int = 1
    rolls: bool = False

    def dim(self, side: str, name: str, before: int) -> int:
        """The dimension after the map on ``side`` "f" (x) or "g" (y). ParameterError where it cannot be."""
        if self.rolls and side == "g":
            raise ParameterError(side, name, "a map that keeps the dimension: the roll is for x only")
        if self.rolls and before != 1:
            allowed = f"a map for {before} dimensions: the roll takes one dimension to two"
            raise ParameterError(side, name, allowed)
        if before < self.least_dim:
            allowed = f"a map for {before} dimension{'s' * (before > 1)}: this one needs {self.least_dim}"
            raise ParameterError(side, name, allowed)
        return 2 if self.rolls else before


def _by_coordinate(log_slope):
    """The log volume of a map that takes every coordinate by itself, from the log of its derivative."""
    return lambda x: log_slope(x).sum(-1)


def _kept(x):
    return x.new_zeros(x.shape[:-1])


def _signed_power(exponent):
    return lambda x: x.abs().pow(exponent).copysign(x)


def _normal_cdf(x):
    import torch

    return torch.erfc(x * -math.sqrt(0.5)) / 2  # torch.special.ndtr is zero below -8.3


def _normal_quantile(u):
    """The inverse of the normal distribution function, finite at 0 and at 1.

    In float64 the function is 1 from 8.3 on (and 0 only below -37.5), so a sample may hold a 1, where the
    inverse is infinite. It is read as the largest float below 1: a value that the sample can have come from.
    """
    import torch

    return torch.special.ndtri(u.clamp(5e-324, 1 - 2**-53))


def _in_unit_cube(u):
    return ((u >= 0) & (u <= 1)).all(-1)


def _wiggle(*waves):
    """x + sum a sin(b x + c) over waves (a, b, c), which must rise everywhere, and its inverse."""

    def forward(x):
        return x + sum(a * (b * x + c).sin() for a, b, c in waves)

    def slope(x):
        return 1 + sum(a * b * (b * x + c).cos() for a, b, c in waves)

    def inverse(z):
        reach = sum(abs(a) for a, _, _ in waves)
        low, high = z - reach, z + reach
        for _ in range(10):  # to within a thousandth, where Newton's steps square the error
            middle = (low + high) / 2
            below = forward(middle) < z
            low, high = middle.where(below, low), high.where(below, middle)
        x = (low + high) / 2
        for _ in range(4):
            x = x - (forward(x) - z) / slope(x)
        return x

    return forward, inverse, _by_coordinate(lambda x: slope(x).log())


def spiral(first, second, speed):
    """Turn the plane of two coordinates by speed |x|^2 / dim: expm(A |x|^2) x with A skew, which keeps the norm and,
    because x and A x are orthogonal, the volume."""

    def turn(x):
        angle = speed * x.square().sum(-1) / x.shape[-1]
        cos, sin = angle.cos(), angle.sin()
        z = x.clone()
        z[..., first] = cos * x[..., first] - sin * x[..., second]
        z[..., second] = sin * x[..., first] + cos * x[..., second]
        return z

    return turn


def _humps(*humps):
    """F^-1(Phi(x)), which gives a normal x the distribution of humps (weight, mean) of unit variance, and its inverse.

    The solution of F(z) = Phi(x) lies between x plus the smallest and x plus the largest mean: F lies between
    the shifted Phi of these two. Right of the middle both functions are close to 1; there the upper tails are compared.
    (The published code looks for z in [-10, 10] only, which clips the x above 5.07, one in five million.)
    """
    least, most = min(mean for _, mean in humps), max(mean for _, mean in humps)

    def tails(z):
        lower = sum(weight * _normal_cdf(z - mean) for weight, mean in humps)
        upper = sum(weight * _normal_cdf(mean - z) for weight, mean in humps)
        return lower, upper

    def forward(x):
        left, tail = x < 0, _normal_cdf(-x.abs())
        low, high = x + least, x + most
        for _ in range(60):  # each halves a bracket a few units wide
            middle = (low + high) / 2
            lower, upper = tails(middle)
            below = (lower < tail).where(left, upper > tail)
            low, high = middle.where(below, low), high.where(below, middle)
        return (low + high) / 2

    def inverse(z):
        lower, upper = tails(z)
        return _normal_quantile(lower).where(lower < upper, -_normal_quantile(upper))

    return forward, inverse


ROLL_SIZE = 21.0


def _roll(x):
    import torch

    t = 1.5 * math.pi * (1 + 2 * torch.special.ndtr(x))
    return torch.cat([t * t.cos(), t * t.sin()], dim=-1) / ROLL_SIZE


def _roll_position(z):
    return (z.norm(dim=-1, keepdim=True) * (ROLL_SIZE / (1.5 * math.pi)) - 1) / 2


def _unroll(z):
    """Where the roll has the radius of z: points beside it are read as the roll's point at their radius."""
    return _normal_quantile(_roll_position(z))


def _on_roll_radius(z):
    u = _roll_position(z).squeeze(-1)
    return (u >= -1e-14) & (u <= 1 + 1e-14)  # the radius of a point at the very end is subject to rounding


# The maps of Czyz et al. 2023, "Beyond Normal", arXiv:2306.11078.
maps: dict[str, Map] = {
    "identity": Map("as it is", lambda x: x, lambda z: z, _kept),
    "cube": Map("x³", lambda x: x**3, _signed_power(1 / 3), _by_coordinate(lambda x: (3 * x.square()).log())),
    "half_cube": Map(
        "x·√|x|", _signed_power(1.5), _signed_power(2 / 3), _by_coordinate(lambda x: (2.25 * x.abs()).log() / 2)
    ),
    "asinh": Map(
        "asinh x", lambda x: x.asinh(), lambda z: z.sinh(), _by_coordinate(lambda x: -x.square().log1p() / 2)
    ),
    "normal_cdf": Map(
        "Φ(x), uniform margins", _normal_cdf, _normal_quantile,
        _by_coordinate(lambda x: -(x.square() + math.log(2 * math.pi)) / 2), _in_unit_cube,
    ),
    "wiggly_x": Map("wiggly", *_wiggle((0.4, 1.0, 0.0), (0.2, 1.7, 1.0), (0.03, 3.3, -2.5))),
    "wiggly_y": Map("wiggly, the other way", *_wiggle((-0.4, 0.4, 0.0), (0.17, 1.3, 3.5), (0.02, 4.3, -2.5))),
    "bimodal_x": Map("two humps", *_humps((0.3, 0.0), (0.7, 5.0))),
    "bimodal_y": Map("two humps, even", *_humps((0.5, -1.0), (0.5, 3.0))),
    "spiral_x": Map("spiral of coordinates 1, 2", spiral(0, 1, 1), spiral(0, 1, -1), _kept, least_dim=2),
    "spiral_y": Map("spiral of coordinates 2, 3", spiral(1, 2, 1), spiral(1, 2, -1), _kept, least_dim=3),
    "swiss_roll": Map("swiss roll", _roll, _unroll, inside=_on_roll_radius, rolls=True),
}
