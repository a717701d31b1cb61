"""Ten looks for curves: a colour for light backgrounds, one for dark ones, and a dash pattern.

The colours were searched for: at least 3:1 against the page's cards, and far apart in OKLab for normal, protan, deutan
and tritan vision (Machado, Oliveira & Fernandes 2009). The dash pattern tells apart what colour alone cannot.
The live chart, the style sheet and the matplotlib figures all draw from here.
"""

from __future__ import annotations

__all__ = ["CARD", "STYLES", "Style", "assign", "style_of"]

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """How one curve looks. ``dash`` alternates ink and gap, in units of one pixel at line width 2; empty is solid."""

    light: str
    dark: str
    dash: tuple[int, ...]

    def matplotlib(self, dark: bool = False) -> dict:
        """Keyword arguments ``color`` and ``linestyle`` for a matplotlib line."""
        points = tuple(length * 0.5 for length in self.dash)
        return {"color": self.dark if dark else self.light, "linestyle": (0, points) if points else "-"}


#: Background of the page's cards, which the curves are drawn on: light, dark.
CARD = ("#ffffff", "#181d26")

STYLES: tuple[Style, ...] = (
    Style("#4773d8", "#64bbff", ()),
    Style("#c43905", "#ec8b1f", (9, 4)),
    Style("#0e7a4f", "#3ee898", (3, 3)),
    Style("#9b2a89", "#d361ba", (10, 3, 2, 3)),
    Style("#b08410", "#e9c325", (18, 4)),
    Style("#0498b3", "#74faff", (6, 3, 2, 3, 2, 3)),
    Style("#4923d9", "#8f82ff", (5, 5)),
    Style("#423b05", "#e4fc4f", (14, 3, 5, 3)),
    Style("#e92d7e", "#e95662", (2, 4)),
    Style("#1d2c69", "#c3a3b5", (18, 3, 2, 3)),
)


def style_of(index: int) -> Style:
    """The look of curve ``index``; the palette repeats after ten."""
    return STYLES[index % len(STYLES)]


def assign(keys, registered) -> dict[str, int]:
    """A palette index for every key: the first ten registered ones keep their places whatever else is shown, any other
    key gets one that is free."""
    places = {key: index for index, key in enumerate(list(registered)[: len(STYLES)])}
    given = {key: places[key] for key in keys if key in places}
    free = [index for index in range(len(STYLES)) if index not in given.values()]
    for key in keys:
        if key not in given:
            given[key] = free.pop(0) if free else len(given) % len(STYLES)
    return given
