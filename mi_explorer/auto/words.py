"""Warnings in plain words: what may be wrong with an estimate, seen from the estimate and its data."""

from __future__ import annotations

__all__ = ["about"]

import math

from ..estimators.data import MANY_TIES, Pair, tied_share
from .choice import Choice
from .margins import Side

FEW, FEW_PER_COLUMN = 300, 50
UNSTABLE = 0.25  # of the value, or nats, between training and held-out rows
DIVIDED = 0.25  # of the value between candidates


def about(sample: Pair, choice: Choice, x: Side, y: Side, wider: float, said: list[str]) -> list[str]:
    """Sentences, the gravest first, beside those that were ``said`` while estimating."""
    found = []
    option, n = choice.option, sample.n
    dims = x.scores.shape[1] + y.scores.shape[1]
    low, high = choice.interval
    if math.isinf(option.value):
        found.append("One side determines the other exactly: the mutual information of continuous columns is then infinite.")
    elif option.value > 0.4 * math.log(n):
        found.append(
            f"Saturated: with {n:,} rows hardly any estimator shows more than about {0.5 * math.log(n):.1f} nats; the truth may lie higher."
        )
    if n < FEW and sample.kind == "discrete":
        found.append(f"Too few rows: {n} tell little.")
    elif n < FEW:
        found.append(f"Too few rows: {n} tell little, and only quick estimators were used (models are trained from {FEW} rows on).")
    if n < FEW_PER_COLUMN * dims and sample.kind != "discrete":
        found.append(f"Too few rows for so many columns: {n:,} rows for {dims} columns; what is not simple in the dependence stays hidden.")
    if wider > 1:
        found.append(
            f"Successive rows resemble each other, as in a time series: standard errors are {wider:.1f} times those of independent rows, "
            "and the interval is widened accordingly."
        )
    tied = [name for side in (sample.x, sample.y) for name in _tied(side)]
    if tied and not any("occur more than once" in sentence for sentence in said):
        found.append("Ties: many values occur more than once in " + ", ".join(tied[:5]) + (" and others." if tied[5:] else "."))
    if option.gap > UNSTABLE * max(option.value, 0.2):
        found.append(
            f"Unstable: the model shows {option.model.in_sample:.3f} nats on the rows that it was trained on and "
            f"{option.model.held_out.mean():.3f} nats on others; the interval is widened by the difference."
        )
    values = [c.value for c in choice.candidates if c.chosen or c.method in ("network", "mixture", "ksg1", "ross")]
    if values and max(values) - min(values) > max(DIVIDED * option.value, 0.1):
        found.append(f"The candidates are divided: they range from {min(values):.3f} to {max(values):.3f} nats.")
    return found


def _tied(side):
    columns = zip(side.names, side.values.T, side.discrete, strict=True)
    return [name for name, values, discrete in columns if not discrete and tied_share(values) > MANY_TIES]
