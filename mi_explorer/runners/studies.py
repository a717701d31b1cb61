"""Anything else that is found step by step, in a thread of this process: a generator, of whose items the latest counts."""

from __future__ import annotations

__all__ = ["StudyFrame", "StudyRunner"]

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mi_explorer.runners.worker import Job, Worker


@dataclass(frozen=True, eq=False)
class StudyFrame:
    """How a study stands. run: the number that ``submit`` returned; state: see ``Job``; latest: the last item that the
    generator yielded, or None; count: how many it has yielded; error: a sentence, where it failed."""

    run: int
    state: str
    latest: object
    count: int
    error: str | None


class StudyJob(Job):
    def __init__(self, run: int, start: Callable[[], Iterator]):
        super().__init__(run)
        self.start = start
        self.latest: object = None
        self.count = 0


class StudyRunner(Worker):
    """Carries out one study at a time; the latest wish wins. All methods return at once and may be called by any thread."""

    def __init__(self):
        super().__init__()
        self.reported: tuple | None = None

    def submit(self, start: Callable[[], Iterator]) -> int:
        """Iterate over ``start()``, called in the thread, in place of the current study; the number of the new run.

        Each item should hold all that is known so far: a page that looks late sees the latest item only.
        """
        with self.lock:
            self.runs += 1
            self.begin(StudyJob(self.runs, start))
            return self.runs

    def take(self) -> StudyFrame | None:
        """How it stands, if that is news since the last call. Never a word of a study that has been replaced."""
        with self.lock:
            job = self.job
            if job is None:
                return None
            now = (job.run, job.state, job.count, job.error)
            if now == self.reported:
                return None
            self.reported = now
            return StudyFrame(job.run, job.state, job.latest, job.count, job.error)

    def carry_out(self, job: StudyJob) -> None:
        items = job.start()
        try:
            while True:
                with self.lock:
                    while self.job is job and job.paused:
                        job.state = "paused"
                        self.lock.wait()
                    if self.job is not job:
                        return
                    job.state = "running"
                try:
                    item = next(items)
                except StopIteration:
                    break
                with self.lock:
                    job.latest, job.count = item, job.count + 1
            with self.lock:
                job.state = "finished"
        finally:
            if close := getattr(items, "close", None):
                close()
