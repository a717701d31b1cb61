"""A closed part below a picture, for those who read numbers rather than pictures."""

from __future__ import annotations

__all__ = ["PictureNumbers"]

import anywidget
import traitlets

from mi_explorer.widgets.style import static


class PictureNumbers(anywidget.AnyWidget):
    """Says when it is opened (``opened``), and shows ``html`` then; ``there`` is whether there is a picture at all."""

    _esm = static("numbers.js")

    opened = traitlets.Bool(False, help="set by the browser: nobody pays for tables that are not looked at").tag(sync=True)
    there = traitlets.Bool(False).tag(sync=True)
    html = traitlets.Unicode("").tag(sync=True)
