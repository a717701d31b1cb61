"""Which candidate to believe where nobody knows the truth, and how far.

A learned model counts only if it does better than the Gaussian model on rows that neither of them saw, by two standard errors of
the paired difference. Its value is then the mean of two: on rows held out it is too low and on its own training rows too high, by about
parameters / 2n each where the model can represent the truth.
"""

from __future__ import annotations

__all__ = ["Choice", "Option", "choose", "choose_table", "from_model"]

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..estimators.data import Columns
from .report import Candidate

GAIN = 2.0  # standard errors
FEW_COLUMNS = 3  # of both sides together: so far nearest neighbours are nearly unbiased
SOME_COLUMNS = 6  # so far they are rarely too high
MANY_ROWS = 5000  # from here on the larger of two values may be taken; below, it would often be the luckier one
CROWDED = 10  # rows for each cell of a table
LEAST_WIDTH = 0.02  # nats, and share of the value: what no standard error knows about
Z = 1.96
# More than the usual 1.645, with which 112 of 120 bounds held on known problems (two unlucky draws under eight names): a bound that
# calls itself certain errs on the low side.
Z_ONE_SIDED = 1.96


@dataclass(frozen=True, eq=False)
class Option:
    """A candidate before the choice.

    model: its learned model. sides: the columns that a sample estimator was given. shortfall: how much it may be too low for a reason
    that its standard error does not know, nats. gap: in-sample less held-out value, nats.
    """

    method: str
    name: str
    value: float
    stderr: float
    kind: str
    model: object = field(default=None, repr=False)
    sides: tuple[Columns, Columns] | None = field(default=None, repr=False)
    shortfall: float = 0.0

    @property
    def gap(self) -> float:
        return abs(self.model.in_sample - self.model.held_out.mean()) if self.model is not None else 0.0

    @property
    def room(self) -> float:
        """From the held-out value to the bound below it, nats: much where the value nears the logarithm of the rows held out."""
        return float((self.model.held_out - self.model.bound).mean()) if self.model is not None else 0.0


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen: ``option``, its interval, the lower bound (NaN without a model), and all candidates with reasons.

    speaker: the model whose rows held out give the bound: the chosen one's, or the best other one; None where nothing was trained.
    """

    option: Option
    speaker: Option | None
    interval: tuple[float, float]
    lower_bound: float
    candidates: tuple[Candidate, ...]


def from_model(model, inflation: float) -> Option:
    """A learned model with the mean of its held-out and its in-sample value; ``inflation`` of the standard error by dependent rows."""
    stderr = model.held_out.std() / math.sqrt(len(model.held_out)) * inflation
    return Option(model.method, model.name, (model.held_out.mean() + model.in_sample) / 2, stderr, "neither", model)


def choose(
    base: Option, models: Sequence[Option], neighbours: Sequence[Option], n: int, dims: int, inflation: float
) -> Choice:
    """base: what holds where nothing is better. models: learned ones, the Gaussian first, or none. neighbours: KSG, Ross.

    inflation: of standard errors that assume independent rows.
    """
    base, *neighbours = (_inflated(option, inflation) for option in (base, *neighbours))
    chosen, speaker = base, models[0] if models else None
    why = "No model does better than it on rows held out." if models else "It suits the kind and the number of the rows."
    reasons = {}
    for option in models[1:]:
        gain, error = _gain(option.model, models[0].model, inflation)
        reasons[option.method] = f"On rows held out {gain:+.3f} ± {error:.3f} nats against the Gaussian model."
    best = max(models, key=lambda option: option.model.bound.mean(), default=None)
    if best is not speaker and math.isfinite(base.value):
        gain, error = _gain(best.model, models[0].model, inflation)
        if gain > GAIN * error:
            chosen = speaker = best
            why = f"On rows held out it finds {gain:.3f} ± {error:.3f} nats more than the Gaussian model."
    for option in neighbours if math.isfinite(chosen.value) else ():
        more = option.value - chosen.value
        error = math.hypot(option.stderr, chosen.stderr)
        reasons[option.method] = f"{more:+.3f} ± {error:.3f} nats against {chosen.name}."
        sure = more > GAIN * error and more > LEAST_WIDTH
        if sure or (dims <= FEW_COLUMNS and n >= MANY_ROWS and more > 0):
            reasons[chosen.method] = why
            chosen = option
            why = "Larger than the others; in few columns nearest neighbours rarely show too much."
    reasons[chosen.method] = why
    options = [base, *(option for option in models if option is not base)]
    return _conclude(chosen, speaker, [*options, *neighbours], reasons, n, inflation)


def choose_table(plain: Option, predicting: Option, cells: int, n: int, inflation: float) -> Choice:
    """Of two estimators for two discrete sides. ``cells``: of the table of counts, the empty ones as well."""
    plain = _inflated(plain, inflation)
    reasons = {
        "plugin": f"{n:,} rows for {cells:,} cells: its correction is good from {CROWDED} rows a cell on.",
        "table": "It remains right where cells have been seen once or never.",
    }
    chosen = plain if n >= CROWDED * cells else predicting
    return _conclude(chosen, predicting, [plain, predicting], reasons, n, inflation)


def _conclude(chosen, speaker, options, reasons, n, inflation):
    """``speaker``: whose held-out rows give the lower bound, and the gap where the chosen one has no model."""
    candidates = tuple(
        Candidate(
            option.method, option.name, float(option.value), float(option.stderr), option.kind,
            option.model is not None, option is chosen, reasons.get(option.method, "Shown for comparison."),
        )
        for option in options
    )
    bound = math.nan
    if speaker is not None:
        shown = speaker.model.bound
        bound = max(0.0, float(shown.mean() - Z_ONE_SIDED * shown.std() / math.sqrt(len(shown)) * inflation))
    return Choice(chosen, speaker, _interval(chosen, speaker, n / inflation**2), bound, candidates)


def _inflated(option, inflation):
    """A model's standard error is already."""
    return option if option.model is not None else replace(option, stderr=option.stderr * inflation)


def _gain(model, other, inflation):
    difference = model.bound - other.bound  # a bound cannot gain by scores that are too steep
    return float(difference.mean()), float(difference.std() / math.sqrt(len(difference)) * inflation)


def _interval(chosen, speaker, n):
    """Value ± 1.96 standard errors, the gap between training and held-out rows, the room to the bound, and what none of them knows.

    Half of the gap downwards, all of it upwards: what a model has not learned makes it too low. Upwards at least as far as the I
    from which the value could have come: near independence the pointwise variance is 2 I, and a standard error taken from a sample
    that happens to look independent misses that.
    """
    if math.isinf(chosen.value):
        return (max(0.0, float(speaker.model.bound.mean())) if speaker is not None else 0.0), math.inf
    gap = chosen.gap if chosen.model is not None or speaker is None else speaker.gap
    extra = max(LEAST_WIDTH, LEAST_WIDTH * chosen.value) + chosen.room
    value = max(0.0, chosen.value)
    reach = Z * math.sqrt(2 / n)
    root = (reach + math.sqrt(reach**2 + 4 * value)) / 2  # of I = value + reach * sqrt(I)
    high = max(chosen.value + Z * chosen.stderr, root**2) + max(gap, chosen.shortfall)
    return max(0.0, chosen.value - Z * chosen.stderr - gap / 2 - extra), high + extra
