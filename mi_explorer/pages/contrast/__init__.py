"""The page "Learning by contrast": panels are data and pure functions, one module each."""

from __future__ import annotations

__all__ = ["LESSON", "contrast"]

import ipywidgets as widgets

from mi_explorer.pages.contrast.cards import CARDS
from mi_explorer.pages.contrast.digits import DIGITS
from mi_explorer.pages.contrast.labels import FEW
from mi_explorer.pages.contrast.queue import QUEUE
from mi_explorer.pages.panels import Lesson, PanelPage

LESSON = Lesson(
    notebook="learning-by-contrast",
    title="Learning by contrast",
    subtitle="No labels, no reconstruction: a code learns what two views of a thing have in common.",
    panels=(DIGITS, CARDS, QUEUE, FEW),
)


def contrast(panel: str | None = None) -> widgets.Widget:
    """The page as a widget, opened on one of its panels (by key; the first if none is named)."""
    return PanelPage(LESSON, panel).widget
