"""Finite tables: the weights that somebody types, the joint probabilities they stand for, and the entropies of these."""

from __future__ import annotations

__all__ = ["Entropies", "LARGEST", "MOST", "SMALLEST", "entropies", "entropy", "joint_of", "pace", "transition", "weights"]

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mi_explorer.distributions.discrete import JointTable, Table
from mi_explorer.parameters import Parameter, ParameterError, real

SMALLEST, LARGEST = 2, 4  # rows and columns of a table that is typed in
MOST = 10_000.0  # the largest weight


class Weights(Parameter):
    """A parameter that holds a table of weights: rows of one length, numbers from 0 up, not all of them 0."""

    @property
    def allowed(self) -> str:
        return f"a table of {SMALLEST} to {LARGEST} rows of {SMALLEST} to {LARGEST} weights each"

    def check(self, name: str, value: object) -> tuple[tuple[float, ...], ...]:
        def is_list(part, low: int, high: int) -> bool:
            return isinstance(part, (list, tuple)) and low <= len(part) <= high

        if not is_list(value, SMALLEST, LARGEST) or not all(is_list(row, SMALLEST, LARGEST) for row in value):
            raise ParameterError(name, value, self.allowed)
        if len({len(row) for row in value}) > 1:
            raise ParameterError(name, [len(row) for row in value], "a table with rows of one length")
        weight = Parameter(float, 0, MOST)
        table = tuple(tuple(weight.check(name, entry) for entry in row) for row in value)
        if not any(map(any, table)):
            raise ParameterError(name, "0 in every cell", "a table with at least one weight above 0")
        return table


def weights(default: tuple[tuple[float, ...], ...], **facts) -> dataclasses.Field:
    """A field that holds a table of weights; only their proportions matter."""
    return dataclasses.field(default=default, metadata={"parameter": Weights(tuple, 0, MOST, **facts)})


def pace() -> dataclasses.Field:
    """A field that says how long to wait after each step: 0 for whoever wants numbers, more for whoever watches."""
    return real(0.0, 0, 1, label="Seconds per step, to watch", slider=(0, 1, 0.05))


def joint_of(table: tuple[tuple[float, ...], ...]) -> JointTable:
    """The joint distribution that a table of weights stands for."""
    total = math.fsum(weight for row in table for weight in row)
    return JointTable(tuple(tuple(weight / total for weight in row) for row in table))


def transition(channel: Table) -> np.ndarray:
    """p(y|x) of a distribution whose every x can occur: (kx, ky)."""
    joint = np.array(channel.table)
    return joint / joint.sum(1, keepdims=True)


def entropy(probabilities: Iterable[float]) -> float:
    """- sum p log p in nats, where 0 log 0 is 0."""
    return -math.fsum(p * math.log(p) for p in probabilities if p > 0) + 0.0


@dataclass(frozen=True)
class Entropies:
    """Of a pair, in nats: H(X), H(Y), H(X,Y), H(X|Y), H(Y|X), I(X;Y)."""

    x: float
    y: float
    pair: float
    x_given_y: float
    y_given_x: float
    mi: float


def entropies(joint: JointTable) -> Entropies:
    """Each from its own definition, none as a difference of others (Cover & Thomas 2006, ch. 2)."""
    p_x, p_y = joint.margins
    cells = [(p, a, b) for row, a in zip(joint.table, p_x) for p, b in zip(row, p_y) if p > 0]
    return Entropies(
        x=entropy(p_x), y=entropy(p_y), pair=entropy(p for p, _, _ in cells),
        x_given_y=math.fsum(p * math.log(b / p) for p, _, b in cells), y_given_x=math.fsum(p * math.log(a / p) for p, a, _ in cells),
        mi=joint.mi,
    )
