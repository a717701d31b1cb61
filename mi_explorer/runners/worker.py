"""A thread that carries out one job at a time: the latest wish wins, and whoever asked never waits for it."""

from __future__ import annotations

__all__ = ["Job", "Worker"]

import threading

from mi_explorer.parameters import ParameterError

GOING = ("loading", "running", "paused")


class Job:
    """Something to carry out; its fields are shared between the worker's thread and the page's, under one lock.

    state: "loading", "running", "paused", "finished" or "failed"; error: a sentence, where it failed.
    """

    def __init__(self, run: int, paused: bool = False):
        self.run = run
        self.state = "loading"
        self.paused = paused
        self.error: str | None = None


class Worker:
    """Runs one job at a time. All methods return at once and may be called by any thread.

    A subclass enters jobs with ``begin`` and says in ``carry_out`` what becomes of one; it looks at ``self.job`` and
    ``job.paused`` between two steps.
    """

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
            self.thread = threading.Thread(target=self.work, name="mi-explorer-run", daemon=True)
            self.thread.start()
        self.lock.notify_all()

    def carry_out(self, job: Job) -> None:
        raise NotImplementedError

    def pause(self) -> None:
        self.set_paused(True)

    def resume(self) -> None:
        self.set_paused(False)

    def set_paused(self, paused: bool) -> None:
        with self.lock:
            if self.job:
                self.job.paused = paused
                self.lock.notify_all()

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

    def work(self) -> None:
        done = None
        while True:
            with self.lock:
                while not self.closed and (self.job is None or self.job is done):
                    self.lock.wait()
                if self.closed:
                    return
                job = self.job
            try:
                self.carry_out(job)
            except ParameterError as problem:
                self.fail(job, str(problem))
            except Exception as problem:  # the page must hear of it, whatever it is
                self.fail(job, f"The run stopped: {type(problem).__name__}: {problem}")
            done = job

    def fail(self, job: Job, sentence: str) -> None:
        with self.lock:
            job.state, job.error = "failed", sentence
