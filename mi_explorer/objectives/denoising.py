r"""A denoising autoencoder beside a plain one, on few digits, and beside the best linear filter, which is known.

An autoencoder with a code wider than its input can copy, and learns little but its training images. The denoising one has to give back the
clean image from a noisy one; up to a constant, its loss bounds the information that the code of the noisy image keeps of the clean one
(Vincent et al. 2010, JMLR 11, section 4). Both are asked to clean other images. So is the Wiener filter,

    x' = m + C (C + sigma^2)^-1 (y - m),

with mean m and covariance C of the training images: no linear map leaves less squared error on images with these moments.
"""

from __future__ import annotations

__all__ = ["ARMS", "Cleaning", "Denoising", "DenoisingSnapshot", "Known", "wiener"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

ARMS = {"plain": "plain autoencoder", "denoising": "denoising autoencoder"}
POOL = 1297  # images to take training images from; the other 500 are for the test
SHOWN = 8
LOOKS = 25


@dataclass(frozen=True)
class Denoising(Description):
    """Train both autoencoders on ``images`` digits, and let them clean others that have noise of ``sigma`` in every pixel.

    Arguments:
        images: for training, pixels from 0 to 1. sigma: of the Gaussian noise, in training and test alike.
        units, width: of the code and of the hidden layers. steps, batch_size, learning_rate: Adam's. seeds: runs of each.
        seed: of the random numbers.
    """

    what = "denoising"

    images: int = whole(1000, 10, POOL, label="Training images", slider=(50, 1250, 50))
    sigma: float = real(0.3, 0.01, 2, label="Noise σ", slider=(0.05, 1, 0.05))
    units: int = whole(128, 1, 256, label="Units of the code", slider=(4, 192, 4))
    seeds: int = whole(2, 1, 8, label="Seeds", slider=(1, 5, 1))
    steps: int = whole(1500, 1, 20_000, label="Training steps", slider=(100, 4000, 100))
    batch_size: int = whole(64, 8, 512, label="Batch size", slider=(16, 256, 16))
    width: int = whole(256, 4, 512, label="Width of the networks", slider=(16, 384, 16))
    learning_rate: float = real(1e-3, 0, 1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    def carry_out(self) -> Iterator[DenoisingSnapshot]:
        from mi_explorer.objectives.cleaners import Cleaners
        from mi_explorer.studies.trained import one_thread

        with one_thread():
            cleaners = Cleaners(self)
            steps, looks = [0], [cleaners.look()]
            yield DenoisingSnapshot(self, 0.0, cleaners.known, tuple(steps), tuple(looks))
            every = max(1, self.steps // LOOKS)
            for step in range(1, self.steps + 1):
                cleaners.advance()
                if step % every == 0 or step == self.steps:
                    steps.append(step)
                    looks.append(cleaners.look())
                    yield DenoisingSnapshot(self, step / self.steps, cleaners.known, tuple(steps), tuple(looks))


def wiener(train: np.ndarray, noisy: np.ndarray, sigma: float) -> np.ndarray:
    """Noisy images (n, 64) cleaned by the best linear filter for the moments of ``train``."""
    mean, covariance = train.mean(0), np.cov(train, rowvar=False, bias=True)
    gain = np.linalg.solve(covariance + sigma**2 * np.eye(len(mean)), covariance)
    return mean + (noisy - mean) @ gain


@dataclass(frozen=True, eq=False)
class Known:
    """What needs no training: the test images (SHOWN, 64), clean, noisy and filtered, and the Wiener filter's mean squared error per
    pixel on all of them."""

    clean: np.ndarray
    noisy: np.ndarray
    filtered: np.ndarray
    error: float


@dataclass(frozen=True, eq=False)
class Cleaning:
    """Mean squared error per pixel, of every arm and seed (2, R): cleaning of noisy test images; copy_test, copy_train of giving back clean
    ones. cleaned (2, SHOWN, 64): test images cleaned by the first seed."""

    cleaning: np.ndarray
    copy_test: np.ndarray
    copy_train: np.ndarray
    cleaned: np.ndarray


@dataclass(frozen=True, eq=False)
class DenoisingSnapshot:
    """steps: when they were looked at, (t,). looks: what was seen then."""

    study: Denoising
    done: float
    known: Known
    steps: tuple[int, ...]
    looks: tuple[Cleaning, ...]

    def frame(self) -> pd.DataFrame:
        """One row per look, arm and seed."""
        import pandas as pd

        return pd.DataFrame([
            {
                "step": step, "arm": arm, "seed": seed, "cleaning_error": look.cleaning[index, seed], "copy_error_test": look.copy_test[index, seed],
                "copy_error_train": look.copy_train[index, seed], "wiener_error": self.known.error, "noise": self.study.sigma**2,
            }
            for step, look in zip(self.steps, self.looks) for index, arm in enumerate(ARMS) for seed in range(self.study.seeds)
        ])
