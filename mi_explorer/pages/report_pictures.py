"""The card with the pictures of a table and of a report: the data, the shuffle null, the candidates, the first rows."""

from __future__ import annotations

__all__ = ["ReportPictures", "TABS"]

import html
from typing import TYPE_CHECKING

from mi_explorer.pages import report_view
from mi_explorer.pages.picture import image, show_numbers
from mi_explorer.tables import Table
from mi_explorer.widgets import PictureNumbers, controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mi_explorer.auto import Report

TABS = ("data", "chance", "candidates", "rows")
BELOW = " Shuffled rows fall below 0, because what was learnt from the real ones is worse than nothing for them."
LATER = '<p class="mi-muted">This appears with the first run.</p>'


class ReportPictures:
    """Four tabs; the page's thread calls ``draw``, ``on_view`` is called when the visitor opens another one."""

    def __init__(self, on_view):
        self.parts = {name: controls.text(f"picture-{name}") for name in TABS}
        p = self.parts
        self.tabs = controls.tabs(Data=p["data"], Chance=p["chance"], Candidates=p["candidates"], Rows=p["rows"])
        self.numbers = PictureNumbers()
        self.widget = controls.card("Look at it", self.tabs, self.numbers, name="inside")
        self.tabs.observe(lambda _: on_view(), "selected_index")
        self.numbers.observe(lambda _: on_view(), "opened")

    @property
    def tab(self) -> str:
        return TABS[self.tabs.selected_index or 0]

    def draw(
        self, table: Table, x, y, report: Report | None, truth: float | None, unit: str, dark: bool, narrow: bool = False
    ) -> None:
        """Draw the tab that is open. ``x`` and ``y`` are what is chosen now; the report may be about what was before."""
        self.parts[self.tab].value, figure = self.view(table, x, y, report, truth, unit, dark, narrow)
        show_numbers(self.numbers, figure and (lambda: figure))

    def view(
        self, table: Table, x, y, report: Report | None, truth: float | None, unit: str, dark: bool, narrow: bool
    ) -> tuple[str, Figure | None]:
        """What the open tab shows as HTML, and the figure in it if there is one."""
        if self.tab == "rows":
            return report_view.preview(table), None
        if self.tab == "data":
            return data_picture(x, y, dark, narrow)
        if report is None:
            return LATER, None
        from mi_explorer import figures

        if self.tab == "chance":
            words = f"<p>{html.escape(report.null.sentence)}{BELOW if max(report.null.values) < 0 else ''}</p>"
            figure = figures.null(report, unit, dark, narrow)
            return words + image(figures.to_bytes(figure), "Histogram of what shuffled rows show, and what the rows show as they are"), figure
        figure = figures.candidates(report, unit, dark, truth, narrow)
        return image(figures.to_bytes(figure), "Every candidate's estimate with two standard errors") + report_view.candidates(report, unit), figure


def data_picture(x, y, dark: bool, narrow: bool) -> tuple[str, Figure | None]:
    if not (x.shape[1] and y.shape[1]):
        return '<p class="mi-muted">Choose a column for X and one for Y to see them against each other.</p>', None
    from mi_explorer import figures

    try:
        figure = figures.dependence(x, y, dark, narrow)
        return image(figures.to_bytes(figure), "The columns of X against the columns of Y"), figure
    except Exception as problem:  # the columns may hold anything, and the page must go on
        return f'<p class="mi-muted">This picture could not be drawn. {html.escape(str(problem))}</p>', None
