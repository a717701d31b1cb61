"""The numbers in a picture: tables of what its axes show, read from the drawn lines, bars, points and maps themselves."""

from __future__ import annotations

__all__ = ["Numbers", "numbers"]

import dataclasses
import re
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection, PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, StepPatch
from matplotlib.ticker import FixedLocator

from mi_explorer.figures.canvas import ink

ROWS = 20  # of a table
SIDE = 8  # rows and columns of a map's table
WORDS = 30  # pieces of writing that are told again
INKS = {ink(dark)[place] for dark in (False, True) for place in (0, 1)}  # of text and grids: they name nothing


@dataclass(frozen=True)
class Numbers:
    """One table of a picture: the first column says where, the others what is there. notes: sentences below it."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Series:
    """What has been drawn under one name, as it is shown: where, and columns of values beside it. Of points only some are here."""

    name: str
    across: str  # what ``at`` is
    of: str  # what the values are
    at: list[str]
    values: dict[str, list[str]]
    points: int = 0  # how many there are, where they are points in no order


@dataclass
class Reading:
    """An axis while it is read."""

    axis: Axes
    known: dict[tuple, str]  # names by kind and colour: a legend may stand in another part of the picture
    series: list[Series] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    # -- words

    def name(self, artist) -> str:
        """Its own, that of its like of the same colour, or that of anything else of a colour that is not merely ink; or none."""
        colour = colour_of(artist)
        alike = "" if colour in INKS and isinstance(artist, Line2D) else self.known.get((type(artist), colour), "")
        other = "" if colour in INKS else self.known.get(colour, "")
        return plain(own_label(artist) or alike or other)

    def places(self, side: Axis, values) -> list[str]:
        """Values along one side; where its ticks have names, the name of the nearest."""
        ticks, named = tick_names(side)
        return [named[abs(ticks - value).argmin()] if named else shown(value) for value in values]

    def along(self, side: Axis) -> str:
        return plain(side.get_label_text()) or ("which one" if tick_names(side)[1] else side.axis_name)

    # -- what is drawn

    def read_line(self, line: Line2D) -> None:
        x, y = (np.asarray(values, float) for values in line.get_data(orig=False))
        name = self.name(line)
        label = f", {name}" if name else ""
        if line.get_transform() == self.axis.get_yaxis_transform("grid"):
            self.notes.append(f"Line across{label}: {self.along(self.axis.yaxis)} = {shown(y[0])}.")
        elif line.get_transform() == self.axis.get_xaxis_transform("grid"):
            self.notes.append(f"Upright line{label}: {self.along(self.axis.xaxis)} = {shown(x[0])}.")
        elif line.get_transform() == self.axis.transData and (len(x) > 2 or name and len(x)):  # else it joins or underlines something
            self.add(name, x, {"": y})

    def read_errorbar(self, bar: ErrorbarContainer) -> None:
        line, _, (ends, *_) = bar.lines
        if line is None:
            return
        x, y = (np.asarray(values, float) for values in line.get_data(orig=False))
        segments = [one if len(one) == 2 else np.full((2, 2), np.nan) for one in map(np.asarray, ends.get_segments())]  # of a missing point
        if len(segments) != len(x):
            return
        upright = all(one[0, 0] == one[1, 0] or np.isnan(one[0, 0]) for one in segments)
        low, high = (np.array([one[end, int(upright)] for one in segments]) for end in (0, 1))
        self.add(self.name(bar), x if upright else y, {"": y if upright else x, "from": low, "to": high}, upright)

    def read_bars(self, many: list[BarContainer]) -> None:
        found = []
        for bars in many:
            upright = bars.orientation == "vertical"
            boxes = np.array([(*bar.get_xy(), bar.get_width(), bar.get_height()) for bar in bars])
            place, start, thick, size = boxes[:, [0, 1, 2, 3] if upright else [1, 0, 3, 2]].T
            found.append((self.name(bars), place + thick / 2, start, start + size, upright))
        floating = any(start.any() for _, _, start, _, _ in found)
        for name, place, start, end, upright in found:
            values = {"from": np.minimum(start, end), "to": np.maximum(start, end)} if floating else {"": end}
            self.add(name, place, values, upright)

    def read_steps(self, patch: StepPatch | Polygon) -> None:
        """The outline of a histogram, or stairs."""
        if isinstance(patch, StepPatch):
            heights, edges, _ = patch.get_data()
        else:
            outline = patch.get_xy()
            edges, heights = outline[::2, 0], outline[1:-1:2, 1]
        if len(heights) == len(edges) - 1:
            self.add(self.name(patch), (edges[1:] + edges[:-1]) / 2, {"": np.asarray(heights, float)})

    def read_band(self, band: PolyCollection) -> None:
        for path in band.get_paths():
            corners = path.vertices
            x = np.unique(corners[:, 0])
            low, high = (np.array([pick(corners[corners[:, 0] == one, 1]) for one in x]) for pick in (np.min, np.max))
            self.add(self.name(band), x, {"from": low, "to": high})

    def read_points(self, points: PathCollection) -> None:
        x, y = np.ma.filled(np.ma.asarray(points.get_offsets(), float), np.nan).T
        named = any(own_label(one) for one in self.axis.collections)  # the colours of clouds are used again elsewhere
        name, seen = self.name(points) if named else "", slice(ROWS)
        across, up = self.along(self.axis.xaxis), self.along(self.axis.yaxis)
        at, values = self.places(self.axis.xaxis, x[seen]), {"": self.places(self.axis.yaxis, y[seen])}
        old = next((one for one in self.series if one.points and one.name == name), None)
        if old:
            old.points += len(x)
            old.at, old.values = old.at + at, {"": old.values[""] + values[""]}
        elif len(x):
            self.series.append(Series(name, across, up, at, values, len(x)))

    def add(self, name: str, at: np.ndarray, values: dict[str, np.ndarray], upright: bool = True) -> None:
        """A series, or more columns or rows of one that has this name already: a band around its line, bars that are drawn singly."""
        side, other = (self.axis.xaxis, self.axis.yaxis) if upright else (self.axis.yaxis, self.axis.xaxis)
        columns = {key: [shown(value) for value in column] for key, column in values.items()}
        new = Series(name, self.along(side), self.along(other), self.places(side, at), columns)
        for old in self.series:
            if old.points or (old.name, old.across) != (name, new.across):
                continue
            if old.at == new.at and not old.values.keys() & columns.keys():
                old.values |= columns
                return
            if old.values.keys() == columns.keys() and len(at) == 1:
                old.at += new.at
                old.values = {key: old.values[key] + columns[key] for key in columns}
                return
        self.series.append(new)

    # -- tables

    def tables(self) -> list[Numbers]:
        """One table for all that share their places; the sentences stand below the last one."""
        groups: dict[tuple, list[Series]] = {}
        for series in self.series:
            groups.setdefault((series.across, tuple(series.at), series.points), []).append(series)
        found = [table(members) for members in groups.values()]
        if self.notes:
            last = found.pop() if found else Numbers("")
            found.append(dataclasses.replace(last, notes=(*last.notes, *self.notes)))
        return found


def numbers(figure: Figure) -> list[Numbers]:
    """Tables of what a figure shows, in the order of its axes; where there are only photographs, a sentence without a table."""
    found, photographs, known = [], 0, names(figure)
    for axis in figure.axes:
        if axis.get_label() == "<colorbar>":
            continue
        images = [*axis.images, *(one for one in axis.collections if isinstance(one, QuadMesh))]
        maps = [map_table(axis, one) for one in images if is_map(one)]
        photographs += len(images) - len(maps)
        found += headed(axis, [*maps, *read(axis, known[axis])])
    if photographs:
        many = "One part is a photograph" if photographs == 1 else f"{photographs} parts are photographs"
        found.append(Numbers("", notes=(f"{many}: there the pixels say nothing as numbers.",)))
    return found or [Numbers("", notes=("There are no numbers in it yet.",))]


def names(figure: Figure) -> dict[Axes, dict[tuple, str]]:
    """What each axis says of a colour, and of a colour and a kind of artist; where it says nothing, what the figure's legend does."""
    known = {axis: {} for axis in figure.axes}
    for axis in figure.axes:
        for artist in (*axis.containers, *axis.lines, *axis.collections, *axis.patches):
            if label := own_label(artist):
                known[axis].setdefault((type(artist), colour_of(artist)), label)
                known[axis].setdefault(colour_of(artist), label)
    shared = {colour: label for told in known.values() for colour, label in told.items()} if figure.legends else {}
    return {axis: told or shared for axis, told in known.items()}


def read(axis: Axes, known: dict[tuple, str]) -> list[Numbers]:
    """Tables of everything but the images of an axis."""
    reading = Reading(axis, known)
    errorbars = [one for one in axis.containers if isinstance(one, ErrorbarContainer)]
    parts = {id(part) for bar in errorbars for part in (bar.lines[0], *bar.lines[1])}
    reading.read_bars([one for one in axis.containers if isinstance(one, BarContainer) and len(one)])
    for bar in errorbars:
        reading.read_errorbar(bar)
    for line in axis.lines:
        if id(line) not in parts:
            reading.read_line(line)
    for patch in axis.patches:
        if type(patch) in (Polygon, StepPatch):
            reading.read_steps(patch)
    for collection in axis.collections:
        if isinstance(collection, PathCollection):
            reading.read_points(collection)
        elif isinstance(collection, PolyCollection):
            reading.read_band(collection)
    told = [plain(text.get_text()) for text in axis.texts if text.get_text().strip()]
    if told:
        more = f" … and {len(told) - WORDS} more" if len(told) > WORDS else ""
        reading.notes.append(f"Written in it: {'; '.join(told[:WORDS])}{more}.")
    return reading.tables()


def headed(axis: Axes, tables: list[Numbers]) -> list[Numbers]:
    """The same with the axis's own title above the first one."""
    title = " ".join(filter(None, (plain(axis.get_title(place)) for place in ("left", "center", "right"))))
    return [dataclasses.replace(one, title=title if k == 0 else "") for k, one in enumerate(tables)]


def table(members: list[Series]) -> Numbers:
    """The rows of series that share their places: all of them, or some at equal distances, or the first of a cloud of points."""
    first = members[0]
    count = len(first.at)
    some = range(min(count, ROWS)) if first.points else np.unique(np.linspace(0, count - 1, min(count, ROWS)).round().astype(int))
    columns, cells = [first.across], [[first.at[row] for row in some]]
    for series in members:
        for key, values in series.values.items():
            column = ", ".join(filter(None, (series.name or series.of, key)))
            columns.append(column if column not in columns else f"{column} ({1 + sum(one.startswith(column) for one in columns)})")
            cells.append([values[row] for row in some])
    notes = ()
    if max(count, first.points) > ROWS:
        notes = (f"The first {ROWS} of {first.points:,} points." if first.points else f"{ROWS} of {count:,} rows, at equal distances.",)
    return Numbers("", tuple(columns), tuple(zip(*cells)), notes)


def is_map(image) -> bool:
    """Whether an image's colours stand for numbers: a grey one is a photograph, and so is one that has its colours already."""
    return isinstance(image, QuadMesh) or (np.ndim(image.get_array()) == 2 and not image.cmap.name.startswith(("gray", "grey")))


def map_table(axis: Axes, image) -> Numbers:
    """A map at a few of its rows and columns."""
    values = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
    if isinstance(image, QuadMesh):
        corners = image.get_coordinates()
        values = values.reshape(corners.shape[0] - 1, corners.shape[1] - 1)
        x, y = ((edges[1:] + edges[:-1]) / 2 for edges in (corners[0, :, 0], corners[:, 0, 1]))
    else:
        left, right, bottom, top = image.get_extent()
        low, high = (bottom, top) if image.origin == "lower" else (top, bottom)
        sides = (left, right, values.shape[1]), (low, high, values.shape[0])
        x, y = (start + (np.arange(n) + 0.5) * (end - start) / n for start, end, n in sides)
    rows, columns = (np.unique(np.linspace(0, n - 1, min(n, SIDE)).round().astype(int)) for n in values.shape)
    reading = Reading(axis, {})
    across, down = reading.places(axis.xaxis, x[columns]), reading.places(axis.yaxis, y[rows])
    cells = tuple((down[i], *(shown(values[row, column]) for column in columns)) for i, row in enumerate(rows))
    notes = () if max(values.shape) <= SIDE else (f"{len(rows)} of {len(y)} rows and {len(columns)} of {len(x)} columns.",)
    return Numbers("", (f"{reading.along(axis.yaxis)} ↓ {reading.along(axis.xaxis)} →", *across), cells, notes)


def own_label(artist) -> str:
    label = artist.get_label() or ""
    return "" if label.startswith("_") else label


def colour_of(artist) -> str:
    """As hexadecimal digits, or "" of what has none or many."""
    if isinstance(artist, BarContainer):
        artist = artist[0] if len(artist) else None
    elif isinstance(artist, ErrorbarContainer):
        artist = artist.lines[0]
    if artist is None:
        return ""
    outlined = isinstance(artist, (Polygon, StepPatch))
    colours = artist.get_color() if isinstance(artist, Line2D) else artist.get_edgecolor() if outlined else artist.get_facecolor()
    if isinstance(artist, Collection):
        colours = colours[0] if len(colours) == 1 else "none"
    return "" if isinstance(colours, str) and colours == "none" else to_hex(colours)


def tick_names(side: Axis) -> tuple[np.ndarray, list[str]]:
    """Where the ticks of a side stand, and what they are called: nothing where they are numbers."""
    ticks = np.asarray(side.get_majorticklocs(), float)
    written = side.get_major_formatter().format_ticks(ticks) if isinstance(side.get_major_locator(), FixedLocator) else []
    named = [plain(one) for one in written]
    return ticks, named if any(re.search(r"[^\W\d_]", one) for one in named) else []


def plain(text: str) -> str:
    """Text that was written for matplotlib, without the marks of its formulas."""
    return " ".join(re.sub(r"\\(mathrm|mathbf|mathit|text)|[${}\\]", "", text).split())


def shown(value: float) -> str:
    return "–" if not np.isfinite(value) else f"{value:.4g}".replace("-", "−")
