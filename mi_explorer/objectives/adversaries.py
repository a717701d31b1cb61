"""Generator, discriminator and the reader of codes, in training against each other: the arms of ``InfoGAN``."""

from __future__ import annotations

__all__ = ["Adversaries"]

import math
from itertools import chain

import torch
from torch.nn import functional

from mi_explorer.critics import MLP
from mi_explorer.objectives.dense import Dense
from mi_explorer.objectives.infogan import FAIR, NEAR, SAMPLES, SHOWN, InfoGAN, Standing, modes_of
from mi_explorer.objectives.joint import information

NOISE, WIDTH = 2, 64
PENALTY = 0.1  # R1's gamma
PACKED = 2  # samples that PacGAN's discriminator sees at once


class Adversaries:
    """``study.seeds`` independent GANs for each of some arms, in one batched step; runs are ordered by arm, then seed, and arms begin
    alike and see the same numbers.

    arms: each a method ("plain", "r1" or "pacgan", the last one not beside others) and the weight of the information term; where
    that is 0, the reader only looks on."""

    def __init__(self, study: InfoGAN, *arms: tuple[str, float]):
        self.study, self.arms = study, len(arms)
        methods, weights = zip(*arms)
        self.weights = torch.tensor(weights).repeat_interleave(study.seeds)
        self.pressed = (self.weights > 0)[:, None, None]  # whose generator hears of the reader
        # whose discriminator's slope is held down
        self.held = torch.tensor([method == "r1" for method in methods]).repeat_interleave(study.seeds).nonzero().squeeze(1)
        self.pack = PACKED if "pacgan" in methods else 1
        self.random, self.eyes = torch.Generator().manual_seed(study.seed), torch.Generator().manual_seed(study.seed)
        self.modes = torch.tensor(modes_of(study.target), dtype=torch.float32)
        facts = {"runs": study.seeds, "generator": self.random}
        self.generator = self.alike(MLP(NOISE + study.codes, WIDTH, WIDTH, 2, replicates=(study.seeds,), generator=self.random))
        self.reader = self.alike(Dense(2, WIDTH, WIDTH, study.codes, **facts))
        self.discriminator = self.alike(Dense(2 * self.pack, WIDTH, WIDTH, 1, **facts))
        rate = {"lr": study.learning_rate, "betas": (study.momentum, 0.9), "fused": True}
        self.makers = torch.optim.Adam(chain(self.generator.parameters(), self.reader.parameters()), **rate)
        self.judges = torch.optim.Adam(self.discriminator.parameters(), **rate)

    def alike(self, networks: torch.nn.Module) -> torch.nn.Module:
        """The networks of the seeds once for every arm."""
        for weights in networks.parameters():
            weights.data = weights.data.repeat(self.arms, *[1] * (weights.dim() - 1))
        return networks

    def real(self, count: int) -> torch.Tensor:
        which = torch.randint(len(self.modes), (self.study.seeds, count), generator=self.random)
        drawn = self.modes[which] + self.study.sigma * torch.randn(self.study.seeds, count, 2, generator=self.random)
        return drawn.repeat(self.arms, 1, 1)

    def fake(self, count: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Samples (runs, count, 2) and their codes (runs, count)."""
        codes = torch.randint(self.study.codes, (self.study.seeds, count), generator=random)
        noise = torch.randn(self.study.seeds, count, NOISE, generator=random)
        given = torch.cat([noise, functional.one_hot(codes, self.study.codes).float()], -1)
        return self.generator(given.repeat(self.arms, 1, 1), "exact"), codes.repeat(self.arms, 1)

    def judged(self, samples: torch.Tensor) -> torch.Tensor:
        """The discriminator's logits (runs, packs)."""
        return self.discriminator(samples.reshape(len(samples), -1, 2 * self.pack)).squeeze(-1)

    def advance(self, done: float) -> None:
        """A step of the discriminator, then one of generator and reader, at ``done`` from 0 to 1 of the training. With a
        falling rate the game comes to rest in its second half. Losses are summed over runs, which share no weight."""
        if self.study.schedule == "falling":
            for group in chain(self.makers.param_groups, self.judges.param_groups):
                group["lr"] = self.study.learning_rate * min(1.0, 2 * (1 - done))
        count = self.study.batch_size * self.pack
        made, codes = self.fake(count, self.random)
        real = self.real(count)
        on_real, on_made = self.judged(torch.cat([real, made.detach()], 1)).chunk(2, 1)
        loss = (functional.softplus(-on_real) + functional.softplus(on_made)).mean(1).sum()
        if len(self.held):
            loss = loss + PENALTY / 2 * self.discriminator.slopes(real, self.held).square().sum(-1).mean(1).sum()
        self.judges.zero_grad()
        loss.backward()
        self.judges.step()

        self.discriminator.requires_grad_(False)  # it is only asked, not changed
        misread = self.misread(self.reader(torch.where(self.pressed, made, made.detach())), codes)
        loss = functional.softplus(-self.judged(made)).mean(1).sum() + (torch.where(self.weights > 0, self.weights, 1.0) * misread).sum()
        self.makers.zero_grad()
        loss.backward()
        self.makers.step()
        self.discriminator.requires_grad_(True)

    def misread(self, logits: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """-E log q(c|x) of every run, (runs,)."""
        return functional.cross_entropy(logits.mT, codes, reduction="none").mean(1)

    @torch.no_grad()
    def look(self) -> list[Standing]:
        """How every arm stands."""
        made, codes = self.fake(SAMPLES, self.eyes)  # looking changes nothing: training draws from another stream
        far, nearest = torch.cdist(made, self.modes.expand(len(made), -1, -1)).min(-1)
        good = far < NEAR * self.study.sigma
        tables = torch.zeros(len(made), self.study.codes, len(self.modes))
        counts = torch.zeros(len(made), len(self.modes))
        for run in range(len(made)):
            tables[run].index_put_((codes[run], nearest[run]), torch.ones(SAMPLES), accumulate=True)
            counts[run] = torch.bincount(nearest[run][good[run]], minlength=len(self.modes))
        bound = math.log(self.study.codes) - self.misread(self.reader(made), codes)
        covered = (counts >= FAIR * SAMPLES / len(self.modes)).sum(-1)
        measured = covered.numpy(), good.double().mean(-1).numpy(), information(tables.double().numpy()), bound.double().numpy()
        arms = (slice(first, first + self.study.seeds) for first in range(0, len(made), self.study.seeds))
        return [
            Standing(made[arm.start, :SHOWN].numpy().copy(), codes[0, :SHOWN].numpy().copy(), *(values[arm] for values in measured)) for arm in arms
        ]
