"""A section of the validation report: rows of published against measured, each with the rule that judges it."""

from __future__ import annotations

__all__ = ["Row", "Section", "Settings", "spread"]

import math
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context

from mi_explorer.parameters import validate, whole


@dataclass(frozen=True)
class Settings:
    """How much to measure. quick: a rough pass for a look. seeds: repetitions. workers: processes at a time."""

    quick: bool = False
    seeds: int = whole(3, 1, 100, label="Seeds")
    workers: int = whole(1, 1, 256, label="Workers")

    def __post_init__(self):
        validate(self)


@dataclass(frozen=True)
class Row:
    """One comparison. what: the quantity and its setting; published, ours: numbers (``published`` None where there is no
    figure to compare with); stderr: of ours; margin: how far ours may lie from the published one, beside two standard errors.
    """

    what: str
    published: float | None
    ours: float
    stderr: float
    margin: float = 0.0

    @property
    def verdict(self) -> str:
        if not math.isfinite(self.ours):
            return "failed"
        if self.published is None:
            return "no published figure"
        spare = self.margin + 2 * (self.stderr if math.isfinite(self.stderr) else 0.0)
        return "agrees" if abs(self.ours - self.published) <= spare else "differs"


@dataclass(frozen=True)
class Section:
    """title, text: Markdown. rows: see ``Row``. tables: further Markdown tables by heading. figures: by file name."""

    title: str
    text: str
    rows: tuple[Row, ...] = ()
    tables: dict[str, str] = field(default_factory=dict)
    figures: dict[str, object] = field(default_factory=dict)


def spread(function: Callable, jobs: Iterable[tuple], workers: int) -> Generator[float, None, list]:
    """``function(*job)`` for every job, over processes; yields the share that is done, returns the values in order."""
    jobs = list(jobs)
    if workers == 1:
        values = []
        for job in jobs:
            values.append(function(*job))
            yield len(values) / len(jobs)
        return values
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(function, *job) for job in jobs]
        for count, _ in enumerate(as_completed(futures), 1):
            yield count / len(jobs)
        return [future.result() for future in futures]
