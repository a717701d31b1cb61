"""Histograms: cut every column into bins that hold equally many samples, then count pairs of bins.

Bins forget, so with infinitely many samples the value lies below the truth (data processing); with few samples per cell
the table of counts looks more dependent than it is, which one of two corrections takes away.
"""

from __future__ import annotations

__all__ = ["histogram", "histogram_shuffled", "bins_for"]

import math

import numpy as np

from ..parameters import Parameter
from .base import Estimate, register
from .data import Pair, symbols
from .discrete import Table

PER_CELL = 10  # samples in a cell of the joint table, were x and y independent: with 5 the correction leaves 0.01 nats
MOST = 64  # bins a column gets by itself: more cells than that resolve strong dependence, and are mostly empty
SATURATED = 0.6  # of the logarithm of the number of bins, the largest value they can show
BINS = Parameter(int, 2, 10_000, label="Bins per column", slider=(2, 100, 1))
SHUFFLES = Parameter(int, 1, 1000, label="Shuffles", slider=(1, 50, 1))
SHARED = dict(
    accepts=("continuous",), promise="lower", least=2 * PER_CELL, invariant_to=("scale", "monotone"),
)


@register(
    "histogram", name="Histogram (Miller–Madow)",
    formula=r"\hat I(\text{bin}(x); \text{bin}(y)) - \frac{m_{xy} - m_x - m_y + 1}{2n}",
    source="Miller 1955; Roulston 1999, Physica D 125, 285; bins of equal counts: Cellucci, Albano & Rapp 2005, Phys. Rev. E 71, 066208",
    remark="Simple and quick in 1 + 1 dimensions, hopeless in many: the number of cells grows with the power of the dimension.",
    cost="n log n: seconds for a million rows.", options={"bins": BINS},
    **SHARED,
)
def histogram(sample: Pair, *, bins: int | None = None) -> Estimate:
    table = Table(*cut_sides(sample, bins))
    return finish(table, table.miller_madow, table.stderr)


@register(
    "histogram-shuffled", name="Histogram (shuffle-corrected)",
    formula=r"\hat I(\text{bin}(x); \text{bin}(y)) - \frac1S\sum_s \hat I(\text{bin}(x); \text{bin}(y_{\pi_s}))",
    source="Optican, Gawne, Richmond & Joseph 1991, Biol. Cybern. 65, 305",
    remark="Subtracts what shuffled data show: right at independence, too much where the dependence is strong.",
    cost="As the histogram, once more for every shuffle.", options={"bins": BINS, "shuffles": SHUFFLES},
    **SHARED,
)
def histogram_shuffled(sample: Pair, *, bins: int | None = None, shuffles: int = 10) -> Estimate:
    """The standard error is that of the table and of the mean over the shuffles together."""
    x, y = cut_sides(sample, bins)
    table, generator = Table(x, y), sample.generator()
    by_chance = np.mean([Table(x, generator.permutation(y)).mi for _ in range(shuffles)])
    stderr = math.sqrt(table.stderr**2 + table.freedom / (2 * sample.n**2 * shuffles))
    return finish(table, float(by_chance), stderr)


def bins_for(n: int, dim: int) -> int:
    """How many bins a column gets where ``dim`` columns share n samples: ten samples a cell, two to 64 bins."""
    return min(max(2, int((n / PER_CELL) ** (1 / dim))), MOST)


def finish(table: Table, bias: float, stderr: float) -> Estimate:
    """The table's value less its bias, with a warning near the logarithm of the number of boxes."""
    value, boxes, warnings = table.mi - bias, min(table.shape), table.warnings
    if value > SATURATED * math.log(boxes):
        warnings += (f"Saturated: {boxes} bins cannot show more than {math.log(boxes):.1f} nats, whatever the truth is.",)
    return Estimate(value, stderr, warnings=warnings)


def cut_sides(sample: Pair, bins: int | None) -> tuple[np.ndarray, np.ndarray]:
    """x and y as symbols (n,) each, one for every box of bins."""
    bins = bins or bins_for(sample.n, sample.x.dim + sample.y.dim)
    return tuple(symbols(np.column_stack([cut(column, bins) for column in side.values.T])) for side in (sample.x, sample.y))


def cut(column: np.ndarray, bins: int) -> np.ndarray:
    """The bin of every entry of a column (n,): equal counts, as far as equal values (which stay together) allow."""
    from scipy.stats import rankdata

    return np.minimum((rankdata(column, "average") - 0.5) * (bins / len(column)), bins - 1).astype(np.int64)
