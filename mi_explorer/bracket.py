"""The bracket: between which two values the mutual information is sure to lie, and what that rests on."""

from __future__ import annotations

__all__ = ["Bracket", "bracket", "bracket_sentence"]

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mi_explorer.bounds import Bound
from mi_explorer.verdicts import Reading, format_mi

ERRORS = 3  # standard errors that are taken off the lower end and put on the upper one


@dataclass(frozen=True)
class Bracket:
    """``low`` <= I(X; Y) <= ``high`` in nats, and the bounds that say so; 0 and infinity where none does."""

    low: float
    high: float
    lower: Bound | None = None
    upper: Bound | None = None


def is_sure(bound: Bound, batch_size: int) -> bool:
    """Whether fresh batches can be trusted to show a lower bound. Its expectation over batches has to be one. And it must
    not average e^f without a limit (NWJ, TUBA, FLO): as long as the rare pairs that pull the mean down have not come, such
    a value stands above the truth with a small standard error."""
    limited = bound.density or bound.ceiling(batch_size) is not None
    return bound.batch_promise == "lower" and bool(limited)


def bracket(readings: Iterable[Reading]) -> Bracket:
    """The best guaranteed lower and upper bounds among the readings of one moment.

    Lower: the learned estimates on fresh samples, less three standard errors. Upper: CLUB and L1Out hold for the true
    p(y | x), which a toy problem knows, and for no learned one; so their perfect values count, with three standard errors
    added. Hence the upper end says what somebody would know who knows the channel, not what was learned.
    """
    ends = [Bracket(0.0, math.inf)]
    for r in readings:
        low, high = r.estimate - ERRORS * r.stderr, r.perfect + ERRORS * r.perfect_stderr
        if is_sure(r.bound, r.batch_size) and math.isfinite(low):
            ends.append(Bracket(low, math.inf, r.bound, None))
        if r.bound.channel_promise == "upper" and math.isfinite(high):
            ends.append(Bracket(0.0, high, None, r.bound))
    below, above = max(ends, key=lambda end: end.low), min(ends, key=lambda end: end.high)
    return Bracket(below.low, above.high, below.lower, above.upper)


def bracket_sentence(found: Bracket, unit: str = "nats") -> str:
    """The bracket in words, with what each end rests on; empty without an upper end."""
    if found.upper is None:
        return ""
    below = "0 (it is never negative)" if found.lower is None else f"{format_mi(found.low, unit)} ({found.lower.name}{told(found.lower)})"
    return (
        f"The mutual information lies between {below} and {format_mi(found.high, unit)} {unit} ({found.upper.name}, told the true "
        "p(y|x)): in the mean over batches, with three standard errors on either side."
    )


def told(bound: Bound) -> str:
    return ", told the true p(y)" if bound.baseline == "p(y)" else ", learned"
