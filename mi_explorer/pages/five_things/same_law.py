"""The panel "Zero for equal distributions?": dependence and difference are two things."""

from __future__ import annotations

__all__ = ["SAME_LAW"]

from mi_explorer.objectives.same_law import CASES, SameLaw, SameLawSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls

NAMES = tuple(f"{'shifted' if shifted else 'same law'}, {'dependent' if dependent else 'independent'}" for dependent, shifted in CASES)


def picture(snapshot: SameLawSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.same_law import same_law

    return same_law(snapshot, unit, dark, narrow)


def alternative(snapshot: SameLawSnapshot, unit: str) -> str:
    truths = snapshot.study.truths()
    exact = "; ".join(f"{name}: MI {format_mi(mi, unit)}, KL {format_mi(kl, unit)}" for name, (mi, kl) in zip(NAMES, truths))
    return f"Four clouds of pairs, and their exact mutual information and Kullback-Leibler divergence, {unit}. {exact}. {learned(snapshot, unit)}"


def learned(snapshot: SameLawSnapshot, unit: str) -> str:
    if not len(snapshot.steps):
        return "No critic has been measured yet."
    means = snapshot.latest.mean(-1)
    shown = " and ".join(format_mi(value, unit) for value in means[1])
    return f"The critics show {shown} for {NAMES[1]}, after {snapshot.steps[-1]} steps."


def headline(snapshot: SameLawSnapshot, unit: str) -> str:
    study = snapshot.study
    (_, _), (mi, _), (_, kl), _ = study.truths()
    alike = "y a copy of x" if study.relation == "copy" else f"correlation {study.correlation:g}"
    text = (
        f"Same law and {alike}: MI is {amount(mi, unit)}{', which is H(X),' if study.relation == 'copy' else ''} and KL is 0. "
        f"Independent and y shifted by {study.shift}: MI is 0 and KL is {amount(kl, unit)}."
    )
    if len(snapshot.steps):
        means = snapshot.latest.mean(-1)
        first, then = (" and ".join(format_mi(value, unit) for value in means[case]) for case in (1, 2))
        text += f" The critics, told neither, show {first}, then {then} {unit}."
    return text


def table(snapshot: SameLawSnapshot, unit: str) -> str:
    truths, latest = snapshot.study.truths(), snapshot.latest
    rows = []
    for case, name in enumerate(NAMES):
        cells = []
        for place, measure in enumerate(("mi", "kl")):
            values = latest[case, place]
            reach = f"{format_mi(values.min(), unit)} to {format_mi(values.max(), unit)}"
            found = f'{format_mi(values.mean(), unit)}<br><span class="mi-muted">{reach}</span>'
            cells += [format_mi(truths[case, place], unit), f'<span class="mi-{measure}-{case}">{found}</span>']
        rows.append({"name": name, "class": f"mi-row-case-{case}", "cells": cells})
    return controls.table(["x and y", f"MI, exact ({unit})", "learned", f"KL, exact ({unit})", "learned"], rows)


SAME_LAW = Panel(
    key="same-law",
    label="1 · Zero for equal distributions?",
    question="“The MI loss is zero when the two distributions are identical.” Is it? Here x and y have the same "
    "distribution in the upper row and "
    "not in the lower one; they are dependent on the right and not on the left. In which of the four is MI zero, in which KL?",
    stories=(
        Story(
            "four", "Same or dependent?",
            "Blue asks whether x and y depend on each other, orange whether they have the same law. Same law and "
            "dependent: blue .83, orange "
            "nothing. Shifted and independent: the other way round.",
            SameLaw(),
        ),
        Story(
            "copy", "Nothing but a copy",
            "y is x itself, rounded to whole numbers. No two distributions can be more alike, and MI is as large as it "
            "can get: I(X; X) = H(X).",
            SameLaw(relation="copy"),
        ),
        Story(
            "far", "KL is hard to learn",
            "A shift of 3: KL is 4.5 nats, and no critic finds it. Training makes f huge where y comes and x does not; "
            "on fresh numbers one x comes there all "
            "the same, and the estimate falls hundreds of nats below zero. That is why the exact value is drawn.",
            SameLaw(shift=3),
        ),
    ),
    predict=Prediction(
        "x and y follow the very same distribution, and they are strongly correlated. What is their mutual information?",
        ("Zero: the distributions are the same", "Clearly above zero", "It cannot be said without more knowledge"),
        right=lambda s: int(s.study.truths()[1, 0] > 0.05),
        happened=lambda s, unit: f"it is {amount(s.study.truths()[1, 0], unit)}, and the critic finds "
        f"{format_mi(s.latest.mean(-1)[1, 0], unit)}"
        if len(s.steps) else f"it is {amount(s.study.truths()[1, 0], unit)}",
        because="Mutual information compares pairs that belong together with pairs that were shuffled, and not x with y. It is "
        "zero when the two "
        "are independent, whatever their distributions are.",
        hints=("Which two things does the log ratio compare? Not p(x) with p(y).",),
    ),
    main=("relation", "correlation", "shift", "steps"),
    more=("seeds", "batch_size", "width", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={"noisy": "correlated, with noise", "copy": "y is x itself (rounded)"},
    limits=(
        "The sentence is right about a divergence between the laws of x and y, such as KL. MI is also a KL divergence, "
        "but between the pairs as they come "
        "and the pairs shuffled; it is zero exactly when they are independent.",
        "I(X; X) = H(X) is finite for symbols only. For a continuous x it is infinite, so the copy is rounded.",
        "At a shift of δ the variance of e^f with the perfect critic is e^δ² − 1: 54 at a shift of 2, about 8,100 at 3. "
        "The learned KL values scatter at 2 and "
        "break down at 3; trust the exact stroke.",
    ),
    papers=(
        ("Belghazi et al. 2018, MINE", "https://arxiv.org/abs/1801.04062"),
        ("McAllester & Stratos 2020", "https://arxiv.org/abs/1811.04251"),
    ),
)
