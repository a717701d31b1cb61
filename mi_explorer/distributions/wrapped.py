"""What distributions share that stand in for another one and have its information."""

from __future__ import annotations

__all__ = ["Wrapped"]

from .base import Distribution


class Wrapped(Distribution):
    """A distribution made from ``base``, whose mutual information and kind of variables are those of ``base``."""

    base: Distribution

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    @property
    def mi(self) -> float:
        return self.base.mi

    @property
    def mi_stderr(self) -> float:
        return self.base.mi_stderr
