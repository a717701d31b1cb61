"""The panel "Does it cure mode collapse?": InfoGAN on modes that can be counted."""

from __future__ import annotations

__all__ = ["INFOGAN"]

import numpy as np

from mi_explorer.objectives.infogan import RIVALS, SAMPLES, InfoGAN, InfoGANSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction, band
from mi_explorer.pages.panels.words import amount
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls

ENOUGH = 0.95  # of log K: the codes can be told apart


def picture(snapshot: InfoGANSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.infogan import infogan

    return infogan(snapshot, unit, dark, narrow)


def alternative(snapshot: InfoGANSnapshot, unit: str) -> str:
    rival, info = snapshot.rival[-1], snapshot.info[-1]
    return (
        f"Samples of two GANs over {snapshot.modes} modes, and how they developed. {RIVALS[snapshot.study.rival]}: {covered(rival.covered)} modes, "
        f"I(code; mode) {amount(rival.information.mean(), unit)}. InfoGAN: {covered(info.covered)} modes, "
        f"{amount(info.information.mean(), unit)} of log K = {amount(snapshot.ceiling, unit)}."
    )


def covered(modes: np.ndarray) -> str:
    """7.3 (6 to 8)."""
    low, high = modes.min(), modes.max()
    return f"{low}" if low == high else f"{modes.mean():.1f} ({low} to {high})"


def headline(snapshot: InfoGANSnapshot, unit: str) -> str:
    study, rival, info = snapshot.study, snapshot.rival[-1], snapshot.info[-1]
    seeds = "one seed" if study.seeds == 1 else f"means over {study.seeds} seeds"
    name = RIVALS[study.rival][0].upper() + RIVALS[study.rival][1:]
    text = (
        f"{name} covers {covered(rival.covered)} of {snapshot.modes} modes, InfoGAN {covered(info.covered)} ({seeds}, step {snapshot.steps[-1]:,}). "
        f"InfoGAN's code tells {amount(info.information.mean(), unit)} about the mode, of log K = {amount(snapshot.ceiling, unit)}."
    )
    if snapshot.done == 1 and info.bound.min() > ENOUGH * snapshot.ceiling and info.covered.min() < ENOUGH * min(study.codes, snapshot.modes):
        text += " The bound is full in every run, and yet modes are missing: it asks for outputs that can be told apart, not for the right ones."
    return text


def table(snapshot: InfoGANSnapshot, unit: str) -> str:
    study, rows = snapshot.study, []
    arms = ((RIVALS[study.rival], "rival", snapshot.rival[-1], 0), (f"InfoGAN, λ = {study.weight:g}", "info", snapshot.info[-1], 1))
    for name, key, look, style in arms:
        rows.append({
            "name": name, "class": f"mi-row-{key}", "style": style,
            "cells": [
                f'<span class="mi-covered-{key}">{covered(look.covered)}</span> of {snapshot.modes}',
                spread(100 * look.quality), among(look.information, unit), among(look.bound, unit),
            ],
        })
    chance = (study.codes - 1) * (snapshot.modes - 1) / (2 * SAMPLES)
    rows[-1]["sentence"] = (
        f"log K = {amount(snapshot.ceiling, unit)}. Means over seeds, with the range. I(code; mode) comes from a table of {SAMPLES:,} counts, so "
        f"about {format_mi(chance, unit)} of it may be chance. The bound of the first row only looks on: its reader trains, its generator does not listen."
    )
    return controls.table(["GAN", "Modes covered", "Good samples (%)", f"I(code; mode) ({unit})", f"Bound ({unit})"], rows)


def spread(values: np.ndarray) -> str:
    return f'{values.mean():.0f} <span class="mi-muted">({values.min():.0f} to {values.max():.0f})</span>'


def among(values: np.ndarray, unit: str) -> str:
    low, high = (format_mi(value, unit) for value in (values.min(), values.max()))
    return f'{format_mi(values.mean(), unit)} <span class="mi-muted">({low} to {high})</span>'


INFOGAN = Panel(
    key="infogan",
    label="Does it cure mode collapse?",
    question="The target has modes that can be counted. A plain GAN loses some. InfoGAN gives its generator a code and demands that the code can be "
    "read off the sample. Does that bring the lost modes back, and why?",
    stories=(
        Story(
            "ring", "Eight modes, eight codes",
            "Every colour is a code. On the right each code settles on a mode of its own, while on the left all colours share the few modes that are left.",
            InfoGAN(),
        ),
        Story(
            "thin", "Narrower modes",
            "Thinner modes are harder to hit: the plain GAN hardly finds one. With the term all of them are covered, and nearly every sample is good.",
            InfoGAN(sigma=0.02),
        ),
        Story(
            "grid", "Twenty-five on a grid",
            "K = 25 codes for 25 modes. The plain GAN collapses to a handful; with the term nearly every mode is visited, each by one code.",
            InfoGAN(target="grid", codes=25),
        ),
        Story(
            "full-and-collapsed", "A full bound, and collapse",
            "β₁ = 0.9 at a constant rate makes the game unstable. The information reaches log K all the same: the codes can be told apart, at places where "
            "no data are.",
            InfoGAN(sigma=0.02, momentum=0.9, schedule="constant"),
        ),
        Story(
            "r1", "Without any information: R1",
            "R1 holds the discriminator's slope at the data down, and covers the ring with no information term at all. So collapse was a matter of "
            "training, not of missing information.",
            InfoGAN(rival="r1", seeds=2),
        ),
        Story(
            "pacgan", "Without any information: PacGAN",
            "A discriminator that sees two samples at once notices that they are alike. It brings modes back too, with blurrier samples.",
            InfoGAN(rival="pacgan", sigma=0.1, seeds=2, batch_size=64),
        ),
    ),
    predict=Prediction(
        "Eight modes. A plain GAN loses most of them. Now each sample must also show which of eight codes made it. How many modes "
        "are visited?",
        ("As few as before", "About half", "All, or nearly all"),
        right=lambda s: band(s.info[-1].covered.mean() / s.modes, 0.35, 0.8),
        happened=lambda s, unit: f"{covered(s.info[-1].covered)} of {s.modes} with the term, {covered(s.rival[-1].covered)} by the "
        f"{RIVALS[s.study.rival]}",
        because="Codes that shall be told apart may not all lead to one place, and so the generator is pushed apart. It is the "
        "discriminator "
        "that says where: with unstable training the codes differ, and modes are missing all the same.",
        hints=("If all samples are alike, can anybody read a code off them?",),
    ),
    main=("target", "sigma", "codes", "weight", "rival", "seeds"),
    more=("momentum", "learning_rate", "schedule", "steps", "batch_size", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={
        "ring": "ring of 8", "grid": "5 × 5 grid", "plain": "plain GAN",
        "r1": "R1 (gradient penalty)", "pacgan": "PacGAN (two at once)", "falling": "falls to zero in the second half",
    },
    limits=(
        "The term forces log K nats of outputs that can be told apart, no more. With K = 2 it is satisfied with two places; and two codes that share a "
        "mode, side by side, satisfy it too: then I(code; mode) stays below the bound.",
        "It says nothing about the data: a full bound can go with collapse, or with samples where no data are. It pushes the generator apart, and the "
        "discriminator has to do the rest.",
        "Here K is chosen to fit the number of modes, which nobody knows of real data. R1 and PacGAN bring modes back without any information, and so does "
        "twice the learning rate: a comparison with a plain GAN says as much about the plain GAN's settings.",
        "I(code; mode) = log K is what the term maximises. It is no measure of how good the samples are; the other two columns are.",
    ),
    papers=(
        ("Chen et al. 2016: InfoGAN", "https://arxiv.org/abs/1606.03657"),
        ("Lin et al. 2018: PacGAN", "https://arxiv.org/abs/1712.04086"),
        ("Mescheder et al. 2018: R1", "https://arxiv.org/abs/1801.04406"),
        ("Belghazi et al. 2018: MINE, its section on GANs", "https://arxiv.org/abs/1801.04062"),
    ),
)
