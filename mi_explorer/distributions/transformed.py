"""The same information, harder to see: a known distribution behind invertible maps."""

from __future__ import annotations

__all__ = ["Transformed"]

from dataclasses import dataclass, replace

from ..parameters import ParameterError, choice, validate
from .base import NESTING, Distribution, register
from .maps import maps
from .wrapped import Wrapped


@register("transformed", label="Transformed")
@dataclass(frozen=True)
class Transformed(Wrapped):
    """(f(X), g(Y)) for a known pair (X, Y).

    Mutual information does not change under invertible maps of x and of y, and neither does the pointwise
    one: the Jacobians cancel in p(x, y) / p(x)p(y). So ``log_ratio`` is that of the base at the inverse
    images, -inf outside of a map's image. It is exact as long as the map can be undone in float64: Φ is 1
    from 8.3 on, so uniform margins of a heavy-tailed base lose their upper tail.

    Arguments:
        base: The distribution of (X, Y).
        f: The name of the map applied to x, a key of ``maps``.
        g: The name of the map applied to y.
    """

    base: Distribution
    f: str = choice("identity", tuple(maps), label="Map of x")
    g: str = choice("identity", tuple(name for name in maps if not maps[name].rolls), label="Map of y")

    def __post_init__(self):
        if not isinstance(self.base, Distribution):
            raise ParameterError("base", type(self.base).__name__, "a distribution")
        for side, name in (("f", self.f), ("g", self.g)):
            if name == "swiss_roll":  # known, but impossible: say why
                maps[name].dim(side, name, self.base.dim_x)
        validate(self)
        if self.base.discrete and (self.f, self.g) != ("identity", "identity"):
            side = "f" if self.f != "identity" else "g"
            raise ParameterError(
                side, getattr(self, side), "'identity': the base is discrete, its symbols are names"
            )
        depth, base = 2, self.base
        while isinstance(base, Transformed):
            depth, base = depth + 1, base.base
        if depth > NESTING:
            raise ParameterError("base", "...", f"at most {NESTING - 1} distributions deep")
        self.dim_x, self.dim_y  # noqa: B018 - they say whether the maps can be applied

    @property
    def dim_x(self) -> int:
        return maps[self.f].dim("f", self.f, self.base.dim_x)

    @property
    def dim_y(self) -> int:
        return maps[self.g].dim("g", self.g, self.base.dim_y)

    @property
    def mi_parameter(self) -> str | None:
        return self.base.mi_parameter

    @property
    def mi_range(self) -> tuple[float, float]:
        return self.base.mi_range

    def with_mi(self, mi):
        return replace(self, base=self.base.with_mi(mi))

    def _sample(self, shape, draw):
        x, y = self.base._sample(shape, draw)
        return maps[self.f].forward(x), maps[self.g].forward(y)

    def _log_ratio(self, x, y):
        ratio = self.base._log_ratio(maps[self.f].inverse(x), maps[self.g].inverse(y))
        return _outside(_outside(ratio, maps[self.f], x), maps[self.g], y)

    def _log_ratio_matrix(self, x, y):
        ratio = self.base._log_ratio_matrix(maps[self.f].inverse(x), maps[self.g].inverse(y))
        return _outside(_outside(ratio, maps[self.f], x.unsqueeze(-2)), maps[self.g], y.unsqueeze(-3))

    @property
    def knows_density_y(self) -> bool:
        return self.base.knows_density_y and maps[self.g].log_volume is not None

    def _log_density_y(self, y):
        transform = maps[self.g]
        base = transform.inverse(y)
        return _outside(self.base._log_density_y(base) - transform.log_volume(base), transform, y)


def _outside(ratio, transform, points):
    if transform.inside is None:
        return ratio
    return ratio.masked_fill(~transform.inside(points), float("-inf"))
