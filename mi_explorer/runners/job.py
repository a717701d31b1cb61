"""What can be carried out piece by piece: whoever holds a job decides when the next piece is done."""

from __future__ import annotations

__all__ = ["GOING", "Job"]

import threading

from mi_explorer.parameters import ParameterError

GOING = ("loading", "running", "paused")


class Job:
    """Something to carry out. Its fields are shared between who carries it out and who asks, under ``lock``, which is
    notified when something is wished.

    state: "loading", "running", "paused", "finished" or "failed"; error: a sentence, where it failed.
    """

    def __init__(self, run: int, lock: threading.Condition, paused: bool = False):
        self.run = run
        self.lock = lock
        self.state = "loading"
        self.paused = paused
        self.error: str | None = None

    def ready(self) -> bool:
        """Whether there is something to do; called with the lock held."""
        return not self.paused

    def advance(self) -> None:
        """Do the next piece; called without the lock."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what it holds; called once, when it will not be carried out any further."""

    def carry_on(self) -> None:
        """The next piece, and what becomes of the job if that goes wrong: whoever follows it must hear of it."""
        try:
            self.advance()
        except ParameterError as problem:
            self.fail(str(problem))
        except Exception as problem:
            self.fail(f"The run stopped: {type(problem).__name__}: {problem}")

    def fail(self, sentence: str) -> None:
        with self.lock:
            self.state, self.error = "failed", sentence

    def set_paused(self, paused: bool) -> None:
        with self.lock:
            self.paused = paused
            self.lock.notify_all()
