"""A thread that carries out one job at a time: the latest wish wins, and whoever asked never waits for it."""

from __future__ import annotations

__all__ = ["Worker"]

import threading

from mi_explorer.runners import background
from mi_explorer.runners.job import GOING, Job


class Worker:
    """Runs one job at a time; a subclass enters jobs with ``begin``. All methods return at once and may be called by
    any thread."""

    first_words = "Starting: PyTorch is being loaded."  # to whoever waits for the first run of a process

    def __init__(self):
        self.lock = threading.Condition()
        self.job: Job | None = None
        self.runs = 0
        self.thread: threading.Thread | None = None
        self.closed = False

    def begin(self, job: Job) -> None:
        """Take up a job in place of the current one; called with the lock held."""
        self.job = job
        if self.thread is None or not self.thread.is_alive():
            self.thread = background.start(self.work, "mi-explorer-run", self.close)
        self.lock.notify_all()

    def pause(self) -> None:
        self.set_paused(True)

    def resume(self) -> None:
        self.set_paused(False)

    def set_paused(self, paused: bool) -> None:
        with self.lock:
            if self.job:
                self.job.set_paused(paused)

    def stop(self) -> None:
        """Give up the current job; what it has found so far is gone."""
        with self.lock:
            self.job = None
            self.lock.notify_all()

    def close(self) -> None:
        """Stop, and end the thread."""
        with self.lock:
            self.job, self.closed = None, True
            self.lock.notify_all()

    def arrivals(self) -> None:
        """No descriptor says when there is something new: whoever follows has to look."""

    def work(self) -> None:
        while True:
            with self.lock:
                while not self.closed and (self.job is None or self.job.state not in GOING):
                    self.lock.wait()
                if self.closed:
                    return
                job = self.job
            self.carry_out(job)

    def carry_out(self, job: Job) -> None:
        try:
            while True:
                with self.lock:
                    while self.job is job and job.state in GOING and not job.ready():
                        job.state = "paused"
                        self.lock.wait()
                    if self.job is not job or job.state not in GOING:
                        return
                job.carry_on()
        finally:
            job.close()
