r"""Which K do I need? The value of InfoNCE with the perfect critic as a function of K, read backwards.

For one true pair (x, y_1) and K - 1 strangers y_2 ... y_K the expected value is

    I_K = E[ log K + f(x, y_1) - log sum_j e^{f(x, y_j)} ],

which rises with K from 0 towards I and never passes log K. It has no closed form for a Gaussian, so it is measured: one
stream of strangers serves all K (the first K - 1 of them) and a group of true pairs, many streams give the error.
"""

from __future__ import annotations

__all__ = ["Answer", "Ceiling", "CeilingSnapshot", "gap_of_stream", "rounded"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import Distribution, Gaussian
from mi_explorer.parameters import real, validate, whole

if TYPE_CHECKING:
    import pandas as pd
    import torch

GROUP = 64  # true pairs that share a stream of strangers
CHUNK = 2**14  # strangers at a time


@dataclass(frozen=True)
class Ceiling(Description):
    """Find the K at which InfoNCE with a perfect critic is within ``tolerance`` of ``mi``.

    Arguments:
        mi, dim: of the problem, a Gaussian with one correlation in every coordinate.
        tolerance: how far below the truth is near enough, in nats.
        largest: the largest K that is tried is 2 to this power; no answer beyond it.
        streams: independent streams of strangers, from which the error is taken. seed: of the random numbers.
    """

    what = "ceiling"

    mi: float = real(5.0, 0, 20, label="True MI (nats)", slider=(0.5, 10, 0.1))
    dim: int = whole(5, 1, 200, label="Dimension", slider=(1, 50, 1))
    tolerance: float = real(0.1, 0.001, 5, label="Near enough: nats below the truth", slider=(0.02, 1, 0.02))
    largest: int = whole(15, 2, 20, label="Largest K tried: 2 to the", slider=(8, 18, 1))
    streams: int = whole(150, 8, 10_000, label="Streams of strangers", slider=(20, 400, 20))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    def distribution(self) -> Gaussian:
        return Gaussian.from_mi(self.mi, dim=self.dim)

    def carry_out(self) -> Iterator[CeilingSnapshot]:
        import torch

        from mi_explorer.studies.trained import one_thread

        with one_thread():
            problem, generator = self.distribution(), torch.Generator().manual_seed(self.seed)
            gaps = []
            for stream in range(1, self.streams + 1):
                gaps.append(gap_of_stream(problem, self.largest, generator))
                yield CeilingSnapshot(self, stream / self.streams, 2 ** np.arange(1, self.largest + 1), np.array(gaps))


def gap_of_stream(problem: Distribution, largest: int, generator: torch.Generator) -> np.ndarray:
    """I - I_K for K = 2, 4, ..., 2^largest from one stream of strangers: (largest,), in nats, unbiased.

    Where log K is above I, the noise of E[f(x, y_1)], which is I exactly, is taken out; below, the value is nearly
    log K whatever the pair, and taking it out would add noise.
    """
    import torch

    x, y = problem.sample(GROUP, generator=generator)
    own = problem.log_ratio(x, y)
    so_far, seen, rows = own, 1, []
    for power in range(1, largest + 1):
        while seen < 2**power:
            count = min(CHUNK, 2**power - seen)
            _, strangers = problem.sample(count, generator=generator)
            so_far = so_far.logaddexp(torch.logsumexp(problem.log_ratio_matrix(x, strangers), -1))
            seen += count
        log_mean = so_far - math.log(seen)
        rows.append(log_mean.mean() if math.log(seen) > problem.mi else problem.mi - (own - log_mean).mean())
    return torch.stack([torch.as_tensor(row, dtype=torch.float64) for row in rows]).numpy()


@dataclass(frozen=True)
class Answer:
    """K: where the curve crosses the tolerance; low, high: where it does two standard errors to either side. None: not
    within what was tried."""

    K: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class CeilingSnapshot:
    """sizes: K = 2, 4, ..., (k,). gaps: truth less InfoNCE's value in every stream so far, (streams, k), in nats."""

    study: Ceiling
    done: float
    sizes: np.ndarray
    gaps: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """The mean over streams, made to fall with K as the exact one does."""
        return np.minimum.accumulate(self.gaps.mean(0))

    @property
    def stderr(self) -> np.ndarray:
        streams = len(self.gaps)
        return self.gaps.std(0, ddof=1) / math.sqrt(streams) if streams > 1 else np.full(len(self.sizes), math.nan)

    @property
    def answer(self) -> Answer:
        wanted = self.study.tolerance
        places = [crossing(self.sizes, gap, wanted) for gap in (self.gap, self.gap - 2 * self.stderr, self.gap + 2 * self.stderr)]
        return Answer(*places)

    def frame(self) -> pd.DataFrame:
        """One row per K."""
        import pandas as pd

        return pd.DataFrame({"K": self.sizes, "infonce": self.study.mi - self.gap, "gap": self.gap, "stderr": self.stderr})


def rounded(K: float) -> str:
    """Two digits: the error allows no more."""
    digits = max(0, math.floor(math.log10(K)) - 1)
    return f"{round(K / 10**digits) * 10**digits:,}"


def crossing(sizes: np.ndarray, gap: np.ndarray, wanted: float) -> float | None:
    """The K at which a falling gap reaches ``wanted``, linear between neighbours in log K; None beyond the last one."""
    below = np.flatnonzero(gap <= wanted)
    if not len(below):
        return None
    first = below[0]
    if first == 0:
        return float(sizes[0])
    high, low = gap[first - 1], gap[first]
    share = (high - wanted) / (high - low)
    return float(np.exp(np.log(sizes[first - 1]) + share * np.log(sizes[first] / sizes[first - 1])))
