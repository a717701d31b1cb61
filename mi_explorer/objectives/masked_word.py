r"""A masked word and its neighbours: the loss of a language model is a lower bound on mutual information, if it is held out.

A network sees ``span`` words on either side of a mask and gives probabilities q for the word behind it. With the cross-entropy
CE = -E log q,

    H(word) - CE = I(word; context) - E KL(p(word | context) || q),

which is the bound of Barber & Agakov 2003. It holds for the expectation over the language, and for fresh sentences up to chance. On the
sentences of the training it is no bound at all: a network that has learned few sentences by heart passes the truth there.
The language is small enough for I(word; context) to be summed over all contexts.
"""

from __future__ import annotations

__all__ = ["ARMS", "MaskedWord", "MaskedWordSnapshot"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.hidden_markov import WORDS, Language
from mi_explorer.parameters import real, validate, whole

if TYPE_CHECKING:
    import pandas as pd
    import torch

ARMS = ("many", "few")
WHERE = ("training", "fresh", "exact")
LENGTH = 32  # words in a sentence
HELD_OUT = 3000  # sentences for every measurement
EVERY = 10  # steps between measurements
SHOWN = 9  # words of the sentence in the picture


@dataclass(frozen=True)
class MaskedWord(Description):
    """Train two networks to guess masked words, from many sentences and from few; ask both on fresh ones.

    Arguments:
        span: words seen on either side of the mask. sentences, few: of 32 words each, in the two training sets.
        stay, clear: of the language, see ``Language``.
        replicates: networks of each kind, with training sets of their own. steps, batch_size, width, learning_rate, seed: of the training;
            two hidden layers.
    """

    what = "masked_word"

    span: int = whole(2, 1, 3, label="Words seen on either side", slider=(1, 3, 1))
    sentences: int = whole(2000, 2, 5000, label="Training sentences: many", slider=(100, 5000, 100))
    few: int = whole(100, 2, 5000, label="Training sentences: few", slider=(10, 1000, 10))
    stay: float = real(0.9, 0, 1, label="How long a mood lasts: P(stays)", slider=(0, 1, 0.01))
    clear: float = real(0.95, 0, 1, label="How clear a mood is: P(its own words)", slider=(0, 1, 0.01))
    steps: int = whole(600, 10, 20_000, label="Training steps", slider=(100, 2000, 100))
    replicates: int = whole(3, 1, 8, label="Replicates", slider=(1, 5, 1))
    width: int = whole(64, 1, 256, label="Width of the networks", slider=(8, 128, 8))
    batch_size: int = whole(512, 8, 4096, label="Masked words in a batch", slider=(32, 2048, 16))
    learning_rate: float = real(5e-3, 0, 1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    @property
    def language(self) -> Language:
        return Language(self.stay, self.clear)

    def truths(self) -> dict[int, float]:
        """I(word; context) for every span, in nats."""
        return {span: self.language.mi(span) for span in (1, 2, 3)}

    def carry_out(self) -> Iterator[MaskedWordSnapshot]:
        import torch

        from mi_explorer.objectives.recurrent import Layers
        from mi_explorer.studies.trained import one_thread

        language, truths, entropy = self.language, self.truths(), self.language.entropy
        names = [arm for arm in ARMS for _ in range(self.replicates)]
        with one_thread():
            generator = torch.Generator().manual_seed(self.seed)
            exact = torch.tensor(language.joint(self.span), dtype=torch.float32)
            training = [self.masked(language.sample(self.sentences if arm == "many" else self.few, LENGTH, generator)[0]) for arm in names]
            words, moods = (part[:, :SHOWN] for part in language.sample(HELD_OUT, LENGTH, generator))
            fresh = frequencies(self.masked(language.sample(HELD_OUT, LENGTH, generator)[0]), exact.shape)
            seen = torch.stack([frequencies(pairs, exact.shape) for pairs in training])
            example = int((moods[:, SHOWN // 2 - 1] != moods[:, SHOWN // 2 + 1]).int().argmax())  # the neighbours disagree, if they ever do
            asked = number(self.masked(words[example : example + 1, SHOWN // 2 - self.span : SHOWN // 2 + self.span + 1])[0])[0]
            every_context = one_hot(digits(len(exact), 2 * self.span))
            network = Layers(len(names), (2 * self.span * WORDS, self.width, self.width, WORDS), generator)
            optimiser = torch.optim.Adam(network.parameters, self.learning_rate, fused=True)  # at one rate: the few are to be learned by heart
            measures = EVERY if self.span < 3 else 5 * EVERY  # there are 46,656 contexts of three words a side
            steps, known = [], []

            def measure() -> tuple[np.ndarray, np.ndarray]:
                """H - CE on the training set, on fresh sentences and over the whole language, (3, arms, replicates); what the networks say
                in the example."""
                with torch.no_grad():
                    logs = torch.cat([network(part.expand(len(names), -1, -1)).log_softmax(-1) for part in every_context.split(4096)], 1)
                found = [(weights * logs).sum((-2, -1)) for weights in (seen, fresh, exact)]
                guesses = logs[:: self.replicates, asked].exp().numpy()
                return entropy + torch.stack(found).view(3, len(ARMS), -1).numpy(), guesses

            for step in range(1, self.steps + 1):
                contexts, targets = [], []
                for context, target in training:
                    rows = torch.randint(len(target), (self.batch_size,), generator=generator)
                    contexts.append(context[rows])
                    targets.append(target[rows])
                logs = network(one_hot(torch.stack(contexts))).log_softmax(-1)
                optimiser.zero_grad()
                (-logs.gather(-1, torch.stack(targets).unsqueeze(-1)).mean((-2, -1)).sum()).backward()
                optimiser.step()
                if step == 1 or step % measures == 0 or step == self.steps:
                    found, guesses = measure()
                    steps.append(step)
                    known.append(found)
                    shown = words[example].numpy(), moods[example].numpy()
                    sentence = Sentence(*shown, (exact[asked] / exact[asked].sum()).numpy(), dict(zip(ARMS, guesses)))
                    yield MaskedWordSnapshot(self, step / self.steps, truths, np.array(steps), np.array(known), sentence)

    def masked(self, sentences: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Contexts (n, 2 span) and words (n,): every word masked in turn that has enough neighbours in its sentence."""
        windows = sentences.unfold(1, 2 * self.span + 1, 1).flatten(0, 1)
        around = [*range(self.span), *range(self.span + 1, 2 * self.span + 1)]
        return windows[:, around], windows[:, self.span]


def number(contexts: torch.Tensor) -> torch.Tensor:
    """The number of a context, as in ``Language.joint``."""
    place = 0
    for column in contexts.unbind(-1):
        place = WORDS * place + column
    return place


def digits(count: int, length: int) -> torch.Tensor:
    """All contexts in the order of their numbers, (count, length)."""
    import torch

    return torch.stack([torch.arange(count) // WORDS**power % WORDS for power in reversed(range(length))], -1)


def one_hot(contexts: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.nn.functional.one_hot(contexts, WORDS).flatten(-2).float()


def frequencies(pairs: tuple[torch.Tensor, torch.Tensor], shape: tuple[int, int]) -> torch.Tensor:
    """How often each word stood in each context, of 1: a table like ``Language.joint``."""
    contexts, words = pairs
    places = number(contexts) * WORDS + words
    return places.bincount(minlength=shape[0] * shape[1]).view(shape) / len(words)


@dataclass(frozen=True, eq=False)
class Sentence:
    """words, moods: of a sentence that was held out, (SHOWN,), its middle word being masked. exact: p(word | context), (WORDS,);
    guesses: of the first network of each arm, (WORDS,)."""

    words: np.ndarray
    moods: np.ndarray
    exact: np.ndarray
    guesses: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class MaskedWordSnapshot:
    """truths: I(word; context) by span, exact. steps: at which there was a measurement, (k,). known: H - CE in nats on the training set, on
    fresh sentences and over the whole language, (k, 3, arms, replicates), in the order of ARMS."""

    study: MaskedWord
    done: float
    truths: dict[int, float]
    steps: np.ndarray
    known: np.ndarray
    sentence: Sentence

    @property
    def truth(self) -> float:
        return self.truths[self.study.span]

    def curve(self, where: str, arm: str) -> np.ndarray:
        """H - CE at every step measured, (k, replicates); where: "training", "fresh" or "exact"."""
        return self.known[:, WHERE.index(where), ARMS.index(arm)]

    def frame(self) -> pd.DataFrame:
        """One row per measurement, arm, place and replicate."""
        import pandas as pd

        return pd.DataFrame([
            {"step": step, "sentences": arm, "measured_on": where, "replicate": replicate, "bound": value, "truth": self.truth}
            for where in WHERE for arm in ARMS for step, values in zip(self.steps, self.curve(where, arm))
            for replicate, value in enumerate(values)
        ])
