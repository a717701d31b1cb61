"""The panel "Why do they jump?": the variance of the mean of e^f, under a microscope."""

from __future__ import annotations

__all__ = ["MICROSCOPE"]

import math

from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, prose
from mi_explorer.studies import Microscope
from mi_explorer.studies.microscope import MicroscopeSnapshot
from mi_explorer.widgets import controls


def picture(snapshot: MicroscopeSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer import figures

    return figures.microscope(snapshot, unit, dark, narrow)


def alternative(snapshot: MicroscopeSnapshot, unit: str) -> str:
    return (
        f"Histogram of f over {snapshot.study.pairs:,} pairs of strangers, by number and by contribution to the sum of e^f, of which the "
        f"largest pair has {100 * snapshot.largest[0]:.0f} %; and {len(snapshot.means)} averages of e^f, which should be 1, from "
        f"{snapshot.means.min():.3g} to {snapshot.means.max():.3g}."
    )


def headline(snapshot: MicroscopeSnapshot, unit: str) -> str:
    study = snapshot.study
    off = (abs(snapshot.means - 1) > 0.1).mean()
    return (
        f"Of {study.pairs:,} pairs of strangers the largest holds {100 * snapshot.largest.mean():.0f} % of the sum, and all together count "
        f"like {snapshot.effective.mean():,.0f} (means over {len(snapshot.means)} averages). The critic is perfect, "
        f"and still {100 * off:.0f} % of the averages miss the 1 by more than a tenth."
    )


def table(snapshot: MicroscopeSnapshot, unit: str) -> str:
    study, exact = snapshot.study, snapshot.study.predicted_variance()
    law = "(e^I − 1)/n, all that there is for symbols" if study.problem == "symbols" else "(e^2I − 1)/n, exact for a Gaussian"
    error = snapshot.variance_stderr
    measured = small(snapshot.variance) + (f' <span class="mi-muted">± {small(error)}</span>' if math.isfinite(error) else "")
    row = {
        "name": prose("Variance of the mean of e^f"), "class": "mi-row-variance",
        "cells": [
            f'<span class="mi-measured">{measured}</span>', f'<span class="mi-predicted">{small(exact)}</span>',
            f"at least {small(study.least_variance())}",
        ],
        "sentence": f'<span class="mi-verdict-variance">{prose(verdict(snapshot, law, unit))}</span>',
    }
    effective = {
        "name": "Pairs that count", "class": "mi-row-effective",
        "cells": [small(snapshot.effective.mean()), small(study.expected_effective()), f"at most {small(study.pairs / math.exp(study.truth()))}"],
        "sentence": prose(
            "(Σw)²/Σw² with w = e^f. Predicted for a sample so large that its average holds still: n over one plus n times the variance."
        ),
    }
    return controls.table(["Of n pairs", "Measured", "Predicted", "Any problem"], [row, effective])


def verdict(snapshot: MicroscopeSnapshot, law: str, unit: str) -> str:
    study = snapshot.study
    told = f"Predicted: {law}, with I = {amount(study.truth(), unit)}. At least: (e^I − 1)/n, Song & Ermon's theorem 2."
    if study.variance_can_be_measured():
        return f"{told} The measured variance has a fourth moment behind it, hence an error that can be trusted."
    return (
        f"{told} The measured variance is usually far below the predicted one: the pairs that make it are rarer than the averages "
        "taken. With a correlation of 1/3 or more in a coordinate e^f has no fourth moment, so that no error can be given for it."
    )


def small(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:,.3g}" if value < 1e5 else f"{value:.2e}"


def counting(part: float) -> int:
    """The number of the answer: all, hundreds, dozens or one of a thousand."""
    return 0 if part > 0.5 else 1 if part > 0.1 else 2 if part > 0.005 else 3


MICROSCOPE = Panel(
    key="microscope",
    label="Why do they jump?",
    question="NWJ, MINE and Donsker–Varadhan need the mean of e^f over pairs of strangers. With the perfect critic it is 1. How many "
    "of 1,000 pairs do you think decide what its estimate comes out as? Run takes the same average over and over.",
    stories=(
        Story(
            "a-few-pairs", "A few pairs decide",
            "3 nats, 1,000 pairs. On the left: where the pairs are (blue) and where the sum comes from (hatched). They hardly meet.",
            Microscope(),
        ),
        Story(
            "calm", "One nat is calm",
            "1 nat in 20 dimensions: every correlation is below 1/3, the variance has an error that can be trusted, and measured "
            "agrees with predicted.",
            Microscope(mi=1.0, dim=20),
        ),
        Story(
            "hopeless", "Six nats are hopeless",
            "Most averages lie near 0, a few far above 1: the mean is right only because of averages that you will hardly ever see. "
            "NWJ subtracts such a mean, and MINE its logarithm.",
            Microscope(mi=6.0, pairs=4000),
        ),
        Story(
            "symbols", "The mildest problem",
            "Noiseless symbols: e^f is M for one pair in M, and 0 for all others. The variance is (e^I − 1)/n, the least that "
            "there can be, and no longer (e^2I − 1)/n.",
            Microscope(problem="symbols"),
        ),
    ),
    predict=Prediction(
        "The mean of e^f is taken over 1,000 pairs of strangers, at 3 nats, with the perfect critic. How many of the pairs make "
        "the result?",
        ("All of them, more or less", "A few hundred", "A few dozen", "A single one, always"),
        right=lambda s: counting(float(s.effective.mean()) / s.study.pairs),
        happened=lambda s, unit: f"{s.study.pairs:,} pairs count like {s.effective.mean():,.0f}, and the largest alone holds "
        f"{100 * s.largest.mean():.0f} %",
        because="Nearly all strangers look like strangers and add next to nothing to the mean of e^f; the few that happen to look "
        "like partners carry it. "
        "With more information to find they become rarer and heavier.",
        hints=("Among strangers, how often will one look like a true partner? About once in e^I.",),
    ),
    main=("problem", "mi", "dim", "pairs", "repeats"),
    more=("seed",),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={"gaussian": "Gaussian", "symbols": "Noiseless symbols"},
)
