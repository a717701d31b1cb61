"""What an estimate for somebody's own data says: a value, how sure it is, what else was tried, and warnings in words."""

from __future__ import annotations

__all__ = ["Candidate", "Null", "Report", "Stage"]

import json
import math
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Stage:
    """How far an estimate has come: ``done`` from 0 to 1, and what it is doing."""

    done: float
    sentence: str


@dataclass(frozen=True)
class Candidate:
    """One estimator that was tried. Value and standard error in nats; NaN where there is none.

    method: its key. kind: "lower", "upper" or "neither", what its value is in the population. held_out: the value was computed on rows
    that its training never saw. reason: why it was chosen, or not.
    """

    method: str
    name: str
    value: float
    stderr: float
    kind: str
    held_out: bool
    chosen: bool
    reason: str


@dataclass(frozen=True)
class Null:
    """What the same data show once the rows of y are shuffled, so that the truth is 0.

    values: the ``statistic`` on shuffled pairs, nats. p_value: the share of shuffles, the data themselves counted in, that
    reach what the data show (Davison & Hinkley 1997, eq. 4.11).
    """

    values: tuple[float, ...]
    observed: float
    p_value: float
    statistic: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """The answer of ``estimate``, in nats.

    value: the estimate. interval: (low, high), meant to hold the truth 95 times in 100. lower_bound: a one-sided 95 %
    lower bound from rows that training never saw, NaN where no candidate gives one. null: the shuffle null.
    """

    value: float
    interval: tuple[float, float]
    lower_bound: float
    null: Null
    candidates: tuple[Candidate, ...]
    warnings: tuple[str, ...]
    n: int
    dim_x: int
    dim_y: int
    names_x: tuple[str, ...]
    names_y: tuple[str, ...]
    method: str
    seconds: float
    seed: int

    @property
    def chosen(self) -> Candidate:
        return next(candidate for candidate in self.candidates if candidate.chosen)

    def sentence(self) -> str:
        """The answer in one sentence."""
        low, high = self.interval
        found = f"{self.value:.3f} nats (95 % interval {low:.3f} to {high:.3f}) from {self.n:,} rows"
        if self.null.p_value > 0.05:
            return f"No dependence can be told from chance (p = {self.null.p_value:.2g}): the estimate is {found}."
        return f"The two sides share about {found}; chance alone explains it with p {_p_value(self.null)}."

    def __str__(self) -> str:
        low, high = self.interval
        lines = [f"I(X; Y) = {self.value:.3f} nats, 95 % interval {low:.3f} to {high:.3f} ({self.chosen.name})"]
        if not math.isnan(self.lower_bound):
            lines.append(f"held-out lower bound (95 %, one-sided): {self.lower_bound:.3f}")
        lines.append(self.null.sentence)
        return "\n".join(lines + [f"! {warning}" for warning in self.warnings])

    def to_dict(self) -> dict:
        """Plain dictionaries, lists, numbers and strings; NaN becomes None, which JSON has."""
        return _plain(asdict(self))

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)

    def to_markdown(self) -> str:
        """A report to read and to keep."""
        low, high = self.interval
        lines = [
            "# Mutual information of your data",
            "",
            self.sentence(),
            "",
            "| | |",
            "|---|---|",
            f"| estimate | {self.value:.4f} nats = {self.value / math.log(2):.4f} bits |",
            f"| 95 % interval | {low:.4f} to {high:.4f} nats |",
            f"| certified lower bound (95 %, rows held out from training) | {_nats(self.lower_bound)} |",
            f"| method | {_cell(self.chosen.name)} |",
            f"| rows | {self.n:,} |",
            f"| X, {self.dim_x} columns | {_cell(_names(self.names_x))} |",
            f"| Y, {self.dim_y} columns | {_cell(_names(self.names_y))} |",
            f"| seconds | {self.seconds:.1f} |",
            f"| seed | {self.seed} |",
            "",
            "## Could it be chance?",
            "",
            self.null.sentence,
            "",
            "## What was tried",
            "",
            "| candidate | nats | standard error | in the population | held out | |",
            "|---|---|---|---|---|---|",
        ]
        for c in self.candidates:
            mark = f"**{_cell(c.name)}**" if c.chosen else _cell(c.name)
            bound = {"lower": "lower bound", "upper": "upper bound"}.get(c.kind, "neither bound")
            held_out = "yes" if c.held_out else "no"
            lines.append(f"| {mark} | {_nats(c.value)} | {_nats(c.stderr)} | {bound} | {held_out} | {_cell(c.reason)} |")
        lines += ["", "## Warnings", ""]
        lines += [f"- {_cell(warning)}" for warning in self.warnings] or ["None."]
        return "\n".join(lines) + "\n"


def _p_value(null: Null) -> str:
    least = 1 / (len(null.values) + 1)
    return f"≤ {null.p_value:.2g}" if null.p_value <= least * (1 + 1e-9) else f"= {null.p_value:.2g}"


def _nats(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 12 else ", ".join(names[:12]) + f" and {len(names) - 12} more"


def _cell(text: str) -> str:
    """Names come from somebody's file: keep them from ending a cell, a line or starting HTML."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
