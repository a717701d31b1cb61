r"""A noisy swing, watched through noise: what it hides, what there is to predict, and what a short code could keep of it.

The state z in the plane turns and shrinks at every step, z' = A z + w with A = damping · rotation(angle), and is pushed at
random so that its stationary covariance is the identity. Its first coordinate is seen in noise. This is the system behind
``distributions.TimeSeries``, whose information I(past; future) is exact; here its state is not thrown away.

Distractors are further channels that move on their own, AR(1) processes of any loudness and persistence. An orthogonal
matrix mixes all channels, so that no channel alone shows the swing. Mixing can be undone: information does not notice.
"""

from __future__ import annotations

__all__ = ["Keeping", "Swing"]

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.distributions import TimeSeries
from mi_explorer.distributions.series import whitened

if TYPE_CHECKING:
    import torch

ANGLE, DAMPING = 0.4, 0.97


@dataclass(frozen=True)
class Keeping:
    """What an ideal code keeps. merit: of its coordinates, as its objective counts; share: the R² to the state that each
    brings (they add up, since the coordinates are uncorrelated), 0 for those of a distractor."""

    merit: np.ndarray
    share: np.ndarray

    @property
    def r2(self) -> float:
        return float(self.share.sum())


@dataclass(frozen=True)
class Swing:
    """The swing, ``past`` observations of it, ``future`` more.

    noise: variance of the observation noise. distractors: their number; loudness: their variance; persistence: their
    correlation from one step to the next, 0 for white noise.
    """

    past: int
    future: int
    noise: float
    distractors: int = 0
    loudness: float = 1.0
    persistence: float = 0.0

    @property
    def channels(self) -> int:
        return 1 + self.distractors

    @property
    def scale(self) -> float:
        """Root mean square of the channels."""
        return ((1 + self.noise + self.distractors * self.loudness) / self.channels) ** 0.5

    @property
    def turn(self) -> np.ndarray:
        """The matrix A."""
        c, s = math.cos(ANGLE), math.sin(ANGLE)
        return DAMPING * np.array([[c, -s], [s, c]])

    @property
    def series(self) -> TimeSeries:
        """Past and future of what is seen of the swing alone."""
        return TimeSeries(past=self.past, future=self.future, angle=ANGLE, damping=DAMPING, noise=self.noise)

    @property
    def noise_series(self) -> TimeSeries:
        """Past and future of one distractor, but for its loudness, which information does not notice."""
        return TimeSeries(past=self.past, future=self.future, angle=0.0, damping=self.persistence, noise=0.0)

    @property
    def mi(self) -> float:
        """I(past; future) of all channels in nats: they are independent of each other, so theirs add up."""
        return self.series.mi + self.distractors * self.noise_series.mi

    # -- covariances -------------------------------------------------------------------------------------------------------

    def own_covariance(self) -> np.ndarray:
        """Of the swing's past and future observations, (past + future) squared."""
        lags = np.arange(self.past + self.future)
        covariance = (DAMPING**lags * np.cos(ANGLE * lags))[abs(lags[:, None] - lags)]
        return covariance + self.noise * np.eye(len(lags))

    def other_covariance(self) -> np.ndarray:
        """The same of one distractor."""
        lags = np.arange(self.past + self.future)
        return self.loudness * self.persistence ** abs(lags[:, None] - lags).astype(float)

    def state_covariance(self) -> np.ndarray:
        """Of the state at the end of the past with all observations: (2, past + future)."""
        back = self.past - 1 - np.arange(self.past + self.future)  # steps back, where negative ahead
        return DAMPING ** abs(back) * np.stack([np.cos(ANGLE * back), np.sin(ANGLE * back)])

    @property
    def seen(self) -> np.ndarray:
        """The same with the past observations only: (2, past)."""
        return self.state_covariance()[:, : self.past]

    # -- what is known ----------------------------------------------------------------------------------------------------

    def kalman(self) -> np.ndarray:
        """(2, past): the weights of the observations in the state's conditional mean, which is what a Kalman filter finds."""
        covariance = self.own_covariance()[: self.past, : self.past]
        return np.linalg.solve(covariance, self.seen.T).T

    def kalman_r2(self) -> float:
        """Share of the state's variance that the past tells, of 1: no code of the past can do better."""
        return float((self.kalman() * self.seen).sum() / 2)

    def most_informed(self, code: int) -> Keeping:
        """The code of so many numbers with the most information on the future: the first canonical variables (Hotelling
        1936) of all channels together. merit: their canonical correlations."""
        return self.best(code, lambda white, root: white)

    def best_predicting(self, code: int) -> Keeping:
        """The code with the least squared error in predicting the future, loud channels counting more (reduced rank
        regression). merit: the standard deviation that each coordinate explains."""
        return self.best(code, lambda white, root: white @ root.T)

    def best_reconstructing(self, code: int) -> Keeping:
        """The code with the least squared error in reconstructing the past: principal components. merit: their variances."""
        blocks = [self.own_covariance()[: self.past, : self.past], self.other_covariance()[: self.past, : self.past]]
        (own, directions), (other, _) = map(np.linalg.eigh, blocks)
        return self.choose(code, own, (self.seen @ directions) ** 2 / own, other)

    def best(self, code: int, weigh) -> Keeping:
        """Singular vectors of white past against future, as ``weigh(white, root of the future's covariance)`` has it."""
        white, root_past, root_future = whitened(self.own_covariance(), self.past)
        left, own, _ = np.linalg.svd(weigh(white, root_future), full_matrices=False)
        seen = np.linalg.solve(root_past, self.seen.T).T @ left
        white, _, root_future = whitened(self.other_covariance(), self.past)
        return self.choose(code, own, seen**2, np.linalg.svd(weigh(white, root_future), compute_uv=False))

    def choose(self, code: int, own: np.ndarray, seen: np.ndarray, other: np.ndarray) -> Keeping:
        """The ``code`` coordinates of greatest merit among the swing's and those of all distractors."""
        merit = np.concatenate([own, np.tile(other, self.distractors)])
        share = np.concatenate([seen.sum(0) / 2, np.zeros(len(other) * self.distractors)])
        order = np.argsort(-merit, kind="stable")[:code]
        return Keeping(merit[order], share[order])

    # -- sampling ---------------------------------------------------------------------------------------------------------

    @cached_property
    def roots(self) -> tuple[np.ndarray, np.ndarray]:
        """Cholesky factors of the covariance of the state and all that is seen of it, and of one distractor's."""
        ahead, size = self.state_covariance(), 2 + self.past + self.future
        whole = np.eye(size)
        whole[2:, 2:], whole[:2, 2:], whole[2:, :2] = self.own_covariance(), ahead, ahead.T
        return np.linalg.cholesky(whole), np.linalg.cholesky(self.other_covariance())

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """The state at the end of the past, ``shape`` + (2,), and all channels unmixed, ``shape`` + (past + future, channels),
        the first of which shows the swing. One product each: no need to go through time, where all is Gaussian."""
        import torch

        own, other = (torch.tensor(root.T, dtype=torch.float32) for root in self.roots)
        swing = torch.randn(*shape, len(own), generator=generator) @ own
        noises = torch.randn(*shape, self.distractors, len(other), generator=generator) @ other
        return swing[..., :2], torch.cat([swing[..., None, 2:], noises], -2).mT

    def mixing(self, generator: torch.Generator) -> torch.Tensor:
        """What the eye multiplies the channels by: a random orthogonal matrix, in units of the channels' root mean square."""
        import torch

        return torch.linalg.qr(torch.randn(self.channels, self.channels, generator=generator))[0] / self.scale
