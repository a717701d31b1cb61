"""One plain sentence about a bound: what its number is worth, and why."""

from __future__ import annotations

__all__ = ["Reading", "indexed", "readings", "verdict", "format_mi", "signed", "UNITS"]

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mi_explorer.bounds import Bound, bounds
from mi_explorer.experiment import Experiment
from mi_explorer.result import Evaluation

UNITS = {"nats": 1.0, "bits": math.log(2)}
INDICES = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
CLOSE = 0.1  # nats: what counts as "there" on the page


@dataclass(frozen=True)
class Reading:
    """What stands in one row of the table, in nats: see ``Result.summary``."""

    bound: Bound
    batch_size: int
    truth: float
    estimate: float
    stderr: float
    sd: float
    perfect: float
    perfect_stderr: float
    replicates: int
    alive: int
    running: bool = False


def readings(evaluations: Sequence[Evaluation], level: Experiment, running: bool = False) -> list[Reading]:
    """One reading per bound from the evaluations of a level so far, at least one: the newest estimates, and the perfect
    critic over all of them."""
    last, count, replicates = evaluations[-1], len(evaluations), level.replicates
    rows = []
    for index, name in enumerate(level.bounds):
        alive = ~np.isnan(last.estimate[index])  # NaN: ended; infinite: overflowed in a fresh batch, and goes on
        known = np.isfinite(last.estimate[index])
        values = last.estimate[index][known]
        perfect_errors = np.array([one.perfect_stderr[index] for one in evaluations])
        rows.append(Reading(
            bound=bounds[name], batch_size=level.batch_size, truth=level.distribution.mi,
            estimate=values.mean() if values.size else math.nan,
            stderr=float(np.sqrt((last.stderr[index][known] ** 2).sum()) / max(values.size, 1)),
            sd=values.std(ddof=1) if values.size > 1 else math.nan,
            perfect=float(np.mean([one.perfect[index].mean() for one in evaluations])),
            perfect_stderr=float(np.sqrt((perfect_errors**2).sum()) / (count * replicates)),
            replicates=replicates, alive=int(alive.sum()), running=running,
        ))
    return rows


def format_mi(value: float, unit: str = "nats", digits: int = 2) -> str:
    """A value in nats as text in the unit, without the unit's name; a real minus sign; "–" where there is none."""
    if not math.isfinite(value):
        return "–"
    text = f"{value / UNITS[unit]:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def signed(value: float, unit: str = "nats", digits: int = 2) -> str:
    """The same with its sign: +1.64, −1.64, 0.00."""
    text = format_mi(value, unit, digits)
    return f"+{text}" if text[0].isdigit() and float(text) > 0 else text


def indexed(name: str) -> str:
    """A name with its number as an index: Y5 becomes Y₅."""
    return name.translate(INDICES)


def verdict(reading: Reading, unit: str = "nats") -> str:
    """The most important thing to know about this estimate. The first case that applies speaks."""
    r = reading
    name = r.bound.name

    def value(nats: float) -> str:
        return f"{format_mi(nats, unit)} {unit}"

    if r.alive == 0:
        what = "its density left what a float32 can hold" if r.bound.density else "e^f became too large for a float32"
        return f"{name} did not survive: in every replicate {what} or the estimate ran away."
    if not math.isfinite(r.estimate):
        return f"{name} has no estimate on fresh samples yet."

    learned = "density" if r.bound.density else "critic"
    error = 3 * math.hypot(r.stderr, r.perfect_stderr) if math.isfinite(r.perfect) else 3 * r.stderr
    tolerance = max(CLOSE, error)
    bias = r.estimate - r.truth
    short = r.perfect - r.estimate  # what the critic owes: a perfect one would show it on the same batches
    own = r.truth - r.perfect  # what the bound owes: no critic will ever show it
    ceiling = r.bound.ceiling(r.batch_size)
    lost = f" {r.replicates - r.alive} of {r.replicates} replicates ended early." if r.alive < r.replicates else ""

    if ceiling is not None and r.estimate > ceiling - CLOSE and r.truth > ceiling - CLOSE:
        what = f"log K = {value(ceiling)}" if r.bound.key == "infonce" else f"its ceiling, {value(ceiling)}"
        return f"{name} is within {format_mi(CLOSE, unit, 1 if unit == 'nats' else 2)} of {what}: it cannot show more than this batch size allows; raise K.{lost}"
    spread = max(r.sd if math.isfinite(r.sd) else 0, r.stderr)
    if bias > max(tolerance, spread) and r.bound.channel_promise == "upper":
        exact = f", which gives {value(r.perfect)}" if r.truth + CLOSE < r.perfect < math.inf else ""
        return (
            f"{name} shows {value(bias)} more than there is, as an upper bound may; it is sure to be one only with the true "
            f"p(y|x){exact}, and this q(y|x) is learned.{lost}"
        )
    if bias > max(tolerance, spread) and short < 0:
        return f"{name} shows {value(bias)} more than there is: {why_above(r.bound)}.{lost}"
    if spread > max(0.5, 0.25 * r.truth):
        why = (
            "A few pairs far from where its density expects them decide the mean." if r.bound.density else
            f"A few pairs carry the whole average of e^f; about e^MI = {math.exp(min(r.truth, 50)):.3g} of them would be needed."
        )
        return f"{name} jumps: from one replicate or batch to the next its value changes too much to trust it. {why}{lost}"
    if r.perfect == math.inf and r.bound.density:
        return (
            f"{name} would be infinite with the true density: some pairs that were not drawn together are impossible "
            f"together, and that is no small matter to an upper bound.{lost}"
        )
    if r.perfect == math.inf:
        return (
            f"{name} would be infinite with a perfect critic: some batches of {r.batch_size} hold no independent pair "
            f"that is possible at all, and its average of e^f is 0; raise K.{lost}"
        )
    if short > tolerance:
        if abs(bias) <= tolerance and own < -CLOSE:
            return (
                f"{name} looks right by luck: a perfect {learned} would show {value(r.perfect)} on the same batches, and two "
                f"errors happen to cancel.{lost}"
            )
        more = "it is still learning" if r.running else "train longer, or with a wider critic or another learning rate"
        also = f" Another {value(own)} are lost by the bound itself: raise K." if ceiling is not None and own > 2 * CLOSE else ""
        return f"{name}'s {learned} is {value(short)} short of a perfect one on the same batches: {more}.{also}{lost}"
    if bias > tolerance:
        exact = r.bound.density and r.bound.channel_promise != "upper"  # with the true density: then it was luck
        also = f"even a perfect {learned} does, because " if short >= 0 and not exact else ""
        return f"{name} shows {value(bias)} more than there is: {also}{why_above(r.bound)}.{lost}"
    if own > tolerance and bias < -tolerance:
        return (
            f"{name} shows what a perfect critic shows at K = {r.batch_size}; the {value(own)} to the truth are the "
            f"bound's own, and no training removes them: raise K.{lost}"
        )
    if abs(bias) <= error:
        return f"{name} agrees with the truth within its error.{lost}"
    return f"{name} is {value(abs(bias))} {'above' if bias > 0 else 'below'} the truth: near enough to call it found.{lost}"


def why_above(bound: Bound) -> str:
    if bound.channel_promise == "upper":
        return "an upper bound lies above"
    if bound.density and bound.batch_promise == "neither":
        return "it subtracts one entropy from another, both too large, and makes no promise to stay below the truth"
    if bound.density:
        return "its mean over many batches stays below, and these were lucky ones"
    if bound.batch_promise == "lower":
        return "its mean over many batches stays below, but the rare pairs that pull it down were not among these"
    if bound.promise == "lower":
        return "the log of a batch mean comes out too small, so one batch shows too much; a larger K helps"
    return "it makes no promise to stay below the truth"
