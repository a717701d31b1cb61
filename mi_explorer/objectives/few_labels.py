"""What the frozen code is good for: reading digits from a few labels, also digits that contrast has never seen.

An encoder is trained by contrast on digits without labels, and frozen. Then a few digits of each kind are labelled, and a linear probe
on the code stands beside one on raw pixels, one on the untrained network, and the same network trained from nothing on these labels. All of
them get gentle views of the labelled digits, so that contrast is not alone in knowing what leaves a digit that digit. The network from
nothing takes nearly all of the time: it is trained for the first draw of labels only.
"""

from __future__ import annotations

__all__ = ["ARMS", "COUNTS", "FewLabels", "FewLabelsSnapshot"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

ARMS = ("contrast", "scratch", "random", "raw")
COUNTS = (1, 2, 5, 20, 100)
ROWS = 500  # gentle views of the labelled digits, together, on which a probe is fitted, where the digits are fewer
BLOCK = 50  # steps for which the network from nothing gets its views at once, and between two snapshots
OLD = 5  # digits below this are those that contrast sees, where the others are the task


@dataclass(frozen=True)
class FewLabels(Description):
    """Learn by contrast, freeze the code, and read digits from 1, 2, 5, ... labels of each kind.

    Arguments:
        task: "all": contrast on all ten digits (unlabelled), which are the task too; "unseen": contrast on 0 to 4, task 5 to 9.
        steps: of contrast. scratch: steps of the network that starts from nothing.
        draws: how often the labelled digits are drawn; the range of the probes is over these. temperature, batch_size, learning_rate: as in
            ``DigitContrast``. seed: of everything.
    """

    what = "few labels"

    task: str = choice("all", ("all", "unseen"), label="Contrast has seen")
    steps: int = whole(200, 0, 5000, label="Steps of contrast, without labels", slider=(0, 500, 10))
    scratch: int = whole(240, 10, 1000, label="Steps of the network from nothing", slider=(20, 600, 20))
    draws: int = whole(2, 1, 10, label="Draws of the labelled digits", slider=(1, 5, 1))
    temperature: float = real(0.2, 0.01, 10, label="Temperature", slider=(0.05, 1, 0.05))
    batch_size: int = whole(128, 4, 512, label="Batch size B", slider=(8, 256, 8))
    learning_rate: float = real(5e-3, 0, 1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    __post_init__ = validate

    @property
    def kinds(self) -> range:
        """The digits that have to be told apart."""
        return range(10) if self.task == "all" else range(OLD, 10)

    def carry_out(self) -> Iterator[FewLabelsSnapshot]:
        import torch

        from mi_explorer.objectives.digit_encoders import Contrast, Supervised, accuracy
        from mi_explorer.objectives.placed_digits import GENTLE, place, places, split
        from mi_explorer.studies.trained import one_thread

        digits, labels, others, other_labels = split()
        source = digits if self.task == "all" else digits[labels < OLD]
        mine, theirs = labels >= self.kinds[0], other_labels >= self.kinds[0]
        digits, labels, others, other_labels = digits[mine], labels[mine], others[theirs], other_labels[theirs]
        training, drawing = (torch.Generator().manual_seed(100 * self.seed + stream) for stream in (0, 1))
        bounds: list[float] = []
        found = np.full((len(ARMS), len(COUNTS), self.draws), np.nan)
        size = min(self.batch_size, len(source))

        def snapshot(done: float) -> FewLabelsSnapshot:
            return FewLabelsSnapshot(self, done, np.array(bounds), found.copy())

        def gentle(chosen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
            return GENTLE.draw(chosen, places(len(chosen), generator), generator)

        with one_thread():
            learner, untrained = (Contrast(self.seed, self.learning_rate, self.temperature) for _ in range(2))
            share = 0.3 if self.steps else 0.0
            for step in range(1, self.steps + 1):
                chosen = source[torch.randperm(len(source), generator=training)[:size]]
                bounds.append(-learner.advance(gentle(chosen, training), gentle(chosen, training)))
                if step % 5 == 1:
                    yield snapshot(share * step / self.steps)
            asking = place(others, drawing)
            starts = range(0, self.scratch, BLOCK)
            piece, pieces = 0, len(COUNTS) * (len(starts) + self.draws)
            orders = [torch.randperm(len(digits), generator=drawing) for _ in range(self.draws)]  # first: how long an arm trains must not change them
            for draw, order in enumerate(orders):
                for at, count in enumerate(COUNTS):
                    known = torch.cat([order[labels[order] == kind][:count] for kind in self.kinds])
                    copies = known.repeat(max(1, ROWS // len(known)))
                    asked, answers = gentle(digits[copies], drawing), labels[copies]
                    read = (learner.codes, None, untrained.codes, lambda pictures: pictures.flatten(1))
                    for arm, code in enumerate(read):
                        if code:
                            found[arm, at, draw] = accuracy(code(asked), answers, code(asking), other_labels)
                    if draw == 0:
                        beginner = Supervised(self.seed, self.learning_rate)
                        for start in starts:
                            shape = min(BLOCK, self.scratch - start), min(64, 2 * len(known))
                            some = known[torch.randint(len(known), shape, generator=drawing)]
                            pictures = gentle(digits[some.flatten()], drawing).unflatten(0, shape)
                            for batch, which in zip(pictures, some):
                                beginner.advance(batch, labels[which])
                            piece += 1
                            yield snapshot(share + (1 - share) * piece / pieces)
                        found[ARMS.index("scratch"), at, draw] = beginner.accuracy(asking, other_labels)
                    piece += 1
                    yield snapshot(share + (1 - share) * piece / pieces)


@dataclass(frozen=True, eq=False)
class FewLabelsSnapshot:
    """bounds: InfoNCE on the training batch at every step of contrast so far, in nats. accuracy: on fresh digits, (arms, counts, draws), NaN where
    not (yet) known; arms in the order of ``ARMS``, counts that of ``COUNTS``, labels per digit."""

    study: FewLabels
    done: float
    bounds: np.ndarray
    accuracy: np.ndarray

    @property
    def known(self) -> int:
        """How many of the counts are known of every arm."""
        return int(np.isfinite(self.accuracy[ARMS.index("scratch"), :, 0]).sum())

    def mean(self, arm: str, at: int) -> float:
        """Over the draws that are known."""
        return float(np.nanmean(self.accuracy[ARMS.index(arm), at]))

    def frame(self) -> pd.DataFrame:
        """One row per arm, count and draw that is known."""
        import pandas as pd

        return pd.DataFrame([
            {"arm": name, "labels_per_digit": count, "draw": draw, "accuracy": self.accuracy[arm, at, draw]}
            for arm, name in enumerate(ARMS) for at, count in enumerate(COUNTS) for draw in range(self.study.draws)
            if np.isfinite(self.accuracy[arm, at, draw])
        ])
