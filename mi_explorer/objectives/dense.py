"""Discriminators, many at a time: every weight has a leading axis, so that runs with different seeds are one computation."""

from __future__ import annotations

__all__ = ["Dense"]

import torch
from torch import Tensor, nn

from mi_explorer.critics import Linear

LEAK = 0.2


class Dense(nn.Module):
    """Rows (runs, n, sizes[0]) to (runs, n, sizes[-1]), with leaky ReLUs between the layers: one network per run."""

    def __init__(self, *sizes: int, runs: int, generator: torch.Generator):
        super().__init__()
        self.layers = nn.ModuleList(Linear(a, b, (runs,), generator) for a, b in zip(sizes, sizes[1:]))

    def forward(self, rows: Tensor) -> Tensor:
        *inner, last = self.layers
        for layer in inner:
            rows = nn.functional.leaky_relu(torch.baddbmm(layer.bias.unsqueeze(1), rows, layer.weight), LEAK)
        return torch.baddbmm(last.bias.unsqueeze(1), rows, last.weight)

    def slopes(self, rows: Tensor, runs: Tensor) -> Tensor:
        """The gradient of the only output with respect to the rows (all runs, n, inputs), of the ``runs`` named: (of them, n, inputs).

        Between its kinks a network is linear, so that this is a product of weights, which can be differentiated by them, as R1 does.
        """
        *inner, last = ((layer.weight[runs], layer.bias[runs].unsqueeze(1)) for layer in self.layers)
        seen, factors = rows[runs], []
        with torch.no_grad():
            for weight, bias in inner:
                seen = nn.functional.leaky_relu(torch.baddbmm(bias, seen, weight), LEAK)
                factors.append(torch.where(seen > 0, seen.new_ones(()), seen.new_full((), LEAK)))
        slope = last[0].mT
        for (weight, _), factor in zip(reversed(inner), reversed(factors)):
            slope = (slope * factor) @ weight.mT
        return slope
