"""What a sample estimator is: a function of a finished sample, a record of facts about it, and what it answers.

A variational bound needs a critic that is trained; a sample estimator looks at the sample once. All values are in nats.
"""

from __future__ import annotations

__all__ = ["Estimate", "SampleEstimator", "register", "registry"]

import dataclasses
import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..parameters import Parameter, ParameterError
from .data import Pair, columns, pair

PROMISES = ("lower", "upper", "neither")
KINDS = ("continuous", "discrete", "mixed")
MAX_SAMPLES = Parameter(int, 2, 10**9)


@dataclass(frozen=True)
class Estimate:
    """What an estimator says about I(X; Y), in nats.

    value: the estimate. stderr: its standard error, NaN where none is known: how much it would vary from sample to
    sample, not how far it is from the truth.
    kind: "lower", "upper" or "neither": the side of the truth on which it lies *in the population*, with infinitely
    many samples. sample_kind: the same for its expectation over finite samples.
    warnings: sentences in plain words. method: the key of the estimator.
    """

    value: float
    stderr: float = math.nan
    kind: str = "neither"
    warnings: tuple[str, ...] = ()
    method: str = ""
    sample_kind: str = "neither"


@dataclass(frozen=True)
class SampleEstimator:
    """An estimator from samples: facts for people, and ``estimator(x, y) -> Estimate``.

    key: its name in the registry; name: the field's name of it. formula: LaTeX. source: paper and equation.
    promise, sample_promise: "lower", "upper" or "neither", in the population and for a finite sample (see Estimate),
    whatever the data are; about particular data the Estimate itself may promise more.
    accepts: which samples it is for. "continuous": both sides have a density; "discrete": both sides are symbols;
    "mixed": one side is continuous, the other discrete.
    remark: one sentence that says what to expect. cost: one sentence about time and memory.
    function: (Pair, **options) -> Estimate, which need not fill in the facts that stand here.
    options: what else it can be told, with ranges; the defaults are the function's own. least: fewest samples.
    cap: dim_x + dim_y -> rows used at most, a random choice of them; None for no limit.
    consistent_for: for which samples it comes to the truth in the end: "gaussian", "copula" (Gaussian after a map of
    every column), or some of what it accepts.
    invariant_to: what may be done to a side without changing the estimate: "scale" (columns moved and stretched),
    "linear" (any invertible linear map), "monotone" (an increasing map of every column), "relabel" (names of symbols).
    trained: it trains a network, which takes so long that whoever tries all estimators leaves it out unless asked.
    """

    name: str
    formula: str
    source: str
    accepts: tuple[str, ...]
    remark: str
    cost: str
    function: Callable[..., Estimate]
    promise: str = "neither"
    sample_promise: str = "neither"
    options: Mapping[str, Parameter] = field(default_factory=dict)
    least: int = 4
    cap: Callable[[int], int | None] = lambda dim: None
    consistent_for: tuple[str, ...] = ()
    invariant_to: tuple[str, ...] = ()
    trained: bool = False
    key: str = ""

    def __call__(
        self, x, y, *, drop_missing=False, discrete_x=None, discrete_y=None, max_samples=None, seed=0, **options
    ) -> Estimate:
        """Estimate I(X; Y) from n rows of x, (n, dim_x) or (n,), and of y, which belong together row by row.

        They may be arrays, tensors, lists, Series or DataFrames: see ``data.columns``. ParameterError names what is
        wrong with them.

        Arguments:
            drop_missing: Leave out rows in which x or y is NaN or infinite, with a warning, instead of refusing them.
            discrete_x, discrete_y: Whether all columns of that side are symbols; None decides column by column.
            max_samples: Rows used at most, chosen at random; None is the estimator's own cap.
            seed: Of that choice, of the noise that breaks ties, of every shuffle. The same seed, the same answer.
            options: The estimator's own (``self.options``); None is the default.
        """
        for name in options:
            if name not in self.options:
                raise ParameterError("option", name, "one of " + (", ".join(self.options) or "none: it has no options"))
        options = {name: self.options[name].check(name, value) for name, value in options.items() if value is not None}
        x, y = columns("x", x, discrete=discrete_x), columns("y", y, discrete=discrete_y)
        cap = self.cap(x.dim + y.dim) if max_samples is None else MAX_SAMPLES.check("max_samples", max_samples)
        sample = pair(x, y, drop_missing=drop_missing, least=self.least, cap=cap, seed=seed)
        if not (sample.x.dim and sample.y.dim):
            found, warned = Estimate(0.0, 0.0), ()
        else:
            warned = check_kind(self, sample)
            found = self.function(sample, **options)
        return dataclasses.replace(
            found, kind=self.promise if found.kind == "neither" else found.kind, sample_kind=self.sample_promise, method=self.key,
            value=float(found.value), stderr=float(found.stderr), warnings=(*sample.warnings, *warned, *found.warnings),
        )

    @property
    def defaults(self) -> dict[str, object]:
        """The options and their default values."""
        return {name: inspect.signature(self.function).parameters[name].default for name in self.options}


def check_kind(estimator: SampleEstimator, sample: Pair) -> tuple[str, ...]:
    """ParameterError where the sample is of a kind that the estimator cannot make sense of.

    Numbers with few distinct values are still numbers: a continuous estimator takes them, with a warning.
    """
    warnings = []
    for name, side in (("x", sample.x), ("y", sample.y)):
        unordered = side.first(side.symbols)
        if estimator.accepts == ("continuous",) and unordered:
            allowed = f"numbers for {estimator.name}, and column {unordered!r} holds symbols without an order"
            raise ParameterError(name, "text or categories", f"{allowed} (try 'ross' or 'plugin')")
        few = side.first(side.discrete)
        if estimator.accepts == ("continuous",) and few:
            warnings.append(
                f"Column {few} of {name} takes only few values, and {estimator.name} is for continuous data: 'plugin' (both "
                "sides discrete) and 'ross' (one side) take them as symbols."
            )
        continuous = side.first(not discrete for discrete in side.discrete)
        if estimator.accepts == ("discrete",) and continuous:
            allowed = f"discrete for {estimator.name}, and column {continuous!r} looks continuous"
            raise ParameterError(name, "continuous", f"{allowed} (discrete_{name}=True takes its values as symbols)")
        if estimator.accepts == ("mixed",) and unordered and continuous:
            allowed = f"all symbols or all numbers for {estimator.name}: column {unordered!r} is text, column {continuous!r} is not"
            raise ParameterError(name, "text beside numbers", allowed)
    if estimator.accepts == ("mixed",) and sample.x.is_discrete == sample.y.is_discrete:
        both = "discrete" if sample.x.is_discrete else "not discrete"
        allowed = f"discrete on one side and continuous on the other for {estimator.name}; discrete_x and discrete_y can say which"
        raise ParameterError("x and y", f"both {both}", allowed)
    return tuple(warnings)


class Registry(dict):
    """Sample estimators by key; an unknown key is a ParameterError that lists them."""

    def __missing__(self, key):
        raise ParameterError("method", key, "one of " + ", ".join(self))


registry: dict[str, SampleEstimator] = Registry()


def register(key: str, **facts) -> Callable[[Callable[..., Estimate]], SampleEstimator]:
    """Decorator that makes a function (Pair, **options) -> Estimate known under ``key`` everywhere.

    ``facts`` are the fields of SampleEstimator. The decorated name becomes that record, which is called with x and y.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", key):
        raise ParameterError("key", key, "lower-case letters, digits and -, beginning with a letter")
    for name in ("promise", "sample_promise"):
        if facts.get(name, "neither") not in PROMISES:
            raise ParameterError(name, facts[name], "one of " + ", ".join(PROMISES))
    if not facts["accepts"] or not set(facts["accepts"]) <= set(KINDS):
        raise ParameterError("accepts", facts["accepts"], "some of " + ", ".join(KINDS))

    def enter(function):
        registry[key] = SampleEstimator(key=key, function=function, **facts)
        return registry[key]

    return enter
