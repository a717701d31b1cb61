r"""Networks that can be undone: whatever they are trained for, they keep all information, and a linear probe ends up anywhere.

The encoder is a RealNVP (Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803): layers that stretch and shift one half of the numbers as
the other half says, so that each can be undone exactly. For x, the upper half of a digit, and any label or lower half c, I(g(x); c) =
I(x; c). One encoder is trained for InfoNCE between the upper and the lower half, as by Tschannen et al. (2020, arXiv:1907.13625, section
3.1); another one to keep the digit from every linear classifier. By least squares, the best one is known in closed form at every step:

    tr(C^T (S + ridge)^-1 C),   S the covariance of the code, C its covariance with the ten labels,

is what it explains, and what the second encoder makes small. It is 0 exactly where all classes have the same mean, and there logistic
regression has nothing to hold on to either.
"""

from __future__ import annotations

__all__ = ["ARMS", "Lossless", "LosslessSnapshot"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.contrastive import both_ways
from mi_explorer.objectives.labelled_digits import CLASSES, TRAIN, probe, shuffled
from mi_explorer.parameters import ParameterError, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd
    import torch

ARMS = ("infonce", "against")
HALF = 32  # pixels
NOISE = 0.02  # on training pixels, which go from -1 to 1
RIDGE = 0.05  # of the least squares, for codes of variance 1
PRESSURE = 10.0  # weight of what least squares explains, beside InfoNCE; the arms share no weights, only the clipping of their gradient
POINTS = 8  # at which the codes are probed
SHOWN = 4
MOST = 2e7  # halves times networks times layers times hidden units in one step


@dataclass(frozen=True)
class Lossless(Description):
    """Train both kinds of encoder from the same start, probe their codes for the digit, and undo them.

    Arguments:
        layers, width: of an encoder. steps, batch_size, learning_rate: of the training. seeds: encoders of each kind. seed: of all.
    """

    what = "lossless"

    steps: int = whole(300, 1, 10_000, label="Training steps", slider=(50, 1000, 50))
    layers: int = whole(6, 2, 16, label="Layers that can be undone", slider=(2, 12, 1))
    width: int = whole(64, 4, 256, label="Width inside a layer", slider=(8, 128, 8))
    seeds: int = whole(2, 2, 6, label="Encoders of each kind", slider=(2, 4, 1))
    batch_size: int = whole(256, 16, 1024, label="Batch size", slider=(64, 512, 16))
    learning_rate: float = real(1e-3, 0, 0.1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if (size := self.seeds * self.batch_size * self.width * self.layers) > MOST / 3:
            raise ParameterError("seeds × batch_size × width × layers", size, f"at most {MOST / 3:,.0f}")

    def carry_out(self) -> Iterator[LosslessSnapshot]:
        import torch

        from mi_explorer.studies.trained import one_thread

        with one_thread():
            digits, generator = shuffled(self.seed), torch.Generator().manual_seed(self.seed)
            halves = torch.from_numpy(2 * digits.images - 1).split(HALF, -1)
            labels = torch.nn.functional.one_hot(torch.from_numpy(digits.labels), CLASSES).float()
            raw = probe(halves[0].numpy(), digits.labels)
            training = Training(self, generator)
            marks = sorted({round(self.steps * point / POINTS) for point in range(POINTS + 1)})
            accuracy, errors = [], []
            for step in range(self.steps + 1):
                if step in marks:
                    codes, undone = training.look(halves[0])
                    accuracy.append([[probe(code, digits.labels) for code in arm] for arm in codes])
                    errors.append(np.abs(undone - halves[0].numpy()).max((-1, -2)))
                    restored = np.array([probe(arm[0], digits.labels) for arm in undone])
                    bound = training.bound(halves[0][TRAIN:], halves[1][TRAIN:])
                if step in marks or step % 5 == 0:
                    yield LosslessSnapshot(
                        self, step / self.steps, np.array(marks[: len(accuracy)]), np.array(accuracy), np.array(errors), restored, bound, raw,
                        *(part[TRAIN:TRAIN + SHOWN] for part in (halves[0].numpy(), codes[1, 0], undone[1, 0])),
                    )
                if step < self.steps:
                    rows = torch.randint(0, TRAIN, (self.batch_size,), generator=generator)
                    training.advance(halves[0][rows], halves[1][rows], labels[rows], generator)


class Training:
    """Encoders (role, seed): of the upper half for InfoNCE, of the upper half against the classifier, and of the lower half."""

    def __init__(self, study: Lossless, generator: torch.Generator):
        import torch

        from mi_explorer.critics import MLP, Bilinear

        self.study, sizes = study, (HALF // 2, study.width, study.width, HALF)
        self.layers = [MLP(*sizes, replicates=(3, study.seeds), generator=generator) for _ in range(study.layers)]
        self.orders = [torch.randperm(HALF, generator=generator) for _ in range(study.layers)]
        with torch.no_grad():
            for layer in self.layers:
                layer.layers[-1].weight *= 0.1  # nearly the identity at first
                layer.layers[-1].bias.zero_()
                for weights in layer.parameters():
                    weights[1] = weights[0]  # both kinds begin alike
        self.critic = Bilinear(HALF, HALF, replicates=(study.seeds,), generator=generator)
        self.weights = [*self.critic.parameters(), *(weights for layer in self.layers for weights in layer.parameters())]
        self.optimiser = torch.optim.Adam(self.weights, study.learning_rate, fused=True)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        for layer, order in zip(self.layers, self.orders):
            kept, changed = x[..., order].chunk(2, -1)
            stretch, shift = layer(kept, "exact").chunk(2, -1)
            x = torch.cat([kept, changed * stretch.tanh().exp() + shift], -1)
        return x

    def undo(self, code: torch.Tensor) -> torch.Tensor:
        import torch

        for layer, order in zip(reversed(self.layers), reversed(self.orders)):
            kept, changed = code.chunk(2, -1)
            stretch, shift = layer(kept, "exact").chunk(2, -1)
            code = torch.cat([kept, (changed - shift) * (-stretch.tanh()).exp()], -1)[..., order.argsort()]
        return code

    def advance(self, upper: torch.Tensor, lower: torch.Tensor, labels: torch.Tensor, generator: torch.Generator) -> None:
        import torch

        rows = torch.stack([upper, upper, lower])[:, None].expand(-1, self.study.seeds, -1, -1)
        for_bound, against, of_lower = self.encode(rows + NOISE * torch.randn(rows.shape, generator=generator))
        loss = PRESSURE * explained(against, labels).sum() - both_ways(self.critic(for_bound, of_lower)).sum()
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 5.0)
        self.optimiser.step()

    def bound(self, upper: torch.Tensor, lower: torch.Tensor) -> np.ndarray:
        """InfoNCE of every seed over the rows given, (seeds,), in nats."""
        import torch

        with torch.no_grad():
            rows = torch.stack([upper, upper, lower])[:, None].expand(-1, self.study.seeds, -1, -1)
            for_bound, _, of_lower = self.encode(rows)
            return both_ways(self.critic(for_bound, of_lower)).numpy()

    def look(self, upper: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Codes of upper halves (n, 32) by both kinds, and what undoing them gives back: (arm, seed, n, 32) each."""
        import torch

        with torch.no_grad():
            codes = self.encode(upper.expand(3, self.study.seeds, -1, -1))
            return codes[:2].numpy(), self.undo(codes)[:2].numpy()


def explained(codes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """What least squares explains of labels (n, 10) from codes (seeds, n, dim) of standardised numbers, with a small ridge: (seeds,)."""
    import torch

    codes, labels = codes - codes.mean(-2, keepdim=True), labels - labels.mean(0)
    codes = codes / (codes.std(-2, keepdim=True) + 1e-3)
    size = codes.shape[-2]
    covariance = codes.mT @ codes / size + RIDGE * torch.eye(codes.shape[-1])
    shared = codes.mT @ labels / size
    return (shared * torch.linalg.solve(covariance, shared)).sum((-1, -2))


@dataclass(frozen=True, eq=False)
class LosslessSnapshot:
    """steps: at which the codes were probed, (m,). accuracy: of the linear probe on test digits, (m, arm, seed). errors: the largest error
    of any pixel when the code is undone, of pixels from -1 to 1, (m, arm, seed). restored: accuracy of the
    probe on what the first encoder of each arm gives back, (arm,). bound: InfoNCE of the first arm on all test digits, in nats, (seeds,).
    raw: the probe on the halves themselves. halves, codes, undone: of a few test digits, by the second arm's first encoder, (SHOWN, 32)."""

    study: Lossless
    done: float
    steps: np.ndarray
    accuracy: np.ndarray
    errors: np.ndarray
    restored: np.ndarray
    bound: np.ndarray
    raw: float
    halves: np.ndarray
    codes: np.ndarray
    undone: np.ndarray

    def frame(self) -> pd.DataFrame:
        """One row per step, arm and seed."""
        import pandas as pd

        return pd.DataFrame([
            {
                "step": step, "arm": arm, "seed": seed, "accuracy": self.accuracy[row, place, seed],
                "inverse_error": self.errors[row, place, seed], "raw_accuracy": self.raw,
            }
            for row, step in enumerate(self.steps) for place, arm in enumerate(ARMS) for seed in range(self.study.seeds)
        ])
