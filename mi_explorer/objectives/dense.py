"""Plain networks, many at a time: every weight has a leading axis, so that runs with different seeds are one computation."""

from __future__ import annotations

__all__ = ["Dense", "leaky"]

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mi_explorer.critics import Linear


class Dense(nn.Module):
    """Rows (runs, n, sizes[0]) to (runs, n, sizes[-1]), with an activation between the layers: one network per run."""

    def __init__(self, *sizes: int, runs: int, generator: torch.Generator, activation: Callable[[Tensor], Tensor] = torch.relu):
        super().__init__()
        self.layers = nn.ModuleList(Linear(a, b, (runs,), generator) for a, b in zip(sizes, sizes[1:]))
        self.activation = activation

    def forward(self, rows: Tensor) -> Tensor:
        *inner, last = self.layers
        for layer in inner:
            rows = self.activation(torch.baddbmm(layer.bias.unsqueeze(1), rows, layer.weight))
        return torch.baddbmm(last.bias.unsqueeze(1), rows, last.weight)


def leaky(rows: Tensor) -> Tensor:
    return torch.nn.functional.leaky_relu(rows, 0.2)
