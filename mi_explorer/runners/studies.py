"""Anything else that is found step by step, in a thread of this process: a generator, of whose items the latest counts."""

from __future__ import annotations

__all__ = ["StudyFrame", "StudyJob", "StudyRunner"]

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mi_explorer.runners.job import Job
from mi_explorer.runners.worker import Worker


@dataclass(frozen=True, eq=False)
class StudyFrame:
    """How a study stands. run: the number that ``submit`` returned; state: see ``Job``; latest: the last item that the
    generator yielded, or None; count: how many it has yielded; error: a sentence, where it failed; note: as a Frame's."""

    run: int
    state: str
    latest: object
    count: int
    error: str | None
    note: str = ""


class StudyJob(Job):
    """Iterates over ``start()``, called with the first piece; each item should hold all that is known so far."""

    def __init__(self, run: int, lock: threading.Condition, start: Callable[[], Iterator], paused: bool = False):
        super().__init__(run, lock, paused)
        self.start = start
        self.items: Iterator | None = None
        self.latest: object = None
        self.count = 0
        self.reported: tuple | None = None

    def take(self) -> StudyFrame | None:
        """How it stands, if that is news since the last call."""
        with self.lock:
            now = (self.state, self.count, self.error)
            if now == self.reported:
                return None
            self.reported = now
            return self.frame()

    def frame(self) -> StudyFrame:
        return StudyFrame(self.run, self.state, self.latest, self.count, self.error)

    def advance(self) -> None:
        if self.items is None:
            self.items = iter(self.start())
        with self.lock:
            self.state = "running"
        try:
            item = next(self.items)
        except StopIteration:
            with self.lock:
                self.state = "finished"
            return
        with self.lock:
            self.latest, self.count = item, self.count + 1

    def close(self) -> None:
        if close := getattr(self.items, "close", None):
            close()


class StudyRunner(Worker):
    """Carries out one study at a time; the latest wish wins. All methods return at once and may be called by any thread."""

    def submit(self, start: Callable[[], Iterator]) -> int:
        """Iterate over ``start()``, called in the thread, in place of the current study; the number of the new run.

        Each item should hold all that is known so far: a page that looks late sees the latest item only.
        """
        with self.lock:
            self.runs += 1
            self.begin(StudyJob(self.runs, self.lock, start))
            return self.runs

    def take(self) -> StudyFrame | None:
        """How it stands, if that is news since the last call. Never a word of a study that has been replaced."""
        with self.lock:
            return self.job.take() if self.job else None
