"""The picture of a registration: the two heads, the joint histogram before and now, the measures over the shift, and every run's error."""

from __future__ import annotations

__all__ = ["registration"]

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign
from mi_explorer.objectives.phantom import mapped
from mi_explorer.objectives.registration import REACH, RegistrationSnapshot
from mi_explorer.palette import CARD, style_of
from mi_explorer.verdicts import format_mi

SHORT = {"mi": "MI", "ssd": "SSD", "ncc": "|corr.|"}
MARKS = {"mi": "o", "ssd": "s", "ncc": "^"}
LOOKS = {"mi": 0, "ssd": 1, "ncc": 2}
RIVAL = "ssd"


def registration(snapshot: RegistrationSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Above: what the scanners see, and the second head's outlines laid onto the first as MI and SSD have it. Below: joint
    histograms at the start and at MI's pose, the measures around the truth, and the distance from it in every run."""
    rows, columns = (4, 2) if narrow else (2, 4)
    figure, axes = new_figure(rows=rows, columns=columns, width=4.4 if narrow else 9.2, height=8.8 if narrow else 5.4, dark=dark)
    first, second, by_mi, by_rival, before, now, measures, runs = axes
    show(first, snapshot.fixed, "First scanner", dark)
    show(second, snapshot.moving, "Second scanner", dark)
    for axis, name in ((by_mi, "mi"), (by_rival, RIVAL)):
        overlay(axis, snapshot, name, dark)
    tables = [(before, np.zeros(3), "at the start"), (now, snapshot.poses["mi"], "where MI is now")]
    for axis, pose, when in tables:
        table(axis, snapshot, pose, when, unit, dark)
    profiles(measures, snapshot, dark)
    errors(runs, snapshot, dark)
    sign(figure, snapshot.study, dark)
    return figure


def show(axis, picture: np.ndarray, title: str, dark: bool) -> None:
    axis.imshow(picture, cmap="gray", vmin=-0.05, vmax=1.05, interpolation="nearest")
    bare(axis)
    axis.set_title(title, fontsize=9, color=ink(dark)[0])


def overlay(axis, snapshot: RegistrationSnapshot, name: str, dark: bool) -> None:
    """The outlines of the second picture where this measure has them, on the first."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    smooth = gaussian_filter(snapshot.moving, 1.5)
    laid = map_coordinates(smooth, mapped(snapshot.poses[name]), order=1, mode="constant", cval=np.nan)
    show(axis, snapshot.fixed, f"{SHORT[name]}: {pixels(snapshot.error(name))} off", dark)
    axis.contour(laid, levels=np.quantile(smooth, (0.55, 0.9)), colors=style_of(LOOKS[name]).dark, linewidths=1.1)


def table(axis, snapshot: RegistrationSnapshot, pose: np.ndarray, when: str, unit: str, dark: bool) -> None:
    weights = snapshot.study.histogram(snapshot.fixed, snapshot.moving, pose)
    ramp = LinearSegmentedColormap.from_list("ink", [CARD[dark], style_of(0).matplotlib(dark)["color"], ink(dark)[0]])
    axis.imshow(np.log1p(weights.T), cmap=ramp, origin="lower", interpolation="nearest")
    bare(axis, frame=True, dark=dark)
    axis.set_xlabel("first grey", fontsize=8)
    axis.set_ylabel("second grey", fontsize=8)
    title = f"{when}: {format_mi(snapshot.information(pose), unit)} {unit}"
    axis.set_title(title, fontsize=9, color=ink(dark)[0])


def profiles(axis, snapshot: RegistrationSnapshot, dark: bool) -> None:
    """Every measure from its least to its most: they have no unit in common."""
    text, _ = ink(dark)
    offsets = np.arange(-REACH, REACH + 1)
    for name, line in snapshot.profiles.items():
        known = line[np.isfinite(line)]
        if len(known) and np.ptp(known) > 0:
            axis.plot(offsets, (line - known.min()) / np.ptp(known), linewidth=1.6, label=SHORT[name], **style_of(LOOKS[name]).matplotlib(dark))
    axis.axvline(0, color=text, linewidth=1, linestyle=(0, (5, 3)))
    axis.set_xlabel("pixels from the true shift", fontsize=8)
    axis.set_yticks([0, 1], ["least", "most"])
    axis.tick_params(labelsize=8)
    axis.set_ylim(-0.04, 1.1)
    axis.set_title("the measures", fontsize=9, color=text)


def errors(axis, snapshot: RegistrationSnapshot, dark: bool) -> None:
    text, quiet = ink(dark)
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.axhline(1, color=text, linewidth=1, linestyle=":")
    for place, (name, found) in enumerate(snapshot.errors.items()):
        spread = np.linspace(-0.22, 0.22, len(found)) if len(found) > 1 else np.zeros(len(found))
        colour = style_of(LOOKS[name]).matplotlib(dark)["color"]
        axis.scatter(place + spread, np.maximum(found, 0.01), s=20, marker=MARKS[name], alpha=0.85, linewidths=0, color=colour)
    axis.set_yscale("log")
    axis.set_ylim(0.008, 100)
    axis.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
    axis.minorticks_off()
    axis.set_xlim(-0.5, len(snapshot.errors) - 0.5)
    axis.set_xticks(range(len(snapshot.errors)), [SHORT[name] for name in snapshot.errors])
    axis.tick_params(labelsize=8)
    for label, name in zip(axis.get_xticklabels(), snapshot.errors):
        label.set_color(style_of(LOOKS[name]).matplotlib(dark)["color"])
        label.set_fontweight("bold")
    axis.set_title("error in pixels, every run", fontsize=9, color=text)


def bare(axis, frame: bool = False, dark: bool = False) -> None:
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(frame)
    axis.spines[:].set_color(ink(dark)[1])


def pixels(error: float) -> str:
    return f"{error:.2f} px" if error < 1 else f"{error:.1f} px"
