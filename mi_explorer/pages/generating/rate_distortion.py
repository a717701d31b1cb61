"""The panel "What does a nat cost?": a linear beta-VAE on Shannon's rate-distortion curve."""

from __future__ import annotations

__all__ = ["RATE_DISTORTION"]

from mi_explorer.objectives.rate_distortion import RateDistortion, RateDistortionSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.verdicts import format_mi, signed
from mi_explorer.widgets import controls


def picture(snapshot: RateDistortionSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.rate_distortion import rate_distortion

    return rate_distortion(snapshot, unit, dark, narrow)


def alternative(snapshot: RateDistortionSnapshot, unit: str) -> str:
    study = snapshot.study
    distortions, information = study.theory(study.beta)
    return (
        f"Information against squared error: the linear VAE at β = {study.beta:g} stands at {amount(snapshot.information[0], unit)} and "
        f"{snapshot.distortions[0].sum():.2f}, Shannon's curve for this β at {amount(information, unit)} and {distortions.sum():.2f}. Beside it the "
        "variances of the data, filled up to the water level β."
    )


def headline(snapshot: RateDistortionSnapshot, unit: str) -> str:
    study = snapshot.study
    distortions, information = study.theory(study.beta)
    few = f", but there are {study.units} units" if study.units < above(study, study.beta) else ""
    return (
        f"At β = {study.beta:g} the code holds {amount(snapshot.information[0], unit)} with a squared error of {snapshot.distortions[0].sum():.2f}; "
        f"theory says {amount(information, unit)} and {distortions.sum():.2f}. {snapshot.active[0]} of {study.units} "
        f"units tell something; directions worth the price: {above(study, study.beta)}{few}."
    )


def above(study: RateDistortion, beta: float) -> int:
    """Directions that stand out of the water."""
    return int((study.variances > beta).sum())


def table(snapshot: RateDistortionSnapshot, unit: str) -> str:
    study, rows = snapshot.study, []
    for index in sorted(range(len(study.betas)), key=lambda index: study.betas[index]):
        beta, information, distortion = study.betas[index], snapshot.information[index], snapshot.distortions[index].sum()
        distortions, best = study.theory(beta)
        rows.append({
            "name": f"β = {beta:g}" + (" (yours)" if index == 0 else ""), "class": "mi-row-yours" if index == 0 else "",
            "style": 0 if index else 1,
            "cells": [
                f'{format_mi(information, unit)} <span class="mi-muted">({signed(information - best, unit)})</span>',
                f'{distortion:.2f} <span class="mi-muted">({signed(distortion - distortions.sum())})</span>',
                f"{snapshot.active[index]} of {min(above(study, beta), study.units)}", format_mi(snapshot.rate[index], unit),
            ],
        })
    rows[-1]["sentence"] = "In brackets: how far from theory. The KL term is what the VAE pays for; it is never less than I(x; z)."
    return controls.table(["Linear VAE", f"I(x; z) ({unit})", "Squared error", "Units in use", f"KL term ({unit})"], rows)


RATE_DISTORTION = Panel(
    key="rate-distortion",
    label="What does a nat cost?",
    question="A β-VAE pays β for every nat that its code z keeps of x, and is paid in squared error. Drag β. Which directions of the data does it "
    "give up first, and does it find the best bargain there is?",
    stories=(
        Story(
            "water", "Water over a landscape",
            "The big dot moves onto Shannon's curve. On the right, what stands out of the water is told, down to the error β; what lies under it is "
            "not told at all, and its unit falls silent.",
            RateDistortion(),
        ),
        Story(
            "generous", "Cheap nats",
            "At β = 0.3 four directions stand out of the water and four units are in use. Each has the same error, 0.3, whatever its variance was.",
            RateDistortion(beta=0.3),
        ),
        Story(
            "dear", "Dear nats",
            "At β = 3 only the strongest direction is worth a little. Nothing has gone wrong in training: this silence is the optimum.",
            RateDistortion(beta=3.0),
        ),
        Story(
            "narrow", "Two units only",
            "Two units, and three directions that are worth their price: the VAE stays above the curve, as anybody would with two units. More "
            "training does not help; a third unit does.",
            RateDistortion(beta=0.75, units=2),
        ),
    ),
    predict=Prediction(
        "A nat costs 0.75 now. Eight directions have variances 4, 2, 1, ½ … What does the code do with those below the price?",
        ("It tells every direction, each a little worse", "It leaves them out altogether", "It tells them, but more coarsely"),
        right=lambda s: 1 if s.study.theory(s.study.beta)[1] > 0 and (s.study.variances < s.study.beta).any() else None,
        happened=lambda s, unit: f"{s.active[0]} of {s.study.units} units are in use, and {above(s.study, s.study.beta)} "
        f"directions stand above the price",
        because="The first nat about a direction saves the most, and what it saves is less than its price where the variance is "
        "below β. So "
        "whole directions fall silent, and the others all end with the same error.",
        hints=("Would you pay 0.75 for each nat about something that varies by 0.1?",),
    ),
    main=("beta", "spectrum", "units"),
    more=("steps", "batch_size", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table, live=True,
    names={"falling": "falling: 4, 2, 1, … 0.02", "step": "four of 3, four of 0.2", "even": "all 1"},
    limits=(
        "A silent unit is not always a failure. Posterior collapse is the right answer where β is above the variance that the unit could tell; a "
        "failure only where it is below.",
        "The theory is exact because the data are Gaussian and the networks linear. On digits nobody knows the curve; see the next question.",
        "Where β equals a variance exactly, that unit is neither on nor off, and training takes its time. Below β = 0.1 it does so as well.",
        "β is a price of nats in units of squared error with a decoder of variance 1. With another decoder variance the same code has another β.",
    ),
    papers=(
        ("Higgins et al. 2017: β-VAE", "https://openreview.net/forum?id=Sy2fzU9gl"),
        ("Alemi et al. 2018: Fixing a Broken ELBO", "https://arxiv.org/abs/1711.00464"),
        ("Lucas et al. 2019: posterior collapse in linear VAEs", "https://arxiv.org/abs/1911.02469"),
    ),
)
