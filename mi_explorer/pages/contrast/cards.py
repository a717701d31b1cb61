"""The panel "What is shared is learned": contrast on factor cards."""

from __future__ import annotations

__all__ = ["CARDS"]

import math

from mi_explorer.objectives.cards import FACTORS
from mi_explorer.objectives.factor_cards import FactorCards, FactorCardsSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, error
from mi_explorer.verdicts import format_mi, signed
from mi_explorer.widgets import controls


def picture(snapshot: FactorCardsSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.factor_cards import factor_cards

    return factor_cards(snapshot, unit, dark, narrow)


def percent(values) -> str:
    """The mean over replicates, and the range where there is one."""
    low, high = 100 * values.min(), 100 * values.max()
    return f"{100 * values.mean():.0f} %" + (f' <span class="mi-muted">({low:.0f}–{high:.0f})</span>' if len(values) > 1 else "")


def alternative(snapshot: FactorCardsSnapshot, unit: str) -> str:
    read = "; ".join(f"{factor} {100 * head:.0f} and {100 * backbone:.0f}" for factor, head, backbone in zip(FACTORS, *snapshot.probes.mean(-1)))
    return (
        f"Pairs of views that share {' and '.join(snapshot.study.shared) or 'nothing'}; InfoNCE at step {snapshot.steps[-1]}: "
        f"{format_mi(snapshot.estimate, unit)} on fresh pictures, {format_mi(float(snapshot.shown[-1].mean()), unit)} on the "
        "training batch, best "
        f"possible {amount(snapshot.study.best, unit)}. A probe reads in per cent, head and backbone: {read}."
    )


def headline(snapshot: FactorCardsSnapshot, unit: str) -> str:
    study, shown = snapshot.study, float(snapshot.shown[-3:].mean())
    if not math.isfinite(snapshot.estimate):
        return "The training has broken down: the scores have left what a float32 can hold. A smaller learning rate helps."
    told = [f"On fresh pictures the bound is {amount(snapshot.estimate, unit)}; the best possible with B = {study.batch_size} is {amount(study.best, unit)}."]
    if shown > snapshot.estimate + 0.3:
        told.append(f"On the pictures it trains on it shows {amount(shown, unit)}: the rest is learned by heart.")
    head = dict(zip(FACTORS, snapshot.probes[0].mean(-1)))
    lost = [factor for factor in FACTORS if factor not in study.shared]
    if study.shared:
        told.append("The head tells " + " and ".join(f"the {factor} in {100 * head[factor]:.0f} %" for factor in study.shared) + " of the cards (shared).")
    if lost:
        told.append("Of what is drawn anew it tells " + " and ".join(f"the {factor} in {100 * head[factor]:.0f} %" for factor in lost) + "; chance is 25 %.")
    return " ".join(told)


def table(snapshot: FactorCardsSnapshot, unit: str) -> str:
    study = snapshot.study
    bound = controls.table(
        ["InfoNCE", f"Best possible ({unit})", "On fresh pictures", "Short of it", "On the training batch", "Views share"],
        [{
            "name": f"B = {study.batch_size}", "class": "mi-row-bound",
            "cells": [
                format_mi(study.best, unit, 3), format_mi(snapshot.estimate, unit, 3) + error(snapshot.stderr, unit, 3),
                signed(snapshot.estimate - study.best, unit), format_mi(float(snapshot.shown[-1].mean()), unit, 3),
                format_mi(study.truth, unit, 3),
            ],
        }],
    )
    rows = [
        {
            "name": factor.capitalize(), "class": f"mi-row-{factor}",
            "cells": ["shared" if factor in study.shared else "drawn anew", percent(snapshot.probes[0, place]), percent(snapshot.probes[1, place])],
        }
        for place, factor in enumerate(FACTORS)
    ]
    return bound + controls.table(["Factor", "In the two views", "Probe on the head", "Probe on the backbone"], rows)


def switch(field: str, label: str, value: str):
    """Shared or drawn anew, side by side."""
    return controls.segments(field, label, [("shared", "shared"), ("drawn anew", "anew")], value)


def known_position(accuracy: float) -> int:
    """The number of the answer: all of it, a part, chance (a quarter)."""
    return 0 if accuracy > 0.9 else 2 if accuracy < 0.29 else 1


CARDS = Panel(
    key="cards",
    label="What is shared is learned",
    question="Two views of a card share some of its factors: shape, hue, position. An encoder learns to tell which two views belong together, and "
    "nobody tells it what a shape is. What will it know in the end? Choose what is shared and press Run.",
    stories=(
        Story(
            "shape-and-hue", "Shape and hue",
            "The position is drawn anew for the second view. The bound climbs to its best possible value, 2.74 nats, and the head forgets "
            "most of the position. The backbone, one layer below, still knows it.",
            FactorCards(),
        ),
        Story(
            "hue-and-position", "Hue and position",
            "The same bound, the same network, another code: now the shape is near chance. What the views share is the whole "
            "definition of what is learned.",
            FactorCards(shape="anew", position="shared"),
        ),
        Story(
            "everything", "All three, small batch",
            "The views share 4.16 nats, but with B = 16 no critic can show more than 2.62. The bound is far too low, and the code still "
            "holds every factor.",
            FactorCards(position="shared", batch_size=16, steps=1000),
        ),
        Story(
            "only-shape", "Only the shape",
            "1.38 nats are there to be had, and the encoder gets them. Look at the position: it was to be forgotten, and the "
            "head still tells it in "
            "about half of the cards. Nothing in the bound punishes knowing more.",
            FactorCards(hue="anew"),
        ),
        Story(
            "by-heart", "Learned by heart",
            "8,000 noisy pairs, again and again. The orange line passes the best possible value, and the 4.16 nats that there are. It is "
            "worth nothing: on fresh pictures the same encoder has less than 1 nat. With always new pictures it would have 3.",
            FactorCards(position="shared", noise=0.5, pictures=8000, steps=250),
        ),
        Story(
            "temperature", "Too warm",
            "With a fixed temperature of 1 scores lie between −1 and 1: the best pair counts at most e^2 times as much as the "
            "worst. The bound "
            "stops at a third of the best possible. And the code? It holds shape and hue without a mistake, and the position is at chance.",
            FactorCards(temperature=1.0, scaling="fixed"),
        ),
    ),
    predict=Prediction(
        "The views share shape and hue; the position is drawn anew for each. What will the learned code know of the position?",
        ("All of it: it is plainly to be seen", "A part of it, above chance", "Nothing: only chance is left"),
        right=lambda s: None if s.study.position == "shared" else known_position(float(s.probes[0, 2].mean())),
        happened=lambda s, unit: f"a probe on the code tells the position in {100 * s.probes[0, 2].mean():.0f} % of the cards, "
        f"where chance is 25 %",
        because="The bound pays for what the views share and not for anything else; but nothing punishes a remainder, and so the "
        "code keeps "
        "a little of what it does not need.",
        hints=("Does knowing the position help to find the partner?", "Is there a penalty for knowing it all the same?"),
    ),
    main=("shape", "hue", "position", "batch_size", "temperature", "noise", "pictures", "steps"),
    more=("scaling", "learning_rate", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={"learned": "learned, from there", "fixed": "stays as it is"},
    controls={"shape": switch, "hue": switch, "position": switch},
    limits=(
        "The best possible value assumes that a picture shows its factors. With noise above about 0.3 it does not always, and "
        "the true optimum "
        "is lower than the dashed line.",
        "A bound at its optimum does not mean that everything else is forgotten. InfoNCE rewards what is shared and does not "
        "punish the rest: where only the "
        "shape is shared, the head still gives away the position in about half of the cards.",
        "A linear probe reads planes only. With all three factors shared 64 groups of cards lie well apart on the head's "
        "sphere, and yet a probe may "
        "miss a factor there that the backbone shows without a mistake.",
    ),
    papers=(
        ("Chen et al. 2020: SimCLR", "https://arxiv.org/abs/2002.05709"), ("van den Oord et al. 2018: CPC and InfoNCE", "https://arxiv.org/abs/1807.03748"),
        ("Tian et al. 2020: What makes for good views", "https://arxiv.org/abs/2005.10243"),
    ),
)
