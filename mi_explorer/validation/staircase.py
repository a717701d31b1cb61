"""The staircase of Poole et al. 2019 (fig. 2) and Song & Ermon 2020 (fig. 1): critics that follow a truth rising in steps."""

from __future__ import annotations

__all__ = ["staircase"]

import math
from collections.abc import Generator

import numpy as np

from mi_explorer.bounds import bounds
from mi_explorer.distributions import Distribution, Gaussian, Transformed
from mi_explorer.experiment import Experiment
from mi_explorer.validation.section import Row, Section, Settings, spread

TARGETS = (2.0, 4.0, 6.0, 8.0, 10.0)  # nats
DIM, K, WINDOW = 20, 64, 500
BOUNDS = ("infonce", "nwj", "mine", "js", "smile")
# Bias of InfoNCE and variance of NWJ with the joint critic on the Gaussian, level by level.
INFONCE_BIAS = (0.25, 0.99, 2.31, 4.00, 5.89)
NWJ_VARIANCE = (0.06, 0.22, 1.36, 16.5, 99.0)

TEXT = f"""\
{DIM}-d Gaussian with one correlation for every pair, and the same with y cubed; K = {K}, Adam 5e-4, two hidden layers of 256,
embedding 32, critics kept from level to level. Bias is truth minus mean, both over the last {WINDOW} steps of a level; variance is that of the
single-batch estimates there. The standard error of a mean comes from ten blocks of steps, because neighbouring steps share
their critic. Published figures are for the joint critic on the Gaussian, as quoted in the literature for Song & Ermon 2020.
A variance from heavy tails is only judged by its order of magnitude: agreement means within a factor of three."""


def level(target: float, cubed: bool) -> Distribution:
    gaussian = Gaussian.from_mi(target, dim=DIM)
    return Transformed(gaussian, "identity", "cube") if cubed else gaussian


def measure(critic: str, cubed: bool, steps: int, seed: int) -> list[dict]:
    """One staircase; a dictionary per level and bound: bias, its standard error, variance, MSE."""
    from mi_explorer.result import collect
    from mi_explorer.training import run

    levels = [level(target, cubed) for target in TARGETS]
    experiment = Experiment(
        distribution=levels[0], bounds=BOUNDS, critic=critic, batch_size=K, learning_rate=5e-4, steps=steps * len(levels),
        replicates=1, seed=seed, evaluate_every=steps, device="cpu",
        changes=tuple((steps * index, "distribution", one) for index, one in enumerate(levels) if index),
    )
    curves = collect(run(experiment)).estimates[:, :, 0].astype(float)
    rows = []
    for index, target in enumerate(TARGETS):
        window = curves[steps * (index + 1) - min(WINDOW, steps) : steps * (index + 1)]
        blocks = np.array([block.mean(0) for block in np.array_split(window, 10)])
        for place, key in enumerate(BOUNDS):
            bias = target - window[:, place].mean()
            variance = window[:, place].var(ddof=1)
            rows.append({
                "problem": "cubic" if cubed else "Gaussian", "critic": critic, "truth": target, "bound": key, "bias": bias,
                "stderr": blocks[:, place].std(ddof=1) / math.sqrt(10), "variance": variance, "mse": bias**2 + variance,
            })
    return rows


def staircase(settings: Settings) -> Generator[float, None, Section]:
    """Bias, variance and mean squared error of every bound on the staircase (20 + 20-d, 2 to 10 nats)."""
    import pandas as pd

    from mi_explorer.figures.validation import staircase_figure

    steps = 200 if settings.quick else 4000
    jobs = [(critic, cubed, steps, 0) for critic in ("joint", "separable") for cubed in (False, True)]
    table = pd.DataFrame(sum((yield from spread(measure, jobs, settings.workers)), []))
    rows = []
    joint = table[(table.problem == "Gaussian") & (table.critic == "joint")].set_index(["bound", "truth"])
    for target, bias, variance in zip(TARGETS, INFONCE_BIAS, NWJ_VARIANCE):
        ours = joint.loc[("infonce", target)]
        rows.append(Row(f"bias of InfoNCE at {target:g} nats", bias, ours.bias, ours.stderr, margin=0.05 + 0.02 * target))
        ours = joint.loc[("nwj", target)]
        rows.append(Row(
            f"log10 of NWJ's variance at {target:g} nats", math.log10(variance), math.log10(ours.variance), math.nan,
            margin=math.log10(3),
        ))
    shown = table.assign(bound=[bounds[key].name for key in table.bound])
    tables = {
        f"{problem}, {critic} critic": part.drop(columns=["problem", "critic"])
        .pivot(index="truth", columns="bound", values=["bias", "variance", "mse"]).round(3)
        for (problem, critic), part in shown.groupby(["problem", "critic"])
    }
    return Section(
        f"The staircase ({steps} steps a level)", TEXT, tuple(rows), tables,
        {"staircase.png": staircase_figure(table)},
    )
