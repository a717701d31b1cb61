"""The picture of a biased estimate: all the estimates from N pairs, and their means as N grows, beside the truth."""

from __future__ import annotations

__all__ = ["plugin_bias"]

import numpy as np
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.objectives.plugin_bias import PluginBiasSnapshot
from mi_explorer.palette import CARD, style_of
from mi_explorer.verdicts import UNITS

PLUGIN, CURED, FORMULA = 0, 1, 2  # palette


def plugin_bias(snapshot: PluginBiasSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: histograms of both estimates at the chosen N; right: their means over N, with the formula and the exact value."""
    shape = {"rows": 2, "width": 4.4, "height": 7.4} if narrow else {"columns": 2, "width": 8, "height": 4.6}
    figure, (spread, means) = new_figure(dark=dark, **shape)
    histogram(spread, snapshot, unit, dark)
    curves(means, snapshot, unit, dark)
    sign(figure, snapshot.study, dark)
    return figure


def histogram(axis, snapshot: PluginBiasSnapshot, unit: str, dark: bool) -> None:
    (text, quiet), scale, one = ink(dark), UNITS[unit], snapshot.chosen
    both = np.concatenate([one.plugin, one.miller_madow, [snapshot.truth]]) / scale
    low, high = np.percentile(both, [0.1, 99.9])
    edges = np.linspace(min(low, snapshot.truth / scale) - 0.01, max(high, snapshot.truth / scale) + 0.01, 34)
    for values, look, label, hatch in ((one.plugin, PLUGIN, "plug-in", ""), (one.miller_madow, CURED, "Miller–Madow", "////")):
        colour = style_of(look).matplotlib(dark)["color"]
        weights = np.full(len(values), 100 / len(values))
        kind = {"histtype": "stepfilled", "alpha": 0.5, "hatch": hatch, "edgecolor": colour}
        axis.hist(values / scale, edges, weights=weights, color=colour, label=label, **kind)
        axis.axvline(values.mean() / scale, color=colour, linewidth=2, linestyle="-" if look == PLUGIN else (0, (4, 2)))
    axis.axvline(snapshot.truth / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.8, label="truth")
    axis.set_ylim(top=1.35 * axis.get_ylim()[1])
    axis.set_xlabel(f"estimate from N = {one.n:,} pairs ({unit})")
    axis.set_ylabel(f"share of {len(one.plugin):,} samples in %")
    key(axis, dark)


def curves(axis, snapshot: PluginBiasSnapshot, unit: str, dark: bool) -> None:
    (text, quiet), scale, truth = ink(dark), UNITS[unit], snapshot.truth
    sizes = np.array([one.n for one in snapshot.sizes])
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    formula = np.array([truth + one.expected.formula for one in snapshot.sizes]) / scale
    axis.plot(sizes, formula, linewidth=1.8, label="truth + formula", **style_of(FORMULA).matplotlib(dark))
    for look, marker, label, pick in (
        (PLUGIN, "o", "plug-in: mean ± 2 standard errors", "plugin"), (CURED, "s", "Miller–Madow (thin lines: exact)", "miller_madow"),
    ):
        exact = np.array([truth + getattr(one.expected, pick) for one in snapshot.sizes]) / scale
        measured = [one.bias(getattr(one, pick), truth) for one in snapshot.sizes]
        style = style_of(look).matplotlib(dark)
        axis.plot(sizes, exact, linewidth=1, color=style["color"])
        values, errors = np.array(measured).T / scale
        mark = {"fmt": marker, "markersize": 5, "capsize": 2.5, "color": style["color"]}
        axis.errorbar(sizes, truth / scale + values, yerr=2 * errors, label=label, **mark)
    axis.axhline(truth / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.8)
    axis.set_xscale("log")
    axis.set_xlim(sizes[0] / 1.35, sizes[-1] * 1.35)
    ends = [sizes[0] / 1.35, min(max(snapshot.enough, sizes[0] / 1.35), sizes[-1] * 1.35)]
    axis.axvspan(*ends, color=text, alpha=0.08, linewidth=0, label="N < 15·kx·ky: too few")
    axis.axvline(snapshot.study.pairs, color=text, linewidth=1, linestyle=":")
    axis.set_xticks(sizes, [f"{size:,}" if size < 10_000 else f"{size / 1000:.0f}k" for size in sizes], fontsize=8.5)
    axis.minorticks_off()
    biases = [bias for one in snapshot.sizes for bias in (0.0, one.expected.plugin, one.expected.miller_madow, one.expected.formula)]
    low, high = (truth + min(biases)) / scale, (truth + max(biases)) / scale
    room = max(high - low, 0.002)
    axis.set_ylim(low - 0.12 * room, high + 0.65 * room)
    axis.set_xlabel("pairs N")
    axis.set_ylabel(f"mean estimate ({unit})")
    key(axis, dark)


def key(axis, dark: bool) -> None:
    """A legend on paper: lines may run behind it."""
    words(axis.legend(fontsize=8, loc="upper right", facecolor=CARD[dark], edgecolor="none", framealpha=0.9), dark)
