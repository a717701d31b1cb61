"""A head made of ellipses, seen by two scanners: six tissues, of which each scanner makes greys of its own.

A pose (dx, dy, degrees) takes a point p of the first picture to the point of the second one that shows the same spot,

    q = R(degrees) (p - c) + c + (dx, dy),   c: the middle, x to the right, y down, in pixels.

The ellipses are drawn at the exact places, so the true pose is known to the last digit.
"""

from __future__ import annotations

__all__ = ["CONTRASTS", "SIZE", "inside_head", "mapped", "pictures", "point_error"]

import numpy as np

SIZE = 96  # pixels along each side
FINE = 3  # samples along each side of a pixel
BLUR = 0.6  # of the scanner, in pixels

#: Grey values of air, scalp, cerebrospinal fluid, grey matter, white matter, lesion. T1: fluid dark, fat and white matter bright;
#: T2 with suppressed fat: fluid bright.
T1 = np.array([0.0, 0.9, 0.1, 0.5, 0.8, 0.3])
T2 = np.array([0.0, 0.25, 1.0, 0.6, 0.3, 0.9])
#: What the second scanner makes of the tissues; the first one always shows T1.
CONTRASTS = {"t1-t2": T2, "inverted": 1 - T1, "v-shaped": np.abs(2 * T1 - 1), "same": T1}

AIR, SCALP, FLUID, GREY, WHITE, LESION = range(6)
#: Tissue, centre from the middle, half axes, turn in degrees; the later ones lie on top.
ELLIPSES = (
    (SCALP, 0, 0, 32, 40, 0), (FLUID, 0, 0, 29, 37, 0), (GREY, 0, 0, 25.5, 33.5, 0), (WHITE, -10, -2, 12, 24, 8), (WHITE, 11, 0, 11, 22, -10),
    (FLUID, -4, -3, 2.5, 10, 15), (FLUID, 5, -3, 2.5, 9, -18), (GREY, 0, 14, 6, 5, 0), (LESION, 12, -12, 5, 4, 30),
)


def tissues(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The tissue at points given from the middle of the first picture, of any shape."""
    found = np.full(x.shape, AIR)
    for tissue, across, down, a, b, degrees in ELLIPSES:
        u, v = turned(x - across, y - down, -degrees)
        found[(u / a) ** 2 + (v / b) ** 2 <= 1] = tissue
    return found


def turned(x, y, degrees: float):
    """Points turned about the origin."""
    angle = np.deg2rad(degrees)
    return np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y


def grid(step: float = 1.0, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """x and y from the middle, of the pixels of a picture."""
    line = np.arange(0, SIZE, step) + offset - (SIZE - 1) / 2
    return np.meshgrid(line, line)


def mapped(pose, step: int = 1) -> np.ndarray:
    """Where ``pose`` takes every ``step``-th pixel: rows and columns (2, n, n) in the second picture."""
    x, y = turned(*grid(step), pose[2])
    middle = (SIZE - 1) / 2
    return np.stack([y + pose[1] + middle, x + pose[0] + middle])


def inside_head() -> np.ndarray:
    return tissues(*grid()) != AIR


def point_error(found, true) -> float:
    """Mean distance in pixels, over the head, between where two poses take the same spot."""
    return float(np.hypot(*(mapped(found) - mapped(true)))[inside_head()].mean())


def pictures(contrast: str, pose, noise: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What the two scanners see, (SIZE, SIZE) each: the second one of a head that was moved by ``pose``."""
    from scipy.ndimage import gaussian_filter

    x, y = grid(1 / FINE, -(FINE - 1) / (2 * FINE))
    moved = turned(x - pose[0], y - pose[1], -pose[2])
    seen = []
    for table, points in ((T1, (x, y)), (CONTRASTS[contrast], moved)):
        sharp = table[tissues(*points)].reshape(SIZE, FINE, SIZE, FINE).mean((1, 3))
        seen.append(gaussian_filter(sharp, BLUR, mode="nearest") + noise * random.standard_normal((SIZE, SIZE)))
    return seen[0], seen[1]
