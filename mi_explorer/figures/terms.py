"""The picture of a joint table: its terms as a heat map, the entropies as bars that add up, and the sum as it grows."""

from __future__ import annotations

__all__ = ["terms"]

from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mi_explorer.figures.canvas import ink, new_figure, sign
from mi_explorer.objectives.terms import TermsSnapshot
from mi_explorer.palette import CARD, style_of
from mi_explorer.verdicts import UNITS, format_mi, indexed, signed

MORE, LESS, SHARED = 0, 1, 2  # palette: pairs more frequent than by chance, rarer ones; what x and y share


def terms(snapshot: TermsSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Top: every pair's term, and the entropies; below: the sum so far, the terms to come in outline."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=9 if narrow else 6.7, dark=dark, rows=0)
    if narrow:
        grid = figure.add_gridspec(3, 1, height_ratios=(1.4, 0.8, 1))
        places = [grid[0, 0], grid[1, 0], grid[2, 0]]
    else:
        grid = figure.add_gridspec(2, 2, height_ratios=(1.15, 1), width_ratios=(1, 1.25))
        places = [grid[0, 0], grid[0, 1], grid[1, :]]
    axes = [figure.add_subplot(place) for place in places]
    for axis in axes:
        axis.set_facecolor(CARD[dark])
        axis.tick_params(colors=ink(dark)[0], color=ink(dark)[1], length=0)
        axis.spines[:].set_visible(False)
    heat_map(axes[0], snapshot, unit, dark, 1 if narrow else 0)
    entropies(axes[1], snapshot, unit, dark)
    staircase(axes[2], snapshot, unit, dark, narrow)
    figure.get_layout_engine().set(h_pad=0.14)
    sign(figure, snapshot.study, dark)
    return figure


def title(axis, sentence: str, dark: bool) -> None:
    axis.set_title(sentence, fontsize=10, fontweight="bold", color=ink(dark)[0], loc="left", pad=8)


def name(symbol: str, index: int) -> str:
    return indexed(f"{symbol}{index + 1}")


def percent(share: float) -> str:
    return f"{100 * share:.2g} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def mixed(look: int, share: float, dark: bool) -> tuple[float, ...]:
    """A colour of the palette on the paper, from nothing (0) to all (1) of it."""
    colour, paper = to_rgb(style_of(look).matplotlib(dark)["color"]), to_rgb(CARD[dark])
    return tuple(share * c + (1 - share) * p for c, p in zip(colour, paper))


def heat_map(axis, snapshot: TermsSnapshot, unit: str, dark: bool, larger: float = 0) -> None:
    text, quiet = ink(dark)
    values, table = snapshot.values, snapshot.table
    chance = table.sum(1, keepdims=True) * table.sum(0)
    most = abs(values).max() or 1.0
    rows, columns = values.shape
    for x in range(rows):
        for y in range(columns):
            value = values[x, y]
            colour = mixed(MORE if value > 0 else LESS, 0.6 * abs(value) / most, dark)
            axis.add_patch(Rectangle((y, x), 1, 1, facecolor=colour, edgecolor=quiet, linewidth=1))
            shown = signed(value, unit, 3) if table[x, y] > 0 else "never"
            middle = {"ha": "center", "va": "center", "color": text}
            axis.text(y + 0.5, x + 0.36, shown, fontsize=larger + (12 if columns < 4 else 9.5), fontweight="bold", **middle)
            told = f"{percent(table[x, y])}\n{'by ' if columns < 4 else ''}chance {percent(chance[x, y])}"
            axis.text(y + 0.5, x + 0.71, told, fontsize=larger + (8 if columns < 4 else 7), linespacing=1.35, **middle)
    now = snapshot.current
    axis.add_patch(Rectangle((now.y + 0.03, now.x + 0.03), 0.94, 0.94, fill=False, edgecolor=text, linewidth=2))
    axis.set_xlim(-0.02, columns + 0.02)
    axis.set_ylim(rows + 0.02, -0.02)
    axis.set_xticks([y + 0.5 for y in range(columns)], [name("y", y) for y in range(columns)], fontsize=11)
    axis.set_yticks([x + 0.5 for x in range(rows)], [name("x", x) for x in range(rows)], fontsize=11)
    axis.xaxis.tick_top()
    title(axis, f"What each pair adds ({unit})", dark)


def entropies(axis, snapshot: TermsSnapshot, unit: str, dark: bool) -> None:
    """H(X,Y), H(X) and H(Y) over each other, so that what they share stands in one place."""
    text, scale = ink(dark)[0], UNITS[unit]
    e = snapshot.entropies
    reach = max(e.pair, 0.05)
    lone, shared, other = (0.0, e.x_given_y), (e.x_given_y, e.mi), (e.x, e.y_given_x)
    lines = (
        ("H(X,Y)", e.pair, ((lone, "H(X|Y)", MORE), (shared, "", SHARED), (other, "H(Y|X)", LESS))),
        ("H(X)", e.x, ((lone, "H(X|Y)", MORE), (shared, "", SHARED))),
        ("H(Y)", e.y, ((shared, "", SHARED), (other, "H(Y|X)", LESS))),
    )
    for row, (label, whole, parts) in enumerate(lines):
        for (start, width), part, look in parts:
            colour = mixed(look, 0.55, dark)
            axis.barh(row, width / scale, left=start / scale, height=0.74, color=colour, edgecolor=CARD[dark], linewidth=1.5)
            if part and width > 0.13 * reach:
                shown = f"{part}\n{format_mi(width, unit, 3)}"
                axis.text((start + width / 2) / scale, row, shown, ha="center", va="center", fontsize=8.5, color=text, linespacing=1.3)
    for edge in (e.x_given_y, e.x):
        axis.plot([edge / scale] * 2, [-0.4, 2.45], color=text, linewidth=1, linestyle=":", zorder=0)
    axis.set_yticks(range(3), [f"{label}\n{format_mi(whole, unit, 3)}" for label, whole, _ in lines], fontsize=9)
    axis.text(
        (e.x_given_y + e.mi / 2) / scale, -0.46, f"I(X;Y) = {format_mi(e.mi, unit, 3)}", ha="center", va="bottom", fontsize=9.5,
        fontweight="bold", color=text,
    )
    axis.set_ylim(2.5, -0.8)
    axis.set_xlim(0, 1.02 * reach / scale)
    axis.set_xticks([])
    title(axis, f"Questions and answers ({unit})", dark)


def staircase(axis, snapshot: TermsSnapshot, unit: str, dark: bool, narrow: bool) -> None:
    """From 0 to I, one step per pair that can occur."""
    (text, quiet), scale = ink(dark), UNITS[unit]
    mi = snapshot.entropies.mi
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines["bottom"].set_visible(True)
    axis.spines["bottom"].set_color(quiet)
    start = 0.0
    for place, term in enumerate(snapshot.terms):
        added = place < snapshot.count
        look = MORE if term.value >= 0 else LESS
        colour = style_of(look).matplotlib(dark)["color"]
        bottom, height = min(start, term.so_far) / scale, abs(term.value) / scale
        axis.bar(
            place, height, bottom=bottom, width=0.72, color=mixed(look, 0.8, dark) if added else "none", linewidth=0 if added else 1,
            edgecolor=CARD[dark] if added else colour, linestyle="-" if added else (0, (2, 2)),
            hatch="////" if added and look == LESS else "",
        )
        if added:
            end = place + (0.36 if place == len(snapshot.terms) - 1 else 1.36)
            axis.plot([place - 0.36, end], [term.so_far / scale] * 2, color=text, linewidth=0.9)
        start = term.so_far
    stations = [0.0, mi, *(term.so_far for term in snapshot.terms)]
    low, high = min(stations) / scale, max(stations) / scale
    high = max(high, low + 0.05)  # a sum of nothing is a line, not a close-up of rounding errors
    room = 0.14 * (high - low)
    axis.axhline(mi / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6)
    axis.annotate(
        f"I(X;Y) = {format_mi(mi, unit, 3)}", (-0.45, mi / scale), ha="left", va="bottom", fontsize=9, fontweight="bold", color=text,
        xytext=(0, 3), textcoords="offset points",
    )
    axis.set_ylim(low - 0.4 * room, high + 1.4 * room)
    axis.set_xlim(-0.5, max(len(snapshot.terms), 2) - 0.5)
    small = narrow and len(snapshot.terms) > 9
    labels = [f"{name('x', term.x)}{chr(10) if small else ' '}{name('y', term.y)}" for term in snapshot.terms]
    axis.set_xticks(range(len(labels)), labels, fontsize=8 if len(labels) > 9 else 9.5)
    axis.set_ylabel(unit, color=text)
    now = snapshot.current
    makes = f"{signed(now.value, unit, 3)} makes {format_mi(now.so_far, unit, 3)}"
    title(axis, f"The sum, term {snapshot.count} of {len(labels)}: {makes}", dark)
