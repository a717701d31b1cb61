"""Small tables to try the estimate on: measured ones that scikit-learn brings along, and drawn ones whose truth is known.

A table is made when it is asked for; the drawn ones load PyTorch then, because the distributions draw with it.
"""

from __future__ import annotations

__all__ = ["EXAMPLES", "Example"]

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.distributions import Distribution, Gaussian, Transformed
from mi_explorer.tables import Table

if TYPE_CHECKING:
    from pandas import DataFrame

SEED = 1
FLIPPED = 0.1  # of the answers in "Only together"
BLUR = 0.5  # standard deviation of the noise on the parabola


@dataclass(frozen=True, eq=False)
class Example:
    """A table with a story. x, y: the columns to begin with; truth: their mutual information in nats, None where nobody
    knows it; look_for: what there is to see."""

    key: str
    label: str
    look_for: str
    x: tuple[str, ...]
    y: tuple[str, ...]
    make: Callable[[], DataFrame]
    truth: float | None = None

    @cached_property
    def table(self) -> Table:
        return Table(self.make(), self.label)

    def truth_of(self, x: tuple[str, ...], y: tuple[str, ...]) -> float | None:
        """The truth, if these are the columns that it is about, whichever side is called X."""
        same = {frozenset(x), frozenset(y)} == {frozenset(self.x), frozenset(self.y)}
        return self.truth if same else None


def measured(name: str, target: str) -> Callable[[], DataFrame]:
    """One of scikit-learn's own tables, its classes by their names in column ``target``."""

    def make() -> DataFrame:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        frame = bunch.data.copy()
        classes = getattr(bunch, "target_names", None)
        frame[target] = bunch.target if classes is None else np.array(classes, dtype=object)[bunch.target]
        return frame

    return make


def drawn(distribution: Distribution, n: int, x: tuple[str, ...], y: tuple[str, ...]) -> Callable[[], DataFrame]:
    """n pairs of a distribution."""

    def make() -> DataFrame:
        import pandas
        import torch

        sides = distribution.sample(n, generator=torch.Generator().manual_seed(SEED))
        return pandas.DataFrame(np.hstack([side.numpy() for side in sides]), columns=[*x, *y])

    return make


def together() -> DataFrame:
    """y says whether exactly one of two coins shows heads, except in a tenth of the rows."""
    import pandas

    generator = np.random.default_rng(SEED)
    first, second = generator.integers(0, 2, (2, 2000))
    flipped = generator.random(2000) < FLIPPED
    sides = np.array(["tails", "heads"], dtype=object)
    answer = np.array(["same", "different"], dtype=object)[(first ^ second) ^ flipped]
    return pandas.DataFrame({"first coin": sides[first], "second coin": sides[second], "answer": answer})


def parabola() -> DataFrame:
    """y = x² + noise, x and the noise standard normal and BLUR times that."""
    import pandas

    x, noise = np.random.default_rng(SEED).normal(size=(2, 2000))
    return pandas.DataFrame({"x": x, "y": x**2 + BLUR * noise})


def parabola_mi() -> float:
    """I(X; Y) = h(Y) - h(Y|X) of the parabola, by the trapezoid rule over p(y) = ∫ p(x) p(y|x) dx on a grid."""
    x, y = np.linspace(-8, 8, 801), np.linspace(-4, 68, 1801)
    weights = np.exp(-(x**2) / 2)
    weights /= weights.sum()
    density = np.exp(-(((y[:, None] - x**2) / BLUR) ** 2) / 2) @ weights / (BLUR * math.sqrt(2 * math.pi))
    surprise = -density * np.log(np.maximum(density, 1e-300))
    return float(surprise.sum() * (y[1] - y[0])) - math.log(BLUR * math.sqrt(2 * math.pi * math.e))


def numbered(letter: str, count: int) -> tuple[str, ...]:
    return tuple(f"{letter}{i}" for i in range(1, count + 1))


CLOUD = Gaussian.from_mi(1.0, dim=5)
ROLL = Transformed(Gaussian.from_mi(1.0), "swiss_roll", "normal_cdf")
NOTHING = Gaussian(dim=3, correlation=0.0)

EXAMPLES: dict[str, Example] = {
    example.key: example
    for example in (
        Example(
            "iris", "Iris: petals and species",
            "Which iris is it? With three equally frequent species there are log 3 = 1.10 nats to know, and two measurements "
            "of a petal tell nearly all of them. Try the sepals instead.",
            ("petal length (cm)", "petal width (cm)"), ("species",), measured("iris", "species"),
        ),
        Example(
            "diabetes", "Diabetes: body and progression",
            "442 patients: what do body mass index and blood pressure tell about the course of the disease a year later? "
            "A little, and more than chance. Add the other columns to X: much more, or only more noise?",
            ("bmi", "bp"), ("progression",), measured("diabetes", "progression"),
        ),
        Example(
            "wine", "Wine: chemistry and grower",
            "Three growers, thirteen measurements, 178 bottles, and log 3 = 1.10 nats to know at most. Few rows: read what the "
            "warnings say. Then give all thirteen columns to X: does the number rise?",
            ("flavanoids", "color_intensity", "proline"), ("grower",), measured("wine", "grower"),
        ),
        Example(
            "cancer", "Breast cancer: cells and diagnosis",
            "Two outcomes hold at most log 2 = 0.69 nats. Three measurements of the cells reach most of them.",
            ("worst radius", "worst concave points", "worst texture"), ("diagnosis",), measured("breast_cancer", "diagnosis"),
        ),
        Example(
            "cloud", "Made: five dimensions, 1 nat",
            "2,000 pairs from a Gaussian whose mutual information is exactly 1 nat, spread over five pairs of coordinates. Does "
            "the interval hold the truth? Take one coordinate from each side: a fifth is left.",
            numbered("x", 5), numbered("y", 5), drawn(CLOUD, 2000, numbered("x", 5), numbered("y", 5)), CLOUD.mi,
        ),
        Example(
            "parabola", "Made: a parabola, correlation 0",
            "y is x squared plus noise. Their correlation is 0, so a straight line sees nothing; mutual information sees all of it.",
            ("x",), ("y",), parabola, parabola_mi(),
        ),
        Example(
            "roll", "Made: rolled up, 1 nat",
            "x1 and x2 are a strip, rolled up like a carpet; how far along it you are says 1 nat about y. Correlation "
            "sees very little of it. One of the two coordinates alone tells less: see how much.",
            ("x1", "x2"), ("y",), drawn(ROLL, 2000, ("x1", "x2"), ("y",)), ROLL.mi,
        ),
        Example(
            "coins", "Made: only together",
            "The answer says whether two coins agree, and is wrong in a tenth of the rows. Either coin by itself tells "
            "nothing; both together tell 0.37 nats. Remove one from X and see.",
            ("first coin", "second coin"), ("answer",), together,
            math.log(2) + FLIPPED * math.log(FLIPPED) + (1 - FLIPPED) * math.log(1 - FLIPPED),
        ),
        Example(
            "nothing", "Made: nothing at all",
            "Six independent columns. Whatever is found here is chance: does the page say so?",
            numbered("x", 3), numbered("y", 3), drawn(NOTHING, 1000, numbered("x", 3), numbered("y", 3)), NOTHING.mi,
        ),
    )
}
