"""The panel "Which word is masked?": the loss of a language model as a bound, held out and not."""

from __future__ import annotations

__all__ = ["MASKED"]

from mi_explorer.objectives.masked_word import MaskedWord, MaskedWordSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount, prose
from mi_explorer.pages.predicting.numbers import ranged
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls


def picture(snapshot: MaskedWordSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.masked_word import masked_word

    return masked_word(snapshot, unit, dark, narrow)


def sides(study: MaskedWord) -> str:
    return f"{study.span} word{'s' if study.span > 1 else ''} on either side"


def last(snapshot: MaskedWordSnapshot, where: str, arm: str):
    return snapshot.curve(where, arm)[-1]


def alternative(snapshot: MaskedWordSnapshot, unit: str) -> str:
    study = snapshot.study
    told = "; ".join(
        f"from {count:,} sentences {format_mi(last(snapshot, 'training', arm).mean(), unit)} on those and "
        f"{format_mi(last(snapshot, 'fresh', arm).mean(), unit)} on fresh ones"
        for arm, count in (("many", study.sentences), ("few", study.few))
    )
    return (
        f"H less cross-entropy over the training, in {unit}: {told}. The truth is {amount(snapshot.truth, unit)}. Beside it a sentence with "
        "a masked word, and bars with the exact and the learned probabilities of each word behind the mask."
    )


def headline(snapshot: MaskedWordSnapshot, unit: str) -> str:
    study = snapshot.study
    many, fresh, trained = (last(snapshot, where, arm).mean() for where, arm in (("fresh", "many"), ("fresh", "few"), ("training", "few")))
    first = (
        f"{sides(study)} tell{'s' if study.span == 1 else ''} {amount(snapshot.truth, unit)} about a word. "
        f"Taught by {study.sentences:,} sentences, a network shows {format_mi(many, unit)} of them on fresh ones."
    )
    if trained > snapshot.truth + 0.02:
        return (
            f"{first} Taught by {study.few:,}, it shows {format_mi(trained, unit)} on those, more than there is to know, and "
            f"{format_mi(fresh, unit)} on fresh ones: a bound must be held out."
        )
    return f"{first} Taught by {study.few:,}, it shows {format_mi(trained, unit)} on those and {format_mi(fresh, unit)} on fresh ones."


def table(snapshot: MaskedWordSnapshot, unit: str) -> str:
    from mi_explorer.figures.masked_word import LOOKS

    study = snapshot.study
    rows = [
        {
            "name": f"{count:,} sentences", "style": LOOKS[arm], "class": f"mi-row-{arm}",
            "cells": [f'<span class="mi-{where}-{arm}">{ranged(last(snapshot, where, arm), unit)}</span>' for where in ("training", "fresh", "exact")],
        }
        for arm, count in (("many", study.sentences), ("few", study.few))
    ]
    told = ", ".join(f"{format_mi(value, unit, 3)} with {span}" for span, value in snapshot.truths.items())
    rows.append({
        "name": "Truth", "class": "mi-row-truth", "cells": [format_mi(snapshot.truth, unit, 3)] * 3,
        "sentence": prose(f"I(word; context) by summing over all contexts, in {unit}: {told} on either side."),
    })
    return controls.table([f"Taught by ({unit})", "On the same", "On fresh ones", "On the whole language, exact"], rows)


def by_heart(shown: float, truth: float) -> int:
    """The number of the answer: the truth within 0.02 nats, less, more."""
    return 0 if abs(shown - truth) <= 0.02 else 2 if shown > truth else 1


MASKED = Panel(
    key="masked",
    label="Which word is masked?",
    question="A language model guesses the word behind a mask from its neighbours. Entropy less its loss is a lower bound on what the "
    "neighbours tell. This language is so small that the truth can be summed up. Run trains two networks, one on many "
    "sentences and one on few.",
    stories=(
        Story(
            "two-a-side", "Two words a side",
            "Many sentences: the blue curves come up to the truth and stay. Few: on its own sentences the network passes "
            "the truth, and on fresh ones it falls. The bars show why: it has become too sure.",
            MaskedWord(),
        ),
        Story(
            "three-a-side", "Three words a side",
            "There is hardly more to know than with two words, but 36 times as many contexts to learn by heart. Does the "
            "network of few sentences end above nothing at all?",
            MaskedWord(span=3),
        ),
        Story(
            "one-a-side", "One word a side",
            "Only 36 contexts: now 100 sentences are nearly enough, and on fresh ones the two networks hardly differ.",
            MaskedWord(span=1),
        ),
        Story(
            "fickle", "Moods that change fast",
            "The mood lasts with probability 0.6 only, and neighbours tell little. On its own sentences the network of few shows three times "
            "as much as there is, and on fresh ones less than nothing.",
            MaskedWord(stay=0.6),
        ),
    ),
    predict=Prediction(
        "A network that has learned 100 sentences by heart: what does “entropy less its loss” show on those sentences?",
        ("Just the truth", "Less than the truth: it is a lower bound", "More than there is to know"),
        right=lambda s: by_heart(float(last(s, "training", "few").mean()), s.truth),
        happened=lambda s, unit: f"{format_mi(last(s, 'training', 'few').mean(), unit)} on its own sentences and "
        f"{format_mi(last(s, 'fresh', 'few').mean(), unit)} on fresh ones, "
        f"for a truth of {amount(s.truth, unit)}",
        because="The bound holds for sentences that the network was not taught with. On its own it has learned the answers, and no "
        "promise is left: a "
        "bound must be held out.",
        hints=("Does the promise hold for pairs that the training has seen?",),
    ),
    main=("span", "sentences", "few", "stay", "clear"),
    more=("steps", "replicates", "width", "batch_size", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "The bound holds for the expectation over the language. A finite set of fresh sentences may pass it by chance, "
        "here by about 0.005 nats; the last column of the table has no such chance, since it sums over all contexts.",
        "On the sentences of the training nothing is promised: there, H − cross-entropy is no bound on anything.",
        "H(word) is known here: log 6. For a real language it is not, and the loss of a model alone tells no mutual "
        "information.",
        "That the truth hardly grows from one neighbour to three is a property of this language, whose only memory is its "
        "mood.",
    ),
    papers=(
        ("Devlin et al. 2018, BERT", "https://arxiv.org/abs/1810.04805"),
        ("Kong et al. 2019, language representation as maximal information", "https://arxiv.org/abs/1910.08350"),
        ("McAllester & Stratos 2018, formal limitations", "https://arxiv.org/abs/1811.04251"),
    ),
)
