r"""Contrast without a decoder, and an autoencoder with the same encoder, on digits in front of loud backgrounds.

Every picture is a digit, in light ink or in dark, before a smooth random background. Two views of one digit share nothing but
the digit: ink, background and noise are drawn anew. What the views share is at most log N for N digits, and InfoNCE on batches of B
(van den Oord et al. 2018, arXiv:1807.03748) at most log B, whatever else fills the picture. An autoencoder is asked for the picture instead,
and the background is most of the picture.
"""

from __future__ import annotations

__all__ = ["ARMS", "NoDecoder", "NoDecoderSnapshot"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.contrastive import both_ways
from mi_explorer.objectives.labelled_digits import TRAIN, probe, shuffled
from mi_explorer.parameters import ParameterError, choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd
    import torch

ARMS = ("autoencoder", "contrast")
SIDE = 8
WAVES, FASTEST = 3, 0.15  # in a background; cycles per pixel at most
NOISE = 0.05
SHOWN = 6
POINTS = 10  # at which the codes are probed
MOST = 1.2e7  # pictures times seeds times hidden units in one step


@dataclass(frozen=True)
class NoDecoder(Description):
    """Train both arms from the same start, on the same pictures and in one batched step, and read the digit from their codes.

    Arguments:
        share: what two views have in common: the "digit", or, to see what that does, the "background" with another digit on it.
        loudness: of the background; the ink of a digit has strength 1.
        code: numbers that the encoder, an MLP, answers with. temperature: of the contrast between cosines.
        steps, batch_size, width, learning_rate: of the training. seeds: networks of each arm. seed: of everything drawn.
    """

    what = "no-decoder"

    share: str = choice("digit", ("digit", "background"), label="Two views share")
    loudness: float = real(1.0, 0, 5, label="Loudness of the background", slider=(0, 3, 0.1))
    code: int = whole(16, 2, 64, label="Numbers in the code", slider=(2, 64, 2))
    temperature: float = real(0.2, 0.01, 5, label="Temperature", slider=(0.05, 1, 0.05))
    steps: int = whole(400, 1, 10_000, label="Training steps", slider=(100, 2000, 50))
    seeds: int = whole(4, 2, 8, label="Networks of each kind", slider=(2, 8, 1))
    batch_size: int = whole(128, 8, 1024, label="Batch size B", slider=(16, 512, 16))
    width: int = whole(128, 4, 512, label="Width of the encoder", slider=(16, 256, 16))
    learning_rate: float = real(3e-3, 0, 0.1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if (size := self.seeds * self.batch_size * self.width) * 4 > MOST:
            raise ParameterError("seeds × batch_size × width", size, f"at most {MOST / 4:,.0f}")

    def ceiling(self) -> float:
        """What InfoNCE can show at most, in nats."""
        return math.log(self.batch_size)

    def carry_out(self) -> Iterator[NoDecoderSnapshot]:
        import torch

        from mi_explorer.studies.trained import one_thread

        with one_thread():
            digits, generator = shuffled(self.seed), torch.Generator().manual_seed(self.seed)
            images = torch.from_numpy(digits.images)
            behind = backgrounds((len(images),), self.loudness, generator)
            pictures = before(images, behind, generator)
            raw = np.array([probe(pictures.numpy(), digits.labels), probe(digits.images, digits.labels)])
            arms = Arms(self, generator)
            marks = sorted({round(self.steps * point / POINTS) for point in range(POINTS + 1)})
            accuracy, hears, bound = [], [], []
            codes, drawn = arms.look(pictures)
            for step in range(self.steps + 1):
                if step in marks:
                    codes, drawn = arms.look(pictures)
                    accuracy.append([[probe(code, digits.labels) for code in arm] for arm in codes])
                    hears.append([[explained(code, behind.numpy()) for code in arm] for arm in codes])
                    bound.append(arms.bound(*self.views(images[TRAIN:], generator)).numpy())
                if step in marks or step % 20 == 0:
                    yield NoDecoderSnapshot(
                        self, step / self.steps, np.array(marks[: len(accuracy)]), np.array(accuracy), np.array(hears), np.array(bound),
                        raw, pictures.numpy(), digits.images, codes[:, 0], drawn,
                    )
                if step < self.steps:
                    arms.advance(*self.views(images[:TRAIN], generator))

    def views(self, images: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Two views, (seeds, batch_size, 64) each, that share what ``share`` says."""
        import torch

        def some() -> torch.Tensor:
            return images[torch.randint(0, len(images), shape, generator=generator)]

        def behind() -> torch.Tensor:
            return backgrounds(shape, self.loudness, generator)

        shape = (self.seeds, self.batch_size)
        digit, background = some(), behind()
        first = before(digit, background, generator)
        if self.share == "digit":
            return first, before(digit, behind(), generator)
        return first, before(some(), background, generator)


class Arms:
    """The networks of a study in training: encoders (arm, seed), decoders for the first arm only."""

    def __init__(self, study: NoDecoder, generator: torch.Generator):
        import torch

        from mi_explorer.critics import MLP

        self.study, sizes = study, (SIDE**2, study.width, study.width // 2, study.code)
        self.encoders = MLP(*sizes, replicates=(len(ARMS), study.seeds), generator=generator)
        with torch.no_grad():
            for weights in self.encoders.parameters():
                weights[1] = weights[0]  # both arms begin alike
        self.decoders = MLP(*reversed(sizes), replicates=(study.seeds,), generator=generator)
        self.optimiser = torch.optim.Adam([*self.encoders.parameters(), *self.decoders.parameters()], study.learning_rate, fused=True)

    def advance(self, one: torch.Tensor, other: torch.Tensor) -> None:
        import torch

        rows = torch.cat([one, other], -2)
        to_draw, to_tell_apart = self.encoders(rows, "exact")
        error = (self.decoders(to_draw, "exact") - rows).square().mean((-1, -2))
        loss = error.sum() - self.infonce(*to_tell_apart.chunk(2, -2)).sum()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def infonce(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """The bound for codes (seeds, B, code) of two views, the mean of both directions: (seeds,), in nats."""
        import torch

        one, other = (torch.nn.functional.normalize(code, dim=-1) for code in (one, other))
        return both_ways(one @ other.mT / self.study.temperature)

    def bound(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        import torch

        with torch.no_grad():
            return self.infonce(*(self.encoders(view, "exact")[1] for view in (one, other)))

    def look(self, pictures: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Codes of pictures (n, 64): (arm, seed, n, code), on the sphere for contrast, which knows directions only; and what the first
        autoencoder draws from the first few codes of the test part."""
        import torch

        with torch.no_grad():
            codes = self.encoders(pictures, "exact")
            drawn = self.decoders(codes[0, :, TRAIN:TRAIN + SHOWN], "exact")[0]
            codes[1] = torch.nn.functional.normalize(codes[1], dim=-1)
            return codes.numpy(), drawn.numpy()


def backgrounds(shape: tuple[int, ...], loudness: float, generator: torch.Generator) -> torch.Tensor:
    """Sums of a few plane waves of random direction, length and phase: (*shape, 64), at most ``loudness`` either way."""
    import torch

    row, column = torch.meshgrid(torch.arange(float(SIDE)), torch.arange(float(SIDE)), indexing="ij")
    place = 2 * math.pi * torch.stack([column.flatten(), row.flatten()])
    pitch = FASTEST * (2 * torch.rand(*shape, WAVES, 2, generator=generator) - 1)
    phase = 2 * math.pi * torch.rand(*shape, WAVES, 1, generator=generator)
    return loudness * torch.cos(pitch @ place + phase).mean(-2)


def before(images: torch.Tensor, behind: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Digits in light ink or in dark before backgrounds, with a little noise: (..., 64)."""
    import torch

    ink = 2.0 * torch.randint(0, 2, (*images.shape[:-1], 1), generator=generator) - 1
    return behind + ink * images + NOISE * torch.randn(images.shape, generator=generator)


def explained(codes: np.ndarray, behind: np.ndarray) -> float:
    """Share of the background's variance that a linear map of the code foretells on rows it was not fitted to; NaN without background."""
    if not behind.any():
        return math.nan
    rows = np.c_[codes, np.ones(len(codes))].astype(np.float64)
    weights = np.linalg.lstsq(rows[:TRAIN], behind[:TRAIN], rcond=None)[0]
    rest = behind[TRAIN:] - rows[TRAIN:] @ weights
    return float(1 - (rest**2).sum() / ((behind[TRAIN:] - behind[:TRAIN].mean(0)) ** 2).sum())


@dataclass(frozen=True, eq=False)
class NoDecoderSnapshot:
    """steps: at which the codes were probed, (m,). accuracy: of the probe for the digit, and background: the share of its variance that
    the code foretells, (m, arm, seed). bound: InfoNCE of the contrast arm on digits it was not trained on, in nats, (m, seed). raw: the
    probe on the pictures themselves, and on the digits without ink, background and noise. pictures (n, 64) and the digits in them (n, 64),
    codes (arm, n, code) of the first networks, and drawn: what the autoencoder makes of the first SHOWN test pictures."""

    study: NoDecoder
    done: float
    steps: np.ndarray
    accuracy: np.ndarray
    background: np.ndarray
    bound: np.ndarray
    raw: np.ndarray
    pictures: np.ndarray
    digits: np.ndarray
    codes: np.ndarray
    drawn: np.ndarray

    def nearest(self, arm: int) -> np.ndarray:
        """The digits in the training pictures whose codes lie nearest to those of the first test pictures: (SHOWN, 64)."""
        asked, known = self.codes[arm, TRAIN:TRAIN + SHOWN], self.codes[arm, :TRAIN]
        distance = ((asked[:, None] - known) ** 2).sum(-1)
        return self.digits[distance.argmin(1)]

    def frame(self) -> pd.DataFrame:
        """One row per step, arm and seed."""
        import pandas as pd

        return pd.DataFrame([
            {
                "step": step, "arm": arm, "seed": seed, "digit_accuracy": self.accuracy[row, place, seed],
                "background_explained": self.background[row, place, seed], "infonce": self.bound[row, seed] if arm == "contrast" else math.nan,
            }
            for row, step in enumerate(self.steps) for place, arm in enumerate(ARMS) for seed in range(self.study.seeds)
        ])
