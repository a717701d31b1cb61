"""Conditional densities: networks that say how likely y is, given x; critics with a unit, so to speak.

Each maps x (..., n, dim_x) and y (..., m, dim_y) to ``scores[..., i, j] = log q(y_j | x_i)`` in nats, and integrates to one
over y for every x. Replicates work as in ``mi_explorer.critics``. ``paired`` scores n pairs instead of n * m.
"""

from __future__ import annotations

__all__ = ["Density", "Gaussian", "Logistic", "Flow", "Marginal", "registry", "make"]

import math

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from .critics import MLP, Critic, Linear, _flat, _rows, _size
from .parameters import ParameterError

registry: dict[str, type[Density]] = {}

CHUNK = 2**22  # numbers that scoring all pairs holds in one intermediate tensor


def make(name: str, dim_x: int, dim_y: int, **options) -> Density:
    """The family of densities called ``name``: "gaussian", "logistic" or "flow"."""
    if name not in registry:
        raise ParameterError("density", name, "one of " + ", ".join(map(repr, registry)))
    return registry[name](dim_x, dim_y, **options)


class Density(Critic):
    """q(y | x) by location and scale: z = (y - m(x)) / s(x). For m and log s there is one network of two hidden ReLU layers;
    a linear map is added to m: what is linear need not pass through them, however many coordinates there are.

    A family says how z is distributed: ``log_standard``.
    """

    def __init__(self, dim_x, dim_y, *, width=256, replicates=(), precision="exact", generator=None):
        super().__init__(dim_x, dim_y, replicates, precision)
        width = _size("width", width)
        self.network = MLP(self.dim_x, width, width, 2 * self.dim_y, replicates=self.replicates, generator=generator)
        self.linear = MLP(self.dim_x, self.dim_y, replicates=self.replicates, generator=generator)

    def __init_subclass__(cls, density: str, **kwargs):
        super().__init_subclass__(**kwargs)
        registry[density] = cls

    def log_standard(self, x: Tensor, z: Tensor) -> Tensor:
        """Log density (..., n) of z (..., n, dim_y) at x (..., n, dim_x)."""
        raise NotImplementedError

    def paired(self, x: Tensor, y: Tensor) -> Tensor:
        """log q(y_i | x_i), (*replicates, n), of x (..., n, dim_x) and y (..., n, dim_y)."""
        dtype = next(self.parameters()).dtype
        x, y = _rows("x", x, self.dim_x, self.replicates, dtype), _rows("y", y, self.dim_y, self.replicates, dtype)
        location, log_scale = self.shape(x)
        return self.log_standard(x, (y - location) * (-log_scale).exp()) - log_scale.sum(-1)

    def shape(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Location and log scale, (..., n, dim_y) each."""
        location, log_scale = self.network(x, self.precision).chunk(2, -1)
        return location + self.linear(x, self.precision), log_scale

    def score(self, x, y):
        location, log_scale = (part.unsqueeze(-2) for part in self.shape(x))
        x, y = x.unsqueeze(-2), y.unsqueeze(-3)  # (..., n, 1, dim_x) and (..., 1, m, dim_y)
        rows = max(1, CHUNK // (math.prod(self.replicates) * y.shape[-2] * (self.dim_x + self.dim_y)))
        parts = []
        for i in range(0, x.shape[-3], rows):
            here = slice(i, i + rows)
            z = (y - location[..., here, :, :]) * (-log_scale[..., here, :, :]).exp()
            flat = self.log_standard(x[..., here, :, :].expand(*z.shape[:-1], -1).flatten(-3, -2), z.flatten(-3, -2))
            parts.append(flat.view(z.shape[:-1]) - log_scale[..., here, :, :].sum(-1))
        return torch.cat(parts, -2)


class Gaussian(Density, density="gaussian"):
    """Coordinates of y that are independent and normal, given x."""

    def log_standard(self, x, z):
        return -(z.square().sum(-1) + z.shape[-1] * math.log(2 * math.pi)) / 2


class Logistic(Density, density="logistic"):
    """Coordinates of y that are independent and logistic, given x: tails like e^{-|z|}."""

    def log_standard(self, x, z):
        return (z.abs().neg() - 2 * nn.functional.softplus(-z.abs())).sum(-1)


class Flow(Density, density="flow"):
    """A neural spline flow on z, autoregressive over the coordinates and conditional on x.

    Far out it is the identity, so that z keeps normal tails. The flow is zuko's, with the parameters of all replicates
    stacked and mapped over at once.

    Source: Durkan, Bekasov, Murray & Papamakarios 2019, arXiv:1906.04032.
    """

    HIDDEN, BINS, TRANSFORMS = (64, 64), 8, 1

    def __init__(self, dim_x, dim_y, *, width=256, replicates=(), precision="exact", generator=None):
        super().__init__(dim_x, dim_y, width=width, replicates=replicates, precision=precision, generator=generator)
        import zuko

        with torch.random.fork_rng(devices=[]):  # zuko draws weights, which are not used, from the global generator
            flow = zuko.flows.NSF(
                self.dim_y, self.dim_x, transforms=self.TRANSFORMS, bins=self.BINS, hidden_features=self.HIDDEN
            )
        device = self.network.layers[0].weight.device
        self.flow = (LogDensity(flow).to(device),)  # in a tuple: its own parameters are not this module's
        self.stacked = nn.ParameterDict({
            name.replace(".", "/"): drawn(flow, name.removeprefix("flow."), self.replicates, generator)
            for name, _ in self.flow[0].named_parameters()
        })

    def log_standard(self, x, z):
        leading = torch.broadcast_shapes(self.replicates, z.shape[:-2])
        values = {name.replace("/", "."): _flat(value, leading, value.ndim - len(self.replicates)) for name, value in self.stacked.items()}

        def one(values, x, z):
            return functional_call(self.flow[0], values, (x, z))

        return vmap(one)(values, _flat(x, leading, 2), _flat(z, leading, 2)).view(*leading, -1)


class LogDensity(nn.Module):
    """A conditional flow of zuko's as a function (x, z) -> log density."""

    def __init__(self, flow: nn.Module):
        super().__init__()
        self.flow = flow

    def forward(self, x, z):
        return self.flow(x).log_prob(z)


def drawn(flow: nn.Module, name: str, replicates: tuple[int, ...], generator: torch.Generator | None) -> nn.Parameter:
    """Initial values, with leading replicates, for a weight or bias of one of the flow's linear layers."""
    layer = flow.get_submodule(name.rpartition(".")[0])
    linear = Linear(layer.in_features, layer.out_features, replicates, generator)
    return linear.bias if name.endswith("bias") else nn.Parameter(linear.weight.data.mT.contiguous())


class Marginal(nn.Module):
    """A learned density of y alone, log q(y_i) as (*replicates, n): one of the families above, given nothing."""

    def __init__(self, density: str, dim_y: int, **options):
        super().__init__()
        self.density = make(density, 1, dim_y, **options)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.density.paired(y.new_ones(y.shape[-2], 1), y)
