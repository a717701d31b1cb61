r"""What does a short code keep, when most of what is seen is noise? Four objectives, one swing, loud distractors.

All that is seen is four mixed channels (by default), of which three are noise and louder than the swing. A code of two numbers must
choose. Reconstruction keeps what is loud; prediction keeps what lasts. For Gaussians each choice is known exactly: principal
components for reconstruction, reduced rank regression for the squared error of prediction, the first canonical variables for
information on the future, and the Kalman filter for the best that there is (see ``Swing``).
"""

from __future__ import annotations

__all__ = ["ARMS", "Distractors", "DistractorsSnapshot"]

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.swing import Keeping, Swing
from mi_explorer.parameters import real, validate, whole

if TYPE_CHECKING:
    import pandas as pd
    import torch

#: The objectives by name, and as they are shown.
ARMS = {"cpc": "CPC", "least_squares": "Least-squares prediction", "autoencoder": "Autoencoder", "pca": "PCA"}
PAST, FUTURE = 24, 4
SHOWN = 60  # steps of the series in the picture
PROBES = 1500
EVERY, LOOKS = 10, 6
SMOOTHED = 40


@dataclass(frozen=True)
class Distractors(Description):
    """Learn a code of the past in four ways from the same series, and ask each for the hidden state.

    Arguments:
        distractors: channels of noise; loudness: their variance (the swing has 1); persistence: their correlation from one
            step to the next, 0 for white noise.
        noise: variance of the observation noise on the swing itself. code: how many numbers the code may have.
        replicates: networks of each kind, with series of their own. steps, batch_size, width, learning_rate, seed: as in
            ``Foresight``.
    """

    what = "distractors"

    persistence: float = real(0.0, 0, 0.98, label="Persistence of the distractors (0 = white)", slider=(0, 0.98, 0.02))
    loudness: float = real(16.0, 0.01, 1000, label="Loudness of the distractors (variance)", slider=(1, 40, 1))
    distractors: int = whole(3, 1, 8, label="Distractors", slider=(1, 6, 1))
    code: int = whole(2, 1, 8, label="Numbers in the code", slider=(1, 6, 1))
    noise: float = real(0.3, 0.001, 100, label="Observation noise (variance)", slider=(0.01, 3, 0.01))
    replicates: int = whole(2, 1, 8, label="Replicates", slider=(1, 4, 1))
    steps: int = whole(500, 20, 20_000, label="Training steps", slider=(100, 2000, 100))
    width: int = whole(16, 1, 64, label="Width of the networks", slider=(2, 48, 2))
    batch_size: int = whole(128, 4, 512, label="Batch size N", slider=(16, 256, 16))
    learning_rate: float = real(1e-2, 0, 1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    def swing(self, persistence: float | None = None) -> Swing:
        persistence = self.persistence if persistence is None else persistence
        return Swing(PAST, FUTURE, self.noise, self.distractors, self.loudness, persistence)

    def ideal(self, persistence: float | None = None) -> dict[str, Keeping]:
        """What the best code by each objective keeps, here or at another persistence."""
        swing = self.swing(persistence)
        reconstructing = swing.best_reconstructing(self.code)
        return {
            "cpc": swing.most_informed(self.code), "least_squares": swing.best_predicting(self.code),
            "autoencoder": reconstructing, "pca": reconstructing,
        }

    def carry_out(self) -> Iterator[DistractorsSnapshot]:
        import torch

        from mi_explorer.objectives.predictive import Autoencoder, Contrast, Moments, Training
        from mi_explorer.objectives.linear_map import LinearMap, r_squared
        from mi_explorer.objectives.world import World
        from mi_explorer.studies.trained import one_thread

        swing, best = self.swing(), self.ideal()
        ideal, reachable = {key: keeping.r2 for key, keeping in best.items()}, information(best["cpc"].merit)
        size = (self.replicates, swing.channels, PAST)
        with one_thread():
            generator = torch.Generator().manual_seed(self.seed)
            mix = swing.mixing(generator)

            def draw(*shape: int):
                state, channels = swing.sample(shape, generator)
                return state, channels @ mix

            contrast = Contrast(*size, FUTURE, self.width, self.code, generator)
            autoencoder = Autoencoder(*size, self.width, self.code, generator)
            moments = Moments(PAST)
            states, seen = draw(PROBES)
            fresh_states, fresh = draw(PROBES)
            track, film = World(swing, (), generator).film(PAST + SHOWN - 1)
            windows = (film @ mix).unfold(0, PAST, 1).mT

            def look() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
                """R² of every code, (replicates,), and what the first replicate's says of the swing in the picture."""
                readers = {
                    "cpc": contrast.read, "least_squares": linear(moments.predicting(self.code)),
                    "autoencoder": autoencoder.read, "pca": linear(moments.principal(self.code)),
                }
                found, told = {}, {}
                with torch.no_grad():
                    for key, read in readers.items():
                        codes, fresh_codes, shown_codes = (
                            read(series[:, :PAST].expand(self.replicates, -1, -1, -1)) for series in (seen, fresh, windows)
                        )
                        found[key] = np.array(r_squared(codes, states, fresh_codes, fresh_states))
                        told[key] = LinearMap(codes[0], states)(shown_codes[0])[:, 0].numpy()
                return found, told

            training = Training([*contrast.parameters, *autoencoder.parameters], self.learning_rate, self.steps)
            shown: list[np.ndarray] = []
            seen_film, position = (windows[:, -1] * swing.scale).numpy(), track[PAST - 1 :, 0].numpy()
            for step in range(1, self.steps + 1):
                _, series = draw(self.replicates, self.batch_size)
                moments.add(series)
                bound = contrast.bound(series)
                training.step(autoencoder.loss(series).sum() - bound.sum())
                shown.append(bound.detach().numpy())
                if step == 1 or step % max(1, self.steps // LOOKS) == 0 or step == self.steps:
                    found, told = look()
                if step == 1 or step % EVERY == 0 or step == self.steps:
                    now = np.mean(shown[-SMOOTHED:], 0)
                    yield DistractorsSnapshot(
                        self, step / self.steps, swing.kalman_r2(), ideal, swing.mi, reachable, found, now, seen_film, position, told,
                    )


def information(correlations: np.ndarray) -> float:
    """What canonical variables of these correlations tell of each other, in nats."""
    return float(-np.log1p(-(correlations**2)).sum() / 2)


def linear(directions: torch.Tensor) -> Callable:
    """The code that is the product of the past with them."""
    return lambda series: series.flatten(2) @ directions


@dataclass(frozen=True, eq=False)
class DistractorsSnapshot:
    """How the codes stand, by the keys of ARMS.

    kalman: R² of the Kalman filter to the state, exact: no code can do better. ideal: of the best code by each objective, exact.
    truth: I(past; future) of all channels; reachable: the most that a code of this size can have of it, both in nats. r2: of the
    codes as they are, (replicates,). bound: InfoNCE of the contrastive code, (replicates,), in nats. film: a series as it is
    seen, (SHOWN, channels); position: where the swing is in it, (SHOWN,); told: where the codes of the first replicate say that
    it is.
    """

    study: Distractors
    done: float
    kalman: float
    ideal: dict[str, float]
    truth: float
    reachable: float
    r2: dict[str, np.ndarray]
    bound: np.ndarray
    film: np.ndarray
    position: np.ndarray
    told: dict[str, np.ndarray]

    def frame(self) -> pd.DataFrame:
        """One row per objective and replicate."""
        import pandas as pd

        return pd.DataFrame([
            {"objective": key, "replicate": replicate, "r2": value, "ideal_r2": self.ideal[key], "kalman_r2": self.kalman}
            for key, values in self.r2.items() for replicate, value in enumerate(values)
        ])
