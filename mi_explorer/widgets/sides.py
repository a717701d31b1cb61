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
    """

    _esm = static("sides.js")
    _css = static("sides.css")

    columns = traitlets.List(help="[name, about, usable] of each column").tag(sync=True)
    x = traitlets.List(traitlets.Int()).tag(sync=True)
    y = traitlets.List(traitlets.Int()).tag(sync=True)

    @traitlets.validate("x", "y")
    def _existing(self, proposal):
        usable = {number for number, (_, _, able) in enumerate(self.columns) if able}
        return sorted(usable.intersection(proposal["value"]))

    def show(self, columns: list, x: list[int], y: list[int]) -> None:
        """Show other columns and their parts."""
        with self.hold_trait_notifications():
            self.x, self.y = [], []
        with self.hold_sync():
            self.columns = columns
            self.x, self.y = x, y

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The chosen columns of X and of Y; one that a browser put on both sides is on neither."""
        both = {*self.x} & {*self.y}
        return tuple(tuple(self.columns[i][0] for i in side if i not in both) for side in (self.x, self.y))
