"""The panel "How far can one see?": contrastive predictive coding beside exact information and the Kalman filter."""

from __future__ import annotations

__all__ = ["FORESIGHT"]

from mi_explorer.objectives.foresight import Foresight, ForesightSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction, band
from mi_explorer.pages.panels.words import amount
from mi_explorer.pages.predicting.numbers import share
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls


def picture(snapshot: ForesightSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.foresight import foresight

    return foresight(snapshot, unit, dark, narrow)


def alternative(snapshot: ForesightSnapshot, unit: str) -> str:
    told = "; ".join(
        f"at noise {noise:.2g}: bound {format_mi(bound, unit)} of {format_mi(truth, unit)} {unit}, R² {share(code)}, Kalman {share(kalman)}, untrained {share(before)}"
        for noise, bound, truth, code, kalman, before in zip(
            snapshot.study.noises, snapshot.bound, snapshot.truth, snapshot.learned, snapshot.kalman, snapshot.untrained,
        )
    )
    return f"Information between past and future over the observation noise, and R² to the hidden state, as exact curves and learned dots: {told}."


def headline(snapshot: ForesightSnapshot, unit: str) -> str:
    least = (snapshot.bound / snapshot.truth).argmin()
    part = f"{100 * max(snapshot.bound[least] / snapshot.truth[least], 0):.0f} %"
    told = (
        f"CPC finds {part} of the {amount(snapshot.truth[least], unit)} that past and future share"
        if len(snapshot.truth) == 1 else f"CPC finds at least {part} of what past and future share, at every noise tried"
    )
    gap, before = ((snapshot.kalman - r2).max() for r2 in (snapshot.learned, snapshot.untrained))
    return (
        f"{told}. Of the hidden state its code lacks at most {share(max(gap, 0.0))} in R² to the Kalman filter; the same network before its training "
        f"lacked {share(max(before, 0.0))}."
    )


def table(snapshot: ForesightSnapshot, unit: str) -> str:
    rows = [
        {
            "name": f"Noise {noise:.3g}", "class": f"mi-row-{place}",
            "cells": [
                format_mi(truth, unit, 3), f'<span class="mi-bound-{place}">{format_mi(bound, unit, 3)}</span>', share(kalman),
                f'<span class="mi-code-{place}">{share(code)}</span>', share(before),
            ],
        }
        for place, (noise, truth, bound, kalman, code, before) in enumerate(zip(
            snapshot.study.noises, snapshot.truth, snapshot.bound, snapshot.kalman, snapshot.learned, snapshot.untrained,
        ))
    ]
    return controls.table(["Observed in", f"I(past; future), {unit}", f"CPC, {unit}", "R² Kalman", "R² CPC code", "R² untrained"], rows)


FORESIGHT = Panel(
    key="foresight",
    label="How far can one see?",
    question="A swing moves in the dark; all that is seen is its position, in noise. What does the past tell about the future? Here the answer is "
    "exact, and so is the best estimate of the hidden state. Run trains contrastive predictive coding (CPC), which knows "
    "neither.",
    stories=(
        Story(
            "three-noises", "From clear to foggy",
            "The blue dots climb towards the exact curve and never pass it for long. On the right, the code knows the "
            "hidden state as well as the Kalman filter. But look at the open squares: so does, nearly, a network that has "
            "learned nothing.",
            Foresight(),
        ),
        Story(
            "clearer", "Less fog", "Noise 0.03, 0.17 and 1: the more fog, the more the training is worth. Compare squares and dots.",
            Foresight(loudest=1.0),
        ),
        Story(
            "short-memory", "A short memory",
            "Only four observations of the past. There is less to know, and the exact curves fall with it: the truth "
            "belongs to the question, not to the network.",
            Foresight(past=4),
        ),
        Story(
            "few-strangers", "Few strangers",
            "Told apart from 7 others instead of 127: log 8 is 2.08 nats, above all truths here, and the bound lags "
            "behind all the same. The code hardly suffers.",
            Foresight(batch_size=8),
        ),
    ),
    predict=Prediction(
        "A network of 16 numbers that has learned nothing reads the swing's past. How much of the hidden state does a linear map "
        "find in them, in moderate noise?",
        ("Nothing: it has learned nothing", "About half of what a trained one has", "Nearly as much as a trained one"),
        right=lambda s: band(float((s.untrained / s.learned)[: max(1, len(s.learned) - 1)].min()), 0.25, 0.8),
        happened=lambda s, unit: "R² untrained and trained: " + ", ".join(
            f"{share(a)} and {share(b)}" for a, b in zip(s.untrained, s.learned)
        ),
        because="A random network echoes its past in many ways at once, and a linear map picks out what it needs: a reservoir. "
        "That a wide code tells much "
        "is no proof that anything was learned.",
        hints=("Does a random mixture of the past lose the past?",),
    ),
    main=("quietest", "loudest", "levels", "past", "future", "batch_size"),
    more=("steps", "width", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "An untrained network is a reservoir: its 16 numbers echo the past, and a linear map finds the state in them. R² "
        "of a wide code is weak evidence of learning. In the next question the code has two numbers.",
        "The bound is measured on fresh series and scatters a little: it may pass the truth by chance, by some hundredths "
        "of a nat.",
        "InfoNCE stays below log N. Here N is large enough; a system with more to predict would need a larger one.",
        "All is linear and Gaussian here, so that the truth can be known. A Kalman filter needs the equations of the "
        "swing; CPC needs none.",
    ),
    papers=(
        ("van den Oord et al. 2018, CPC", "https://arxiv.org/abs/1807.03748"),
        ("Bialek et al. 2001, predictive information", "https://arxiv.org/abs/physics/0007070"),
        ("Tschannen et al. 2020, on MI maximisation", "https://arxiv.org/abs/1907.13625"),
    ),
)
