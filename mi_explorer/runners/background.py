"""Threads that go on as long as their process, and must not be amid a computation when it ends: the interpreter would abort."""

from __future__ import annotations

__all__ = ["start"]

import atexit
import threading
import time
from collections.abc import Callable

PATIENCE = 5.0  # seconds that all of them together have to come to an end
leaves: dict[threading.Thread, Callable[[], None]] = {}


def start(target: Callable[[], None], name: str, leave: Callable[[], None]) -> threading.Thread:
    """Call ``target`` in a thread; when the process ends, ``leave`` has to make it return, and is waited for."""

    def until_it_ends() -> None:
        try:
            target()
        finally:
            leaves.pop(thread, None)

    thread = threading.Thread(target=until_it_ends, name=name, daemon=True)
    leaves[thread] = leave
    thread.start()
    return thread


@atexit.register
def farewell() -> None:
    threads = dict(leaves)
    for leave in threads.values():
        leave()
    end = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0.0))
