"""Learned candidates, each judged on rows that it never saw: every row is held out by one of four folds.

A model's scores f(x, y) become pointwise values that need no normalised density, f(x_i, y_i) minus the log mean of exp f over
other rows, averaged over both directions (InfoNCE with the whole fold as its batch; Poole et al. 2019, arXiv:1905.06922, eq. 10).
With row i itself in the mean that is a lower bound. Without it, it is as much too high where few rows hold most of the mean: a critic
that is right gets the truth between the two, and their mean is the estimate.
"""

from __future__ import annotations

__all__ = ["Learned", "Folds", "split", "crossfit"]

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from . import mixture as gaussian_mixture
from . import network
from .choice import FEW_COLUMNS
from .margins import Side
from .screening import View, look

FOLDS = 4
VALIDATION = 0.1
BLOCKS = 40  # stretches of neighbouring rows that stay together where the rows are a time series
SHUFFLES = 199
MOST_PAIRED = 2500  # rows of which all pairs are scored at once; a bound cannot exceed its logarithm
# By a fold's training rows, how many critics it has, how wide they are and how many rows a batch has at most. Few rows leave time for
# wide ones: where training stops before a narrow critic fits even its own rows, held-out and in-sample value are both too low, and so
# is their mean. Batches small enough for sixteen steps an epoch get the wide ones there sooner.
CRITICS = (3000, (2, 256, 128)), (8000, (2, 64, 512)), (math.inf, (1, 64, 512))
CHUNK = 900  # rows whose pairs a mixture is asked for at once
MIXTURES = (2, 3, 5)
MOST_EPOCHS = 60
MOST_FOR_MIXTURE = 60  # columns in all of which full covariances are fitted


@dataclass(frozen=True, eq=False)
class Learned:
    """One model. held_out: (n,) pointwise values of rows it never saw, nats; bound: (n,), lower ones whose mean is a lower bound;
    in_sample: their mean over training rows; shuffled: (SHUFFLES,) means of ``bound`` over shuffled pairs."""

    method: str
    name: str
    held_out: np.ndarray
    bound: np.ndarray
    in_sample: float
    shuffled: np.ndarray
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Folds:
    """test: for each fold its rows; training and validation: (folds, rows)."""

    test: tuple[np.ndarray, ...]
    training: np.ndarray
    validation: np.ndarray


def split(n: int, generator: np.random.Generator, in_order: bool) -> Folds:
    """Every row is in one test set. ``in_order``: neighbouring rows stay on one side of every cut."""
    blocks = np.array_split(np.arange(n), min(BLOCKS, n) if in_order else n)
    order = generator.permutation(len(blocks))
    groups = np.array_split(order, FOLDS)
    parts = [np.concatenate([blocks[i] for i in group]) for group in groups]
    rest = [np.concatenate([parts[(fold + step) % FOLDS] for step in range(1, FOLDS)]) for fold in range(FOLDS)]
    size = min(map(len, rest))
    held = int(VALIDATION * n)
    rest = [rows[:size] for rows in rest]
    return Folds(tuple(parts), np.stack([r[held:] for r in rest]), np.stack([r[:held] for r in rest]))


def crossfit(
    x: Side, y: Side, folds: Folds, seed: int, deadline: float, rearrange: Callable[[int], np.ndarray]
) -> Iterator[tuple[float, str] | list[Learned]]:
    """Yields (share done, what it is doing), then the models, the Gaussian one first.

    rearrange: a permutation of m rows that breaks the pairs, another one at every call.
    """
    begun = time.perf_counter()
    views = []
    for fold in range(FOLDS):
        yield 0.1 * fold / FOLDS, f"Choosing directions, fold {fold + 1} of {FOLDS}"
        views.append(look(x, y, folds.training[fold], folds.validation[fold]))
    correlations = _padded([view.correlations for view in views])
    sides = tuple(
        network.Features(_padded([getattr(view, name) for view in views]), _padded([getattr(view, pair) for view in views]))
        for name, pair in (("x", "a"), ("y", "b"))
    )
    left = deadline - begun
    members, width, batch = next(kind for rows, kind in CRITICS if folds.training.shape[1] <= rows)
    if x.scores.shape[1] + y.scores.shape[1] <= FEW_COLUMNS:
        members, width, batch = CRITICS[-1][1]  # nearest neighbours see more there than any critic
    for fitted in network.train(
        *sides, correlations, folds.training, folds.validation, members, width, batch, seed, begun + 0.6 * left, MOST_EPOCHS
    ):
        if not isinstance(fitted, network.Fit):
            yield 0.1 + 0.6 * fitted, f"Training {members} critics for each of {FOLDS} folds at once"
    yield 0.7, "Fitting Gaussian mixtures"
    mixtures = _mixtures(x, y, views, folds, seed, begun + 0.85 * left)
    yield 0.85, "Estimating on the rows held out"

    def gaussian(fold, rows):
        a, b, r = sides[0].pairs[fold, rows], sides[1].pairs[fold, rows], correlations[fold].astype(np.float32)
        strength = r / (1 - r * r)
        scores = (a * strength) @ b.T
        scores -= (a**2 @ (strength * r / 2))[:, None]
        scores -= b**2 @ (strength * r / 2)
        return scores

    def critic(fold, rows):
        return network.score_matrix(fitted, fold, *sides, rows, rows)

    models = [
        _judge("gaussian", "Gaussian model, cross-fitted", gaussian, folds, rearrange, MOST_PAIRED),
        _judge("network", "Neural critic, cross-fitted", critic, folds, rearrange, MOST_PAIRED),
    ]
    if mixtures is not None:
        def density(fold, rows):
            found, zx, zy = mixtures[fold]
            return gaussian_mixture.ratios(found, zx[rows], zy[rows])

        def blend(fold, rows):
            return (critic(fold, rows) + density(fold, rows)) / 2

        models.append(_judge("mixture", "Gaussian mixture, cross-fitted", density, folds, rearrange, CHUNK))
        models.append(_judge("blend", "Mean of critic and mixture", blend, folds, rearrange, CHUNK))
    if fitted.out_of_time:
        late = "The time limit ended the training: with more time, or on a faster machine, the value may be another one."
        models[1] = replace(models[1], warnings=(late,))
    yield models


def _judge(method, name, score, folds, rearrange, chunk) -> Learned:
    n = sum(map(len, folds.test))
    held_out, bound = np.empty(n), np.empty(n)
    shuffled = np.zeros(SHUFFLES)
    in_sample = []
    for fold, test in enumerate(folds.test):
        for rows in _chunks(test, chunk):
            scores = score(fold, rows)
            without, bound[rows], normaliser = pointwise(scores)
            held_out[rows] = (without + bound[rows]) / 2
            own = np.arange(len(rows))
            for i in range(SHUFFLES):
                other = rearrange(len(rows))
                shuffled[i] += (scores[own, other] - (normaliser[0] + normaliser[1][other]) / 2).sum()
        training = folds.training[fold][: len(test)]
        in_sample += [np.mean(pointwise(score(fold, rows))[:2], axis=0) for rows in _chunks(training, chunk)]
    return Learned(method, name, held_out, bound, float(np.concatenate(in_sample).mean()), shuffled / n)


def pointwise(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Of scores (m, m): pointwise values without and with row i in its own mean, (m,) each, and both directions' log means."""
    m = len(scores)
    own = np.diagonal(scores).astype(float)
    top = scores.max()
    table = np.exp(scores - scores.max(1, keepdims=True))
    row_top = scores.max(1).astype(float)
    of_rows = table.sum(1, dtype=float)
    scale = np.exp(row_top - top)
    of_columns = np.maximum(scale.astype(np.float32) @ table, 1e-30).astype(float)
    sums = np.log(of_rows) + row_top, np.log(of_columns) + top
    with_own = own - (sums[0] + sums[1]) / 2 + math.log(m)
    others = [total + np.log(np.maximum(-np.expm1(np.minimum(own - total, -1e-9)), 1.0 / m)) for total in sums]
    without = own - (others[0] + others[1]) / 2 + math.log(m - 1)
    return without, with_own, tuple(total - math.log(m) for total in sums)


def _mixtures(x, y, views: list[View], folds, seed, deadline):
    """The mixture of the first fold's best space and number of components, fitted for all folds; None without time for it."""
    spaces = [[(view.x, view.y) for view in views], [(x.raw, y.raw)] * FOLDS]
    best, best_value = None, -math.inf
    pilot, check = folds.training[0][:3000], folds.validation[0][:CHUNK]
    for space in spaces:
        zx, zy = space[0]
        z = np.hstack([zx, zy])
        for components in MIXTURES:
            if z.shape[1] > MOST_FOR_MIXTURE or len(pilot) < 20 * components * z.shape[1] or time.perf_counter() > deadline:
                continue
            found = gaussian_mixture.fit(z[pilot], components, seed, 30, deadline)
            value = pointwise(gaussian_mixture.ratios(found, zx[check], zy[check]))[1].mean()
            if value > best_value:
                best, best_value = (space, components), value
    if best is None:
        return None
    space, components = best
    fitted = []
    for fold, (zx, zy) in enumerate(space):
        z = np.hstack([zx, zy])[folds.training[fold]]
        fitted.append((gaussian_mixture.fit(z, components, seed, 60, deadline), zx, zy))
    return fitted


def _chunks(rows, size):
    return np.array_split(rows, max(1, math.ceil(len(rows) / size)))


def _padded(parts):
    """Arrays that differ in the length of their last axis, filled with zeros, as one float32 array; at least one column."""
    width = max(1, max(part.shape[-1] for part in parts))
    padded = [np.pad(part, [(0, 0)] * (part.ndim - 1) + [(0, width - part.shape[-1])]) for part in parts]
    return np.stack(padded).astype(np.float32)
