"""The picture of a sweep: estimates against the truth."""

from __future__ import annotations

__all__ = ["sweep_curve"]

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from mi_explorer import sweeps
from mi_explorer.bounds import bounds
from mi_explorer.figures.canvas import ink, new_figure, words
from mi_explorer.palette import assign, style_of
from mi_explorer.parameters import ParameterError
from mi_explorer.verdicts import UNITS

if TYPE_CHECKING:
    import pandas as pd


def sweep_curve(frame: pd.DataFrame, unit: str = "nats", dark: bool = False) -> Figure:
    """Estimates on fresh samples against the truth: mean and spread (± one standard deviation) over replicates and seeds,
    the diagonal, the ceiling log K, and thin lines for the perfect critic on the same batches.

    ``frame`` is ``Sweep.frame()`` or rows of it, of one setting: one value of K and of every other axis but the truth's
    and the seed.

    Raises:
        ParameterError: the frame holds several settings, or no finished cell.
    """
    scale, (text, quiet) = UNITS[unit], ink(dark)
    frame = frame[frame["bound"].notna()]
    if frame.empty:
        raise ParameterError("frame", "empty", "rows of at least one finished cell")
    setting = {name: frame[name].unique() for name in sweeps.settings_of(frame)}
    for name, values in setting.items():
        if len(values) > 1:
            raise ParameterError("frame", f"with {len(values)} values of {name}", "of one setting: draw one figure for each")

    figure, (axis,) = new_figure(width=7, dark=dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    truths, ceiling = frame["truth"].to_numpy() / scale, np.log(setting["batch_size"][0]) / scale
    top = max(truths.max(), 0.5 / scale)
    reach = [min(truths.min(), 0), 1.05 * top]
    axis.plot(reach, reach, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="true MI")
    axis.axhline(ceiling, color=text, linestyle=":", linewidth=1.2, label="log K")
    names = list(dict.fromkeys(frame["bound"]))
    look_of = assign(names, bounds)
    for name in names:
        style = style_of(look_of[name]).matplotlib(dark)
        by_truth = frame[frame["bound"] == name].groupby("truth")
        repeats = by_truth["estimate"]
        x, centre, spread = by_truth["truth"].first() / scale, repeats.mean() / scale, repeats.std(ddof=0) / scale
        axis.plot(x, centre, marker="o", markersize=3.5, linewidth=1.6, label=bounds[name].name, **style)
        axis.fill_between(x, centre - spread, centre + spread, color=style["color"], alpha=0.18, linewidth=0)
        if len(x) == 1:  # a band without width cannot be seen
            axis.errorbar(x, centre, spread, color=style["color"], linewidth=1, capsize=3)
        axis.plot(x, by_truth["perfect"].mean() / scale, color=style["color"], linewidth=0.7, alpha=0.8)
    # A bound that explodes, or a ceiling far above, must not flatten the others.
    axis.set_ylim(-0.08 * top, 1.3 * max(top, min(ceiling, 1.5 * top)))
    axis.set_xlim(*reach)
    axis.set_xlabel(f"true mutual information ({unit})")
    axis.set_ylabel(f"estimate ({unit})")
    words(figure.legend(loc="outside upper left", ncols=4, fontsize=8, frameon=False, handlelength=3.2), dark)
    repeats = frame.groupby(["bound", "truth"]).size()
    said = ", ".join(f"{'K' if name == 'batch_size' else name} = {values[0]}" for name, values in setting.items())
    count = f"{repeats.min()}" if repeats.nunique() == 1 else f"{repeats.min()} to {repeats.max()}"
    figure.supxlabel(
        f"{said}; {count} repeats of each; bold: learned, thin: perfect critic  ·  MI Explorer",
        fontsize=6, color=text, alpha=0.75, wrap=True,
    )
    return figure
