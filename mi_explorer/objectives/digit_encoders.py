"""Encoders of placed digits: one small convolutional network, and four ways to train it."""

from __future__ import annotations

__all__ = ["Autoencoder", "Contrast", "Supervised", "WIDTH", "accuracy"]

import torch
from torch import nn

from mi_explorer.objectives.contrastive import both_ways
from mi_explorer.objectives.invariant import redrawn
from mi_explorer.objectives.labelled_digits import CLASSES
from mi_explorer.objectives.placed_digits import CANVAS
from mi_explorer.objectives.probe import linear_probe

WIDTH = 64
BESIDE = {"memory_format": torch.channels_last}  # a pixel's channels side by side: with so few of them a step takes a third less


class Learner:
    """The encoder (n, 1, 14, 14) -> (n, 64) with what is trained on top of it. Starts from ``seed``.

    Subclasses name their top, ``make_top``, and say what they minimise, ``loss``.
    """

    def __init__(self, seed: int, learning_rate: float):
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),  # the other way round is the same, and slower
            nn.Conv2d(16, 32, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(32, WIDTH, 3, padding=1), nn.AdaptiveMaxPool2d(1), nn.ReLU(), nn.Flatten(),
        )
        self.encoder.to(**BESIDE)
        self.top = self.make_top()
        redrawn(nn.ModuleList([self.encoder, self.top]), torch.Generator().manual_seed(seed))
        self.adam = torch.optim.Adam([*self.encoder.parameters(), *self.top.parameters()], lr=learning_rate, fused=True)

    def advance(self, *batch: torch.Tensor) -> float:
        """One step of training; the loss before it."""
        loss = self.loss(*batch)
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        return loss.item()

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.encoder(pictures.to(**BESIDE))

    @torch.no_grad()
    def codes(self, pictures: torch.Tensor) -> torch.Tensor:
        """What a later task gets, (n, 64)."""
        return self.encode(pictures)


class Contrast(Learner):
    """SimCLR: InfoNCE between the heads of two views (Chen et al. 2020, arXiv:2002.05709), here the mean of both directions with the
    other view's batch as strangers, so that minus the loss is a bound."""

    def __init__(self, seed: int, learning_rate: float, temperature: float):
        super().__init__(seed, learning_rate)
        self.temperature = temperature

    def make_top(self) -> nn.Module:
        return nn.Sequential(nn.Linear(WIDTH, 64), nn.ReLU(), nn.Linear(64, 32))

    def embed(self, pictures: torch.Tensor) -> torch.Tensor:
        """Points on the sphere, (n, 32)."""
        return nn.functional.normalize(self.top(self.encode(pictures)), dim=-1)

    def bound(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """InfoNCE in nats between embeddings (n, 32) of two views."""
        return both_ways(x @ y.mT / self.temperature)

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return -self.bound(*self.embed(torch.cat([x, y])).chunk(2))


class Autoencoder(Learner):
    """The same encoder with a decoder of two layers; it has to draw the picture again."""

    def make_top(self) -> nn.Module:
        return nn.Sequential(nn.Linear(WIDTH, 256), nn.ReLU(), nn.Linear(256, CANVAS * CANVAS))

    def loss(self, pictures: torch.Tensor) -> torch.Tensor:
        return (self.top(self.encode(pictures)) - pictures.flatten(1)).square().mean()


class Supervised(Learner):
    """The same encoder with a linear layer that has to name the digit."""

    def make_top(self) -> nn.Module:
        return nn.Linear(WIDTH, CLASSES)

    def loss(self, pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(self.top(self.encode(pictures)), labels)

    @torch.no_grad()
    def accuracy(self, pictures: torch.Tensor, labels: torch.Tensor) -> float:
        return (self.top(self.encode(pictures)).argmax(-1) == labels).double().mean().item()


def accuracy(codes: torch.Tensor, labels: torch.Tensor, fresh: torch.Tensor, fresh_labels: torch.Tensor) -> float:
    """Share of the ten digits that a linear probe reads right from fresh codes."""
    return linear_probe(codes, labels, fresh, fresh_labels, classes=CLASSES).item()
