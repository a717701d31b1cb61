"""The parts that pages are made of: the live chart, controls, the page's link and downloads, and the style sheet."""

__all__ = ["Drawing", "GridInput", "LiveChart", "PageLink", "PictureNumbers", "SidePicker", "TableInput", "formula"]

from mi_explorer.widgets.chart import LiveChart
from mi_explorer.widgets.drawing import Drawing
from mi_explorer.widgets.formula import formula
from mi_explorer.widgets.grid import GridInput
from mi_explorer.widgets.intake import TableInput
from mi_explorer.widgets.link import PageLink
from mi_explorer.widgets.numbers import PictureNumbers
from mi_explorer.widgets.sides import SidePicker
