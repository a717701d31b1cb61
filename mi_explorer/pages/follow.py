"""Following a run: one thread takes frames from the runner and tells the page, a few times a second."""

from __future__ import annotations

__all__ = ["Blocks", "Every", "Follower", "Standing"]

import contextlib
import logging
import math
import select
import socket
import threading
import time
from collections.abc import Callable

import numpy as np

from mi_explorer.experiment import Experiment
from mi_explorer.result import Evaluation, over_replicates
from mi_explorer.runners import Frame, background
from mi_explorer.verdicts import Reading, readings

log = logging.getLogger(__name__)
FRAMES_PER_SECOND = 15
AT_ONCE = 3  # pieces of news after a visitor has done something that are not held back: what came of it is among them
QUIET = 0.5  # seconds after which a page looks even if nothing has come in: words and tables may be due
POINTS = 500  # of a curve: more would only be ink


class Follower:
    """Calls ``tick()`` from a thread of its own; it alone writes what moves. ``tick`` returns whether to go on soon.

    arrivals: a function that gives a descriptor which becomes readable when there is something new, or None where one has to
    look. A hundred pages that look for themselves, and mostly in vain, would take a fifth of a core.
    """

    def __init__(self, tick: Callable[[], bool], arrivals: Callable[[], int | None]):
        self.tick, self.arrivals = tick, arrivals
        self.ear, self.mouth = socket.socketpair()  # an event that can be waited for together with a descriptor
        self.ear.setblocking(False)
        self.mouth.setblocking(False)
        self.over = False
        self.thread = background.start(self.follow, "mi-explorer-page", self.end)

    def end(self) -> None:
        """Look no more, from the next time on."""
        self.over = True
        self.wake()

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it has been woken so often that it cannot miss it
            self.mouth.send(b".")

    def follow(self) -> None:
        while not self.over:
            self.wait(None)
            at_once = AT_ONCE
            while not self.over and self.go_on():
                news = self.arrivals()
                woken = False
                if news is None or not at_once:
                    woken = self.wait(1 / FRAMES_PER_SECOND)
                if news is not None and not woken:
                    woken = self.wait(QUIET, news)
                at_once = AT_ONCE if woken else max(at_once - 1, 0)

    def wait(self, seconds: float | None, *news: int) -> bool:
        """Until it is woken, ``news`` come or the time is over; whether it was woken."""
        try:
            woken = self.ear in select.select([self.ear, *news], [], [], seconds)[0]
        except OSError:  # the runner has been closed meanwhile
            return False
        if woken:
            self.ear.recv(1000)
        return woken

    def go_on(self) -> bool:
        try:
            return self.tick()
        except Exception:  # one picture that fails must not end the page
            log.exception("A page could not show what has come of its run.")
            time.sleep(1)  # what fails every time shall not fill the terminal
            return True


class Every:
    """Says yes at most once in so many seconds; after ``rest`` as long after what it said yes to as that took, at least."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.last = -math.inf

    def due(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True

    def rest(self) -> None:
        now = time.monotonic()
        self.last = max(self.last, now + (now - self.last) - self.seconds)


class Blocks:
    """Averages a run's steps in blocks, so that a curve of any length has at most POINTS points.

    Points are (centre of the block (n,), and over its steps and replicates mean, low and high (n, bounds)); low and high
    lie one standard deviation over the replicates around the mean.
    """

    def __init__(self, steps: int):
        self.size = math.ceil(steps / POINTS)
        self.rest: np.ndarray | None = None  # the steps of the block that is not full yet
        self.count = 0

    def add(self, rows: np.ndarray) -> tuple[np.ndarray, ...] | None:
        """Take estimates (new steps, bounds, replicates); the points of the blocks that are full now, or None."""
        if self.rest is not None:
            rows = np.concatenate([self.rest, rows])
        whole = len(rows) // self.size
        self.rest = rows[whole * self.size :]
        if not whole:
            return None
        means = rows[: whole * self.size].reshape(whole, self.size, *rows.shape[1:]).mean(1)
        centres = (self.count + np.arange(whole) + 0.5) * self.size + 0.5
        self.count += whole
        return points(centres, means)

    def tentative(self) -> tuple[np.ndarray, ...] | None:
        """The point of the block that is not full yet, as it stands, or None."""
        if self.rest is None or not len(self.rest):
            return None
        centre = self.count * self.size + (len(self.rest) + 1) / 2
        return points(np.array([centre]), self.rest.mean(0)[None])


def points(centres: np.ndarray, means: np.ndarray) -> tuple[np.ndarray, ...]:
    mean, spread = over_replicates(means)
    return centres, mean, mean - spread, mean + spread


class Standing:
    """How the bounds stand in the current level: the newest fresh estimates, and the perfect critic over the level."""

    def __init__(self):
        self.level_start = -1
        self.evaluations: list[Evaluation] = []
        self.perfect = np.zeros(0)

    def add(self, frame: Frame) -> list[tuple[int, np.ndarray]]:
        """Take a frame's evaluations; returns (step, perfect critic's values (bounds,)) for each, averaged over the level."""
        lines = []
        starts = frame.experiment.level_starts()
        for evaluation in frame.evaluations:
            start = max(start for start in starts if start < evaluation.step)
            if start != self.level_start:
                self.level_start, self.evaluations = start, []
            self.evaluations.append(evaluation)
            self.perfect = np.mean([one.perfect.mean(1) for one in self.evaluations], axis=0)
            lines.append((evaluation.step, self.perfect))
        return lines

    def readings(self, experiment: Experiment, running: bool) -> list[Reading]:
        """One reading per bound; empty before the first evaluation."""
        if not self.evaluations:
            return []
        return readings(self.evaluations, experiment.at(self.level_start), running)
