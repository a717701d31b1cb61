"""Grey pictures of a shape on a ground, with a known mask: what tells them apart is their mean, their spread, their histogram or their grain."""

from __future__ import annotations

__all__ = ["SCENES", "SIDE", "intersection_over_union", "otsu", "scene"]

import numpy as np

SIDE = 64  # pixels along each side
SCENES = ("variance", "shape", "texture", "means")
SPREAD = 0.2


def scene(kind: str, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture of greys (SIDE, SIDE) and its mask, True on the shape.

    "variance": one mean, the shape scatters three times as much. "shape": one mean and one variance, but two peaks on the shape.
    "texture": one histogram, but the shape is smooth and the ground is not. "means": two means.
    """
    from scipy.ndimage import gaussian_filter

    mask, noise = blob(random), random.standard_normal((SIDE, SIDE))
    if kind == "variance":
        return 0.5 + np.where(mask, SPREAD, SPREAD / 3) * noise, mask
    if kind == "shape":
        narrow = 0.15
        peaks = random.choice((-1.0, 1.0), (SIDE, SIDE)) * np.sqrt(1 - narrow**2) + narrow * noise
        return 0.5 + SPREAD * np.where(mask, peaks, noise), mask
    if kind == "texture":
        smooth = normal_scores(gaussian_filter(random.standard_normal((SIDE, SIDE)), 1.5, mode="wrap"))
        return 0.5 + SPREAD * np.where(mask, smooth, normal_scores(noise)), mask
    return np.where(mask, 0.65, 0.35) + SPREAD / 3 * noise, mask


def blob(random: np.random.Generator) -> np.ndarray:
    """A round shape with a wavy edge."""
    down, across = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    angle, edge = np.arctan2(down, across), np.full((SIDE, SIDE), 0.3 * SIDE)
    for wave in (2, 3, 4):
        edge += 4 / wave * random.uniform(0.5, 2) * np.cos(wave * angle + random.uniform(0, 2 * np.pi))
    return np.hypot(down, across) < edge


def normal_scores(field: np.ndarray) -> np.ndarray:
    """The field with its values replaced by those of a normal sample, in the same order."""
    from scipy.special import ndtri

    ranks = field.ravel().argsort().argsort().reshape(field.shape)
    return ndtri((ranks + 0.5) / field.size)


def otsu(picture: np.ndarray, bins: int = 64) -> np.ndarray:
    """The labels of the grey threshold that leaves least variance within its two classes (Otsu 1979)."""
    counts, edges = np.histogram(picture, bins)
    middles = (edges[:-1] + edges[1:]) / 2
    below, sums = counts.cumsum()[:-1], (counts * middles).cumsum()[:-1]
    above = picture.size - below
    between = below * above * (sums / below - (middles @ counts - sums) / above) ** 2
    return picture > edges[1 + between.argmax()]


def intersection_over_union(labels: np.ndarray, mask: np.ndarray) -> float:
    """Mean over shape and ground, with the labels named as fits better. Blind guesses of half the pixels get about 1/3."""

    def mean(named: np.ndarray) -> float:
        return float(np.mean([(named & mask).sum() / (named | mask).sum(), (~named & ~mask).sum() / (~named | ~mask).sum()]))

    return max(mean(labels), mean(~labels))
