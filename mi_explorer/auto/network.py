"""Critics that start as a Gaussian model and learn what that model misses; all folds are trained in one batched step.

    f(x, y) = sum_k r_k a_k b_k - s_k (a_k^2 + b_k^2)  +  g(x) h(y) + u(x) + v(y)

The first part is the log density ratio of canonical Gaussian pairs (a_k, b_k), exact where the data are Gaussian; the rest
are small networks whose product is zero at the start. Loss: symmetric InfoNCE over all pairs of a batch (van den Oord et al. 2018,
arXiv:1807.03748, eq. 4, both ways round), whose optimum is the log density ratio whatever the batch size. Each fold has a few critics
that differ in their start and their batches; the mean of their scores knows more than any of them.
"""

from __future__ import annotations

__all__ = ["Features", "Fit", "train", "score_matrix"]

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function

EMBEDDING = 32
LEARNING_RATE, DECAY, CLIP, INPUT_NOISE, AVERAGE = 2e-3, 1e-3, 1.0, 0.05, 0.98
PATIENCE, LEAST_GAIN = 10, 3e-4  # epochs without a gain on validation rows of so many nats
SMALLEST_BATCH = 64


@dataclass(frozen=True, eq=False)
class Features:
    """What a critic sees of one side, for each fold its own view of all n rows.

    inputs: (folds, n, p) for the networks. pairs: (folds, n, k), canonical variables for the Gaussian part.
    """

    inputs: np.ndarray
    pairs: np.ndarray


@dataclass(frozen=True, eq=False)
class Fit:
    """Trained critics: ``weights`` with a leading axis (members * folds), critic i being of fold i % folds."""

    weights: dict[str, Tensor]
    members: int
    out_of_time: bool


def train(
    x: Features, y: Features, correlations: np.ndarray, training: np.ndarray, validation: np.ndarray,
    members: int, width: int, largest_batch: int, seed: int, deadline: float, most_epochs: int,
) -> Iterator[float | Fit]:
    """Yields the share done after each epoch, then the Fit.

    correlations: (folds, k), what the Gaussian part starts from. training, validation: (folds, rows) indices.
    members: critics of each fold. width: of their hidden layers. largest_batch: rows. deadline: on the clock ``time.perf_counter``.
    """
    correlations, training, validation = (np.tile(a, (members, 1)) for a in (correlations, training, validation))
    generator = torch.Generator().manual_seed(seed)
    sides = [_tensors(x), _tensors(y)]
    critics, rows = training.shape
    weights = _start(sides[0][0].shape[-1], sides[1][0].shape[-1], width, correlations, generator)
    optimiser = torch.optim.AdamW(weights.values(), lr=LEARNING_RATE, weight_decay=DECAY, betas=(0.9, 0.99))
    average = {name: weight.detach().clone() for name, weight in weights.items()}
    batch = min(largest_batch, max(SMALLEST_BATCH, rows // 8), rows)
    steps = max(1, rows // batch)
    training, validation = torch.from_numpy(training), torch.from_numpy(validation)
    alive = torch.arange(critics)
    best = {name: weight.clone() for name, weight in average.items()}
    best_value = _validate(average, sides, validation, alive)
    mark, epochs = best_value.clone(), torch.zeros(critics, dtype=torch.long)
    out_of_time = False
    for epoch in range(1, most_epochs + 1):
        order = torch.rand(len(alive), rows, generator=generator).argsort(-1)
        shuffled = training[alive].gather(1, order)
        for step in range(steps):
            chosen = shuffled[:, step * batch : (step + 1) * batch]
            (xs, a), (ys, b) = (_take(side, alive, chosen) for side in sides)
            xs = xs + INPUT_NOISE * torch.randn(xs.shape, generator=generator)
            ys = ys + INPUT_NOISE * torch.randn(ys.shape, generator=generator)
            loss = _SymmetricInfoNCE.apply(_scores(weights, xs, a, ys, b)).sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            _clip(weights)
            optimiser.step()
            for name, weight in weights.items():
                average[name].lerp_(weight.detach(), 1 - AVERAGE)
        value = _validate(average, sides, validation, alive)
        better = value > best_value[alive]
        improved = alive[better]
        best_value[improved] = value[better]
        for name in best:
            best[name][improved] = average[name][better]
        noticed = alive[value > mark[alive] + LEAST_GAIN]
        mark[noticed] = best_value[noticed]
        epochs[noticed] = epoch
        out_of_time = time.perf_counter() > deadline
        going = epoch - epochs[alive] < PATIENCE
        if out_of_time or not going.any():
            break
        if not going.all():
            alive = alive[going]
            _keep(weights, average, optimiser, going)
        yield epoch / most_epochs
    yield Fit(best, members, out_of_time)


@torch.no_grad()
def score_matrix(fit: Fit, fold: int, x: Features, y: Features, rows_x: np.ndarray, rows_y: np.ndarray) -> np.ndarray:
    """The mean f of one fold's critics for all pairs: (len(rows_x), len(rows_y))."""
    chosen = []
    for side, rows in ((x, rows_x), (y, rows_y)):
        chosen += [torch.from_numpy(part[fold : fold + 1, rows]) for part in (side.inputs, side.pairs)]
    total, folds = 0, len(x.inputs)
    for critic in range(fold, folds * fit.members, folds):
        total = total + _scores({name: weight[critic : critic + 1] for name, weight in fit.weights.items()}, *chosen)[0]
    return (total / fit.members).numpy()


def _start(dim_x, dim_y, width, correlations, generator):
    critics = len(correlations)

    def layer(inputs, outputs):
        drawn = torch.randn(critics, inputs, outputs, generator=generator)
        return drawn * math.sqrt(2 / inputs)

    weights = {"correlation": torch.from_numpy(np.arctanh(correlations).astype(np.float32))}
    for side, dim in (("x", dim_x), ("y", dim_y)):
        sizes = (max(dim, 1), width, width, width, EMBEDDING + 1)
        for depth, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            weights[f"{side}{depth}"] = layer(inputs, outputs)
            weights[f"{side}{depth}_bias"] = torch.zeros(critics, 1, outputs)
        weights[f"{side}3"] *= 0.1 if side == "x" else 0.0  # the product is zero, its gradient is not
        weights[f"{side}3"][..., -1] = 0
    return {name: weight.requires_grad_() for name, weight in weights.items()}


def _tower(weights, side, rows):
    for depth in range(3):
        rows = torch.nn.functional.silu(torch.baddbmm(weights[f"{side}{depth}_bias"], rows, weights[f"{side}{depth}"]))
    rows = torch.baddbmm(weights[f"{side}3_bias"], rows, weights[f"{side}3"])
    return rows[..., :-1], rows[..., -1]


def _scores(weights, x, a, y, b):
    """(folds, n, m) from x (folds, n, p), a (folds, n, k), y (folds, m, q), b (folds, m, k)."""
    (g, u), (h, v) = _tower(weights, "x", x), _tower(weights, "y", y)
    rho = weights["correlation"].tanh().unsqueeze(1)
    strength = rho / (1 - rho * rho)
    half = strength * rho / 2
    u = u - (half * a * a).sum(-1)
    v = v - (half * b * b).sum(-1)
    one_u, one_v = torch.ones_like(u), torch.ones_like(v)
    left = torch.cat([g, strength * a, u.unsqueeze(-1), one_u.unsqueeze(-1)], -1)
    right = torch.cat([h, b, one_v.unsqueeze(-1), v.unsqueeze(-1)], -1)
    return left @ right.mT


class _SymmetricInfoNCE(Function):
    """Minus the bound, (folds,), of scores (folds, K, K): one table of exponentials serves both directions and the gradient."""

    @staticmethod
    def forward(ctx, scores):
        k = scores.shape[-1]
        top = scores.amax(-1, keepdim=True)
        weights = (scores - top).exp_()
        of_rows = weights.sum(-1, keepdim=True)
        highest = top.amax(-2, keepdim=True)
        scale = (top - highest).exp().clamp_min(1e-30)
        of_columns = (weights.mT @ scale).mT.clamp_min(1e-30)
        ctx.save_for_backward(weights, of_rows, of_columns, scale)
        normaliser = (of_rows.log() + top).mean((-2, -1)) + (of_columns.log() + highest).mean((-2, -1))
        diagonal = scores.diagonal(dim1=-2, dim2=-1).mean(-1)
        return normaliser / 2 - diagonal - math.log(k)

    @staticmethod
    def backward(ctx, gradient):
        weights, of_rows, of_columns, scale = ctx.saved_tensors
        k = weights.shape[-1]
        slope = weights * (1 / of_rows).add(scale / of_columns)
        slope.diagonal(dim1=-2, dim2=-1).sub_(2)
        return slope.mul_((gradient / (2 * k)).view(-1, 1, 1))


@torch.no_grad()
def _validate(weights, sides, validation, alive):
    (xs, a), (ys, b) = (_take(side, alive, validation[alive]) for side in sides)
    return -_SymmetricInfoNCE.apply(_scores(weights, xs, a, ys, b))


def _tensors(side):
    return tuple(torch.from_numpy(np.ascontiguousarray(part)) for part in (side.inputs, side.pairs))


def _take(side, alive, rows):
    return tuple(part[(alive % len(part)).unsqueeze(1), rows] for part in side)


def _clip(weights):
    """Each critic's gradient to a norm of at most CLIP: the critics are independent, so must be their clipping."""
    squares = [weight.grad.square().flatten(1).sum(1) for weight in weights.values()]
    factor = (CLIP / (torch.stack(squares).sum(0).sqrt() + 1e-6)).clamp(max=1)
    for weight in weights.values():
        weight.grad.mul_(factor.view(-1, *[1] * (weight.ndim - 1)))


def _keep(weights, average, optimiser, going):
    """Drop the critics that are done, from weights, averages and the optimiser's memory."""
    for name, weight in list(weights.items()):
        state = optimiser.state.pop(weight)
        for key in ("exp_avg", "exp_avg_sq"):
            state[key] = state[key][going]
        weights[name] = weight.detach()[going].requires_grad_()
        optimiser.state[weights[name]] = state
        average[name] = average[name][going]
    optimiser.param_groups[0]["params"] = list(weights.values())
