"""The invariance playground: a map bends the data, no information is lost, and the estimators move all the same."""

from __future__ import annotations

__all__ = ["LENSES", "Playground", "PlaygroundSnapshot", "SAMPLE_ESTIMATORS", "Standing"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.bounds import bounds as registered_bounds
from mi_explorer.description import Description
from mi_explorer.distributions import Distribution, Gaussian, Transformed
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError, choice, real, validate, whole
from mi_explorer.studies.limits import check_numbers

if TYPE_CHECKING:
    import pandas as pd

#: Maps of x and of y that can be applied again and again, by name.
LENSES = {
    "half_cube": ("half_cube", "half_cube"),
    "spiral": ("spiral_x", "identity"),
    "wiggly": ("wiggly_x", "wiggly_y"),
    "asinh": ("asinh", "asinh"),
    "normal_cdf": ("normal_cdf", "normal_cdf"),
}
#: Of mi_explorer.estimators, which needs scikit-learn, so that it can be named here without being loaded.
SAMPLE_ESTIMATORS = {"ksg1": "KSG", "gaussian": "Gaussian (CCA)", "copula": "Gaussian copula", "histogram": "Histogram"}
SHOWN = 400  # pairs in the picture
BATCHES = 64
STRONGEST = 4


@dataclass(frozen=True)
class Playground(Description):
    """Apply an invertible map 0, 1, ..., ``strength`` times to the same pairs, and ask the same estimators each time.

    Arguments:
        mi, dim: of the problem, a Gaussian with one correlation in every coordinate.
        lens: the map, a key of LENSES. strength: how often it is applied at most.
        estimators: of ``SAMPLE_ESTIMATORS``, which get ``pairs`` pairs, and of ``mi_explorer.bounds``, whose critics draw fresh
            pairs at each of ``steps`` steps and are measured on others.
        replicates: data sets, and critics, of which mean and spread are taken. batch_size, width, learning_rate, seed: as
            in ``Experiment``, with a separable critic.
    """

    what = "playground"

    estimators: tuple[str, ...] = ("infonce", "nwj", "ksg1", "gaussian", "copula")
    lens: str = choice("half_cube", tuple(LENSES), label="Map that bends the data")
    strength: int = whole(4, 0, STRONGEST, label="Strength: times the map is applied", slider=(0, STRONGEST, 1))
    mi: float = real(1.5, 0, 20, label="True MI (nats)", slider=(0, 5, 0.1))
    dim: int = whole(2, 1, 100, label="Dimension", slider=(1, 20, 1))
    pairs: int = whole(1000, 50, 20_000, label="Pairs for the sample estimators", slider=(100, 5000, 100))
    steps: int = whole(300, 1, 100_000, label="Training steps of the critics", slider=(50, 2000, 50))
    batch_size: int = whole(64, 2, 2048, label="Batch size K", slider=(4, 512, 4))
    width: int = whole(64, 1, 1024, label="Critic width", slider=(8, 256, 8))
    learning_rate: float = real(5e-3, 0, 1, open=True, label="Learning rate")
    replicates: int = whole(3, 1, 16, label="Replicates", slider=(1, 8, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        object.__setattr__(self, "estimators", estimators_from(self.estimators))
        check_numbers(pairs=self.pairs, dim=self.dim, replicates=self.replicates)
        problem = self.bent(self.strength)  # checks that the map fits the dimension
        if self.critics:
            self.experiment(problem)

    @property
    def critics(self) -> tuple[str, ...]:
        return tuple(name for name in self.estimators if name not in SAMPLE_ESTIMATORS)

    def bent(self, strength: int) -> Distribution:
        problem: Distribution = Gaussian.from_mi(self.mi, dim=self.dim)
        for _ in range(strength):
            problem = Transformed(problem, *LENSES[self.lens])
        return problem

    def experiment(self, problem: Distribution) -> Experiment:
        return Experiment(
            distribution=problem, bounds=self.critics, critic="separable", width=self.width, batch_size=self.batch_size,
            learning_rate=self.learning_rate, steps=self.steps, replicates=self.replicates, seed=self.seed,
        )

    def carry_out(self) -> Iterator[PlaygroundSnapshot]:
        import torch

        from mi_explorer.studies.trained import Trained, one_thread

        standings: tuple[Standing, ...] = ()
        with one_thread():
            for strength in range(self.strength + 1):
                problem, values = self.bent(strength), {}
                x, y = problem.sample(self.pairs, replicates=self.replicates, generator=torch.Generator().manual_seed(self.seed))
                shown = x[0, :SHOWN, 0].numpy(), y[0, :SHOWN, 0].numpy()

                def snapshot(share: float, current: dict) -> PlaygroundSnapshot:
                    now = (*standings, Standing(strength, dict(current), *shown))
                    return PlaygroundSnapshot(self, (strength + share) / (self.strength + 1), now)

                for name in self.estimators:
                    if name in SAMPLE_ESTIMATORS:
                        values[name] = self.ask(name, x.numpy(), y.numpy())
                        yield snapshot(0.1, values)
                if self.critics:
                    trained = Trained(self.experiment(problem))
                    for step in range(1, self.steps + 1):
                        trained.advance(step)
                        yield snapshot(0.1 + 0.85 * step / self.steps, values)
                    learned, _ = trained.measure(problem, BATCHES, "fresh")
                    values |= dict(zip(self.critics, learned.mean(0)))
                standings += (Standing(strength, values, *shown),)
                yield PlaygroundSnapshot(self, (strength + 1) / (self.strength + 1), standings)

    def ask(self, name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """A sample estimator's value for every replicate; NaN where it refuses the data."""
        from mi_explorer.estimators import registry

        values = []
        for x_one, y_one in zip(x, y):
            try:
                values.append(registry[name](x_one, y_one).value)
            except ParameterError:
                values.append(math.nan)
        return np.array(values)


def estimators_from(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [name for name in value.split(",") if name]
    if not isinstance(value, (tuple, list)) or not all(isinstance(name, str) for name in value) or not 1 <= len(value) <= 12:
        raise ParameterError("estimators", value, "1 to 12 names of estimators")
    for name in value:
        if name not in SAMPLE_ESTIMATORS:
            registered_bounds[name]  # says what there is, where there is none of this name
    return tuple(dict.fromkeys(value))


@dataclass(frozen=True, eq=False)
class Standing:
    """values: estimates in nats by estimator, (replicates,) each. x, y: first coordinates of pairs to look at."""

    strength: int
    values: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class PlaygroundSnapshot:
    """How the estimators stand at every strength so far; the last one may still lack some."""

    study: Playground
    done: float
    standings: tuple[Standing, ...]

    def curve(self, estimator: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Strengths, means and standard deviations over replicates of one estimator, as far as they are known."""
        known = [(s.strength, s.values[estimator]) for s in self.standings if estimator in s.values]
        strengths = np.array([strength for strength, _ in known])
        spread = [values.std(ddof=1) if len(values) > 1 else 0.0 for _, values in known]
        return strengths, np.array([values.mean() for _, values in known]), np.array(spread)

    def frame(self) -> pd.DataFrame:
        """One row per strength, estimator and replicate."""
        import pandas as pd

        return pd.DataFrame([
            {"strength": s.strength, "estimator": name, "replicate": replicate, "truth": self.study.mi, "estimate": value}
            for s in self.standings for name, values in s.values.items() for replicate, value in enumerate(values)
        ])
