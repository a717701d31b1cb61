"""Critics: networks that score every pair of a batch.

Every critic maps x (..., n, dim_x) and y (..., n, dim_y) to scores (..., n, n) with ``scores[..., i, j] = f(x_i, y_j)``:
rows are x, columns are y. Scores have no unit of their own; the bounds turn them into nats.

A critic with ``replicates=(T, R)`` is T * R independent critics in one module: every parameter has these leading axes, and
one forward, one backward and one optimiser step train them all. Inputs with fewer leading axes are shared.
"""

from __future__ import annotations

__all__ = ["Critic", "Joint", "Separable", "Bilinear", "Oracle", "Baseline", "registry", "make", "PRECISIONS"]

import math
import numbers

import torch
from torch import Tensor, nn

from . import fused
from .parameters import ParameterError

PRECISIONS = ("exact", "fast")
registry: dict[str, type[Critic]] = {}


def make(name: str, dim_x: int, dim_y: int, **options) -> Critic:
    """The critic called ``name`` ("joint", "separable", "bilinear"); options that it does not have are an error."""
    if name not in registry:
        raise ParameterError("critic", name, "one of " + ", ".join(map(repr, registry)))
    return registry[name](dim_x, dim_y, **options)


class Linear(nn.Module):
    """The weights of independent affine maps, one per replicate.

    weight (*replicates, inputs, outputs) and bias (*replicates, outputs) start as in ``torch.nn.Linear``: uniform within
    1/sqrt(inputs) of zero.
    """

    def __init__(self, inputs: int, outputs: int, replicates: tuple[int, ...], generator: torch.Generator | None):
        super().__init__()
        device = generator.device if generator is not None else None

        def uniform(*shape):
            drawn = torch.rand(*replicates, *shape, generator=generator, device=device)
            return nn.Parameter((2 * drawn - 1) / math.sqrt(inputs))

        self.weight = uniform(inputs, outputs)
        self.bias = uniform(outputs)


class MLP(nn.Module):
    """Rows (..., n, sizes[0]) to (..., n, sizes[-1]), with ReLU between the layers: one network per replicate."""

    def __init__(self, *sizes: int, replicates: tuple[int, ...], generator: torch.Generator | None):
        super().__init__()
        self.layers = nn.ModuleList(Linear(a, b, replicates, generator) for a, b in zip(sizes, sizes[1:]))

    def forward(self, rows: Tensor, precision: str) -> Tensor:
        leading = torch.broadcast_shapes(rows.shape[:-2], self.layers[0].bias.shape[:-1])
        weights = [_flat(layer.weight, leading, 2) for layer in self.layers]
        biases = [_flat(layer.bias, leading, 1) for layer in self.layers]
        out = fused.mlp(_flat(rows, leading, 2), weights, biases, precision)
        return out.view(*leading, *out.shape[1:])


class Critic(nn.Module):
    """What all critics share: their dimensions, their replicates, and the check of what they are given."""

    def __init__(self, dim_x: int, dim_y: int, replicates: int | tuple[int, ...] = (), precision: str = "exact"):
        super().__init__()
        self.dim_x = _size("dim_x", dim_x)
        self.dim_y = _size("dim_y", dim_y)
        replicates = (replicates,) if isinstance(replicates, numbers.Integral) else tuple(replicates)
        self.replicates = tuple(_size("replicates", r) for r in replicates)
        if precision not in PRECISIONS:
            raise ParameterError("precision", precision, "one of " + ", ".join(map(repr, PRECISIONS)))
        self.precision = precision

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Scores (*replicates, n, m) of x (..., n, dim_x) against y (..., m, dim_y).

        Raises:
            ParameterError: a dimension is not the critic's, or leading axes do not broadcast with ``replicates``.
        """
        dtype = next(self.parameters()).dtype
        x = _rows("x", x, self.dim_x, self.replicates, dtype)
        return self.score(x, _rows("y", y, self.dim_y, self.replicates, dtype))

    def score(self, x: Tensor, y: Tensor) -> Tensor:
        """The same for checked x and y in the parameters' type."""
        raise NotImplementedError

    def __init_subclass__(cls, name: str | None = None, **kwargs):
        super().__init_subclass__(**kwargs)
        if name is not None:
            cls.name = name
            registry[name] = cls

    def extra_repr(self) -> str:
        return f"dim_x={self.dim_x}, dim_y={self.dim_y}, replicates={self.replicates}, precision={self.precision!r}"


class Joint(Critic, name="joint"):
    """f(x, y) = MLP([x, y]) with two hidden ReLU layers, applied to all n² pairs.

    The first layer is linear in x and in y, so it is applied to each separately and added: n² rows pass only through the
    second layer and the last.

    Source: Belghazi et al. 2018 (MINE), arXiv:1801.04062.
    """

    def __init__(self, dim_x, dim_y, *, width=256, replicates=(), precision="exact", generator=None):
        super().__init__(dim_x, dim_y, replicates, precision)
        width = _size("width", width)
        self.first = Linear(self.dim_x + self.dim_y, width, self.replicates, generator)
        self.second = Linear(width, width, self.replicates, generator)
        self.last = Linear(width, 1, self.replicates, generator)

        self.buffers = fused.Buffers()

    def score(self, x, y):
        leading = torch.broadcast_shapes(self.replicates, x.shape[:-2], y.shape[:-2])
        of_x, of_y = _flat(self.first.weight, leading, 2).split([self.dim_x, self.dim_y], 1)
        scores = fused.score_pairs(
            torch.baddbmm(_flat(self.first.bias, leading, 1).unsqueeze(1), _flat(x, leading, 2), of_x),
            torch.bmm(_flat(y, leading, 2), of_y),
            _flat(self.second.weight, leading, 2),
            _flat(self.second.bias, leading, 1),
            _flat(self.last.weight.squeeze(-1), leading, 1),
            self.precision,
            self.buffers,
        )
        return scores.view(*leading, *scores.shape[1:]) + self.last.bias.unsqueeze(-1)


class Separable(Critic, name="separable"):
    """f(x, y) = g(x) · h(y): two MLPs with two hidden ReLU layers each, and the inner product of their embeddings.

    It needs 2 n rows where ``Joint`` needs n².

    Source: Poole et al. 2019, arXiv:1905.06922, section 4; van den Oord et al. 2018, arXiv:1807.03748.
    """

    def __init__(self, dim_x, dim_y, *, width=256, embedding=32, replicates=(), precision="exact", generator=None):
        super().__init__(dim_x, dim_y, replicates, precision)
        sizes = _size("width", width), _size("width", width), _size("embedding", embedding)
        self.tower_x = MLP(self.dim_x, *sizes, replicates=self.replicates, generator=generator)
        self.tower_y = MLP(self.dim_y, *sizes, replicates=self.replicates, generator=generator)

    def score(self, x, y):
        return self.tower_x(x, self.precision) @ self.tower_y(y, self.precision).mT


class Bilinear(Critic, name="bilinear"):
    """f(x, y) = xᵀ W y + a · x + b · y + c.

    For jointly Gaussian x and y the log ratio is quadratic: this has its products x_i y_j, and lacks its squares
    (at correlation ρ, −ρ² (x² + y²) / 2(1 − ρ²)). InfoNCE does not see what depends on x alone; the squares of y it misses.

    Source: van den Oord et al. 2018, arXiv:1807.03748, eq. 3 (there without the linear terms).
    """

    def __init__(self, dim_x, dim_y, *, replicates=(), precision="exact", generator=None):
        super().__init__(dim_x, dim_y, replicates, precision)
        self.product = MLP(self.dim_x, self.dim_y, replicates=self.replicates, generator=generator)
        self.linear = MLP(self.dim_x, 1, replicates=self.replicates, generator=generator)

    def score(self, x, y):
        return self.product(x, self.precision) @ y.mT + self.linear(x, self.precision)


class Oracle(nn.Module):
    """The perfect critic: f(x, y) = log p(x, y) / p(x) p(y) of a known distribution, in nats."""

    def __init__(self, distribution):
        super().__init__()
        self.distribution = distribution

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_ratio_matrix(x, y)

    def extra_repr(self) -> str:
        return repr(self.distribution)


class Baseline(Critic):
    """A learned number for every row of a batch: (x, y) to (*replicates, n), by an MLP with two hidden ReLU layers.

    ``uses="y"`` sees y_i only: a(y) of TUBA. ``uses="xy"`` sees the pair (x_i, y_i): u(x, y) of FLO.
    """

    def __init__(self, dim_x, dim_y, *, uses="y", width=256, replicates=(), precision="exact", generator=None):
        super().__init__(dim_x, dim_y, replicates, precision)
        if uses not in ("y", "xy"):
            raise ParameterError("uses", uses, "one of 'y', 'xy'")
        self.uses = uses
        width = _size("width", width)
        inputs = self.dim_y if uses == "y" else self.dim_x + self.dim_y
        self.network = MLP(inputs, width, width, 1, replicates=self.replicates, generator=generator)

    def score(self, x, y):
        if self.uses == "xy":
            leading = torch.broadcast_shapes(x.shape[:-1], y.shape[:-1])
            y = torch.cat([x.expand(*leading, -1), y.expand(*leading, -1)], -1)
        return self.network(y, self.precision).squeeze(-1)


def _flat(tensor: Tensor, leading: tuple[int, ...], own: int) -> Tensor:
    """``tensor`` with all leading axes broadcast to ``leading`` and made one; its last ``own`` axes stay."""
    return tensor.expand(*leading, *tensor.shape[-own:]).reshape(-1, *tensor.shape[-own:])


def _size(name: str, value: object) -> int:
    """``value`` as a positive int, or a ParameterError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ParameterError(name, value, "a whole number from 1 on")
    return int(value)


def _rows(name: str, rows: Tensor, dim: int, replicates: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Samples as rows of ``dim`` numbers in the critic's type, or a ParameterError that says what was expected."""
    shape = tuple(rows.shape)
    if len(shape) < 2 or shape[-1] != dim:
        raise ParameterError(f"shape of {name}", shape, f"(..., n, {dim}): one sample per row, {dim} numbers each")
    try:
        torch.broadcast_shapes(shape[:-2], replicates)
    except RuntimeError:
        allowed = f"(..., n, {dim}) with leading axes that broadcast with the replicates, {replicates}"
        raise ParameterError(f"shape of {name}", shape, allowed) from None
    return rows.to(dtype)
