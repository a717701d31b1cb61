"""Where a visitor hands in a table: a file to choose or to drop, or pasted text."""

from __future__ import annotations

__all__ = ["TableInput"]

import anywidget
import traitlets

from mi_explorer.widgets.style import static

MAX_BYTES = 20_000_000


class TableInput(anywidget.AnyWidget):
    """A button that opens a file, a place to drop one, and a field to paste text into.

    The browser refuses what is larger than ``max_bytes`` before it sends anything, and sends the rest in pieces, each
    after the last has arrived: one message of many megabytes would make the server close the connection, and the page
    would be dead. Python counts again, since a browser can be told to say anything.
    """

    _esm = static("intake.js")
    _css = static("intake.css")

    max_bytes = traitlets.Int(MAX_BYTES).tag(sync=True)

    def __init__(self, **traits):
        super().__init__(**traits)
        self._on_data = None
        self._pieces: list[bytes] = []
        self.on_msg(self._receive)

    def on_data(self, callback) -> None:
        """``callback(name, data)`` is called with a file's name and bytes, or ``callback("pasted table", data)``."""
        self._on_data = callback

    def _receive(self, _, content, buffers) -> None:
        if content.get("type") != "piece" or not buffers:
            return
        if content.get("first"):
            self._pieces = []
        self._pieces.append(bytes(buffers[0]))
        held = sum(map(len, self._pieces))
        if held > self.max_bytes:
            self._pieces = []
            self.send({"type": "refused"})
        elif content.get("last"):
            data, self._pieces = b"".join(self._pieces), []
            self.send({"type": "arrived", "held": held})
            if self._on_data is not None:
                self._on_data(str(content.get("name", "table"))[:120], data)
        else:
            self.send({"type": "more", "held": held})
