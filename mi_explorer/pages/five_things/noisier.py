"""The panel "Upset by noise?": with noise, the truth itself falls."""

from __future__ import annotations

__all__ = ["NOISIER"]

import numpy as np

from mi_explorer.objectives.noisier import LEAST_NOISE, Noisier, NoisierSnapshot, gaussian
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, error, folded
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls


def picture(snapshot: NoisierSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.noisier import noisier

    return noisier(snapshot, unit, dark, narrow)


def alternative(snapshot: NoisierSnapshot, unit: str) -> str:
    stairs = ", ".join(format_mi(value, unit, 3) for value in snapshot.study.staircase())
    return f"Information against noise, a falling curve with KSG's estimates on it, and behind channels in a row: {stairs} {unit}."


def headline(snapshot: NoisierSnapshot, unit: str) -> str:
    study = snapshot.study
    high, low = gaussian(LEAST_NOISE), gaussian(study.noise)
    text = f"From noise {LEAST_NOISE:g} to {study.noise:g} the truth falls from {amount(high, unit)} to {amount(low, unit)}"
    if study.channels > 1:
        stairs = study.staircase()
        first, last = (format_mi(value, unit, 3) for value in (stairs[0], stairs[-1]))
        text += f", and a bit's from {first} behind one channel to {last} {unit} behind {study.channels}"
    text += "."
    asked = np.isfinite(snapshot.ksg)
    if asked.all():
        off = np.abs(snapshot.ksg.mean(-1) - gaussian(study.noises)).max()
        text += f" KSG falls with it: its means are never further than {amount(off, unit)} from the curve."
    return text


def table(snapshot: NoisierSnapshot, unit: str) -> str:
    study = snapshot.study
    noisy = [row(f"σ = {at:.2f}", gaussian(at), values, unit) for at, values in zip(study.noises, snapshot.ksg)]
    behind = [
        row(f"{number} channel{'s' if number > 1 else ''}", truth, values, unit)
        for number, (truth, values) in enumerate(zip(study.staircase(), snapshot.plugin), 1)
    ]
    return folded("Every noise", controls.table(["Noise", f"MI, exact ({unit})", "KSG 1"], noisy)) + folded(
        "Every channel", controls.table(["Behind", f"MI, exact ({unit})", "Plug-in"], behind)
    )


def row(name: str, truth: float, values: np.ndarray, unit: str) -> dict:
    found = values[np.isfinite(values)]
    measured = format_mi(found.mean(), unit, 3) + error(found.std(ddof=1), unit, 3) if len(found) > 1 else "–"
    return {"name": name, "cells": [format_mi(truth, unit, 3), measured]}


def whose_fall(snapshot: NoisierSnapshot) -> int | None:
    """The number of the answer: the estimator's fall, the truth's, half of each; None before KSG was asked everywhere."""
    if not np.isfinite(snapshot.ksg).all():
        return None
    fall = gaussian(LEAST_NOISE) - gaussian(snapshot.study.noise)
    means = snapshot.ksg.mean(-1)
    return 1 if abs((means[0] - means[-1]) - fall) < 0.25 * fall else 2


NOISIER = Panel(
    key="noisier",
    label="5 · Upset by noise?",
    question="“The estimate drops as soon as there is noise, so estimators are too sensitive to it.” Add noise to a "
    "signal, or send a bit through one bad channel after the other. "
    "How much would be left even for somebody who knows everything?",
    stories=(
        Story(
            "falls", "The truth falls",
            "The line is exact, the points are estimates from 1,000 pairs. They fall because there is less to find. On "
            "the right, every further channel takes its share.",
            Noisier(),
        ),
        Story(
            "few", "A hundred pairs",
            "With 100 pairs there is an error as well, and you can tell it from the fall of the truth: the points "
            "scatter around the curve, and for faint relations some lie below 0.",
            Noisier(pairs=100),
        ),
        Story(
            "bad", "A bad channel",
            "Wrong 30 % of the time: one channel leaves 0.119 bits, two leave 0.019, three 0.003. The plug-in estimate "
            "on 1,000 pairs is about 0.0005 nats too high: nothing here.",
            Noisier(error=0.3),
        ),
    ),
    predict=Prediction(
        "Noise is added, and the estimate falls. Whose doing is that?",
        ("The estimator's: noise upsets it", "The truth's: there is less to know", "Half of each"),
        right=whose_fall,
        happened=lambda s, unit: f"the truth falls by {amount(gaussian(LEAST_NOISE) - gaussian(s.study.noise), unit)}, and KSG is "
        f"never further than "
        f"{amount(np.abs(s.ksg.mean(-1) - gaussian(s.study.noises)).max(), unit)} from it",
        because="Noise covers what x had to say about y, also for somebody who knows everything. An estimate that did not fall "
        "would be wrong.",
        hints=("How well could you guess x yourself, knowing all the rules, behind that much noise?",),
    ),
    main=("noise", "error", "channels", "pairs"),
    more=("replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "Estimators do have errors, and some depend on noise: with very little of it, KSG runs out of neighbours and "
        "shows too little. That is the opposite of the complaint.",
        "The law of the curve holds for normal signals and noise. That further noise, added independently, can never "
        "raise the information holds always: the data processing inequality.",
        "From few pairs, an estimate near 0 cannot be told from 0. This is the samples' fault, not the noise's.",
    ),
    papers=(
        ("Kraskov et al. 2004, KSG", "https://arxiv.org/abs/cond-mat/0305641"),
        ("Shannon 1948", "https://doi.org/10.1002/j.1538-7305.1948.tb01338.x"),
    ),
    live=True,
)
