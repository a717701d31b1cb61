"""The panel "How do two scanners meet?": registration by mutual information, squared differences and correlation."""

from __future__ import annotations

__all__ = ["REGISTRATION"]

import numpy as np

from mi_explorer.objectives.registration import MEASURES, Registration, RegistrationSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.widgets import controls

NEAR = 1.0  # pixels: what counts as found
LOOKS = {"mi": 0, "ssd": 1, "ncc": 2}


def picture(snapshot: RegistrationSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.registration import registration

    return registration(snapshot, unit, dark, narrow)


def alternative(snapshot: RegistrationSnapshot, unit: str) -> str:
    start, now = (snapshot.information(pose) for pose in (np.zeros(3), snapshot.poses["mi"]))
    off = ", ".join(f"{MEASURES[name].lower()} {snapshot.error(name):.2f}" for name in MEASURES)
    return (
        f"A head as two scanners see it, and the second laid onto the first. Pixels from the true pose: {off}. The joint histogram of "
        f"the greys has gone from {amount(start, unit)} to {amount(now, unit)}."
    )


def headline(snapshot: RegistrationSnapshot, unit: str) -> str:
    """Of the finished runs; before there are any, of the search that goes on."""
    found = {name: errors for name, errors in snapshot.errors.items() if errors}
    start, now = (snapshot.information(pose) for pose in (np.zeros(3), snapshot.poses["mi"]))
    moving = f"In this run the greys shared {amount(start, unit)} before the search and share {amount(now, unit)} where MI is now."
    if len(found) < len(MEASURES):
        return f"{moving} {MEASURES[snapshot.searching]} is searching."
    parts = [f"{MEASURES[name]}: {within(errors)} within a pixel (median {np.median(errors):.2g} px)" for name, errors in found.items()]
    return "; ".join(parts) + f". {moving}"


def within(errors: tuple[float, ...]) -> str:
    return f"{sum(error < NEAR for error in errors)} of {len(errors)}"


def table(snapshot: RegistrationSnapshot, unit: str) -> str:
    rows = []
    for name, label in MEASURES.items():
        errors = snapshot.errors[name]
        cells = [within(errors), *(f"{value:.2f}" for value in (np.median(errors), min(errors), max(errors)))] if errors else ["–"] * 4
        rows.append({"name": label, "style": LOOKS[name], "class": f"mi-row-{name}", "cells": cells})
    return controls.table(["Measure", "Within 1 pixel", "Median error (px)", "Least", "Most"], rows)


def meets(snapshot: RegistrationSnapshot) -> int | None:
    """The number of the answer: the one measure that was right in most runs, or any where all were; None before they have ended."""
    if not all(snapshot.errors[name] for name in ("ssd", "ncc", "mi")):
        return None
    found = [np.mean([error < NEAR for error in snapshot.errors[name]]) for name in ("ssd", "ncc", "mi")]
    good = [number for number, part in enumerate(found) if part >= 0.5]
    return good[0] if len(good) == 1 else 3 if len(good) == 3 else None


REGISTRATION = Panel(
    key="registration",
    label="How do two scanners meet?",
    question="The same head, seen by two scanners: what is bright in one is dark in the other. It has moved in between. Which number is "
    "largest when the pictures lie right on top of each other? Run hides the head's pose and lets three measures look for it.",
    stories=(
        Story(
            "t1-t2", "Two scanners, six tissues",
            "T1 and T2. Watch the joint histogram: smeared at the start, a few sharp spots once MI has found the pose. The curves have a "
            "dip where SSD and correlation should have their summit.",
            Registration(),
        ),
        Story(
            "v-shaped", "A V-shaped relation",
            "Dark and bright in the first are both bright in the second. One grey still tells the other, but no straight line does, "
            "and even |correlation| loses its way.",
            Registration(contrast="v-shaped"),
        ),
        Story(
            "inverted", "A plain negative",
            "Black becomes white. SSD is lost, but |correlation| is as good as MI, or better: an inversion proves nothing about MI.",
            Registration(contrast="inverted"),
        ),
        Story(
            "same", "The same scanner twice",
            "Here the simplest measure is the best one. Information has to be learned from a histogram, and that costs some precision.",
            Registration(contrast="same"),
        ),
        Story(
            "noisy", "In heavy noise",
            "Six times the noise. The summit of MI is flatter now: most runs still land within a pixel of the truth, but no longer all of them.",
            Registration(noise=0.3),
        ),
    ),
    predict=Prediction(
        "Bright in one scanner is dark in the other, and not even that is a straight line. Which measure is largest where the "
        "heads lie on top of each other?",
        ("Smallest squared difference", "Largest |correlation|", "Largest mutual information", "Any of them"),
        right=meets,
        happened=lambda s, unit: "; ".join(f"{MEASURES[name]} within a pixel in {within(errors)}" for name, errors in s.errors.items()),
        because="Squared difference wants equal greys, correlation a straight line. Mutual information only wants one grey to tell "
        "the other, by "
        "whatever rule, and that is best where the same tissue meets itself.",
        hints=("Must the greys be equal? Must they lie on a line? What must they do?",),
    ),
    main=("contrast", "noise", "shift", "rotation", "runs"),
    more=("bins", "smoothing", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={"t1-t2": "T2: fluid bright", "inverted": "the negative", "v-shaped": "V: dark and bright both bright", "same": "the same as the first"},
    limits=(
        "MI does not know what a head is. It wants one grey to tell the other, and it takes any pose that does so: in heavy "
        "noise the largest MI need not be at the truth.",
        "Where a straight line links the greys, correlation does as well, and where they are equal, squared differences do: then MI is not needed.",
        "The heads are drawings that were moved as a whole. Real scans also bend, and are brighter on one side than on the other.",
    ),
    papers=(
        ("Viola & Wells 1997, Alignment by maximization of mutual information", "https://doi.org/10.1023/A:1007958904918"),
        ("Maes et al. 1997, Multimodality image registration by maximization of mutual information", "https://doi.org/10.1109/42.563664"),
        ("Mattes et al. 2003, PET-CT image registration in the chest", "https://doi.org/10.1109/TMI.2003.809072"),
    ),
)
