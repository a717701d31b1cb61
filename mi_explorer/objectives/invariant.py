r"""Invariant information clustering: labels that two views of one thing share, and that tell as much as they can.

A network gives both views soft labels p(k), q(l). Averaged over the things, P(k, l) = E[p(k) q(l)], made symmetric, is a joint distribution
of two labels, and the network maximises their information (Ji, Henriques & Vedaldi 2019, arXiv:1807.06653, equation 3). With a balance
\lambda above 1 (their supplement) even clusters are asked for more than confident ones:

    I_\lambda = sum_{kl} P(k, l) [ log P(k, l) - \lambda log P(k) - \lambda log P(l) ],   I_1 = I.
"""

from __future__ import annotations

__all__ = ["pair_information", "pair_table", "redrawn"]

import torch

TINY = 1e-9


def pair_table(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """The joint distribution (heads, k, k) of soft labels p, q (heads, things, k), each summing to one over the last axis."""
    table = p.transpose(1, 2) @ q / p.shape[1]
    return (table + table.transpose(1, 2)) / 2


def pair_information(table: torch.Tensor, balance: float = 1.0) -> torch.Tensor:
    """I of joint distributions (heads, k, k), or with another ``balance`` I_lambda: (heads,), in nats."""
    table = table.clamp_min(TINY)
    rows, columns = table.sum(2, keepdim=True).log(), table.sum(1, keepdim=True).log()
    return (table * (table.log() - balance * (rows + columns))).sum((1, 2))


@torch.no_grad()
def redrawn(network: torch.nn.Module, generator: torch.Generator) -> torch.nn.Module:
    """The network with its weights drawn anew, from the distribution that torch's layers begin with, but from this generator."""
    for layer in network.modules():
        if isinstance(layer, (torch.nn.Linear, torch.nn.Conv2d)):
            reach = layer.weight[0].numel() ** -0.5
            for part in (layer.weight, layer.bias):
                part.uniform_(-reach, reach, generator=generator)
    return network
