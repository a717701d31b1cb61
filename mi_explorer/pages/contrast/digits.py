"""The panel "Digits without labels": SimCLR on placed digits, good views and bad ones."""

from __future__ import annotations

__all__ = ["DIGITS", "switch"]

import math

import numpy as np

from mi_explorer.objectives.digit_contrast import DigitContrast, DigitContrastSnapshot
from mi_explorer.pages.contrast.cards import percent
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls

LABELS = {
    "raw": "Raw pixels", "random": "Untrained network", "autoencoder": "Autoencoder", "contrast": "Contrast, no labels", "supervised": "Trained with all labels",
}
BESIDE = {"autoencoder": "from an autoencoder's code", "supervised": "trained with all labels"}
LOOKS = {"autoencoder": 1, "contrast": 0, "supervised": 2}


def picture(snapshot: DigitContrastSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.digit_contrast import digit_contrast

    return digit_contrast(snapshot, unit, dark, narrow)


def alternative(snapshot: DigitContrastSnapshot, unit: str) -> str:
    told = ", ".join(f"{LABELS[name].lower()} {100 * values.mean():.0f} %" for name, values in snapshot.latest.items())
    return (
        f"Pairs of views of digits; InfoNCE on fresh digits at step {snapshot.steps[-1]}: {amount(snapshot.settled, unit)}, log B being "
        f"{amount(math.log(snapshot.study.batch_size), unit)}. Digits that a linear probe reads right: {told}. A map of the "
        "embeddings, coloured by digit."
    )


def headline(snapshot: DigitContrastSnapshot, unit: str) -> str:
    latest = {name: 100 * values.mean() for name, values in snapshot.latest.items()}
    if not math.isfinite(snapshot.settled):
        return "The training has broken down: the scores have left what a float32 can hold. A smaller learning rate helps."
    bound = f"The bound on fresh digits is {amount(snapshot.settled, unit)}"
    if len(snapshot.probed) == 1:
        return f"{bound}. Before any training a linear probe reads {latest['random']:.0f} % of the digits from the network, and {latest['raw']:.0f} % from the pixels."
    others = "".join(f", {words} {latest[name]:.0f} %" for name, words in BESIDE.items() if name in latest)
    return (
        f"{bound}, and without a single label in training a linear probe reads {latest['contrast']:.0f} % of the digits from the code: "
        f"untrained it was {latest['random']:.0f} %{others}."
    )


def table(snapshot: DigitContrastSnapshot, unit: str) -> str:
    rows = [
        {"name": LABELS[name], "style": LOOKS.get(name), "class": f"mi-row-{name}", "cells": [percent(snapshot.latest[name])]}
        for name in LABELS if name in snapshot.latest
    ]
    study = snapshot.study
    judged = {
        "name": "Contrast, no labels", "style": 0, "class": "mi-row-embedding",
        "cells": [
            format_mi(snapshot.settled, unit), format_mi(math.log(study.batch_size), unit),
            f"{snapshot.alignment[-1].mean():.3f}", f"{snapshot.uniformity[-1].mean():.2f}".replace("-", "−"),
        ],
        "sentence": "Alignment: mean squared distance of the two views on the sphere, 0 is best. Uniformity: log of the mean of "
        "exp(−2 × squared distance) of strangers, 0 where all are in one place, about −4 where they are spread evenly.",
    }
    return controls.table(["Code", "Linear probe, fresh digits"], rows) + controls.table(
        ["Embedding of fresh digits", f"InfoNCE ({unit})", "log B", "Alignment", "Uniformity"], [judged]
    )


def switch(*options: tuple[str, str]):
    return lambda field, label, value: controls.segments(field, label, list(options), value)


def read_right(snapshot: DigitContrastSnapshot) -> int:
    """The number of the answer: by guessing, about half, eight or nine of ten, as with all labels."""
    accuracy = snapshot.latest["contrast"].mean()
    with_labels = snapshot.latest.get("supervised", np.ones(1)).mean()
    return 0 if accuracy < 0.25 else 1 if accuracy < 0.7 else 3 if accuracy > with_labels - 0.01 else 2


DIGITS = Panel(
    key="digits",
    label="Digits without labels",
    question="Digits at random places on a larger canvas; nobody says which digit is which. Two views of the same digit belong together, that is all. "
    "How many digits can be read from the code afterwards? And does a higher bound mean a better code?",
    stories=(
        Story(
            "gentle", "Gentle views",
            "Each view has its own place, is turned and resized a little. The blue line leaves the autoencoder, which has the "
            "same encoder and must draw every "
            "pixel, far behind. On the map the digits gather in groups that nobody named.",
            DigitContrast(),
        ),
        Story(
            "another", "Another digit, same place",
            "The views share the place and nothing else, log 49 = 3.89 nats. The bound ends higher than with gentle views, and "
            "the digits are gone: "
            "the probe reads less than from the untrained network.",
            DigitContrast(partner="another", place="same"),
        ),
        Story(
            "upside-down", "Turned all the way",
            "Up to 180 degrees either way: a 6 is a 9, and what made a digit that digit goes with the direction.",
            DigitContrast(rotation=180.0),
        ),
        Story(
            "too-easy", "Only a little noise",
            "The same picture at the same place twice, with fresh noise. The highest bound of all, because the views share "
            "everything. Compare "
            "the probe with that of gentle views.",
            DigitContrast(rotation=0.0, scale=0.0, place="same"),
        ),
        Story(
            "noise", "Heavy noise",
            "Noise as strong as the ink. Little is shared, so here the bound itself warns you: it stays near 0.",
            DigitContrast(noise=1.0),
        ),
        Story(
            "warm", "Temperature 1",
            "The bound falls to a third of what it was, the probe by about ten per cent. The number and the code are two things.",
            DigitContrast(temperature=1.0),
        ),
    ),
    predict=Prediction(
        "No labels at all, only “these two pictures show the same digit”. How many fresh digits does a linear probe read from the "
        "code afterwards?",
        ("One in ten, as by guessing", "About half", "Eight or nine of ten", "As many as a network trained with all labels"),
        right=read_right,
        happened=lambda s, unit: f"{100 * s.latest['contrast'].mean():.0f} %, and untrained it was "
        f"{100 * s.latest['random'].mean():.0f} %",
        because="To know two views of one picture again, wherever and however turned they are, the code must keep the shape and "
        "forget the place. "
        "The shape is most of what makes a digit.",
        hints=("What do the two views share, and what not?", "Would you need names to see which of them are alike?"),
    ),
    main=("rotation", "scale", "noise", "place", "partner", "temperature", "batch_size", "steps"),
    more=("beside", "learning_rate", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    controls={
        "place": switch(("each its own", "own"), ("the same", "same")), "partner": switch(("the same digit", "same"), ("another one", "another")),
    },
    names={"yardsticks": "autoencoder, and labels", "nothing": "nothing: faster"},
    limits=(
        "A high bound is not a good code. InfoNCE counts what the views share, be it the digit, the place or the grain of the "
        "paper; the choice of the views says "
        "which. Only a probe with labels can tell.",
        "This problem is made for contrast: the digits sit at random places, so raw pixels are useless to a linear probe. On "
        "centred digits raw pixels already "
        "do well and there is nothing to see.",
        "What the views of one digit share is not known exactly, so only log B stands above the bound, except where the place "
        "alone is shared. The network's own shape helps "
        "too: its maximum over places is why it reads more than the pixels do before any training.",
        "One start is shown, and starts differ by some per cent: too little to change the order of these codes, enough to "
        "change the last digit. More settings has more starts.",
    ),
    papers=(
        ("Chen et al. 2020: SimCLR", "https://arxiv.org/abs/2002.05709"), ("Wang & Isola 2020: alignment and uniformity", "https://arxiv.org/abs/2005.10242"),
        ("Tschannen et al. 2020: On mutual information maximization", "https://arxiv.org/abs/1907.13625"),
    ),
)
