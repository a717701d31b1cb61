r"""Channels and their capacity: the most that any input can send, found by Blahut and Arimoto's iteration.

From input probabilities p, let q(y) = sum p(x) W(y|x) and D(x) = sum_y W(y|x) log W(y|x)/q(y). The input sends I = sum p D nats a
symbol, no input sends more than max D, and the next input is p e^D, made of sum one (Blahut 1972, IEEE Trans. Inform. Theory 18, 460;
Arimoto 1972, 18, 14). So every iterate comes with a proof of how far it can be from the capacity C: I <= C <= max D.

Closed forms, with H the binary entropy (Cover & Thomas 2006, sec. 7.1 and problem 7.8):

    symmetric: log 2 - H(e)      erasure: (1 - e) log 2      Z: log(1 + exp(-H(e) / (1 - e)))
"""

from __future__ import annotations

__all__ = ["CHANNELS", "Capacity", "CapacitySnapshot", "blahut_arimoto", "closed_form", "information"]

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import BinaryErasureChannel, SymmetricChannel, ZChannel
from mi_explorer.objectives.finite import entropy, pace, transition
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

CHANNELS = {
    "symmetric": lambda noise: SymmetricChannel(symbols=2, error=noise),
    "erasure": lambda noise: BinaryErasureChannel(erasure=noise),
    "z": lambda noise: ZChannel(error=noise),
}
PROVEN = 1e-14  # nats: nearer than this the two sides of the proof are rounding errors
WATCHED = 20  # iterations that are shown one by one; from there on each snapshot has a tenth more


@dataclass(frozen=True)
class Capacity(Description):
    """Begin with an input of one's own choice, and improve it until it sends as much as the channel can.

    Arguments:
        channel: "symmetric" flips a bit, "erasure" loses it and says so, "z" turns a 1 into a 0; each with probability ``noise``.
        p: how often the first input sends a 1.
        iterations: at most so many; it ends earlier where I and max D agree.
        pace: seconds to wait after each of the first iterations.
    """

    what = "capacity"

    channel: str = choice("z", tuple(CHANNELS), label="Channel")
    noise: float = real(0.5, 0, 1, label="Noise: how often a bit is damaged", slider=(0, 1, 0.01))
    p: float = real(0.1, 0.001, 0.999, label="Input: how often a 1 is sent", slider=(0.01, 0.99, 0.01))
    iterations: int = whole(2000, 1, 100_000, label="Iterations at most", slider=(100, 5000, 100))
    pace: float = pace()

    def __post_init__(self):
        validate(self)

    @property
    def matrix(self) -> np.ndarray:
        """W(y|x): (2, 2), or (2, 3) with "erased" last."""
        return transition(CHANNELS[self.channel](self.noise))

    @property
    def truth(self) -> float:
        return closed_form(self.channel, self.noise)

    def carry_out(self) -> Iterator[CapacitySnapshot]:
        steps, matrix = [], self.matrix
        for count, step in enumerate(blahut_arimoto(matrix, np.array([1 - self.p, self.p])), 1):
            steps.append(step)
            proven = step[2] - step[1] <= PROVEN
            last = proven or count == self.iterations
            if last or count <= WATCHED or count % max(1, len(steps) // 10) == 0:
                p, mi, most = (np.array(column) for column in zip(*steps))
                yield CapacitySnapshot(self, 1.0 if last else count / self.iterations, p[:, 1], mi, most)
                time.sleep(self.pace if count <= WATCHED and not last else 0)
            if last:
                return


def blahut_arimoto(matrix: np.ndarray, p: np.ndarray) -> Iterator[tuple[np.ndarray, float, float]]:
    """Input probabilities (kx,), what they send, and what no input can exceed, in nats; again and again without end.

    Arguments:
        matrix: W(y|x), (kx, ky). p: the first input, nowhere 0.
    """
    while True:
        divergence = divergences(matrix, p)
        yield p, float(p @ divergence), float(divergence.max())
        p = p * np.exp(divergence - divergence.max())
        p = p / p.sum()


def divergences(matrix: np.ndarray, p: np.ndarray) -> np.ndarray:
    """D(W(.|x) || q) for every x: (kx,), where 0 log 0 is 0 and every x is sent now and then."""
    ratio = np.where(matrix > 0, matrix, 1) / np.where(matrix > 0, p @ matrix, 1)
    return (matrix * np.log(ratio)).sum(1)


def information(matrix: np.ndarray, p: np.ndarray) -> float:
    """I(X;Y) in nats for input probabilities p (kx,) and W(y|x) (kx, ky)."""
    sent = p > 0
    return float(p[sent] @ divergences(matrix[sent], p[sent]))


def closed_form(channel: str, noise: float) -> float:
    """The capacity in nats, from the formula."""
    doubt = entropy((noise, 1 - noise))
    if channel == "symmetric":
        return math.log(2) - doubt
    if channel == "erasure":
        return (1 - noise) * math.log(2)
    return math.log1p(math.exp(-doubt / (1 - noise))) if noise < 1 else 0.0


@dataclass(frozen=True, eq=False)
class CapacitySnapshot:
    """Of every input so far, the chosen one first, (iterations,) each. p: how often it sends a 1. mi: what it sends. most: what no
    input can exceed; in nats."""

    study: Capacity
    done: float
    p: np.ndarray
    mi: np.ndarray
    most: np.ndarray

    @property
    def proven(self) -> float:
        """How far the last input can be from the capacity, at the very most."""
        return max(float(self.most[-1] - self.mi[-1]), 0.0)

    @cached_property
    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """What every input would send: p and nats."""
        p = np.linspace(0, 1, 201)
        return p, np.array([information(self.study.matrix, np.array([1 - a, a])) for a in p])

    def frame(self) -> pd.DataFrame:
        """One row per input; the first is the chosen one."""
        import pandas as pd

        columns = {"p": self.p, "mi": self.mi, "no_input_exceeds": self.most}
        return pd.DataFrame({"iteration": np.arange(len(self.p)), **columns, "closed_form": self.study.truth})
