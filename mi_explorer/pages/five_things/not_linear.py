"""The panel "Only straight lines?": four clouds of one mutual information, and their correlations."""

from __future__ import annotations

__all__ = ["NOT_LINEAR"]

from mi_explorer.objectives.not_linear import FORMULAS, NotLinear, NotLinearSnapshot, information
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, error, folded
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls


def picture(snapshot: NotLinearSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.not_linear import not_linear

    return not_linear(snapshot, unit, dark, narrow)


def plain(number: float) -> str:
    """0.80, −0.04, 0.00."""
    return f"{number:.2f}".replace("-0.00", "0.00").replace("-", "−")


def alternative(snapshot: NotLinearSnapshot, unit: str) -> str:
    clouds = "; ".join(f"{FORMULAS[one.relation]} with noise {one.noise:.2f}, correlation {plain(one.correlation)}" for one in snapshot.clouds)
    return f"Scatter plots of {amount(snapshot.study.mi, unit)} each, and curves of information against noise. {clouds}."


def headline(snapshot: NotLinearSnapshot, unit: str) -> str:
    correlations = ", ".join(f"{plain(cloud.correlation)} ({FORMULAS[cloud.relation]})" for cloud in snapshot.clouds)
    text = f"The same {amount(snapshot.study.mi, unit)} in every cloud, with correlations {correlations}."
    if all(len(cloud.ksg) for cloud in snapshot.clouds):
        shown = [cloud.ksg.mean() for cloud in snapshot.clouds]
        text += f" KSG, which is told nothing about shapes, shows {format_mi(min(shown), unit)} to {format_mi(max(shown), unit)}."
    return text


def table(snapshot: NotLinearSnapshot, unit: str) -> str:
    rows = []
    for cloud in snapshot.clouds:
        asked = len(cloud.ksg) > 1
        ksg = format_mi(cloud.ksg.mean(), unit) + error(cloud.ksg.std(ddof=1), unit) if asked else "–"
        linear = plain(cloud.linear.mean()) + f' <span class="mi-muted">± {cloud.linear.std(ddof=1):.2f}</span>' if asked else "–"
        rows.append({
            "name": f"y = {FORMULAS[cloud.relation]} + {cloud.noise:.3f} n", "class": f"mi-row-{cloud.relation}",
            "cells": [
                format_mi(snapshot.study.mi, unit, 3), f'<span class="mi-ksg-{cloud.relation}">{ksg}</span>', plain(cloud.correlation),
                linear,
            ],
        })
    clouds = controls.table(["Cloud", f"MI, exact ({unit})", "KSG 1", "Correlation, exact", "in samples"], rows)
    if not snapshot.measured:
        return clouds
    return clouds + folded("KSG on the curve", controls.table(["Noise s", f"MI, exact ({unit})", "KSG 1"], curve(snapshot, unit)))


def curve(snapshot: NotLinearSnapshot, unit: str) -> list[dict]:
    name = snapshot.study.relation
    return [
        {
            "name": f"{FORMULAS[name]}, s = {noise:g}",
            "cells": [
                format_mi(information(name, noise), unit, 3),
                format_mi(values.mean(), unit) + (error(values.std(ddof=1), unit) if len(values) > 1 else ""),
            ],
        }
        for noise, values in snapshot.measured.items()
    ]


NOT_LINEAR = Panel(
    key="not-linear",
    label="2 · Only straight lines?",
    question="“Mutual information assumes a linear relation: it is correlation by another name.” Here are four clouds. "
    "One of them has a correlation of "
    "0.80, three have next to none. Which one tells you most about y if you know x?",
    stories=(
        Story(
            "half-nat", "Four times half a nat",
            "All four hold exactly 0.50 nats; the noise was chosen so. Correlation sees the first one. The right picture "
            "shows what noise does to "
            "each, and KSG on the curve of x².",
            NotLinear(),
        ),
        Story(
            "sharp", "Nearly without noise",
            "1.5 nats each. The shapes are plain to the eye now, and the correlation of x² and |x| is still exactly 0.",
            NotLinear(mi=1.5, relation="sine"),
        ),
        Story(
            "faint", "Barely to be seen",
            "0.15 nats each. The eye hardly finds the shapes, a correlation of 0.51 is left in the first cloud, and "
            "1,000 pairs leave KSG unsure: "
            "look at its spread.",
            NotLinear(mi=0.15, relation="fold"),
        ),
    ),
    predict=Prediction(
        "One cloud is a straight line with correlation 0.80; the three others have correlations near 0. Which one tells most about "
        "y?",
        ("The straight one", "One of the bent ones", "All four the same", "The bent ones tell nothing"),
        right=lambda s: 2,
        happened=lambda s, unit: f"each holds {amount(s.study.mi, unit)}, with correlations from "
        f"{plain(min(c.correlation for c in s.clouds))} to "
        f"{plain(max(c.correlation for c in s.clouds))}",
        because="The noise of each was chosen so. Correlation asks for a straight line only; mutual information asks how much less "
        "open y is "
        "once x is known, along whatever curve.",
        hints=("Fix one x in the picture. How wide is the range of y that is left?",),
    ),
    main=("mi", "relation", "pairs"),
    more=("replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={key: f"y = {formula} + s n" for key, formula in FORMULAS.items()},
    limits=(
        "MI itself assumes nothing. Estimators do: the Gaussian estimator (CCA) is correlation by another name and would "
        "show 0 for x² and |x|.",
        "MI has no sign and names no shape: 0.50 nats do not say whether y rises or falls with x. And for a straight "
        "relation with normal noise "
        "correlation is all there is to know: then I = −½ log(1 − r²).",
        "KSG is a little low where noise is small (about 0.07 nats at s = 0.1 from 1,000 pairs) and scatters by a few "
        "hundredths everywhere.",
    ),
    papers=(
        ("Kraskov et al. 2004, KSG", "https://arxiv.org/abs/cond-mat/0305641"),
        ("Kinney & Atwal 2014", "https://arxiv.org/abs/1301.7745"),
    ),
    live=True,
)
