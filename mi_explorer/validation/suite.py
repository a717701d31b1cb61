"""The 40 tasks of "Beyond Normal" (Czyż et al. 2023, arXiv:2306.11078): every sample estimator, and the automatic choice."""

from __future__ import annotations

__all__ = ["suite"]

import math
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from mi_explorer import tasks
from mi_explorer.validation.scores import counts, score_auto, within
from mi_explorer.validation.section import Row, Section, Settings, spread

if TYPE_CHECKING:
    import pandas as pd

N, N_QUICK = 10_000, 1_000
FEW = 3_000  # the other size at which the automatic choice is judged

TEXT = """\
Every task at N = {n:,} samples, columns standardised as in the published benchmark. *within 10 %*: within max(.05 nats, 10 %) of the
truth; *within 5 %*: within max(.03 nats, 5 %). Seconds are CPU seconds of one process. The published count of tasks solved is by
other authors' criterion at N = 100,000 (MMG's authors: MINE 30, NWJ 30, InfoNCE 33, DoE-Gaussian 27, MINDE 35, best MMG 39): read
it, do not compare with it. The figure shows each estimate minus the truth, a task per row."""


def measure(task: str, method: str, n: int, seed: int) -> dict:
    """One sample estimator on one task, with its CPU seconds; NaN where it refuses the sample."""
    import torch

    from mi_explorer import estimators
    from mi_explorer.parameters import ParameterError

    torch.set_num_threads(1)
    x, y = tasks.sample(task, n, seed)
    began = time.process_time()
    try:
        value = estimators.registry[method](x, y, seed=seed).value
    except ParameterError:
        value = math.nan
    return {"task": task, "method": method, "value": value, "truth": tasks.get(task).mi, "seconds": time.process_time() - began}


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Of every sample estimator: tasks within the two margins, the median error, CPU seconds."""
    judged = table.assign(
        error=(table.value - table.truth).abs(),
        within_10=[within(*pair, 0.05, 0.10) for pair in zip(table.value, table.truth)],
        within_5=[within(*pair, 0.03, 0.05) for pair in zip(table.value, table.truth)],
    )
    return judged.groupby("method", sort=False).agg(
        within_10=("within_10", "sum"), within_5=("within_5", "sum"), median_error=("error", "median"),
        median_seconds=("seconds", "median"), most_seconds=("seconds", "max"),
    )


def suite(settings: Settings) -> Generator[float, None, Section]:
    """The 40 tasks: every sample estimator, and auto on several seeds and two sizes."""
    import pandas as pd

    from mi_explorer import estimators
    from mi_explorer.figures.validation import task_errors

    sizes = (N_QUICK,) if settings.quick else (N, FEW)
    able = [
        key for key, one in estimators.registry.items() if "continuous" in one.accepts and not (settings.quick and one.trained)
    ]
    cells = [(task, key, sizes[0], 0) for task in tasks.names() for key in able]
    others = pd.DataFrame((yield from part(spread(measure, cells, settings.workers), 0.0, 0.3)))
    jobs = [((task,), n, (seed,)) for n in sizes for seed in range(settings.seeds) for task in tasks.names()]
    scores = yield from part(spread(score_auto, jobs, settings.workers), 0.3, 1.0)
    auto = pd.concat([one.assign(n=n) for one, (_, n, _) in zip(scores, jobs)], ignore_index=True)
    rows, tables = [], {}
    for n in sizes:
        found = counts(auto[auto.n == n])
        tables[f"auto, N = {n:,}"] = found.round(2)
        for seed, row in found.iterrows():
            rows += [
                Row(f"tasks within 10 %: auto, N = {n:,}, seed {seed}", None, row.within_10, math.nan),
                Row(f"tasks within 5 %: auto, N = {n:,}, seed {seed}", None, row.within_5, math.nan),
            ]
    tables["Sample estimators"] = summary(others).round(3)
    wide = auto.pivot(index="task", columns=["n", "seed"], values="value").loc[list(tasks.names())]
    wide.columns = [f"N = {n:,}, seed {seed}" for n, seed in wide.columns]
    truth = pd.Series({task: tasks.get(task).mi for task in wide.index})
    tables["Estimates of auto"] = wide.assign(truth=truth).round(3)
    full = others.pivot(index="task", columns="method", values="value").loc[wide.index, able].assign(auto=wide.iloc[:, 0])
    return Section(
        "The 40 tasks", TEXT.format(n=sizes[0]), tuple(rows), tables, {"tasks.png": task_errors(full.sub(truth, axis=0), truth)},
    )


def part(steps: Generator[float, None, list], start: float, stop: float) -> Generator[float, None, list]:
    """The same steps as a share of a longer way."""
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            return end.value
        yield start + (stop - start) * done
