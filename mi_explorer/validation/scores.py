"""Accuracy, shown: what ``estimate`` says about problems whose mutual information is known."""

from __future__ import annotations

__all__ = ["score_auto", "within", "counts"]

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from mi_explorer import tasks
from mi_explorer.auto import estimate

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Sampler = Callable[[int, int], "tuple[np.ndarray, np.ndarray]"]  # (n, seed) -> x, y


def score_auto(
    names: Iterable[str] | Mapping[str, tuple[Sampler, float]], n: int, seeds: Iterable[int], *, time_limit: float = 600.0
) -> pd.DataFrame:
    """One row for each problem and seed: what ``estimate`` finds from n samples, on one thread.

    names: of tasks, or problems of your own as {name: ((n, seed) -> (x, y), truth)}. time_limit: seconds by the clock, ten times what
    ``estimate`` allows by itself, as a busy machine must not change the answer: training cut short gives too little.
    Columns: task, seed, truth, value, low, high, lower_bound (nats), method, seconds (of CPU), within_10 (max(0.05 nat, 10 %)),
    within_5 (max(0.03 nat, 5 %)), covered (by the interval), bounded (the lower bound is not above the truth, or there is none).
    """
    import pandas as pd

    if not isinstance(names, Mapping):
        names = {name: (lambda n, seed, name=name: tasks.sample(name, n, seed), tasks.get(name).mi) for name in names}
    rows = []
    for seed in seeds:
        for name, (sample, truth) in names.items():
            x, y = sample(n, seed)
            begun = time.process_time()
            report = estimate(x, y, seed=seed, threads=1, time_limit=time_limit)
            seconds = time.process_time() - begun
            low, high = report.interval
            rows.append({
                "task": name, "seed": seed, "truth": truth, "value": report.value, "low": low, "high": high,
                "lower_bound": report.lower_bound, "method": report.chosen.method, "seconds": seconds,
                "within_10": within(report.value, truth, 0.05, 0.10), "within_5": within(report.value, truth, 0.03, 0.05),
                "covered": low <= truth <= high, "bounded": not report.lower_bound > truth,
            })
    return pd.DataFrame(rows)


def within(value: float, truth: float, nats: float, share: float) -> bool:
    """Whether the value is no farther from the truth than ``nats``, or that share of it, whichever is more."""
    return abs(value - truth) <= max(nats, share * truth)


def counts(scores: pd.DataFrame) -> pd.DataFrame:
    """Of score_auto's frame, for each seed: problems, how many are within and covered, median and largest seconds."""
    by_seed = scores.groupby("seed")
    summary = by_seed[["within_10", "within_5", "covered", "bounded"]].sum()
    summary.insert(0, "problems", by_seed.size())
    return summary.assign(median_seconds=by_seed["seconds"].median(), most_seconds=by_seed["seconds"].max())
