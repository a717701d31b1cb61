"""Finite alphabets: everything is a table, so every expectation is a finite sum."""

from __future__ import annotations

__all__ = ["JointTable", "SymmetricChannel", "BinaryErasureChannel", "ZChannel"]

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

from ..parameters import ParameterError, real, validate, whole
from .arrays import entries, unit_sum, vector
from .base import Distribution, register

LARGEST_ALPHABET = 256


class Table(Distribution):
    """A pair of symbols 0, 1, ..., each in one column, with the joint probabilities ``table[x][y]``.

    A value that is no symbol lies outside of the support, like a pair of probability zero: its ``log_ratio``
    is -inf.
    """

    discrete = True
    dim_x = 1
    dim_y = 1

    def __post_init__(self):
        validate(self)

    @cached_property
    def margins(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """p(x) and p(y)."""
        return tuple(map(math.fsum, self.table)), tuple(map(math.fsum, zip(*self.table)))

    @cached_property
    def _log_ratios(self):
        p_x, p_y = self.margins
        return tuple(
            tuple(math.log(p / a / b) if p > 0 else -math.inf for p, b in zip(row, p_y))
            for row, a in zip(self.table, p_x)
        )

    def _sample(self, shape, draw):
        import torch

        cells = torch.tensor(list(itertools.chain(*self.table)), dtype=torch.float64).cumsum(0)
        cells = (cells / cells[-1].clone()).to(draw.options["device"])
        # right: a draw on an edge belongs to the cell above, so a cell of probability zero never comes.
        cell = torch.searchsorted(cells, draw.uniform(*shape, 1), right=True)
        columns = len(self.table[0])
        return (cell // columns).to(torch.float64), (cell % columns).to(torch.float64)

    def _log_ratio(self, x, y):
        import torch

        ratios = torch.tensor(self._log_ratios, dtype=torch.float64, device=x.device)
        (row, known_x), (column, known_y) = (_symbol(a, size) for a, size in zip((x, y), ratios.shape))
        return ratios[row, column].masked_fill(~(known_x & known_y), float("-inf"))


def _symbol(values, size):
    values = values.squeeze(-1)
    known = (values >= 0) & (values < size) & (values == values.floor())
    return values.where(known, 0.0).long(), known


@register("joint_table", label="Joint table")
@dataclass(frozen=True)
class JointTable(Table):
    """Any finite joint distribution. I(X; Y) = sum p(x,y) log p(x,y)/p(x)p(y), summed without rounding error.

    Arguments:
        table: Rows of joint probabilities, one row for each x; at most 256 x 256, not negative, of sum one.
    """

    table: tuple[tuple[float, ...], ...]

    def __post_init__(self):
        rows = [vector("table", row, low=0) for row in entries("table", self.table, most=LARGEST_ALPHABET)]
        columns = len(rows[0])
        if columns > LARGEST_ALPHABET or any(len(row) != columns for row in rows):
            raise ParameterError("table", [len(row) for row in rows][:8], "rows of one length, at most 256")
        flat = iter(unit_sum("table", tuple(itertools.chain(*rows))))
        object.__setattr__(self, "table", tuple(tuple(itertools.islice(flat, columns)) for _ in rows))

    @cached_property
    def mi(self) -> float:
        pairs = zip(itertools.chain(*self.table), itertools.chain(*self._log_ratios))
        return max(math.fsum(p * ratio for p, ratio in pairs if p > 0), 0.0)


@register("symmetric_channel", label="Symmetric channel")
@dataclass(frozen=True)
class SymmetricChannel(Table):
    """A uniform symbol that arrives as it is, or with probability ``error`` as one of the others.

    I(X; Y) = log M + (1 - e) log(1 - e) + e log(e / (M - 1)) nats for M symbols (Cover & Thomas
    2006, sec. 7.2).

    Arguments:
        symbols: M, the size of the alphabet.
        error: e; at 1 - 1/M nothing arrives. ``with_mi`` stays below.
    """

    mi_parameter = "error"

    symbols: int = whole(4, 2, LARGEST_ALPHABET, label="Symbols M", slider=(2, 64, 1))
    error: float = real(0.1, 0, 1, label="Error probability", slider=(0, 1, 0.01))

    @cached_property
    def table(self) -> tuple[tuple[float, ...], ...]:
        m = self.symbols
        right, wrong = (1 - self.error) / m, self.error / (m * (m - 1))
        return tuple(tuple(right if i == j else wrong for j in range(m)) for i in range(m))

    @property
    def _ends(self):
        return 1 - 1 / self.symbols, 0.0

    def _mi_at(self, value):
        m = self.symbols
        return max(_xlogx_over(1 - value, 1 / m) + _xlogx_over(value, (m - 1) / m), 0.0)


@register("erasure_channel", label="Binary erasure channel")
@dataclass(frozen=True)
class BinaryErasureChannel(Table):
    """A bit that arrives as it is, or is seen to be lost: y is 0, 1, or 2 for "erased".

    I(X; Y) = (1 - erasure) H(p) nats (Cover & Thomas 2006, sec. 7.1.5).

    Arguments:
        erasure: The probability of a loss.
        p: The probability that the bit is 1.
    """

    mi_parameter = "erasure"

    erasure: float = real(0.2, 0, 1, label="Erasure probability", slider=(0, 1, 0.01))
    p: float = real(0.5, 0, 1, open=True, label="Probability of a 1", slider=(0.01, 0.99, 0.01))

    @cached_property
    def table(self) -> tuple[tuple[float, ...], ...]:
        kept, lost, q = 1 - self.erasure, self.erasure, 1 - self.p
        return (q * kept, 0.0, q * lost), (0.0, self.p * kept, self.p * lost)

    @property
    def _ends(self):
        return 1.0, 0.0

    def _mi_at(self, value):
        return (1 - value) * _entropy(self.p)


@register("z_channel", label="Z channel")
@dataclass(frozen=True)
class ZChannel(Table):
    """A bit of which the 0 always arrives and the 1 is mistaken for a 0 with probability ``error``.

    I(X; Y) = H(p (1 - error)) - p H(error) nats, H the binary entropy (Cover & Thomas 2006, problem 7.8).

    Arguments:
        error: The probability that a 1 arrives as a 0.
        p: The probability that the bit is 1.
    """

    mi_parameter = "error"

    error: float = real(0.2, 0, 1, label="Error probability", slider=(0, 1, 0.01))
    p: float = real(0.5, 0, 1, open=True, label="Probability of a 1", slider=(0.01, 0.99, 0.01))

    @cached_property
    def table(self) -> tuple[tuple[float, ...], ...]:
        return (1 - self.p, 0.0), (self.p * self.error, self.p * (1 - self.error))

    @property
    def _ends(self):
        return 1.0, 0.0

    def _mi_at(self, value):
        return max(_entropy(self.p * (1 - value)) - self.p * _entropy(value), 0.0)


def _xlogx_over(a, b):
    """a log(a / b), zero at a = 0."""
    return a * math.log(a / b) if a > 0 else 0.0


def _entropy(p):
    """Of a bit that is 1 with probability p, in nats."""
    return -(p * math.log(p) + (1 - p) * math.log1p(-p)) if 0 < p < 1 else 0.0
