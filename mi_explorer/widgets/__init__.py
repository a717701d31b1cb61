"""The parts that pages are made of: the live chart, controls, the page's link and downloads, and the style sheet."""

__all__ = ["LiveChart", "PageLink", "formula"]

from mi_explorer.widgets.chart import LiveChart
from mi_explorer.widgets.formula import formula
from mi_explorer.widgets.link import PageLink
