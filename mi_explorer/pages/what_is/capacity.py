"""The panel "How much gets through?": three channels, their input, and the capacity searched and by formula."""

from __future__ import annotations

__all__ = ["CAPACITY"]

from mi_explorer.objectives.capacity import Capacity, CapacitySnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import folded
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls

AGREED = 1e-12  # nats
NOTHING = 1e-14
PACE = 0.25


def picture(snapshot: CapacitySnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.capacity import capacity

    return capacity(snapshot, unit, dark, narrow)


def amount(value: float, unit: str) -> str:
    return f"{format_mi(value, unit, 3)} {unit}"


def share(p: float) -> str:
    return f"{100 * p:.3g} %"


def alternative(snapshot: CapacitySnapshot, unit: str) -> str:
    study = snapshot.study
    return (
        f"The {WORDS[study.channel]} with noise {share(study.noise)}; information over the input, a hill as high as the capacity, "
        f"{amount(study.truth, unit)}; the inputs tried climb it from a 1 in {share(snapshot.p[0])} of the cases to one in "
        f"{share(snapshot.p[-1])}; and how much is still missing after each of {len(snapshot.p)} iterations."
    )


def headline(snapshot: CapacitySnapshot, unit: str) -> str:
    study = snapshot.study
    if study.truth < NOTHING:
        return "Nothing gets through: what arrives has the same frequencies whatever was sent, so the capacity is 0."
    start = f"Sending a 1 in {share(snapshot.p[0])} of the cases carries {amount(snapshot.mi[0], unit)} a symbol."
    if snapshot.proven > AGREED:
        return (
            f"{start} After {len(snapshot.p) - 1} improvements it is {amount(snapshot.mi[-1], unit)}, and no input can carry more than "
            f"{amount(snapshot.most[-1], unit)}."
        )
    off = abs(snapshot.mi[-1] - study.truth)
    agree = "the formula says the same, to 10⁻¹²" if off <= AGREED else f"the formula differs by {off:.0e} nats"
    if snapshot.mi[-1] - snapshot.mi[0] < 5e-4:
        return f"{start} No input carries more: that is the capacity, and {agree}."
    best = f"The best input, a 1 in {share(snapshot.p[-1])}, carries {amount(snapshot.mi[-1], unit)}"
    return f"{start} {best}: that is the capacity, and {agree}."


def table(snapshot: CapacitySnapshot, unit: str) -> str:
    study = snapshot.study
    rows = [
        row("Chosen input", "chosen", snapshot, 0, "What it sends, and what no input can exceed, as far as it can tell.", unit),
        row("Search", "search", snapshot, -1, f"Blahut–Arimoto, iteration {len(snapshot.p)}.", unit),
        {
            "name": "Formula", "class": "mi-row-formula", "sentence": FORMULAS[study.channel],
            "cells": ["–", f'<span class="mi-formula">{format_mi(study.truth, unit, 12)}</span>', "–"],
        },
    ]
    columns = ["Iteration", "a 1 in", f"I ({unit})", "proven to miss at most"]
    first = range(min(len(snapshot.p), 12))
    last = range(max(12, len(snapshot.p) - 3), len(snapshot.p))
    steps = [
        {
            "name": str(k + 1),
            "cells": [share(snapshot.p[k]), format_mi(snapshot.mi[k], unit, 12), f"{max(snapshot.most[k] - snapshot.mi[k], 0):.1e} nats"],
        }
        for k in (*first, *last)
    ]
    standing = controls.table(["Input", "a 1 in", f"I ({unit})", f"no input exceeds ({unit})"], rows)
    return standing + folded("Iterations in figures", controls.table(columns, steps))


def row(name: str, slug: str, snapshot: CapacitySnapshot, place: int, sentence: str, unit: str) -> dict:
    mi = f'<span class="mi-mi-{slug}">{format_mi(snapshot.mi[place], unit, 12)}</span>'
    cells = [share(snapshot.p[place]), mi, format_mi(snapshot.most[place], unit, 12)]
    return {"name": name, "class": f"mi-row-{slug}", "cells": cells, "sentence": sentence}


WORDS = {"symmetric": "binary symmetric channel", "erasure": "binary erasure channel", "z": "Z channel"}
FORMULAS = {
    "symmetric": "log 2 − H(e): what a bit holds, less the doubt whether it was flipped.",
    "erasure": "(1 − e) log 2: what is not lost arrives whole.",
    "z": "log(1 + exp(−H(e) / (1 − e))).",
}

def best_share(p: float) -> int:
    """The number of the answer: half, less, more, hardly ever."""
    return 3 if p < 0.15 else 1 if p < 0.495 else 0 if p < 0.505 else 2


CAPACITY = Panel(
    key="capacity",
    label="How much gets through?",
    question="A channel damages some of the bits that are sent. How much is still told depends on the input as well: who always "
    "sends the same bit tells nothing. Choose the channel and how often a 1 is sent; the search then improves on your input until "
    "no other can do better.",
    stories=(
        Story(
            "z", "A fragile 1",
            "The Z channel: a 0 always arrives, every second 1 turns into a 0. Should both be sent equally often? Try 0.5, and "
            "then watch where the search goes: somewhat fewer ones are better.",
            Capacity(channel="z", noise=0.5, p=0.1, pace=PACE),
        ),
        Story(
            "symmetric", "Flipped bits",
            "One bit in ten is flipped, and that costs 0.47 of the 1 bit, far more than a tenth: nobody says which one it was. At noise "
            "0.5 nothing gets through, and at 1 everything.",
            Capacity(channel="symmetric", noise=0.1, p=0.2, pace=PACE),
        ),
        Story(
            "erasure", "Lost bits",
            "One bit in ten is lost, but the loss is seen. It costs exactly a tenth: compare with the flipped bits.",
            Capacity(channel="erasure", noise=0.1, p=0.9, pace=PACE),
        ),
        Story(
            "slow", "Little to be gained",
            "Nearly half the bits are flipped. The hill is over a hundred times lower than without noise, and flat, so the search "
            "climbs slowly, but it knows at any time how far it can be from the top, formula or not.",
            Capacity(channel="symmetric", noise=0.45, p=0.2, iterations=3000, pace=0.05),
        ),
    ),
    predict=Prediction(
        "Of the ones that are sent, half turn into a 0; a 0 always arrives. How often should a 1 be sent to get most through?",
        ("Half of the time", "Less than half, but often", "More than half, to make up for it", "Hardly ever"),
        right=lambda s: best_share(float(s.p[-1])),
        happened=lambda s, unit: f"the best input sends a 1 in {share(s.p[-1])} of the cases and carries {amount(s.mi[-1], unit)}",
        because="A symbol that gets damaged adds doubt at the other end. Sending it a little less often costs some variety and "
        "saves more "
        "doubt than that; damage that is alike for both symbols pulls to neither side.",
        hints=("An arriving 1 is beyond doubt, an arriving 0 is not. What makes the zeros more believable?",),
    ),
    main=("channel", "noise", "p"),
    more=("iterations", "pace"),
    picture=picture, alternative=alternative, headline=headline, table=table, live=True,
    names={
        "symmetric": "symmetric: a bit is flipped", "erasure": "erasure: a bit is lost, and one sees it", "z": "Z: a 1 turns into a 0",
    },
    limits=(
        "Capacity is about long messages: with codes over many symbols one can send that much a symbol with as few errors as one "
        "likes. A single bit through the channel is damaged as before.",
        "Two formulas for the same number prove little if both come from one head. The search knows no formula: I is what its "
        "input sends, max D is what no input can exceed, and where they meet, there is the capacity. Most channels have no closed "
        "form, and are searched all the same.",
    ),
    papers=(
        ("Shannon 1948", "https://doi.org/10.1002/j.1538-7305.1948.tb01338.x"),
        ("Blahut 1972, Computation of Channel Capacity", "https://doi.org/10.1109/TIT.1972.1054855"),
        ("Arimoto 1972", "https://doi.org/10.1109/TIT.1972.1054753"),
    ),
)
