"""Experiments in a thread of this process, and how a page follows them.

A page submits an experiment, may change, pause, step and stop it, and takes ``Frame``s at its own pace. It never waits
for the engine, and the engine never touches a widget. torch is imported by the thread, with the first run.
"""

from __future__ import annotations

__all__ = ["ExperimentJob", "Frame", "ThreadRunner"]

import dataclasses
import math
import pickle
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from mi_explorer.experiment import Experiment
from mi_explorer.result import Ending, Evaluation, Look, Progress, Recorder, Result
from mi_explorer.runners.job import GOING, Job
from mi_explorer.runners.worker import Worker

LOOK_INTERVAL = 1.5  # seconds between two looks at the critics, while somebody watches them
LOOKING_SHARE = 0.1  # of a run's time, at most, goes into looks: where many compute, they come more rarely


@dataclass(frozen=True, eq=False)
class Frame:
    """What is new in a run since the last frame.

    run: the number that ``submit`` returned. state: "loading", "running", "paused", "finished" or "failed".
    start, rows: index of the first new step, and estimates (new steps, bounds, replicates) in nats.
    steps_per_second: over the last second or so of running. error: a sentence, where the run failed. note: why it goes on
    more slowly than it might, where somebody else knows. pending: a change has been asked for that ``experiment`` does not show yet.
    """

    run: int
    state: str
    experiment: Experiment
    start: int
    rows: np.ndarray
    evaluations: tuple[Evaluation, ...]
    endings: tuple[Ending, ...]
    steps_per_second: float
    look: Look | None
    error: str | None
    note: str = ""
    pending: bool = False


class ExperimentJob(Job):
    """One submitted experiment, what was wished of it since, and what it has found. target: so many steps are carried
    out even while it is paused; since: what ``save`` gave where the same experiment was carried out before."""

    def __init__(
        self, run: int, lock: threading.Condition, experiment: Experiment, paused: bool = False, looks: bool = False, target: int = 0,
        since: bytes | None = None,
    ):
        super().__init__(run, lock, paused)
        self.experiment = experiment
        self.wants_looks = looks
        self.target = target
        self.changes: dict = {}
        self.underway = False  # a step with other values has begun
        self.recorder = Recorder()
        self.taken_rows = self.taken_evaluations = 0
        self.look: Look | None = None
        self.look_taken = True
        self.last_look = -math.inf
        self.worked, self.look_after = 0.0, 0.0  # seconds of steps since the last look, and how many have to be
        self.steps_per_second = 0.0
        self.since, self.counted = time.perf_counter(), 0
        self.steps: Generator | None = None
        self.reported: tuple | None = None
        self.saved: bytes | None = None
        if since:
            rows, self.recorder.evaluations, self.saved = pickle.loads(since)
            self.recorder.rows = list(rows)
            self.taken_rows, self.taken_evaluations = len(rows), len(self.recorder.evaluations)

    # -- wishes --------------------------------------------------------------------------------------------------------

    def reach(self, target: int) -> None:
        with self.lock:
            self.target = max(self.target, target)
            self.lock.notify_all()

    def change(self, values: dict) -> bool:
        with self.lock:
            if self.state not in GOING:
                return False
            done = max(len(self.recorder.rows), 1)  # what may change does not depend on when
            self.experiment.with_change(done, **{**self.changes, **values})
            self.changes |= values
            self.lock.notify_all()
            return True

    def watch_critics(self, wanted: bool) -> None:
        with self.lock:
            self.wants_looks = wanted
            self.lock.notify_all()

    # -- what comes of them --------------------------------------------------------------------------------------------

    def take(self) -> Frame | None:
        """What is new since the last call, or None."""
        with self.lock:
            look = None if self.look_taken else self.look
            now = (self.state, len(self.recorder.rows), len(self.recorder.evaluations), self.error)
            if now == self.reported and look is None:
                return None
            self.reported = now
            frame = self.frame(self.taken_rows, self.taken_evaluations, look)
            self.taken_rows, self.taken_evaluations, self.look_taken = now[1], now[2], True
            return frame

    def frame(self, rows: int = 0, evaluations: int = 0, look: Look | None = None) -> Frame:
        """Everything after so many rows and evaluations; called with the lock held."""
        found = self.recorder
        new = np.stack(found.rows[rows:]) if rows < len(found.rows) else np.empty((0, 0, 0), np.float32)
        endings = found.last.endings if found.last else ()
        return Frame(
            self.run, self.state, self.experiment, rows, new, tuple(found.evaluations[evaluations:]), endings,
            self.steps_per_second, look, self.error, pending=bool(self.changes) or self.underway,
        )

    # -- carrying it out -----------------------------------------------------------------------------------------------

    def ready(self) -> bool:
        return self.may_step() or self.owes_look()

    def may_step(self) -> bool:
        return not self.paused or len(self.recorder.rows) < self.target

    def owes_look(self) -> bool:
        """Whether somebody began to watch the critics of a run that stands still."""
        last = self.recorder.last
        return self.wants_looks and last is not None and (self.look is None or self.look.step != last.step)

    def advance(self) -> None:
        from mi_explorer.training import run  # the first import of torch takes seconds: here nobody waits for it

        with self.lock:
            going = self.may_step()
            if self.state != "running":
                self.since, self.counted = time.perf_counter(), 0
            self.state = "paused" if self.paused else "running"
            changes = None
            if going:
                changes, self.changes = self.changes, {}
            if going and self.steps is None:  # a generator that has not begun can hear of no change
                if self.recorder.rows and changes:
                    self.experiment = self.experiment.with_change(len(self.recorder.rows), **changes)
                else:
                    self.experiment = dataclasses.replace(self.experiment, **changes)
                changes, self.steps, self.saved = None, run(self.experiment, since=self.saved), None
            self.underway = bool(changes)
        if going:
            began = time.perf_counter()
            progress = self.steps.send(changes or None)
            self.worked += time.perf_counter() - began
            self.record(progress)
            if progress.step == progress.experiment.steps:
                self.look_at(progress)  # the critics end with the run; whoever asks later finds this
                with self.lock:
                    self.state = "finished"
                return
        time_for_it = self.worked >= self.look_after and time.perf_counter() - self.last_look > LOOK_INTERVAL
        if self.wants_looks and (not going or time_for_it):
            self.look_at(self.recorder.last)

    def record(self, progress: Progress) -> None:
        with self.lock:
            self.recorder.add(progress)
            self.experiment, self.underway = progress.experiment, False
            self.counted += 1
            elapsed = time.perf_counter() - self.since
            if elapsed > 0.5:
                self.steps_per_second, self.since, self.counted = self.counted / elapsed, time.perf_counter(), 0

    def look_at(self, progress: Progress) -> None:
        began = time.perf_counter()
        look = progress.look()
        with self.lock:
            self.look, self.look_taken = look, False
        self.last_look = time.perf_counter()
        self.worked, self.look_after = 0.0, (self.last_look - began) * (1 / LOOKING_SHARE - 1)

    def save(self) -> tuple[int, bytes] | None:
        """Steps done, and what another job can go on from, or None where nothing would be gained; called between two pieces."""
        last = self.recorder.last
        if last is None or self.state not in GOING:
            return None
        return last.step, pickle.dumps((np.stack(self.recorder.rows), self.recorder.evaluations, last.save()))

    def close(self) -> None:
        if self.steps:
            self.steps.close()


class ThreadRunner(Worker):
    """Runs one experiment at a time; the latest wish wins. All methods return at once and may be called by any thread."""

    def __init__(self):
        super().__init__()
        self.wants_looks = False

    def submit(self, experiment: Experiment, *, paused: bool = False) -> int:
        """Start an experiment in place of the current one; the number of the new run. ``paused``: wait for ``step``."""
        with self.lock:
            self.runs += 1
            self.begin(ExperimentJob(self.runs, self.lock, experiment, paused, self.wants_looks))
            return self.runs

    def change(self, **values) -> bool:
        """Change the current run from its next step on. ParameterError where that is not allowed, at once; False where
        there is no run that goes on."""
        with self.lock:
            return bool(self.job) and self.job.change(values)

    def set_paused(self, paused: bool) -> None:
        with self.lock:
            if self.job:
                self.job.target = 0
            super().set_paused(paused)

    def step(self) -> None:
        """One training step of a paused run."""
        with self.lock:
            if self.job:
                self.job.reach(max(self.job.target, len(self.job.recorder.rows)) + 1)

    def watch_critics(self, wanted: bool) -> None:
        """Whether frames should carry looks at the critics; they cost a few training steps each."""
        with self.lock:
            if wanted != self.wants_looks:
                self.wants_looks = wanted
                if self.job:
                    self.job.watch_critics(wanted)

    def take(self) -> Frame | None:
        """What is new since the last call, or None. Never a word of a run that has been replaced."""
        with self.lock:
            return self.job.take() if self.job else None

    def result(self) -> Result | None:
        """Everything so far, or None before the first step."""
        with self.lock:
            return self.job.recorder.result() if self.job and self.job.recorder.rows else None
