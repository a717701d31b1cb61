"""Digits placed at random on a larger canvas: pictures in which the label is not where the pixels are.

scikit-learn's bundled 8 x 8 digits on 14 x 14 pixels, at one of 49 places, a little noise on top. On the canvas raw pixels are
next to useless to a linear classifier, because every pixel can be part of everything; on centred digits they already do well.
"""

from __future__ import annotations

__all__ = ["CANVAS", "GENTLE", "ROOM", "Views", "place", "places", "split"]

import functools
import math
from dataclasses import dataclass

import torch
from torch import nn

from mi_explorer.objectives.labelled_digits import TRAIN, bundled

CANVAS = 14
DIGIT = 8
ROOM = CANVAS - DIGIT  # places per axis less one
NOISE = 0.05


@functools.lru_cache(maxsize=1)
def split() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Training digits (1200, 8, 8) in [0, 1] and their labels, and the same of the 597 others: one split, whatever the seed."""
    found = bundled()
    order = torch.randperm(len(found.labels), generator=torch.Generator().manual_seed(0))
    digits, labels = torch.as_tensor(found.images).unflatten(1, (DIGIT, DIGIT))[order], torch.as_tensor(found.labels)[order]
    return digits[:TRAIN], labels[:TRAIN], digits[TRAIN:], labels[TRAIN:]


def place(digits: torch.Tensor, generator: torch.Generator, noise: float = NOISE) -> torch.Tensor:
    """Each digit (n, 8, 8) at a random whole-pixel place of its own: pictures (n, 1, 14, 14)."""
    return Views(noise=noise).draw(digits, places(len(digits), generator), generator)


def places(count: int, generator: torch.Generator) -> torch.Tensor:
    """Offsets of the digit's middle from the canvas's, down and right, in pixels: (n, 2)."""
    return torch.randint(ROOM + 1, (count, 2), generator=generator) - ROOM / 2


@dataclass(frozen=True)
class Views:
    """What is done to a digit on its way to a view: turned by up to ``rotation`` degrees either way, made larger or smaller by up to
    ``scale`` (a share), put at a place, and ``noise`` added."""

    rotation: float = 0.0
    scale: float = 0.0
    noise: float = NOISE

    def draw(self, digits: torch.Tensor, offsets: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """A view (n, 1, 14, 14) of each digit (n, 8, 8) with its middle at ``offsets`` (n, 2) from the canvas's."""
        count = len(digits)
        angle, size = torch.rand(2, count, generator=generator) * 2 - 1
        angle, size = angle * math.radians(self.rotation), (size * self.scale).exp()
        # Where on the digit a pixel of the canvas looks: grid_sample's coordinates are -1 and 1 at the outer edges, right before down.
        ratio = CANVAS / DIGIT / size
        cos, sin = angle.cos() * ratio, angle.sin() * ratio
        down, right = (2 * offsets / CANVAS).unbind(-1)
        turn = torch.stack([
            torch.stack([cos, sin, -cos * right - sin * down], -1), torch.stack([-sin, cos, sin * right - cos * down], -1),
        ], 1)
        grid = nn.functional.affine_grid(turn, (count, 1, CANVAS, CANVAS), align_corners=False)
        canvas = nn.functional.grid_sample(digits[:, None], grid, align_corners=False)
        return canvas + self.noise * torch.randn(canvas.shape, generator=generator)


#: What leaves a digit that digit.
GENTLE = Views(rotation=15.0, scale=0.15)
