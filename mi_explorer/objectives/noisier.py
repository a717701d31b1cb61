r"""When noise grows, the truth itself falls: two examples whose mutual information is known at every step.

    y = x + s n, both normal:                I(X; Y) = 1/2 log(1 + 1/s^2)
    a bit through n symmetric channels:      I(X; Y_n) = log 2 - h((1 - (1 - 2e)^n) / 2)

with h the entropy of a coin in nats (Cover & Thomas 2006, chapters 7 and 9). The second is a data processing inequality,
I(X; Y_1) >= I(X; Y_2) >= ..., in exact numbers.
"""

from __future__ import annotations

__all__ = ["Noisier", "NoisierSnapshot", "cascade", "gaussian"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import real, validate, whole
from mi_explorer.studies.limits import check_numbers

if TYPE_CHECKING:
    import pandas as pd

LEAST_NOISE = 0.1
POINTS = 9
SHOWN = 300


@dataclass(frozen=True)
class Noisier(Description):
    """Ask KSG 1 at growing noise, and the plug-in estimate behind more and more channels, beside the exact values.

    Arguments:
        noise: the largest s; samples are drawn at POINTS values from LEAST_NOISE on.
        error: e, of one channel. channels: how many, one behind the other.
        pairs: in a sample. replicates: samples at every point. seed: of them.
    """

    what = "noisier"

    noise: float = real(4.0, 0.2, 100, label="Largest noise σ", slider=(0.5, 8, 0.5))
    error: float = real(0.1, 0, 0.5, label="Error of one channel", slider=(0, 0.5, 0.01))
    channels: int = whole(6, 1, 20, label="Channels in a row", slider=(1, 12, 1))
    pairs: int = whole(1000, 50, 20_000, label="Pairs in a sample", slider=(100, 5000, 100))
    replicates: int = whole(5, 2, 50, label="Samples at every point", slider=(2, 20, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        check_numbers(pairs=self.pairs, replicates=self.replicates)

    @property
    def noises(self) -> np.ndarray:
        return np.geomspace(LEAST_NOISE, self.noise, POINTS)

    def staircase(self) -> np.ndarray:
        """I(X; Y_n) for n = 1 ... channels, in nats."""
        return np.array([cascade(self.error, n) for n in range(1, self.channels + 1)])

    def carry_out(self) -> Iterator[NoisierSnapshot]:
        from mi_explorer.estimators import registry

        rng = np.random.default_rng(self.seed)
        x, n = rng.standard_normal((2, SHOWN))
        clouds = np.stack([x, *(x + noise * n for noise in self.noises)])
        ksg = np.full((POINTS, self.replicates), math.nan)
        plugin = np.full((self.channels, self.replicates), math.nan)
        yield NoisierSnapshot(self, 0.0, clouds, ksg.copy(), plugin.copy())
        for replicate in range(self.replicates):
            bit = rng.random(self.pairs) < 0.5
            arrived = bit
            for channel in range(self.channels):
                arrived = arrived ^ (rng.random(self.pairs) < self.error)
                plugin[channel, replicate] = registry["plugin"](bit.astype(int), arrived.astype(int)).value
            for point, noise in enumerate(self.noises):
                x, n = rng.standard_normal((2, self.pairs))
                ksg[point, replicate] = registry["ksg1"](x, x + noise * n).value
                yield NoisierSnapshot(self, (replicate + (point + 1) / POINTS) / self.replicates, clouds, ksg.copy(), plugin.copy())


def gaussian(noise: np.ndarray | float) -> np.ndarray:
    """I(X; X + noise n) in nats."""
    return 0.5 * np.log1p(1 / np.square(noise))


def cascade(error: float, channels: int) -> float:
    """I(X; Y_n) in nats of a fair bit behind ``channels`` symmetric channels in a row."""
    wrong = (1 - (1 - 2 * error) ** channels) / 2
    return math.log(2) + sum(p * math.log(p) for p in (wrong, 1 - wrong) if p > 0)


@dataclass(frozen=True, eq=False)
class NoisierSnapshot:
    """clouds: x, and y at every noise, to look at: (1 + POINTS, pairs). ksg: (POINTS, replicates), plugin: (channels, replicates), in
    nats, NaN where not yet known."""

    study: Noisier
    done: float
    clouds: np.ndarray
    ksg: np.ndarray
    plugin: np.ndarray

    def frame(self) -> pd.DataFrame:
        """One row per point of either part."""
        import pandas as pd

        study = self.study
        noisy = [("noise", s, gaussian(s), values) for s, values in zip(study.noises, self.ksg)]
        behind = [("channels", n, truth, values) for n, (truth, values) in enumerate(zip(study.staircase(), self.plugin), 1)]
        return pd.DataFrame([
            {"part": part, "at": at, "truth": truth, "sample": number, "estimate": value}
            for part, at, truth, values in (*noisy, *behind) for number, value in enumerate(values) if math.isfinite(value)
        ], columns=["part", "at", "truth", "sample", "estimate"])
