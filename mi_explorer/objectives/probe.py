"""The linear probe: what a linear classifier reads from a frozen code."""

from __future__ import annotations

__all__ = ["linear_probe"]

import torch
from torch import nn


def linear_probe(codes: torch.Tensor, labels: torch.Tensor, fresh: torch.Tensor, fresh_labels: torch.Tensor, classes: int, decay: float = 1e-2):
    """Share of ``fresh_labels`` (..., m) that multinomial logistic regression, fitted to codes (..., n, d) and labels (..., n), reads
    from fresh codes (..., m, d): (...). Leading axes are probes side by side, fitted in one go.

    Each coordinate is standardised with the mean and the deviation of ``codes``; ``decay`` times half the squared weights is
    added to the mean loss. Convex: the answer does not depend on a start or a seed.
    """
    with torch.no_grad():
        mean, sd = codes.mean(-2, keepdim=True), codes.std(-2, keepdim=True) + 1e-6
        known, asked = (codes - mean) / sd, (fresh - mean) / sd
        target = nn.functional.one_hot(labels, classes).to(known)
    weight = known.new_zeros(*known.shape[:-2], known.shape[-1], classes, requires_grad=True)
    bias = known.new_zeros(*known.shape[:-2], 1, classes, requires_grad=True)
    # Behind 1e-5 the answers hardly change: of 597 fresh digits two at most, against a search to the end.
    search = torch.optim.LBFGS([weight, bias], max_iter=60, history_size=10, tolerance_change=1e-5, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        scores = known @ weight + bias
        misfit = (scores.logsumexp(-1) - (scores * target).sum(-1)).mean(-1).sum()
        total = misfit + decay / 2 * weight.square().sum()
        total.backward()
        return total

    with torch.enable_grad():
        search.step(loss)
    with torch.no_grad():
        return ((asked @ weight + bias).argmax(-1) == fresh_labels).double().mean(-1)
