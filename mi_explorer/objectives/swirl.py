r"""A map that keeps all information about a label, and all the same hides it from whoever can only draw straight lines.

x is one of two round normal clouds around (±separation/2, 0), and the label says which. The swirl turns every point by an angle that
grows with its distance from the middle, x -> R(strength |x|) x. It can be undone, so that I(X; label) stays what it is at any strength,

    I = log 2 - E[h(sigmoid(separation u))],   u normal with mean separation/2 and variance 1,

with h the entropy of a coin in nats, and so does the accuracy of the best classifier, Phi(separation/2).
"""

from __future__ import annotations

__all__ = ["Swirl", "SwirlSnapshot", "swirled"]

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

MEASURES = ("linear", "neighbours", "ross")
NEIGHBOURS = 15
SHOWN = 600


@dataclass(frozen=True)
class Swirl(Description):
    """Swirl the same points more and more; at every strength train two classifiers and measure the information from samples.

    Arguments:
        strength: the largest angle per unit of distance, in radians; it is reached in ``stops`` equal steps, the first at 0.
        separation: of the clouds, in standard deviations.
        pairs: points in a data set; as many more, never trained on, are classified. replicates: data sets. seed: of them.
    """

    what = "swirl"

    strength: float = real(4.0, 0, 12, label="Largest strength of the swirl", slider=(0, 8, 0.5))
    separation: float = real(3.0, 0.5, 6, label="Distance of the clouds", slider=(1, 5, 0.1))
    stops: int = whole(9, 2, 41, label="Strengths tried", slider=(3, 21, 1))
    pairs: int = whole(2000, 100, 10_000, label="Points in a data set", slider=(200, 10_000, 100))
    replicates: int = whole(4, 2, 20, label="Data sets", slider=(2, 10, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        check_numbers(pairs=self.pairs, replicates=self.replicates)

    def truth(self) -> float:
        """I(X; label) in nats, by quadrature; the same at any strength."""
        u = np.linspace(self.separation / 2 - 10, self.separation / 2 + 10, 4001)
        density = np.exp(-((u - self.separation / 2) ** 2) / 2) / math.sqrt(2 * math.pi)
        log_right, log_wrong = -np.logaddexp(0, -self.separation * u), -np.logaddexp(0, self.separation * u)
        entropy = -np.exp(log_right) * log_right - np.exp(log_wrong) * log_wrong
        return math.log(2) - float((density * entropy).sum() * (u[1] - u[0]))

    def best_accuracy(self) -> float:
        """Of any classifier, at any strength."""
        return 0.5 * math.erfc(-self.separation / math.sqrt(8))

    @property
    def strengths(self) -> np.ndarray:
        return np.linspace(0, self.strength, self.stops)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Points (2 pairs, 2) before the swirl, and their labels, 0 or 1: (2 pairs,)."""
        label = rng.integers(0, 2, 2 * self.pairs)
        x = rng.standard_normal((2 * self.pairs, 2))
        x[:, 0] += self.separation * (label - 0.5)
        return x, label

    def carry_out(self) -> Iterator[SwirlSnapshot]:
        sets = [self.draw(np.random.default_rng((self.seed, number))) for number in range(self.replicates)]
        x, label = (side[:SHOWN] for side in sets[0])
        values = np.full((self.stops, len(MEASURES), self.replicates), math.nan)
        yield SwirlSnapshot(self, 0.0, x, label, values.copy())
        for stop, strength in enumerate(self.strengths):
            for number, (points, labels) in enumerate(sets):
                values[stop, :, number] = self.ask(swirled(points, strength), labels)
                done = (stop + (number + 1) / self.replicates) / self.stops
                yield SwirlSnapshot(self, done, swirled(x, strength), label, values.copy())

    def ask(self, x: np.ndarray, label: np.ndarray) -> tuple[float, float, float]:
        """Held-out accuracy of a line and of the nearest neighbours, and Ross's estimate of I(X; label) in nats."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.neighbors import KNeighborsClassifier

        from mi_explorer.estimators import registry

        half = self.pairs
        line = LogisticRegression().fit(x[:half], label[:half])
        near = KNeighborsClassifier(NEIGHBOURS).fit(x[:half], label[:half])
        ross = registry["ross"](x[:half], label[:half], discrete_y=True)
        return line.score(x[half:], label[half:]), near.score(x[half:], label[half:]), ross.value


def swirled(x: np.ndarray, strength: float) -> np.ndarray:
    """Points (n, 2), each turned about the middle by ``strength`` times its distance; -strength undoes it."""
    angle = strength * np.hypot(*x.T)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos * x[:, 0] - sin * x[:, 1], sin * x[:, 0] + cos * x[:, 1]], -1)


@dataclass(frozen=True, eq=False)
class SwirlSnapshot:
    """x, label: points to look at, as they lie now. values: by strength, measure (see MEASURES; the last one in nats) and data set,
    (stops, 3, replicates), NaN where not yet known."""

    study: Swirl
    done: float
    x: np.ndarray
    label: np.ndarray
    values: np.ndarray

    @property
    def stop(self) -> int:
        """The last strength at which every data set has been asked, -1 if there is none."""
        return int(np.isfinite(self.values).all((1, 2)).sum()) - 1

    def frame(self) -> pd.DataFrame:
        """One row per strength and data set."""
        import pandas as pd

        return pd.DataFrame([
            {"strength": strength, "data_set": number, "truth": self.study.truth(), **dict(zip(MEASURES, self.values[stop, :, number]))}
            for stop, strength in enumerate(self.study.strengths[: self.stop + 1]) for number in range(self.study.replicates)
        ], columns=["strength", "data_set", "truth", *MEASURES])
