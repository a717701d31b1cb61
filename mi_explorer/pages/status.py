"""The line beside Run: what a page did, what its run is at, and what it refused."""

from __future__ import annotations

__all__ = ["Status"]

import html
import threading

import ipywidgets as widgets

from mi_explorer.widgets import controls


class Status(widgets.HTML):
    """A refusal stays in sight until the visitor does something else: the news of a run, which may come a moment later,
    are written behind it and not over it. Methods may be called from any thread: news come from the follower's."""

    def __init__(self):
        super().__init__()
        controls.classed(self, "mi-text", "mi-status", "mi-live")
        self.refusal = self.sentence = ""
        self.writing = threading.Lock()  # else the news may be written as they were put together before the refusal

    def say(self, sentence: str) -> None:
        """The answer to what the visitor did."""
        self.write(refusal="", sentence=sentence)

    def news(self, sentence: str) -> None:
        """What has become of a run, without the visitor's doing."""
        self.write(sentence=sentence)

    def complain(self, sentence: str) -> None:
        """What the visitor did is refused, or has failed."""
        self.write(refusal=sentence, sentence="")

    def forgive(self) -> None:
        """The visitor has done something else, which needs no answer."""
        self.write(refusal="")

    def write(self, refusal: str | None = None, sentence: str | None = None) -> None:
        with self.writing:
            self.refusal = self.refusal if refusal is None else refusal
            self.sentence = self.sentence if sentence is None else sentence
            wrong = f'<span class="mi-error">{html.escape(self.refusal)}</span>' if self.refusal else ""
            self.value = f"{wrong} {html.escape(self.sentence)}".strip()
