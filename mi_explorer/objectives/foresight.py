r"""Contrastive predictive coding on a system whose predictable information is known.

A recurrent network reads the past of a noisy swing and makes a code of it; a second one looks at the future. Told apart from
the futures of other series, that is InfoNCE, a lower bound on I(past; future) (van den Oord et al. 2018, arXiv:1807.03748). Here
I(past; future) follows from the covariances of the two blocks, and the best estimate of the hidden state from the Kalman
filter: both answers are known, for every noise. The same network untrained is a reservoir, and not a bad one.
"""

from __future__ import annotations

__all__ = ["Foresight", "ForesightSnapshot"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.swing import Swing
from mi_explorer.parameters import ParameterError, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

PROBES = 2000  # series that the map from code to state is fitted on, and as many fresh ones that it is judged on
BATCHES = 40  # fresh ones for the last measurement
EVERY, LOOKS = 10, 6  # steps between snapshots, and how often the code is probed on the way
SMOOTHED = 40  # steps: what the bound shows while it runs


@dataclass(frozen=True)
class Foresight(Description):
    """Train a code for the future at ``levels`` observation noises from ``quietest`` to ``loudest``, all at once.

    Arguments:
        quietest, loudest: variances of the observation noise, evenly spaced in their logarithm; the hidden state has 1.
        past, future: how many observations are on either side.
        width: of the recurrent network, whose state is the code. batch_size: N, series told apart from each other.
        learning_rate: of Adam at the beginning; it falls to a tenth of it. steps, seed: of the training.
    """

    what = "foresight"

    quietest: float = real(0.03, 0.001, 100, label="Least observation noise (variance)", slider=(0.01, 1, 0.01))
    loudest: float = real(3.0, 0.001, 100, label="Most observation noise (variance)", slider=(0.01, 10, 0.01))
    levels: int = whole(3, 1, 6, label="Noises tried", slider=(1, 6, 1))
    past: int = whole(24, 1, 60, label="Past observations", slider=(1, 40, 1))
    future: int = whole(4, 1, 30, label="Future observations", slider=(1, 16, 1))
    steps: int = whole(800, 20, 20_000, label="Training steps", slider=(100, 2000, 100))
    width: int = whole(16, 1, 64, label="Width of the network", slider=(2, 48, 2))
    batch_size: int = whole(128, 4, 512, label="Batch size N", slider=(16, 256, 16))
    learning_rate: float = real(5e-3, 0, 1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if self.loudest < self.quietest:
            raise ParameterError("loudest", self.loudest, f"at least quietest, {self.quietest:g}")

    @property
    def noises(self) -> tuple[float, ...]:
        return tuple(map(float, np.geomspace(self.quietest, self.loudest, self.levels)))

    def swing(self, noise: float) -> Swing:
        return Swing(self.past, self.future, noise)

    def carry_out(self) -> Iterator[ForesightSnapshot]:
        import torch

        from mi_explorer.objectives.linear_map import r_squared
        from mi_explorer.objectives.predictive import Contrast, Training
        from mi_explorer.studies.trained import one_thread

        swings = [self.swing(noise) for noise in self.noises]
        truth, kalman = np.array([s.mi for s in swings]), np.array([s.kalman_r2() for s in swings])

        def draw(n: int):
            """States (levels, n, 2) and observations (levels, n, past + future, 1)."""
            pairs = [swing.sample((n,), generator) for swing in swings]
            return (torch.stack(side) for side in zip(*pairs))

        with one_thread():
            generator = torch.Generator().manual_seed(self.seed)
            model = Contrast(self.levels, 1, self.past, self.future, self.width, None, generator)
            probes = tuple(draw(PROBES)) + tuple(draw(PROBES))

            def probe() -> np.ndarray:
                states, seen, fresh_states, fresh = probes
                with torch.no_grad():
                    codes = [model.read(series[:, :, : self.past]) for series in (seen, fresh)]
                return r_squared(codes[0], states, codes[1], fresh_states)

            untrained = learned = probe()
            filters = [torch.tensor(swing.kalman().T, dtype=torch.float32) for swing in swings]
            drawn = np.array([
                float(1 - (state - seen[:, : self.past, 0] @ weights).square().sum() / (state - state.mean(0)).square().sum())
                for state, seen, weights in zip(probes[2], probes[3], filters)
            ])
            training = Training(model.parameters, self.learning_rate, self.steps)
            shown: list[np.ndarray] = []

            def snapshot(done: float, bound: np.ndarray) -> ForesightSnapshot:
                return ForesightSnapshot(self, done, truth, kalman, bound, learned, untrained, drawn)

            for step in range(1, self.steps + 1):
                _, series = draw(self.batch_size)
                bound = model.bound(series)
                training.step(-bound.sum())
                shown.append(bound.detach().numpy())
                if step % max(1, self.steps // LOOKS) == 0:
                    learned = probe()
                if step == 1 or step % EVERY == 0:
                    yield snapshot(0.98 * step / self.steps, np.mean(shown[-SMOOTHED:], 0))
            with torch.no_grad():
                last = np.stack([model.bound(tuple(draw(self.batch_size))[1]).numpy() for _ in range(BATCHES)])
            learned = probe()
            yield snapshot(1.0, last.mean(0))


@dataclass(frozen=True, eq=False)
class ForesightSnapshot:
    """How the codes stand, (levels,) each; information in nats.

    truth: I(past; future). kalman: the Kalman filter's R² to the state, exact; drawn: on the very series that the codes are
    judged on. bound: the present one, a mean over the latest batches, of series that no step had seen before. learned, untrained: R² of the code, now and before the first step.
    """

    study: Foresight
    done: float
    truth: np.ndarray
    kalman: np.ndarray
    bound: np.ndarray
    learned: np.ndarray
    untrained: np.ndarray
    drawn: np.ndarray

    def frame(self) -> pd.DataFrame:
        """One row per noise."""
        import pandas as pd

        return pd.DataFrame({
            "noise": self.study.noises, "truth": self.truth, "bound": self.bound, "kalman_r2": self.kalman,
            "kalman_r2_same_series": self.drawn, "code_r2": self.learned, "untrained_r2": self.untrained,
        })
