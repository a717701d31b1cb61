"""The panel "What can be done with it?": an agent acts through a frozen code, beside the least cost that is possible."""

from __future__ import annotations

__all__ = ["REACHING"]

from mi_explorer.objectives.reaching import AGENTS, Reaching, ReachingSnapshot
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.predicting.numbers import ranged, share
from mi_explorer.widgets import controls


def picture(snapshot: ReachingSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.reaching import reaching

    return reaching(snapshot, unit, dark, narrow)


def costs(snapshot: ReachingSnapshot) -> dict[str, float]:
    return {key: float(snapshot.now(key).mean()) for key in AGENTS if snapshot.now(key) is not None}


def alternative(snapshot: ReachingSnapshot, unit: str) -> str:
    told = ", ".join(f"{AGENTS[key]} {share(cost)}" for key, cost in costs(snapshot).items())
    exact = snapshot.exact
    return (
        f"Positions of the swing in a few episodes, and the cost of a step from round to round, now {told}. Exact: {share(exact['lqr'])} from the "
        f"state, {share(exact['lqg'])} from what is seen, {share(exact['blind'])} blind."
    )


def headline(snapshot: ReachingSnapshot, unit: str) -> str:
    found, exact = costs(snapshot), snapshot.exact
    state = f"Seeing the true state, a linear policy comes to {share(found['state'])} a step (least possible: {share(exact['lqr'])})."
    if "pca" not in found:
        known = f" So far, CPC's code has R² {share(snapshot.r2['cpc'].mean())} to the state." if snapshot.r2 else ""
        return f"{state} Now the agent pushes at random and learns codes of what it sees.{known}"
    return (
        f"Through CPC's code the agent pays {share(found['cpc'])} a step, where {share(exact['lqg'])} is the least from what is seen. Through an "
        f"autoencoder's it pays {share(found['autoencoder'])} and through PCA's {share(found['pca'])}; blind it would be {share(exact['blind'])}. {state}"
    )


def table(snapshot: ReachingSnapshot, unit: str) -> str:
    from mi_explorer.figures.reaching import LOOKS

    exact, rows = snapshot.exact, []
    for key, name in AGENTS.items():
        now = snapshot.now(key)
        r2 = "1.00" if key == "state" else ranged(snapshot.r2[key]) if key in snapshot.r2 else "–"
        cost = "–" if now is None else ranged(now)
        least = share(exact["lqr"] if key == "state" else exact["lqg"])
        rows.append({
            "name": name, "style": LOOKS[key], "class": f"mi-row-{key}",
            "cells": [r2, f'<span class="mi-cost-{key}">{cost}</span>', least, share(exact["blind"])],
        })
    return controls.table(["The policy sees", "R² while exploring", "Cost of a step", "Least possible, exact", "Blind, exact"], rows)


def acts(cost: float, exact: dict[str, float]) -> int:
    """The number of the answer: within a third of the least cost, in between, at least four fifths of the blind cost."""
    return 2 if cost > 0.8 * exact["blind"] else 0 if cost < 4 / 3 * exact["lqg"] else 1


REACHING = Panel(
    key="reaching",
    label="What can be done with it?",
    question="An agent is to hold the swing at a goal. It sees mixed, noisy channels and may push. Run lets it push at random and learn a code of "
    "two numbers, freezes the code, and searches a linear policy on it by trial. What is a code worth, in cost?",
    stories=(
        Story(
            "loud", "Loud, white distractors",
            "On the right, CPC's policy comes down to the least cost that is possible from what is seen (dashed). The "
            "others end where an agent with closed eyes would. On the left you see what that means.",
            Reaching(),
        ),
        Story(
            "slow", "Slow distractors",
            "The distractors last longer than the swing. CPC predicts them well, and its agent is as blind as the others.",
            Reaching(persistence=0.9),
        ),
        Story(
            "explorer", "Pushing makes it louder",
            "Distractors of variance 16. The agent's own random pushes make the swing loud enough for PCA to see a part "
            "of it: its cost falls below the blind one, but not to the least.",
            Reaching(loudness=16.0),
        ),
    ),
    predict=Prediction(
        "An agent acts on a code of two numbers, learned by rebuilding what it sees among loud noise. How well does it hold the "
        "swing at its goal?",
        ("As well as can be", "Somewhat worse than can be", "As if its eyes were closed"),
        right=lambda s: None if s.now("autoencoder") is None else acts(float(s.now("autoencoder").mean()), s.exact),
        happened=lambda s, unit: f"it pays {share(float(s.now('autoencoder').mean()))} a step; the least is "
        f"{share(s.exact['lqg'])}, blind it is {share(s.exact['blind'])}",
        because="The two numbers went to the loud noise, so the policy knows nothing of the swing, however long it searches. No "
        "controller can use what the code has "
        "thrown away.",
        hints=("What are the two numbers about? Not what the agent needs, perhaps.",),
    ),
    main=("persistence", "loudness", "noise", "goal", "price"),
    more=("distractors", "steps", "rounds", "replicates", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "A code is as good as its objective fits the task. Here the swing is what can be predicted; with slow distractors "
        "it is not, and the code is worth nothing to the agent.",
        "The least costs are those of the long run, for policies without limits. The policies found are measured on 400 "
        "episodes, from step 20 to 60: a value may lie a few hundredths below the least by chance.",
        "The code reads what the agent did just before, beside what it sees: where the swing will be depends on both. R² "
        "is that under random pushes, which make the swing louder than it is by itself.",
        "The task is linear and the policy too, because then the least cost is known. Nothing here says that information "
        "alone finds what a task needs: a reward may hang on something that can hardly be predicted.",
    ),
    papers=(
        ("Rakelly et al. 2021, which MI objectives are sufficient for control?", "https://arxiv.org/abs/2106.07278"),
        ("Laskin et al. 2020, CURL", "https://arxiv.org/abs/2004.04136"),
        ("Ha & Schmidhuber 2018, world models", "https://arxiv.org/abs/1803.10122"),
    ),
)
