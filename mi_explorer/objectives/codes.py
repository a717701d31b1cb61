"""Encoders and decoders of digits in training, and the exact information of their codes: the arms of ``DigitVAE``."""

from __future__ import annotations

__all__ = ["Codecs", "discrepancy", "information"]

import math
from itertools import chain

import numpy as np
import torch
from torch.nn import functional

from mi_explorer.critics import MLP
from mi_explorer.objectives.digit_vae import IMAGES, SHOWN, Codes, DigitVAE
from mi_explorer.objectives.labelled_digits import probe, shuffled

ROWS = 64  # of the table of all densities at a time: more would leave the cache
DRAWS = 4  # of every image's noise, at the last look; one at the others


class Codecs:
    """All arms and seeds of a study in one batched step; runs are ordered by arm, then seed."""

    def __init__(self, study: DigitVAE):
        self.study = study
        self.random = torch.Generator().manual_seed(study.seed)
        arms, seeds, pixels = study.arms, study.seeds, 64
        self.runs = len(arms) * seeds
        facts = {"replicates": (self.runs,), "generator": self.random}
        self.encoder = MLP(pixels, study.width, 2 * study.units, **facts)
        self.decoder = MLP(study.units, study.width, pixels, **facts)
        self.beta, self.mmd = (
            torch.tensor([arm.weight if arm.kind == kind else 0.0 for arm in arms]).repeat_interleave(seeds) for kind in ("β", "MMD")
        )
        self.optimiser = torch.optim.Adam(chain(self.encoder.parameters(), self.decoder.parameters()), lr=study.learning_rate, fused=True)
        self.train, self.test, self.label = digits()

    def posterior(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log variance of q(z|x), (runs, n, units) each, of images (n, 64)."""
        mean, log_variance = self.encoder(images.expand(self.runs, -1, -1), "exact").chunk(2, -1)
        return mean, log_variance.clamp(-10, 4)

    def draw(self, mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
        return mean + (log_variance / 2).exp() * torch.randn(mean.shape, generator=self.random)

    def advance(self) -> None:
        images = self.train[torch.randint(len(self.train), (self.study.batch_size,), generator=self.random)]
        mean, log_variance = self.posterior(images)
        z = self.draw(mean, log_variance)
        shown = images.expand(self.runs, -1, -1)
        missed = functional.binary_cross_entropy_with_logits(self.decoder(z, "exact"), shown, reduction="none").sum(-1).mean(1)
        own = self.mmd > 0
        apart = discrepancy(z[own], torch.randn(z[own].shape, generator=self.random))
        loss = missed.sum() + (self.beta * kl(mean, log_variance)).sum() + (self.mmd[own] * apart).sum()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    @torch.no_grad()
    def look(self, last: bool) -> Codes:
        """``last``: with the probes, which take a moment."""
        mean, log_variance = self.posterior(self.train)
        found = [information(*run, self.random, draws=DRAWS if last else 1) for run in zip(mean, log_variance)]
        test_mean, test_log_variance = self.posterior(self.test)
        z_test = self.draw(test_mean, test_log_variance)
        rebuilt = self.decoder(z_test, "exact").sigmoid()
        error = ((rebuilt - self.test) ** 2).mean((1, 2))
        on_z, on_mean = (
            [probe(codes, self.label, IMAGES) if last else math.nan for codes in torch.cat([train, test], 1).numpy()]
            for train, test in ((self.draw(mean, log_variance), z_test), (mean, test_mean))
        )
        noise = torch.randn(SHOWN, self.study.units, generator=self.random).expand(self.runs, -1, -1)
        first = slice(None, None, self.study.seeds)

        def by_arm(values) -> np.ndarray:
            return np.asarray(values, float).reshape(len(self.study.arms), self.study.seeds)

        return Codes(
            by_arm([value for value, _ in found]), by_arm([stderr for _, stderr in found]), by_arm(kl(mean, log_variance)),
            by_arm(error), by_arm(on_z), by_arm(on_mean), self.test[:SHOWN].numpy(), rebuilt[first, :SHOWN].numpy(), self.decoder(noise, "exact")[first].sigmoid().numpy(),
        )


def digits() -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Training images (IMAGES, 64), the others, and all labels in this order; pixels are 0 or 1. The split is the same for every seed."""
    found = shuffled(0)
    images = torch.tensor(found.images >= 0.5, dtype=torch.float32)
    return images[:IMAGES], images[IMAGES:], found.labels


def kl(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """KL(q(z|x) || N(0, 1)), mean over images: (runs,)."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(-1).mean(1)


def discrepancy(z: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
    """Squared maximum mean discrepancy between codes and draws of the prior, (runs, n, units) each: (runs,). Gaussian kernel
    exp(-|a - b|^2 / units)."""

    def kernel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        square = (a**2).sum(-1)[..., :, None] + (b**2).sum(-1)[..., None, :] - 2 * a @ b.mT
        return torch.exp(-square / a.shape[-1]).mean((-2, -1))

    return kernel(z, z) + kernel(prior, prior) - 2 * kernel(z, prior)


def information(mean: torch.Tensor, log_variance: torch.Tensor, random: torch.Generator, draws: int = DRAWS) -> tuple[float, float]:
    """I_q(x; z) of codes N(mean, exp(log_variance)), (n, units) each, when x is one of the n with equal probability; and the standard
    error that ``draws`` of z for each leave. At most log n."""
    mean, log_variance = mean.double(), log_variance.double()
    precision, own = (-log_variance).exp(), []
    constant = (mean**2 * precision + log_variance).sum(-1, keepdim=True)
    codes = -0.5 * torch.cat([precision, -2 * mean * precision, constant], -1)
    for _ in range(draws):
        z = mean + (log_variance / 2).exp() * torch.randn(mean.shape, generator=random, dtype=torch.float64)
        drawn = torch.cat([z**2, z, torch.ones_like(constant)], -1)  # drawn @ codes.mT: [i, j] = log q(z_i | x_j) + const
        mixed = torch.cat([(rows @ codes.mT).logsumexp(1) for rows in drawn.split(ROWS)])
        own.append((drawn * codes).sum(-1) - mixed + math.log(len(mean)))
    values = torch.stack(own)
    # All images are there, only their noise is drawn. Of a single draw the images' own differences cannot be told apart: an error too large.
    scatter = values.var(0).mean() if draws > 1 else values.var()
    return values.mean().item(), (scatter / values.numel()).sqrt().item()
