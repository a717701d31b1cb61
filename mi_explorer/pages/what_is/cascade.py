"""The panel "Can it come back?": channels in a row, and a processing step that cannot raise the information."""

from __future__ import annotations

__all__ = ["CASCADE"]

from mi_explorer.objectives.cascade import Cascade, CascadeSnapshot, Station
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import folded
from mi_explorer.verdicts import format_mi, indexed, signed
from mi_explorer.widgets import controls

SAME = 1e-12  # nats: lost by rounding
PACE = 0.25


def picture(snapshot: CascadeSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.cascade import cascade

    return cascade(snapshot, unit, dark, narrow)


def alternative(snapshot: CascadeSnapshot, unit: str) -> str:
    told = ", ".join(f"{one.name} {format_mi(one.mi, unit, 3)} with {100 * one.right:.0f} % right" for one in snapshot.stations)
    return f"A staircase of the information about X, in {unit}, that never rises: {told}."


def headline(snapshot: CascadeSnapshot, unit: str) -> str:
    start, end = snapshot.stations[0], snapshot.stations[-1]
    arrives = f"Of the {amount(start.mi, unit)} that X holds, {amount(end.mi, unit)} are left at {indexed(end.name)}"
    if snapshot.step is None:
        lost = start.mi - end.mi > SAME
        return f"{arrives}: {'every channel takes some, and none gives any back' if lost else 'these channels lose nothing'}."
    return f"{arrives}. {processed(*snapshot.step, snapshot.study.processing, unit)}"


def processed(before: Station, behind: Station, kind: str, unit: str) -> str:
    what, lost = WHAT[kind], before.mi - behind.mi
    rights = f"{100 * behind.right:.0f} % of the symbols are right instead of {100 * before.right:.0f} %"
    kept, turned = f"keeps the {amount(before.mi, unit)}", f"turns {amount(before.mi, unit)} into {amount(behind.mi, unit)}"
    information = kept if lost <= SAME else turned
    if behind.right > before.right + SAME:
        how_much = "no more" if lost <= SAME else "less"
        return f"{what} looks like a repair: {rights}. But it {information}: fewer errors, {how_much} information."
    if behind.right < before.right - SAME:
        return f"{what} {information}, and {rights}{': a name is not information' if lost <= SAME else ''}."
    return f"{what} {information}, and as many symbols are right as before."


def amount(value: float, unit: str) -> str:
    return f"{format_mi(value, unit, 3)} {unit}"


def table(snapshot: CascadeSnapshot, unit: str) -> str:
    rows = [
        {
            "name": indexed(one.name), "class": f"mi-row-{number}",
            "cells": [
                f'<span class="mi-mi-{number}">{format_mi(one.mi, unit, 4)}</span>',
                "–" if number == 0 else signed(one.mi - snapshot.stations[number - 1].mi, unit, 4), f"{100 * one.right:.1f} %",
            ],
        }
        for number, one in enumerate(snapshot.stations)
    ]
    return folded("Every station in figures", controls.table(["Station", f"I with X ({unit})", "gained", "right"], rows))


WHAT = {"relabel": "Renaming the symbols", "merge": "Merging two symbols", "guess": "Guessing the likeliest x"}

def left_over(part: float) -> int:
    """The number of the answer: about half, a quarter or so, less than a tenth, nothing."""
    return 3 if part <= 1e-9 else 2 if part < 0.1 else 1 if part < 0.37 else 0


CASCADE = Panel(
    key="cascade",
    label="Can it come back?",
    question="A symbol goes through one noisy channel after the other. Somewhere on its way somebody may try to clean it up, "
    "without asking the sender again. Can that raise what is known about X? Guess, then choose a processing and look.",
    stories=(
        Story(
            "staircase", "Down the stairs",
            "One bit, flipped in one case of ten by each channel. The first takes nearly half, the later ones take less because "
            "there is less left, and there is no step upwards.",
            Cascade(pace=PACE),
        ),
        Story(
            "guess", "A tempting repair",
            "X is mostly its first symbol. The best guess behind the second channel is then always that one: the share of right "
            "symbols jumps up, and the information falls to nothing.",
            Cascade(symbols=4, noise=0.3, first=0.7, channels=5, processing="guess", after=2, pace=PACE),
        ),
        Story(
            "relabel", "Other names",
            "All symbols are renamed. Nearly none is right any more, and not a nat is lost: who knows the new names knows as much "
            "as before.",
            Cascade(symbols=4, noise=0.1, first=0.25, channels=4, processing="relabel", after=1, pace=PACE),
        ),
        Story(
            "merge", "Two become one",
            "The last two symbols are made one, which cannot be undone. Watch what the merging costs, and how much of the loss the noise "
            "behind it would have caused anyway: set the processing to none.",
            Cascade(symbols=4, noise=0.05, first=0.25, channels=4, processing="merge", after=1, pace=PACE),
        ),
    ),
    predict=Prediction(
        "A bit goes through five channels, each of which flips it in one case of ten. Of the 1 bit it holds, how much is left?",
        ("About half", "A quarter or so", "Less than a tenth", "Nothing at all"),
        right=lambda s: left_over(s.stations[-1].mi / s.stations[0].mi) if s.stations[0].mi > SAME else None,
        happened=lambda s, unit: f"{amount(s.stations[-1].mi, unit)} of {amount(s.stations[0].mi, unit)} are left at the end",
        because="Each channel takes its share of what is left, the first one nearly half, and no step gives anything back: that is "
        "the "
        "data-processing inequality.",
        hints=(
            "One flip in ten already costs 0.47 of a bit: nobody knows which one it was.",
            "What is left is never quite zero while each channel is better than a coin.",
        ),
    ),
    main=("noise", "channels", "processing", "after", "symbols", "first"),
    more=("pace",),
    picture=picture, alternative=alternative, headline=headline, table=table, live=True,
    names={"none": "none", "relabel": "rename all symbols", "merge": "merge two symbols", "guess": "guess the likeliest x"},
    limits=(
        "The inequality I(X; f(Y)) ≤ I(X; Y) holds for a step that sees Y and nothing else that has to do with X. A second look at "
        "X, or knowledge from elsewhere, may raise it.",
        "It does not say that processing is useless. It cannot add information, but it can make what is there easier to use: for a "
        "person, or for an estimator that would not have found it.",
        "More information does not mean fewer errors: the guess makes fewest and keeps least. What to prefer depends on what is to "
        "be done with it.",
    ),
    papers=(("Cover & Thomas 2006, Elements of Information Theory, sec. 2.8", "https://doi.org/10.1002/047174882X"),),
)
