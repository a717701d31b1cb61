r"""Segmentation: cut a picture in two, by the information between greys and labels, or between labels of neighbours.

Region MI (Kim et al. 2005): labels from which I(grey; label) is large while their borders are short. Here: region histograms, then a
blurred log-likelihood ratio, whose sign gives new labels, and again until nothing changes; the best of a few starts. Without the blur the
maximum is trivial: any threshold that halves the pixels has I = log 2, more than the truth.

Pairs: a small network sees 5 x 5 pixels around each place, and places that are ``distance`` apart shall have labels that tell each other
(Ji, Henriques & Vedaldi 2019, arXiv:1807.06653, section 3.3).
"""

from __future__ import annotations

__all__ = ["METHODS", "Segmentation", "SegmentationSnapshot"]

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.joint import information
from mi_explorer.objectives.scenes import SCENES, SIDE, intersection_over_union, otsu, scene
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

METHODS = {"otsu": "Otsu's threshold", "region": "Region MI", "pairs": "Pairs of neighbours (IIC)"}
SWEEPS = 40  # of the alternation, at most
STARTS_LOOK = 8  # blur of the random labels to begin with, in pixels
HEADS, CHANNELS, RATE = 5, 12, 3e-3


@dataclass(frozen=True)
class Segmentation(Description):
    """Draw pictures with a known mask, and cut each by Otsu's threshold, by region MI and by pairs of neighbours.

    Arguments:
        scene: what tells the shape from its ground, one of SCENES.
        smoothing: of the log-likelihood ratio, the spatial prior, in pixels; 0 for none. bins, starts: of region MI.
        distance: between the neighbours of a pair, in pixels. steps, networks: training steps, and networks of which the one with the
            largest MI is taken, as among the heads of each.
        pictures: how many. seed: of the random numbers.
    """

    what = "segmentation"

    scene: str = choice("variance", SCENES, label="What tells shape from ground")
    smoothing: float = real(3.0, 0, 16, label="Spatial prior of region MI: blur (pixels)", slider=(0, 8, 0.5))
    distance: int = whole(5, 1, 20, label="Pairs of neighbours: pixels apart", slider=(1, 12, 1))
    pictures: int = whole(5, 1, 50, label="Pictures", slider=(1, 10, 1))
    bins: int = whole(24, 2, 256, label="Bins of the region histograms", slider=(4, 64, 4))
    starts: int = whole(4, 1, 50, label="Starts of region MI", slider=(1, 10, 1))
    steps: int = whole(200, 1, 5000, label="Training steps of the network", slider=(50, 500, 10))
    networks: int = whole(2, 1, 10, label="Networks, the one with the largest MI taken", slider=(1, 5, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    def carry_out(self) -> Iterator[SegmentationSnapshot]:
        from mi_explorer.studies.trained import one_thread

        scores: dict[str, tuple[float, ...]] = {name: () for name in METHODS}
        with one_thread():
            for number in range(self.pictures):
                random = np.random.default_rng([self.seed, number])
                picture, mask = scene(self.scene, random)
                seen = SegmentationSnapshot(self, number / self.pictures, picture, mask, {"otsu": otsu(picture)}, math.nan, dict(scores))
                yield seen
                for share, labels in self.regions(picture, random):
                    seen = replace(seen, done=(number + 0.1 * share) / self.pictures, labels=seen.labels | {"region": labels})
                    yield seen
                for share, labels, told in self.pairs(picture, number):
                    done = (number + 0.1 + 0.9 * share) / self.pictures
                    seen = replace(seen, done=done, labels=seen.labels | {"pairs": labels}, pair_information=told)
                    yield seen
                for name, labels in seen.labels.items():
                    scores[name] += (intersection_over_union(labels, mask),)
                seen = replace(seen, scores=dict(scores))
                yield seen

    def regions(self, picture: np.ndarray, random: np.random.Generator) -> Iterator[tuple[float, np.ndarray]]:
        """The share of the starts that is done, and the labels of the one at work; at the end the best ones."""
        from scipy.ndimage import gaussian_filter

        greys = self.greys(picture)
        best, kept = -1.0, np.zeros(picture.shape, bool)
        for start in range(self.starts):
            labels = gaussian_filter(random.standard_normal(picture.shape), STARTS_LOOK if self.smoothing else 0) > 0
            for _ in range(SWEEPS):
                yield (start + 0.5) / self.starts, labels
                shape, ground = (self.histogram(greys[side]) for side in (labels, ~labels))
                ratio = np.log(shape / ground)[greys]
                new = gaussian_filter(ratio, self.smoothing, mode="nearest") > 0
                settled, empty = (new == labels).all(), new.all() or not new.any()
                if settled or empty:
                    break
                labels = new
            if (told := self.told(picture, labels)) > best:
                best, kept = told, labels
        yield 1.0, kept

    def greys(self, picture: np.ndarray) -> np.ndarray:
        """The bin of every pixel; the outermost hundredth shares the bins at the ends."""
        low, high = np.percentile(picture, (0.5, 99.5))
        return np.clip(((picture - low) / (high - low) * self.bins).astype(int), 0, self.bins - 1)

    def histogram(self, greys: np.ndarray) -> np.ndarray:
        """Of one region, smoothed by a bin and never zero: (bins,)."""
        from scipy.ndimage import gaussian_filter1d

        counts = gaussian_filter1d(np.bincount(greys, minlength=self.bins) + 0.5, 1.0)
        return counts / counts.sum()

    def told(self, picture: np.ndarray, labels: np.ndarray) -> float:
        """I(grey; label) over the pixels, in nats."""
        greys = self.greys(picture)
        return information(np.stack([np.bincount(greys[side], minlength=self.bins) for side in (labels, ~labels)]))

    def pairs(self, picture: np.ndarray, number: int) -> Iterator[tuple[float, np.ndarray, float]]:
        """The share of the training that is done, labels and I(label; label of a neighbour) of the best head so far."""
        import torch

        from mi_explorer.objectives.invariant import pair_information, pair_table, redrawn

        generator = torch.Generator().manual_seed(self.seed * 1000 + number)
        standard = (picture - picture.mean()) / picture.std()
        x = torch.as_tensor(standard, dtype=torch.float32)[None, None]
        apart = [(self.distance, 0), (0, self.distance), (self.distance, self.distance), (self.distance, -self.distance)]
        best, kept = -1.0, np.zeros(picture.shape, bool)
        for which in range(self.networks):
            network = redrawn(patch_network(), generator)
            optimizer = torch.optim.Adam(network.parameters(), RATE, fused=True)
            for step in range(1, self.steps + 1):
                labels = network(x).view(HEADS, 2, SIDE, SIDE).softmax(1)
                loss = -pair_information(pair_table(*neighbours(labels, *apart[step % 4]))).sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                if step % 20 == 0 or step == self.steps:
                    with torch.no_grad():
                        labels = network(x).view(HEADS, 2, SIDE, SIDE).softmax(1)
                        told = pair_information(torch.stack([pair_table(*neighbours(labels, *far)) for far in apart]).mean(0))
                    head = int(told.argmax())
                    now = float(told[head]), labels[head, 1].numpy() > 0.5
                    yield (which + step / self.steps) / self.networks, *((now[1], now[0]) if now[0] > best else (kept, best))
            if now[0] > best:
                best, kept = now


def patch_network():
    """A picture (1, 1, side, side) to scores (1, 2 HEADS, side, side), each from 5 x 5 pixels."""
    from torch import nn

    def layer(channels: int) -> list[nn.Module]:
        return [nn.Conv2d(channels, CHANNELS, 3, padding=1, padding_mode="reflect"), nn.BatchNorm2d(CHANNELS), nn.ReLU()]

    return nn.Sequential(*layer(1), *layer(CHANNELS), nn.Conv2d(CHANNELS, 2 * HEADS, 1))


def neighbours(labels, down: int, across: int):
    """Soft labels (heads, 2, side, side) of all pairs of pixels that are so far apart: two of (heads, pairs, 2)."""
    side = labels.shape[-1]
    one = labels[:, :, max(down, 0):side + min(down, 0), max(across, 0):side + min(across, 0)]
    other = labels[:, :, max(-down, 0):side + min(-down, 0), max(-across, 0):side + min(-across, 0)]
    return tuple(part.flatten(2).transpose(1, 2) for part in (one, other))


@dataclass(frozen=True, eq=False)
class SegmentationSnapshot:
    """picture (SIDE, SIDE), mask, and labels by method, as far as they are known, of the current picture. pair_information: of
    neighbours' labels, in nats. scores: intersection over union by method, of the finished pictures."""

    study: Segmentation
    done: float
    picture: np.ndarray
    mask: np.ndarray
    labels: dict[str, np.ndarray]
    pair_information: float
    scores: dict[str, tuple[float, ...]]

    def told(self, labels: np.ndarray) -> float:
        """I(grey; label) in the current picture, in nats."""
        return self.study.told(self.picture, labels)

    def overlap(self, name: str) -> float:
        """Intersection over union of a method's labels in the current picture."""
        return intersection_over_union(self.labels[name], self.mask)

    def frame(self) -> pd.DataFrame:
        """One row per finished picture and method."""
        import pandas as pd

        rows = [{"picture": number, "method": name, "iou": iou} for name, scores in self.scores.items() for number, iou in enumerate(scores)]
        return pd.DataFrame(rows, columns=["picture", "method", "iou"])
