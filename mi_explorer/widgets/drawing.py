"""Small pictures that the browser draws from numbers: points, histograms, maps."""

from __future__ import annotations

__all__ = ["Drawing", "cells", "panel", "points", "steps", "upright"]

import anywidget
import numpy as np
import traitlets

from mi_explorer.widgets.style import static


class Drawing(anywidget.AnyWidget):
    """One picture of one or two panels, or a sentence in its place. A picture of matplotlib's costs a kernel half a second of a
    processor that all visitors share; this one costs it a millisecond."""

    _esm = static("theme.js") + static("plot.js") + static("drawing.js")
    _css = static("drawing.css")

    scene = traitlets.Dict({"hint": ""}).tag(sync=True)

    def say(self, sentence: str) -> None:
        """A sentence instead of a picture."""
        self.scene = {"hint": sentence}

    def show(self, *panels: dict, alternative: str, legend=(), scale: tuple[float, str] | None = None) -> None:
        """Panels, from ``panel``. alternative: the picture in words; legend: (name, palette index or None for ink) pairs;
        scale: the reach of the maps' colours to both sides of nought, and what they stand for."""
        self.scene = {
            "panels": list(panels), "alternative": alternative, "legend": [list(entry) for entry in legend],
            "scale": scale and {"reach": float(scale[0]), "label": scale[1]},
        }


def panel(x_label: str, y_label: str, x_range, y_range, *marks: dict, title: str = "") -> dict:
    """One pair of axes from (low, high) to (low, high) and the marks on it."""
    ranges = {"x_range": [float(end) for end in x_range], "y_range": [float(end) for end in y_range]}
    return {"x_label": x_label, "y_label": y_label, **ranges, "marks": list(marks), "title": title}


def points(x: np.ndarray, y: np.ndarray, style: int = 0) -> dict:
    """A dot at each (x, y), (n,) each, in a colour of the palette."""
    return {"kind": "points", "x": packed(x), "y": packed(y), "style": style}


def steps(edges: np.ndarray, heights: np.ndarray, style: int | None = None) -> dict:
    """The outline of a histogram: edges (n + 1,), heights (n,). Without a style it is drawn in ink, and filled."""
    return {"kind": "steps", "edges": packed(edges), "heights": packed(heights), "style": style}


def upright(x: float) -> dict:
    """A dashed line from top to bottom."""
    return {"kind": "upright", "x": float(x)}


def cells(x: np.ndarray, y: np.ndarray, values: np.ndarray, reach: float) -> dict:
    """A map: edges x (n + 1,) and y (m + 1,), values (n, m) from -reach to reach; NaN is left out."""
    return {"kind": "cells", "x": packed(x), "y": packed(y), "values": packed(values), "reach": float(reach)}


def packed(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, np.float32).tobytes()
