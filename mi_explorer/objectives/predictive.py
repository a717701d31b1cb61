"""Ways to learn a code of a series' past: tell its future from others (CPC), give the past back (an autoencoder), and the two
that need no network, the least squares of the future and of the past."""

from __future__ import annotations

__all__ = ["Autoencoder", "Code", "Contrast", "Moments", "Training"]

import torch

from mi_explorer.bounds import bounds
from mi_explorer.objectives.recurrent import Layers, Reader

HIDDEN, FEATURES = 32, 16


class Code:
    """A reader and, with ``code`` numbers in place of its whole state, a linear map to them."""

    def __init__(self, replicates: int, channels: int, past: int, width: int, code: int | None, generator: torch.Generator):
        self.past, self.size = past, code or width
        self.reader = Reader(replicates, channels, width, generator)
        self.narrow = Layers(replicates, (width, code), generator) if code else None
        self.parameters = [*self.reader.parameters, *(self.narrow.parameters if self.narrow else [])]

    def read(self, series: torch.Tensor) -> torch.Tensor:
        """(replicates, n, steps, channels) -> (replicates, n, code)."""
        return self.from_state(self.reader(series))

    def from_state(self, state: torch.Tensor) -> torch.Tensor:
        return self.narrow(state) if self.narrow else state


class Contrast(Code):
    """Contrastive predictive coding: the score of a past and a future is a product of the code and features of the future,
    and a part that the future has alone (with Gaussians log p(x,y)/p(x)p(y) has this form, up to a part of x alone)."""

    def __init__(self, replicates, channels, past, future, width, code, generator):
        super().__init__(replicates, channels, past, width, code, generator)
        self.ahead = Layers(replicates, (future * channels, HIDDEN, FEATURES + 1), generator)
        self.match = Layers(replicates, (self.size, FEATURES), generator)
        self.parameters += [*self.ahead.parameters, *self.match.parameters]

    def bound(self, series: torch.Tensor) -> torch.Tensor:
        """InfoNCE of a batch of (replicates, N, past + future, channels): (replicates,), in nats."""
        features = self.ahead(series[:, :, self.past :].flatten(2))
        scores = self.match(self.read(series[:, :, : self.past])) @ features[..., :-1].mT + features[..., -1].unsqueeze(-2)
        return bounds["infonce"].estimate(scores)

    def loss(self, series: torch.Tensor) -> torch.Tensor:
        return -self.bound(series)


class Autoencoder(Code):
    """The past given back from its code by a plain network, with the least squared error."""

    def __init__(self, replicates, channels, past, width, code, generator):
        super().__init__(replicates, channels, past, width, code, generator)
        self.back = Layers(replicates, (self.size, 2 * HIDDEN, past * channels), generator)
        self.parameters += self.back.parameters

    def loss(self, series: torch.Tensor) -> torch.Tensor:
        """Mean squared error on the past of a batch as ``Contrast.bound`` takes it: (replicates,)."""
        past = series[:, :, : self.past]
        return (self.back(self.read(past)) - past.flatten(2)).square().mean((-2, -1))


class Training:
    """Adam (Kingma & Ba 2015) over so many steps; the learning rate falls evenly to a tenth of what it is at the beginning."""

    def __init__(self, parameters: list[torch.Tensor], learning_rate: float, steps: int):
        self.optimiser = torch.optim.Adam(parameters, learning_rate, fused=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, lambda step: 1 - 0.9 * step / steps)

    def step(self, loss: torch.Tensor) -> None:
        """One step down. Losses of replicates, which share nothing, may be added up."""
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()


class Moments:
    """Second moments of all series seen so far, per replicate, and the linear codes that are best by them."""

    def __init__(self, past: int):
        self.past, self.sum, self.count = past, 0, 0

    @torch.no_grad()
    def add(self, series: torch.Tensor) -> None:
        """(replicates, n, past + future, channels), of mean 0."""
        flat = series.flatten(2)
        self.sum, self.count = self.sum + (flat.mT @ flat).double(), self.count + flat.shape[1]
        self.split = self.past * series.shape[-1]

    def principal(self, code: int) -> torch.Tensor:
        """(replicates, past × channels, code): the directions of greatest variance of the past."""
        return torch.linalg.eigh(self.sum[:, : self.split, : self.split])[1][..., -code:].float()

    def predicting(self, code: int) -> torch.Tensor:
        """The same shape: the code from which the future follows with the least squared error (reduced rank regression)."""
        past, across = self.sum[:, : self.split, : self.split], self.sum[:, : self.split, self.split :]
        # a little ridge: at the beginning there are fewer series than numbers in one
        ridge = 1e-3 * past.diagonal(dim1=-2, dim2=-1).mean(-1)[:, None, None] * torch.eye(self.split, dtype=torch.double)
        root = torch.linalg.cholesky(past + ridge)
        left = torch.linalg.svd(torch.linalg.solve_triangular(root, across, upper=False), full_matrices=False)[0]
        return torch.linalg.solve_triangular(root.mT, left[..., :code], upper=True).float()
