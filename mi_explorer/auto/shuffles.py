"""The shuffle null: what the same columns show once their rows no longer belong together."""

from __future__ import annotations

__all__ = ["null", "null_of_estimator", "from_values"]

import math
from collections.abc import Callable

import numpy as np

from ..estimators import registry
from ..estimators.data import Columns, Pair
from .choice import Choice
from .margins import Side
from .report import Null
from .screening import whitening

SHUFFLES = 199
MOST_ROWS = 10_000
MOST_FOR_ESTIMATOR, SHUFFLES_OF_ESTIMATOR = 1000, 99

Rearrange = Callable[[int], np.ndarray]


def null(sample: Pair, choice: Choice, x: Side, y: Side, rearrange: Rearrange) -> Null:
    """For the chosen candidate, or for the model or the copula that stands in where shuffling it would take too long."""
    option, n = choice.option, sample.n
    if sample.kind == "discrete":
        return null_of_estimator("plugin", sample.x, sample.y, sample.seed, rearrange)
    if option.method == "copula":
        spread = np.linspace(0, n - 1, min(n, MOST_ROWS)).astype(int)
        return _copula(x.scores[spread], y.scores[spread], rearrange)
    if choice.speaker is not None:
        model = choice.speaker.model
        found = from_values(model.shuffled, float(model.bound.mean()), f"{model.name}, on rows held out")
        if option.sides is None or found.p_value < 2 / SHUFFLES:
            return found
    return null_of_estimator(option.method, *option.sides, sample.seed, rearrange)


def null_of_estimator(key: str, x: Columns, y: Columns, seed: int, rearrange: Rearrange) -> Null:
    """Of a sample estimator, on at most 1,000 rows where it is slow, 10,000 where it is a table of counts."""
    estimator = registry[key]
    most = MOST_ROWS if key == "plugin" else MOST_FOR_ESTIMATOR
    n = len(x.values)
    rows = np.sort(np.random.default_rng(seed).choice(n, min(n, most), replace=False))
    x, y = x.rows(rows), y.rows(rows)
    observed = estimator(x, y, seed=seed).value
    values = [estimator(x, y.rows(rearrange(len(rows))), seed=seed).value for _ in range(SHUFFLES_OF_ESTIMATOR)]
    where = "" if len(rows) == n else f", on {len(rows):,} of the rows"
    return from_values(values, observed, f"{estimator.name}{where}")


def from_values(values, observed: float, statistic: str) -> Null:
    """The null of a statistic's values on shuffled pairs and its value on the pairs as they are."""
    values = tuple(float(value) for value in values)
    reached = sum(value >= observed for value in values)
    p = (1 + reached) / (1 + len(values))
    verdict = "so chance alone can explain it" if p > 0.05 else "so chance alone hardly explains it"
    sentence = (
        f"{reached} of {len(values)} shuffles reach what the data show ({observed:.3f} nats; {statistic}): p = {p:.2g}, {verdict}."
    )
    return Null(values, float(observed), p, statistic, sentence)


def _copula(x, y, rearrange):
    """The copula's value without its bias correction, which is the same for all shuffles."""
    n = len(x)
    u, v = (side - side.mean(0) for side in (x, y))
    u, v = u @ whitening(u) / math.sqrt(n), v @ whitening(v) / math.sqrt(n)

    def value(rows):
        correlations = np.linalg.svd(u.T @ v[rows], compute_uv=False)
        return float(-np.log1p(-np.minimum(correlations, 1 - 1e-9) ** 2).sum() / 2)

    values = [value(rearrange(n)) for _ in range(SHUFFLES)]
    return from_values(values, value(np.arange(n)), "Gaussian copula, without its bias correction")
