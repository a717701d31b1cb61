"""The panel "It needs a decoder?": contrast beside an autoencoder with the same encoder."""

from __future__ import annotations

__all__ = ["NO_DECODER"]

import math

from mi_explorer.objectives.no_decoder import NoDecoder, NoDecoderSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.widgets import controls

NAMES = ("Autoencoder", "Contrast")


def picture(snapshot: NoDecoderSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.no_decoder import no_decoder

    return no_decoder(snapshot, unit, dark, narrow)


def alternative(snapshot: NoDecoderSnapshot, unit: str) -> str:
    return (
        "Digits before loud backgrounds, the autoencoder's drawings of them, the digits whose codes are nearest, and a "
        "linear probe's accuracy over training. "
        f"{headline(snapshot, unit)}"
    )


def headline(snapshot: NoDecoderSnapshot, unit: str) -> str:
    (drawn, told), step = snapshot.accuracy[-1].mean(-1), snapshot.steps[-1]
    behind = snapshot.background[-1].mean(-1)
    if not step:
        return f"Before training a linear probe reads {drawn:.2f} of the digits from either code: they begin alike."
    text = f"After {step} steps a linear probe reads {told:.2f} of the digits from the contrastive code and {drawn:.2f} from the autoencoder's."
    if math.isfinite(behind[0]):
        text += f" Of the background, the codes foretell {percent(behind[1])} and {percent(behind[0])}."
    return text


def percent(share: float) -> str:
    return f"{100 * max(share, 0):.0f} %" if math.isfinite(share) else "–"


def table(snapshot: NoDecoderSnapshot, unit: str) -> str:
    rows = []
    for arm, name in enumerate(NAMES):
        values = snapshot.accuracy[-1, arm]
        reach = f"{values.min():.3f} to {values.max():.3f}"
        rows.append({
            "name": name, "style": 1 - arm, "class": f"mi-row-{name.lower()}",
            "cells": [
                f"{snapshot.accuracy[0, arm].mean():.3f}",
                f'<span class="mi-digit-{arm}">{values.mean():.3f}</span><br><span class="mi-muted">{reach}</span>',
                percent(snapshot.background[-1, arm].mean()),
            ],
        })
    bound, most = float(snapshot.bound[-1].mean()), snapshot.study.ceiling()
    rows[1]["sentence"] = (
        f"InfoNCE on views of test digits: {amount(bound, unit)}. With batches of {snapshot.study.batch_size} it is at most {amount(most, unit)}."
    )
    for name, accuracy in zip(("Pixels of these pictures", "Pixels of the bare digits"), snapshot.raw):
        rows.append({"name": name, "cells": ["–", f"{accuracy:.3f}", "–"]})
    return controls.table(["Linear probe of", "Digit, untrained", "Digit, now", "Background foretold"], rows)


def apart(drawn: float, told: float) -> int:
    """The number of the answer: the autoencoder's code, that of contrast, both alike."""
    return 2 if abs(told - drawn) < 0.05 else int(told > drawn)


NO_DECODER = Panel(
    key="no-decoder",
    label="4 · It needs a decoder?",
    question="“A code is good if the input can be rebuilt from it.” Digits in light or dark ink, before loud "
    "backgrounds. An autoencoder has to draw them; contrast only has to "
    "tell which two views show the same digit. Same encoder, same start, same pictures, no labels: whose code knows the digit?",
    stories=(
        Story(
            "loud", "Before a loud background",
            "The autoencoder's drawings get better and better, at drawing backgrounds. The contrastive code throws them "
            "away: no decoder, and four times as many digits.",
            NoDecoder(),
        ),
        Story(
            "wrong", "Views that share the wrong thing",
            "Now two views share the background, and the digit changes. Contrast learns what the views share, so it "
            "forgets the digit altogether.",
            NoDecoder(share="background"),
        ),
        Story(
            "plain", "No background at all",
            "Only the ink changes. The autoencoder does much better now, and is still behind: it has to remember the ink, too.",
            NoDecoder(loudness=0.0),
        ),
        Story(
            "wide", "A wide code",
            "A code of 64 numbers has room for all 64 pixels. Does that save the autoencoder?",
            NoDecoder(code=64, seeds=3),
        ),
    ),
    predict=Prediction(
        "Digits before loud backgrounds. One code must redraw the picture, the other must recognise two views of a digit. From "
        "which are more digits read?",
        ("From the one that redraws: it keeps more", "From the one that recognises", "From both alike"),
        right=lambda s: apart(*s.accuracy[-1].mean(-1)),
        happened=lambda s, unit: f"{s.accuracy[-1, 1].mean():.2f} from the one that recognises, {s.accuracy[-1, 0].mean():.2f} "
        f"from the one that redraws",
        because="Whoever has to draw keeps what covers most pixels, and here that is the background. Contrast keeps what two views "
        "share, "
        "and may forget the rest.",
        hints=("Eight numbers for 64 pixels: what is most of the drawing about?", "And what do the two views have in common?"),
    ),
    main=("share", "loudness", "code", "temperature", "steps"),
    more=("seeds", "batch_size", "width", "learning_rate", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    names={"digit": "the digit", "background": "the background"},
    limits=(
        "Contrast was told something that the autoencoder was not: what two views share. Choose that wrongly, and the "
        "digit is gone (second story).",
        "It is not the decoder that fails but its target. An autoencoder asked for the bare digit would ignore "
        "backgrounds as well; but then somebody must know the bare digit.",
        "These pictures are made so that pixels are no help: dark and light ink cancel for a linear probe. On plain "
        "digits in one ink, pixels alone read 98 %.",
        "The bound is not the accuracy: it says how well two views of one digit are told from others, not whether two "
        "different threes are alike.",
    ),
    papers=(
        ("Chen et al. 2020, SimCLR", "https://arxiv.org/abs/2002.05709"),
        ("van den Oord et al. 2018, CPC", "https://arxiv.org/abs/1807.03748"),
        ("Tian et al. 2020, What makes for good views", "https://arxiv.org/abs/2005.10243"),
    ),
)
