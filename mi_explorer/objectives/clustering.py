r"""Clustering digits by information alone: two views of a picture shall get one label, and all labels be used.

Invariant information clustering (Ji, Henriques & Vedaldi 2019, arXiv:1807.06653): the network maximises I(label of a view; label of another
view), see ``invariant``. Several heads share it, and the one with the largest information is taken: no digit's name is used before the
clusters are compared with them. Beside it the same training on two equal views: there any confident, even clustering has I = log 10, so that
the information is larger and means less.
"""

from __future__ import annotations

__all__ = ["ARMS", "Arm", "Clustering", "ClusteringSnapshot", "accuracy", "compare", "normalized", "renamed"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.joint import information
from mi_explorer.objectives.labelled_digits import bundled
from mi_explorer.parameters import real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

ARMS = {"views": "Two views of a picture", "same": "The same picture twice"}
CLUSTERS = 10
CHANNELS, WIDTH, RATE = (16, 32), 128, 5e-3
POINTS = 6  # at which a training is looked at


@dataclass(frozen=True)
class Clustering(Description):
    """Train a network to cluster scikit-learn's 1,797 digits, with views and without, from ``seeds`` starts.

    Arguments:
        rotation, shift, zoom, noise: a view is turned by up to this many degrees, moved by up to this many of its 8 pixels, made larger or
            smaller by up to this share, and noisy, for pixels from 0 to 1.
        balance: lambda, the weight of even clusters. heads: clusterings that are trained together, of which the one with the largest I is taken.
        batch_size, steps: of the training. seeds: how many trainings. seed: of the random numbers.
    """

    what = "clustering"

    rotation: float = real(10.0, 0, 180, label="Views: rotation up to (degrees)", slider=(0, 180, 5))
    shift: float = real(1.0, 0, 4, label="Views: shift up to (pixels)", slider=(0, 4, 0.25))
    balance: float = real(1.5, 0, 10, label="Weight of even clusters λ", slider=(0, 4, 0.1))
    heads: int = whole(5, 1, 20, label="Heads", slider=(1, 10, 1))
    seeds: int = whole(2, 1, 20, label="Trainings, each with its own seed", slider=(1, 8, 1))
    steps: int = whole(180, 1, 5000, label="Training steps", slider=(50, 1000, 10))
    zoom: float = real(0.1, 0, 0.9, label="Views: larger or smaller by up to", slider=(0, 0.5, 0.05))
    noise: float = real(0.1, 0, 2, label="Views: noise", slider=(0, 1, 0.05))
    batch_size: int = whole(200, 2, 1797, label="Batch size", slider=(50, 1000, 10))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    def carry_out(self) -> Iterator[ClusteringSnapshot]:
        from mi_explorer.studies.trained import one_thread

        found = bundled()
        pictures, digits = found.images.reshape(-1, 8, 8).astype(float), found.labels
        looks = sorted({round(self.steps * point / POINTS) for point in range(1, POINTS + 1)} - {0})
        arms = {name: Arm((), (), None) for name in ARMS}
        yield ClusteringSnapshot(self, 0.0, pictures, digits, np.array(looks), arms, None)
        with one_thread():
            by_means = compare(means(pictures, self.seed), digits)
            for number in range(self.seeds):
                trainings = {name: self.train(name, number, pictures, looks) for name in ARMS}
                finished = arms
                lines: dict[str, tuple] = {name: ((), ()) for name in ARMS}
                for step in range(1, self.steps + 1):
                    for name, training in trainings.items():
                        if (look := next(training)) is None:
                            continue
                        told, clusters = look
                        lines[name] = (*lines[name][0], told), (*lines[name][1], compare(clusters, digits))
                        before = finished[name]
                        arms = arms | {name: Arm((*before.told, lines[name][0]), (*before.tables, lines[name][1]), clusters)}
                    if step % 4 == 0 or step in looks:
                        yield ClusteringSnapshot(self, (number + step / self.steps) / self.seeds, pictures, digits, np.array(looks), arms, by_means)

    def train(self, arm: str, number: int, pictures: np.ndarray, looks: list[int]) -> Iterator[tuple[float, np.ndarray] | None]:
        """After every step, at those of ``looks``: the largest I of a head over all pictures, in nats, and the clusters (n,) of that head."""
        import torch

        from mi_explorer.objectives.invariant import pair_information, pair_table, redrawn

        generator = torch.Generator().manual_seed(self.seed * 1000 + number)
        images = torch.as_tensor(pictures, dtype=torch.float32)[:, None]
        beside = {"memory_format": torch.channels_last}  # a pixel's channels side by side: a quarter of a step less, with few channels
        network = redrawn(label_network(self.heads), generator).to(**beside)
        optimizer = torch.optim.Adam(network.parameters(), RATE, fused=True)

        def labels(x: torch.Tensor) -> torch.Tensor:
            return network(x.to(**beside)).view(len(x), self.heads, CLUSTERS).transpose(0, 1).softmax(-1)

        def tables(x: torch.Tensor) -> torch.Tensor:
            if arm == "same":
                one = other = labels(x)
            else:
                one, other = labels(self.view(torch.cat([x, x]), generator)).chunk(2, dim=1)
            return pair_table(one, other)

        for step in range(1, self.steps + 1):
            batch = images[torch.randperm(len(images), generator=generator)[: self.batch_size]]
            loss = -pair_information(tables(batch), self.balance).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step not in looks:
                yield None
                continue
            network.eval()
            with torch.no_grad():
                told = pair_information(tables(images))
                clusters = labels(images)[told.argmax()].argmax(-1).numpy()
            network.train()
            yield float(told.max()), clusters

    def view(self, images, generator):
        """Images (n, 1, 8, 8), each turned, moved, zoomed and made noisy in its own way."""
        import torch

        count, side = len(images), images.shape[-1]

        def between(reach: float) -> torch.Tensor:
            return reach * (2 * torch.rand(count, generator=generator) - 1)

        angle, scale = torch.deg2rad(between(self.rotation)), 1 + between(self.zoom)
        across, down = (between(2 * self.shift / side) for _ in range(2))  # the picture reaches from -1 to 1
        rows = (scale * angle.cos(), -scale * angle.sin(), across, scale * angle.sin(), scale * angle.cos(), down)
        places = torch.nn.functional.affine_grid(torch.stack(rows, -1).view(count, 2, 3), images.shape, align_corners=False)
        seen = torch.nn.functional.grid_sample(images, places, align_corners=False)
        return seen + self.noise * torch.randn(seen.shape, generator=generator)


def label_network(heads: int):
    """Images (n, 1, 8, 8) to scores (n, heads CLUSTERS): a small convolutional network."""
    from torch import nn

    class PixelByPixel(nn.Module):
        """Flattens in the order in which the numbers lie: else they, and their gradients, would be sorted at every step."""

        def forward(self, x):
            return x.permute(0, 2, 3, 1).flatten(1)

    first, second = CHANNELS
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1), nn.BatchNorm2d(first), nn.MaxPool2d(2), nn.ReLU(),  # the other way round is the same, and slower
        nn.Conv2d(first, second, 3, padding=1), nn.BatchNorm2d(second), nn.ReLU(), PixelByPixel(),
        nn.Linear(16 * second, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Linear(WIDTH, heads * CLUSTERS),
    )


def means(pictures: np.ndarray, seed: int) -> np.ndarray:
    """The clusters of k-means on the pixels, the best of ten starts."""
    from sklearn.cluster import KMeans

    return KMeans(CLUSTERS, n_init=10, random_state=seed).fit_predict(pictures.reshape(len(pictures), -1))


def compare(clusters: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """How many pictures of each digit each cluster holds: (clusters, digits)."""
    table = np.zeros((CLUSTERS, CLUSTERS), int)
    np.add.at(table, (clusters, digits), 1)
    return table


def renamed(table: np.ndarray) -> np.ndarray:
    """The digit of every cluster, each digit once, such that most pictures agree (the Hungarian method)."""
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(table, maximize=True)[1]


def accuracy(table: np.ndarray) -> float:
    """The share of pictures whose cluster, so named, has the digit's name."""
    return float(table[np.arange(CLUSTERS), renamed(table)].sum() / table.sum())


def normalized(table: np.ndarray) -> float:
    """I(cluster; digit) over the mean of the two entropies: NMI."""
    entropies = [information(np.diag(table.sum(axis))) for axis in (0, 1)]
    return information(table) / np.mean(entropies)


@dataclass(frozen=True, eq=False)
class Arm:
    """Of every training so far, the last one perhaps unfinished: told, the I of the head taken, in nats, and tables, see ``compare``, at the
    looks so far. clusters: of the current training's head, (n,), None before the first look."""

    told: tuple[tuple[float, ...], ...]
    tables: tuple[tuple[np.ndarray, ...], ...]
    clusters: np.ndarray | None

    def ends(self, measure) -> np.ndarray:
        """A measure of the newest table of every training."""
        return np.array([measure(tables[-1]) for tables in self.tables])

    def informations(self) -> np.ndarray:
        """The newest I of every training, in nats."""
        return np.array([told[-1] for told in self.told])


@dataclass(frozen=True, eq=False)
class ClusteringSnapshot:
    """pictures (n, 8, 8) and their digits (n,). looks: the steps at which the trainings are looked at. arms: by key of ARMS. means: the table
    of k-means, None before it is known."""

    study: Clustering
    done: float
    pictures: np.ndarray
    digits: np.ndarray
    looks: np.ndarray
    arms: dict[str, Arm]
    means: np.ndarray | None

    def frame(self) -> pd.DataFrame:
        """One row per arm, training and look."""
        import pandas as pd

        rows = [
            {
                "arm": name, "training": number, "step": int(step), "information": told, "accuracy": accuracy(table), "nmi": normalized(table),
                "cluster_digit_information": information(table),
            }
            for name, arm in self.arms.items() for number, lines in enumerate(zip(arm.told, arm.tables))
            for step, told, table in zip(self.looks, *lines)
        ]
        return pd.DataFrame(rows, columns=["arm", "training", "step", "information", "accuracy", "nmi", "cluster_digit_information"])
