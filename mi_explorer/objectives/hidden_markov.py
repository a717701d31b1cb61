"""A small language with a known grammar: words come in moods, and how much a word's neighbours tell of it is exact."""

from __future__ import annotations

__all__ = ["Language"]

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

MOODS, WORDS = 3, 6


@dataclass(frozen=True)
class Language:
    """A hidden Markov chain. The mood, one of three, stays with probability ``stay`` from word to word and else becomes one of the
    others; each mood has two words of its own, which it uses with probability ``clear`` together, and else any of the others.
    All moods are equally frequent, and so are all words: H(word) = log 6.
    """

    stay: float
    clear: float

    @property
    def entropy(self) -> float:
        """H(word) in nats."""
        return float(np.log(WORDS))

    @property
    def transition(self) -> np.ndarray:
        return np.full((MOODS, MOODS), (1 - self.stay) / (MOODS - 1)) + (self.stay - (1 - self.stay) / (MOODS - 1)) * np.eye(MOODS)

    @property
    def emission(self) -> np.ndarray:
        """(moods, words)."""
        own = np.repeat(np.eye(MOODS), WORDS // MOODS, axis=1)
        return own * self.clear / 2 + (1 - own) * (1 - self.clear) / (WORDS - 2)

    def neighbours(self, span: int) -> np.ndarray:
        """p(the ``span`` words on one side, nearest first | mood in the middle): (moods,) + span times (words,). The chain reads the same
        in both directions, so this holds for either side."""
        after = np.ones((MOODS, 1))
        for _ in range(span):  # from the farthest word inwards
            step = np.einsum("ms,sw,sk->mwk", self.transition, self.emission, after)
            after = step.reshape(MOODS, -1)
        return after.reshape(MOODS, *[WORDS] * span)

    def joint(self, span: int) -> np.ndarray:
        """p(context, word): (words^(2 span), words). The context's words count as the digits of its number, from left to right."""
        side = self.neighbours(span)
        right = side.reshape(MOODS, -1)
        left = side.transpose(0, *range(span, 0, -1)).reshape(MOODS, -1)  # nearest last
        table = np.einsum("sl,sr,sw->lrw", left / MOODS, right, self.emission)
        return table.reshape(-1, WORDS)

    def mi(self, span: int) -> float:
        """I(word; ``span`` words on either side) in nats, by summing over all contexts."""
        joint = self.joint(span)
        independent = joint.sum(1, keepdims=True) * joint.sum(0)
        ratio = np.divide(joint, independent, out=np.ones_like(joint), where=joint > 0)
        return float((joint * np.log(ratio)).sum())

    def sample(self, sequences: int, length: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Words and moods, (sequences, length) each."""
        import torch

        transition, emission = torch.tensor(self.transition), torch.tensor(self.emission)
        mood, moods = torch.randint(MOODS, (sequences,), generator=generator), []
        for _ in range(length):
            moods.append(mood)
            mood = torch.multinomial(transition[mood], 1, generator=generator).squeeze(1)
        moods = torch.stack(moods, 1)
        words = torch.multinomial(emission[moods.flatten()], 1, generator=generator).view(sequences, length)
        return words, moods
