"""A Gaussian mixture of (x, y) by expectation maximisation: it sees the clusters, outliers and crossings that a network is slow to find.

Its log ratio log p(x,y) / p(x)p(y) is that of the model; like any critic's it is normalised over other rows before it counts
(``ratios``), so that a wrong mixture gives too little, not too much. The use of a mixture's pointwise MI for estimation is that of
Czyz et al. 2025, "On the Properties and Estimation of Pointwise Mutual Information Profiles", arXiv:2310.10240.
"""

from __future__ import annotations

__all__ = ["Mixture", "fit", "ratios"]

import math
import time
from dataclasses import dataclass

import numpy as np

REGULARISATION = 1e-3  # added to variances (of standardised columns): a component cannot collapse onto one row
STARTS = 2


@dataclass(frozen=True, eq=False)
class Mixture:
    """weights: (k,), means: (k, d), covariances: (k, d, d)."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


def fit(z: np.ndarray, components: int, seed: int, rounds: int, deadline: float) -> Mixture:
    """The likeliest of a few starts, (n, d) rows; each start gets ``rounds`` rounds, fewer where the likelihood stands still."""
    generator = np.random.default_rng(seed)
    best, best_value = None, -math.inf
    for _ in range(STARTS):
        mixture, value = _climb(z, _start(z, components, generator), rounds, deadline)
        if value > best_value:
            best, best_value = mixture, value
        if time.perf_counter() > deadline:
            break
    return best


def ratios(mixture: Mixture, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """log p(x_i, y_j) / p(x_i)p(y_j) for all pairs of rows, (n, m), in float32."""
    split = x.shape[1]
    margins = [_log_sum(_log_densities(mixture, side, part)) for side, part in ((x, slice(split)), (y, slice(split, None)))]
    total = np.zeros((len(x), len(y)), dtype=np.float32)
    for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances):
        root = np.linalg.inv(np.linalg.cholesky(covariance)).T
        precision = root @ root.T
        a, b = x - mean[:split], y - mean[split:]
        own_x = -0.5 * ((a @ precision[:split, :split]) * a).sum(1) - margins[0]
        own_y = -0.5 * ((b @ precision[split:, split:]) * b).sum(1) - margins[1]
        own_x += math.log(weight) + np.log(np.diag(root)).sum() - len(mean) / 2 * math.log(2 * math.pi)
        exponent = (-(a @ precision[:split, split:])).astype(np.float32) @ b.T.astype(np.float32)
        exponent += own_x.astype(np.float32)[:, None]
        exponent += own_y.astype(np.float32)
        total += np.exp(np.clip(exponent, -80, 80, out=exponent), out=exponent)
    return np.log(np.maximum(total, 1e-30))


def _start(z, components, generator):
    """Each row belongs to the nearest of some rows drawn at random."""
    centres = z[generator.choice(len(z), components, replace=False)]
    distances = ((centres**2).sum(1) - 2 * z @ centres.T)
    return (distances.argmin(1)[:, None] == np.arange(components)).astype(float)


def _climb(z, belongs, rounds, deadline):
    n, d = z.shape
    before = -math.inf
    for _ in range(rounds):
        counts = belongs.sum(0) + 1e-3
        means = (belongs.T @ z) / counts[:, None]
        covariances = np.empty((len(counts), d, d))
        for k in range(len(counts)):
            centred = z - means[k]
            covariances[k] = (centred * belongs[:, k : k + 1]).T @ centred / counts[k] + REGULARISATION * np.eye(d)
        mixture = Mixture(counts / counts.sum(), means, covariances)
        densities = _log_densities(mixture, z, slice(None))
        rows = _log_sum(densities)
        value = rows.mean()
        belongs = np.exp(densities - rows[:, None])
        if value - before < 1e-5 or time.perf_counter() > deadline:
            break
        before = value
    return mixture, value


def _log_densities(mixture, z, part):
    """log w_k N(z; k) of the coordinates in ``part``: (n, k)."""
    found = np.empty((len(z), len(mixture.weights)))
    for k, (weight, mean, covariance) in enumerate(zip(mixture.weights, mixture.means, mixture.covariances)):
        root = np.linalg.inv(np.linalg.cholesky(covariance[part, part])).T
        squares = (((z - mean[part]) @ root) ** 2).sum(1)
        found[:, k] = math.log(weight) + np.log(np.diag(root)).sum() - z.shape[1] / 2 * math.log(2 * math.pi) - squares / 2
    return found


def _log_sum(values):
    top = values.max(1, keepdims=True)
    return np.log(np.exp(values - top).sum(1)) + top[:, 0]
