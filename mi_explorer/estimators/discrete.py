r"""Two discrete variables: the mutual information of the table of counts, and what to subtract from it.

The empirical table looks more dependent than the true one. To first order by (cells - rows - columns + 1) / 2n, where
only cells count that can occur (Miller 1955; Roulston 1999); another way is to see what shuffled data show.
"""

from __future__ import annotations

__all__ = ["plugin", "Table"]

import math

import numpy as np

from ..parameters import Parameter
from .base import Estimate, register
from .data import Pair, symbols

CORRECTION = Parameter(str, options=("miller-madow", "none"), label="Bias correction")
ALONE = 0.2  # of the samples alone in their cell: from here on the first-order correction is not enough


class Table:
    """The occupied cells of the table of counts of two symbols, given as (n,) codes 0, 1, ... without gaps."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.n = len(x)
        rows, columns = np.bincount(x), np.bincount(y)
        place, self.cells = np.unique(x * len(columns) + y, return_counts=True)
        row, column = np.divmod(place, len(columns))
        self.shape = len(rows), len(columns)
        self.log_ratio = np.log(self.cells / rows[row] * (self.n / columns[column]))

    @property
    def mi(self) -> float:
        """The mutual information of the empirical distribution: never negative, and as a rule too large."""
        return float(self.cells @ self.log_ratio) / self.n

    @property
    def miller_madow(self) -> float:
        """What the table of n samples shows too much, to first order in 1/n."""
        return (len(self.cells) - sum(self.shape) + 1) / (2 * self.n)

    @property
    def freedom(self) -> int:
        """Degrees of freedom: at independence 2 n I is chi-squared with (rows - 1)(columns - 1), cells permitting."""
        rows, columns = self.shape
        return min((rows - 1) * (columns - 1), len(self.cells))

    @property
    def stderr(self) -> float:
        """By the delta method, from the spread of the pointwise values (less what it is by chance alone), and the
        chi-squared spread that is left at independence."""
        first = float(self.cells @ self.log_ratio**2) / self.n - self.mi**2 - self.freedom / self.n
        return math.sqrt(max(first, 0.0) / self.n + self.freedom / (2 * self.n**2))

    @property
    def warnings(self) -> tuple[str, ...]:
        alone = (self.cells == 1).sum() / self.n
        if alone <= ALONE:
            return ()
        return (
            f"Too few samples: {alone:.0%} of the {self.n} samples are alone in their cell of the table, "
            "so the correction cannot remove all of the bias.",
        )


@register(
    "plugin", name="Plug-in",
    formula=r"\sum_{x,y} \hat p(x,y) \log\frac{\hat p(x,y)}{\hat p(x)\hat p(y)} - \frac{m_{xy} - m_x - m_y + 1}{2n}",
    source="Miller 1955; Roulston 1999, Physica D 125, 285",
    accepts=("discrete",), options={"correction": CORRECTION}, least=2,
    consistent_for=("discrete",), invariant_to=("relabel",),
    remark="Right when every possible pair has been seen many times, far too high when most were seen once.",
    cost="n log n: a second for a million rows.",
)
def plugin(sample: Pair, *, correction: str = "miller-madow") -> Estimate:
    table = Table(symbols(sample.x.values), symbols(sample.y.values))
    bias = table.miller_madow if correction == "miller-madow" else 0.0
    return Estimate(table.mi - bias, table.stderr, warnings=table.warnings)
