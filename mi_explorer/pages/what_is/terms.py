"""The panel "Where does the number come from?": a joint table to type into, and its mutual information term by term."""

from __future__ import annotations

__all__ = ["TERMS"]

from mi_explorer.objectives.terms import Term, Terms, TermsSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction, band
from mi_explorer.pages.panels.words import amount, folded
from mi_explorer.pages.what_is.grid import grid
from mi_explorer.verdicts import format_mi, signed
from mi_explorer.widgets import controls

NOTHING = 5e-13  # nats: below it a sum of at most 16 terms is 0 but for rounding
PACE = 0.4


def picture(snapshot: TermsSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.terms import terms

    return terms(snapshot, unit, dark, narrow)


def alternative(snapshot: TermsSnapshot, unit: str) -> str:
    told = "; ".join(f"x{term.x + 1} with y{term.y + 1} {signed(term.value, unit, 3)}" for term in snapshot.terms)
    e = snapshot.entropies
    return (
        f"What each pair adds, in {unit}: {told}. The sum after {snapshot.count} of {len(snapshot.terms)} terms is "
        f"{format_mi(snapshot.current.so_far, unit, 3)}. As bars that add up: H(X) = {format_mi(e.x, unit, 3)} is H(X|Y) = "
        f"{format_mi(e.x_given_y, unit, 3)} plus I = {format_mi(e.mi, unit, 3)}; H(Y) = {format_mi(e.y, unit, 3)} is H(Y|X) = "
        f"{format_mi(e.y_given_x, unit, 3)} plus I."
    )


def headline(snapshot: TermsSnapshot, unit: str) -> str:
    e = snapshot.entropies
    if e.x < NOTHING or e.y < NOTHING:
        one = "x" if e.x < NOTHING else "y"
        return f"The mutual information is {amount(0.0, unit)}: {one} is always the same, so there is nothing to be told about it."
    if e.mi < NOTHING:
        return (
            f"The mutual information is {amount(0.0, unit)}: every pair is exactly as frequent as chance alone would make it, so "
            "seeing y tells nothing about x."
        )
    asked = f"Which x is it? That is a question of {amount(e.x, unit)}."
    if e.x_given_y < NOTHING:
        return f"{asked} Seeing y answers all of it: the mutual information is {amount(e.mi, unit)}, and no doubt about x is left."
    return (
        f"{asked} Seeing y answers {percent(e.mi / e.x)} of it: the mutual information is {amount(e.mi, unit)}, and "
        f"{amount(e.x_given_y, unit)} of doubt about x are left."
    )


def percent(share: float) -> str:
    """Never 0 % of what is not nothing, never 100 % of what is not all."""
    whole = round(100 * share)
    return "less than 1 %" if whole == 0 else "more than 99 %" if whole == 100 else f"{whole} %"


def table(snapshot: TermsSnapshot, unit: str) -> str:
    e = snapshot.entropies
    rows = [
        part("H(X)", "x", e.x, "H(X|Y) + I(X;Y)", "How open is it which x comes?", unit),
        part("H(X|Y)", "x-given-y", e.x_given_y, "H(X) − I(X;Y)", "How open is it still, on average, once y is seen?", unit),
        part("H(Y)", "y", e.y, "H(Y|X) + I(X;Y)", "How open is it which y comes?", unit),
        part("H(Y|X)", "y-given-x", e.y_given_x, "H(Y) − I(X;Y)", "And once x is seen?", unit),
        part("I(X;Y)", "mi", e.mi, "H(X) + H(Y) − H(X,Y)", "What each tells about the other: the same in both directions.", unit),
    ]
    columns = ["Pair", "p(x,y)", "p(x)·p(y)", "ratio", f"log ratio ({unit})", "term", "sum so far"]
    terms = [term_row(term, unit) for term in snapshot.terms[: snapshot.count]]
    return controls.table(["Quantity", unit, "is the same as"], rows) + folded("Every term in figures", controls.table(columns, terms))


def part(name: str, slug: str, value: float, same: str, question: str, unit: str) -> dict:
    shown = f'<span class="mi-value-{slug}">{format_mi(value, unit, 4)}</span>'
    return {"name": name, "class": f"mi-row-{slug}", "cells": [shown, same], "sentence": question}


def term_row(term: Term, unit: str) -> dict:
    ratio = term.p / term.by_chance
    return {
        "name": f"x<sub>{term.x + 1}</sub>, y<sub>{term.y + 1}</sub>",
        "cells": [
            f"{term.p:.4g}", f"{term.by_chance:.4g}", f"{ratio:.3g}", signed(term.value / term.p, unit, 3), signed(term.value, unit, 3),
            format_mi(term.so_far, unit, 3),
        ],
    }


def answered(part: float) -> int:
    """The number of the answer: four fifths or nearly, about half, less than a third, nothing."""
    return 3 - band(part, NOTHING, 0.33, 0.7)


TERMS = Panel(
    key="terms",
    label="Where does the number come from?",
    question="The table says how often each pair of x and y occurs together. Mutual information compares that with chance: with what the "
    "frequencies of x and of y alone would make of it. Type into the table under Settings, and watch the sum being made.",
    stories=(
        Story(
            "noisy-copy", "A noisy copy",
            "y is x, but for one case in five. Pairs that match come more often than by chance and add; the others take a little away, "
            "never as much.",
            Terms(weights=((4, 1), (1, 4)), pace=PACE),
        ),
        Story(
            "independent", "Nothing in common",
            "Every row has the same proportions: whatever x is, y does the same. All ratios are 1, all logarithms 0. Change a single "
            "cell, and information appears.",
            Terms(weights=((1, 2, 1), (2, 4, 2), (1, 2, 1)), pace=PACE),
        ),
        Story(
            "copy", "A perfect copy",
            "y is x. Both doubts are gone, and the mutual information is the whole entropy: I(X;X) = H(X), log 3 here.",
            Terms(weights=((1, 0, 0), (0, 1, 0), (0, 0, 1)), pace=PACE),
        ),
        Story(
            "one-sided", "One way only?",
            "Seeing y, you know x; seeing x, you may have to guess between two y. And yet each tells exactly as much about the "
            "other: I is symmetric. It is the doubt left over that is not.",
            Terms(weights=((1, 1, 0), (0, 0, 2)), pace=PACE),
        ),
        Story(
            "xor", "Neither half alone",
            "x₁ to x₄ stand for two coins, 00, 01, 10 and 11; y says whether they differ. Together the coins tell all about y. One "
            "coin alone would tell nothing: add up the first two rows, and the last two, and look.",
            Terms(weights=((1, 0), (0, 1), (0, 1), (1, 0)), pace=PACE),
        ),
    ),
    predict=Prediction(
        "x and y agree in four cases of five. How much of the question “which x is it?” does seeing y answer?",
        ("Four fifths, or nearly", "About half", "Less than a third", "Nothing"),
        right=lambda s: None if s.entropies.x < NOTHING else answered(s.entropies.mi / s.entropies.x),
        happened=lambda s, unit: f"{amount(s.entropies.mi, unit)} of the {amount(s.entropies.x, unit)} are answered",
        because="Without y a guess is right in half of the cases already, and nobody says which of the five is the wrong one. "
        "Doubt "
        "shrinks much more slowly than errors do.",
        hints=("How often would you be right without looking at y?", "And do you know which case is the one that disagrees?"),
    ),
    main=("weights",),
    more=("pace",),
    picture=picture, alternative=alternative, headline=headline, table=table, controls={"weights": grid}, live=True,
    limits=(
        "A single term can be negative, the sum cannot. A negative term says that this pair is rarer than chance would have it, not that "
        "it is worth nothing.",
        "Mutual information looks at how often pairs occur, not at what they are called or how far apart they lie: shuffle the rows, "
        "and it stays the same. It says neither which of the two is the cause nor that one is.",
        "The table here is known. With a table that was counted from data the sum comes out too large as a rule: that is the last "
        "question above.",
    ),
    papers=(
        ("Shannon 1948, A Mathematical Theory of Communication", "https://doi.org/10.1002/j.1538-7305.1948.tb01338.x"),
        ("Cover & Thomas 2006, Elements of Information Theory, ch. 2", "https://doi.org/10.1002/047174882X"),
    ),
)
