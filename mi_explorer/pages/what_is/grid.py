"""The control for a table of weights."""

from __future__ import annotations

__all__ = ["grid"]

from mi_explorer.objectives.finite import LARGEST, MOST, SMALLEST
from mi_explorer.widgets import GridInput
from mi_explorer.widgets.controls import css_name


def grid(field: str, label: str, value: tuple) -> GridInput:
    """The control of a field that holds weights."""
    widget = GridInput(label=label, sizes=(SMALLEST, LARGEST), most=MOST, value=value)
    widget.add_class(css_name(field))
    return widget
