"""The picture of a masked word: the bound in training and on fresh sentences, and what the networks guess behind one mask."""

from __future__ import annotations

__all__ = ["LOOKS", "masked_word"]

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import plain_axis
from mi_explorer.objectives.masked_word import SHOWN, MaskedWordSnapshot
from mi_explorer.palette import style_of
from mi_explorer.verdicts import UNITS

WORDS = "abcdef"
LOOKS = {"many": 0, "few": 1}
MOODS = (2, 3, 4)  # looks of the moods


def masked_word(snapshot: MaskedWordSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: H less cross-entropy over the training, on fresh sentences and on those of the training, with the range over
    replicates and the truth. Right: a sentence coloured by its moods, and the probabilities of the word behind the mask."""
    figure, _ = new_figure(width=4.4 if narrow else 8, height=7.4 if narrow else 4.6, dark=dark, rows=0)
    if narrow:
        grid = figure.add_gridspec(3, 1, height_ratios=(3, 0.55, 2))
        places = grid[0], grid[1], grid[2]
    else:
        grid = figure.add_gridspec(2, 2, height_ratios=(0.5, 3), width_ratios=(1.25, 1))
        places = grid[:, 0], grid[0, 1], grid[1, 1]
    curves(figure, plain_axis(figure, places[0], dark), snapshot, unit, dark, narrow)
    sentence(figure.add_subplot(places[1]), snapshot, dark)
    guesses(plain_axis(figure, places[2], dark), snapshot, dark)
    sign(figure, snapshot.study, dark)
    return figure


def curves(figure: Figure, axis, snapshot: MaskedWordSnapshot, unit: str, dark: bool, narrow: bool) -> None:
    scale, (text, quiet) = UNITS[unit], ink(dark)
    study = snapshot.study
    axis.grid(axis="y", color=quiet, linewidth=0.6)
    axis.axhline(snapshot.truth / scale, color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="true I(word; context)")
    highest = snapshot.truth / scale
    for arm, count in (("many", study.sentences), ("few", study.few)):
        colour = style_of(LOOKS[arm]).matplotlib(dark)["color"]
        for where, line, told in (("fresh", "-", "fresh"), ("training", (0, (2, 1.5)), "training")):
            values = snapshot.curve(where, arm) / scale
            mean = values.mean(1)
            axis.plot(snapshot.steps, mean, color=colour, linestyle=line, linewidth=1.8, label=f"{count:,} sentences: {told}")
            axis.fill_between(snapshot.steps, values.min(1), values.max(1), color=colour, alpha=0.16, linewidth=0)
            highest = max(highest, mean.max())
    axis.set_xlim(0, study.steps)
    axis.set_ylim(-0.1 * highest, 1.12 * highest)
    axis.set_xlabel("training step")
    axis.set_ylabel(f"H − cross-entropy ({unit})")
    words(figure.legend(loc="outside upper left", ncols=1 if narrow else 3, fontsize=8, frameon=False, handlelength=2.6), dark)


def sentence(axis, snapshot: MaskedWordSnapshot, dark: bool) -> None:
    text, span = ink(dark)[0], snapshot.study.span
    shown, middle = snapshot.sentence, SHOWN // 2
    for place, (word, mood) in enumerate(zip(shown.words, shown.moods)):
        near = abs(place - middle) <= span
        colour = style_of(MOODS[mood]).matplotlib(dark)["color"]
        face = "none" if place == middle else colour
        axis.add_patch(Rectangle((place + 0.06, 0.06), 0.88, 0.88, facecolor=face, alpha=0.35 if near else 0.1, linewidth=0))
        if near:
            axis.add_patch(Rectangle((place + 0.06, 0.06), 0.88, 0.88, fill=False, edgecolor=text, linewidth=2 if place == middle else 0.8))
        letter = "?" if place == middle else WORDS[word]
        axis.text(place + 0.5, 0.47, letter, ha="center", va="center", fontsize=11, color=text, alpha=1 if near else 0.5)
    axis.set(xlim=(0, SHOWN), ylim=(0, 1))
    axis.set_axis_off()
    axis.set_title("what the network sees, framed; colour = mood (hidden)", fontsize=8, color=text)


def guesses(axis, snapshot: MaskedWordSnapshot, dark: bool) -> None:
    text, shown = ink(dark)[0], snapshot.sentence
    places = np.arange(len(WORDS))
    axis.bar(places - 0.27, shown.exact, 0.24, color=text, alpha=0.55, label="exact")
    for offset, (arm, guess) in zip((0.0, 0.27), shown.guesses.items()):
        axis.bar(places + offset, guess, 0.24, color=style_of(LOOKS[arm]).matplotlib(dark)["color"], label=f"from {arm}")
    behind = shown.words[SHOWN // 2]
    axis.set_xticks(places, [f"{word}\n(it was)" if place == behind else word for place, word in enumerate(WORDS)])
    axis.set_ylim(0, max(0.6, 1.3 * max(shown.exact.max(), *(guess.max() for guess in shown.guesses.values()))))
    axis.set_ylabel("P(word behind the mask)")
    words(axis.legend(fontsize=8, frameon=False, loc="upper left", ncols=3, columnspacing=1, handlelength=1), dark)
