"""The panel "What is worth keeping?": four objectives choose two numbers, and most of what is seen is noise."""

from __future__ import annotations

__all__ = ["DISTRACTORS"]

from mi_explorer.objectives.distractors import ARMS, Distractors, DistractorsSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, prose
from mi_explorer.pages.predicting.numbers import ranged, share
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls

BEST = {
    "cpc": "The code with the most information on the future: the first canonical variables.",
    "least_squares": "The code that predicts the future with the least squared error: loud channels count more.",
    "autoencoder": "The code that gives the past back with the least squared error: the principal components.",
    "pca": "The same, without a network.",
}


def picture(snapshot: DistractorsSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.distractors import distractors

    return distractors(snapshot, unit, dark, narrow)


def alternative(snapshot: DistractorsSnapshot, unit: str) -> str:
    told = ", ".join(f"{ARMS[key]} {share(values.mean())} of at best {share(snapshot.ideal[key])}" for key, values in snapshot.r2.items())
    return (
        f"The mixed channels; the swing's position and what two codes say of it; and R² to the hidden state at persistence "
        f"{snapshot.study.persistence:g}: {told}. Kalman filter: {share(snapshot.kalman)}."
    )


def headline(snapshot: DistractorsSnapshot, unit: str) -> str:
    r2 = {key: float(values.mean()) for key, values in snapshot.r2.items()}
    numbers = f"{snapshot.study.code} number{'s' if snapshot.study.code > 1 else ''}"
    told = (
        f"Of the hidden state, {numbers} chosen by CPC hold {share(r2['cpc'])} (Kalman filter: {share(snapshot.kalman)}), by least-squares prediction "
        f"{share(r2['least_squares'])}, by an autoencoder {share(r2['autoencoder'])}, by PCA {share(r2['pca'])}."
    )
    if snapshot.done < 1:
        return told
    if r2["cpc"] < snapshot.ideal["cpc"] - 0.15:
        return f"{told} The best code by information would hold {share(snapshot.ideal['cpc'])}: the training has not found it."
    if snapshot.ideal["cpc"] < snapshot.kalman - 0.15:
        return f"{told} That is no failure of the training: the most predictable thing here is not the swing."
    return told


def table(snapshot: DistractorsSnapshot, unit: str) -> str:
    from mi_explorer.figures.distractors import LOOKS

    rows = [
        {
            "name": ARMS[key], "style": LOOKS[key], "class": f"mi-row-{key.replace('_', '-')}",
            "cells": [f'<span class="mi-r2-{key.replace("_", "-")}">{ranged(values)}</span>', share(snapshot.ideal[key]), share(snapshot.kalman)],
            "sentence": prose(BEST[key]),
        }
        for key, values in snapshot.r2.items()
    ]
    rows[0]["sentence"] += prose(
        f" It has {format_mi(snapshot.reachable, unit)} of all {amount(snapshot.truth, unit)} that past and future share; CPC's bound is at "
    ) + ranged(snapshot.bound, unit) + "."
    return controls.table(["Objective", "R² of its code", "R² of its best code, exact", "R² of the Kalman filter"], rows)


def keeper(predicts: float, rebuilds: float) -> int:
    """The number of the answer: which code has more than 0.4 of the swing; rebuilding, predicting, both, neither."""
    return {(False, True): 0, (True, False): 1, (True, True): 2, (False, False): 3}[predicts > 0.4, rebuilds > 0.4]


DISTRACTORS = Panel(
    key="distractors",
    label="What is worth keeping?",
    question="Four channels are seen. One swing is hidden in them, and the rest is noise, louder than the swing, all of it mixed. A code of two "
    "numbers must choose. Who keeps the swing: prediction or reconstruction? Run trains four codes on the same series.",
    stories=(
        Story(
            "white", "Loud, white distractors",
            "Noise that cannot be predicted. Whoever predicts finds the swing, also by plain least squares; whoever "
            "reconstructs keeps what is loud, and nothing of the swing.",
            Distractors(),
        ),
        Story(
            "a-little-slow", "A little slow",
            "The noise lasts a little, correlation 0.3, and it is loud. Squared error counts loudness and loses half of "
            "the swing; information does not notice loudness. Here contrast is worth something.",
            Distractors(persistence=0.3),
        ),
        Story(
            "slow", "Slow distractors",
            "Correlation 0.9 from step to step: now the noise is the most predictable thing. CPC reaches its goal, its "
            "bound is high, and its code knows nothing of the swing.",
            Distractors(persistence=0.9),
        ),
        Story(
            "quiet", "Quiet distractors",
            "Variance 4 instead of 16: over 24 steps the swing is the loudest thing after all, and PCA finds most of it. "
            "Reconstruction is not blind by nature.",
            Distractors(loudness=4.0),
        ),
    ),
    predict=Prediction(
        "A quiet swing and loud noise that cannot be predicted. Two codes of two numbers: one predicts the future, one rebuilds "
        "the past. Which keeps the swing?",
        ("The one that rebuilds", "The one that predicts", "Both", "Neither"),
        right=lambda s: keeper(float(s.r2["cpc"].mean()), float(s.r2["autoencoder"].mean())),
        happened=lambda s, unit: f"R² to the swing is {share(s.r2['cpc'].mean())} for the code that predicts and "
        f"{share(s.r2['autoencoder'].mean())} for the one that rebuilds",
        because="Two numbers are few. Rebuilding spends them on what is loud, predicting on what lasts. Let the noise last longer "
        "than the swing, "
        "and prediction keeps the noise.",
        hints=("What makes the squared error of rebuilding small: the quiet part or the loud part?",),
    ),
    main=("persistence", "loudness", "distractors", "code", "noise"),
    more=("steps", "replicates", "width", "batch_size", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "CPC keeps whatever is predictable, wanted or not. Where distractors last longer than the swing does, the code "
        "with the most information holds nothing of the swing, and no training mends that.",
        "With white noise it is the prediction that helps, not the contrast: least squares does as well and needs no "
        "network.",
        "Information does not notice loudness, but training does. Between persistence 0.5 and 0.7 the best code would "
        "hold the swing, and 500 steps of gradient descent keep the loud distractors instead, wholly or in part.",
        "R² asks about the swing because we know that it is what matters. The objectives do not know.",
    ),
    papers=(
        ("van den Oord et al. 2018, CPC", "https://arxiv.org/abs/1807.03748"),
        ("Clark et al. 2019, dynamical components analysis", "https://arxiv.org/abs/1905.09944"),
        ("Sobal et al. 2022, slow features", "https://arxiv.org/abs/2211.10831"),
    ),
)
