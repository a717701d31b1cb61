"""KSG on correlated normal pairs of one to three dimensions, up to ten nats."""

from __future__ import annotations

__all__ = ["low_dimensional"]

import math
from collections.abc import Generator

import numpy as np

from mi_explorer.distributions import Gaussian
from mi_explorer.validation.section import Row, Section, Settings, spread

N = 10_000
PUBLISHED = (1.00, 1.95, 2.82, 3.55, 4.17, 4.73, 5.23, 5.66, 5.99, 6.21)  # at 1, 2, ... 10 nats (project mutinfo, 2026)
DIMS = (1, 2, 3)

TEXT = f"""\
Correlated normal, N = {N:,}, KSG with k = 3. The published row is a mean over one to three dimensions, each cell the best over
hyper-parameters in hindsight; ours is the mean over the same dimensions with one setting throughout. Agreement means within
0.05 nats at 1 and 2 nats, within 0.3 above. Where they differ, ours lies nearer to the truth: the published curve falls behind
sooner than KSG does on any of these dimensions with these samples, so that it cannot be reproduced from what is said of it.
At 1 and 2 nats the truth itself must be that near in one and two dimensions."""


def measure(mi: float, dim: int, seed: int) -> float:
    import torch

    from mi_explorer.estimators import registry

    x, y = Gaussian.from_mi(mi, dim=dim).sample(N, generator=torch.Generator().manual_seed(seed))
    return registry["ksg1"](x.numpy(), y.numpy()).value


def low_dimensional(settings: Settings) -> Generator[float, None, Section]:
    """KSG on correlated normal pairs, 1 to 10 nats."""
    from mi_explorer.figures.validation import published_curve

    levels = range(1, 11)
    seeds = 1 if settings.quick else settings.seeds
    jobs = [(float(mi), dim, seed) for mi in levels for dim in DIMS for seed in range(seeds)]
    flat = yield from spread(measure, jobs, settings.workers)
    values = np.array(flat).reshape(len(levels), len(DIMS), seeds)
    means = values.mean((1, 2))
    errors = values.std(2, ddof=1).mean(1) / math.sqrt(len(DIMS) * seeds) if seeds > 1 else np.full(len(levels), math.nan)
    rows = [
        Row(f"KSG at {mi} nats, mean over {len(DIMS)} dimensions", published, mean, error, margin=0.05 if mi <= 2 else 0.3)
        for mi, published, mean, error in zip(levels, PUBLISHED, means, errors)
    ]
    for place, dim in enumerate(DIMS[:2]):
        for mi in (1, 2):
            cell = values[mi - 1, place]
            error = cell.std(ddof=1) / math.sqrt(seeds) if seeds > 1 else math.nan
            rows.append(Row(f"KSG at {mi} nats in {dim} + {dim} dimensions, against the truth", float(mi), cell.mean(), error, margin=0.05))
    return Section(
        "KSG in low dimensions", TEXT, tuple(rows),
        figures={"ksg.png": published_curve(levels, PUBLISHED, means, {dim: values[:, place].mean(1) for place, dim in enumerate(DIMS)})},
    )
