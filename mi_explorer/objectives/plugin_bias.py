r"""Counting instead of knowing: what the plug-in estimate makes of N pairs drawn from a table, and what Miller and Madow subtract.

The table of relative frequencies looks more dependent than the true one. To first order in 1/N by

    (cells - rows - columns + 1) / 2N,    which is (kx - 1)(ky - 1) / 2N where every pair can occur,

counting what can occur (Miller 1955; Roulston 1999, Physica D 125, 285). Miller-Madow subtracts that, with what *did* occur. How
much the plug-in really shows on average is a finite sum, because each count is binomial: E[H] = - sum_cells E[k/N log k/N].
"""

from __future__ import annotations

__all__ = ["ENOUGH", "RARE", "Expected", "PluginBias", "PluginBiasSnapshot", "Size", "estimates", "expected_of"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import JointTable
from mi_explorer.objectives.finite import joint_of, weights
from mi_explorer.parameters import validate, whole

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 15  # pairs per cell of the table: from here on the formula is taken seriously
RARE = 5  # times the rarest pair must be expected as well, or the formula is off all the same
FACTORS = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)  # sample sizes around N
ROUNDS = 20  # in which the repetitions are drawn


@dataclass(frozen=True)
class PluginBias(Description):
    """Draw N pairs, count them, take the plug-in estimate; again and again, and with fewer and more pairs as well.

    Arguments:
        weights: the true table, as in ``Terms``.
        pairs: N, in one sample. repeats: how many samples of each size. seed: of the random numbers.
    """

    what = "sampling"

    weights: tuple[tuple[float, ...], ...] = weights(((1.0, 1.0), (1.0, 1.0)), label="True table: how often each pair occurs")
    pairs: int = whole(40, 4, 20_000, label="Pairs drawn N", slider=(4, 1000, 4))
    repeats: int = whole(4000, 100, 20_000, label="Repetitions", slider=(500, 10_000, 500))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    def distribution(self) -> JointTable:
        return joint_of(self.weights)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sample sizes, from N/8 to 8N."""
        return tuple(sorted({max(2, round(self.pairs * factor)) for factor in FACTORS}))

    def carry_out(self) -> Iterator[PluginBiasSnapshot]:
        joint = self.distribution()
        truth, table, generator = joint.mi, np.array(joint.table), np.random.default_rng(self.seed)
        expected = {size: expected_of(table, size) for size in self.sizes}
        drawn: dict[int, list[np.ndarray]] = {size: [] for size in self.sizes}
        edges = np.linspace(0, self.repeats, min(ROUNDS, self.repeats) + 1).astype(int)
        for start, end in zip(edges, edges[1:]):
            for size in self.sizes:
                counts = generator.multinomial(size, table.ravel(), size=end - start).reshape(-1, *table.shape)
                drawn[size].append(np.stack(estimates(counts)))
            found = tuple(Size(size, *np.concatenate(drawn[size], axis=1), expected[size]) for size in self.sizes)
            yield PluginBiasSnapshot(self, end / self.repeats, truth, table, found)


def estimates(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Plug-in and Miller-Madow of tables of counts (repeats, kx, ky), in nats: (repeats,) each."""
    n = counts[0].sum()
    parts = counts.sum(2), counts.sum(1), counts.reshape(len(counts), -1)
    x, y, pair = (plugin_entropy(part, n) for part in parts)
    rows, columns, cells = ((part > 0).sum(1) for part in parts)
    shown = x + y - pair
    return shown, shown - (cells - rows - columns + 1) / (2 * n)


def plugin_entropy(counts: np.ndarray, n: int) -> np.ndarray:
    """Of tables of counts (repeats, cells) that sum to n: (repeats,)."""
    return math.log(n) - (counts * np.log(np.maximum(counts, 1))).sum(1) / n


@dataclass(frozen=True)
class Expected:
    """What is exactly so on average, in nats: the plug-in's bias, Miller-Madow's, and the formula's for the first."""

    plugin: float
    miller_madow: float
    formula: float


def expected_of(table: np.ndarray, n: int) -> Expected:
    """The biases at n pairs of a table of probabilities (kx, ky), as finite sums."""
    parts = [part[part > 0] for part in (table.sum(1), table.sum(0), table.ravel())]
    x, y, pair = (sum(entropy_bias(p, n) for p in part) for part in parts)
    occupied = [-np.expm1(n * np.log1p(-np.minimum(part, 1 - 1e-16))).sum() for part in parts]
    possible = [len(part) for part in parts]
    bias = float(x + y - pair)

    def first_order(rows: float, columns: float, cells: float) -> float:
        return float(cells - rows - columns + 1) / (2 * n)

    return Expected(bias, bias - first_order(*occupied), first_order(*possible))


def entropy_bias(p: float, n: int) -> float:
    """E[-k/n log k/n] + p log p for k binomial in n and p."""
    if p >= 1:
        return 0.0
    k = np.arange(n + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(k[1:]))])  # log k!
    weight = np.exp(logs[-1] - logs - logs[::-1] + k * math.log(p) + (n - k) * math.log1p(-p))
    share = k[1:] / n
    return float(-(weight[1:] * share * np.log(share)).sum() + p * math.log(p))


@dataclass(frozen=True, eq=False)
class Size:
    """n: pairs in a sample. plugin, miller_madow: the estimates from every sample so far, (repeats,), in nats."""

    n: int
    plugin: np.ndarray
    miller_madow: np.ndarray
    expected: Expected

    def bias(self, values: np.ndarray, truth: float) -> tuple[float, float]:
        """Mean error and its standard error."""
        return float(values.mean() - truth), float(values.std(ddof=1) / math.sqrt(len(values)))


@dataclass(frozen=True, eq=False)
class PluginBiasSnapshot:
    """truth: in nats. table: p(x,y), (kx, ky). sizes: the sample sizes, N among them."""

    study: PluginBias
    done: float
    truth: float
    table: np.ndarray
    sizes: tuple[Size, ...]

    @property
    def chosen(self) -> Size:
        return next(one for one in self.sizes if one.n == self.study.pairs)

    @property
    def shape(self) -> tuple[int, int]:
        """kx and ky, of the symbols that can occur."""
        return tuple(int((self.table.sum(axis) > 0).sum()) for axis in (1, 0))

    @property
    def textbook(self) -> float:
        """(kx - 1)(ky - 1) / 2N, whether every pair can occur or not."""
        kx, ky = self.shape
        return (kx - 1) * (ky - 1) / (2 * self.study.pairs)

    @property
    def enough(self) -> int:
        kx, ky = self.shape
        return ENOUGH * kx * ky

    @property
    def every_pair_occurs(self) -> bool:
        kx, ky = self.shape
        return int((self.table > 0).sum()) == kx * ky

    @property
    def rarest(self) -> float:
        """How many times the rarest possible pair is expected among N."""
        return float(self.table[self.table > 0].min() * self.study.pairs)

    @property
    def miss(self) -> float:
        """The true bias over the formula's, less one: 0.1 is ten percent more. NaN where the formula says 0."""
        formula = self.chosen.expected.formula
        return self.chosen.expected.plugin / formula - 1 if formula else math.nan

    def frame(self) -> pd.DataFrame:
        """One row per sample size: measured biases with standard errors, exact ones, and the formula."""
        import pandas as pd

        rows = []
        for one in self.sizes:
            (plugin, plugin_error), (cured, cured_error) = (one.bias(values, self.truth) for values in (one.plugin, one.miller_madow))
            rows.append({
                "pairs": one.n, "repeats": len(one.plugin), "truth": self.truth, "plugin_bias": plugin, "plugin_stderr": plugin_error,
                "miller_madow_bias": cured, "miller_madow_stderr": cured_error, "plugin_bias_exact": one.expected.plugin,
                "miller_madow_bias_exact": one.expected.miller_madow, "formula": one.expected.formula,
            })
        return pd.DataFrame(rows)
