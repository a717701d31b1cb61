"""Contrast on placed digits: which views make a code from which the digit can be read, and which make a high bound only.

SimCLR learns from two views of a digit that nobody has named. A linear probe then asks what the frozen code knows, beside four yardsticks:
raw pixels, the same network untrained, an autoencoder with the same encoder, and the same network trained with all labels.
"""

from __future__ import annotations

__all__ = ["DigitContrast", "DigitContrastSnapshot"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.contrastive import alignment, optimum, uniformity
from mi_explorer.parameters import ParameterError, choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 8
LARGEST_RUN = 2_000_000  # views of training, per start
PLACES = 49


@dataclass(frozen=True)
class DigitContrast(Description):
    """Train SimCLR on pairs of views of unnamed digits, and the yardsticks beside it.

    Arguments:
        rotation, scale, noise: by how much a view is turned (degrees) and resized (a share) at most, and its noise; see ``Views``.
        place: whether each view has a place of its own on the canvas or both the same.
        partner: whether y shows the same picture of a digit, or that of another, drawn independently.
        temperature: of the scores. batch_size: B, of which B - 1 are strangers.
        steps, learning_rate: of Adam, for every network.
        beside: whether autoencoder and labels are trained too. replicates: starts of SimCLR. seed: of starts and data.
    """

    what = "digit contrast"

    rotation: float = real(15.0, 0, 180, label="Turned by up to (degrees)", slider=(0, 180, 5))
    scale: float = real(0.15, 0, 1, label="Resized by up to (share)", slider=(0, 0.6, 0.05))
    noise: float = real(0.05, 0, 5, label="Noise on every pixel", slider=(0, 1, 0.05))
    place: str = choice("own", ("own", "same"), label="Place of the two views")
    partner: str = choice("same", ("same", "another"), label="The second view shows")
    temperature: float = real(0.2, 0.01, 10, label="Temperature", slider=(0.05, 1, 0.05))
    batch_size: int = whole(128, 4, 512, label="Batch size B", slider=(8, 256, 8))
    steps: int = whole(150, 10, 5000, label="Training steps", slider=(50, 500, 10))
    learning_rate: float = real(5e-3, 0, 1, open=True, label="Learning rate")
    beside: str = choice("yardsticks", ("yardsticks", "nothing"), label="Trained beside it")
    replicates: int = whole(1, 1, 5, label="Starts of SimCLR", slider=(1, 5, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if self.batch_size * self.steps > LARGEST_RUN:
            raise ParameterError("batch_size × steps", self.batch_size * self.steps, f"at most {LARGEST_RUN:,}")

    @property
    def best(self) -> float | None:
        """The most that InfoNCE can have on average where it is known: views that share the place only, or nothing. In nats."""
        if self.partner == "same":
            return None
        return optimum(self.batch_size, PLACES) if self.place == "same" else 0.0

    def carry_out(self) -> Iterator[DigitContrastSnapshot]:
        import torch

        from mi_explorer.objectives.digit_encoders import Autoencoder, Contrast, Supervised, accuracy
        from mi_explorer.objectives.placed_digits import GENTLE, Views, place, places, split
        from mi_explorer.studies.trained import one_thread

        digits, labels, others, other_labels = split()
        judging, yardstick, *training = (torch.Generator().manual_seed(100 * self.seed + stream) for stream in range(2 + self.replicates))
        views = Views(self.rotation, self.scale, self.noise)

        def pair(source: torch.Tensor, count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            """Two views (count, 1, 14, 14) each of digits of ``source``."""
            first = torch.randperm(len(source), generator=generator)[:count]
            second = first if self.partner == "same" else torch.randperm(len(source), generator=generator)[:count]
            where = places(count, generator)
            elsewhere = where if self.place == "same" else places(count, generator)
            return views.draw(source[first], where, generator), views.draw(source[second], elsewhere, generator)

        with one_thread():
            examples = tuple(side.squeeze(1).numpy() for side in pair(others, SHOWN, judging))
            asked, asking = place(digits, judging), place(others, judging)
            starts = [Contrast(self.seed + start, self.learning_rate, self.temperature) for start in range(self.replicates)]
            yardsticks = {}
            if self.beside == "yardsticks":
                yardsticks = {"autoencoder": Autoencoder(self.seed, self.learning_rate), "supervised": Supervised(self.seed, self.learning_rate)}

            def probe(learner) -> float:
                return accuracy(learner.codes(asked), labels, learner.codes(asking), other_labels)

            @torch.no_grad()
            def judge(learner: Contrast) -> tuple[float, ...]:
                x, y = learner.embed(torch.cat(pair(others, self.batch_size, judging))).chunk(2)
                return tuple(value.item() for value in (learner.bound(x, y), alignment(x, y), uniformity(x)))

            steps, shown, judged, probed = [], [], [], [0]
            found = {"raw": [[accuracy(asked.flatten(1), labels, asking.flatten(1), other_labels)]]}
            found["contrast"] = [[probe(start) for start in starts]]  # still untrained
            often = max(1, self.steps // 25)
            for step in range(self.steps + 1):
                batches = [pair(digits, self.batch_size, generator) for generator in training]
                if step % often == 0 or step == self.steps:
                    if step and (step % (5 * often) == 0 or step == self.steps):
                        probed.append(step)
                        found["contrast"].append([probe(start) for start in starts])
                        for name, learner in yardsticks.items():
                            found.setdefault(name, []).append([probe(learner)])
                    steps.append(step)
                    with torch.no_grad():
                        shown.append([-start.loss(*batch).item() for start, batch in zip(starts, batches)])
                        embedding = starts[0].embed(asking)
                    judged.append([judge(start) for start in starts])
                    yield DigitContrastSnapshot(
                        self, step / self.steps, examples, np.array(steps), np.array(shown), *np.moveaxis(np.array(judged), -1, 0),
                        np.array(probed), {name: np.array(values) for name, values in found.items()}, *plane(embedding.double().numpy()), other_labels.numpy(),
                    )
                if step < self.steps:
                    for start, batch in zip(starts, batches):
                        start.advance(*batch)
                    for _ in range(2 if yardsticks else 0):  # as many pictures as SimCLR's two views
                        chosen = torch.randperm(len(digits), generator=yardstick)[: self.batch_size]
                        pictures = GENTLE.draw(digits[chosen], places(len(chosen), yardstick), yardstick)
                        yardsticks["autoencoder"].advance(pictures)
                        yardsticks["supervised"].advance(pictures, labels[chosen])


def plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Points (n, d) in the plane in which they vary most (n, 2), and the share of their variance in it."""
    centred = points - points.mean(0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    total = (size**2).sum()
    return left[:, :2] * size[:2], float((size[:2] ** 2).sum() / total) if total else 1.0


@dataclass(frozen=True, eq=False)
class DigitContrastSnapshot:
    """What is known so far.

    examples: views x and y, (8, 14, 14) each. steps: (t,). shown: InfoNCE in nats on the training batch; fresh: on digits that no training
    saw; alignment, uniformity: of their embeddings; (t, starts). probed: steps at which a linear probe was asked, (p,). accuracy: by arm (raw,
    contrast, and once trained autoencoder, supervised), (p or fewer, starts or 1): that of contrast begins with the untrained network.
    points: embeddings of 597 fresh digits in the plane of their largest variance, (597, 2), share: how much of it that is, labels:
    (597,); of the first start."""

    study: DigitContrast
    done: float
    examples: tuple[np.ndarray, np.ndarray]
    steps: np.ndarray
    shown: np.ndarray
    fresh: np.ndarray
    alignment: np.ndarray
    uniformity: np.ndarray
    probed: np.ndarray
    accuracy: dict[str, np.ndarray]
    points: np.ndarray
    share: float
    labels: np.ndarray

    @property
    def latest(self) -> dict[str, np.ndarray]:
        """Accuracy of every arm as known now, "random" being the untrained network: (starts or 1,)."""
        return {"raw": self.accuracy["raw"][-1], "random": self.accuracy["contrast"][0]} | {
            name: values[-1] for name, values in self.accuracy.items() if name != "raw"
        }

    @property
    def settled(self) -> float:
        """The bound on fresh digits, mean of the last three evaluations and of the starts, in nats."""
        return float(self.fresh[-3:].mean())

    def frame(self) -> pd.DataFrame:
        """One row per number: step, start, what, value."""
        import pandas as pd

        rows = [
            {"step": step, "start": start, "what": what, "value": getattr(self, what)[at, start]}
            for at, step in enumerate(self.steps) for start in range(self.study.replicates) for what in ("shown", "fresh", "alignment", "uniformity")
        ]
        for name, values in self.accuracy.items():
            places = self.probed[len(self.probed) - len(values) :] if name != "raw" else [0]
            rows += [
                {"step": step, "start": start, "what": f"probe, {name}", "value": value}
                for step, line in zip(places, values) for start, value in enumerate(line)
            ]
        return pd.DataFrame(rows)
