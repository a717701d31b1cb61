"""The jobs of one worker process of the pool: experiments take turns in one thread, studies have a thread each.

A training step takes milliseconds, so between any two a wish is heard and another job can go on: fair, and cheaper than
threads that fight for the interpreter. A study's piece may take seconds: nobody could wait for it.
"""

from __future__ import annotations

__all__ = ["News", "Seats"]

import asyncio
import contextlib
import io
import math
import pickle
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial

from mi_explorer.pool import memory
from mi_explorer.runners import background
from mi_explorer.runners.experiments import ExperimentJob
from mi_explorer.runners.job import GOING, Job
from mi_explorer.runners.niceness import WORKERS, step_back
from mi_explorer.runners.studies import StudyJob

SLICE = 0.010  # seconds that an experiment keeps its turn: less would be spent on turning
ROUND = 0.15  # seconds until all have had a turn; where they are many, turns are shorter for its sake, down to one step
BEAT = 0.05  # seconds between two tellings of what can wait: every one has its price, here and in the broker
SWITCH = 0.001  # seconds that the thread of the experiments keeps the interpreter, while wishes are waiting to be heard
SAVE = 0.5  # seconds of an experiment's computing between two times that its state is saved
SAVING_SHARE = 0.02  # of its time, at most, goes into saving
TIDY = 1.0  # seconds after a job has left until its memory is given back: by then nobody holds on to it


@dataclass(frozen=True)
class News:
    """What is new of a job since the last news. frame: a pickled ``Frame`` or ``StudyFrame``; state: the job's; known:
    how many steps or items it has found; replay: the pickled experiment with the changes made so far, where it has changed since the last news;
    saved: steps, and what another process can go on from behind them."""

    key: str
    frame: bytes
    state: str
    known: int
    replay: bytes | None = None
    saved: tuple[int, bytes] | None = None


@dataclass(eq=False)
class Seat:
    """A job and its share: ``used`` seconds; ``wished``: since when a wish waits to be heard, infinity where none does;
    ``urgent``: what came of it waits to be told; ``due``: when its next news are; ``saved``: its state, until that is told;
    ``save_at``: when, in seconds used, it is saved next."""

    key: str
    job: Job
    used: float
    due: float = 0.0
    wished: float = field(default_factory=time.monotonic)
    urgent: bool = False
    experiment: object = None
    leaving: bool = False
    saved: tuple[int, bytes] | None = None
    save_at: float = 0.0

    def listen(self) -> bool:
        """Whether a wish waits that the next piece will hear; one that comes during that piece is not heard before the next.
        Called with the lock held."""
        heard, self.wished = self.wished < math.inf, math.inf
        return heard

    def save(self) -> None:
        """Take down what its job has come to, now and then; called between two of its pieces."""
        if self.used < self.save_at:
            return
        began = time.thread_time()
        self.saved = self.job.save()
        self.save_at = self.used + max(SAVE, (time.thread_time() - began) / SAVING_SHARE)


class Seats:
    """A Dask actor, one for each worker process. Its methods are coroutines of the worker's loop and return at once,
    ``news`` apart; the jobs are carried out beside it.

    nice: step back for the pages; for workers on the machine that serves them.
    """

    def __init__(self, nice: bool = False):
        if nice:
            step_back(WORKERS)
        import torch

        from mi_explorer import training  # noqa: F401  the first run of a worker should not wait for it, nor for what it needs

        memory.keep()
        torch.save({}, io.BytesIO())
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first one imports a compiler, for seconds
        import sklearn.linear_model  # noqa: F401  seconds, too, which the first visitor of a lesson with digits would wait for
        memory.settle()
        torch.set_num_threads(1)
        sys.setswitchinterval(SWITCH)
        self.lock = threading.Condition()
        self.seats: dict[str, Seat] = {}
        self.over = False
        self.slice = SLICE
        self.stirred = asyncio.Event()
        self.line, self.told = asyncio.Condition(), 0  # of the calls of ``news``, of which so many have been answered
        self.loop: asyncio.AbstractEventLoop | None = None
        self.tidying: asyncio.TimerHandle | None = None
        self.thread = background.start(self.take_turns, "mi-explorer-turns", self.end)

    def end(self) -> None:
        """Let all threads come to an end, each behind its current piece."""
        with self.lock:
            self.over = True
            for seat in self.seats.values():
                seat.leaving = True
            self.lock.notify_all()

    # -- wishes --------------------------------------------------------------------------------------------------------

    async def start(
        self, key: str, payload: bytes, paused: bool = False, looks: bool = False, target: int = 0, since: bytes | None = None
    ) -> None:
        """Take up a job: the payload is ("experiment", Experiment) or ("study", a function that returns an iterator).
        target: steps to carry out even while it is paused; since: what was saved of the same experiment."""
        self.loop = asyncio.get_running_loop()
        await asyncio.get_running_loop().run_in_executor(None, self.seat, key, payload, paused, looks, target, since)

    def seat(self, key: str, payload: bytes, paused: bool, looks: bool, target: int, since: bytes | None = None) -> None:
        kind, what = pickle.loads(payload)
        with self.lock:
            if kind == "experiment":
                job = ExperimentJob(0, self.lock, what, paused, looks, target, since)
            else:
                job = StudyJob(0, self.lock, what, paused)
            used = min((seat.used for seat in self.seats.values() if seat.job.state in GOING), default=0.0)
            seat = self.seats[key] = Seat(key, job, used, experiment=what if kind == "experiment" else None, save_at=used + SAVE)
            self.lock.notify_all()
        if kind == "study":
            background.start(partial(self.carry_out, seat), "mi-explorer-study", self.end)

    async def wish(self, key: str, method: str, *values) -> None:
        """Call a method of a job: "set_paused", "reach", "change" or "watch_critics". Nothing happens where it is gone."""
        with self.lock:
            if (seat := self.seats.get(key)) and seat.job.state in GOING:
                if method != "set_paused":  # who pauses needs no piece, who goes on has used so little that it comes next anyway
                    seat.wished = min(seat.wished, time.monotonic())
                getattr(seat.job, method)(*values)
                self.lock.notify_all()

    async def stop(self, key: str) -> None:
        with self.lock:
            if seat := self.seats.pop(key, None):
                seat.leaving = True
                self.lock.notify_all()
        if not self.tidying:
            self.tidying = asyncio.get_running_loop().call_later(TIDY, self.tidy)

    def tidy(self) -> None:
        self.tidying = None
        asyncio.get_running_loop().run_in_executor(None, memory.give_back)

    # -- what comes of them --------------------------------------------------------------------------------------------

    async def news(self, number: int, pace: float, patience: float = 1.0) -> list[News]:
        """What is new, of a job every ``pace`` seconds at most unless its state has changed or a wish was heard; after
        ``patience`` seconds nothing. Calls are numbered from 0, and answered in that order where several are underway."""
        async with self.line:
            await self.line.wait_for(lambda: self.told == number)
            try:
                return await self.something_new(pace, patience)
            finally:
                self.told += 1
                self.line.notify_all()

    async def something_new(self, pace: float, patience: float) -> list[News]:
        end = time.monotonic() + patience
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.stirred.wait(), BEAT)
            self.stirred.clear()
            found = self.collect(pace)
            if found or time.monotonic() > end:
                return found

    def collect(self, pace: float) -> list[News]:
        found, now = [], time.monotonic()
        with self.lock:
            for seat in self.seats.values():
                if not (seat.urgent or now > seat.due):
                    continue
                frame = seat.job.take()
                if frame is None:
                    continue
                # Never all at once: their pages, on the same cores, would all be drawn at once, and hold up everybody's sliders.
                seat.due, seat.urgent, replay = now + pace * random.uniform(0.7, 1.3), False, None
                if seat.experiment is not None and frame.experiment is not seat.experiment:
                    seat.experiment = frame.experiment
                    replay = pickle.dumps(("experiment", frame.experiment))
                known = seat.job.count if isinstance(seat.job, StudyJob) else len(seat.job.recorder.rows)
                saved, seat.saved = seat.saved, None
                found.append(News(seat.key, pickle.dumps(frame), frame.state, known, replay, saved))
        return found

    async def whole(self, key: str) -> bytes | None:
        """A pickled frame with everything since the beginning, or None where there is no such job."""
        with self.lock:
            seat = self.seats.get(key)
            if seat is None:
                return None
            frame = seat.job.frame(look=seat.job.look) if isinstance(seat.job, ExperimentJob) else seat.job.frame()
        return pickle.dumps(frame)

    # -- the threads ---------------------------------------------------------------------------------------------------

    def done_a_piece(self, seat: Seat, state: str, heard: bool) -> None:
        """Let ``news`` return where something cannot wait: a wish was heard, or the state is another."""
        if heard or seat.job.state != state:
            seat.urgent = True
            if self.loop:
                self.loop.call_soon_threadsafe(self.stirred.set)

    def carry_out(self, seat: Seat) -> None:
        """A study, in a thread of its own."""
        job = seat.job
        while True:
            with self.lock:
                state = job.state
                while not seat.leaving and job.state in GOING and not job.ready():
                    job.state = "paused"
                    self.done_a_piece(seat, state, seat.listen())
                    self.lock.wait()
                if seat.leaving or job.state not in GOING:
                    break
                heard = seat.listen()
            job.carry_on()
            self.done_a_piece(seat, state, heard)
        job.close()

    def take_turns(self) -> None:
        """The experiments, in time slices: whose wish waits longest comes next, and without a wish who has used least."""
        open_jobs: set[Seat] = set()
        while True:
            with self.lock:
                while not self.over and (seat := self.next_one(open_jobs)) is None:
                    self.lock.wait()
                if self.over:
                    return
                open_jobs.add(seat)
                state, heard = seat.job.state, False
            began, worked = (now := time.perf_counter()), time.thread_time()
            while now - began < self.slice and seat.job.state in GOING and not (seat.leaving or heard):
                with self.lock:
                    if not seat.job.ready() or now > began and self.somebody_wishes():
                        break
                    heard = seat.listen()
                seat.job.carry_on()
                now = time.perf_counter()
            seat.used += time.thread_time() - worked  # and not of waiting for a processor: one long wait would cost many turns
            self.done_a_piece(seat, state, heard)
            seat.save()

    def somebody_wishes(self) -> bool:
        """An experiment, for a piece that it may do now. Called with the lock held."""
        return any(
            seat.wished < math.inf and isinstance(seat.job, ExperimentJob) and seat.job.state in GOING and seat.job.ready()
            for seat in self.seats.values()
        )

    def next_one(self, open_jobs: set[Seat]) -> Seat | None:
        """Whose turn it is, if anybody's; lets go of those that have ended. Called with the lock held."""
        for seat in [seat for seat in open_jobs if seat.leaving or seat.job.state not in GOING]:
            open_jobs.discard(seat)
            seat.job.close()
        waiting = []
        for seat in self.seats.values():
            if not isinstance(seat.job, ExperimentJob) or seat.job.state not in GOING:
                continue
            if seat.job.ready():
                waiting.append(seat)
            elif seat.job.state != "paused":
                state, seat.job.state = seat.job.state, "paused"
                self.done_a_piece(seat, state, seat.listen())
        self.slice = min(SLICE, ROUND / max(len(waiting), 1))
        return min(waiting, key=lambda seat: (seat.wished, seat.used), default=None)
