r"""InfoGAN on a mixture of Gaussians whose modes can be counted.

The generator gets noise and a code c, one of K with equal probability. A third network q(c|x) reads the code off the sample, and

    L = H(c) + E log q(c|x) <= I(c; G(z, c)) <= log K

is added to the generator's objective with weight lambda (Chen et al. 2016, arXiv:1606.03657, eq. 5 and 6; the bound is Barber & Agakov's).
Beside it a rival without that term: the plain GAN, R1 (Mescheder et al. 2018, arXiv:1801.04406: the discriminator's slope at the data is
punished) or PacGAN (Lin et al. 2018, arXiv:1712.04086: the discriminator sees several samples at once). Its q is trained as well, but only
looks on.
"""

from __future__ import annotations

__all__ = ["InfoGAN", "InfoGANSnapshot", "RIVALS", "Standing", "modes_of"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

RIVALS = {"plain": "plain GAN", "r1": "R1", "pacgan": "PacGAN"}
FAIR = 0.2  # a mode is covered by this part of its fair share of samples
NEAR = 3.0  # standard deviations: what counts as a good sample of a mode
SAMPLES = 4000  # looked at each time, per run
SHOWN = 700
EVERY = 80  # steps between two looks


@dataclass(frozen=True)
class InfoGAN(Description):
    """Train a GAN with an information term and a rival without, on the same target, with ``seeds`` seeds each.

    Arguments:
        target: "ring", 8 modes on a circle of radius 2, or "grid", 5 x 5 modes a unit apart. sigma: of every mode.
        codes: K. weight: lambda, of the information term. rival: a key of RIVALS.
        seeds: runs of each. steps, batch_size, learning_rate, momentum (beta_1): Adam's. schedule: whether the rate falls
            to zero in the second half. seed: of the random numbers.
    """

    what = "infogan"

    target: str = choice("ring", ("ring", "grid"), label="Target")
    sigma: float = real(0.05, 0.005, 0.3, label="Width σ of a mode", slider=(0.01, 0.2, 0.01))
    codes: int = whole(8, 2, 64, label="Number of codes K", slider=(2, 30, 1))
    weight: float = real(1.0, 0, 10, label="Weight λ of the information term", slider=(0, 2, 0.1))
    rival: str = choice("plain", tuple(RIVALS), label="Beside it, without information term")
    momentum: float = real(0.5, 0, 0.99, label="Adam's β₁", slider=(0, 0.9, 0.1))
    steps: int = whole(1500, 1, 20_000, label="Training steps", slider=(100, 5000, 100))
    batch_size: int = whole(128, 8, 1024, label="Batch size", slider=(32, 512, 40))
    learning_rate: float = real(1e-3, 0, 1, open=True, label="Learning rate")
    schedule: str = choice("falling", ("falling", "constant"), label="Learning rate over time")
    seeds: int = whole(3, 1, 8, label="Seeds", slider=(1, 5, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="First seed")

    def __post_init__(self):
        validate(self)

    def carry_out(self) -> Iterator[InfoGANSnapshot]:
        from mi_explorer.objectives.adversaries import Adversaries
        from mi_explorer.studies.trained import one_thread

        with one_thread():
            arms = (self.rival, 0.0), ("plain", self.weight)
            trainings = [Adversaries(self, arm) for arm in arms] if self.rival == "pacgan" else [Adversaries(self, *arms)]
            at, looks = [], []
            for step in range(self.steps + 1):
                if step % EVERY == 0 or step == self.steps:
                    at.append(step)
                    looks.append([standing for training in trainings for standing in training.look()])
                    yield InfoGANSnapshot(self, step / self.steps, tuple(at), *zip(*looks))
                if step < self.steps:
                    for training in trainings:
                        training.advance(step / self.steps)


def modes_of(target: str) -> np.ndarray:
    """The centres of the modes, (8, 2) or (25, 2)."""
    if target == "ring":
        angle = 2 * np.pi * np.arange(8) / 8
        return 2 * np.stack([np.cos(angle), np.sin(angle)], -1)
    return np.stack(np.meshgrid(np.arange(-2.0, 3), np.arange(-2.0, 3), indexing="ij"), -1).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class Standing:
    """What the samples of one arm look like. points (SHOWN, 2), codes (SHOWN,): of its first seed. For every seed (R,): covered, the
    modes covered; quality, the share of good samples; information, I(code; nearest mode) of a table of counts; bound, H(c) + E log q(c|x)."""

    points: np.ndarray
    codes: np.ndarray
    covered: np.ndarray
    quality: np.ndarray
    information: np.ndarray
    bound: np.ndarray


@dataclass(frozen=True, eq=False)
class InfoGANSnapshot:
    """steps: when the arms were looked at, (t,). rival, info: how each stood then, t long."""

    study: InfoGAN
    done: float
    steps: tuple[int, ...]
    rival: tuple[Standing, ...]
    info: tuple[Standing, ...]

    @property
    def modes(self) -> int:
        return len(modes_of(self.study.target))

    @property
    def ceiling(self) -> float:
        """log K."""
        return math.log(self.study.codes)

    def frame(self) -> pd.DataFrame:
        """One row per arm, look and seed."""
        import pandas as pd

        return pd.DataFrame([
            {
                "arm": arm, "step": step, "seed": seed, "modes_covered": look.covered[seed], "high_quality": look.quality[seed],
                "information": look.information[seed], "bound": look.bound[seed],
            }
            for arm, looks in ((self.study.rival, self.rival), ("infogan", self.info))
            for step, look in zip(self.steps, looks) for seed in range(self.study.seeds)
        ])
