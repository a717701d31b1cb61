"""Small grey images in rows, as one picture."""

from __future__ import annotations

__all__ = ["sheet", "show_sheet"]

import numpy as np

from mi_explorer.figures.canvas import ink

SIDE = 8


def sheet(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of images (n, 64) as one picture with a line of paper between; a row of no images (0, 64) stays empty."""
    page = np.full(((SIDE + 1) * len(rows), (SIDE + 1) * max(map(len, rows))), np.nan)
    for line, images in enumerate(rows):
        for place, image in enumerate(images):
            top, left = (SIDE + 1) * line, (SIDE + 1) * place
            page[top : top + SIDE, left : left + SIDE] = image.reshape(SIDE, SIDE)
    return page


def show_sheet(axis, rows: list[np.ndarray], title: str, dark: bool, names: list[str] | None = None, size: float = 8) -> None:
    """Draw it, with the rows' names at the left."""
    text = ink(dark)[0]
    axis.imshow(sheet(rows), cmap="gray" if dark else "gray_r", vmin=0, vmax=1, interpolation="nearest", aspect="equal")
    axis.spines[:].set_visible(False)
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize=9, color=text)
    if names:
        axis.set_yticks((SIDE + 1) * np.arange(len(rows)) + SIDE / 2 - 0.5, names, fontsize=size, color=text)
        axis.tick_params(length=0)
