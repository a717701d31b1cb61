"""The bias ledger: from the truth to the number on the screen, in steps that add up exactly.

    shown on the training data = truth + bound gap + critic gap + sample gap

bound gap: what a perfect critic shows on fresh batches of K, less the truth. critic gap: what the learned critic shows
on the same batches, less that. sample gap: what the learned critic shows on the N pairs that it was trained on, less
what it shows on fresh ones. The sum telescopes, so that it holds for the measured numbers, whatever their errors.
"""

from __future__ import annotations

__all__ = ["Entry", "Ledger", "LedgerSnapshot"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import FixedSample, Gaussian
from mi_explorer.experiment import Experiment, bounds_from
from mi_explorer.parameters import ParameterError, choice, real, validate, whole
from mi_explorer.studies.limits import check_numbers
from mi_explorer.studies.measured import Measured, over_batches

if TYPE_CHECKING:
    import pandas as pd

LOOKS = 30  # measurements during training: enough to see the parts move
BATCHES, FINAL_BATCHES = 16, 128  # for a look, and at the end


@dataclass(frozen=True)
class Ledger(Description):
    """Train on a fixed data set of N pairs, and account for every part of the error.

    Arguments:
        mi, dim: of the problem, a Gaussian with one correlation in every coordinate.
        bounds: names from ``mi_explorer.bounds``.
        batch_size: K. pairs: N, of which training draws its batches, each without repetition.
        critic, width, steps, learning_rate, replicates, seed: as in ``Experiment``.

    Raises:
        ParameterError: names the field, its value and what is allowed.
    """

    what = "ledger"

    mi: float = real(4.0, 0, 20, label="True MI (nats)", slider=(0, 10, 0.1))
    dim: int = whole(5, 1, 200, label="Dimension", slider=(1, 50, 1))
    bounds: tuple[str, ...] = ("infonce", "nwj", "smile")
    batch_size: int = whole(64, 2, 2048, label="Batch size K", slider=(4, 512, 4))
    pairs: int = whole(1000, 2, 100_000, label="Pairs in the data set N", slider=(100, 10_000, 100))
    width: int = whole(64, 1, 1024, label="Critic width", slider=(8, 256, 8))
    steps: int = whole(800, 1, 100_000, label="Training steps", slider=(100, 5000, 100))
    critic: str = choice("separable", ("joint", "separable", "bilinear"), label="Critic")
    learning_rate: float = real(2e-3, 0, 1, open=True, label="Learning rate")
    replicates: int = whole(3, 1, 16, label="Replicates", slider=(1, 8, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        object.__setattr__(self, "bounds", bounds_from(self.bounds))
        if self.pairs < self.batch_size:
            raise ParameterError("pairs", self.pairs, f"at least {self.batch_size}, the batch size: no pair comes twice in a batch")
        check_numbers(pairs=self.pairs, dim=self.dim, replicates=self.replicates)
        self.experiment()  # checks what the whole costs

    def population(self) -> Gaussian:
        return Gaussian.from_mi(self.mi, dim=self.dim)

    def experiment(self) -> Experiment:
        """What is trained: on the data set alone."""
        return Experiment(
            distribution=FixedSample(self.population(), self.pairs, self.seed), bounds=self.bounds, critic=self.critic,
            width=self.width, batch_size=self.batch_size, learning_rate=self.learning_rate, steps=self.steps,
            replicates=self.replicates, seed=self.seed,
        )

    def carry_out(self) -> Iterator[LedgerSnapshot]:
        from mi_explorer.studies.trained import Trained, one_thread

        with one_thread():
            trained = Trained(self.experiment())
            data, population = trained.experiment.distribution, self.population()
            looks = {1 + (self.steps - 1) * look // LOOKS for look in range(LOOKS + 1)}
            entries: tuple[Entry, ...] = ()
            for step in range(1, self.steps + 1):
                trained.advance(step)
                if step in looks:
                    batches = FINAL_BATCHES if step == self.steps else BATCHES
                    fresh, perfect = trained.measure(population, batches, f"fresh {step}")
                    seen, _ = trained.measure(data, batches, f"seen {step}")
                    entries = tuple(
                        entry(name, self.mi, perfect[:, index], fresh[:, index], seen[:, index])
                        for index, name in enumerate(self.bounds)
                    )
                yield LedgerSnapshot(self, step / self.steps, step, entries)


@dataclass(frozen=True)
class Entry:
    """One estimator's account, in nats. perfect and fresh are the sums on the way: truth + bound gap, + critic gap."""

    bound: str
    truth: float
    bound_gap: Measured
    critic_gap: Measured
    sample_gap: Measured
    perfect: Measured
    fresh: Measured
    shown: Measured

    @property
    def gaps(self) -> dict[str, Measured]:
        return {"bound": self.bound_gap, "critic": self.critic_gap, "sample": self.sample_gap}


def entry(name: str, truth: float, perfect, fresh, seen) -> Entry:
    """The account from what was shown on batches, arrays (batches, replicates)."""
    ideal, shown_fresh, shown = over_batches(perfect), over_batches(fresh), over_batches(seen)
    with np.errstate(invalid="ignore"):  # infinite less infinite: an estimator that broke down has no account
        critic, sample = fresh - perfect, seen - fresh
    return Entry(
        bound=name, truth=truth,
        bound_gap=Measured(ideal.value - truth, ideal.stderr, ideal.spread),
        critic_gap=over_batches(critic),  # paired: the same batches, whose chances cancel
        # Batch b of the data set and fresh batch b have nothing to do with each other: their difference varies as much
        # as both together.
        sample_gap=over_batches(sample),
        perfect=ideal, fresh=shown_fresh, shown=shown,
    )


@dataclass(frozen=True)
class LedgerSnapshot:
    """How the account stands after ``step`` training steps; entries are empty before the first measurement."""

    study: Ledger
    done: float
    step: int
    entries: tuple[Entry, ...]

    def frame(self) -> pd.DataFrame:
        """One row per estimator and part: nats, standard error, spread over replicates."""
        import pandas as pd

        rows = []
        for one in self.entries:
            parts = {"truth": Measured(one.truth), **{f"{name} gap": gap for name, gap in one.gaps.items()}, "shown": one.shown}
            rows += [
                {"bound": one.bound, "step": self.step, "part": part, "nats": m.value, "stderr": m.stderr, "spread": m.spread}
                for part, m in parts.items()
            ]
        return pd.DataFrame(rows)
