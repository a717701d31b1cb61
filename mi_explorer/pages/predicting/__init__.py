"""The page "Predicting the next thing": language, series and control, where what there is to predict is known exactly."""

from __future__ import annotations

__all__ = ["LESSON", "predicting"]

import ipywidgets as widgets

from mi_explorer.pages.panels import Lesson, PanelPage
from mi_explorer.pages.predicting.distractors import DISTRACTORS
from mi_explorer.pages.predicting.foresight import FORESIGHT
from mi_explorer.pages.predicting.masked import MASKED
from mi_explorer.pages.predicting.reaching import REACHING

LESSON = Lesson(
    notebook="predicting-the-next-thing",
    title="Predicting the next thing",
    subtitle="A word, the next few steps of a series, the push that is needed: what there is to know, and what is learned of it.",
    panels=(MASKED, FORESIGHT, DISTRACTORS, REACHING),
)


def predicting(panel: str | None = None) -> widgets.Widget:
    """The page as a widget, opened on one of its panels (by key; the first if none is named)."""
    return PanelPage(LESSON, panel).widget
