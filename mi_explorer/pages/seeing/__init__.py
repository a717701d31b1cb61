"""The page "Seeing with information": panels are data and pure functions, one module each."""

from __future__ import annotations

__all__ = ["LESSON", "seeing"]

import ipywidgets as widgets

from mi_explorer.pages.panels import Lesson, PanelPage
from mi_explorer.pages.seeing.clustering import CLUSTERING
from mi_explorer.pages.seeing.registration import REGISTRATION
from mi_explorer.pages.seeing.segmentation import SEGMENTATION

LESSON = Lesson(
    notebook="seeing-with-information",
    title="Seeing with information",
    subtitle="Line pictures up, cut them apart, sort them: without labels, by one number.",
    panels=(REGISTRATION, SEGMENTATION, CLUSTERING),
)


def seeing(panel: str | None = None) -> widgets.Widget:
    """The page as a widget, opened on one of its panels (by key; the first if none is named)."""
    return PanelPage(LESSON, panel).widget
