r"""A linear beta-VAE, which has to find a curve that Shannon drew: the rate-distortion function of a Gaussian.

The data are Gaussian with variances lambda_i along their principal directions. A linear encoder and a linear decoder minimise

    1/2 E|x - x'|^2 + beta E KL(q(z|x) || p(z)),

the KL being at least I(x; z). So the best code buys information at the price beta: reverse water-filling with the water level beta,

    D_i = min(lambda_i, beta),    I = sum_i 1/2 log(lambda_i / D_i),

in which only the directions with lambda_i > beta get a unit of the code (Cover & Thomas, Elements of Information Theory, section 10.3;
Alemi et al. 2018, arXiv:1711.00464; Lucas et al. 2019, arXiv:1911.02469). What a linear network knows can be computed without error.
"""

from __future__ import annotations

__all__ = ["RateDistortion", "RateDistortionSnapshot", "SPECTRA", "water_filling"]

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

#: Variances of the data along their principal directions.
SPECTRA = {
    "falling": (4.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.02),
    "step": (3.0, 3.0, 3.0, 3.0, 0.2, 0.2, 0.2, 0.2),
    "even": (1.0,) * 8,
}
#: Trained beside the chosen beta, so that a curve is seen; none is a variance: there a unit is neither on nor off.
OTHERS = (0.3, 0.6, 0.8, 1.4, 2.5, 3.4, 5.0)
ACTIVE = 0.01  # a unit counts when its mean varies by more: Burda et al. 2016, arXiv:1509.00519
SNAPSHOT = 0.05  # seconds between two


@dataclass(frozen=True)
class RateDistortion(Description):
    """Train a linear VAE at ``beta``, and at a few other values beside it, on Gaussian data of eight dimensions.

    Arguments:
        beta: the price of a nat, in units of squared error. spectrum: a key of SPECTRA.
        units: of the code. steps, batch_size, learning_rate: Adam on fresh data, the rate falling to zero. seed: of the random numbers.
    """

    what = "rate_distortion"

    beta: float = real(0.75, 0.01, 10, label="β: the price of a nat", slider=(0.1, 5, 0.05))
    spectrum: str = choice("falling", tuple(SPECTRA), label="Variances of the data")
    units: int = whole(8, 1, 16, label="Units of the code", slider=(1, 12, 1))
    steps: int = whole(2000, 1, 20_000, label="Training steps", slider=(100, 5000, 100))
    batch_size: int = whole(256, 8, 1024, label="Batch size", slider=(16, 512, 16))
    learning_rate: float = real(0.02, 0, 1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    @property
    def variances(self) -> np.ndarray:
        return np.array(SPECTRA[self.spectrum])

    @property
    def betas(self) -> np.ndarray:
        """The chosen one first, then the others."""
        return np.array([self.beta, *(beta for beta in OTHERS if beta != self.beta)])

    def theory(self, beta: float) -> tuple[np.ndarray, float]:
        """The distortion (8,) of every direction and the information in nats that the best code of these units has."""
        return water_filling(self.variances, beta, self.units)

    def carry_out(self) -> Iterator[RateDistortionSnapshot]:
        training = Training(self)
        path = [training.found()]
        last = time.monotonic()
        yield RateDistortionSnapshot(self, 0.0, *training.found(), np.array([total(path[0])]))
        for step in range(1, self.steps + 1):
            training.advance(step)
            if step % 10 == 0 or step == self.steps:
                path.append(training.found())
            if step == self.steps or time.monotonic() - last > SNAPSHOT:
                last = time.monotonic()
                yield RateDistortionSnapshot(self, step / self.steps, *training.found(), np.array([total(point) for point in path]))


def water_filling(variances: np.ndarray, level: float, units: int | None = None) -> tuple[np.ndarray, float]:
    """The distortion (k,) of every direction under the water level, and the rate in nats. variances: falling; with fewer
    ``units`` than there are directions, only the first ones can be told."""
    distortions = np.where(np.arange(len(variances)) < (units or len(variances)), np.minimum(variances, level), variances)
    return distortions, float(0.5 * np.log(variances / distortions).sum())


def total(found: tuple) -> tuple[float, float]:
    """(distortion, information) of the chosen beta."""
    distortions, information, _, _ = found
    return distortions[0].sum(), information[0]


class Training:
    """One linear VAE per beta, all in one batched step; gradients written out: no torch, so that a drag of beta starts at once.

    encoder (R, d, 8), log_noise (R, d) with z = encoder x + exp(log_noise / 2) e, decoder (R, 8, d).
    """

    def __init__(self, study: RateDistortion):
        self.study = study
        self.random = np.random.default_rng(study.seed)
        self.betas = study.betas[:, None, None]
        size, runs = len(study.variances), len(study.betas)
        # The data do not come along the axes: finding the directions is part of the task.
        self.directions = np.linalg.qr(self.random.normal(size=(size, size)))[0]
        self.mixing = self.directions * np.sqrt(study.variances)
        start = self.random.normal(size=(1, study.units, size)) / np.sqrt(size)
        encoder = np.repeat(start, runs, 0)
        self.weights = [encoder, np.zeros((runs, study.units)), encoder.transpose(0, 2, 1).copy()]
        self.moments = [(np.zeros_like(w), np.zeros_like(w)) for w in self.weights]

    def advance(self, step: int) -> None:
        study = self.study
        x = self.random.normal(size=(study.batch_size, len(study.variances))) @ self.mixing.T
        noise = self.random.normal(size=(study.batch_size, study.units))
        rate = study.learning_rate * (1 - (step - 1) / study.steps)
        for weight, (first, second), slope in zip(self.weights, self.moments, gradients(self.weights, x, noise, self.betas)):
            first += 0.1 * (slope - first)
            second += 0.01 * (slope**2 - second)
            weight -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)

    def found(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What the networks do to the data, exactly: the distortion of every direction (R, 8), I(x; z) and the mean KL in nats
        (R,), and the variance of every unit's mean (R, d)."""
        encoder, log_noise, decoder = self.weights
        told = encoder @ self.mixing  # (R, d, 8): what the code does with every direction, at unit variance
        means, noise = told @ told.transpose(0, 2, 1), np.exp(log_noise)
        code = means + noise[:, :, None] * np.eye(self.study.units)
        information = 0.5 * (np.linalg.slogdet(code)[1] - log_noise.sum(-1))
        varying = np.einsum("rdd->rd", means)
        rate = 0.5 * (varying + noise - 1 - log_noise).sum(-1)
        shown = self.directions.T @ decoder
        missed = np.sqrt(self.study.variances) * np.eye(len(self.study.variances)) - shown @ told
        distortions = (missed**2).sum(-1) + np.einsum("rid,rd->ri", shown**2, noise)
        return distortions, information, rate, varying


def gradients(weights: list[np.ndarray], x: np.ndarray, noise: np.ndarray, betas: np.ndarray) -> list[np.ndarray]:
    """Of 1/2 mean |x - x'|^2 + beta mean KL, in encoder, log_noise and decoder. x (n, k), noise (n, d), betas (R, 1, 1)."""
    encoder, log_noise, decoder = weights
    count, spread = len(x), np.exp(log_noise / 2)[:, None, :]
    means = x @ encoder.transpose(0, 2, 1)
    z = means + spread * noise
    error = (z @ decoder.transpose(0, 2, 1) - x) / count
    to_z = error @ decoder
    to_log_noise = (to_z * noise * spread).sum(1) / 2 + betas[:, 0] * np.expm1(log_noise) / 2
    return [(to_z + betas * means / count).transpose(0, 2, 1) @ x, to_log_noise, error.transpose(0, 2, 1) @ z]


@dataclass(frozen=True, eq=False)
class RateDistortionSnapshot:
    """distortions (R, 8): of every principal direction; information, rate (R,): I(x; z) and the mean KL in nats; varying
    (R, d): the variance of every unit's mean. Rows are ``study.betas``. path (t, 2): distortion and information of the chosen one."""

    study: RateDistortion
    done: float
    distortions: np.ndarray
    information: np.ndarray
    rate: np.ndarray
    varying: np.ndarray
    path: np.ndarray

    @property
    def active(self) -> np.ndarray:
        """(R,): units that tell something."""
        return (self.varying > ACTIVE).sum(-1)

    def frame(self) -> pd.DataFrame:
        """One row per beta and direction."""
        import pandas as pd

        rows = []
        for index, beta in enumerate(self.study.betas):
            known, best = self.study.theory(beta)
            for direction, variance in enumerate(self.study.variances):
                rows.append({
                    "beta": beta, "direction": direction + 1, "variance": variance, "distortion": self.distortions[index, direction],
                    "distortion_theory": known[direction], "information": self.information[index], "information_theory": best,
                    "kl": self.rate[index], "active_units": self.active[index],
                })
        return pd.DataFrame(rows)
