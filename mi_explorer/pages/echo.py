"""What a browser sends of a slider that nobody has moved."""

from __future__ import annotations

__all__ = ["Told", "same"]

import time

import ipywidgets as widgets

LATE = 3.0  # seconds after which a value that comes in is nobody's echo


class Told:
    """A slider, and the values that the page has given it. A browser snaps what it is given to the slider's step, and where that is
    another number, if only in its last digit, sends it back once, as if the visitor had moved the slider. Such an echo may arrive after
    the page has gone on to other values: it must not win. But who moves a slider away and back again at once shall be heard."""

    def __init__(self, slider: widgets.Widget):
        self.slider = slider
        self.values: list[tuple[float, float]] = []  # (when, value), until it or a later one has been answered

    def tell(self, value: float) -> None:
        """Set the slider, unless that is where it stands."""
        if not same(value, self.slider.value, self.slider.step):
            self.values.append((time.monotonic(), value))
            self.slider.value = value

    def moved(self, value: float) -> bool:
        """Whether it is the visitor who has moved the slider to this value."""
        newest = time.monotonic() - LATE
        self.values = [entry for entry in self.values if entry[0] > newest]
        for place in reversed(range(len(self.values))):
            told = self.values[place][1]
            if value != told and same(value, told, self.slider.step):
                del self.values[: place + 1]  # a browser sends in order: what was told before has been answered
                return False
        return True


def same(new: float, old: float, step: float) -> bool:
    """Whether two values are one place of a slider."""
    return abs(new - old) <= 0.51 * step
