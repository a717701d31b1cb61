r"""Four relations with the same information and different correlations, and what noise does to each.

    y = g(x) + s n,   x and n standard normal,   I(X; Y) = h(Y) - 1/2 log(2 pi e s^2),

with h(Y) = -∫ p log p by quadrature over the density p(y) = ∫ φ(x) N(y; g(x), s^2) dx. Correlation sees the straight part of g only:
E[x g(x)] / sd(y), which is 0 for every even g.
"""

from __future__ import annotations

__all__ = ["FORMULAS", "NOISES", "RELATIONS", "NotLinear", "NotLinearSnapshot", "correlation", "information", "noise_for"]

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import choice, real, validate, whole
from mi_explorer.studies.limits import check_numbers

if TYPE_CHECKING:
    import pandas as pd

RELATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "line": lambda x: x, "square": np.square, "sine": lambda x: np.sin(3 * x), "fold": np.abs,
}
FORMULAS = {"line": "x", "square": "x²", "sine": "sin 3x", "fold": "|x|"}
#: At which the exact curve is computed, and at which samples are drawn.
NOISES = np.geomspace(0.05, 4.0, 25)
SAMPLED = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
SHOWN = 400
REACH = 6.5  # standard deviations of x and of the noise: beyond lies less than 1e-10


@dataclass(frozen=True)
class NotLinear(Description):
    """Find for every relation the noise at which it holds ``mi`` nats, and ask KSG 1 and correlation about samples.

    Arguments:
        relation: whose curve, information against noise, KSG is asked to follow.
        mi: that all four relations shall hold, in nats. pairs: in a sample. replicates: samples at every point. seed: of them.
    """

    what = "not-linear"

    relation: str = choice("square", tuple(RELATIONS), label="Relation that KSG follows")
    mi: float = real(0.5, 0.1, 1.5, label="Information in every cloud (nats)", slider=(0.1, 1.5, 0.05))
    pairs: int = whole(1000, 50, 20_000, label="Pairs in a sample", slider=(100, 5000, 100))
    replicates: int = whole(5, 2, 50, label="Samples at every point", slider=(2, 20, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        check_numbers(pairs=self.pairs, replicates=self.replicates)

    def carry_out(self) -> Iterator[NotLinearSnapshot]:
        rng = np.random.default_rng(self.seed)
        clouds: tuple[Cloud, ...] = ()
        for place, name in enumerate(RELATIONS):
            noise = noise_for(name, self.mi)
            clouds += (Cloud(name, noise, *self.draw(name, noise, rng, SHOWN), np.array([]), np.array([])),)
            yield NotLinearSnapshot(self, 0.02 * (place + 1), clouds, {}, {})
        curves: dict[str, np.ndarray] = {}
        for name in RELATIONS:
            curves |= {name: np.array([information(name, noise) for noise in NOISES])}
            yield NotLinearSnapshot(self, 0.08 + 0.03 * len(curves), clouds, dict(curves), {})
        measured: dict[float, np.ndarray] = {}
        count, todo = 0, (len(RELATIONS) + len(SAMPLED)) * self.replicates
        for place in range(len(RELATIONS)):
            for _ in range(self.replicates):
                cloud, count = clouds[place], count + 1
                ksg, linear = self.ask(cloud.relation, cloud.noise, rng)
                asked = Cloud(cloud.relation, cloud.noise, cloud.x, cloud.y, np.append(cloud.ksg, ksg), np.append(cloud.linear, linear))
                clouds = (*clouds[:place], asked, *clouds[place + 1:])
                yield NotLinearSnapshot(self, 0.2 + 0.8 * count / todo, clouds, curves, {})
        for noise in SAMPLED:
            for _ in range(self.replicates):
                count += 1
                measured |= {noise: np.append(measured.get(noise, []), self.ask(self.relation, noise, rng)[0])}
                yield NotLinearSnapshot(self, 0.2 + 0.8 * count / todo, clouds, curves, dict(measured))

    def draw(self, relation: str, noise: float, rng: np.random.Generator, pairs: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.standard_normal(pairs)
        return x, RELATIONS[relation](x) + noise * rng.standard_normal(pairs)

    def ask(self, relation: str, noise: float, rng: np.random.Generator) -> tuple[float, float]:
        """KSG 1 in nats and the correlation, of one sample."""
        from mi_explorer.estimators import registry

        x, y = self.draw(relation, noise, rng, self.pairs)
        return registry["ksg1"](x, y).value, float(np.corrcoef(x, y)[0, 1])


def information(relation: str, noise: float) -> float:
    """I(X; Y) in nats, by the trapezoidal rule in x (steps of a twentieth of the noise at most) and in y (a quarter)."""
    g = RELATIONS[relation]
    count = 2 * math.ceil(REACH / min(noise / 20, 0.02)) + 1  # odd: the fold at 0 lies on a node
    x, step_x = np.linspace(-REACH, REACH, count, retstep=True)
    weights = np.exp(-x**2 / 2) * step_x / math.sqrt(2 * math.pi)
    low, high = g(x).min() - REACH * noise, g(x).max() + REACH * noise
    y = np.arange(low, high, min(noise / 4, 0.1))
    p = np.zeros(len(y))
    for part in np.array_split(np.arange(count), max(1, count * len(y) // 2_000_000)):  # 16 MB at a time
        p += weights[part] @ np.exp(-(((y - g(x[part])[:, None]) / noise) ** 2) / 2)
    p = p[p > 0] / (noise * math.sqrt(2 * math.pi))
    entropy = -(p * np.log(p)).sum() * (y[1] - y[0])
    return float(entropy - 0.5 * math.log(2 * math.pi * math.e * noise**2))


def noise_for(relation: str, mi: float) -> float:
    """The noise at which the relation holds ``mi`` nats, to 1e-6."""
    from scipy.optimize import brentq

    return math.exp(brentq(lambda log: information(relation, math.exp(log)) - mi, math.log(0.05), math.log(20), xtol=1e-6))


def correlation(relation: str, noise: float) -> float:
    """Of x and y, exactly but for the quadrature."""
    x, step = np.linspace(-REACH, REACH, 4001, retstep=True)
    weights, g = np.exp(-x**2 / 2) * step / math.sqrt(2 * math.pi), RELATIONS[relation](x)
    variance = weights @ g**2 - (weights @ g) ** 2 + noise**2
    return float(weights @ (x * g) / math.sqrt(variance))


@dataclass(frozen=True, eq=False)
class Cloud:
    """A relation with its noise: x, y, pairs to look at; ksg (nats) and linear (correlations), of the samples so far."""

    relation: str
    noise: float
    x: np.ndarray
    y: np.ndarray
    ksg: np.ndarray
    linear: np.ndarray

    @property
    def correlation(self) -> float:
        return correlation(self.relation, self.noise)


@dataclass(frozen=True, eq=False)
class NotLinearSnapshot:
    """clouds: of equal information. curves: exact information at NOISES, by relation, as far as computed. measured: KSG's values in
    nats by noise, for the study's relation."""

    study: NotLinear
    done: float
    clouds: tuple[Cloud, ...]
    curves: dict[str, np.ndarray]
    measured: dict[float, np.ndarray]

    def frame(self) -> pd.DataFrame:
        """One row per relation and noise: exact values, and mean and standard deviation of KSG over samples."""
        import pandas as pd

        asked = [(cloud.relation, cloud.noise, cloud.ksg) for cloud in self.clouds]
        asked += [(self.study.relation, noise, values) for noise, values in self.measured.items()]
        return pd.DataFrame([
            {
                "relation": name, "noise": noise, "truth": information(name, noise), "correlation": correlation(name, noise),
                "ksg": values.mean() if len(values) else math.nan, "ksg_sd": values.std(ddof=1) if len(values) > 1 else math.nan,
                "samples": len(values),
            }
            for name, noise, values in asked
        ])
