"""The quick candidates: sample estimators, chosen by what the columns hold."""

from __future__ import annotations

__all__ = ["quick", "tables"]

import math
from dataclasses import replace

import numpy as np

from ..estimators import registry
from ..estimators.data import Pair, columns, symbols
from .choice import FEW_COLUMNS, SOME_COLUMNS, Option, from_model
from .margins import Side
from .parts import parts
from .screening import related
from .tables import predict

WIDER = 10  # neighbours, against the usual three
SHOWN = 4  # columns in which neighbours are still near
FEW = 1000  # rows among which all pairs of neighbours are quickly found, whatever the dimension
MOST_ROWS = 20_000  # for looking at all pairs of columns


def quick(sample: Pair, x: Side, y: Side, warnings: list[str]) -> tuple[Option | None, list[Option]]:
    """What holds where nothing better is found, or None, and those that look at neighbours.

    Continuous columns: the Gaussian copula, and KSG on normal scores in few columns, or of columns one by one.
    One side discrete, the other continuous: Ross. Columns of both kinds on one side: KSG on normal scores and indicators.
    """
    if sample.kind == "continuous":
        enough = sample.n >= sample.x.dim + sample.y.dim + 2
        copula = _option("copula", sample.x, sample.y, sample.seed, warnings) if enough else None
        neighbours = _neighbours(x, y, sample.seed, warnings, not enough)
        if sample.n >= FEW and sample.x.dim + sample.y.dim > FEW_COLUMNS:
            neighbours += _added_up(x, y, sample.seed)
        return copula, neighbours
    one_sided = sample.x.is_discrete != sample.y.is_discrete and not any(_mixed(side) for side in (sample.x, sample.y))
    if one_sided and sample.x.dim + sample.y.dim <= SOME_COLUMNS:
        return None, [_option("ross", sample.x, sample.y, sample.seed, warnings)]
    return None, _neighbours(x, y, sample.seed, warnings, sample.n < FEW)


def tables(sample: Pair, wider: float) -> tuple[Option, Option, int]:
    """For two discrete sides: the plug-in estimate, the discounted table's, and the number of the table's cells."""
    x, y = symbols(sample.x.values), symbols(sample.y.values)
    plain = _option("plugin", sample.x, sample.y, sample.seed, [])
    return plain, from_model(predict(x, y), wider), int((x.max() + 1) * (y.max() + 1))


def _option(key, x, y, seed, warnings):
    found = registry[key](x, y, seed=seed)
    warnings += found.warnings
    return Option(key, registry[key].name, found.value, found.stderr, found.kind, sides=(x, y))


def _neighbours(x, y, seed, warnings, anyhow):
    """KSG on normal scores: of the columns that show a dependence where these are few, else of all where those are few, or ``anyhow``.

    What some columns of x tell about some columns of y is never more than what all tell.
    """
    a, b = columns("x", x.scores, discrete=False), columns("y", y.scores, discrete=False)
    where = "normal scores"
    if a.dim + b.dim > FEW_COLUMNS:
        spread = np.linspace(0, len(a.values) - 1, min(len(a.values), MOST_ROWS)).astype(int)
        left, right = related(a.values[spread], b.values[spread])
        if len(left) and len(right) and len(left) + len(right) <= SHOWN < a.dim + b.dim:
            a, b = (columns(name, s.values[:, chosen], discrete=False) for name, s, chosen in (("x", a, left), ("y", b, right)))
            where = f"the {a.dim} + {b.dim} columns that show a dependence"
    if a.dim + b.dim > SOME_COLUMNS and not anyhow:
        return []
    option = _ksg(a, b, seed, warnings)
    return [replace(option, name=f"{option.name} on {where}")]


def _added_up(x, y, seed):
    """KSG of the columns of a side that are independent of each other, one by one: the larger sum where both sides are such."""
    best = []
    for found in parts(x.scores, y.scores):
        options = [_ksg(columns("x", a, discrete=False), columns("y", b, discrete=False), seed, []) for a, b in found]
        name = f"{options[0].name}, column by column ({len(options)}), added up"
        total = Option(
            "parts", name, sum(o.value for o in options), math.hypot(*(o.stderr for o in options)), "neither",
            shortfall=sum(o.shortfall for o in options),
        )
        best = [max([total, *best], key=lambda option: option.value)]
    return best


def _ksg(a, b, seed, warnings):
    """Where neighbourhoods are too wide for the dependence the value falls with their number k: twice its fall from the usual k to 10
    is what may be missing."""
    option = _option("ksg1", a, b, seed, warnings)
    wider = registry["ksg1"](a, b, seed=seed, k=min(WIDER, len(a.values) - 1)).value
    return replace(option, shortfall=max(0.0, 2 * (option.value - wider)))


def _mixed(side):
    return any(side.discrete) and not all(side.discrete)
