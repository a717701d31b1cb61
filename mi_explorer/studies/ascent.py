"""The ascent: estimates against a truth that rises from 0 to 10 nats, a new training at every stop."""

from __future__ import annotations

__all__ = ["Ascent", "AscentSnapshot", "Stop"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import Gaussian
from mi_explorer.experiment import Experiment, bounds_from
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

BATCHES = 64  # of fresh samples, per stop and replicate


@dataclass(frozen=True)
class Ascent(Description):
    """Train at equally spaced values of the MI from 0 to ``top``, and measure each on fresh samples.

    Arguments:
        bounds: names from ``mi_explorer.bounds``. top, stops: the largest MI, and how many values from 0 to it.
        dim: of the problem, a Gaussian with one correlation in every coordinate. batch_size: K.
        critic, width, steps, learning_rate, replicates, seed: as in ``Experiment``, at every stop.
    """

    what = "ascent"

    bounds: tuple[str, ...] = ("infonce", "nwj", "smile")
    top: float = real(10.0, 0.1, 20, label="Up to (nats)", slider=(1, 15, 0.5))
    stops: int = whole(6, 2, 41, label="Stops on the way", slider=(2, 21, 1))
    dim: int = whole(5, 1, 200, label="Dimension", slider=(1, 50, 1))
    batch_size: int = whole(64, 2, 2048, label="Batch size K", slider=(4, 512, 4))
    steps: int = whole(250, 1, 100_000, label="Training steps at every stop", slider=(50, 2000, 50))
    width: int = whole(64, 1, 1024, label="Critic width", slider=(8, 256, 8))
    critic: str = choice("separable", ("joint", "separable", "bilinear"), label="Critic")
    learning_rate: float = real(5e-3, 0, 1, open=True, label="Learning rate")
    replicates: int = whole(2, 1, 16, label="Replicates", slider=(1, 8, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        object.__setattr__(self, "bounds", bounds_from(self.bounds))
        self.experiment(self.top)  # checks what a stop costs

    def truths(self) -> list[float]:
        return [self.top * stop / (self.stops - 1) for stop in range(self.stops)]

    def experiment(self, mi: float) -> Experiment:
        return Experiment(
            distribution=Gaussian.from_mi(mi, dim=self.dim), bounds=self.bounds, critic=self.critic, width=self.width,
            batch_size=self.batch_size, learning_rate=self.learning_rate, steps=self.steps, replicates=self.replicates, seed=self.seed,
        )

    def carry_out(self) -> Iterator[AscentSnapshot]:
        from mi_explorer.studies.trained import Trained, one_thread

        stops: tuple[Stop, ...] = ()
        with one_thread():
            for number, truth in enumerate(self.truths()):
                trained = Trained(self.experiment(truth))
                for step in range(1, self.steps + 1):
                    trained.advance(step)
                    yield AscentSnapshot(self, (number + step / (self.steps + 1)) / self.stops, stops)
                learned, perfect = trained.measure(trained.experiment.distribution, BATCHES, "fresh")
                stops += (Stop(truth, learned, perfect),)
                yield AscentSnapshot(self, (number + 1) / self.stops, stops)


@dataclass(frozen=True, eq=False)
class Stop:
    """What was measured at one truth: single-batch estimates (batches, bounds, replicates), learned and perfect critic."""

    truth: float
    learned: np.ndarray
    perfect: np.ndarray

    def bias(self) -> np.ndarray:
        """(bounds,): mean estimate less truth; NaN where a replicate broke down."""
        return self.learned.mean((0, 2)) - self.truth

    def mse(self) -> np.ndarray:
        """(bounds,): of an estimate from a single batch."""
        return ((self.learned - self.truth) ** 2).mean((0, 2))

    def variance(self) -> np.ndarray:
        """(bounds,): of an estimate from a single batch, over batches and replicates; MSE = bias^2 + variance."""
        return self.learned.var((0, 2))


@dataclass(frozen=True, eq=False)
class AscentSnapshot:
    """The stops that are finished so far."""

    study: Ascent
    done: float
    stops: tuple[Stop, ...]

    def frame(self) -> pd.DataFrame:
        """One row per stop and bound."""
        import pandas as pd

        rows = []
        for stop in self.stops:
            facts = zip(self.study.bounds, stop.learned.mean((0, 2)), stop.perfect.mean((0, 2)), stop.bias(), stop.variance(), stop.mse())
            for bound, estimate, perfect, bias, variance, mse in facts:
                rows.append({
                    "truth": stop.truth, "bound": bound, "estimate": estimate, "perfect": perfect, "bias": bias, "variance": variance,
                    "mse": mse,
                })
        return pd.DataFrame(rows)
