r"""Mutual information of a table, one term after the other, and the entropies that it is a part of.

    I(X;Y) = sum p(x,y) log p(x,y) / p(x)p(y)

A pair that is more frequent than chance would have it adds, a rarer one takes away, one that never occurs does neither; the
sum is never negative. H(X) = H(X|Y) + I and H(Y) = H(Y|X) + I (Cover & Thomas 2006, sec. 2.3 to 2.5).
"""

from __future__ import annotations

__all__ = ["Term", "Terms", "TermsSnapshot"]

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import JointTable
from mi_explorer.objectives.finite import Entropies, entropies, joint_of, pace, weights
from mi_explorer.parameters import validate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Terms(Description):
    """Sum the mutual information of a joint table term by term.

    Arguments:
        weights: rows of weights, one row for each x and one column for each y; 2 to 4 of each. They are divided by their sum.
        pace: seconds to wait after each term.
    """

    what = "table"

    weights: tuple[tuple[float, ...], ...] = weights(((4.0, 1.0), (1.0, 4.0)), label="Joint table: how often each pair occurs")
    pace: float = pace()

    def __post_init__(self):
        validate(self)

    def distribution(self) -> JointTable:
        return joint_of(self.weights)

    def carry_out(self) -> Iterator[TermsSnapshot]:
        joint = self.distribution()
        terms = terms_of(joint)
        for count in range(1, len(terms) + 1):
            yield TermsSnapshot(self, count / len(terms), joint, terms, count)
            time.sleep(self.pace if count < len(terms) else 0)


@dataclass(frozen=True)
class Term:
    """One pair that can occur: the numbers of its symbols from 0, p(x,y), p(x)p(y), p(x,y) log p(x,y)/p(x)p(y) in nats, and the
    sum of the terms up to this one."""

    x: int
    y: int
    p: float
    by_chance: float
    value: float
    so_far: float


def terms_of(joint: JointTable) -> tuple[Term, ...]:
    """Row by row, the pairs of probability 0 left out."""
    (p_x, p_y), terms, values = joint.margins, [], []
    for x, row in enumerate(joint.table):
        for y, p in enumerate(row):
            if p > 0:
                values.append(p * math.log(p / p_x[x] / p_y[y]))
                terms.append(Term(x, y, p, p_x[x] * p_y[y], values[-1], math.fsum(values)))
    return tuple(terms)


@dataclass(frozen=True, eq=False)
class TermsSnapshot:
    """joint: the distribution. terms: all of them. count: how many are in the sum so far."""

    study: Terms
    done: float
    joint: JointTable
    terms: tuple[Term, ...]
    count: int

    @property
    def current(self) -> Term:
        return self.terms[self.count - 1]

    @cached_property
    def entropies(self) -> Entropies:
        return entropies(self.joint)

    @property
    def table(self) -> np.ndarray:
        """p(x,y): (kx, ky)."""
        return np.array(self.joint.table)

    @property
    def values(self) -> np.ndarray:
        """The terms in their places, in nats: (kx, ky)."""
        table = np.zeros_like(self.table)
        for term in self.terms:
            table[term.x, term.y] = term.value
        return table

    def frame(self) -> pd.DataFrame:
        """One row per term in the sum so far; symbols are counted from 1."""
        import pandas as pd

        return pd.DataFrame([
            {
                "x": term.x + 1, "y": term.y + 1, "p": term.p, "p_by_chance": term.by_chance, "ratio": term.p / term.by_chance,
                "term": term.value, "sum_so_far": term.so_far,
            }
            for term in self.terms[: self.count]
        ])
