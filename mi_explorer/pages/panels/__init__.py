"""Pages made of panels: a panel is data and pure functions, a lesson is a few panels, ``PanelPage`` shows any lesson."""

__all__ = ["Lesson", "Panel", "PanelPage", "Prediction", "Story"]

from mi_explorer.pages.panels.page import Lesson, PanelPage
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
