"""The panel "Where does one end?": a picture cut in two by information, beside its true mask."""

from __future__ import annotations

__all__ = ["SEGMENTATION"]

import numpy as np

from mi_explorer.objectives.segmentation import METHODS, Segmentation, SegmentationSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.widgets import controls

LOOKS = {"otsu": 1, "region": 0, "pairs": 2}


def picture(snapshot: SegmentationSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.segmentation import segmentation

    return segmentation(snapshot, unit, dark, narrow)


def alternative(snapshot: SegmentationSnapshot, unit: str) -> str:
    told = ", ".join(f"{METHODS[name]} {snapshot.overlap(name):.2f}" for name in snapshot.labels)
    return (
        f"A noisy picture, its true mask, and the labels that three methods give it. Overlap with the truth: {told}. "
        f"Of the true labels the greys tell {amount(snapshot.told(snapshot.mask), unit)}."
    )


def headline(snapshot: SegmentationSnapshot, unit: str) -> str:
    finished = {name: scores for name, scores in snapshot.scores.items() if scores}
    if finished:
        means = ", ".join(f"{METHODS[name]} {np.mean(scores):.2f}" for name, scores in finished.items())
        return f"Overlap with the truth, mean of {pictures(len(finished['otsu']))}: {means}. {more_is_not_better(snapshot, unit)}"
    return f"Otsu's threshold overlaps with the truth by {snapshot.overlap('otsu'):.2f}; the others are at work. {more_is_not_better(snapshot, unit)}"


def more_is_not_better(snapshot: SegmentationSnapshot, unit: str) -> str:
    true, cut = snapshot.told(snapshot.mask), snapshot.told(snapshot.labels["otsu"])
    return f"In this picture the greys tell {amount(true, unit)} about the true labels, and {amount(cut, unit)} about Otsu's."


def pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def table(snapshot: SegmentationSnapshot, unit: str) -> str:
    rows = []
    for name, label in METHODS.items():
        scores, here = snapshot.scores[name], name in snapshot.labels
        spread = [f"{value:.2f}" for value in (np.mean(scores), min(scores), max(scores))] if scores else ["–"] * 3
        told = amount(snapshot.told(snapshot.labels[name]), unit) if here else "–"
        rows.append({"name": label, "style": LOOKS[name], "class": f"mi-row-{name}", "cells": [*spread, told]})
    rows.append({"name": "The truth", "class": "mi-row-truth", "cells": ["1.00"] * 3 + [amount(snapshot.told(snapshot.mask), unit)]})
    return controls.table(["Labels", "Overlap, mean", "Least", "Most", "I(grey; label), this picture"], rows)


def cut_out(snapshot: SegmentationSnapshot) -> int | None:
    """The number of the answer: not at all, by a threshold, by information; None before a picture is finished."""
    means = {name: np.mean(scores) for name, scores in snapshot.scores.items() if scores}
    if len(means) < len(METHODS):
        return None
    threshold, information = means["otsu"], max(means["region"], means["pairs"])
    return 0 if max(threshold, information) < 0.55 else 1 if threshold >= information - 0.02 else 2


SEGMENTATION = Panel(
    key="segmentation",
    label="Where does one thing end?",
    question="Shape and ground have the same mean grey: no threshold can part them. But a grey, or a patch of greys, may "
    "still tell on which side it lies. Run draws pictures with a known mask and cuts each of them in three ways, none of which is told the mask.",
    stories=(
        Story(
            "variance", "Same mean, other spread",
            "The shape is not brighter, only rougher. Otsu's threshold finds specks; both kinds of information find the shape.",
            Segmentation(),
        ),
        Story(
            "shape", "Same mean and spread",
            "The shape has two greys where the ground has all of them. Region MI needs no model of a histogram: it learns both. The small "
            "network does not find it.",
            Segmentation(scene="shape"),
        ),
        Story(
            "texture", "Same histogram, other grain",
            "The two histograms lie on top of each other, so single greys tell nothing and region MI is lost. Neighbouring patches do tell each other.",
            Segmentation(scene="texture"),
        ),
        Story(
            "no-prior", "All for the information",
            "No spatial prior: now region MI finds more information than the true mask has, and the labels are worthless. Compare the last column.",
            Segmentation(smoothing=0.0, pictures=2, networks=1),
        ),
        Story(
            "means", "When a threshold will do",
            "Two means, far apart: Otsu's threshold is the best of the three, because it blurs no edge.",
            Segmentation(scene="means", pictures=3, networks=1),
        ),
    ),
    predict=Prediction(
        "Shape and ground have the same mean grey; the shape is only rougher. Can it be cut out?",
        ("No: there is no difference to see", "By a threshold, if it is the right one", "By information between greys and labels"),
        right=cut_out,
        happened=lambda s, unit: "overlap with the truth: " + ", ".join(
            f"{METHODS[name]} {np.mean(scores):.2f}" for name, scores in s.scores.items()
        ),
        because="Very dark and very bright greys both speak for the shape. No single threshold can say that; a histogram of each "
        "side can, and that is what "
        "the information is made of, with short borders as its second wish.",
        hints=("Very dark or very bright: on which side is such a pixel likely to lie?",),
    ),
    main=("scene", "smoothing", "distance", "pictures"),
    more=("bins", "starts", "steps", "networks", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={
        "variance": "spread of the greys", "shape": "shape of the histogram", "texture": "grain, not histogram", "means": "mean grey",
    },
    limits=(
        "Information alone does not cut a picture. Halve the pixels by any threshold, and the greys tell all of the labels: log 2, more than of the "
        "true mask. What makes it work is the prior that borders are short.",
        "Each method sees one kind of difference: region MI single greys, the small network patches of 5 × 5 pixels. "
        "Where that difference is missing, it fails.",
        "Labels have no names: the overlap is that of the better of the two namings, mean over shape and ground. Blind guesses get about 1/3.",
        "A network can get stuck at no information at all. It shows in its MI, so of a few networks the one with the largest MI is taken.",
    ),
    papers=(
        ("Kim et al. 2005, Nonparametric segmentation using information theory and curve evolution", "https://doi.org/10.1109/TIP.2005.854442"),
        ("Ji, Henriques & Vedaldi 2019, Invariant information clustering", "https://arxiv.org/abs/1807.06653"),
    ),
)
