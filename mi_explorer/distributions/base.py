"""What every toy distribution is: two blocks of variables with a known mutual information."""

from __future__ import annotations

__all__ = ["Distribution", "families", "register", "from_spec"]

import dataclasses
import math
from typing import TYPE_CHECKING, ClassVar

from ..parameters import Parameter, ParameterError
from .closed_form import bisect, shortest

if TYPE_CHECKING:
    import torch

families: dict[str, type[Distribution]] = {}

MATRIX_CHUNK = 2**22  # numbers that log_ratio_matrix holds in one intermediate tensor: 32 MB
NESTING = 5  # distributions inside distributions that a description may hold
COUNT = Parameter(int, 1, 10**9)


class Distribution:
    r"""A joint distribution p(x, y) whose mutual information I(X; Y) is known.

    A subclass is a frozen dataclass of numbers. It says ``dim_x``, ``dim_y``, how to draw (``_sample``) and
    the pointwise mutual information (``_log_ratio``). Where the mutual information is a closed form of one
    parameter, it names that parameter (``mi_parameter``) and gives the form and the parameter's useful range
    (``_mi_at``, ``_ends``); everything else follows. Only drawing and ``log_ratio`` import torch.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    mi_parameter: ClassVar[str | None] = None
    discrete: ClassVar[bool] = False
    mi_stderr: ClassVar[float] = 0.0

    dim_x: ClassVar[int]
    dim_y: ClassVar[int]

    @property
    def mi(self) -> float:
        """I(X; Y) in nats."""
        return shortest(self._mi_at, getattr(self, self.mi_parameter))

    @property
    def mi_range(self) -> tuple[float, float]:
        """The smallest and largest mutual information, in nats, that ``with_mi`` can set."""
        smallest, largest = (shortest(self._mi_at, end) for end in self._ends)
        return smallest, largest

    def with_mi(self, mi: float) -> Distribution:
        """The same distribution with ``mi_parameter`` set so that the mutual information is ``mi`` nats."""
        if self.mi_parameter is None:
            raise ParameterError("mi", mi, f"left out: {self.label} has no parameter that sets it")
        target = Parameter(float, *self.mi_range).check("mi", mi)
        found = bisect(self._mi_at, target, *sorted(self._ends))
        return dataclasses.replace(self, **{self.mi_parameter: found})

    @classmethod
    def from_mi(cls, mi: float, **others) -> Distribution:
        """The member of the family with these ``others`` of its parameters and ``mi`` nats."""
        if cls.mi_parameter in others:
            raise TypeError(f"from_mi finds {cls.mi_parameter} itself")
        return cls(**others).with_mi(mi)

    def sample(
        self, n: int, *, replicates: int | tuple[int, ...] = (), generator: torch.Generator | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw n pairs: x (*replicates, n, dim_x) and y (*replicates, n, dim_y).

        They are float64, on the generator's device; without one, the CPU's default generator draws. The same
        state of the generator gives the same sample. Discrete symbols are numbers 0, 1, ... in one column.
        """
        leading = replicates if isinstance(replicates, tuple) else (replicates,)
        shape = (*(COUNT.check("replicates", r) for r in leading), COUNT.check("n", n))
        return self._sample(shape, Source(generator))

    def log_ratio(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Pointwise mutual information log p(x, y) / p(x)p(y) in nats, -inf where p(x, y) = 0.

        x (..., dim_x) and y (..., dim_y) with leading axes that broadcast give (...), computed in float64.
        """
        return self._log_ratio(*self._points(x, y))

    def log_ratio_matrix(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """All pairs: x (..., n, dim_x), y (..., m, dim_y) give (..., n, m); [i, j] is log_ratio(x_i, y_j)."""
        return self._log_ratio_matrix(*self._points(x, y))

    @property
    def knows_density_y(self) -> bool:
        """Whether ``log_density_y`` is known."""
        return type(self)._log_density_y is not Distribution._log_density_y

    def log_density_y(self, y: torch.Tensor) -> torch.Tensor:
        """log p(y) in nats, for y (..., dim_y) and in float64: (...). ParameterError where it is not known."""
        if not self.knows_density_y:
            raise ParameterError("distribution", self.label, "one whose density of y is known")
        return self._log_density_y(self._points(y.new_zeros(self.dim_x), y)[1])

    def spec(self) -> dict:
        """A plain dictionary, fit for JSON, from which ``from_spec`` makes an equal distribution."""
        return {"name": self.name} | {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    # What a family provides; x and y arrive as float64 tensors with the right last axes.

    def _sample(self, shape: tuple[int, ...], draw: Source) -> tuple[torch.Tensor, torch.Tensor]:
        raise NotImplementedError

    def _log_ratio(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def _log_density_y(self, y: torch.Tensor) -> torch.Tensor:
        """Left out where there is no closed form, or no density."""
        raise NotImplementedError

    def _mi_at(self, value: float) -> float:
        """I(X; Y) were ``mi_parameter`` the ``value``."""
        raise NotImplementedError

    @property
    def _ends(self) -> tuple[float, float]:
        """The ``mi_parameter`` of the smallest and of the largest I(X; Y), which is monotone between them."""
        raise NotImplementedError

    def _log_ratio_matrix(self, x, y):
        import torch

        leading = math.prod(torch.broadcast_shapes(x.shape[:-2], y.shape[:-2]))
        rows = max(1, MATRIX_CHUNK // (leading * y.shape[-2] * (self.dim_x + self.dim_y)))
        y = y.unsqueeze(-3)
        return torch.cat([self._log_ratio(part.unsqueeze(-2), y) for part in x.split(rows, dim=-2)], dim=-2)

    def _points(self, x, y):
        import torch

        x, y = (torch.as_tensor(a).to(torch.float64) for a in (x, y))
        for name, points, dim in (("x", x, self.dim_x), ("y", y, self.dim_y)):
            if points.ndim == 0 or points.shape[-1] != dim:
                raise ParameterError(name, tuple(points.shape), f"a tensor whose last axis has length {dim}")
        return x, y


class Source:
    """Random float64 tensors from one generator, on its device."""

    def __init__(self, generator: torch.Generator | None):
        import torch

        self.generator = generator
        self.options = {"dtype": torch.float64, "device": generator.device if generator else "cpu"}

    def normal(self, *shape: int) -> torch.Tensor:
        import torch

        return torch.randn(shape, generator=self.generator, **self.options)

    def uniform(self, *shape: int) -> torch.Tensor:
        import torch

        return torch.rand(shape, generator=self.generator, **self.options)

    def gamma(self, concentration: float, *shape: int) -> torch.Tensor:
        import torch

        # torch.distributions.Gamma cannot be told which generator to use; this is the function that it calls.
        concentrations = torch.full(shape, concentration, **self.options)
        return torch._standard_gamma(concentrations, generator=self.generator)


def register(name: str, *, label: str):
    """Class decorator: enter a family in ``families`` under ``name``; ``label`` is what a page shows."""

    def enter(cls):
        cls.name, cls.label = name, label
        families[name] = cls
        return cls

    return enter


def from_spec(spec: dict) -> Distribution:
    """The distribution that a dictionary made by ``Distribution.spec`` describes.

    Parameters left out keep their defaults. Anything else, however odd, is a ParameterError.
    """
    return _build(spec, NESTING)


def _build(spec, depth):
    if not isinstance(spec, dict):
        raise ParameterError(
            "distribution", type(spec).__name__, 'a dictionary like {"name": "gaussian", "dim": 2}'
        )
    if depth == 0:
        raise ParameterError("distribution", "...", f"at most {NESTING} distributions inside each other")
    name = spec.get("name")
    if not isinstance(name, str) or name not in families:
        shown = name if isinstance(name, str) else type(name).__name__
        raise ParameterError("distribution", shown, "one of " + ", ".join(map(repr, families)))
    fields = {f.name: f for f in dataclasses.fields(families[name])}
    given = {}
    for key, value in spec.items():
        if key == "name":
            continue
        if key not in fields:
            raise ParameterError(
                str(key)[:60], type(value).__name__, f"left out: {name!r} has " + ", ".join(fields)
            )
        given[key] = _build(value, depth - 1) if isinstance(value, dict) else _tuples(key, value)
    for key, field in fields.items():
        if key not in given and field.default is dataclasses.MISSING:
            raise ParameterError(key, None, f"given: {name!r} cannot be built without it")
    return families[name](**given)


def _tuples(name, value, depth=4):
    if not isinstance(value, (list, tuple)):
        return value
    if depth == 0:
        raise ParameterError(name, "a deeply nested list", "a number or a list of lists of numbers")
    return tuple(_tuples(name, part, depth - 1) for part in value)


def _plain(value):
    if isinstance(value, Distribution):
        return value.spec()
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
