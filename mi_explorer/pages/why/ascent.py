"""The panel "How far can they see?": estimates against a rising truth."""

from __future__ import annotations

__all__ = ["ASCENT"]

import html
import math

import numpy as np

from mi_explorer.bounds import bounds
from mi_explorer.pages.settings import NAMES
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, folded
from mi_explorer.palette import assign
from mi_explorer.studies import Ascent
from mi_explorer.studies.ascent import AscentSnapshot, Stop
from mi_explorer.verdicts import UNITS, format_mi, signed
from mi_explorer.widgets import controls


def picture(snapshot: AscentSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer import figures

    return figures.ascent(snapshot, unit, dark, narrow)


def alternative(snapshot: AscentSnapshot, unit: str) -> str:
    if not snapshot.stops:
        return "Estimates against the true mutual information; none yet."
    last = snapshot.stops[-1]
    ends = ", ".join(f"{bounds[name].name} {format_mi(value, unit)}" for name, value in zip(snapshot.study.bounds, last.learned.mean((0, 2))))
    return f"Estimates against the true mutual information, up to {amount(last.truth, unit)}. There: {ends}."


def headline(snapshot: AscentSnapshot, unit: str) -> str:
    if len(snapshot.stops) < 2:
        return "The first stops are being trained."
    last, study = snapshot.stops[-1], snapshot.study
    errors = np.sqrt(last.mse())
    known = [index for index in range(len(study.bounds)) if math.isfinite(errors[index])]
    if not known:
        return f"At {amount(last.truth, unit)} no estimator has survived its training."
    best, worst = min(known, key=lambda i: errors[i]), max(known, key=lambda i: errors[i])
    text = f"At {amount(last.truth, unit)}, {says(best, last, study, unit)}"
    if worst != best:
        text += f", and {says(worst, last, study, unit)}"
    ceiling = math.log(study.batch_size)
    if "infonce" in study.bounds and last.truth > ceiling:
        text += f". InfoNCE cannot pass log K = {amount(ceiling, unit)}, whatever its critic"
    return text + "."


def says(index: int, stop: Stop, study: Ascent, unit: str) -> str:
    bias, sd = stop.bias()[index], math.sqrt(stop.variance()[index])
    name = bounds[study.bounds[index]].name
    return f"{name} is {amount(abs(bias), unit)} too {'high' if bias > 0 else 'low'}, and one batch differs from another by {amount(sd, unit)}"


def table(snapshot: AscentSnapshot, unit: str) -> str:
    """The last stop in sight, all of them folded away."""
    if not snapshot.stops:
        return '<p class="mi-muted">Bias, variance and mean squared error at every stop will stand here.</p>'
    columns = ["Estimator", f"Truth ({unit})", "Estimate", "Bias", "Variance", "MSE = bias² + variance"]
    count = range(len(snapshot.study.bounds))
    last = [row(index, snapshot.stops[-1], snapshot.study, unit) for index in count]
    every = [row(index, stop, snapshot.study, unit) for index in count for stop in snapshot.stops]
    return controls.table(columns, last) + folded("Every stop", controls.table(columns, every))


def row(index: int, stop: Stop, study: Ascent, unit: str) -> dict:
    name, square = study.bounds[index], UNITS[unit] ** 2
    variance, mse = number(stop.variance()[index] / square), number(stop.mse()[index] / square)
    slug = controls.css_name(name)[3:].strip("-")
    estimate = f'<span class="mi-estimate-{slug}">{format_mi(stop.learned[:, index].mean(), unit)}</span>'
    return {
        "name": html.escape(bounds[name].name), "style": assign(study.bounds, bounds)[name], "class": f"mi-row-{slug}",
        "cells": [format_mi(stop.truth, unit, 1), estimate, signed(stop.bias()[index], unit), variance, mse],
    }


def number(value: float) -> str:
    """0.0341, 5.67, 115.9: three digits, never an exponent."""
    if not math.isfinite(value):
        return "–"
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 1e-4 else 4
    return f"{value:,.{min(digits, 4)}f}"


def perfect_at_top(snapshot: AscentSnapshot) -> float:
    """What InfoNCE shows at the last stop with a perfect critic, in nats."""
    return float(snapshot.stops[-1].perfect[:, snapshot.study.bounds.index("infonce")].mean())


def seen_at_top(snapshot: AscentSnapshot) -> int | None:
    """The number of the answer: about 10, 7 or 4 nats; None while the truth is below the ceiling."""
    if snapshot.stops[-1].truth < math.log(snapshot.study.batch_size):
        return None
    return int(np.argmin([abs(perfect_at_top(snapshot) - nats) for nats in (10, 7, 4)]))


ASCENT = Panel(
    key="ascent",
    label="How far can they see?",
    question="The truth rises from nothing to 10 nats, and at every stop new critics are trained. On the dashed diagonal an estimator "
    "would be right. Which one leaves it first, to which side, and which one starts to jump?",
    stories=(
        Story(
            "three-ways", "Three ways to be wrong",
            "InfoNCE bends away below log K, calm. NWJ stays far behind and begins to jump. SMILE follows longest, "
            "and its thin line shows that with a perfect critic it would say too much.",
            Ascent(),
        ),
        Story(
            "larger-k", "Does a larger K help?",
            "The same with K = 256: the ceiling rises from 4.16 to 5.55 nats. Four times the pairs for 1.39 nats, by the logarithm.",
            Ascent(bounds=("infonce",), batch_size=256, steps=150),
        ),
        Story(
            "thin", "Spread thin",
            "20 dimensions: the thin lines hardly move, but the learned critics fall behind from the first stop on.",
            Ascent(bounds=("infonce", "smile"), dim=20),
        ),
    ),
    predict=Prediction(
        "At 10 nats, with K = 64: what does InfoNCE show with the best critic there could be?",
        ("About 10", "About 7", "About 4", "Anything: it jumps"),
        right=lambda s: None if not s.stops or "infonce" not in s.study.bounds else seen_at_top(s),
        happened=lambda s, unit: f"a perfect critic shows {amount(perfect_at_top(s), unit)}, and log K is "
        f"{amount(math.log(s.study.batch_size), unit)}"
        if s.stops and "infonce" in s.study.bounds else "InfoNCE is not among these",
        because="InfoNCE picks the partner among K candidates, and whoever picks right every time has shown log K and no more. For "
        "e^10 = 22,026 one would need "
        "candidates by the ten thousand.",
        hints=("It plays “which of these K is the partner?”. How much is the best possible answer worth?",),
    ),
    main=("bounds", "top", "stops", "dim", "batch_size", "steps", "width"),
    more=("critic", "learning_rate", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table, names=NAMES,
)
