"""``estimate(x, y)``: one honest answer for somebody's own data, from several estimators."""

from __future__ import annotations

__all__ = ["estimate", "estimate_steps"]

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..estimators import registry
from ..estimators.data import Columns, Pair, pair
from ..parameters import Parameter, ParameterError
from . import candidates, shuffles, words
from .choice import choose, choose_table, from_model
from .margins import side
from .report import Candidate, Report, Stage
from .rows import inflation, rearranger, without_copies

AUTO = "auto"
LEAST = 10
FEW = 300  # rows below which nothing is trained
CAP, CAP_LEARNED = 100_000, 20_000
THREADS, SEED = Parameter(int, 1, 64), Parameter(int, 0, 2**63 - 1)
TIME_LIMIT = Parameter(float, 1, 86_400)


def estimate(
    x, y, method: str = AUTO, *, seed: int = 0, threads: int = 1, time_limit: float = 60.0, drop_missing: bool = False
) -> Report:
    """The mutual information of the rows of x and y, in nats, with an interval, a bound, a shuffle null and warnings.

    Arguments:
        x, y: (n, dim) or (n,) arrays, tensors, lists, Series or DataFrames whose rows belong together. Text is categories.
        method: "auto", or the key of one sample estimator in ``mi_explorer.estimators.registry``.
        seed: Of every draw: the same seed gives the same report, unless the time limit ends it early (a warning says so).
        threads: That it may use.
        time_limit: Seconds after which training ends with what it has.
        drop_missing: Leave out rows with missing values instead of refusing them.

    Raises:
        ParameterError: the data or a parameter cannot be used; the message says which and why.
    """
    for item in estimate_steps(
        x, y, method, seed=seed, threads=threads, time_limit=time_limit, drop_missing=drop_missing
    ):
        last = item
    return last


def estimate_steps(
    x, y, method: str = AUTO, *, seed: int = 0, threads: int = 1, time_limit: float = 60.0, drop_missing: bool = False
) -> Iterator[Stage | Report]:
    """The same, step by step: Stages as it goes on, and at the end the Report. Whoever iterates can stop."""
    seed, threads = SEED.check("seed", seed), THREADS.check("threads", threads)
    time_limit = TIME_LIMIT.check("time_limit", time_limit)
    if not isinstance(method, str) or method not in (AUTO, *registry):
        raise ParameterError("method", method, "one of " + ", ".join((AUTO, *registry)))
    begun = time.perf_counter()
    sample = None if method != AUTO else without_copies(
        pair(x, y, drop_missing=drop_missing, least=LEAST, cap=CAP, seed=seed)
    )

    def steps():
        yield Stage(0.0, "Reading the data")
        if method != AUTO:
            report = yield from _single(x, y, method, seed, drop_missing)
        elif not (sample.x.dim and sample.y.dim):
            report = _nothing(sample)
        else:
            report = yield from _automatic(sample, begun + time_limit)
        yield replace(report, seconds=time.perf_counter() - begun)

    return _on_threads(steps(), threads)


def _on_threads(steps, threads):
    """Each step with its number of threads; between two steps whoever iterates has theirs."""
    from threadpoolctl import threadpool_limits

    while True:
        torch = sys.modules.get("torch")
        before = torch.get_num_threads() if torch else None
        if torch:
            torch.set_num_threads(threads)
        try:
            with threadpool_limits(threads):
                item = next(steps, None)
        finally:
            if torch:
                torch.set_num_threads(before)
        if item is None:
            return
        yield item


def _automatic(sample: Pair, deadline: float):
    """The candidates that the kind of data and the number of rows allow, and the choice among them."""
    x, y = side(sample.x), side(sample.y)
    n, dims = sample.n, sample.x.dim + sample.y.dim
    wider = inflation(x.scores, y.scores)
    rearrange = rearranger(np.random.default_rng(sample.seed), wider > 1)
    warnings = list(sample.warnings)
    yield Stage(0.05, "Quick estimators")
    if sample.kind == "discrete":
        choice = choose_table(*candidates.tables(sample, wider), n, wider)
    else:
        base, neighbours = candidates.quick(sample, x, y, warnings)
        models = []
        if n >= FEW:
            yield Stage(0.1, "Loading PyTorch")
            models = yield from _learned(x, y, n, sample.seed, wider, rearrange, deadline, warnings)
        base = base or (models or neighbours)[0]
        choice = choose(base, models, [option for option in neighbours if option is not base], n, dims, wider)
    yield Stage(0.95, "Shuffling")
    null = shuffles.null(sample, choice, x, y, rearrange)
    warnings += words.about(sample, choice, x, y, wider, warnings)
    most = min(most_information(sample.x), most_information(sample.y))
    value, low, high = (min(number, most) for number in (choice.option.value, *choice.interval))
    return _report(sample, value, (low, high), choice.lower_bound, null, choice.candidates, warnings, AUTO)


def most_information(columns: Columns) -> float:
    """What a side can tell at the most, in nats: the log of the number of its symbols. Infinite for numbers, and as long as
    some symbol was seen only once: then others wait to be seen."""
    if not columns.is_discrete:
        return math.inf
    counts = np.unique(columns.values, axis=0, return_counts=True)[1]
    return math.log(len(counts)) if counts.min() > 1 else math.inf


def _learned(x, y, n, seed, wider, rearrange, deadline, warnings):
    from .crossfit import crossfit, split

    rows = np.arange(n)
    if n > CAP_LEARNED:
        warnings.append(f"Models were trained on {CAP_LEARNED:,} of the {n:,} rows, to keep it quick.")
        start = (n - CAP_LEARNED) // 2
        order = rows if wider > 1 else np.random.default_rng(seed).permutation(n)
        rows = np.sort(order[start : start + CAP_LEARNED])
    folds = split(len(rows), np.random.default_rng(seed), wider > 1)
    for item in crossfit(x.rows(rows), y.rows(rows), folds, seed, deadline, rearrange):
        if isinstance(item, list):
            warnings += [warning for model in item for warning in model.warnings]
            return [from_model(model, wider) for model in item]
        yield Stage(0.1 + 0.85 * item[0], item[1])


def _single(x, y, method, seed, drop_missing):
    """The report of one estimator that somebody asked for."""
    estimator = registry[method]
    sample = pair(x, y, drop_missing=drop_missing, least=max(LEAST, estimator.least), cap=CAP, seed=seed)
    yield Stage(0.1, estimator.name)
    if not (sample.x.dim and sample.y.dim):
        return _nothing(sample)
    found = estimator(sample.x, sample.y, seed=seed)
    half = 1.96 * found.stderr
    interval = (max(0.0, found.value - half), max(0.0, found.value + half)) if half == half else (math.nan, math.nan)
    yield Stage(0.8, "Shuffling")
    rearrange = rearranger(np.random.default_rng(seed), False)
    null = shuffles.null_of_estimator(method, sample.x, sample.y, seed, rearrange)
    chosen = Candidate(method, estimator.name, found.value, found.stderr, found.kind, False, True, "Asked for.")
    warnings = [*sample.warnings, *found.warnings, "The interval is of this estimator's own spread: it does not know its bias."]
    return _report(sample, found.value, interval, math.nan, null, (chosen,), warnings, method)


def _nothing(sample):
    """A side without a column that varies: there is nothing to know."""
    chosen = Candidate("constant", "One side is constant", 0.0, 0.0, "neither", False, True, "A constant informs about nothing.")
    null = shuffles.from_values((), 0.0, "none")
    return _report(sample, 0.0, (0.0, 0.0), 0.0, null, (chosen,), sample.warnings, AUTO)


def _report(sample, value, interval, lower_bound, null, candidates, warnings, method):
    return Report(
        value=max(0.0, float(value)), interval=tuple(map(float, interval)), lower_bound=float(lower_bound), null=null,
        candidates=candidates, warnings=tuple(dict.fromkeys(warnings)), n=sample.n, dim_x=sample.x.dim, dim_y=sample.y.dim,
        names_x=sample.x.names, names_y=sample.y.names, method=method, seconds=math.nan, seed=sample.seed,
    )
