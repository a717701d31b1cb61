"""The card with the pictures of a table and of a report: the data, the shuffle null, the candidates, the first rows."""

from __future__ import annotations

__all__ = ["ReportPictures", "TABS"]

import base64
import html
from typing import TYPE_CHECKING

from mi_explorer.pages import report_view
from mi_explorer.tables import Table
from mi_explorer.widgets import controls

if TYPE_CHECKING:
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
        self.widget = controls.card("Look at it", self.tabs, name="inside")
        self.tabs.observe(lambda _: on_view(), "selected_index")

    @property
    def tab(self) -> str:
        return TABS[self.tabs.selected_index or 0]

    def draw(
        self, table: Table, x, y, report: Report | None, truth: float | None, unit: str, dark: bool, narrow: bool = False
    ) -> None:
        """Draw the tab that is open. ``x`` and ``y`` are what is chosen now; the report may be about what was before."""
        part = self.parts[self.tab]
        if self.tab == "rows":
            part.value = report_view.preview(table)
        elif self.tab == "data":
            part.value = data_picture(x, y, dark, narrow)
        elif report is None:
            part.value = LATER
        else:
            from mi_explorer import figures

            if self.tab == "chance":
                words = f"<p>{html.escape(report.null.sentence)}{BELOW if max(report.null.values) < 0 else ''}</p>"
                seen = "Histogram of what shuffled rows show, and what the rows show as they are"
                part.value = words + image(figures.null(report, unit, dark, narrow), seen)
            else:
                seen = "Every candidate's estimate with two standard errors"
                drawn = image(figures.candidates(report, unit, dark, truth, narrow), seen)
                part.value = drawn + report_view.candidates(report, unit)


def data_picture(x, y, dark: bool, narrow: bool) -> str:
    if not (x.shape[1] and y.shape[1]):
        return '<p class="mi-muted">Choose a column for X and one for Y to see them against each other.</p>'
    from mi_explorer import figures

    try:
        drawn = figures.dependence(x, y, dark, narrow)
    except Exception as problem:  # the columns may hold anything, and the page must go on
        return f'<p class="mi-muted">This picture could not be drawn. {html.escape(str(problem))}</p>'
    return image(drawn, "The columns of X against the columns of Y")


def image(figure, alternative: str) -> str:
    from mi_explorer import figures

    data = base64.b64encode(figures.to_bytes(figure, "png")).decode()
    return f'<img alt="{alternative}" src="data:image/png;base64,{data}">'
