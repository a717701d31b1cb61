"""What a page shares: its state in the address after the #, a copied link, and files to download."""

from __future__ import annotations

__all__ = ["PageLink"]

import anywidget
import traitlets

from mi_explorer.widgets.style import static


class PageLink(anywidget.AnyWidget):
    """Mirrors the address's fragment, and shows a row of buttons: "Copy link", one per entry of ``downloads``, and "Save my work".

    ``fragment`` is the text after #. The browser reports it once, shortly after the page has come up (``loaded`` turns
    True, after ``fragment``), and again when the visitor edits it. What Python sets before that is not written to the
    address: controls write their values back while they are created, and would erase the link that is being opened.
    In JupyterLab the address belongs to Lab: it is neither read nor written, and "Copy link" copies ``share_url``
    with the fragment.
    """

    _esm = static("work.js") + static("link.js")

    fragment = traitlets.Unicode("").tag(sync=True)
    loaded = traitlets.Bool(False).tag(sync=True)
    share_url = traitlets.Unicode("", help="address of the page for JupyterLab's visitors; empty: only the fragment").tag(sync=True)
    downloads = traitlets.List(help="[name, label, tooltip] of each download button").tag(sync=True)

    def __init__(self, **traits):
        super().__init__(**traits)
        self._on_download = None
        self.on_msg(self._answer)

    def on_download(self, callback) -> None:
        """``callback(name)`` is called when the download button ``name`` is pressed; answer it with :meth:`offer`."""
        self._on_download = callback

    def offer(self, filename: str, mime: str, data: bytes) -> None:
        """Let the browser save ``data`` as ``filename``."""
        self.send({"type": "download", "filename": filename, "mime": mime}, [data])

    def copy(self) -> None:
        """Copy the link, as the button does; a browser may ask for the visitor's own press instead."""
        self.send({"type": "copy"})

    def keep(self, entry: str, cells: list[tuple[str, str]]) -> None:
        """Remember a piece of the visitor's work, cells ("markdown" or "code", text), for the button "Save my work". An
        entry of the same name is replaced."""
        self.send({"type": "work", "entry": {"id": entry, "cells": [list(cell) for cell in cells]}})

    def say(self, text: str) -> None:
        """Show a short note beside the buttons, for instance why a download failed."""
        self.send({"type": "say", "text": text})

    def _answer(self, _, content, buffers) -> None:
        if content.get("type") == "download" and self._on_download is not None:
            self._on_download(content["name"])
