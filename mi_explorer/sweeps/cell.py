"""One experiment of a sweep, once it is finished: what is kept of it, and how a worker gets there."""

from __future__ import annotations

__all__ = ["Cell", "finish"]

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mi_explorer import __version__
from mi_explorer.experiment import Experiment
from mi_explorer.result import WINDOW

if TYPE_CHECKING:
    from mi_explorer.result import Result


@dataclass(frozen=True)
class Cell:
    """What a sweep keeps of an experiment: small, whatever the number of steps.

    rows: one dictionary per level, bound and replicate, in nats: from_step, to_step, bound, batch_size, truth,
    truth_stderr, replicate; the last estimate on fresh samples (estimate, stderr) and the perfect critic's on the same
    batches (perfect, perfect_stderr); mean and variance of the training estimate over the level's last steps
    (window_mean, window_variance: see ``Result.summary``). NaN where a curve had ended. seconds: its share of the engine
    run's. error: a sentence in place of
    the rows, where there are none. result: the whole curves, where they were asked for.
    """

    experiment: Experiment
    rows: tuple[dict, ...] = ()
    seconds: float = 0.0
    version: str = __version__
    error: str | None = None
    result: Result | None = None


def finish(experiments: list[Experiment], curves: bool = False) -> list[Cell]:
    """Carry out experiments wherever this is called: in one engine run, if there are several (see ``together``).

    Whatever goes wrong becomes a sentence: an exception may not survive its way between machines, and one cell must not
    end a sweep."""
    try:
        from mi_explorer.sweeps import together

        began = time.monotonic()  # the first cell of a worker does not pay for loading torch
        results = together.results_of(experiments)
        seconds = round((time.monotonic() - began) / len(experiments), 3)
        return [
            Cell(experiment, tuple(rows_of(result)), seconds, result=result if curves else None)
            for experiment, result in zip(experiments, results)
        ]
    except Exception as problem:
        if len(experiments) == 1:
            return [failed(experiments[0], problem)]
        return [cell for experiment in experiments for cell in finish([experiment], curves)]


def failed(experiment: Experiment, problem: BaseException) -> Cell:
    words = " ".join(str(problem).split())
    return Cell(experiment, error=f"{type(problem).__name__}: {words}" if words else type(problem).__name__)


def rows_of(result: Result):
    starts = [start for start in result.experiment.level_starts() if start < result.steps]
    for start, end in zip(starts, [*starts[1:], result.steps]):
        level = result.experiment.at(start)
        last = [evaluation for evaluation in result.evaluations if start < evaluation.step <= end][-1]
        window = result.estimates[max(start, end - WINDOW) : end].astype(float)
        for index, bound in enumerate(result.experiment.bounds):
            for replicate in range(result.experiment.replicates):
                curve = window[:, index, replicate]
                yield {
                    "from_step": start, "to_step": end, "bound": bound, "batch_size": level.batch_size,
                    "truth": level.distribution.mi, "truth_stderr": level.distribution.mi_stderr, "replicate": replicate,
                    **{name: float(getattr(last, name)[index, replicate]) for name in ("estimate", "stderr", "perfect", "perfect_stderr")},
                    "window_mean": float(curve.mean()), "window_variance": float(curve.var()),
                }
