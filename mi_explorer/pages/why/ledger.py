"""The panel "Where does the error come from?": the bias ledger."""

from __future__ import annotations

__all__ = ["LEDGER"]

import html
import math

import numpy as np

from mi_explorer.bounds import bounds
from mi_explorer.pages.settings import NAMES
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, error, plus
from mi_explorer.palette import assign
from mi_explorer.studies import Ledger
from mi_explorer.studies.ledger import Entry, LedgerSnapshot
from mi_explorer.verdicts import CLOSE, format_mi, signed
from mi_explorer.widgets import controls

NOTHING = '<p class="mi-muted">Press Run: the account of every estimator will stand here.</p>'


def picture(snapshot: LedgerSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer import figures

    return figures.ledger(snapshot, unit, dark, narrow)


def alternative(snapshot: LedgerSnapshot, unit: str) -> str:
    accounts = "; ".join(
        f"{bounds[one.bound].name}: bound gap {format_mi(one.bound_gap.value, unit)}, critic gap {format_mi(one.critic_gap.value, unit)}, "
        f"sample gap {format_mi(one.sample_gap.value, unit)}, shown {format_mi(one.shown.value, unit)}"
        for one in snapshot.entries
    )
    return f"From the truth, {amount(snapshot.study.mi, unit)}, to what each estimator shows in training. {accounts}."


def headline(snapshot: LedgerSnapshot, unit: str) -> str:
    """About the first estimator, the others speak in the table."""
    if not snapshot.entries:
        return ""
    return sentence(snapshot.entries[0], snapshot.study, unit)


def sentence(one: Entry, study: Ledger, unit: str) -> str:
    """How far off, then what took away and what added, the largest part first."""
    name, off = bounds[one.bound].name, one.shown.value - one.truth
    if not math.isfinite(one.shown.value):
        return f"{name} did not survive the training: its values became infinite or ran away."
    known = {key: gap.value for key, gap in one.gaps.items() if abs(gap.value) > max(0.05, 2 * gap.stderr)}
    if not known:
        return f"{name} shows the truth: every part of its error is below {amount(0.05, unit)} or within twice its Monte Carlo error."
    lost = sorted((key for key in known if known[key] < 0), key=lambda key: known[key])
    won = sorted((key for key in known if known[key] > 0), key=lambda key: -known[key])
    told = [f"{amount(-known[key], unit)} {LOST[key]}" for key in lost], [f"{amount(known[key], unit)} {WON[key]}" for key in won]
    losses, gains = (", ".join(side).format(K=study.batch_size, N=f"{study.pairs:,}") for side in told)
    if lost and won:
        where = "looks right" if abs(off) <= CLOSE else f"shows {amount(abs(off), unit)} too {'much' if off > 0 else 'little'}"
        return f"{name} {where}, and is the sum of errors of both signs. Taken away: {losses}. Added: {gains}."
    if lost:
        return f"Of the {amount(-off, unit)} that {name} lacks: {losses}."
    return f"{name} shows {amount(off, unit)} too much: {gains}."


# Why a part takes away, or adds.
LOST = {
    "bound": "by the bound itself at K = {K}, and no training removes them",
    "critic": "because the critic is learned and not perfect",
    "sample": "because its own {N} pairs happen to show less than fresh ones",
}
WON = {
    "bound": "that even a perfect critic shows too much at K = {K}",
    "critic": "that the learned critic shows beyond a perfect one",
    "sample": "that are there only on the {N} pairs of the training: known by heart",
}


def table(snapshot: LedgerSnapshot, unit: str) -> str:
    if not snapshot.entries:
        return NOTHING
    styles = assign([one.bound for one in snapshot.entries], bounds)
    columns = ["Estimator", "Truth", "Bound gap", "Critic gap", "Sample gap", "= Shown in training"]
    return controls.table(columns, [row(one, snapshot.study, styles[one.bound], unit) for one in snapshot.entries])


def row(one: Entry, study: Ledger, style: int, unit: str) -> dict:
    slug = controls.css_name(one.bound)[3:].strip("-")
    gaps = [f'<span class="mi-gap-{key}-{slug}">{plus(gap.value, gap.stderr, unit)}</span>' for key, gap in one.gaps.items()]
    shown = f'<span class="mi-shown-{slug}">{format_mi(one.shown.value, unit)}{error(one.shown.stderr, unit)}</span>'
    return {
        "name": html.escape(bounds[one.bound].name), "class": f"mi-row-{slug}", "style": style,
        "cells": [format_mi(one.truth, unit), *gaps, shown],
        "sentence": f'<span class="mi-verdict-{slug}">{html.escape(sentence(one, study, unit))}</span>',
    }


def worst_gap(snapshot: LedgerSnapshot) -> int | None:
    """The number of the answer: what takes most away from the first estimator; None where nothing does."""
    if not snapshot.entries:
        return None
    gaps = [gap.value for gap in snapshot.entries[0].gaps.values()]
    return int(np.argmin(gaps)) if np.nanmin(gaps) < 0 else None


LEDGER = Panel(
    key="ledger",
    label="Where does the error come from?",
    question="An estimator trained on a fixed data set shows a number, and the truth is another. How much of the difference "
    "belongs to the bound, how much to the critic, how much to the data? Guess first; then press Run and watch the account, "
    "which adds up exactly.",
    stories=(
        Story(
            "three-errors", "Three errors at once",
            "4 nats, 1,000 pairs, K = 64. InfoNCE loses on the way down (bound, critic) and wins some back by knowing its data by "
            "heart. Does the number at the end tell you any of this?",
            Ledger(),
        ),
        Story(
            "ceiling", "The bound's own",
            "6 nats, K = 32, and data in plenty. Nearly all that InfoNCE lacks is its own: log K = 3.47 is the most it can say. NWJ has "
            "no such gap, and pays at the critic.",
            Ledger(mi=6.0, dim=5, batch_size=32, pairs=10_000, steps=800),
        ),
        Story(
            "by-heart", "Learned by heart",
            "2 nats in 20 dimensions, and only 300 pairs. In training NWJ looks right and the others show more than there is; on fresh "
            "pairs all three show less than nothing. Raise N and watch the third bar go.",
            Ledger(mi=2.0, dim=20, batch_size=32, pairs=300, width=128, steps=800),
        ),
        Story(
            "right-by-luck", "Right by luck",
            "SMILE clips and so shows too much, its critic has learned too little, the data add some: large errors that add up to a small "
            "one. A good number is no proof of a good estimate.",
            Ledger(mi=4.0, dim=10, bounds=("smile", "smile(1)", "infonce"), pairs=3000, steps=800),
        ),
    ),
    predict=Prediction(
        "4 nats, 1,000 pairs, K = 64: InfoNCE shows about 0.6 nats too little in training. What is it that takes most away?",
        ("The bound itself: log K", "The critic, which is not perfect", "Too few data", "Chance"),
        right=worst_gap,
        happened=lambda s, unit: f"bound {signed(s.entries[0].bound_gap.value, unit)}, critic "
        f"{signed(s.entries[0].critic_gap.value, unit)}, "
        f"data {signed(s.entries[0].sample_gap.value, unit)} {unit}",
        because="log 64 is 4.16, only just above the truth, and InfoNCE bends away long before it gets there, with a perfect "
        "critic as well. The "
        "data add instead of taking: pairs seen again and again are known by heart.",
        hints=(
            "log 64 = 4.16. Is that far above 4?",
            "Seeing the same pairs again and again: does it make the number larger or smaller?",
        ),
    ),
    main=("bounds", "mi", "dim", "batch_size", "pairs", "width", "steps"),
    more=("critic", "learning_rate", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table, names=NAMES,
)
