"""The panel "What does noise teach?": a denoising autoencoder beside a plain one and the Wiener filter."""

from __future__ import annotations

__all__ = ["DENOISING"]

import numpy as np

from mi_explorer.objectives.denoising import ARMS, Denoising, DenoisingSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.widgets import controls


def picture(snapshot: DenoisingSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.denoising import denoising

    return denoising(snapshot, unit, dark, narrow)


def alternative(snapshot: DenoisingSnapshot, unit: str) -> str:
    plain, denoising = snapshot.looks[-1].cleaning.mean(1)
    return (
        f"Squared error per pixel of cleaned digits over training: plain autoencoder {plain:.4f}, denoising autoencoder {denoising:.4f}, Wiener filter "
        f"{snapshot.known.error:.4f}, the noise itself {snapshot.study.sigma**2:.4f}. Beside it eight digits: clean, noisy, and cleaned by each."
    )


def headline(snapshot: DenoisingSnapshot, unit: str) -> str:
    study, known = snapshot.study, snapshot.known.error
    plain, denoising = snapshot.looks[-1].cleaning.mean(1)
    text = (
        f"Of noise of {study.sigma**2:.3f} per pixel on digits it has never seen, the plain autoencoder leaves {plain:.4f} and the denoising one "
        f"{denoising:.4f}. The best linear filter leaves {known:.4f}"
    )
    if denoising < 0.97 * known:
        return text + ": the denoising one has learned more than a covariance."
    if denoising < 1.03 * known:
        return text + ", no less and no more than the denoising one."
    return text + ": it is still ahead."


def table(snapshot: DenoisingSnapshot, unit: str) -> str:
    look, rows = snapshot.looks[-1], []
    for index, (key, name) in enumerate(ARMS.items()):
        seen, unseen = look.copy_train[index].mean(), look.copy_test[index].mean()
        rows.append({
            "name": name, "style": index, "class": f"mi-row-{key}",
            "cells": [spread(look.cleaning[index]), f"{seen:.4f}", f"{unseen:.4f}", f"× {unseen / seen:.1f}"],
        })
    rows.append({"name": "Wiener filter", "class": "mi-row-wiener", "cells": [f"{snapshot.known.error:.4f}", "–", "–", "–"]})
    rows[-1]["sentence"] = (
        "Squared error per pixel: cleaning other images, and giving back clean ones, those of the training and others. Means over seeds, with the range. "
        f"The filter knows mean and covariance of the {snapshot.study.images:,} training images and σ, and was never trained."
    )
    return controls.table(["Who", "Cleaning", "Copying seen ones", "Copying others", "Gap"], rows)


def spread(values: np.ndarray) -> str:
    return f'{values.mean():.4f} <span class="mi-muted">({values.min():.4f} to {values.max():.4f})</span>'


def cleaner(network: float, linear: float) -> int:
    """The number of the answer: the autoencoder, the filter, both within three per cent."""
    return 0 if network < 0.97 * linear else 1 if network > 1.03 * linear else 2


DENOISING = Panel(
    key="denoising",
    label="What does noise teach?",
    question="With a code wider than the image, an autoencoder may simply copy, and learn its few training images by heart. Make it give back the clean "
    "image from a noisy one, and its code has to keep what images have in common. Is that better than the best linear filter?",
    stories=(
        Story(
            "thousand", "A thousand digits",
            "The plain one passes on most of the noise. The denoising one goes below the dashed line, which no linear filter can.",
            Denoising(),
        ),
        Story(
            "hundred", "A hundred digits",
            "Ten of each digit. Noise still helps, but now there is too little to learn from, and the filter, which needs a mean and a covariance only, is "
            "as good.",
            Denoising(images=100),
        ),
        Story(
            "loud", "Too much noise",
            "At σ = 1 the digits are buried. Watch how little is left of the lead over the filter.",
            Denoising(sigma=1.0),
        ),
        Story(
            "narrow", "A narrow code",
            "Eight units. A bottleneck by itself does not clean: the plain one is no better. And the denoising one has too little room, and stays behind "
            "the filter.",
            Denoising(units=8),
        ),
    ),
    predict=Prediction(
        "Cleaning noisy digits that were never seen: a trained denoising autoencoder against the best linear filter. Who leaves "
        "less noise?",
        ("The autoencoder", "The filter", "Both the same, within a few per cent"),
        right=lambda s: cleaner(float(s.looks[-1].cleaning[1].mean()), s.known.error),
        happened=lambda s, unit: f"{s.looks[-1].cleaning[1].mean():.4f} a pixel are left by the autoencoder, {s.known.error:.4f} "
        f"by the filter, "
        f"of {s.study.sigma**2:.3f}",
        because="The filter knows mean and covariance, and that is all a linear map can use. Given enough digits, the network "
        "learns what digits look like beyond "
        "that; given few, it does not.",
        hints=(
            "What is there to know about digits beyond which pixels go together?",
            "And how many examples would it take to learn that?",
        ),
    ),
    main=("images", "sigma", "units", "seeds"),
    more=("steps", "batch_size", "width", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "The plain autoencoder was never asked to clean. The comparison says what each has learned, not that one is a better cleaner of the same schooling.",
        "Noise is a regulariser, no promise: with few images it overfits as well, only less, and with loud noise a linear filter is nearly as good.",
        "The loss bounds the information between clean image and code from below only up to a constant, the entropy of the images, which nobody knows. So no "
        "nats are shown here.",
    ),
    papers=(
        ("Vincent et al. 2010: Stacked Denoising Autoencoders", "https://www.jmlr.org/papers/v11/vincent10a.html"),
        ("Alain & Bengio 2014: What Regularized Auto-Encoders Learn", "https://arxiv.org/abs/1211.4246"),
    ),
)
