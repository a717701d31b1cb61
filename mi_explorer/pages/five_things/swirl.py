"""The panel "More is better?": information that stays while a linear probe loses it."""

from __future__ import annotations

__all__ = ["SWIRL"]

from mi_explorer.objectives.swirl import Swirl, SwirlSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, folded
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls


def picture(snapshot: SwirlSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.swirl import swirl

    return swirl(snapshot, unit, dark, narrow)


def alternative(snapshot: SwirlSnapshot, unit: str) -> str:
    return f"Two classes of points in a swirl; accuracy and information over its strength. {headline(snapshot, unit)}"


def headline(snapshot: SwirlSnapshot, unit: str) -> str:
    study = snapshot.study
    best = study.best_accuracy()
    truth = f"The label and the point share {amount(study.truth(), unit)} at every strength, and the best accuracy stays {best:.3f}."
    if snapshot.stop < 0:
        return truth
    line, near, ross = snapshot.values.mean(-1)[snapshot.stop]
    first = snapshot.values.mean(-1)[0]
    return (
        f"{truth} From strength 0 to {study.strengths[snapshot.stop]:.1f} the linear probe goes from {first[0]:.3f} to {line:.3f}, nearest "
        f"neighbours from {first[1]:.3f} to {near:.3f}; from the samples, Ross's estimator reads {amount(ross, unit)}."
    )


def table(snapshot: SwirlSnapshot, unit: str) -> str:
    if snapshot.stop < 0:
        return '<p class="mi-muted">Accuracy and information at every strength will stand here.</p>'
    study, means = snapshot.study, snapshot.values.mean(-1)
    rows = [
        {
            "name": f"{study.strengths[stop]:.2f}", "class": f"mi-row-stop-{stop}",
            "cells": [
                format_mi(study.truth(), unit, 3), format_mi(ross, unit, 3), f"{line:.3f}", f"{near:.3f}", f"{study.best_accuracy():.3f}",
            ],
        }
        for stop, (line, near, ross) in enumerate(means[: snapshot.stop + 1])
    ]
    columns = ["Strength", f"MI, exact ({unit})", "measured", "Linear probe", "Neighbours", "Best possible"]
    return controls.table(columns, [rows[0], rows[-1]] if len(rows) > 1 else rows) + folded("Every strength", controls.table(columns, rows))


SWIRL = Panel(
    key="swirl",
    label="3a · More is better?",
    question="“A representation with more mutual information is a better one.” A swirl turns every point, the further "
    "out the more. Nothing is lost: turn it "
    "back, and you have the same points. What happens to a classifier that can only draw a straight line?",
    stories=(
        Story(
            "swirl", "Stir it",
            "Below, the information with the label: it does not move. Above, the linear probe: from .94 to a coin. Who "
            "looks at neighbours hardly notices.",
            Swirl(),
        ),
        Story(
            "more", "Stir on",
            "Twice as far. Now the arms are thinner than the points are dense, and neighbours begin to fail too. The "
            "information is still all there: "
            "it is the samples that run out.",
            Swirl(strength=10.0, stops=11),
        ),
        Story(
            "apart", "Further apart",
            "Clouds five standard deviations apart: nearly all of log 2 = 0.69 nats, and the same fate.",
            Swirl(separation=5.0),
        ),
    ),
    predict=Prediction(
        "The points are stirred, the further out the more, until a straight line parts the classes no better than a coin. What "
        "becomes of the information about the class?",
        ("It falls to nothing as well", "It falls by about half", "It does not change"),
        right=lambda s: 2 if s.stop > 0 else None,
        happened=lambda s, unit: f"{amount(s.study.truth(), unit)} at every strength, while the linear probe goes from "
        f"{s.values.mean(-1)[0, 0]:.2f} to "
        f"{s.values.mean(-1)[s.stop, 0]:.2f}",
        because="A swirl can be undone, so nothing is lost. Mutual information says what is there, and not how easily it can be "
        "used: a "
        "line sees one kind of order only.",
        hints=("Could you turn the picture back?",),
    ),
    main=("strength", "separation", "pairs"),
    more=("stops", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "What is shown is that MI does not say how easily information can be used. It does not follow that MI is "
        "useless: no classifier of any kind, line or not, "
        "can use information that is not there.",
        "“Stays” is exact for MI and for the best classifier only. Ross's estimator and nearest neighbours lose a little "
        "at every strength, because the arms get thinner "
        "than the distance between samples.",
    ),
    papers=(
        ("Tschannen et al. 2020, On mutual information maximization", "https://arxiv.org/abs/1907.13625"),
        ("Xu et al. 2020, Usable information", "https://arxiv.org/abs/2002.10689"),
        ("Ross 2014", "https://doi.org/10.1371/journal.pone.0087357"),
    ),
    live=True,
)
