"""Contrast on factor cards: a bound that is known exactly, and what the code keeps of every factor.

Two views of a card share the factors that are not drawn anew. An encoder learns, by InfoNCE, to tell which two views belong
together. The best value that any critic can reach for the batch is known (``contrastive.optimum``), and a linear probe says
what is left of every factor: in the head, on which the contrast is, and in the backbone below it (Chen et al. 2020, arXiv:2002.05709).
"""

from __future__ import annotations

__all__ = ["FactorCards", "FactorCardsSnapshot"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.cards import FACTORS, LEVELS, draw_pairs
from mi_explorer.objectives.contrastive import both_ways, optimum
from mi_explorer.parameters import ParameterError, choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

KEPT = ("shared", "anew")
PROBED = 1024  # cards to fit a probe on, and as many to ask
JUDGED = 4096  # fresh pairs, at least, for the bound at the end
SHOWN = 6  # pairs in the picture
MOST_PICTURES = 20_000
LARGEST_RUN = 10**7  # pictures that training may look at, replicates included


@dataclass(frozen=True)
class FactorCards(Description):
    """Train encoders by InfoNCE on pairs of views, and compare their bound with the best possible one.

    Arguments:
        shape, hue, position: whether the two views share this factor, or each draws its own.
        batch_size: B, of which B - 1 are strangers. noise: standard deviation on every pixel.
        pictures: pairs that training uses again and again; 0: always new ones.
        temperature: of the scores at the start; scaling: whether it is learned or stays.
        steps, learning_rate: of Adam. replicates: encoders side by side, each with its own start and data. seed: of both.
    """

    what = "factor cards"

    shape: str = choice("shared", KEPT, label="Shape")
    hue: str = choice("shared", KEPT, label="Hue")
    position: str = choice("anew", KEPT, label="Position")
    batch_size: int = whole(256, 2, 2048, label="Batch size B", slider=(4, 1024, 4))
    temperature: float = real(0.1, 0.01, 10, label="Temperature", slider=(0.05, 2, 0.05))
    noise: float = real(0.1, 0, 5, label="Noise on every pixel", slider=(0, 1, 0.05))
    pictures: int = whole(0, 0, 10_000, label="Training pairs (0: always new ones)", slider=(0, 10_000, 500))
    scaling: str = choice("learned", ("learned", "fixed"), label="Temperature while training")
    steps: int = whole(400, 10, 5000, label="Training steps", slider=(100, 1000, 50))
    learning_rate: float = real(2e-3, 0, 1, open=True, label="Learning rate")
    replicates: int = whole(2, 1, 8, label="Replicates", slider=(1, 4, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if self.pictures and self.pictures < self.batch_size:
            raise ParameterError("pictures", self.pictures, f"0, or at least the batch size, {self.batch_size}")
        if self.pictures * self.replicates > MOST_PICTURES:
            raise ParameterError("pictures × replicates", self.pictures * self.replicates, f"at most {MOST_PICTURES:,}, to fit into memory")
        cost = self.batch_size * self.steps * self.replicates
        if cost > LARGEST_RUN:
            raise ParameterError("batch_size × steps × replicates", cost, f"at most {LARGEST_RUN:,}")

    @property
    def shared(self) -> tuple[str, ...]:
        return tuple(factor for factor in FACTORS if getattr(self, factor) == "shared")

    @property
    def truth(self) -> float:
        """What the views share, in nats, as far as the pictures show it: log 4 for each factor."""
        return len(self.shared) * math.log(LEVELS)

    @property
    def best(self) -> float:
        """The most that InfoNCE can have on average for this batch, in nats; with so much noise that factors cannot be seen, less."""
        return optimum(self.batch_size, LEVELS ** len(self.shared))

    def carry_out(self) -> Iterator[FactorCardsSnapshot]:
        import torch

        from mi_explorer.objectives.encoders import CardEncoders
        from mi_explorer.objectives.probe import linear_probe
        from mi_explorer.studies.trained import one_thread

        count, size = self.replicates, self.batch_size
        training, judging = (torch.Generator().manual_seed(2 * self.seed + stream) for stream in (0, 1))
        encoders = CardEncoders([self.seed + replicate for replicate in range(count)])
        log_scale = torch.nn.Parameter(torch.full((count, 1, 1), -math.log(self.temperature)))
        learned = [*encoders.parameters(), *([log_scale] if self.scaling == "learned" else [])]
        adam = torch.optim.Adam(learned, lr=self.learning_rate, fused=True)
        store = draw_pairs((count, self.pictures), self.shared, self.noise, training)[:2] if self.pictures else None

        def batch() -> tuple[torch.Tensor, torch.Tensor]:
            if store is None:
                return draw_pairs((count, size), self.shared, self.noise, training)[:2]
            chosen = torch.rand(count, self.pictures, generator=training).argsort(-1)[:, :size, None]
            return tuple(side.take_along_dim(chosen, 1) for side in store)

        def bound(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            """InfoNCE, the mean of both directions: (replicates,)."""
            return both_ways(encoders(x) @ encoders(y).mT * log_scale.exp())

        @torch.no_grad()
        def fresh(pairs: int) -> np.ndarray:
            batches = math.ceil(pairs / size)
            values = [bound(*draw_pairs((count, size), self.shared, self.noise, judging)[:2]) for _ in range(batches)]
            return torch.stack(values).double().numpy()

        @torch.no_grad()
        def probes() -> np.ndarray:
            """Accuracy (layers, factors, replicates), the head before the backbone."""
            x, _, cards = draw_pairs((count, 2 * PROBED), self.shared, self.noise, judging)
            backbone, labels = encoders.backbone(x), cards.movedim(-1, 0)
            found = []
            for codes in (encoders.head(backbone), backbone):
                codes = codes.expand(len(FACTORS), *codes.shape)
                halves = codes[..., :PROBED, :], labels[..., :PROBED], codes[..., PROBED:, :], labels[..., PROBED:]
                found.append(linear_probe(*halves, classes=LEVELS).numpy())
            return np.stack(found)

        with one_thread():
            examples = tuple(side.numpy() for side in draw_pairs((SHOWN,), self.shared, self.noise, judging)[:2])
            every = max(1, self.steps // 50)
            steps, shown, judged, read = [], [], [], None
            for step in range(self.steps + 1):
                value = bound(*batch())
                if step % every == 0 or step == self.steps:
                    steps.append(step)
                    shown.append(value.detach().double().numpy())
                    judged.append(fresh(JUDGED if step == self.steps else size))
                    if step % (6 * every) == 0 or step == self.steps:
                        read = probes()
                    yield FactorCardsSnapshot(
                        self, step / self.steps, examples, np.array(steps), np.array(shown), np.stack([one.mean(0) for one in judged]),
                        judged[-1], read, (-log_scale).exp().detach().flatten().numpy(),
                    )
                if step < self.steps:
                    adam.zero_grad()
                    (-value.sum()).backward()
                    adam.step()


@dataclass(frozen=True, eq=False)
class FactorCardsSnapshot:
    """examples: pictures x and y of a few pairs, (6, 432) each. steps: (t,). shown, fresh: InfoNCE in nats on the batch of training and
    on fresh pictures, (t, replicates). batches: the last of these by batches, (batches, replicates); there are many at the end. probes: accuracy of
    a linear probe, (head and backbone, factors, replicates), of the latest time one was asked. temperatures: as they are now, (replicates,)."""

    study: FactorCards
    done: float
    examples: tuple[np.ndarray, np.ndarray]
    steps: np.ndarray
    shown: np.ndarray
    fresh: np.ndarray
    batches: np.ndarray
    probes: np.ndarray
    temperatures: np.ndarray

    @property
    def estimate(self) -> float:
        """InfoNCE on fresh pictures, mean over the replicates, in nats."""
        return float(self.fresh[-1].mean())

    @property
    def stderr(self) -> float:
        """Its standard error with these encoders; NaN while there is one batch each."""
        count, replicates = self.batches.shape
        return math.sqrt((self.batches.var(0, ddof=1) / count).sum()) / replicates if count > 1 else math.nan

    def frame(self) -> pd.DataFrame:
        """One row per evaluation and replicate, then one per probe."""
        import pandas as pd

        rows = [
            {"step": step, "replicate": replicate, "what": what, "value": values[place, replicate]}
            for place, step in enumerate(self.steps) for replicate in range(self.study.replicates)
            for what, values in (("training batch", self.shown), ("fresh pictures", self.fresh))
        ]
        rows += [
            {"step": self.steps[-1], "replicate": replicate, "what": f"probe of {factor}, {layer}", "value": accuracy}
            for layer, factors in zip(("head", "backbone"), self.probes) for factor, values in zip(FACTORS, factors)
            for replicate, accuracy in enumerate(values)
        ]
        return pd.DataFrame(rows)
