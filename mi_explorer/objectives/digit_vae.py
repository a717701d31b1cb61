r"""Beta-VAEs and an MMD-VAE on digits, and how many nats of the image their codes hold.

The data are N training images, nothing else, so that I_q(x; z) can be computed instead of estimated:

    I_q = 1/N sum_n E_q(z|x_n) [ log q(z|x_n) - log 1/N sum_m q(z|x_m) ] <= log N,

with the whole sum over m. The expectation over the noise of z is taken by drawing it; its standard error is part of the result.

The beta-VAE (Higgins et al. 2017) pays beta for the KL term, which is I_q + KL(q(z) || p(z)): it pays for information. The MMD-VAE (Zhao et
al. 2017, arXiv:1706.02262: InfoVAE with alpha = 1) has no such term; its penalty, a maximum mean discrepancy, only asks that all codes together
look like the prior.
"""

from __future__ import annotations

__all__ = ["Arm", "DigitVAE", "DigitVAESnapshot", "IMAGES", "Codes"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

IMAGES = 1297  # for training; the other 500 are for the probe
ALWAYS = (1.0, 4.0, 10.0)
SHOWN = 8
LOOKS = 8


@dataclass(frozen=True)
class DigitVAE(Description):
    """Train a VAE at beta = 1, 4, 10 and ``beta``, and one with an MMD in place of the KL term, on binarised digits.

    Arguments:
        beta: a further one beside those. mmd: weight of the discrepancy. units: of the code. seeds: runs of each.
        steps, batch_size, width, learning_rate: of the training. seed: of the random numbers.
    """

    what = "digit_vae"

    beta: float = real(4.0, 0, 100, label="A β of your own", slider=(0, 12, 0.5))
    mmd: float = real(100.0, 0, 100_000, label="Weight of the MMD", slider=(0, 2000, 50))
    units: int = whole(8, 1, 64, label="Units of the code", slider=(1, 16, 1))
    seeds: int = whole(3, 1, 8, label="Seeds", slider=(1, 5, 1))
    steps: int = whole(650, 1, 20_000, label="Training steps", slider=(100, 4000, 100))
    batch_size: int = whole(128, 8, 1024, label="Batch size", slider=(16, 256, 16))
    width: int = whole(128, 4, 512, label="Width of the networks", slider=(16, 256, 16))
    learning_rate: float = real(2e-3, 0, 1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    @property
    def arms(self) -> tuple[Arm, ...]:
        return (*(Arm("β", beta) for beta in sorted({*ALWAYS, self.beta})), Arm("MMD", self.mmd))

    def carry_out(self) -> Iterator[DigitVAESnapshot]:
        from mi_explorer.objectives.codes import Codecs
        from mi_explorer.studies.trained import one_thread

        with one_thread():
            codecs = Codecs(self)
            steps, looks = [0], [codecs.look(last=False)]
            yield DigitVAESnapshot(self, 0.0, tuple(steps), tuple(looks))
            every = max(1, self.steps // LOOKS)
            for step in range(1, self.steps + 1):
                codecs.advance()
                if step % every == 0 or step == self.steps:
                    steps.append(step)
                    looks.append(codecs.look(last=step == self.steps))
                if step % every == 0 or step % 10 == 0 or step == self.steps:
                    yield DigitVAESnapshot(self, step / self.steps, tuple(steps), tuple(looks))


@dataclass(frozen=True)
class Arm:
    """kind: "β" or "MMD"; weight: of the KL term or of the discrepancy."""

    kind: str
    weight: float

    @property
    def name(self) -> str:
        return f"{self.kind} = {self.weight:g}" if self.kind == "β" else f"MMD, weight {self.weight:g}"


@dataclass(frozen=True, eq=False)
class Codes:
    """What the codes are like, for every arm and seed (A, R): information, I_q(x; z) in nats, and stderr, what drawing the noise left of
    error; kl, the mean KL term; error, the mean squared error per pixel on other images; probe and probe_mean, the accuracy of a
    linear probe on z and on the mean of q(z|x), NaN but for the last look.
    originals (SHOWN, 64), rebuilt and dreamt (A, SHOWN, 64) of the first seed: other images, rebuilt, and images made of prior noise."""

    information: np.ndarray
    stderr: np.ndarray
    kl: np.ndarray
    error: np.ndarray
    probe: np.ndarray
    probe_mean: np.ndarray
    originals: np.ndarray
    rebuilt: np.ndarray
    dreamt: np.ndarray


@dataclass(frozen=True, eq=False)
class DigitVAESnapshot:
    """steps: when it was looked at, (t,). looks: what was seen then."""

    study: DigitVAE
    done: float
    steps: tuple[int, ...]
    looks: tuple[Codes, ...]

    @property
    def ceiling(self) -> float:
        """log N: a code that tells every training image from the others."""
        return math.log(IMAGES)

    def frame(self) -> pd.DataFrame:
        """One row per look, arm and seed."""
        import pandas as pd

        return pd.DataFrame([
            {
                "step": step, "kind": arm.kind, "weight": arm.weight, "seed": seed, "information": look.information[index, seed],
                "stderr": look.stderr[index, seed], "kl": look.kl[index, seed], "squared_error": look.error[index, seed],
                "probe": look.probe[index, seed], "probe_mean": look.probe_mean[index, seed],
            }
            for step, look in zip(self.steps, self.looks) for index, arm in enumerate(self.study.arms) for seed in range(self.study.seeds)
        ])
