"""Two networks, each as one autograd function with its backward pass written by hand: what makes the critics fast.

``mlp`` runs many small networks at once. ``score_pairs`` applies the upper layers of a joint critic to all n * m pairs,
which would be hundreds of megabytes if it were written down at once; it works in tiles that stay in the cache.
Both compute products in bfloat16 (with float32 sums inside a product) where they are asked to, and return float32.
"""

from __future__ import annotations

__all__ = ["mlp", "score_pairs", "Buffers"]

import math
import sys
import threading

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

# Numbers in one tile of the hidden layer: with three such tiles and two 256 x 256 matrices, larger tiles leave the
# cache of a core and smaller ones spend their time in calls. A bfloat16 product cannot add to a float32 sum, so that its
# tiles are larger: there are fewer sums to round.
TILE = {"exact": 512 * 256, "fast": 2048 * 256}
TILE_ON_GPU = 2**24
KEEP_AT_MOST = 2**28  # bytes of hidden layer kept for the backward pass; a larger batch computes it twice
ALL_PAIRS_AT_MOST = 2**28  # bytes: up to here a GPU takes all pairs of all critics in one product

mask_by_relu = torch.ops.aten.threshold_backward.grad_input  # (gradient, output, 0, grad_input=): into memory we own


def mlp(rows: Tensor, weights: list[Tensor], biases: list[Tensor], precision: str) -> Tensor:
    """ReLU networks: rows (b, n, inputs), weights (b, inputs, outputs) and biases (b, outputs) per layer, to (b, n, outputs)."""
    return _MLP.apply(precision, rows, *weights, *biases)


def score_pairs(
    from_x: Tensor, from_y: Tensor, weight: Tensor, bias: Tensor, last: Tensor, precision: str, buffers: Buffers
) -> Tensor:
    """relu(relu(from_x_i + from_y_j) @ weight + bias) @ last for all i and j.

    Shapes: from_x (b, n, w), from_y (b, m, w), weight (b, w, w), bias and last (b, w), to (b, n, m).
    """
    if from_x.is_cuda and 4 * from_x.numel() * from_y.shape[1] <= ALL_PAIRS_AT_MOST:
        return score_all_pairs(from_x, from_y, weight, bias, last, precision)
    return _Pairs.apply(precision, buffers, from_x, from_y, weight, bias, last)


def score_all_pairs(
    from_x: Tensor, from_y: Tensor, weight: Tensor, bias: Tensor, last: Tensor, precision: str
) -> Tensor:
    """The same in a few large operations, which a graphics card prefers while there is room for all pairs."""
    pairs = (from_x.unsqueeze(2) + from_y.unsqueeze(1)).relu()
    hidden = mlp(pairs.flatten(1, 2), [weight], [bias], precision).relu()
    return (hidden @ last.unsqueeze(-1)).view(pairs.shape[:3])


class _MLP(Function):
    @staticmethod
    def forward(ctx, precision, rows, *parameters):
        half = len(parameters) // 2
        computed = torch.bfloat16 if precision == "fast" else rows.dtype
        weights = [weight.to(computed) for weight in parameters[:half]]
        layers = [rows.to(computed)]
        for weight, bias in zip(weights, parameters[half:]):
            if len(layers) > 1:
                layers[-1].relu_()
            # Not baddbmm: it copies the bias over the whole output first.
            layers.append(torch.bmm(layers[-1], weight).add_(bias.to(computed).unsqueeze(1)))
        ctx.save_for_backward(*layers[:-1], *weights)
        return layers[-1].to(rows.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        half = len(ctx.saved_tensors) // 2
        layers, weights = ctx.saved_tensors[:half], ctx.saved_tensors[half:]
        of_weights, of_biases = [], []
        dtype, of_rows = gradient.dtype, gradient.to(weights[0].dtype)
        for depth in reversed(range(half)):
            of_weights.insert(0, torch.bmm(layers[depth].mT, of_rows).to(dtype))
            of_biases.insert(0, of_rows.sum(1, dtype=dtype))
            if depth > 0:
                of_rows = torch.bmm(of_rows, weights[depth].mT)
                mask_by_relu(of_rows, layers[depth], 0, grad_input=of_rows)
            elif ctx.needs_input_grad[1]:
                of_rows = torch.bmm(of_rows, weights[0].mT).to(dtype)
            else:
                of_rows = None
        return None, of_rows, *of_weights, *of_biases


class _Pairs(Function):
    """One critic after the other, one tile of pairs after the other, in a few buffers that are filled again and again."""

    @staticmethod
    def forward(ctx, precision, buffers, from_x, from_y, weight, bias, last):
        ctx.precision = precision
        computed = torch.bfloat16 if precision == "fast" else from_x.dtype
        (b, n, width), m = from_x.shape, from_y.shape[1]
        scores = from_x.new_empty(b, n, m)
        tiles, size = _tiles(n, m, width, precision, from_x.is_cuda)
        keep = any(ctx.needs_input_grad) and b * n * m * width * computed.itemsize <= KEEP_AT_MOST
        kept = buffers.empty((b, n * m, width), computed, from_x.device) if keep else None
        first, second = from_x.new_empty(2, size, width, dtype=computed)
        for critic in range(b):
            x, y, w, c = (t[critic].to(computed) for t in (from_x, from_y, weight, bias))
            for rows, columns, pairs in tiles:
                hidden = _first_layer(x[rows], y[columns], first)
                upper = kept[critic, pairs] if keep else second[: len(hidden)]
                torch.addmm(c, hidden, w, out=upper).relu_()
                values = torch.mv(upper.to(scores.dtype), last[critic])
                scores[critic, rows, columns] = values.view(-1, columns.stop - columns.start)
        ctx.save_for_backward(from_x, from_y, weight, bias, last, *([kept] if keep else []))
        return scores

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        from_x, from_y, weight, bias, last, *kept = ctx.saved_tensors
        computed = torch.bfloat16 if ctx.precision == "fast" else from_x.dtype
        (b, n, width), m = from_x.shape, from_y.shape[1]
        tiles, size = _tiles(n, m, width, ctx.precision, from_x.is_cuda)
        first, second, third = from_x.new_empty(3, size, width, dtype=computed)
        of_x, of_y, of_weight, of_bias = map(torch.zeros_like, (from_x, from_y, weight, bias))
        # Below, the gradient of a unit leaves out the unit's weight in the last layer: it is the same for all pairs, so
        # that one product over the weights here and one over the sums at the end replace one over the pairs.
        back = (weight * last.unsqueeze(1)).mT.to(computed)
        for critic in range(b):
            x, y, w, c = (t[critic].to(computed) for t in (from_x, from_y, weight, bias))
            for rows, columns, pairs in tiles:
                hidden = _first_layer(x[rows], y[columns], first)
                upper = kept[0][critic, pairs] if kept else torch.addmm(c, hidden, w, out=second[: len(hidden)])
                of_scores = gradient[critic, rows, columns].reshape(-1, 1).to(computed)
                of_upper = second[: len(hidden)]
                mask_by_relu(of_scores.expand(-1, width), upper, 0, grad_input=of_upper)
                of_bias[critic] += of_upper.sum(0, dtype=of_bias.dtype)
                _add_product(of_weight[critic], hidden.mT, of_upper)
                of_hidden = torch.mm(of_upper, back[critic], out=third[: len(hidden)])
                mask_by_relu(of_hidden, hidden, 0, grad_input=of_hidden)
                of_hidden = of_hidden.view(rows.stop - rows.start, -1, width)
                of_x[critic, rows] += of_hidden.sum(1, dtype=of_x.dtype)
                of_y[critic, columns] += of_hidden.sum(0, dtype=of_y.dtype)
        # The last layer sees relu(z) = 1[z > 0] (h W + b), and sums of 1[z > 0] h and 1[z > 0] are what we have.
        of_last = (of_weight * weight).sum(1) + of_bias * bias
        return None, None, of_x, of_y, of_weight.mul_(last.unsqueeze(1)), of_bias.mul_(last), of_last


def _first_layer(x: Tensor, y: Tensor, out: Tensor) -> Tensor:
    """relu(x_i + y_j) as rows (n * m, width), in the memory of ``out``."""
    rows = out[: len(x) * len(y)]
    torch.add(x.unsqueeze(1), y, out=rows.view(len(x), *y.shape)).relu_()
    return rows


def _add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    if a.dtype == total.dtype:
        total.addmm_(a, b)
    else:
        total += a @ b


def _tiles(n: int, m: int, width: int, precision: str, on_gpu: bool) -> tuple[list[tuple[slice, slice, slice]], int]:
    """Blocks of an n * m matrix as (rows, columns, pairs counted through all blocks), and the pairs of the largest."""
    size = max(1, (TILE_ON_GPU if on_gpu else TILE[precision]) // width)
    columns = min(m, size)
    rows = min(n, size // columns)
    tiles, start = [], 0
    for left in range(0, m, columns):
        for top in range(0, n, rows):
            block = slice(top, min(n, top + rows)), slice(left, min(m, left + columns))
            stop = start + math.prod(side.stop - side.start for side in block)
            tiles.append((*block, slice(start, stop)))
            start = stop
    return tiles, rows * columns


class Buffers:
    """Memory that is used again: a fresh block of many megabytes costs a page fault for every 4 kB, each step anew.

    A block is free once no tensor is left that looks at it. Every tensor made from a numpy array holds a reference to
    that array until its memory is freed, so that the array's reference count says so: no reuse can be too early, whatever
    becomes of the graph, and a thread only ever gets what no other holds.
    """

    def __init__(self):
        self.blocks: list[np.ndarray] = []
        self.lock = threading.Lock()

    def __reduce__(self):
        return Buffers, ()  # a copied or saved critic starts with none

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
        if device.type != "cpu":  # torch keeps the memory of a GPU itself
            return torch.empty(shape, dtype=dtype, device=device)
        size = math.prod(shape) * dtype.itemsize
        with self.lock:
            # What is free and of another size belongs to a batch that is over: it would never be asked for again.
            stay = [i for i in range(len(self.blocks)) if self.blocks[i].nbytes == size or not self._free(i)]
            self.blocks = [self.blocks[i] for i in stay]
            free = [i for i in range(len(self.blocks)) if self.blocks[i].nbytes == size and self._free(i)]
            if not free:
                free = [len(self.blocks)]
                self.blocks.append(_aligned(size))
            return torch.from_numpy(self.blocks[free[0]]).view(dtype).view(shape)

    def _free(self, index: int) -> bool:
        return sys.getrefcount(self.blocks[index]) == 2  # the list, and the argument itself


def _aligned(size: int, boundary: int = 64) -> np.ndarray:
    """Bytes that start at a cache line, as torch's own do."""
    block = np.empty(size + boundary, np.uint8)
    start = -block.ctypes.data % boundary
    return block[start : start + size]
