"""Pictures of an estimate for somebody's own data: what chance alone shows, and what every candidate says."""

from __future__ import annotations

__all__ = ["candidates", "null", "sheet"]

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, words
from mi_explorer.figures.dependence import draw_dependence, shorten
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS, format_mi

if TYPE_CHECKING:
    from mi_explorer.auto.report import Report

MARKS = {"lower": ">", "upper": "<", "neither": "o"}  # a lower bound points to where the truth may lie


def null(report: Report, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Histogram of what shuffled rows show, and a line for what the rows show as they belong together."""
    figure, (axis,) = new_figure(width=4 if narrow else 5.4, height=3.4, dark=dark)
    draw_null(axis, report, unit, dark)
    return figure


def candidates(
    report: Report, unit: str = "nats", dark: bool = False, truth: float | None = None, narrow: bool = False
) -> Figure:
    """Every candidate with two standard errors to each side, the chosen one and its interval, and the truth where known."""
    figure, (axis,) = new_figure(width=4 if narrow else 5.4, height=1.5 + 0.42 * len(report.candidates), dark=dark)
    draw_candidates(axis, report, unit, dark, truth, narrow)
    return figure


def sheet(report: Report, x, y, unit: str = "nats", dark: bool = False, truth: float | None = None) -> Figure:
    """The data, the null and the candidates beside each other, with what was estimated, for a report."""
    figure, axes = new_figure(columns=3, width=15, height=5.2, dark=dark)
    draw_dependence(axes[0], x, y, dark)
    draw_null(axes[1], report, unit, dark)
    draw_candidates(axes[2], report, unit, dark, truth)
    for axis, title in zip(axes, ("the data", "could it be chance?", "what was tried")):
        axis.set_title(title, fontsize=11, loc="left", pad=24, color=ink(dark)[0])  # the legend has its place between
    sides = " and ".join(shorten(", ".join(names), 60) for names in (report.names_x, report.names_y))
    low, high = (format_mi(value, unit) for value in report.interval)
    figure.suptitle(
        f"{sides} share {format_mi(report.value, unit)} {unit} (95 % interval {low} to {high}, {report.n:,} rows)",
        fontsize=12, color=ink(dark)[0],
    )
    figure.supxlabel(f"MI Explorer, method {report.method}, seed {report.seed}", fontsize=7, color=ink(dark)[0], alpha=0.75)
    return figure


def draw_null(axis: Axes, report: Report, unit: str, dark: bool) -> None:
    scale, (text, _) = UNITS[unit], ink(dark)
    values, seen = np.array(report.null.values) / scale, report.null.observed / scale
    spread = max(np.ptp(values), 1e-3)
    edges = np.linspace(values.min() - 0.1 * spread, values.max() + 0.1 * spread, 20)
    axis.hist(values, edges, color=text, alpha=0.3, label="rows of Y shuffled")
    axis.axvline(seen, color=style_of(0).matplotlib(dark)["color"], linewidth=2.2, label="rows as they are")
    axis.set_xlabel(f"{unit}\n({report.null.statistic})", fontsize=9)
    axis.set_ylabel("shuffles")
    axis.yaxis.get_major_locator().set_params(integer=True)
    axis.margins(x=0.08)
    words(axis.legend(fontsize=9, frameon=False, loc="upper center"), dark)


def draw_candidates(
    axis: Axes, report: Report, unit: str, dark: bool, truth: float | None, narrow: bool = False
) -> None:
    scale, (text, quiet) = UNITS[unit], ink(dark)
    chosen_colour = style_of(0).matplotlib(dark)["color"]
    shown = [c for c in report.candidates if math.isfinite(c.value)]
    low, high = (end / scale for end in report.interval)
    axis.axvspan(low, high, color=chosen_colour, alpha=0.14, linewidth=0, label="95 % interval")
    if truth is not None:
        axis.axvline(truth / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="truth")
    if math.isfinite(report.lower_bound):
        axis.axvline(report.lower_bound / scale, color=chosen_colour, linestyle=":", linewidth=1.8, label="at least (95 %)")
    for place, candidate in enumerate(reversed(shown)):
        colour = chosen_colour if candidate.chosen else text
        error = 2 * candidate.stderr / scale if math.isfinite(candidate.stderr) else None
        size, strength = (9, 1) if candidate.chosen else (6, 0.75)
        axis.errorbar(
            candidate.value / scale, place, xerr=error, fmt=MARKS[candidate.kind], color=colour, markersize=size,
            linewidth=1.8, capsize=3, alpha=strength,
        )
    names = [shorten(candidate.name, 20 if narrow else 34) + (" ✓" if candidate.chosen else "") for candidate in reversed(shown)]
    axis.set_yticks(range(len(shown)), names, fontsize=9)
    axis.set_ylim(-0.6, len(shown) - 0.4)
    axis.set_xlim(left=min(0, axis.get_xlim()[0]))
    axis.grid(axis="x", color=quiet, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.set_xlabel(f"estimate ({unit})")
    words(axis.legend(fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2 if narrow else 3), dark)
