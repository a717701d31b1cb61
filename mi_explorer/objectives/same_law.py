r"""Are x and y dependent? Have x and y the same law? Two questions, two divergences, and four ways to answer them.

    I(X; Y) = KL(p(x, y) || p(x) p(y))        zero when knowing x says nothing about y
    KL(p_Y || p_X)                            zero when x and y have the same distribution

Both are measured by the same Donsker-Varadhan bound (Donsker & Varadhan 1983; Belghazi et al. 2018, arXiv:1801.04062, eq. 10),
E_p[f] - log E_q[e^f], each with critics of its own.
"""

from __future__ import annotations

__all__ = ["CASES", "SameLaw", "SameLawSnapshot"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.parameters import ParameterError, choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd
    import torch

#: (are they dependent?, is y shifted?), in the order of all arrays.
CASES = ((False, False), (True, False), (False, True), (True, True))
MEASURES = ("mi", "kl")
LATTICE = 12  # whole numbers to either side: outside, a normal variable has a probability below 1e-16, shifted or not
SHOWN = 300
EVERY = 20  # steps between two measurements
FRESH = 4096  # pairs in a measurement; the last one takes LAST of them
LAST = 16_384
MOST = 5e7  # pairs times networks times hidden units in one step


@dataclass(frozen=True)
class SameLaw(Description):
    """Train critics for I(X; Y) and for KL(p_Y || p_X) in the four cases of ``CASES``, all in one batched step.

    Arguments:
        relation: of dependent pairs: "noisy", two normal variables of this ``correlation``; "copy", y is x itself, a normal variable
            rounded to whole numbers, so that I(X; X) = H(X) is finite. In this case independent pairs are rounded too.
        shift: of y, where it is shifted.
        steps, batch_size, width, learning_rate: of the training, with fresh pairs at every step. seeds: critics for each number, with
            pairs of their own. seed: of the random numbers.
    """

    what = "same-law"

    relation: str = choice("noisy", ("noisy", "copy"), label="Dependent means")
    correlation: float = real(0.9, -0.99, 0.99, label="Correlation ρ (of noisy pairs)", slider=(-0.95, 0.95, 0.05))
    shift: int = whole(2, 0, 3, label="Shift of y", slider=(0, 3, 1))
    steps: int = whole(600, 1, 20_000, label="Training steps", slider=(100, 2000, 50))
    seeds: int = whole(5, 2, 16, label="Critics for each number", slider=(2, 10, 1))
    batch_size: int = whole(256, 8, 4096, label="Batch size", slider=(32, 1024, 16))
    width: int = whole(32, 2, 256, label="Critic width", slider=(8, 128, 8))
    learning_rate: float = real(3e-3, 0, 0.1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if (size := self.seeds * self.batch_size * self.width) * 16 > MOST:
            raise ParameterError("seeds × batch_size × width", size, f"at most {MOST / 16:,.0f}")

    def lattice(self) -> np.ndarray:
        """Probabilities of the whole numbers -LATTICE ... LATTICE for a rounded standard normal variable."""
        edges = np.arange(-LATTICE, LATTICE + 2) - 0.5
        below = np.array([0.5 * math.erfc(-edge / math.sqrt(2)) for edge in edges])
        return np.diff(below)

    def truths(self) -> np.ndarray:
        """The exact I(X; Y) and KL(p_Y || p_X) of every case in nats: (cases, 2)."""
        if self.relation == "noisy":
            information, apart = -0.5 * math.log1p(-self.correlation**2), self.shift**2 / 2
        else:
            p = self.lattice()
            p = p[p > 0]
            information = float(-(p * np.log(p)).sum())
            apart = divergence(self.shift)
        return np.array([[information * dependent, apart * shifted] for dependent, shifted in CASES])

    def draw(self, pairs: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """x and y of every case and seed: (cases, seeds, pairs) each."""
        import torch

        shape = (len(CASES), self.seeds, pairs)
        x, y = torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)
        if self.relation == "copy":
            x, y = x.round(), y.round()
        for case, (dependent, shifted) in enumerate(CASES):
            if dependent and self.relation == "copy":
                y[case] = x[case]
            elif dependent:
                y[case] = self.correlation * x[case] + math.sqrt(1 - self.correlation**2) * y[case]
            y[case] += self.shift * shifted
        return x, y

    def carry_out(self) -> Iterator[SameLawSnapshot]:
        import torch

        from mi_explorer.critics import MLP
        from mi_explorer.studies.trained import one_thread

        with one_thread():
            generator = torch.Generator().manual_seed(self.seed)
            shown = [side[:, 0, :SHOWN].numpy() for side in self.draw(SHOWN, generator)]
            critics = MLP(2, self.width, self.width, 1, replicates=(len(CASES), len(MEASURES), self.seeds), generator=generator)
            optimiser = torch.optim.Adam(critics.parameters(), self.learning_rate, fused=True)
            curve: list[np.ndarray] = []
            yield SameLawSnapshot(self, 0.0, *shown, np.array([]), np.empty((0, len(CASES), 2, self.seeds)))
            for step in range(1, self.steps + 1):
                bound = donsker_varadhan(critics, *contrasted(*self.draw(self.batch_size, generator)))
                optimiser.zero_grad()
                (-bound.sum()).backward()
                optimiser.step()
                if step % EVERY == 0 or step == self.steps:
                    with torch.no_grad():
                        rows = self.draw(LAST if step == self.steps else FRESH, generator)
                        curve.append(in_parts(critics, *contrasted(*rows)).numpy())
                    at = np.minimum(EVERY * np.arange(1, len(curve) + 1), self.steps)
                    yield SameLawSnapshot(self, step / self.steps, *shown, at, np.array(curve))


def divergence(shift: int) -> float:
    """KL of a rounded standard normal variable moved by ``shift`` from one that is not, summed over whole numbers."""
    def log_cell(k: int) -> float:  # of the mirrored cell: far out in the other tail the difference would be lost
        k = abs(k)
        upper = [0.5 * math.erfc((k + side) / math.sqrt(2)) for side in (-0.5, 0.5)]
        return math.log(upper[0] - upper[1])

    return math.fsum(math.exp(log_cell(k)) * (log_cell(k) - log_cell(k + shift)) for k in range(-LATTICE, LATTICE + 1))


def contrasted(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What each critic sees under p and under q: (cases, 2, seeds, pairs, 2). For I: pairs, and each x with the next one's y. For
    KL: y under p, x under q, and a zero beside it."""
    import torch

    nothing = torch.zeros_like(x)
    under_p = torch.stack([torch.stack([x, y], -1), torch.stack([y, nothing], -1)], 1)
    under_q = torch.stack([torch.stack([x, y.roll(1, -1)], -1), torch.stack([x, nothing], -1)], 1)
    return under_p, under_q


def donsker_varadhan(critics, under_p: torch.Tensor, under_q: torch.Tensor) -> torch.Tensor:
    """E_p[f] - log E_q[e^f] of every critic: (cases, 2, seeds), in nats."""
    import torch

    pairs = under_p.shape[-2]
    scores = critics(torch.cat([under_p, under_q], -2), "exact").squeeze(-1)
    return scores[..., :pairs].mean(-1) - scores[..., pairs:].logsumexp(-1) + math.log(pairs)


def in_parts(critics, under_p: torch.Tensor, under_q: torch.Tensor, part: int = 2048) -> torch.Tensor:
    """The same over many rows, of which few are in memory at a time."""
    import torch

    firsts, seconds = [], []
    for p, q in zip(under_p.split(part, -2), under_q.split(part, -2)):
        firsts.append(critics(p, "exact").squeeze(-1).sum(-1))
        seconds.append(critics(q, "exact").squeeze(-1).logsumexp(-1))
    pairs = under_p.shape[-2]
    return torch.stack(firsts).sum(0) / pairs - torch.stack(seconds).logsumexp(0) + math.log(pairs)


@dataclass(frozen=True, eq=False)
class SameLawSnapshot:
    """x, y: some pairs of every case, (cases, pairs). steps: at which was measured, (m,). estimates: on fresh pairs, in nats:
    (m, cases, 2, seeds), MI before KL."""

    study: SameLaw
    done: float
    x: np.ndarray
    y: np.ndarray
    steps: np.ndarray
    estimates: np.ndarray

    @property
    def latest(self) -> np.ndarray:
        """(cases, 2, seeds), NaN before the first measurement."""
        return self.estimates[-1] if len(self.estimates) else np.full((len(CASES), 2, self.study.seeds), math.nan)

    def frame(self) -> pd.DataFrame:
        """One row per step, case, measure and seed."""
        import pandas as pd

        truths = self.study.truths()
        return pd.DataFrame([
            {
                "step": step, "dependent": CASES[case][0], "shifted": CASES[case][1], "measure": measure, "seed": seed,
                "truth": truths[case, place], "estimate": self.estimates[row, case, place, seed],
            }
            for row, step in enumerate(self.steps) for case in range(len(CASES)) for place, measure in enumerate(MEASURES)
            for seed in range(self.study.seeds)
        ], columns=["step", "dependent", "shifted", "measure", "seed", "truth", "estimate"])
