"""The 40 tasks of "Beyond Normal" (Czyż et al. 2023, arXiv:2306.11078): every sample estimator, and the automatic choice."""

from __future__ import annotations

__all__ = ["AUTO", "counts", "measure", "suite"]

import math
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from mi_explorer import tasks
from mi_explorer.validation.section import Row, Section, Settings, spread

if TYPE_CHECKING:
    import pandas as pd

AUTO = "auto"
N, N_QUICK = 10_000, 1_000
FEW = 3_000  # the other size at which the automatic choice is judged

TEXT = """\
Every task at N = {n:,} samples, columns standardised as in the published benchmark. *within 10 %*: within max(.05 nats, 10 %) of the
truth; *within 5 %*: within max(.03 nats, 5 %). Seconds are CPU seconds of one process. The published count of tasks solved is by
other authors' criterion at N = 100,000 (MMG's authors: MINE 30, NWJ 30, InfoNCE 33, DoE-Gaussian 27, MINDE 35, best MMG 39): read
it, do not compare with it. The figure shows each estimate minus the truth, a task per row."""


def measure(task: str, method: str, n: int, seed: int) -> dict:
    """One estimate, with its CPU seconds; what went wrong is a NaN and a sentence."""
    import torch

    import mi_explorer as mi
    from mi_explorer.parameters import ParameterError

    torch.set_num_threads(1)
    x, y = tasks.sample(task, n, seed)
    row = {"task": task, "method": method, "n": n, "seed": seed, "truth": tasks.get(task).mi}
    began = time.process_time()
    try:
        if method == AUTO:
            report = mi.estimate(x, y, seed=seed)
            row |= {"value": report.value, "low": report.interval[0], "high": report.interval[1], "lower_bound": report.lower_bound}
        else:
            row["value"] = mi.estimators.registry[method](x, y, seed=seed).value
    except ParameterError as problem:
        row |= {"value": math.nan, "problem": str(problem)}
    return row | {"seconds": time.process_time() - began}


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """One row per method, n and seed: tasks within the two margins, coverage of intervals and bounds, CPU seconds."""
    error = (table.value - table.truth).abs()
    judged = table.assign(
        error=error,
        within_10=error <= (0.1 * table.truth).clip(lower=0.05),
        within_5=error <= (0.05 * table.truth).clip(lower=0.03),
        covered=(table.low <= table.truth) & (table.truth <= table.high),
        below=table.lower_bound <= table.truth,
    )
    groups = judged.groupby(["method", "n", "seed"])
    rows = groups.agg(
        tasks=("task", "size"), within_10=("within_10", "sum"), within_5=("within_5", "sum"), median_error=("error", "median"),
        covered=("covered", "mean"), below=("below", "mean"), seconds=("seconds", "median"), longest=("seconds", "max"),
    )
    automatic = rows.index.get_level_values("method") == AUTO
    rows.loc[~automatic, ["covered", "below"]] = math.nan  # the others give no interval
    return rows


def suite(settings: Settings) -> Generator[float, None, Section]:
    """The 40 tasks: every sample estimator, and auto on several seeds and two sizes."""
    import pandas as pd

    from mi_explorer import estimators
    from mi_explorer.figures.validation import task_errors

    n = N_QUICK if settings.quick else N
    able = [key for key, one in estimators.registry.items() if "continuous" in one.accepts]
    jobs = [(task, key, n, 0) for task in tasks.names() for key in able]
    jobs += [(task, AUTO, n, seed) for task in tasks.names() for seed in range(settings.seeds)]
    if not settings.quick:
        jobs += [(task, AUTO, FEW, seed) for task in tasks.names() for seed in range(settings.seeds)]
    table = pd.DataFrame((yield from spread(measure, jobs, settings.workers)))
    judged = counts(table)
    rows = []
    for (method, size, seed), found in judged.iterrows():
        if method == AUTO:
            where = f"auto, N = {size:,}, seed {seed}"
            rows.append(Row(f"tasks within 10 % ({where}), of {found.tasks:.0f}; at least 38", None, found.within_10, math.nan))
    full = table[(table.n == n)].groupby(["task", "method"], sort=False).value.mean().unstack()
    truth = pd.Series({task: tasks.get(task).mi for task in full.index})
    return Section(
        "The 40 tasks", TEXT.format(n=n), tuple(rows),
        {"Counts": judged.round(3), "Estimates of auto": auto_table(table)},
        {"tasks.png": task_errors(full.sub(truth, axis=0), truth)},
    )


def auto_table(table: pd.DataFrame) -> pd.DataFrame:
    """truth, and the estimates of the automatic choice by size and seed, a row per task."""
    auto = table[table.method == AUTO]
    wide = auto.pivot(index="task", columns=["n", "seed"], values="value").loc[auto.task.unique()]
    wide.columns = [f"N = {n:,}, seed {seed}" for n, seed in wide.columns]
    return wide.assign(truth=auto.groupby("task").truth.first()).round(3)
