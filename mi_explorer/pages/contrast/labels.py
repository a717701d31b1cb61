"""The panel "A few labels": what the frozen code is good for."""

from __future__ import annotations

__all__ = ["FEW"]

from mi_explorer.objectives.few_labels import ARMS, COUNTS, FewLabels, FewLabelsSnapshot
from mi_explorer.pages.contrast.digits import switch
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.widgets import controls

NAMES = {"contrast": "Contrast, frozen", "scratch": "Network from nothing", "random": "Untrained network", "raw": "Raw pixels"}


def picture(snapshot: FewLabelsSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.few_labels import few_labels

    return few_labels(snapshot, unit, dark, narrow)


def alternative(snapshot: FewLabelsSnapshot, unit: str) -> str:
    if not snapshot.known:
        return f"The InfoNCE bound of contrast while it trains without labels, {len(snapshot.bounds)} steps so far."
    at = snapshot.known - 1
    told = ", ".join(f"{NAMES[arm].lower()} {100 * snapshot.mean(arm, at):.0f} %" for arm in ARMS)
    return f"Fresh digits read right over the number of labels, up to {COUNTS[at]} of each digit. There: {told}."


def headline(snapshot: FewLabelsSnapshot, unit: str) -> str:
    if not snapshot.known:
        bound = f" Its bound is {amount(float(snapshot.bounds[-5:].mean()), unit)}." if len(snapshot.bounds) else ""
        return f"Contrast is trained; not a label so far.{bound}"
    known = "digits that contrast has never seen" if snapshot.study.task == "unseen" else "digits"
    few, more = COUNTS[0], COUNTS[snapshot.known - 1]
    told = (
        f"With {few} label of each of {len(snapshot.study.kinds)} {known}, a linear probe on the frozen code reads "
        f"{100 * snapshot.mean('contrast', 0):.0f} %, the same network trained on these labels alone "
        f"{100 * snapshot.mean('scratch', 0):.0f} %, the untrained network "
        f"{100 * snapshot.mean('random', 0):.0f} %, and raw pixels {100 * snapshot.mean('raw', 0):.0f} %."
    )
    if more == few:
        return told
    frozen, trained = (100 * snapshot.mean(arm, snapshot.known - 1) for arm in ("contrast", "scratch"))
    return f"{told} With {more} labels: frozen code {frozen:.0f} %, trained on them {trained:.0f} %."


def table(snapshot: FewLabelsSnapshot, unit: str) -> str:
    if not snapshot.known:
        return '<p class="mi-muted">Accuracy for every number of labels will stand here.</p>'
    counts = COUNTS[: snapshot.known]
    rows = [
        {
            "name": NAMES[arm], "style": look, "class": f"mi-row-{arm}",
            "cells": [f"{100 * snapshot.mean(arm, at):.0f} %" for at in range(len(counts))],
        }
        for look, arm in enumerate(ARMS)
    ]
    return controls.table(["Labels of each digit", *map(str, counts)], rows)


def few_best(snapshot: FewLabelsSnapshot) -> int:
    """The number of the answer: network from nothing, frozen code, pixels, all about the same; with one label of each."""
    arms = [snapshot.mean(arm, 0) for arm in ("scratch", "contrast", "raw")]
    best = max(range(3), key=lambda number: arms[number])
    return 3 if max(arms) - min(arms) < 0.05 else best


FEW = Panel(
    key="labels",
    label="What is it good for?",
    question="Labels are dear, pictures are cheap. A code is learned by contrast from pictures alone, and frozen. Then one digit of each kind gets a label. "
    "Is that enough? And does the code help with digits that it has never seen?",
    stories=(
        Story(
            "few", "One label of each, or more",
            "With one label of each digit the frozen code is ahead, with five the same network trained on them is about as good. Raw pixels stay near "
            "chance, and a hundred labels of each do not help them.",
            FewLabels(),
        ),
        Story(
            "unseen", "Digits it has never seen",
            "Contrast sees 0 to 4 only; the task is to tell 5 to 9 apart. The frozen code reads them far better than the "
            "untrained network does. But the "
            "network that starts from nothing, on the new labels, is as good with one and better with more.",
            FewLabels(task="unseen"),
        ),
        Story(
            "no-contrast", "Without contrast",
            "No step of contrast: the blue line is that of the untrained network. All that it had above the others came from "
            "pictures without labels.",
            FewLabels(steps=0),
        ),
    ),
    predict=Prediction(
        "One labelled example of each digit. Which reads fresh digits best?",
        (
            "A network trained on the labelled digits alone",
            "A linear probe on a code learned without labels",
            "A linear probe on the pixels",
            "All about the same",
        ),
        right=lambda s: None if s.known < 1 else few_best(s),
        happened=lambda s, unit: f"frozen code {100 * s.mean('contrast', 0):.0f} %, network from nothing "
        f"{100 * s.mean('scratch', 0):.0f} %, pixels {100 * s.mean('raw', 0):.0f} %",
        because="Many pictures without names have already taught the code what does not matter: the place, the size, a little "
        "turning. "
        "A name for each is then enough for much of the rest; with five the advantage is gone.",
        hints=("Ten labelled pictures in all: can a network learn from them that the place does not matter?",),
    ),
    main=("task", "steps", "scratch", "draws"),
    more=("temperature", "batch_size", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    controls={"task": switch(("all ten digits", "all"), ("only 0 to 4", "unseen"))},
    limits=(
        "Contrast has been told what does not matter: the place, the size, a little turning. The network from nothing learns "
        "from the same views, but from a few "
        "digits only. That is where the advantage comes from, and it shrinks with every label.",
        "The network from nothing is trained for a fixed number of steps, and for the first draw of labels only; give it more and see. With half "
        "of the steps the frozen code would seem ahead with five labels as well. Frozen and probed is also not the "
        "best that one can do with a code: "
        "fine-tuning it with the labels is usually better still.",
        "Transfer has its limits. Some 600 digits of five kinds are no foundation for the other five: there, labels in hand "
        "beat the frozen code.",
    ),
    papers=(
        ("Chen et al. 2020: SimCLR", "https://arxiv.org/abs/2002.05709"), ("Hénaff et al. 2020: Data-efficient recognition with CPC", "https://arxiv.org/abs/1905.09272"),
    ),
)
