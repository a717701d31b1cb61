"""What the page "Your own data" asks, as far as a link can say it: the example, its columns and the settings."""

from __future__ import annotations

__all__ = ["OWN", "Question"]

from dataclasses import dataclass

from mi_explorer.description import Description
from mi_explorer.estimators import registry
from mi_explorer.examples import EXAMPLES
from mi_explorer.parameters import ParameterError, choice, real, validate, whole

OWN = "own"  # in place of an example: a table of the visitor's own, which no link carries
MOST_SECONDS = 300  # on a page that others may use too; the command line allows more


@dataclass(frozen=True)
class Question(Description):
    """Which columns, counted from 1, and how to estimate.

    Arguments:
        example: key of an example, or "own".
        x, y: numbers of the columns; none of them on both sides.
        method, drop_missing, seed, time_limit: see ``mi_explorer.estimate``.

    Raises:
        ParameterError: names the field, its value and what is allowed.
    """

    what = "link"

    example: str = choice("parabola", (*EXAMPLES, OWN))
    x: tuple[int, ...] = ()
    y: tuple[int, ...] = ()
    method: str = choice("auto", ("auto", *registry), label="Method")
    drop_missing: bool = False
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")
    time_limit: float = real(60.0, 5, MOST_SECONDS, label="Time limit (seconds)")

    def __post_init__(self):
        validate(self)
        if self.drop_missing not in (True, False):
            raise ParameterError("drop_missing", self.drop_missing, "true or false")
        for side in ("x", "y"):
            numbers = getattr(self, side)
            if not isinstance(numbers, list | tuple) or not all(type(number) is int and number > 0 for number in numbers):
                raise ParameterError(side, numbers, "numbers of columns, counted from 1")
            object.__setattr__(self, side, tuple(sorted({*numbers})))
        if both := {*self.x} & {*self.y}:
            raise ParameterError("y", min(both), "made of columns that are not in x")
