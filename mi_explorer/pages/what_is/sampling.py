"""The panel "And if one has to count?": the plug-in estimate from N pairs, its bias, the formula for it and the cure."""

from __future__ import annotations

__all__ = ["SAMPLING"]

import math

from mi_explorer.objectives.plugin_bias import RARE, PluginBias, PluginBiasSnapshot, Size
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import error, folded
from mi_explorer.pages.what_is.grid import grid
from mi_explorer.verdicts import format_mi, signed
from mi_explorer.widgets import controls

NEAR = 0.1  # of the bias: what the formula may miss it by and still be said to hold


def picture(snapshot: PluginBiasSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.plugin_bias import plugin_bias

    return plugin_bias(snapshot, unit, dark, narrow)


def alternative(snapshot: PluginBiasSnapshot, unit: str) -> str:
    one, truth = snapshot.chosen, snapshot.truth
    told = ", ".join(f"{format_mi(truth + size.bias(size.plugin, truth)[0], unit, 3)} at N = {size.n:,}" for size in snapshot.sizes)
    return (
        f"Histograms of {len(one.plugin):,} estimates from N = {one.n:,} pairs each, in {unit}: plug-in around "
        f"{format_mi(one.plugin.mean(), unit, 3)}, Miller–Madow around {format_mi(one.miller_madow.mean(), unit, 3)}, the truth "
        f"{format_mi(truth, unit, 3)}. Mean of the plug-in: {told}."
    )


def headline(snapshot: PluginBiasSnapshot, unit: str) -> str:
    one, truth = snapshot.chosen, snapshot.truth
    (bias, stderr), (left, left_stderr) = one.bias(one.plugin, truth), one.bias(one.miller_madow, truth)
    if abs(bias) <= 2 * stderr:
        shown = f"nothing too much or too little on average, within twice the standard error of {format_mi(stderr, unit, 4)}"
    else:
        shown = f"{format_mi(abs(bias), unit, 4)} too {'much' if bias > 0 else 'little'} on average (± {format_mi(stderr, unit, 4)})"
    return (
        f"The truth is {format_mi(truth, unit, 3)} {unit}. Counting {one.n:,} pairs shows {shown}; Miller–Madow leaves "
        f"{signed(left, unit, 4)} (± {format_mi(left_stderr, unit, 4)}). {trust(snapshot, unit)}"
    )


def trust(snapshot: PluginBiasSnapshot, unit: str) -> str:
    """What the formula is worth at this N."""
    study, expected, miss = snapshot.study, snapshot.chosen.expected, snapshot.miss
    if not math.isfinite(miss):
        return "The formula has nothing to correct here."
    says = f"The formula says {signed(expected.formula, unit, 4)}"
    really = f"the bias is {100 * abs(miss):.0f} % {'larger' if miss > 0 else 'smaller'}" if miss > -1 else "the bias has the other sign"
    if study.pairs < snapshot.enough:
        rule = f"N is below 15·kx·ky = {snapshot.enough}, where it cannot be trusted"
        return f"{says}: {rule}" + (f"; here {really}." if abs(miss) > NEAR else ", even though it happens to fit here.")
    if abs(miss) <= NEAR:
        return f"{says}, and the bias is within {max(math.ceil(100 * abs(miss)), 1)} % of that."
    return (
        f"{says}: although N ≥ 15·kx·ky = {snapshot.enough}, {really}, because the rarest pair is expected only "
        f"{snapshot.rarest:.2g} times."
    )


def table(snapshot: PluginBiasSnapshot, unit: str) -> str:
    columns = ["Pairs", "plug-in, bias measured", "exact", "formula", "Miller–Madow, bias left"]
    rows = [row(one, snapshot, unit) for one in snapshot.sizes]
    chosen = [row(snapshot.chosen, snapshot, unit, note(snapshot, unit))]
    return controls.table(columns, chosen) + folded("Every sample size in figures", controls.table(columns, rows))


def note(snapshot: PluginBiasSnapshot, unit: str) -> str:
    """Where the formula of the textbooks is not the right one, and why."""
    if snapshot.every_pair_occurs:
        return ""
    return (
        "Some pairs never occur, so the formula is (cells − kx − ky + 1)/2N, counting the cells that do. "
        f"(kx − 1)(ky − 1)/2N would say {signed(snapshot.textbook, unit, 4)}."
    )


def row(one: Size, snapshot: PluginBiasSnapshot, unit: str, sentence: str = "") -> dict:
    bias, stderr = one.bias(one.plugin, snapshot.truth)
    left, left_stderr = one.bias(one.miller_madow, snapshot.truth)
    return {
        "name": f"N = {one.n:,}", "class": f"mi-row-{one.n}", "sentence": sentence,
        "cells": [
            f"{signed(bias, unit, 4)}{error(stderr, unit, 4)}", signed(one.expected.plugin, unit, 4),
            signed(one.expected.formula, unit, 4),
            f"{signed(left, unit, 4)}{error(left_stderr, unit, 4)}",
        ],
    }


NOISY = ((5, 1, 1), (1, 5, 1), (1, 1, 5))

def side_of_bias(snapshot: PluginBiasSnapshot) -> int:
    """The number of the answer: on the truth within twice the standard error, above, below."""
    bias, stderr = snapshot.chosen.bias(snapshot.chosen.plugin, snapshot.truth)
    return 0 if abs(bias) <= 2 * stderr else 1 if bias > 0 else 2


SAMPLING = Panel(
    key="sampling",
    label="And if one has to count?",
    question="So far the table was known. Now only N pairs are drawn from it and counted, and the sum is taken of the counts: the "
    "plug-in estimate. Draw again and again. Is it right on average? And what does the correction of Miller and Madow make of it?",
    stories=(
        Story(
            "out-of-nothing", "Information out of nothing",
            "x and y have nothing in common, and 40 pairs say that they do: 16 cells cannot all be filled evenly by so few. And N is "
            "too small for the formula as well. Raise N beyond 240.",
            PluginBias(weights=((1, 1, 1, 1),) * 4, pairs=40),
        ),
        Story(
            "enough", "Enough to correct",
            "Fifteen pairs a cell and more: the bias is small, the formula knows it, and Miller–Madow takes it away. What "
            "stays is the scatter: no correction on average helps against that.",
            PluginBias(weights=NOISY, pairs=160, repeats=8000),
        ),
        Story(
            "rare", "A rare pair",
            "By the rule 60 pairs are enough for a table of two by two. But the rare ones are expected one and a half times each, "
            "and the formula misses by a third. Watch when it begins to hold.",
            PluginBias(weights=((19, 1), (1, 19)), pairs=60, repeats=8000),
        ),
        Story(
            "copy", "Too little, for once",
            "A copy: pairs that do not match never occur. Now the estimate is too small, because it is the entropy of one coin, "
            "and counted entropies are. The formula for a full table has the wrong sign.",
            PluginBias(weights=((1, 0), (0, 1)), pairs=60),
        ),
    ),
    predict=Prediction(
        "Pairs are drawn from the table and counted, over and over. Where do the estimates lie on average?",
        ("On the truth: errors cancel", "Above the truth", "Below the truth"),
        right=side_of_bias,
        happened=lambda s, unit: f"from {s.chosen.n:,} pairs {signed(s.chosen.bias(s.chosen.plugin, s.truth)[0], unit, 4)} {unit} "
        f"on average, "
        f"for a truth of {format_mi(s.truth, unit, 3)}",
        because="Counts are never quite even, and mutual information takes every unevenness for dependence. More pairs make the "
        "surplus smaller, more repetitions do not. (Where most pairs are impossible, the other way round: then it is an entropy "
        "that is counted too small.)",
        hints=("Can 40 pairs fill 16 cells evenly?", "Can an estimate of this kind be negative?"),
    ),
    main=("weights", "pairs", "repeats"),
    more=("seed",),
    picture=picture, alternative=alternative, headline=headline, table=table, controls={"weights": grid}, live=True,
    limits=(
        "(kx − 1)(ky − 1)/2N is the first term of a series in 1/N, and it is for tables in which every pair can occur. With "
        "impossible pairs the formula is (cells − kx − ky + 1)/2N, which can be negative: the plug-in then shows too little.",
        "N ≥ 15·kx·ky makes it right within a tenth where no pair is rare. Where the rarest possible pair is expected fewer than about "
        f"{RARE} times, it may still be off by a third: of tables of random weights every fourth is off by more than a tenth.",
        "Miller–Madow takes away the bias, not the scatter, and with few pairs it can make the scatter larger; single corrected "
        "estimates can be negative. It counts the cells that were seen, and so corrects too little while some are still unseen.",
    ),
    papers=(
        ("Roulston 1999, The errors on measured entropy and mutual information", "https://doi.org/10.1016/S0167-2789(98)00269-3"),
        ("Paninski 2003, Estimation of Entropy and Mutual Information", "https://doi.org/10.1162/089976603321780272"),
    ),
)
