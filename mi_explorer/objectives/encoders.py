"""Small encoders for the experiments on learning by contrast; of cards, many side by side in one batched step."""

from __future__ import annotations

__all__ = ["CardEncoders"]

import math

import torch
from torch import nn

from mi_explorer.objectives.cards import PIXELS


class CardEncoders(nn.Module):
    """Networks side by side, (networks, n, 432) -> codes: a backbone 432-128-64 and on it a head 64-16, as in SimCLR.

    The contrast is on the head's output, made one long; the backbone's is what a later task gets. Each network starts from its
    own seed.
    """

    def __init__(self, seeds: list[int], sizes: tuple[int, ...] = (PIXELS, 128, 64, 16)):
        super().__init__()
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for ins, outs in zip(sizes, sizes[1:]):  # as torch's own Linear begins
            drawn = torch.stack([2 * torch.rand(ins + 1, outs, generator=generator) - 1 for generator in generators]) / math.sqrt(ins)
            self.weights.append(nn.Parameter(drawn[:, :-1].clone()))
            self.biases.append(nn.Parameter(drawn[:, -1:].clone()))

    def backbone(self, pictures: torch.Tensor) -> torch.Tensor:
        """(networks, n, 64), after the rectifier."""
        codes = pictures
        for weight, bias in zip(self.weights[:-1], self.biases[:-1]):
            codes = torch.baddbmm(bias, codes, weight).relu()
        return codes

    def head(self, codes: torch.Tensor) -> torch.Tensor:
        """The backbone's codes to points on the sphere, (networks, n, 16)."""
        return nn.functional.normalize(torch.baddbmm(self.biases[-1], codes, self.weights[-1]), dim=-1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(pictures))
