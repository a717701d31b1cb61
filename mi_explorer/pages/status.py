"""The line beside Run: what a page did, what its run is at, and what it refused."""

from __future__ import annotations

__all__ = ["Status"]

import html

import ipywidgets as widgets

from mi_explorer.widgets import controls


class Status(widgets.HTML):
    """A refusal stays in sight until the visitor does something else: the news of a run, which may come a moment later,
    are written behind it and not over it."""

    def __init__(self):
        super().__init__()
        controls.classed(self, "mi-text", "mi-status", "mi-live")
        self.refusal = self.sentence = ""

    def say(self, sentence: str) -> None:
        """The answer to what the visitor did."""
        self.refusal = ""
        self.news(sentence)

    def news(self, sentence: str) -> None:
        """What has become of a run, without the visitor's doing."""
        self.sentence = sentence
        self.write()

    def complain(self, sentence: str) -> None:
        """What the visitor did is refused, or has failed."""
        self.refusal, self.sentence = sentence, ""
        self.write()

    def forgive(self) -> None:
        """The visitor has done something else, which needs no answer."""
        if self.refusal:
            self.refusal = ""
            self.write()

    def write(self) -> None:
        refusal = f'<span class="mi-error">{html.escape(self.refusal)}</span>' if self.refusal else ""
        self.value = f"{refusal} {html.escape(self.sentence)}".strip()
