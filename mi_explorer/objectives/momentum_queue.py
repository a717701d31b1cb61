"""Many strangers for a small batch: a queue of old keys, and an encoder of keys that follows slowly (MoCo).

With a batch of 16 InfoNCE cannot pass log 16. Momentum contrast (He et al. 2020, arXiv:1911.05722) keeps the keys of earlier batches as
strangers. They were made by earlier encoders, so the encoder of keys must change slowly: after every step it becomes m times itself
plus (1 - m) times the encoder of queries.

What the loss shows on such a queue is no lower bound on the information: the partner is new and the strangers are old, so that
a query may recognise its partner by age. Only fresh pictures, both sides through the encoders as they are now, give a bound.
"""

from __future__ import annotations

__all__ = ["ARMS", "MomentumQueue", "MomentumQueueSnapshot"]

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.bounds import bounds
from mi_explorer.description import Description
from mi_explorer.objectives.cards import FACTORS, LEVELS, draw_pairs
from mi_explorer.objectives.contrastive import optimum
from mi_explorer.parameters import ParameterError, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

ARMS = ("momentum", "none", "batch")
LARGEST_RUN = 10**8  # scores in all: batch × queue × steps × replicates


@dataclass(frozen=True)
class MomentumQueue(Description):
    """Train three arms on the same factor cards, all factors shared: a queue with ``momentum``, the same with momentum 0, and no queue.

    Arguments:
        batch_size: queries a step. queue: keys that are kept, the strangers of every query.
        momentum: m, of the encoder of keys. temperature: of the scores.
        steps, learning_rate: of Adam. replicates: of every arm. seed: of starts and data.
    """

    what = "momentum queue"

    momentum: float = real(0.99, 0, 1, label="Momentum of the key encoder", slider=(0, 1, 0.01))
    queue: int = whole(1024, 2, 4096, label="Keys in the queue", slider=(16, 2048, 16))
    batch_size: int = whole(16, 2, 256, label="Batch size B", slider=(4, 128, 4))
    temperature: float = real(0.1, 0.01, 10, label="Temperature", slider=(0.05, 1, 0.05))
    learning_rate: float = real(1e-2, 0, 1, open=True, label="Learning rate")
    steps: int = whole(1000, 10, 10_000, label="Training steps", slider=(100, 3000, 100))
    replicates: int = whole(2, 1, 8, label="Replicates", slider=(1, 6, 1))
    noise: float = real(0.1, 0, 5, label="Noise on every pixel", slider=(0, 1, 0.05))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if self.queue < self.batch_size:
            raise ParameterError("queue", self.queue, f"at least the batch size, {self.batch_size}")
        cost = self.batch_size * self.queue * self.steps * self.replicates
        if cost > LARGEST_RUN:
            raise ParameterError("batch_size × queue × steps × replicates", cost, f"at most {LARGEST_RUN:,}")

    @property
    def truth(self) -> float:
        """What two views share, in nats."""
        return len(FACTORS) * math.log(LEVELS)

    @property
    def best(self) -> float:
        """The most that InfoNCE can have on average among as many strangers as the queue holds, in nats."""
        return optimum(self.queue + 1, LEVELS ** len(FACTORS))

    @property
    def best_of_batch(self) -> float:
        """The same among the strangers of a batch, without a queue."""
        return optimum(self.batch_size, LEVELS ** len(FACTORS))

    def carry_out(self) -> Iterator[MomentumQueueSnapshot]:
        import torch

        from mi_explorer.objectives.encoders import CardEncoders
        from mi_explorer.studies.trained import one_thread

        count, arms, size, tau = self.replicates, len(ARMS), self.batch_size, self.temperature
        training, judging = (torch.Generator().manual_seed(2 * self.seed + stream) for stream in (0, 1))
        queries = CardEncoders([self.seed + replicate for replicate in range(count) for _ in ARMS])
        keys = copy.deepcopy(queries).requires_grad_(False)
        momentum = torch.tensor([self.momentum, 0.0, 0.0]).repeat(count)[:, None, None]
        adam = torch.optim.Adam(queries.parameters(), lr=self.learning_rate, fused=True)

        def draw(pairs: int, generator: torch.Generator) -> list[torch.Tensor]:
            """The same pairs for every arm of a replicate: x and y (networks, pairs, 432)."""
            sides = draw_pairs((count, pairs), FACTORS, self.noise, generator)[:2]
            return [side.repeat_interleave(arms, 0) for side in sides]

        def split(values: torch.Tensor) -> torch.Tensor:
            return values.unflatten(0, (count, arms)).T  # (arms, replicates)

        @torch.no_grad()
        def fresh() -> np.ndarray:
            x, y = draw(self.queue + 1, judging)
            return split(bounds["infonce"].estimate(queries(x) @ keys(y).mT / tau)).double().numpy()

        with one_thread():
            with torch.no_grad():
                queue = keys(draw(self.queue, training)[1])
            every, place = max(1, self.steps // 25), 0
            steps, shown, judged = [], [], []
            for step in range(self.steps + 1):
                x, y = draw(size, training)
                asked = queries(x)
                with torch.no_grad():
                    new = keys(y)
                partner = (asked * new).sum(-1, keepdim=True)
                against = torch.cat([partner, asked @ queue.mT], -1) / tau
                with_queue = math.log(self.queue + 1) + (against[..., 0] - against.logsumexp(-1)).mean(-1)
                in_batch = bounds["infonce"].estimate(asked @ queries(y).mT / tau)
                values = torch.where(torch.tensor([arm == "batch" for arm in ARMS]).repeat(count), in_batch, with_queue)
                if step % every == 0 or step == self.steps:
                    steps.append(step)
                    shown.append(split(values.detach()).double().numpy())
                    judged.append(fresh())
                    yield MomentumQueueSnapshot(self, step / self.steps, np.array(steps), np.array(shown), np.array(judged))
                adam.zero_grad()
                (-values.sum()).backward()
                adam.step()
                with torch.no_grad():
                    for old, now in zip(keys.parameters(), queries.parameters()):
                        old.lerp_(now, 1 - momentum)
                    spots = (place + torch.arange(size)) % self.queue
                    queue[:, spots], place = new, (place + size) % self.queue


@dataclass(frozen=True, eq=False)
class MomentumQueueSnapshot:
    """steps: (t,). shown: what the loss says on the queue (in the last arm: on the batch), fresh: InfoNCE on fresh pictures among as many
    strangers as the queue holds; (t, arms, replicates), in nats. Arms in the order of ``ARMS``: the momentum of the study, momentum 0, no queue."""

    study: MomentumQueue
    done: float
    steps: np.ndarray
    shown: np.ndarray
    fresh: np.ndarray

    def frame(self) -> pd.DataFrame:
        """One row per evaluation, arm and replicate."""
        import pandas as pd

        return pd.DataFrame([
            {"step": step, "arm": name, "replicate": replicate, "shown": self.shown[at, arm, replicate], "fresh": self.fresh[at, arm, replicate]}
            for at, step in enumerate(self.steps) for arm, name in enumerate(ARMS) for replicate in range(self.study.replicates)
        ])
