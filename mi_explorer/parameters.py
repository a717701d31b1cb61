"""Fields of frozen dataclasses that know their range, their label and their control.

A distribution and an experiment describe themselves once: the same field gives the library its error message, the
page its slider and the documentation its table.
"""

from __future__ import annotations

__all__ = ["ParameterError", "Parameter", "real", "whole", "choice", "validate", "parameters"]

import dataclasses
import math
import numbers
import reprlib
from dataclasses import dataclass


class ParameterError(ValueError):
    """A parameter has a value that is not allowed.

    The message names the parameter, the value and what is allowed. ``parameter`` holds the name alone, so that a
    page can point at the control.
    """

    def __init__(self, parameter: str, value: object, allowed: str):
        try:
            shown = reprlib.repr(value)  # short, whatever a link or a file holds
        except ValueError:  # Python refuses to write out a whole number of thousands of digits
            shown = "a number too long to show"
        self.parameter = parameter
        self.value = value
        self.allowed = allowed
        super().__init__(f"{parameter} is {shown}: it must be {allowed}.")

    def __reduce__(self):  # an exception is rebuilt from its args, the message: a worker process could not send it home
        return type(self), (self.parameter, self.value, self.allowed)


@dataclass(frozen=True)
class Parameter:
    """What a field may hold: its kind, its range (``open``: the ends excluded) or its options, and its slider."""

    kind: type
    low: float = -math.inf
    high: float = math.inf
    open: bool = False
    options: tuple[str, ...] = ()
    label: str = ""
    help: str = ""
    slider: tuple[float, float, float] | None = None

    @property
    def allowed(self) -> str:
        if self.options:
            return "one of " + ", ".join(map(repr, self.options))
        what = "a whole number" if self.kind is int else "a finite number"
        if self.open:
            return f"{what} strictly between {plain(self.low)} and {plain(self.high)}"
        return f"{what} from {plain(self.low)} to {plain(self.high)}"

    def check(self, name: str, value: object):
        """``value`` as the plain Python number or string that it stands for; ParameterError where it is not allowed."""
        if self.options:
            if isinstance(value, str) and value in self.options:
                return value
            raise ParameterError(name, value, self.allowed)
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not is_finite(value):
            raise ParameterError(name, value, self.allowed)
        if self.kind is int and value != int(value):
            raise ParameterError(name, value, self.allowed)
        number = self.kind(value) + 0  # -0.0 becomes 0.0: equal descriptions must read the same
        inside = self.low < number < self.high if self.open else self.low <= number <= self.high
        if not inside:
            raise ParameterError(name, value, self.allowed)
        return number


def is_finite(value: numbers.Real) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number too large for a float; JSON may hold one
        return False


def plain(number: float) -> str:
    return f"{int(number)}" if abs(number) < 1e12 and number == int(number) else f"{number:g}"


def real(default: float, low: float, high: float, **facts) -> dataclasses.Field:
    """A field that holds a finite float in [low, high], or in (low, high) with ``open=True``."""
    return dataclasses.field(default=default, metadata={"parameter": Parameter(float, low, high, **facts)})


def whole(default: int, low: int, high: int, **facts) -> dataclasses.Field:
    """A field that holds a whole number in [low, high]."""
    return dataclasses.field(default=default, metadata={"parameter": Parameter(int, low, high, **facts)})


def choice(default: str, options: tuple[str, ...], **facts) -> dataclasses.Field:
    """A field that holds one of a few names."""
    return dataclasses.field(default=default, metadata={"parameter": Parameter(str, options=tuple(options), **facts)})


def parameters(description) -> dict[str, Parameter]:
    """The declared parameters of a dataclass or of an instance, by name, in their order."""
    return {f.name: f.metadata["parameter"] for f in dataclasses.fields(description) if "parameter" in f.metadata}


def validate(instance) -> None:
    """Check every declared parameter of a frozen dataclass and store its plain Python value; call in __post_init__."""
    for name, parameter in parameters(instance).items():
        object.__setattr__(instance, name, parameter.check(name, getattr(instance, name)))
