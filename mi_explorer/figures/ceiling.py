"""The picture of a ceiling: what InfoNCE shows with a perfect critic, for every K, and the K that is needed."""

from __future__ import annotations

__all__ = ["ceiling"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.palette import style_of
from mi_explorer.studies.ceiling import CeilingSnapshot, rounded
from mi_explorer.verdicts import UNITS


def ceiling(snapshot: CeilingSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """InfoNCE's value over log K with twice its error, the truth, the tolerance below it, log K, and the answer."""
    scale, (text, quiet) = UNITS[unit], ink(dark)
    study, sizes = snapshot.study, snapshot.sizes
    figure, (axis,) = new_figure(width=4.4 if narrow else 8, height=4 if narrow else 4.4, dark=dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    colour = style_of(0).matplotlib(dark)["color"]
    value, error = (study.mi - snapshot.gap) / scale, 2 * snapshot.stderr / scale
    axis.axhline(study.mi / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="true MI")
    near = style_of(2).matplotlib(dark)["color"]
    axis.axhspan((study.mi - study.tolerance) / scale, study.mi / scale, color=near, alpha=0.2, linewidth=0, label="near enough")
    axis.plot(sizes, np.log(sizes) / scale, color=text, linestyle=":", linewidth=1.2, label="log K")
    axis.errorbar(
        sizes, value, yerr=error, color=colour, linewidth=1.8, marker="o", markersize=4, capsize=2,
        label="InfoNCE, perfect critic (± 2 standard errors)",
    )
    answer = snapshot.answer
    if answer.K:
        axis.axvline(answer.K, color=text, linewidth=1.2)
        axis.axvspan(answer.low or answer.K, answer.high or sizes[-1], color=text, alpha=0.12, linewidth=0)
        left = answer.K > sizes[len(sizes) // 2]
        axis.annotate(
            f"K ≈ {rounded(answer.K)}", (answer.K, 0.06), xycoords=("data", "axes fraction"), ha="right" if left else "left", fontsize=11,
            fontweight="bold", color=text, xytext=(-6 if left else 6, 0), textcoords="offset points",
        )
    axis.set_xscale("log", base=2)
    axis.set_xlim(sizes[0] / 1.2, sizes[-1] * 1.2)
    powers = sizes[:: 1 + len(sizes) // (6 if narrow else 10)]
    axis.set_xticks(powers, [short(size) for size in powers])
    axis.set_ylim(0, 1.15 * max(study.mi, 0.5) / scale)
    axis.set_xlabel("batch size K")
    axis.set_ylabel(unit)
    words(figure.legend(loc="outside upper left", ncols=1 if narrow else 2, fontsize=8, frameon=False), dark)
    sign(figure, study, dark)
    return figure


def short(size: int) -> str:
    """1,024 stays, 131,072 becomes 131k."""
    return f"{size:,}" if size < 10_000 else f"{size / 1000:.0f}k" if size < 1_000_000 else f"{size / 1e6:.1f}M"
