"""Discriminators, many at a time: every weight has a leading axis, so that runs with different seeds are one computation."""

from __future__ import annotations

__all__ = ["Dense"]

import torch
from torch import Tensor, nn

from mi_explorer.critics import Linear


class Dense(nn.Module):
    """Rows (runs, n, sizes[0]) to (runs, n, sizes[-1]), with leaky ReLUs between the layers: one network per run. Its gradient can be
    differentiated again, as R1 does; that of ``critics.MLP`` cannot."""

    def __init__(self, *sizes: int, runs: int, generator: torch.Generator):
        super().__init__()
        self.layers = nn.ModuleList(Linear(a, b, (runs,), generator) for a, b in zip(sizes, sizes[1:]))

    def forward(self, rows: Tensor) -> Tensor:
        *inner, last = self.layers
        for layer in inner:
            rows = nn.functional.leaky_relu(torch.baddbmm(layer.bias.unsqueeze(1), rows, layer.weight), 0.2)
        return torch.baddbmm(last.bias.unsqueeze(1), rows, last.weight)
