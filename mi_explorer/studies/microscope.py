r"""The variance microscope: what the mean of e^f over independent pairs is made of, with the perfect critic.

With f = log p(x,y)/p(x)p(y), e^f has mean 1 over independent pairs. Its variance is the chi-square divergence of the
joint from the product,

    Var[e^f] = E_p(x,y)[e^f] - 1,

so that the mean over n independent pairs has the variance (E_p[e^f] - 1) / n. Two things follow.

- Jensen: E_p[e^f] >= e^{E_p[f]} = e^I. The variance is at least (e^I - 1) / n, whatever the problem: theorem 2 of Song &
  Ermon 2020, arXiv:1910.06222. Noiseless uniform symbols reach it: e^f is M for one pair in M, and 0 for the others.
- For a Gaussian, E_p[e^f] is the product of 1 / (1 - r_i^2) over the canonical correlations r_i, and that is e^{2I}. The
  variance is (e^{2I} - 1) / n exactly, in any dimension, also behind invertible maps of x and of y. For other problems
  this is neither a bound from below (the symbols lie under it) nor one from above.
"""

from __future__ import annotations

__all__ = ["Microscope", "MicroscopeSnapshot"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import Distribution, Gaussian, SymmetricChannel
from mi_explorer.parameters import choice, real, validate, whole
from mi_explorer.studies.limits import check_numbers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Microscope(Description):
    """Average e^f over ``pairs`` independent pairs, ``repeats`` times, and look at one of the averages closely.

    Arguments:
        problem: "gaussian", or "symbols": noiseless uniform symbols, as many as come closest to ``mi``.
        mi, dim: of the Gaussian; symbols have the logarithm of their number.
        pairs: n, in one average. repeats: how many averages. seed: of the random numbers.
    """

    what = "microscope"

    problem: str = choice("gaussian", ("gaussian", "symbols"), label="Problem")
    mi: float = real(3.0, 0, 20, label="True MI (nats)", slider=(0, 8, 0.1))
    dim: int = whole(5, 1, 200, label="Dimension (Gaussian)", slider=(1, 50, 1))
    pairs: int = whole(1000, 2, 1_000_000, label="Independent pairs n", slider=(100, 20_000, 100))
    repeats: int = whole(300, 2, 10_000, label="Averages taken", slider=(10, 1000, 10))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        check_numbers(pairs=self.pairs, dim=self.dim)

    def distribution(self) -> Distribution:
        if self.problem == "symbols":
            return SymmetricChannel(symbols=min(max(round(math.exp(min(self.mi, 10))), 2), 256), error=0.0)
        return Gaussian.from_mi(self.mi, dim=self.dim)

    def truth(self) -> float:
        return self.distribution().mi

    def predicted_variance(self) -> float:
        """Of the mean, exactly: (E_p[e^f] - 1) / n."""
        exponent = 1 if self.problem == "symbols" else 2
        return math.expm1(exponent * self.truth()) / self.pairs

    def least_variance(self) -> float:
        """(e^I - 1) / n, below which no problem of this MI comes."""
        return math.expm1(self.truth()) / self.pairs

    def expected_effective(self) -> float:
        """How many of the pairs count: n / E_p[e^f], roughly what (sum w)^2 / sum w^2 is in a large sample."""
        return self.pairs / (1 + self.pairs * self.predicted_variance())

    def variance_can_be_measured(self) -> bool:
        """Whether e^f has a fourth moment. For a Gaussian it has one only while every correlation is below 1/3:
        otherwise the measured variance has no standard error at all, and is usually too small."""
        if self.problem == "symbols":
            return True
        return max(abs(r) for r in self.distribution().canonical_correlations) < 1 / 3

    def carry_out(self) -> Iterator[MicroscopeSnapshot]:
        import torch

        problem, generator = self.distribution(), torch.Generator().manual_seed(self.seed)
        means, effective, largest, sample = [], [], [], None
        for repeat in range(1, self.repeats + 1):
            x, y = (problem.sample(self.pairs, generator=generator)[side] for side in (0, 1))  # of two draws: independent
            f = problem.log_ratio(x, y).numpy()
            w = np.exp(f)
            total = w.sum()
            means.append(total / self.pairs)
            effective.append(total**2 / (w**2).sum() if total else 0.0)
            largest.append(w.max() / total if total else 1.0)
            sample = f if sample is None else sample
            yield MicroscopeSnapshot(
                self, repeat / self.repeats, sample, np.array(means), np.array(effective), np.array(largest),
            )


@dataclass(frozen=True, eq=False)
class MicroscopeSnapshot:
    """sample: f of the pairs of the first average, (n,), in nats. means, effective, largest: of every average so far, its
    value, its effective number of pairs (sum w)^2 / sum w^2, and the share of its largest pair."""

    study: Microscope
    done: float
    sample: np.ndarray
    means: np.ndarray
    effective: np.ndarray
    largest: np.ndarray

    @property
    def variance(self) -> float:
        """Of the mean of e^f, measured over the averages so far."""
        return float(self.means.var(ddof=1)) if len(self.means) > 1 else math.nan

    @property
    def variance_stderr(self) -> float:
        """Its standard error, from the fourth moment; NaN where there is none (``variance_can_be_measured``)."""
        if len(self.means) < 3 or not self.study.variance_can_be_measured():
            return math.nan
        fourth = ((self.means - self.means.mean()) ** 4).mean()
        return float(np.sqrt(max(fourth - self.variance**2, 0) / len(self.means)))

    def frame(self) -> pd.DataFrame:
        """One row per average."""
        import pandas as pd

        columns = {"mean": self.means, "effective_pairs": self.effective, "largest_share": self.largest}
        return pd.DataFrame({"average": np.arange(1, len(self.means) + 1), **columns})
