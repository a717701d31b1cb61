"""Which experiments of a sweep go into one engine run: those that differ only in seed and distribution, while it pays."""

from __future__ import annotations

__all__ = ["batches_of"]

import dataclasses

from mi_explorer.bounds import bounds
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import parameters

LARGEST = 16  # experiments: what is under way is lost when a sweep is interrupted
# Measured on one core, four experiments in one run against four runs (20-d, InfoNCE): 2.5 to 3.6 times as fast where all of
# them need 1e6 multiplications a step, 1.6 to 3 times at 1e7, 1.1 to 1.6 at 1e8, 1.0 to 1.1 at 3e9.
MULTIPLICATIONS = 2e8
SCORES = 4e6


def batches_of(experiments: list[Experiment], workers: int | None) -> list[list[Experiment]]:
    """The same experiments in batches, in order; each alone where nobody knows how many workers there are to be kept busy."""
    groups: dict[tuple, list[Experiment]] = {}
    for experiment in experiments:
        groups.setdefault(kind_of(experiment), []).append(experiment)
    batches = []
    for group in groups.values():
        size = max(1, min(room_for(group[0]), -(-len(group) // workers))) if workers else 1
        batches += [group[start : start + size] for start in range(0, len(group), size)]
    return batches


def kind_of(experiment: Experiment) -> tuple:
    """What experiments of one batch share."""
    own = {field.name: getattr(experiment, field.name) for field in dataclasses.fields(experiment)}
    del own["seed"]
    distribution = own.pop("distribution")
    # Levels change the streams of all at once, and the sums in a density depend in their last bits on what stands beside it.
    apart = experiment.changes or any(bounds[key].density for key in experiment.bounds)
    alone = experiment.key if apart else None
    return (*own.values(), distribution.dim_x, distribution.dim_y, alone)


def room_for(experiment: Experiment) -> int:
    """How many experiments like this one fill an engine run."""
    e = experiment
    rows = {"joint": e.batch_size**2, "separable": 2 * e.batch_size, "bilinear": 0}[e.critic]
    curves = len(e.bounds) * e.replicates
    multiplications, scores = 3 * curves * rows * e.width**2, curves * e.batch_size**2
    most = parameters(Experiment)["replicates"].high // e.replicates
    return int(min(LARGEST, most, MULTIPLICATIONS // max(multiplications, 1), SCORES // scores))
