"""Two groups of columns drawn against each other, whatever they hold: a cloud, boxes, or a map of symbols."""

from __future__ import annotations

__all__ = ["dependence", "draw_dependence"]

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mi_explorer.estimators.data import Columns, Pair, columns, pair
from mi_explorer.estimators.data import symbols as joined
from mi_explorer.figures.canvas import ink, new_figure
from mi_explorer.palette import CARD, style_of

LEVELS = 10  # symbols that are drawn by themselves; the rarer ones share one place
POINTS = 3000  # above this many a cloud is drawn as a map of counts
ROWS = 20_000  # that a picture is made from
FAR = 15.0  # a column that reaches further, in distances between its quartiles, is drawn by its ranks


def dependence(x, y, dark: bool = False, narrow: bool = False) -> Figure:
    """Columns x against columns y (frames or arrays with a row per sample; rows with missing values are left out).

    One column is drawn as it is. Several are drawn as their first canonical direction: of all weighted sums of x and of y
    (numbers as normal scores, symbols as indicators) the two that correlate most.
    """
    figure, (axis,) = new_figure(width=4 if narrow else 5.4, height=4, dark=dark)
    draw_dependence(axis, x, y, dark)
    return figure


def draw_dependence(axis: Axes, x, y, dark: bool) -> None:
    """Draw ``dependence`` on an axis."""
    sample = pair(columns("x", x), columns("y", y), drop_missing=True, cap=ROWS)
    if not (sample.x.dim and sample.y.dim):
        words = "A side is constant: there is nothing to draw."
        axis.text(0.5, 0.5, words, ha="center", va="center", color=ink(dark)[0], transform=axis.transAxes)
        axis.set_axis_off()
        return
    along_x, along_y = symbols(x, sample.x), symbols(y, sample.y)
    (a, label_a), (b, label_b) = numbers(sample)
    axis.set_xlabel(label_a)
    axis.set_ylabel(label_b)
    if along_x and along_y:
        draw_table(axis, along_x, along_y, dark)
    elif along_x:
        draw_groups(axis, along_x, b, True, dark)
    elif along_y:
        draw_groups(axis, along_y, a, False, dark)
    else:
        draw_cloud(axis, a, b, dark)


# -- what stands on an axis --------------------------------------------------------------------------------------------


def symbols(data, side: Columns) -> tuple[np.ndarray, list[str]] | None:
    """(codes (n,), names of the levels) where all columns of the side are discrete; rare levels share the last code."""
    if not side.is_discrete:
        return None
    _, first, codes, counts = np.unique(joined(side.values), return_index=True, return_inverse=True, return_counts=True)
    parts = [level_names(data, side, column, values[first]) for column, values in enumerate(side.values.T)]
    names = [" · ".join(row) for row in zip(*parts)]
    if len(names) > LEVELS:
        frequent = np.sort(np.argsort(-counts, kind="stable")[: LEVELS - 1])
        place = np.full(len(names), LEVELS - 1)
        place[frequent] = np.arange(LEVELS - 1)
        codes, names = place[codes], [names[i] for i in frequent] + [f"{len(names) - LEVELS + 1} others"]
    return codes, [shorten(name, 20) for name in names]


def level_names(data, side: Columns, column: int, levels: np.ndarray) -> list[str]:
    """What the codes of a column stand for. ``columns`` numbers text in sorted order."""
    if not side.symbols[column]:
        return [f"{level:g}" for level in levels]
    held = data[side.names[column]] if hasattr(data, "columns") else data
    known = np.unique(np.asarray(held, dtype=object).astype(str))
    return [str(known[int(level)]) for level in levels]


def numbers(sample: Pair) -> list[tuple[np.ndarray, str]]:
    """(values (n,), label) of both sides: the column itself, or the side's first canonical direction."""
    if sample.x.dim == sample.y.dim == 1:
        directions = [None, None]
    else:
        directions = canonical(encode(sample.x), encode(sample.y))
    shown = []
    for side, direction, name in zip((sample.x, sample.y), directions, ("X", "Y")):
        if side.is_discrete:
            shown.append((side.values[:, 0], shorten(" and ".join(side.names), 40)))
        elif side.dim == 1:
            values, how = side.values[:, 0], ""
            quartiles = np.percentile(values, [25, 75])
            if np.ptp(values) > FAR * (quartiles[1] - quartiles[0]):
                values, how = normal_scores(values[:, None])[:, 0], " (normal scores)"
            shown.append((values, shorten(side.names[0], 40) + how))
        else:
            shown.append((direction, f"{name}: the sum of its {side.dim} columns that tells most, linearly"))
    return shown


def encode(side: Columns) -> np.ndarray:
    """(n, features): normal scores of numbers, centred indicators of the frequent levels of symbols."""
    parts = []
    for values, symbolic in zip(side.values.T, side.symbols):
        if symbolic:
            levels, counts = np.unique(values, return_counts=True)
            kept = levels[np.argsort(-counts, kind="stable")[: min(LEVELS, len(levels) - 1)]]
            part = (values[:, None] == kept).astype(float)
            parts.append(part - part.mean(0))
        else:
            parts.append(normal_scores(values[:, None]))
    return np.hstack(parts)


def canonical(u: np.ndarray, v: np.ndarray) -> list[np.ndarray]:
    """The first pair of canonical variables of u (n, p) and v (n, q), with unit variance."""
    left, right = (basis(side) for side in (u, v))
    a, _, b = np.linalg.svd(left.T @ right, full_matrices=False)
    pairs = [left @ a[:, 0], right @ b[0]]
    return [values / values.std() for values in pairs]


def basis(side: np.ndarray) -> np.ndarray:
    """Orthonormal columns that span the centred columns of a side; directions without variance are left out."""
    vectors, sizes, _ = np.linalg.svd(side - side.mean(0), full_matrices=False)
    return vectors[:, sizes > 1e-6 * sizes[0]]


def normal_scores(values: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri
    from scipy.stats import rankdata

    return ndtri((rankdata(values, axis=0) - 0.5) / len(values))


def shorten(text: str, length: int) -> str:
    """A name that fits; a dollar sign would start a formula in matplotlib."""
    text = text if len(text) <= length else text[: length - 1] + "…"
    return text.replace("$", r"\$")


# -- the three pictures ------------------------------------------------------------------------------------------------


def draw_cloud(axis: Axes, a: np.ndarray, b: np.ndarray, dark: bool) -> None:
    colour = style_of(0).matplotlib(dark)["color"]
    if len(a) <= POINTS:
        axis.scatter(a, b, s=10 if len(a) > 800 else 18, alpha=0.55, linewidths=0, color=colour)
        return
    ramp = LinearSegmentedColormap.from_list("ink", [CARD[dark], colour, ink(dark)[0]])
    axis.hist2d(a, b, bins=60, cmap=ramp, rasterized=True)


def draw_groups(axis: Axes, groups, values: np.ndarray, along_x: bool, dark: bool) -> None:
    """A strip of points and a box for every symbol; the symbols stand on the x axis, or else on the y axis."""
    codes, names = groups
    text, _ = ink(dark)
    colour = style_of(0).matplotlib(dark)["color"]
    place = codes + np.random.default_rng(0).uniform(-0.28, 0.28, len(codes))
    points = (place, values) if along_x else (values, place)
    axis.scatter(*points, s=9, alpha=max(0.08, min(0.5, 300 / len(codes))), linewidths=0, color=colour)
    lines = {"color": text, "linewidth": 1.3}
    axis.boxplot(
        [values[codes == code] for code in range(len(names))], positions=range(len(names)), widths=0.62, showfliers=False,
        orientation="vertical" if along_x else "horizontal", boxprops=lines, whiskerprops=lines, capprops=lines,
        medianprops={**lines, "linewidth": 2.4},
    )
    name_levels(axis, *((names, None) if along_x else (None, names)), dark)


def draw_table(axis: Axes, first, second, dark: bool) -> None:
    """How much more often two symbols meet than by chance, as log p(x,y) / p(x)p(y), with the counts."""
    (codes, names), (others, other_names) = first, second
    counts = np.zeros((len(other_names), len(names)))
    np.add.at(counts, (others, codes), 1)
    expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    with np.errstate(divide="ignore"):
        ratio = np.log(counts / expected)
    reach = 1.5
    look = {"cmap": "PuOr_r", "vmin": -reach, "vmax": reach, "origin": "lower", "aspect": "auto"}
    image = axis.imshow(np.clip(ratio, -reach, reach), **look)
    bar = axis.figure.colorbar(image, ax=axis, ticks=[-reach, 0, reach], extend="both")
    bar.ax.set_yticklabels(["rarer", "as chance\nhas it", "more often"], fontsize=8, color=ink(dark)[0])
    bar.outline.set_visible(False)
    name_levels(axis, names, other_names, dark)
    if counts.size <= 40:
        for (row, column), count in np.ndenumerate(counts):
            colour = "#1b1f27" if abs(ratio[row, column]) < 0.75 * reach else "#ffffff"
            axis.text(column, row, f"{count:.0f}", ha="center", va="center", fontsize=9, color=colour)


def name_levels(axis: Axes, along_x: list[str] | None, along_y: list[str] | None, dark: bool) -> None:
    if along_x:
        crowded = sum(map(len, along_x)) > 50
        turned = {"rotation": 30, "ha": "right"} if crowded else {}
        axis.set_xticks(range(len(along_x)), along_x, fontsize=9, **turned)
    if along_y:
        axis.set_yticks(range(len(along_y)), along_y, fontsize=9)
    axis.tick_params(colors=ink(dark)[0])
