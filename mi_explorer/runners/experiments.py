"""Experiments in a thread of this process, and how a page follows them.

A page submits an experiment, may change, pause, step and stop it, and takes ``Frame``s at its own pace. It never waits
for the engine, and the engine never touches a widget. torch is imported by the thread, with the first run.
"""

from __future__ import annotations

__all__ = ["Frame", "ThreadRunner"]

import dataclasses
import time
from dataclasses import dataclass

import numpy as np

from mi_explorer.experiment import Experiment
from mi_explorer.result import Ending, Evaluation, Look, Progress, Recorder, Result
from mi_explorer.runners.worker import GOING, Job, Worker

LOOK_INTERVAL = 1.5  # seconds between two looks at the critics, while somebody watches them


@dataclass(frozen=True, eq=False)
class Frame:
    """What is new in a run since the last frame.

    run: the number that ``submit`` returned. state: "loading", "running", "paused", "finished" or "failed".
    start, rows: index of the first new step, and estimates (new steps, bounds, replicates) in nats.
    steps_per_second: over the last second or so of running. error: a sentence, where the run failed.
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


class ExperimentJob(Job):
    """One submitted experiment, what was wished of it since, and what it has found."""

    def __init__(self, run: int, experiment: Experiment, paused: bool):
        super().__init__(run, paused)
        self.experiment = experiment
        self.single_steps = 0
        self.changes: dict = {}
        self.recorder = Recorder()
        self.taken_rows = self.taken_evaluations = 0
        self.look: Look | None = None
        self.look_taken = True
        self.steps_per_second = 0.0


class ThreadRunner(Worker):
    """Runs one experiment at a time; the latest wish wins. All methods return at once and may be called by any thread."""

    def __init__(self):
        super().__init__()
        self.wants_looks = False
        self.reported: tuple | None = None

    # -- wishes --------------------------------------------------------------------------------------------------------

    def submit(self, experiment: Experiment, *, paused: bool = False) -> int:
        """Start an experiment in place of the current one; the number of the new run. ``paused``: wait for ``step``."""
        with self.lock:
            self.runs += 1
            self.begin(ExperimentJob(self.runs, experiment, paused))
            return self.runs

    def change(self, **values) -> bool:
        """Change the current run from its next step on. ParameterError where that is not allowed, at once; False where
        there is no run that goes on."""
        with self.lock:
            if self.job and self.job.state in GOING:
                done = max(len(self.job.recorder.rows), 1)  # what may change does not depend on when
                self.job.experiment.with_change(done, **{**self.job.changes, **values})
                self.job.changes |= values
                self.lock.notify_all()
                return True
            return False

    def set_paused(self, paused: bool) -> None:
        with self.lock:
            if self.job:
                self.job.single_steps = 0
            super().set_paused(paused)

    def step(self) -> None:
        """One training step of a paused run."""
        with self.lock:
            if self.job:
                self.job.single_steps += 1
                self.lock.notify_all()

    def watch_critics(self, wanted: bool) -> None:
        """Whether frames should carry looks at the critics; they cost a few training steps each."""
        with self.lock:
            if wanted != self.wants_looks:
                self.wants_looks = wanted
                self.lock.notify_all()

    # -- what comes of them --------------------------------------------------------------------------------------------

    def take(self) -> Frame | None:
        """What is new since the last call, or None. Never a word of a run that has been replaced."""
        with self.lock:
            job = self.job
            if job is None:
                return None
            rows, evaluations = job.recorder.rows, job.recorder.evaluations
            look = None if job.look_taken else job.look
            now = (job.run, job.state, len(rows), len(evaluations), job.error)
            if now == self.reported and look is None:
                return None
            self.reported = now
            start, job.taken_rows = job.taken_rows, len(rows)
            first, job.taken_evaluations = job.taken_evaluations, len(evaluations)
            job.look_taken = True
            new = np.stack(rows[start:]) if start < len(rows) else np.empty((0, 0, 0), np.float32)
            endings = job.recorder.last.endings if job.recorder.last else ()
            return Frame(
                job.run, job.state, job.experiment, start, new, tuple(evaluations[first:]), endings,
                job.steps_per_second, look, job.error,
            )

    def result(self) -> Result | None:
        """Everything so far, or None before the first step."""
        with self.lock:
            return self.job.recorder.result() if self.job and self.job.recorder.rows else None

    # -- the thread ----------------------------------------------------------------------------------------------------

    def carry_out(self, job: ExperimentJob) -> None:
        from mi_explorer.training import run  # the first import of torch takes seconds: here nobody waits for it

        steps, progress, clock, counted, last_look = None, None, time.perf_counter(), 0, 0.0
        try:
            while True:
                with self.lock:
                    while self.job is job and job.paused and not job.single_steps and not self.owes_look(job, progress):
                        job.state = "paused"
                        self.lock.wait()
                        clock, counted = time.perf_counter(), 0
                    if self.job is not job:
                        return
                    going = job.single_steps > 0 or not job.paused
                    job.single_steps = max(0, job.single_steps - 1)
                    job.state = "paused" if job.paused else "running"
                    changes = None
                    if going:
                        changes, job.changes = job.changes, {}
                    if going and steps is None:  # nothing has been computed yet: a change only alters the plan
                        job.experiment, changes = dataclasses.replace(job.experiment, **changes), None
                        steps = run(job.experiment)
                if going:
                    progress = steps.send(changes or None)
                    counted += 1
                    with self.lock:
                        job.recorder.add(progress)
                        job.experiment = progress.experiment
                        elapsed = time.perf_counter() - clock
                        if elapsed > 0.5:
                            job.steps_per_second, clock, counted = counted / elapsed, time.perf_counter(), 0
                    if progress.step == progress.experiment.steps:
                        return self.finish(job, progress)
                if self.wants_looks and (not going or time.perf_counter() - last_look > LOOK_INTERVAL):
                    self.look_at(job, progress)
                    last_look = time.perf_counter()
        finally:
            if steps:
                steps.close()

    def owes_look(self, job: ExperimentJob, progress: Progress | None) -> bool:
        """Whether somebody began to watch the critics of a run that stands still."""
        return self.wants_looks and progress is not None and (job.look is None or job.look.step != progress.step)

    def look_at(self, job: ExperimentJob, progress: Progress) -> None:
        look = progress.look()
        with self.lock:
            job.look, job.look_taken = look, False

    def finish(self, job: ExperimentJob, progress: Progress) -> None:
        self.look_at(job, progress)  # the critics end with the run; whoever asks later finds this
        with self.lock:
            job.state = "finished"
