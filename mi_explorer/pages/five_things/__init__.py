"""The page "Five things people get wrong": for each of them a small experiment beside the exact answer, one module each."""

from __future__ import annotations

__all__ = ["LESSON", "five_things"]

import ipywidgets as widgets

from mi_explorer.pages.five_things.lossless import LOSSLESS
from mi_explorer.pages.five_things.no_decoder import NO_DECODER
from mi_explorer.pages.five_things.noisier import NOISIER
from mi_explorer.pages.five_things.not_linear import NOT_LINEAR
from mi_explorer.pages.five_things.same_law import SAME_LAW
from mi_explorer.pages.five_things.swirl import SWIRL
from mi_explorer.pages.panels import Lesson, PanelPage

LESSON = Lesson(
    notebook="five-things-people-get-wrong",
    title="Five things people get wrong",
    subtitle="Said often, believed easily, and each of them settled by an experiment that takes seconds.",
    panels=(SAME_LAW, NOT_LINEAR, SWIRL, LOSSLESS, NO_DECODER, NOISIER),
)


def five_things(panel: str | None = None) -> widgets.Widget:
    """The page as a widget, opened on one of its panels (by key; the first if none is named)."""
    return PanelPage(LESSON, panel).widget
