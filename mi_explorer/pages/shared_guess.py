"""What the page "Your own data" asks before a run: do the two sides share anything?"""

from __future__ import annotations

__all__ = ["SHARED"]

from typing import TYPE_CHECKING

from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.report_view import CHANCE, amount, shortened

if TYPE_CHECKING:
    from mi_explorer.auto import Report

A_LOT = 0.5  # nats: what a correlation of 0.8 shows


def how_much(report: Report) -> int:
    """The number of the answer: nothing but chance, some, a lot."""
    return 0 if report.null.p_value > CHANCE else 2 if report.value >= A_LOT else 1


SHARED = Prediction(
    "Do X and Y share anything?",
    ("Nothing", "Some", "A lot"),
    right=how_much,
    happened=lambda report, unit: f"about {amount(report.value, unit)} between {shortened(report.names_x, 'X')} and {shortened(report.names_y, 'Y')}",
    because="“A lot” is half a nat or more here, as two bell-shaped columns with a correlation of 0.8 share; “nothing” is what shuffled rows "
    "show as well.",
    hints=("If you knew X of one row, could you guess its Y better than without?", "A dependence need not be a straight line, nor show in one column alone."),
)
