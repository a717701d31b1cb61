"""The picture of a bias ledger: from the truth to the number that is shown, one step below the other."""

from __future__ import annotations

__all__ = ["PARTS", "ledger"]

import math

from matplotlib.figure import Figure

from mi_explorer.bounds import bounds
from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.palette import style_of
from mi_explorer.studies.ledger import Entry, LedgerSnapshot
from mi_explorer.verdicts import UNITS, signed

#: The parts in the order in which they add up: key, label, palette index, hatch.
PARTS = (
    ("bound", "bound gap: a perfect critic at this K", 0, ""),
    ("critic", "critic gap: learned instead of perfect", 1, "////"),
    ("sample", "sample gap: seen in training instead of fresh", 2, "...."),
)


def ledger(snapshot: LedgerSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """One waterfall per estimator: it starts at the truth, each part moves it, and it ends at what training shows."""
    scale, (text, quiet) = UNITS[unit], ink(dark)
    study, entries = snapshot.study, [one for one in snapshot.entries if math.isfinite(one.shown.value)]
    height = (1.6 if narrow else 1.4) + (1.15 if narrow else 0.95) * max(len(entries), 1)
    figure, (axis,) = new_figure(width=4.4 if narrow else 8, height=height, dark=dark)
    axis.spines["left"].set_visible(False)
    axis.grid(axis="x", color=quiet, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.axvline(study.mi / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, zorder=1, label="true MI")
    ceiling = math.log(study.batch_size)
    if "infonce" in study.bounds and ceiling < 1.6 * max(study.mi, 1):
        axis.axvline(ceiling / scale, color=text, linestyle=":", linewidth=1.2, zorder=1, label="log K")
    low, high = reach(entries, study.mi)
    for row, one in enumerate(entries):
        waterfall(axis, row, one, scale, dark, last=row == len(entries) - 1)
    axis.set_yticks([row + 0.3 for row in range(len(entries))], [bounds[one.bound].name for one in entries], color=text)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(entries) - 0.15 if entries else 1, -0.3)
    axis.set_xlim(low / scale, high / scale)
    axis.set_xlabel(unit)
    legend = figure.legend(loc="outside upper left", ncols=1 if narrow else 2, fontsize=8, frameon=False)
    words(legend, dark)
    sign(figure, study, dark)
    return figure


def waterfall(axis, row: int, one: Entry, scale: float, dark: bool, last: bool) -> None:
    """Three bars, each beginning where the one above it ended, and a diamond with its error where they lead."""
    text, _ = ink(dark)
    start = one.truth
    for lane, (key, label, look, hatch) in enumerate(PARTS):
        gap = one.gaps[key]
        y, colour = row + 0.22 * lane, style_of(look).matplotlib(dark)["color"]
        axis.barh(
            y, gap.value / scale, left=start / scale, height=0.2, color=colour, alpha=0.85, hatch=hatch, edgecolor=dark_edge(dark),
            linewidth=0, label=label if last else None, zorder=2,
        )
        end = start + gap.value
        axis.plot([end / scale] * 2, [y - 0.1, y + 0.33], color=text, linewidth=0.8, zorder=3)
        axis.annotate(
            signed(gap.value, "nats" if scale == 1 else "bits"), ((start + end) / 2 / scale, y), ha="center", va="center",
            fontsize=7.5, color=text, zorder=5, bbox={"boxstyle": "round,pad=0.15", "fc": axis.get_facecolor(), "ec": "none", "alpha": 0.85},
        )
        start = end
    axis.errorbar(
        one.shown.value / scale, row + 0.64, xerr=2 * one.shown.stderr / scale, fmt="D", color=text, markersize=5, capsize=3,
        zorder=4, label="shown in training (± 2 standard errors)" if last else None,
    )


def dark_edge(dark: bool) -> str:
    """The colour of the hatching: that of the paper."""
    return "#181d26" if dark else "#ffffff"


def reach(entries: list[Entry], truth: float) -> tuple[float, float]:
    """Of the axis: every step of every waterfall, but an estimate that ran away must not squeeze the others."""
    stations = [truth, *(value for one in entries for value in (one.perfect.value, one.fresh.value, one.shown.value))]
    far = 2.5 * max(truth, 1.0)
    low, high = max(min(stations), -far), min(max(stations), truth + far)
    margin = 0.08 * max(high - low, 0.5)
    return low - margin, high + margin
