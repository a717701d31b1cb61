"""How a page shows a figure: as a picture with a text, and as tables of its numbers for whoever opens them."""

from __future__ import annotations

__all__ = ["as_html", "image", "show_numbers"]

import base64
import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from mi_explorer.widgets import PictureNumbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mi_explorer.figures.numbers import Numbers


def image(png: bytes, alternative: str, **facts) -> str:
    """A picture as an <img>; ``facts`` become data attributes, for tests."""
    data = base64.b64encode(png).decode()
    marks = "".join(f' data-{name}="{value}"' for name, value in facts.items())
    return f'<img alt="{html.escape(alternative, quote=True)}"{marks} src="data:image/png;base64,{data}">'


def show_numbers(part: PictureNumbers, draw: Callable[[], Figure] | None) -> None:
    """Put the numbers of a figure below it, if somebody has opened them; None where there is no picture."""
    part.there = draw is not None
    if draw is None or not part.opened:
        part.html = ""
        return
    from mi_explorer.figures.numbers import numbers

    part.html = "".join(map(as_html, numbers(draw())))


def as_html(one: Numbers) -> str:
    title, notes = html.escape(one.title), "".join(f"<p>{html.escape(note)}</p>" for note in one.notes)
    if not one.columns:
        return (f"<p><strong>{title}</strong></p>" if title else "") + notes
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in one.columns)
    lines = (
        f'<tr><th scope="row">{html.escape(where)}</th>' + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        for where, *cells in one.rows
    )
    caption = f"<caption>{title}</caption>" if title else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>{notes}"
