"""The quick candidates: sample estimators, chosen by what the columns hold."""

from __future__ import annotations

__all__ = ["quick"]

from ..estimators import registry
from ..estimators.data import Pair
from .choice import SOME_COLUMNS, Option
from .margins import Side


def quick(sample: Pair, x: Side, y: Side, warnings: list[str]) -> tuple[Option | None, Option | None]:
    """What holds where nothing better is found, and what looks at neighbours; None where there is no such thing.

    Two discrete sides: the table of counts. Continuous columns: the Gaussian copula, and KSG on normal scores in few columns.
    One side discrete, the other continuous: Ross. Columns of both kinds on one side: KSG on normal scores and indicators.
    """
    dims = x.scores.shape[1] + y.scores.shape[1]
    if sample.kind == "discrete":
        return _option("plugin", sample.x, sample.y, sample.seed, warnings), None
    if sample.kind == "continuous":
        enough = sample.n >= sample.x.dim + sample.y.dim + 2
        copula = _option("copula", sample.x, sample.y, sample.seed, warnings) if enough else None
        near = _neighbours(x, y, sample.seed, warnings) if dims <= SOME_COLUMNS or not enough else None
        return copula, near
    one_sided = sample.x.is_discrete != sample.y.is_discrete and not any(_mixed(side) for side in (sample.x, sample.y))
    if one_sided and sample.x.dim + sample.y.dim <= SOME_COLUMNS:
        return None, _option("ross", sample.x, sample.y, sample.seed, warnings)
    return None, _neighbours(x, y, sample.seed, warnings) if dims <= SOME_COLUMNS or sample.n < 1000 else None


def _option(key, x, y, seed, warnings):
    found = registry[key](x, y, seed=seed)
    warnings += found.warnings
    return Option(key, registry[key].name, found.value, found.stderr, found.kind)


def _neighbours(x, y, seed, warnings):
    found = registry["ksg1"](x.scores, y.scores, discrete_x=False, discrete_y=False, seed=seed)
    warnings += found.warnings
    return Option("ksg1", f"{registry['ksg1'].name} on normal scores", found.value, found.stderr, found.kind)


def _mixed(side):
    return any(side.discrete) and not all(side.discrete)
