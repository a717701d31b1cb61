"""The panel "Better for networks?": encoders that keep everything, for better and for worse."""

from __future__ import annotations

__all__ = ["LOSSLESS"]

import math

from mi_explorer.objectives.lossless import ARMS, Lossless, LosslessSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.widgets import controls


def picture(snapshot: LosslessSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.lossless import lossless

    return lossless(snapshot, unit, dark, narrow)


def alternative(snapshot: LosslessSnapshot, unit: str) -> str:
    return f"Halves of digits, their codes, what undoing the codes gives, and a linear probe's accuracy over training. {headline(snapshot, unit)}"


def headline(snapshot: LosslessSnapshot, unit: str) -> str:
    means, step = snapshot.accuracy[-1].mean(-1), snapshot.steps[-1]
    if not step:
        return f"Before training, a linear probe reads {means[0]:.3f} of the digits from the codes, and {snapshot.raw:.3f} from the pixels."
    return (
        f"After {step} steps a linear probe reads {means[0]:.3f} of the digits from the code trained for InfoNCE and {means[1]:.3f} from the "
        f"one trained to hide them ({snapshot.raw:.3f} from the pixels). Both keep all information: undone, no pixel is off by more than "
        f"{small(snapshot.errors[-1].max())}."
    )


def small(value: float) -> str:
    if not math.isfinite(value):
        return "anything (training broke down)"
    return f"{value:.4f}" if value >= 1e-4 else "0.0001"


def table(snapshot: LosslessSnapshot, unit: str) -> str:
    rows = []
    for arm in range(len(ARMS)):
        values = snapshot.accuracy[-1, arm]
        row = {
            "name": ("For InfoNCE", "Against classifiers")[arm], "style": arm, "class": f"mi-row-{ARMS[arm]}",
            "cells": [
                f"{snapshot.accuracy[0, arm].mean():.3f}",
                f'{values.mean():.3f}<br><span class="mi-muted">{values.min():.3f} to {values.max():.3f}</span>',
                f"{snapshot.restored[arm]:.3f}", small(snapshot.errors[-1, arm].max()),
            ],
        }
        if arm == 0:
            row["sentence"] = f"InfoNCE on the 597 test digits: {amount(float(snapshot.bound.mean()), unit)}."
        rows.append(row)
    return controls.table(["Linear probe of a code", "Untrained", "Now", "Once undone", "Error of undoing"], rows)


def hidden(before: float, after: float) -> int:
    """The number of the answer: as before, some fewer, hardly more than by guessing (a tenth)."""
    return 0 if after > before - 0.05 else 2 if after < 0.4 else 1


LOSSLESS = Panel(
    key="lossless",
    label="3b · Also for networks?",
    question="“But networks find useful features.” These networks are built so that they can be undone: whatever they "
    "learn, they keep every bit about the digit. One is "
    "trained for InfoNCE, one to spoil linear classifiers. Which accuracy can a code have that holds all information?",
    stories=(
        Story(
            "both", "One for it, one against",
            "Same information, same start. The orange code loses nearly everything that a line can read, and the bottom "
            "row shows that nothing is gone.",
            Lossless(),
        ),
        Story(
            "shallow", "Only two layers",
            "A network that can do less harm: two layers change every number once. Where does the orange curve stop now?",
            Lossless(layers=2),
        ),
    ),
    predict=Prediction(
        "A network that can be undone exactly is trained to hide the digits from linear classifiers. How many does a linear probe "
        "still read from its code?",
        ("As many as before: nothing is lost", "Some fewer", "Hardly more than by guessing"),
        right=lambda s: hidden(s.accuracy[0, 1].mean(), s.accuracy[-1, 1].mean()),
        happened=lambda s, unit: f"{s.accuracy[-1, 1].mean():.2f} of them, after {s.accuracy[0, 1].mean():.2f} before the "
        f"training, and from the undone code "
        f"{s.restored[1]:.2f}",
        because="All the information is still there, to the last pixel, but no longer where a line can find it. What a code is "
        "good for "
        "depends on how it is arranged, and information does not notice arrangements.",
        hints=("What would a padlock do to a message? Is it shorter afterwards?",),
    ),
    main=("steps", "layers", "width"),
    more=("seeds", "batch_size", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "Undone exactly means: but for the rounding of 32-bit numbers, which grows with the size of the code. The error "
        "is measured and stated.",
        "InfoNCE hardly changes the probe here: an untrained network of this kind already reads a little more than the "
        "pixels do. That the bound rises is "
        "not why the code is good; that is the point of Tschannen et al.",
        "The second network is trained with labels and with intent. It shows what information does not prevent, not what "
        "training usually does.",
        "InfoNCE is trained on 1,200 digits and much lower on test digits: it has learned its pairs by heart.",
    ),
    papers=(
        ("Tschannen et al. 2020, On mutual information maximization", "https://arxiv.org/abs/1907.13625"),
        ("Dinh et al. 2017, RealNVP", "https://arxiv.org/abs/1605.08803"),
    ),
)
