"""Worker processes of this machine that may die without taking the sweep along."""

from __future__ import annotations

__all__ = ["CHANCES", "Workers", "WorkersError", "cores"]

import contextlib
import multiprocessing
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor

CHANCES = 3  # a cell whose worker dies this often is given up


class WorkersError(RuntimeError):
    """No worker process starts here."""


class Workers:
    """A ``ProcessPoolExecutor`` whose workers end when it is closed, whatever they are doing, or when this process dies.

    Raises:
        WorkersError: a worker process does not even start.
    """

    def __init__(self, count: int):
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads (torch, Jupyter) may hang
        reader, self.lifeline = context.Pipe(duplex=False)
        self.pool = ProcessPoolExecutor(count, mp_context=context, initializer=hold, initargs=(reader,))
        try:
            self.submit(os.getpid).result()
        except BrokenExecutor:
            self.close()
            raise WorkersError(
                "No worker process starts here. In a script, the call must stand below if __name__ == \"__main__\":, "
                "because every worker imports the script."
            ) from None
        except BaseException:
            self.close()
            raise

    def submit(self, work, *arguments) -> Future:
        """As an executor's; where a worker has died, the future says so and not this call."""
        try:
            with interrupts_held():
                return self.pool.submit(work, *arguments)
        except BrokenExecutor as problem:
            future: Future = Future()
            future.set_exception(problem)
            return future

    def close(self) -> None:
        self.lifeline.close()
        self.pool.shutdown(cancel_futures=True)


def hold(lifeline) -> None:
    """Run by every worker as it starts: leave at once when nobody holds the other end any more."""

    def watch():
        with contextlib.suppress(EOFError, OSError):
            lifeline.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, name="mi-explorer-lifeline", daemon=True).start()


@contextlib.contextmanager
def interrupts_held():
    """Processes started in here never see Ctrl+C, which a terminal sends to all: whoever started them ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
