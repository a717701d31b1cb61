"""The panel "A memory of strangers": momentum contrast, and what happens without the momentum."""

from __future__ import annotations

__all__ = ["QUEUE"]

import math

from mi_explorer.objectives.momentum_queue import ARMS, MomentumQueue, MomentumQueueSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.verdicts import format_mi, signed
from mi_explorer.widgets import controls


def picture(snapshot: MomentumQueueSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.momentum_queue import momentum_queue

    return momentum_queue(snapshot, unit, dark, narrow)


def names(study: MomentumQueue) -> dict[str, str]:
    return {"momentum": f"Queue, momentum {study.momentum:g}", "none": "Queue, momentum 0", "batch": "No queue"}


def alternative(snapshot: MomentumQueueSnapshot, unit: str) -> str:
    told = "; ".join(
        f"{names(snapshot.study)[arm]}: {format_mi(shown, unit)} and {format_mi(fresh, unit)}"
        for arm, shown, fresh in zip(ARMS, snapshot.shown[-1].mean(-1), snapshot.fresh[-1].mean(-1))
    )
    return (
        f"Curves over training, at step {snapshot.steps[-1]} in {unit}, shown by the loss and found on fresh pictures: {told}. "
        f"Best possible {amount(snapshot.study.best, unit)}."
    )


def headline(snapshot: MomentumQueueSnapshot, unit: str) -> str:
    study = snapshot.study
    slow, none, batch = snapshot.fresh[-1].mean(-1)
    shown = float(snapshot.shown[-3:, 0].mean())
    if not all(map(math.isfinite, (slow, none, batch))):
        return "The training has broken down in one of the arms. A smaller learning rate helps."
    told = [
        f"On fresh pictures the queue with momentum {study.momentum:g} has {amount(slow, unit)} of {amount(study.best, unit)}, "
        f"with momentum 0 {amount(none, unit)}, and a batch of {study.batch_size} without any queue {amount(batch, unit)}."
    ]
    if shown > study.truth + 0.1:
        told.append(f"On its queue the first one shows {amount(shown, unit)}, more than the {amount(study.truth, unit)} that there are: not a bound.")
    return " ".join(told)


def table(snapshot: MomentumQueueSnapshot, unit: str) -> str:
    study, rows = snapshot.study, []
    for look, (arm, shown, fresh) in enumerate(zip(ARMS, snapshot.shown[-1], snapshot.fresh[-1])):
        rows.append({
            "name": names(study)[arm], "style": look, "class": f"mi-row-{arm}",
            "cells": [
                format_mi(float(shown.mean()), unit), format_mi(study.best_of_batch if arm == "batch" else study.best, unit),
                f'{format_mi(float(fresh.mean()), unit)} <span class="mi-muted">({format_mi(float(fresh.min()), unit)} to {format_mi(float(fresh.max()), unit)})</span>',
                signed(float(fresh.mean()) - study.best, unit),
            ],
        })
    return controls.table(["Strangers", f"The loss shows ({unit})", "A bound could, at best", "Fresh pictures (range)", "Short of the best"], rows)


def momentum_helps(slow: float, none: float) -> int:
    """The number of the answer: without momentum it learns more, the same, next to nothing or at least much less."""
    return 0 if none > slow + 0.2 else 1 if none > slow - 0.2 else 2


QUEUE = Panel(
    key="queue",
    label="A memory of strangers",
    question="The views share 4.16 nats, and a batch of 16 cannot show more than log 16 = 2.77. MoCo keeps the codes of earlier batches, so "
    "that each query meets 1,024 strangers at the price of 16. But they were made by earlier encoders. Does that matter?",
    stories=(
        Story(
            "moco", "Momentum .99, and none",
            "On the right: with momentum the code comes near the best possible; without, the queue is full of keys from "
            "encoders that are gone, and "
            "nothing is learned. On the left: the loss shows more than there is. And the green line has no queue at all.",
            MomentumQueue(),
        ),
        Story(
            "too-fast", "Momentum .9",
            "The keys of the queue are up to 64 steps old, and with momentum .9 an encoder is another one after some 10. How "
            "much of the 4.13 nats is "
            "left, and how much does the loss claim?",
            MomentumQueue(momentum=0.9),
        ),
        Story(
            "patient", "No momentum, small steps",
            "A learning rate of 0.001 instead of 0.01: encoders change slowly by themselves. Without momentum something is "
            "learned now, though "
            "it stays far behind. It is the speed of the keys that counts.",
            MomentumQueue(learning_rate=1e-3),
        ),
        Story(
            "frozen", "Momentum 1",
            "The encoder of keys stays what it was at the start, a random network. Chasing it teaches about one nat, and then no more.",
            MomentumQueue(momentum=1.0),
        ),
    ),
    predict=Prediction(
        "1,024 codes of earlier batches wait in a queue. What if the encoder that makes them follows the trained one at once, "
        "without momentum?",
        ("It learns faster", "It learns the same", "It learns next to nothing"),
        right=lambda s: momentum_helps(*s.fresh[-3:].mean((0, 2))[:2]),
        happened=lambda s, unit: f"on fresh pictures {amount(float(s.fresh[-1, 1].mean()), unit)} without momentum, "
        f"{amount(float(s.fresh[-1, 0].mean()), unit)} with momentum {s.study.momentum:g}",
        because="The codes in the queue come from encoders that are gone. If the present one differs much, partner and strangers "
        "are told "
        "apart by their age, and that is all that is learned. Slow keys stay comparable.",
        hints=("Partners are coded now, strangers were coded many steps ago. Is there an easy way to tell them apart?",),
    ),
    main=("momentum", "queue", "batch_size", "temperature", "learning_rate", "steps"),
    more=("noise", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "What the loss shows on a queue is no lower bound on the information. Partners are new and strangers are old, so a "
        "query may know its partner by its "
        "age: the left picture can pass the 4.16 nats that there are. Only the right one may be compared with the dashed line.",
        "On these cards the queue is not needed: trained on 16 pictures at a time, without one, the code is as good among 1,024 strangers. "
        "A small batch limits what InfoNCE can show, not always what is learned. Queues and large batches pay where strangers "
        "are rarely similar.",
        "That momentum 0 learns nothing depends on the step size: with a learning rate of 0.001 it learns a part.",
    ),
    papers=(("He et al. 2020: MoCo", "https://arxiv.org/abs/1911.05722"), ("Chen et al. 2020: MoCo v2", "https://arxiv.org/abs/2003.04297")),
)
