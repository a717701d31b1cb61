r"""Registration: lay one picture onto another whose greys mean something else, by the pose of the most mutual information.

Two scanners show one head. Squared differences want equal greys, correlation wants a straight line between them; mutual information
wants one grey to tell the other, whatever it is (Viola & Wells 1997; Maes et al. 1997):

    pose* = argmax over poses of  I(first picture; second picture at that pose),

taken from a smoothed joint histogram of the pixels in which both overlap. Every measure gets the same search: a grid of poses on blurred
small pictures, then Powell's method on two finer levels.
"""

from __future__ import annotations

__all__ = ["MEASURES", "Registration", "RegistrationSnapshot", "similarity"]

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.joint import information, joint_histogram
from mi_explorer.objectives.phantom import CONTRASTS, SIZE, mapped, pictures, point_error
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

#: What is maximised, by name.
MEASURES = {"mi": "Mutual information", "ssd": "Squared differences", "ncc": "|Correlation|"}
LEVELS = ((3.0, 4), (1.5, 2), (0.5, 1))  # blur in pixels, every how many pixels: coarse to fine
GRID = (4.0, 5.0)  # of the coarse level, at most this far apart: pixels, degrees
MARGIN = (4.0, 6.0)  # how far beyond the largest true pose the search may go
LEAST_OVERLAP = 0.25  # of the pixels: below, a few of them decide, and with none nothing is defined
HOPELESS = -1e6  # a finite number, because Powell's method takes differences
ITERATIONS = 8
REACH = 20  # pixels to either side of the truth at which the measures are drawn


@dataclass(frozen=True)
class Registration(Description):
    """Draw a true pose, show the head to two scanners, find the pose by three measures; ``runs`` times.

    Arguments:
        contrast: how the second scanner sees the tissues, a key of CONTRASTS. noise: of both, its standard deviation; greys are from 0 to 1.
        shift, rotation: the true pose is uniform within plus and minus these, in pixels (both directions) and degrees.
        bins, smoothing: of the joint histogram; the smoothing is in bins.
        runs: poses and noises that are tried. seed: of the random numbers.
    """

    what = "registration"

    contrast: str = choice("t1-t2", tuple(CONTRASTS), label="What the second scanner shows")
    noise: float = real(0.05, 0, 1, label="Noise", slider=(0, 0.4, 0.01))
    shift: float = real(10.0, 0, 40, label="Largest true shift (pixels)", slider=(0, 20, 1))
    rotation: float = real(15.0, 0, 60, label="Largest true rotation (degrees)", slider=(0, 45, 1))
    bins: int = whole(32, 4, 128, label="Bins of the joint histogram", slider=(4, 64, 4))
    smoothing: float = real(1.0, 0, 8, label="Smoothing of the histogram (bins)", slider=(0, 4, 0.1))
    runs: int = whole(8, 1, 50, label="Runs, each with its own pose", slider=(1, 20, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    def truth(self, random: np.random.Generator) -> np.ndarray:
        return random.uniform(-1, 1, 3) * (self.shift, self.shift, self.rotation)

    def carry_out(self) -> Iterator[RegistrationSnapshot]:
        errors: dict[str, tuple[float, ...]] = {name: () for name in MEASURES}
        for run in range(self.runs):
            random = np.random.default_rng([self.seed, run])
            truth = self.truth(random)
            fixed, moving = pictures(self.contrast, truth, self.noise, random)
            start = {name: np.zeros(3) for name in MEASURES}
            lines = self.profiles(fixed, moving, truth)
            seen = RegistrationSnapshot(self, run / self.runs, fixed, moving, truth, start, "mi", dict(errors), lines)
            yield seen
            for place, name in enumerate(MEASURES):
                for share, pose in self.search(name, fixed, moving):
                    done = (run + (place + share) / len(MEASURES)) / self.runs
                    seen = replace(seen, done=done, poses=seen.poses | {name: pose}, searching=name)
                    yield seen
                errors[name] += (point_error(pose, truth),)
                seen = replace(seen, errors=dict(errors))
                yield seen

    def search(self, name: str, fixed: np.ndarray, moving: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
        """The share of the search that is done, and the best pose so far; after every sheet of the grid and every iteration."""
        from scipy.ndimage import gaussian_filter
        from scipy.optimize import minimize

        pyramid = [(gaussian_filter(fixed, blur), gaussian_filter(moving, blur), step) for blur, step in LEVELS]
        shifts = lattice(self.shift + MARGIN[0] / 2, GRID[0])
        angles = lattice(self.rotation + MARGIN[1] / 2, GRID[1])
        best, pose = -math.inf, np.zeros(3)
        for place, angle in enumerate(angles):
            for across in shifts:
                for down in shifts:
                    tried = np.array([across, down, angle])
                    if (value := self.score(name, *pyramid[0], tried)) > best:
                        best, pose = value, tried
            yield 0.4 * (place + 1) / len(angles), pose
        reach = (self.shift + MARGIN[0], self.shift + MARGIN[0], self.rotation + MARGIN[1])
        for level, pictures_then in enumerate(pyramid[1:]):
            directions, value = np.eye(3), math.inf
            for iteration in range(ITERATIONS):
                found = minimize(
                    lambda tried: -self.score(name, *pictures_then, tried), pose, method="Powell", bounds=[(-far, far) for far in reach],
                    options={"maxiter": 1, "direc": directions, "xtol": 1e-3, "ftol": 1e-9},
                )
                moved = np.abs(found.x - pose).max()
                pose, directions, gained, value = found.x, found.direc, value - found.fun, found.fun
                yield 0.4 + 0.3 * (level + (iteration + 1) / ITERATIONS), pose
                if moved < 0.01 or gained < 1e-7:
                    break
        yield 1.0, pose

    def score(self, name: str, fixed: np.ndarray, moving: np.ndarray, step: int, pose: np.ndarray) -> float:
        """The measure at a pose on every ``step``-th pixel; HOPELESS where too little overlaps."""
        here, there = overlap(fixed, moving, pose, step)
        if len(here) < LEAST_OVERLAP * math.ceil(SIZE / step) ** 2:
            return HOPELESS
        return similarity(name, here, there, self.bins, self.smoothing)

    def histogram(self, fixed: np.ndarray, moving: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """The joint histogram (bins, bins) at a pose: rows are the first picture."""
        return joint_histogram(*map(rescaled, overlap(fixed, moving, pose)), self.bins, self.smoothing)

    def profiles(self, fixed: np.ndarray, moving: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
        """Every measure at the true rotation and height, over the shift across from REACH pixels before to REACH beyond the truth; NaN
        where too little overlaps."""
        lines = {}
        for name in MEASURES:
            line = np.array([self.score(name, fixed, moving, 2, truth + (offset, 0, 0)) for offset in range(-REACH, REACH + 1)])
            lines[name] = np.where(line > HOPELESS, line, np.nan)
        return lines


def lattice(reach: float, apart: float) -> np.ndarray:
    """From -reach to reach, with 0 in the middle, at most ``apart`` apart."""
    return np.linspace(-reach, reach, 2 * math.ceil(reach / apart) + 1)


def overlap(fixed: np.ndarray, moving: np.ndarray, pose: np.ndarray, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The pixels (n,) of the first picture that fall into the second one, and what stands there, linear between pixels."""
    from scipy.ndimage import map_coordinates

    places = mapped(pose, step)
    both = ((places >= 0) & (places <= SIZE - 1)).all(0)
    return fixed[::step, ::step][both], map_coordinates(moving, places[:, both], order=1)


def similarity(name: str, a: np.ndarray, b: np.ndarray, bins: int = 32, smoothing: float = 1.0) -> float:
    """A measure of MEASURES of paired greys (n,), the more the better: I in nats, minus the mean square, or |r|, 0 where one is constant."""
    if name == "mi":
        return information(joint_histogram(rescaled(a), rescaled(b), bins, smoothing))
    if name == "ssd":
        return -float(((a - b) ** 2).mean())
    spread = a.std() * b.std()
    return abs(float(((a - a.mean()) * (b - b.mean())).mean())) / float(spread) if spread > 1e-12 else 0.0


def rescaled(greys: np.ndarray) -> np.ndarray:
    """To [0, 1]; a constant becomes 0."""
    if not len(greys):
        return greys
    low, high = greys.min(), greys.max()
    return (greys - low) / (high - low) if high > low else np.zeros_like(greys)


@dataclass(frozen=True, eq=False)
class RegistrationSnapshot:
    """fixed, moving: the pictures of the current run, (SIZE, SIZE). truth: its pose (dx, dy, degrees). poses: where each measure stands;
    searching: which one is at it. errors: of the runs so far by measure, mean distances in pixels. profiles: see ``Registration.profiles``."""

    study: Registration
    done: float
    fixed: np.ndarray
    moving: np.ndarray
    truth: np.ndarray
    poses: dict[str, np.ndarray]
    searching: str
    errors: dict[str, tuple[float, ...]]
    profiles: dict[str, np.ndarray]

    def information(self, pose: np.ndarray) -> float:
        """I at a pose of the current run, in nats."""
        return information(self.study.histogram(self.fixed, self.moving, pose))

    def error(self, name: str) -> float:
        """Of where the measure stands now, in pixels."""
        return point_error(self.poses[name], self.truth)

    def frame(self) -> pd.DataFrame:
        """One row per finished search."""
        import pandas as pd

        rows = [{"run": run, "measure": name, "point_error": error} for name, errors in self.errors.items() for run, error in enumerate(errors)]
        return pd.DataFrame(rows, columns=["run", "measure", "point_error"])
