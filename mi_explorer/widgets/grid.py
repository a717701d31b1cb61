"""A small table of weights to type into."""

from __future__ import annotations

__all__ = ["GridInput"]

import anywidget
import traitlets

from mi_explorer.widgets.style import static


class GridInput(anywidget.AnyWidget):
    """A number field for every cell, buttons for the size, and the share that each cell, row and column has of the whole.

    ``value`` is a tuple of rows of numbers. The browser refuses what is no number from 0 to ``most``, and a table of zeros only;
    it says so below the fields and keeps the last good table. What it sends is not trusted: the description checks it again, and
    the page sets ``value`` back where that refuses.

    As in ``SidePicker`` the table travels in messages of its own, which are not throttled.
    """

    _esm = static("grid.js")
    _css = static("grid.css")

    label = traitlets.Unicode("").tag(sync=True)
    sizes = traitlets.Tuple((2, 4), help="fewest and most rows, and columns").tag(sync=True)
    most = traitlets.Float(1000.0, help="the largest weight").tag(sync=True)
    value = traitlets.Tuple()

    def __init__(self, **traits):
        self._heard: tuple | None = None
        super().__init__(**traits)
        self.on_msg(self._answer)

    @traitlets.observe("value")
    def _changed(self, change) -> None:
        if change["new"] != self._heard:
            self._heard = None
            self._tell()

    def _tell(self) -> None:
        self.send({"type": "table", "rows": [list(row) for row in self.value]})

    def _answer(self, _, content, buffers) -> None:
        if content.get("type") == "ready":
            self._tell()
        elif content.get("type") == "table" and is_table(content.get("rows")):
            self._heard = tuple(map(tuple, content["rows"]))
            self.value = self._heard


def is_table(rows: object) -> bool:
    return isinstance(rows, list) and all(isinstance(row, list) for row in rows)
