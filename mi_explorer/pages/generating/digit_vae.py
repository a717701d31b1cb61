"""The panel "Why does the code fall silent?": beta-VAEs and an MMD-VAE on digits, with the exact information of their codes."""

from __future__ import annotations

__all__ = ["DIGIT_VAE"]

import math

import numpy as np

from mi_explorer.objectives.digit_vae import IMAGES, DigitVAE, DigitVAESnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls


def picture(snapshot: DigitVAESnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.digit_vae import digit_vae

    return digit_vae(snapshot, unit, dark, narrow)


def alternative(snapshot: DigitVAESnapshot, unit: str) -> str:
    told = ", ".join(f"{arm.name} {amount(value, unit)}" for arm, value in zip(snapshot.study.arms, snapshot.looks[-1].information.mean(1)))
    return (
        f"The information of the code over training, under log N = {amount(snapshot.ceiling, unit)}: {told}. Below, digits rebuilt by each, and "
        "digits that each makes of noise."
    )


def headline(snapshot: DigitVAESnapshot, unit: str) -> str:
    arms, look = snapshot.study.arms, snapshot.looks[-1]
    held = look.information.mean(1)
    told = ", ".join(f"{amount(value, unit)} at {arm.name}" for arm, value in zip(arms[:-1], held))
    text = (
        f"The code holds {told}, and {amount(held[-1], unit)} with the MMD (weight {arms[-1].weight:g}); a code that tells all {IMAGES:,} images apart has "
        f"{amount(snapshot.ceiling, unit)}."
    )
    probes = look.probe_mean.mean(1)
    if np.isfinite(probes).all():
        told = ", ".join(f"{100 * probe:.0f} % from {arm.name}" for arm, probe in zip(arms, probes))
        text += f" A linear probe reads the digit off the mean code: {told}."
    return text


def table(snapshot: DigitVAESnapshot, unit: str) -> str:
    look, rows = snapshot.looks[-1], []
    for index, arm in enumerate(snapshot.study.arms):
        held, error = look.information[index], look.error[index].mean()
        low, high = (format_mi(value, unit, 3) for value in (held.min(), held.max()))
        rows.append({
            "name": arm.name, "style": index, "class": f"mi-row-{index}",
            "cells": [
                f'{format_mi(held.mean(), unit, 3)} <span class="mi-muted">({low} to {high})</span>', format_mi(look.kl[index].mean(), unit),
                f"{error:.3f}", percent(look.probe[index].mean()), percent(look.probe_mean[index].mean()),
            ],
        })
    rows[-1]["sentence"] = (
        f"I(x; z) over the {IMAGES:,} training images, means and range over seeds. The mixture over all images is computed in full, only the noise of z "
        f"is drawn: standard error at most {format_mi(look.stderr.max(), unit, 3)} {unit}. Error (squared, per pixel) and the linear probes "
        "are of 500 other images; a guess is 10 % right."
    )
    columns = ["VAE", f"I(x; z) ({unit})", f"KL ({unit})", "Error", "Probe on z", "… on the mean"]
    return controls.table(columns, rows)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %" if math.isfinite(share) else "at the end"


def at_four(snapshot: DigitVAESnapshot) -> int | None:
    """The number of the answer: about 5, about 2, less than half a nat at β = 4; None where no arm has that β."""
    held = [v for arm, v in zip(snapshot.study.arms, snapshot.looks[-1].information.mean(1)) if arm.name == "β = 4"]
    return (2 if held[0] < 0.5 else 1 if held[0] < 3.5 else 0) if held else None


DIGIT_VAE = Panel(
    key="digit-vae",
    label="Why does the code fall silent?",
    question="The KL term of a VAE contains the information that the code has of the image: a larger β pays to lose it. InfoVAE takes that payment out "
    "and only asks that all codes together look like the prior. How many nats does each code keep, and what are they good for?",
    stories=(
        Story(
            "silence", "β turns the code off",
            "At β = 1 about five nats are left, at 4 a fraction of one, at 10 nothing: every image is rebuilt as the same blur. The MMD keeps all "
            "that can be kept, log N.",
            DigitVAE(),
        ),
        Story(
            "between", "Where does it happen?",
            "At β = 2, between 1 and 4, about two nats are left: enough to tell a few kinds of digits apart. Choose a β of your own and watch its curve.",
            DigitVAE(beta=2.0),
        ),
        Story(
            "free", "No price at all",
            "β = 0 is an autoencoder with noise that it may turn down. It tells all images apart as the MMD does, and its decoder has "
            "never seen the prior: look at what it makes of noise.",
            DigitVAE(beta=0.0),
        ),
        Story(
            "too-much", "Too much of the cure",
            "A weight of 1,000 on the MMD, and this code is silent as well: matching the prior is easiest for a code that ignores the image.",
            DigitVAE(mmd=1000.0),
        ),
    ),
    predict=Prediction(
        "A VAE on digits, and its KL term counts four times (β = 4). How much does its code still hold of the image, of 7.17 nats "
        "at most?",
        ("About 5 nats", "About 2 nats", "Less than half a nat"),
        right=at_four,
        happened=lambda s, unit: ", ".join(
            f"{amount(value, unit)} at {arm.name}"
            for arm, value in zip(s.study.arms, s.looks[-1].information.mean(1))
        ),
        because="The KL term contains the information of the code about the image. Paying for it four times, it is cheaper to say "
        "nearly nothing and "
        "to rebuild every image as the same blur.",
        hints=("What is inside the KL term, beside the distance from the prior?",),
    ),
    main=("beta", "mmd", "units", "seeds"),
    more=("steps", "batch_size", "width", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "More information is not a better representation. The MMD has two nats more than β = 1, and a linear probe on the mean reads the digit no better: "
        "what is added is which image of a 3 it was.",
        "The MMD does not protect information, it merely leaves it unpunished. With enough weight the code collapses as well: at 300 it already loses, "
        "at 1,000 nothing is left.",
        f"I(x; z) is exact for the {IMAGES:,} training images, each with equal probability. It is not the information about new images, for which there "
        "is no finite ceiling and no exact value.",
        "A probe on z can have no more of the label than I(x; z), and at β = 10 it guesses. The mean of z without its noise, rescaled, is another matter: "
        "there most digits can still be read. But the decoder never gets it, and those nats are not in the code.",
        "Which β is too much depends on the decoder, the data and the number of pixels. The numbers 1, 4 and 10 mean nothing elsewhere.",
    ),
    papers=(
        ("Zhao et al. 2017: InfoVAE", "https://arxiv.org/abs/1706.02262"),
        ("Higgins et al. 2017: β-VAE", "https://openreview.net/forum?id=Sy2fzU9gl"),
        ("Hoffman & Johnson 2016: ELBO surgery", "https://approximateinference.org/accepted/HoffmanJohnson2016.pdf"),
        ("Alemi et al. 2018: Fixing a Broken ELBO", "https://arxiv.org/abs/1711.00464"),
    ),
)
