"""128 + 128 dimensions, 18.41 nats, batches of 128: who collapses."""

from __future__ import annotations

__all__ = ["high_dimensional"]

import math
from collections.abc import Generator

from mi_explorer.bounds import bounds
from mi_explorer.distributions import Gaussian
from mi_explorer.experiment import Experiment
from mi_explorer.validation.section import Row, Section, Settings, spread

DIM, RHO, N, STEPS = 128, 0.5, 128, 3000
PUBLISHED = {  # McAllester & Stratos 2020, arXiv:1811.04251, their code at these settings
    "dv": 10.27, "mine": 9.38, "nwj": 9.25, "infonce": 4.82, "ialpha": 8.18, "doe-gaussian": 18.38, "doe-logistic": 18.42,
}

TEXT = f"""\
x and y {DIM}-d with correlation {RHO} in every pair: {Gaussian(dim=DIM, correlation=RHO).mi:.2f} nats; batches of {N} pairs, {STEPS} steps, a separable critic
for the bounds. A lower bound from N pairs that holds whatever the distribution cannot pass about log N = {math.log(N):.2f}
(McAllester & Stratos 2020, theorem 1); a difference of entropies can, at the price of promising nothing. What differs between
critics and optimisers is large here: ours agrees where it lies within 2 nats, and what counts is who collapses."""


def measure(key: str, steps: int, seed: int) -> float:
    from mi_explorer.result import collect
    from mi_explorer.training import run

    experiment = Experiment(
        distribution=Gaussian(dim=DIM, correlation=RHO), bounds=(key,), critic="separable", batch_size=N, learning_rate=5e-4,
        steps=steps, replicates=1, seed=seed, evaluate_every=steps, device="cpu",
    )
    return float(collect(run(experiment)).evaluations[-1].estimate[0, 0])


def high_dimensional(settings: Settings) -> Generator[float, None, Section]:
    """The estimators at 18.41 nats in 128 + 128 dimensions."""
    import numpy as np

    seeds, steps = (1, 200) if settings.quick else (settings.seeds, STEPS)
    jobs = [(key, steps, seed) for key in PUBLISHED for seed in range(seeds)]
    flat = yield from spread(measure, jobs, settings.workers)
    values = np.array(flat).reshape(len(PUBLISHED), seeds)
    errors = values.std(1, ddof=1) / math.sqrt(seeds) if seeds > 1 else np.full(len(PUBLISHED), math.nan)
    rows = [
        Row(bounds[key].name, published, mean, error, margin=2.0)
        for (key, published), mean, error in zip(PUBLISHED.items(), values.mean(1), errors)
    ]
    return Section(f"Many dimensions, few samples ({steps} steps)", TEXT, tuple(rows))
