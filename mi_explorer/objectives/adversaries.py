"""Generator, discriminator and the reader of codes, in training against each other: the arms of ``InfoGAN``."""

from __future__ import annotations

__all__ = ["Adversaries"]

import math
from itertools import chain

import torch
from torch.nn import functional

from mi_explorer.objectives.dense import Dense, leaky
from mi_explorer.objectives.infogan import FAIR, NEAR, SAMPLES, SHOWN, InfoGAN, Standing, modes_of
from mi_explorer.objectives.joint import information

NOISE, WIDTH = 2, 64
PENALTY = 0.1  # R1's gamma
PACKED = 4  # samples that PacGAN's discriminator sees at once


class Adversaries:
    """``study.seeds`` independent GANs in one batched step. weight: of the information term; at 0 the reader only looks on."""

    def __init__(self, study: InfoGAN, method: str, weight: float):
        self.study, self.weight = study, weight
        self.penalty = PENALTY if method == "r1" else 0.0
        self.pack = PACKED if method == "pacgan" else 1
        self.random, self.eyes = torch.Generator().manual_seed(study.seed), torch.Generator().manual_seed(study.seed)
        self.modes = torch.tensor(modes_of(study.target), dtype=torch.float32)
        facts = {"runs": study.seeds, "generator": self.random}
        self.generator = Dense(NOISE + study.codes, WIDTH, WIDTH, 2, **facts)
        self.reader = Dense(2, WIDTH, WIDTH, study.codes, activation=leaky, **facts)
        self.discriminator = Dense(2 * self.pack, WIDTH, WIDTH, 1, activation=leaky, **facts)
        rate = {"lr": study.learning_rate, "betas": (study.momentum, 0.9), "fused": True}
        self.makers = torch.optim.Adam(chain(self.generator.parameters(), self.reader.parameters()), **rate)
        self.judges = torch.optim.Adam(self.discriminator.parameters(), **rate)

    def real(self, count: int) -> torch.Tensor:
        which = torch.randint(len(self.modes), (self.study.seeds, count), generator=self.random)
        return self.modes[which] + self.study.sigma * torch.randn(self.study.seeds, count, 2, generator=self.random)

    def fake(self, count: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Samples (R, count, 2) and their codes (R, count)."""
        codes = torch.randint(self.study.codes, (self.study.seeds, count), generator=random)
        noise = torch.randn(self.study.seeds, count, NOISE, generator=random)
        return self.generator(torch.cat([noise, functional.one_hot(codes, self.study.codes).float()], -1)), codes

    def judged(self, samples: torch.Tensor) -> torch.Tensor:
        """The discriminator's logits (R, packs)."""
        return self.discriminator(samples.reshape(len(samples), -1, 2 * self.pack)).squeeze(-1)

    def advance(self, done: float) -> None:
        """A step of the discriminator, then one of generator and reader, at ``done`` from 0 to 1 of the training. With a
        falling rate the game comes to rest in its second half. Losses are summed over runs, which share no weight."""
        if self.study.schedule == "falling":
            for group in chain(self.makers.param_groups, self.judges.param_groups):
                group["lr"] = self.study.learning_rate * min(1.0, 2 * (1 - done))
        count = self.study.batch_size * self.pack
        made, codes = self.fake(count, self.random)
        real = self.real(count).requires_grad_(self.penalty > 0)
        on_real = self.judged(real)
        loss = (functional.softplus(-on_real) + functional.softplus(self.judged(made.detach()))).mean(1).sum()
        if self.penalty:
            (slope,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
            loss = loss + self.penalty / 2 * (slope**2).sum(-1).mean(1).sum()
        self.judges.zero_grad()
        loss.backward()
        self.judges.step()

        self.discriminator.requires_grad_(False)  # it is only asked, not changed
        logits = self.reader(made if self.weight else made.detach())
        loss = functional.softplus(-self.judged(made)).mean(1).sum() + (self.weight or 1.0) * self.misread(logits, codes).sum()
        self.makers.zero_grad()
        loss.backward()
        self.makers.step()
        self.discriminator.requires_grad_(True)

    def misread(self, logits: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """-E log q(c|x) of every run, (R,)."""
        return functional.cross_entropy(logits.mT, codes, reduction="none").mean(1)

    @torch.no_grad()
    def look(self) -> Standing:
        made, codes = self.fake(SAMPLES, self.eyes)  # looking changes nothing: training draws from another stream
        far, nearest = torch.cdist(made, self.modes.expand(len(made), -1, -1)).min(-1)
        good = far < NEAR * self.study.sigma
        tables = torch.zeros(len(made), self.study.codes, len(self.modes))
        counts = torch.zeros(len(made), len(self.modes))
        for run in range(len(made)):
            tables[run].index_put_((codes[run], nearest[run]), torch.ones(SAMPLES), accumulate=True)
            counts[run] = torch.bincount(nearest[run][good[run]], minlength=len(self.modes))
        bound = math.log(self.study.codes) - self.misread(self.reader(made), codes)
        return Standing(
            made[0, :SHOWN].numpy().copy(), codes[0, :SHOWN].numpy().copy(),
            (counts >= FAIR * SAMPLES / len(self.modes)).sum(-1).numpy(), good.double().mean(-1).numpy(), information(tables.double().numpy()),
            bound.double().numpy(),
        )
