"""Factor cards: small colour pictures of which every factor is known, so that two views of one card share a known information.

A card has a shape, a hue and a position, four of each, all equally likely. Its picture is 12 x 12 pixels in three colours: a
shape of 5 x 5 pixels in one of the quadrants, up to one pixel off in each direction, and Gaussian noise on every pixel. A second
view keeps the factors that are shared and draws the others anew; jitter and noise are always its own. Where a picture still
shows its factors, the information of the two views is that of the shared factors: log 4 nats for each.
"""

from __future__ import annotations

__all__ = ["COLOURS", "FACTORS", "LEVELS", "MASKS", "PIXELS", "SIDE", "draw_cards", "draw_pairs", "render"]

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

FACTORS = ("shape", "hue", "position")
LEVELS = 4
SIDE = 12
PIXELS = 3 * SIDE * SIDE
#: Square frame, cross, diagonal cross, filled disc; rows from the top.
MASKS = (
    ("#####", "#...#", "#...#", "#...#", "#####"),
    ("..#..", "..#..", "#####", "..#..", "..#.."),
    ("#...#", ".#.#.", "..#..", ".#.#.", "#...#"),
    (".###.", "#####", "#####", "#####", ".###."),
)
#: Red, green, blue, yellow.
COLOURS = ((1.0, 0.2, 0.2), (0.2, 0.9, 0.3), (0.3, 0.4, 1.0), (1.0, 0.9, 0.2))


@functools.lru_cache(maxsize=1)
def bank() -> torch.Tensor:
    """Every shape in every quadrant with every jitter: (4, 4, 2, 2, 144), 0 or 1."""
    import torch

    shapes = torch.tensor([[[mark == "#" for mark in row] for row in mask] for mask in MASKS], dtype=torch.float32)
    pictures = torch.zeros(LEVELS, LEVELS, 2, 2, SIDE, SIDE)
    for place in range(LEVELS):
        top, left = SIDE // 2 * (place // 2), SIDE // 2 * (place % 2)
        for down in range(2):
            for right in range(2):
                pictures[:, place, down, right, top + down : top + down + 5, left + right : left + right + 5] = shapes
    return pictures.flatten(-2)


def draw_cards(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Factors of independent cards, (*shape, 3) whole numbers below 4, in the order of ``FACTORS``."""
    import torch

    return torch.randint(LEVELS, (*shape, len(FACTORS)), generator=generator)


def render(cards: torch.Tensor, noise: float, generator: torch.Generator) -> torch.Tensor:
    """A picture of every card (..., 3), with fresh jitter and noise: (..., 432), colour by colour."""
    import torch

    shape, hue, position = cards.unbind(-1)
    down, right = torch.randint(2, (2, *shape.shape), generator=generator)
    mask = bank()[shape, position, down, right]
    picture = (torch.tensor(COLOURS)[hue][..., None] * mask[..., None, :]).flatten(-2)
    return picture + noise * torch.randn(picture.shape, generator=generator)


def draw_pairs(shape: tuple[int, ...], shared: tuple[str, ...], noise: float, generator: torch.Generator):
    """Two views each of independent cards, that keep the ``shared`` factors: pictures x and y (*shape, 432), cards of x (*shape, 3)."""
    import torch

    cards = draw_cards(shape, generator)
    kept = torch.tensor([factor in shared for factor in FACTORS])
    others = torch.where(kept, cards, draw_cards(shape, generator))
    return render(cards, noise, generator), render(others, noise, generator), cards
