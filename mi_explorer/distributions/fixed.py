"""A finite data set in place of the distribution that it was drawn from: what training sees when pairs are few."""

from __future__ import annotations

__all__ = ["FixedSample"]

from dataclasses import dataclass
from functools import cached_property

from ..parameters import ParameterError, validate, whole
from .base import Distribution
from .wrapped import Wrapped


@dataclass(frozen=True)
class FixedSample(Wrapped):
    """N pairs of ``base``, drawn once. A sample of it is a random choice among them, no pair twice.

    Every replicate has N pairs of its own; the same seed gives the same pairs. ``mi`` and ``log_ratio`` are those of
    the base: the truth that the pairs were drawn from, not what they happen to show. It stands in for a distribution
    wherever batches are drawn, above all in training. It is not one of ``families``: no page offers it as a problem.

    Arguments:
        base: The distribution of the pairs.
        n: N, the number of pairs.
        seed: Of the generator that draws them.

    Raises:
        ParameterError: a sample larger than N is asked for.
    """

    name = "fixed_sample"
    label = "A fixed data set"

    base: Distribution
    n: int = whole(1000, 2, 1_000_000, label="Pairs in the data set N")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    @property
    def dim_x(self) -> int:
        return self.base.dim_x

    @property
    def dim_y(self) -> int:
        return self.base.dim_y

    @cached_property
    def _drawn(self) -> dict:
        return {}  # pairs by shape and device

    def pairs(self, replicates: tuple[int, ...] = (), device: str = "cpu") -> tuple:
        """The data sets themselves: x (*replicates, N, dim_x) and y (*replicates, N, dim_y)."""
        import torch

        kept = (replicates, str(device))
        if kept not in self._drawn:
            generator = torch.Generator().manual_seed(self.seed)
            drawn = self.base.sample(self.n, replicates=replicates, generator=generator)
            self._drawn[kept] = tuple(side.to(device) for side in drawn)
        return self._drawn[kept]

    def _sample(self, shape, draw):
        import torch

        *replicates, size = shape
        if size > self.n:
            raise ParameterError("n", size, f"at most {self.n}, the pairs in the data set")
        x, y = self.pairs(tuple(replicates), draw.options["device"])
        chosen = draw.uniform(*replicates, self.n).topk(size, sorted=False).indices.unsqueeze(-1)
        return tuple(torch.take_along_dim(side, chosen, dim=-2) for side in (x, y))

    def _log_ratio(self, x, y):
        return self.base._log_ratio(x, y)

    def _log_ratio_matrix(self, x, y):
        return self.base._log_ratio_matrix(x, y)
