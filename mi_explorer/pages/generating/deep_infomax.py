"""The panel "Parts against the whole": an encoder that knows which patch is whose, beside principal components."""

from __future__ import annotations

__all__ = ["DEEP_INFOMAX"]

from mi_explorer.objectives.deep_infomax import ARMS, DeepInfoMax, DeepInfoMaxSnapshot, places
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.widgets import controls

NAMES = {"infomax": "Infomax code", "autoencoder": "Autoencoder's code"}


def picture(snapshot: DeepInfoMaxSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.deep_infomax import deep_infomax

    return deep_infomax(snapshot, unit, dark, narrow)


def alternative(snapshot: DeepInfoMaxSnapshot, unit: str) -> str:
    return (
        "The bound between patches and codes over training, under its ceiling, and a linear probe's accuracy on the codes beside that on pixels and on "
        f"principal components. {headline(snapshot, unit)}"
    )


def headline(snapshot: DeepInfoMaxSnapshot, unit: str) -> str:
    start, now = snapshot.accuracy[0, 0].mean(), snapshot.accuracy[-1, 0].mean()
    _, components = snapshot.known
    if not snapshot.steps[-1]:
        return f"Before training a linear probe reads {now:.2f} of the digits; from as many principal components it reads {components:.2f}."
    text = (
        f"The codes tell at least {amount(snapshot.bounds[-1, 1].mean(), unit)} of a patch that they have not seen. A linear probe reads {now:.2f} of the digits "
        f"from them; before training it was {start:.2f}, and from as many principal components it is {components:.2f}"
    )
    if now < start - 0.01:
        return text + ": information went up, and the code got worse."
    if now < components - 0.01:
        return text + ": better than chance made it, and still behind the oldest method there is."
    if now > components + 0.01:
        return text + ": here it is ahead of them."
    return text + "."


def table(snapshot: DeepInfoMaxSnapshot, unit: str) -> str:
    rows = []
    for arm, key in enumerate(ARMS):
        values = snapshot.accuracy[-1, arm]
        rows.append({
            "name": NAMES[key], "style": arm, "class": f"mi-row-{key}",
            "cells": [
                f"{snapshot.accuracy[0, arm].mean():.3f}",
                f'<span class="mi-digit-{key}">{values.mean():.3f}</span> <span class="mi-muted">({values.min():.3f} to {values.max():.3f})</span>',
            ],
        })
    trained, fresh = (amount(bound.mean(), unit) for bound in snapshot.bounds[-1])
    count = len(places(snapshot.study.patch))
    rows[0]["sentence"] = (
        f"InfoNCE, the mean over {count} place{'s' * (count > 1)}: {trained} on training images, {fresh} on fresh ones, at most "
        f"{amount(snapshot.study.ceiling(), unit)}."
    )
    for name, accuracy in (("Principal components", snapshot.known[1]), ("Pixels", snapshot.known[0])):
        rows.append({"name": name, "cells": ["–", f"{accuracy:.3f}"]})
    return controls.table(["Linear probe of", "Untrained", "Now"], rows)


def old_and_new(before: float, now: float, components: float) -> int:
    """The number of the answer: the trained code clearly ahead, about the same or a little behind, the untrained one ahead."""
    return 2 if before > now + 0.01 else 0 if now > components + 0.01 else 1


DEEP_INFOMAX = Panel(
    key="deep-infomax",
    label="Do parts make a whole?",
    question="Deep InfoMax trains an encoder without a decoder: from the code of a digit one should be able to tell which patches are its own and which are "
    "another's. More information between parts and whole: is that a better code than one from 1901, the principal components?",
    stories=(
        Story(
            "patches", "Quarters of a digit",
            "Patches of 4 × 4 pixels. The code learns a lot about digits without one label. The dashed line needs no training at all.",
            DeepInfoMax(),
        ),
        Story(
            "whole", "The whole image as its part",
            "One patch of 8 × 8 pixels: the code has to tell the image from 127 others. The bound nearly reaches its ceiling, far above all others here. Look at "
            "the probe.",
            DeepInfoMax(patch=8, steps=600),
        ),
        Story(
            "crumbs", "Crumbs",
            "Patches of 2 × 2 pixels tell little about any image, and the bound stays low. The code is no worse for it.",
            DeepInfoMax(patch=2),
        ),
        Story(
            "wide", "A wide code",
            "32 numbers. Even an untrained network keeps most of the digit now, and everybody comes close.",
            DeepInfoMax(code=32),
        ),
    ),
    predict=Prediction(
        "A code trained so that its own patches are recognised, and as many principal components, a method of 1901. From which are "
        "more digits read?",
        ("From the trained code, clearly", "From both about the same, the components a little ahead", "From the untrained network"),
        right=lambda s: old_and_new(s.accuracy[0, 0].mean(), s.accuracy[-1, 0].mean(), float(s.known[1])),
        happened=lambda s, unit: f"{s.accuracy[-1, 0].mean():.2f} from the trained code, {float(s.known[1]):.2f} from the "
        f"components, "
        f"{s.accuracy[0, 0].mean():.2f} before the training",
        because="More information between parts and whole is not yet information about the digit: nobody asked for that. On small, "
        "centred pictures the directions "
        "of largest variance are hard to beat.",
        hints=("Does anything in the training know what a digit is?",),
    ),
    main=("patch", "code", "batch_size", "seeds"),
    more=("steps", "width", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "A larger bound is not a better code. With the whole image as the patch the bound is nearly all that InfoNCE can show, and the probe falls below that of "
        "an untrained network.",
        "On these small pictures principal components and an autoencoder are hard to beat. With two numbers in the code infomax is ahead of the components (0.70 against "
        "0.58), with eight or more it is behind.",
        "InfoNCE bounds the information of each patch with the code. It does not bound what the code tells about the digit, which nobody asked for.",
        "The paper contrasts the code with a map of features inside the encoder; here the patches themselves are scored.",
    ),
    papers=(
        ("Hjelm et al. 2019: Learning deep representations by mutual information estimation and maximization", "https://arxiv.org/abs/1808.06670"),
        ("Tschannen et al. 2020: On Mutual Information Maximization for Representation Learning", "https://arxiv.org/abs/1907.13625"),
    ),
)
