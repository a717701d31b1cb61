"""The panel "What if the data are bent?": the truth stands still and the estimators move."""

from __future__ import annotations

__all__ = ["PLAYGROUND"]

import html
import math

from mi_explorer.bounds import bounds
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, error
from mi_explorer.palette import assign
from mi_explorer.studies import Playground
from mi_explorer.studies.playground import SAMPLE_ESTIMATORS, PlaygroundSnapshot
from mi_explorer.verdicts import format_mi, signed
from mi_explorer.widgets import controls


def picture(snapshot: PlaygroundSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer import figures

    return figures.playground(snapshot, unit, dark, narrow)


def name_of(key: str) -> str:
    return SAMPLE_ESTIMATORS.get(key) or bounds[key].name


def moves(snapshot: PlaygroundSnapshot) -> dict[str, float]:
    """How far each estimator has come from where it stood before the data were bent, in nats."""
    found = {}
    for key in snapshot.study.estimators:
        strengths, means, _ = snapshot.curve(key)
        if len(strengths) > 1:
            found[key] = float(means[-1]) - float(means[0])
    return found


def alternative(snapshot: PlaygroundSnapshot, unit: str) -> str:
    told = "; ".join(f"{name_of(key)} {signed(move, unit)}" for key, move in moves(snapshot).items())
    return (
        f"Scatter plots of the data as the map is applied again and again, and the estimates below. The truth stays at "
        f"{amount(snapshot.study.mi, unit)}. Moved so far: {told or 'nothing yet'}."
    )


def headline(snapshot: PlaygroundSnapshot, unit: str) -> str:
    study, moved = snapshot.study, moves(snapshot)
    if not moved:
        return f"The truth is {amount(study.mi, unit)}, and it will stay there."
    lost = [key for key, move in moved.items() if not math.isfinite(move) or abs(move) > 0.1]
    kept = [key for key in moved if key not in lost]
    parts = [f"The truth stands at {amount(study.mi, unit)}, however the data are bent."]
    if lost:
        told = [f"{name_of(key)} ({signed(moved[key], unit) if math.isfinite(moved[key]) else 'broke down'})" for key in lost]
        parts.append(f"Moved by more than 0.1 nats: {listed(told)}.")
    if kept:
        parts.append(f"Stayed: {listed([name_of(key) for key in kept])}.")
    return " ".join(parts)


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def table(snapshot: PlaygroundSnapshot, unit: str) -> str:
    looks, rows = assign(snapshot.study.estimators, bounds), []
    for key in snapshot.study.estimators:
        strengths, means, spread = snapshot.curve(key)
        if not len(strengths):
            continue
        first, last = float(means[0]), float(means[-1])
        slug = controls.css_name(key)[3:].strip("-")
        rows.append({
            "name": html.escape(name_of(key)), "style": looks[key], "class": f"mi-row-{slug}",
            "cells": [
                f"{format_mi(first, unit)}{error(spread[0], unit)}",
                f'<span class="mi-bent-{slug}">{format_mi(last, unit)}{error(spread[-1], unit)}</span>',
                signed(last - first, unit), signed(last - snapshot.study.mi, unit),
            ],
        })
    columns = ["Estimator", "As it was", f"Bent {snapshot.standings[-1].strength} times", "Moved", "Error now"]
    return controls.table(columns, rows)


def steadiest(moved: dict[str, float]) -> int | None:
    """The number of the answer: all, KSG, the copula or nobody kept within 0.1 nats; None before there is a second strength."""
    if not moved:
        return None
    kept = [key for key, move in moved.items() if math.isfinite(move) and abs(move) <= 0.1]
    return 0 if len(kept) == len(moved) else 2 if "copula" in kept else 1 if "ksg1" in kept else None if kept else 3


PLAYGROUND = Panel(
    key="playground",
    label="What if the data are bent?",
    question="A one-to-one map of x and of y loses nothing: it can be undone. The mutual information stays the same to the last digit. Which "
    "estimators know that? Run applies the same map again and again to the same pairs.",
    stories=(
        Story(
            "heavy-tails", "Longer and longer tails",
            "x·√|x|, again and again: the outliers fly off. Whoever measures distances or correlations loses the thread; whoever looks at "
            "ranks sees no change at all.",
            Playground(),
        ),
        Story(
            "spiral", "A spiral",
            "The plane of x is turned, the further out the more. Every coordinate keeps its distribution, so ranks are no help "
            "now. Which one is most robust?",
            Playground(lens="spiral", estimators=("infonce", "ksg1", "gaussian", "copula")),
        ),
        Story(
            "squeezed", "Squeezed and wiggled",
            "Wiggles along every axis, and wiggles upon wiggles. A correlation loses most of it, KSG a little each time, because it looks at "
            "close neighbours only; the network keeps nearly all, and ranks do not notice.",
            Playground(lens="wiggly", estimators=("infonce", "nwj", "ksg1", "gaussian", "copula")),
        ),
    ),
    predict=Prediction(
        "Every value is stretched, x·√|x|, again and again: tails get longer, nothing is lost. Who still shows the same number at "
        "the end?",
        ("All of them: the truth does not move", "Whoever looks at neighbours (KSG)", "Whoever looks at ranks (copula)", "Nobody"),
        right=lambda s: steadiest(moves(s)),
        happened=lambda s, unit: "; ".join(
            f"{name_of(key)} {signed(move, unit) if math.isfinite(move) else 'broke down'}" for key, move in moves(s).items()
        ) + f" {unit}",
        because="The truth does not notice a map that can be undone, but each estimator sees the data through something: "
        "distances, correlations, a "
        "network. Stretching each column keeps the order of its values, and ranks are nothing but order.",
        hints=("What does the map change: distances? The order of the values?",),
    ),
    main=("estimators", "lens", "strength", "mi", "dim", "pairs", "steps"),
    more=("batch_size", "width", "learning_rate", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={
        "half_cube": "x·√|x|: longer tails", "spiral": "spiral", "wiggly": "wiggly", "asinh": "asinh: shorter tails",
        "normal_cdf": "Φ: uniform margins",
    },
)
