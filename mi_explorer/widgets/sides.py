"""A list of columns, each of which is given one part to play: X, Y, or none."""

from __future__ import annotations

__all__ = ["SidePicker"]

import anywidget
import traitlets

from mi_explorer.widgets.style import static


class SidePicker(anywidget.AnyWidget):
    """One row per column with a choice of X, Y or neither, so that no column can be on both sides.

    ``columns`` are [name, about, usable] in the table's order: ``about`` is a short text below the name. ``x`` and ``y`` are
    the numbers of the columns, counted from 0; what a browser says about columns that do not exist is dropped.

    The browser tells its choice in messages of its own. Synchronised traits are throttled while the kernel is busy, and a
    press on Run, which is not, would overtake the last choice.
    """

    _esm = static("sides.js")
    _css = static("sides.css")

    columns = traitlets.List(help="[name, about, usable] of each column").tag(sync=True)
    x = traitlets.Tuple()
    y = traitlets.Tuple()

    def __init__(self, **traits):
        super().__init__(**traits)
        self.on_msg(self._answer)

    def show(self, columns: list, x: list[int], y: list[int]) -> None:
        """Show other columns and their parts."""
        self.columns = columns
        self._choose(x, y)
        self._tell()

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The chosen columns of X and of Y."""
        return tuple(tuple(self.columns[i][0] for i in side) for side in (self.x, self.y))

    def _choose(self, x, y) -> None:
        usable = [number for number, (_, _, able) in enumerate(self.columns) if able]
        with self.hold_trait_notifications():
            self.x = tuple(number for number in usable if number in x and number not in y)
            self.y = tuple(number for number in usable if number in y and number not in x)

    def _tell(self) -> None:
        self.send({"type": "sides", "x": self.x, "y": self.y})

    def _answer(self, _, content, buffers) -> None:
        if content.get("type") == "sides" and all(isinstance(content.get(side), list) for side in "xy"):
            self._choose(content["x"], content["y"])
        elif content.get("type") == "ready":
            self._tell()
