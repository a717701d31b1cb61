"""The page "Why estimates are wrong": panels are data and pure functions, one module each."""

from __future__ import annotations

__all__ = ["LESSON", "why"]

import ipywidgets as widgets

from mi_explorer.pages.panels import Lesson, PanelPage
from mi_explorer.pages.why.ascent import ASCENT
from mi_explorer.pages.why.ceiling import CEILING
from mi_explorer.pages.why.ledger import LEDGER
from mi_explorer.pages.why.microscope import MICROSCOPE
from mi_explorer.pages.why.playground import PLAYGROUND

LESSON = Lesson(
    notebook="why-estimates-are-wrong",
    title="Why estimates are wrong",
    subtitle="Every error has an address: the bound, the critic, the data, or chance.",
    panels=(LEDGER, ASCENT, MICROSCOPE, CEILING, PLAYGROUND),
)


def why(panel: str | None = None) -> widgets.Widget:
    """The page as a widget, opened on one of its panels (by key; the first if none is named)."""
    return PanelPage(LESSON, panel).widget
