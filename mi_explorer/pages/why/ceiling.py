"""The panel "Which K do I need?": InfoNCE's curve for a perfect critic, read backwards."""

from __future__ import annotations

__all__ = ["CEILING"]

import math

from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, error, folded
from mi_explorer.studies import Ceiling
from mi_explorer.studies.ceiling import CeilingSnapshot, rounded
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls


def picture(snapshot: CeilingSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer import figures

    return figures.ceiling(snapshot, unit, dark, narrow)


def alternative(snapshot: CeilingSnapshot, unit: str) -> str:
    values = ", ".join(f"{format_mi(snapshot.study.mi - gap, unit)} at K = {size:,}" for size, gap in zip(snapshot.sizes[::3], snapshot.gap[::3]))
    return f"InfoNCE with a perfect critic over K, in {unit}: {values}. The truth is {amount(snapshot.study.mi, unit)}."


def headline(snapshot: CeilingSnapshot, unit: str) -> str:
    study, answer = snapshot.study, snapshot.answer
    wish = f"InfoNCE within {amount(study.tolerance, unit)} of {amount(study.mi, unit)}"
    if len(snapshot.gaps) < 2:
        return "The first stream of strangers is being drawn."
    if answer.K is None:
        least = math.exp(study.mi - study.tolerance)
        return (
            f"{wish} needs more than K = {snapshot.sizes[-1]:,}, the largest that was tried: there it still lacks "
            f"{amount(snapshot.gap[-1], unit)}. Because of log K it cannot be less than {least:,.0f}; beyond what was computed there is no answer."
        )
    high = f"{rounded(answer.high)}" if answer.high else f"more than {snapshot.sizes[-1]:,}"
    return f"{wish} needs K ≈ {rounded(answer.K)} ({rounded(answer.low)} to {high}, ± 2 standard errors), and a perfect critic."


def table(snapshot: CeilingSnapshot, unit: str) -> str:
    rows = [
        {
            "name": f"K = {size:,}", "class": f"mi-row-{size}",
            "cells": [
                format_mi(math.log(size), unit), format_mi(snapshot.study.mi - gap, unit),
                format_mi(gap, unit, 3) + error(stderr, unit, 3),
            ],
        }
        for size, gap, stderr in zip(snapshot.sizes, snapshot.gap, snapshot.stderr)
    ]
    return folded("Every K that was tried", controls.table(["Batch", f"log K ({unit})", "InfoNCE, perfect critic", "Lacks"], rows))


def pairs_needed(times: float) -> int:
    """The number of the answer, from the needed K as a multiple of e^I: 1, 2, 7 or 30 times."""
    return 0 if times < 1.4 else 1 if times < 3.7 else 2 if times < 15 else 3


CEILING = Panel(
    key="ceiling",
    label="Which K do I need?",
    question="log K must reach the truth, or InfoNCE cannot. But is K = e^I enough? For 5 nats that would be 148. Guess how many pairs a "
    "batch needs to come within 0.1 nats, with a critic that cannot be better.",
    stories=(
        Story("five", "5 nats to a tenth", "log K passes 5 nats at K = 148. See how far from there the blue curve comes near enough.", Ceiling()),
        Story(
            "two", "2 nats to a tenth", "Little information, a batch like those in use: here InfoNCE is a good choice.",
            Ceiling(mi=2.0, largest=12),
        ),
        Story(
            "ten", "10 nats?", "No batch that fits into this page will do, and the page says so instead of guessing.",
            Ceiling(mi=10.0, largest=15),
        ),
        Story(
            "dimension", "Does dimension matter?", "The same 5 nats, spread over 50 coordinates: the perfect critic is not quite indifferent.",
            Ceiling(dim=50),
        ),
    ),
    predict=Prediction(
        "5 nats, and log K passes 5 at K = 148. How many pairs must a batch have for InfoNCE to come within 0.1 nats, with a "
        "perfect critic?",
        ("About 150", "About 300", "Some 1,000", "Several thousand"),
        right=lambda s: pairs_needed(s.answer.K / math.exp(s.study.mi)) if s.answer.K else (3 if len(s.gaps) > 1 else None),
        happened=lambda s, unit: f"K ≈ {rounded(s.answer.K)}, where e^I is {math.exp(s.study.mi):,.0f}" if s.answer.K else
        f"more than {s.sizes[-1]:,}, where e^I is {math.exp(s.study.mi):,.0f}",
        because="log K is a ceiling and not what is reached. Near the ceiling the curve bends, and the last tenth costs a factor "
        "of thirty.",
        hints=("At K = e^I the bound and the truth are equally high. Does a curve that bends away touch its ceiling?",),
    ),
    main=("mi", "tolerance", "dim", "largest", "streams"),
    more=("seed",),
    picture=picture, alternative=alternative, headline=headline, table=table,
)
