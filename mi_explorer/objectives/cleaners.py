"""Autoencoders in training, plain and denoising: the arms of ``Denoising``."""

from __future__ import annotations

__all__ = ["Cleaners"]

import numpy as np
import torch

from mi_explorer.critics import MLP
from mi_explorer.objectives.denoising import ARMS, POOL, SHOWN, Cleaning, Denoising, Known, wiener
from mi_explorer.objectives.labelled_digits import shuffled

PIXELS = 64


class Cleaners:
    """Both arms and all seeds in one batched step; runs are ordered by arm, then seed. Both arms see the same images in the same order."""

    def __init__(self, study: Denoising):
        self.study = study
        self.random = torch.Generator().manual_seed(study.seed)
        pixels = shuffled(0).images.astype(np.float64)
        self.train, self.test = (torch.tensor(part, dtype=torch.float32) for part in (pixels[: study.images], pixels[POOL:]))
        self.noisy = self.test + study.sigma * torch.randn(self.test.shape, generator=self.random)
        filtered = wiener(pixels[: study.images], self.noisy.double().numpy(), study.sigma)
        error = float(((filtered - pixels[POOL:]) ** 2).mean())
        self.known = Known(pixels[POOL : POOL + SHOWN], self.noisy[:SHOWN].numpy(), filtered[:SHOWN], error)
        self.noise = torch.tensor([study.sigma if arm == "denoising" else 0.0 for arm in ARMS])[:, None, None, None]
        sizes = PIXELS, study.width, study.units, study.width, PIXELS
        self.network = MLP(*sizes, replicates=(len(ARMS) * study.seeds,), generator=self.random)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=study.learning_rate, fused=True)

    def apply(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(images.expand(len(ARMS) * self.study.seeds, -1, -1), "exact")

    def advance(self) -> None:
        study = self.study
        chosen = self.train[torch.randint(study.images, (study.seeds, study.batch_size), generator=self.random)]
        seen = chosen + self.noise * torch.randn(len(ARMS), *chosen.shape, generator=self.random)
        loss = ((self.network(seen.flatten(0, 1), "exact") - chosen.repeat(len(ARMS), 1, 1)) ** 2).mean((1, 2)).sum()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    @torch.no_grad()
    def look(self) -> Cleaning:
        def errors(given: torch.Tensor, wanted: torch.Tensor) -> tuple[np.ndarray, torch.Tensor]:
            answer = self.apply(given)
            return ((answer - wanted) ** 2).mean((1, 2)).double().numpy().reshape(len(ARMS), -1), answer

        cleaning, cleaned = errors(self.noisy, self.test)
        shown = cleaned[:: self.study.seeds, :SHOWN].numpy()
        return Cleaning(cleaning, errors(self.test, self.test)[0], errors(self.train, self.train)[0], shown)
