"""Small networks that read a series, several of them at once: every parameter has a leading axis of replicates.

Many seeds, or many settings, are then one computation. A gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) reads the
past; layers of a plain network do the rest.
"""

from __future__ import annotations

__all__ = ["Layers", "Reader"]

import math

import torch


def uniform(*shape: int, fan: int, generator: torch.Generator) -> torch.Tensor:
    bound = 1 / math.sqrt(fan)
    return (2 * torch.rand(*shape, generator=generator) - 1).mul_(bound).requires_grad_()


class Layers:
    """``replicates`` plain networks with ReLU between layers of the given sizes."""

    def __init__(self, replicates: int, sizes: tuple[int, ...], generator: torch.Generator):
        self.weights = [uniform(replicates, a, b, fan=a, generator=generator) for a, b in zip(sizes, sizes[1:])]
        self.biases = [torch.zeros(replicates, 1, b, requires_grad=True) for b in sizes[1:]]
        self.parameters = [*self.weights, *self.biases]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(replicates, n, in) -> (replicates, n, out)."""
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            x = torch.baddbmm(bias, x.relu() if place else x, weight)
        return x


class Reader:
    """``replicates`` gated recurrent units of ``width`` that read series of ``inputs`` numbers a step."""

    def __init__(self, replicates: int, inputs: int, width: int, generator: torch.Generator):
        self.width = width
        self.of_input = uniform(replicates, inputs, 3 * width, fan=width, generator=generator)
        self.of_state = uniform(replicates, width, 3 * width, fan=width, generator=generator)
        self.input_bias = uniform(replicates, 1, 3 * width, fan=width, generator=generator)
        self.state_bias = uniform(replicates, 1, 3 * width, fan=width, generator=generator)
        self.parameters = [self.of_input, self.of_state, self.input_bias, self.state_bias]

    def __call__(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        """(replicates, n, steps, inputs) -> the state after the last step, (replicates, n, width); from 0 if none is given."""
        replicates, n, steps, inputs = x.shape
        flat = torch.baddbmm(self.input_bias, x.transpose(1, 2).reshape(replicates, steps * n, inputs), self.of_input)
        gates, news = flat.view(replicates, steps, n, -1).split([2 * self.width, self.width], -1)
        state = x.new_zeros(replicates, n, self.width) if state is None else state
        # unbind and split, not indices: the gradient of an index is a whole tensor of zeros at every step
        for gate, new in zip(gates.unbind(1), news.unbind(1)):
            own_gate, own_new = torch.baddbmm(self.state_bias, state, self.of_state).split([2 * self.width, self.width], -1)
            reset, keep = torch.sigmoid(gate + own_gate).chunk(2, -1)
            state = torch.lerp(torch.tanh(torch.addcmul(new, reset, own_new)), state, keep)
        return state
