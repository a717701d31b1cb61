"""The picture of two autoencoders that clean digits, beside the best linear filter."""

from __future__ import annotations

__all__ = ["denoising"]

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.sheets import show_sheet
from mi_explorer.objectives.denoising import ARMS, DenoisingSnapshot
from mi_explorer.palette import style_of


def denoising(snapshot: DenoisingSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: the error that is left of other images, mean and range over seeds, beside the Wiener filter's and the noise itself. Right:
    some of these images."""
    shape = {"rows": 2, "width": 4.4, "height": 6.4} if narrow else {"columns": 2, "width": 8, "height": 4.2}
    figure, (curve, images) = new_figure(dark=dark, **shape)
    errors(curve, snapshot, dark)
    known, look = snapshot.known, snapshot.looks[-1]
    rows = [known.clean, known.noisy, look.cleaned[0], look.cleaned[1], known.filtered]
    show_sheet(images, rows, "images not seen in training", dark, ["clean", "noisy", "plain", "denoising", "Wiener"])
    sign(figure, snapshot.study, dark)
    return figure


def errors(axis, snapshot: DenoisingSnapshot, dark: bool) -> None:
    study, (text, quiet) = snapshot.study, ink(dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    for index, name in enumerate(ARMS.values()):
        values = np.array([look.cleaning[index] for look in snapshot.looks])
        style = style_of(index).matplotlib(dark)
        axis.plot(snapshot.steps, values.mean(1), linewidth=1.8, label=name, **style)
        axis.fill_between(snapshot.steps, values.min(1), values.max(1), color=style["color"], alpha=0.18, linewidth=0)
    axis.axhline(snapshot.known.error, color=text, linestyle=(0, (5, 3)), linewidth=1.5, label="Wiener filter")
    axis.axhline(study.sigma**2, color=text, linestyle=":", linewidth=1.2, label="the noise, σ²")
    axis.set_yscale("log")
    levels = [snapshot.known.error, study.sigma**2, *np.ravel([look.cleaning for look in snapshot.looks])]
    axis.set_ylim(min(levels) / 1.25, 2.6 * max(levels))
    ticks = [tick for tick in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5) if min(levels) / 1.25 <= tick <= max(levels)]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.tick_params(which="minor", length=0)
    axis.set_xlim(0, study.steps)
    axis.set_xlabel("training step")
    axis.set_ylabel("squared error per pixel")
    words(axis.legend(fontsize=8, frameon=False, loc="upper right", ncols=2), dark)
