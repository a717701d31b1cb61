"""The page "What is mutual information?": small tables, everything exact; panels are data and pure functions."""

from __future__ import annotations

__all__ = ["LESSON", "what_is"]

import ipywidgets as widgets

from mi_explorer.pages.panels import Lesson, PanelPage
from mi_explorer.pages.what_is.capacity import CAPACITY
from mi_explorer.pages.what_is.cascade import CASCADE
from mi_explorer.pages.what_is.sampling import SAMPLING
from mi_explorer.pages.what_is.terms import TERMS

LESSON = Lesson(
    notebook="what-is-mutual-information",
    title="What is mutual information?",
    subtitle="How much seeing one thing tells about another: small tables, where every number can be worked out.",
    panels=(TERMS, CAPACITY, CASCADE, SAMPLING),
)


def what_is(panel: str | None = None) -> widgets.Widget:
    """The page as a widget, opened on one of its panels (by key; the first if none is named)."""
    return PanelPage(LESSON, panel).widget
