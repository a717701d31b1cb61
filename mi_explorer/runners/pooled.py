"""Where the dashboard's pages have their work carried out: by the shared pool, through its broker.

A kernel holds neither torch nor a client of the cluster: only a ZeroMQ socket to the broker, and what its own page has
seen. All methods return at once. A page that asks for the same as another gets the same run, and what it has found so far;
the first change makes it a run of its own. Pause is immediate and exact: what comes in afterwards is held back.
"""

from __future__ import annotations

__all__ = ["ADDRESS", "PoolRunner", "PoolStudyRunner"]

import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from mi_explorer.description import Description
from mi_explorer.experiment import Experiment
from mi_explorer.result import Evaluation, Result
from mi_explorer.runners.experiments import Frame
from mi_explorer.runners.job import GOING
from mi_explorer.runners.studies import StudyFrame

ADDRESS = "MI_EXPLORER_POOL"  # environment: where the broker listens
VISITOR = "MI_EXPLORER_VISITOR"  # environment: whose page this is; one of their runs computes at a time
SILENCE = 1.5  # seconds without a word after which the broker is asked whether it still knows the run
IMPATIENCE = 0.5  # seconds between two requests for everything since the beginning


class Line:
    """The way to the broker, and the one run of this page there. Subclasses say what an arriving frame means."""

    kind = ""
    first_words = "Starting."

    def __init__(self, address: str | None = None):
        self.address = address or os.environ[ADDRESS]
        self.lock = threading.RLock()
        self.socket = None
        self.run = 0
        self.state: str | None = None
        self.error: str | None = None
        self.told = self.repeating = ""  # why it goes on slowly: in the broker's words, and what this page knows itself
        self.paused = False
        self.looks = False
        self.news = False
        self.asked: tuple = ()
        self.heard = self.wanted_whole = 0.0
        self.forget()

    # -- wishes --------------------------------------------------------------------------------------------------------

    def begin(self, content: str | None, payload: bytes, paused: bool = False) -> int:
        """A new run in place of the current one."""
        with self.lock:
            self.run += 1
            self.state, self.error, self.told, self.repeating = "loading", None, "", ""
            self.paused, self.news = paused, True
            self.forget()
            self.asked = content, payload
            self.submit_again()
            return self.run

    def submit_again(self) -> None:
        self.say("submit", self.kind, *self.asked, self.paused, self.looks, os.environ.get(VISITOR, ""), self.known())

    def pause(self) -> None:
        self.set_paused(True)

    def resume(self) -> None:
        self.set_paused(False)

    def set_paused(self, paused: bool) -> None:
        with self.lock:
            if self.state in GOING or self.paused:
                self.paused, self.news = paused, True
            if self.state in GOING:
                self.say("paused", paused)
            if self.state == "paused" and not paused:  # rows that were held back are shown before its process says so
                self.state = "running"

    def stop(self) -> None:
        """Give up the current run; what it has found so far is gone."""
        with self.lock:
            if self.state in GOING:
                self.say("stop")
            self.state = None

    def close(self) -> None:
        with self.lock:
            self.stop()
            if self.socket is not None:
                self.socket.close(linger=200)
                self.socket = None

    # -- messages ------------------------------------------------------------------------------------------------------

    def say(self, action: str, *values) -> None:
        import zmq

        if self.socket is None:
            self.socket = zmq.Context.instance().socket(zmq.DEALER)
            self.socket.setsockopt(zmq.IDENTITY, b"page-" + os.urandom(12))
            self.socket.setsockopt(zmq.LINGER, 200)
            self.socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
            self.socket.connect(self.address)
        self.heard = time.monotonic()
        try:
            self.socket.send(pickle.dumps((action, self.run, *values)), zmq.NOBLOCK)
        except zmq.Again:
            pass  # no broker for so long that a thousand messages wait: the silence is noticed by ``listen``

    def arrivals(self) -> int | None:
        """A descriptor that becomes readable when something new has come in, once there is one. What comes in while something
        is being sent it may keep to itself, so whoever waits for it should look now and then."""
        return None if self.socket is None else self.socket.fileno()

    def listen(self) -> None:
        """Take in everything that has arrived; called with the lock held."""
        import zmq

        if self.socket is None:
            return
        while self.socket.poll(0):
            run, event, *values = pickle.loads(self.socket.recv(zmq.NOBLOCK))
            self.heard = time.monotonic()
            if run == self.run and self.state is not None:
                getattr(self, f"on_{event}")(*values)
        if self.state in GOING and time.monotonic() - self.heard > SILENCE:
            self.say("ping")

    def on_alive(self) -> None:
        pass

    def on_note(self, note: str) -> None:
        self.news |= note != self.told
        self.told = note

    def repeat(self, how_far: str) -> None:
        """What arrives is known already, after the loss of a process or where a run has become another."""
        self.repeating, self.news = f"Repeating what is known, up to where it was left: {how_far}.", True

    @property
    def note(self) -> str:
        return self.repeating or self.told

    def on_lost(self) -> None:
        """The broker does not know the run, because it is a new one: start again, and catch up."""
        if self.state in GOING:
            self.submit_again()

    def on_failed(self, sentence: str) -> None:
        self.state, self.error, self.news = "failed", sentence, True

    def on_frame(self, data: bytes) -> None:
        self.take_in(pickle.loads(data))

    def on_whole(self, data: bytes) -> None:
        self.take_in(pickle.loads(data))

    def forget(self) -> None:
        raise NotImplementedError

    def known(self) -> int:
        """How many steps or items the page has seen."""
        raise NotImplementedError

    def take_in(self, frame) -> None:
        raise NotImplementedError

    def seen_state(self) -> str:
        return "paused" if self.paused and self.state in ("running", "paused") else self.state


class PoolRunner(Line):
    """What ``ThreadRunner`` is, in the pool."""

    kind = "experiment"

    def payload(self, experiment: Experiment) -> bytes:
        return pickle.dumps(("experiment", experiment))

    def submit(self, experiment: Experiment, *, paused: bool = False) -> int:
        with self.lock:
            self.experiment = experiment
            return self.begin(f"experiment-{experiment.key}", self.payload(experiment), paused)

    def forget(self) -> None:
        self.rows: list[np.ndarray] = []
        self.evaluations: list[Evaluation] = []
        self.endings, self.speed, self.look, self.look_taken = (), 0.0, None, True
        self.taken_rows = self.taken_evaluations = self.open_steps = 0
        self.changing, self.unheard = False, {}

    def known(self) -> int:
        return len(self.rows)

    def change(self, **values) -> bool:
        """Change the current run from its next step on. ParameterError where that is not allowed, at once; False where
        there is no run that goes on."""
        with self.lock:
            if self.state not in GOING:
                return False
            shown = max(self.shown(), 1)
            changed = self.experiment.with_change(shown, **{**self.unheard, **values})
            self.unheard |= values
            self.changing = True  # until the broker has answered, steps of the old kind are held back
            self.asked = None, self.payload(changed)
            self.say("change", values, self.asked[1], shown)
            return True

    def on_changed(self, forked: bool) -> None:
        self.changing, self.news = False, True
        if forked:  # what others' run has found since then is not this one's
            del self.rows[max(self.taken_rows, 1) :]
            self.evaluations = [one for one in self.evaluations if one.step <= len(self.rows)]
            self.taken_evaluations = min(self.taken_evaluations, len(self.evaluations))

    def on_lost(self) -> None:
        if self.changing:  # nobody will answer: what was not shown yet belongs to the run before the change
            self.on_changed(forked=True)
        super().on_lost()

    def step(self) -> None:
        """One training step of a paused run."""
        with self.lock:
            if self.paused:
                self.open_steps += 1
                self.news = True
                if self.state in GOING and self.taken_rows + self.open_steps > len(self.rows):
                    self.say("reach", self.taken_rows + self.open_steps)

    def set_paused(self, paused: bool) -> None:
        with self.lock:
            self.open_steps = 0
            super().set_paused(paused)

    def watch_critics(self, wanted: bool) -> None:
        """Whether frames should carry looks at the critics; they cost a few training steps each."""
        with self.lock:
            if wanted != self.looks:
                self.looks = wanted
                if self.state in GOING:
                    self.say("looks", wanted)

    # -- what comes of them --------------------------------------------------------------------------------------------

    def take_in(self, frame: Frame) -> None:
        have = len(self.rows)
        if frame.start > have:  # something was lost on the way
            if time.monotonic() - self.wanted_whole > IMPATIENCE:
                self.wanted_whole = time.monotonic()
                self.say("whole")
            return
        self.rows.extend(frame.rows[have - frame.start :])
        last = self.evaluations[-1].step if self.evaluations else 0
        self.evaluations.extend(one for one in frame.evaluations if one.step > last)
        if frame.start + len(frame.rows) < have and frame.state in GOING:
            return self.repeat(f"step {frame.start + len(frame.rows):,} of {have:,}")
        self.repeating = ""
        if frame.experiment.changes != self.experiment.changes:  # else the one at hand stays: who has drawn it need not look again
            self.experiment = known = frame.experiment  # with the steps at which it was really changed
            now = known.at(len(self.rows))
            self.unheard = {name: value for name, value in self.unheard.items() if getattr(now, name) != value}
            self.asked = None, self.payload(known.with_change(len(self.rows), **self.unheard) if self.unheard else known)
        self.news |= (frame.state, frame.error) != (self.state, self.error)
        self.endings, self.speed = frame.endings, frame.steps_per_second
        self.state, self.error = frame.state, frame.error
        if frame.look is not None and (not self.paused or frame.look.step <= self.shown()):
            self.look, self.look_taken, self.news = frame.look, False, True

    def seen_state(self) -> str:
        held = self.paused and len(self.rows) and (self.state in GOING or self.shown() < len(self.rows))
        return "paused" if held else self.state

    def shown(self) -> int:
        """How many steps the page may see."""
        if self.changing:
            return self.taken_rows
        return min(len(self.rows), self.taken_rows + self.open_steps) if self.paused else len(self.rows)

    def take(self) -> Frame | None:
        """What is new since the last call, or None. Never a word of a run that has been replaced."""
        with self.lock:
            self.listen()
            shown = self.shown()
            if self.state is None or not (self.news or shown > self.taken_rows):
                return None
            start, self.taken_rows = self.taken_rows, shown
            self.open_steps -= min(self.open_steps, shown - start)
            first = self.taken_evaluations
            self.taken_evaluations += sum(one.step <= shown for one in self.evaluations[first:])
            look = None if self.look_taken else self.look
            self.news, self.look_taken = False, True
            new = np.stack(self.rows[start:shown]) if start < shown else np.empty((0, 0, 0), np.float32)
            return Frame(
                self.run, self.seen_state(), self.experiment, start, new,
                tuple(self.evaluations[first : self.taken_evaluations]), self.endings, self.speed, look, self.error, self.note,
                bool(self.unheard),
            )

    def result(self) -> Result | None:
        """Everything so far, or None before the first step."""
        with self.lock:
            if self.state is None or not self.rows:
                return None
            return Result(self.experiment, np.stack(self.rows), tuple(self.evaluations), self.endings)


class PoolStudyRunner(Line):
    """What ``StudyRunner`` is, in the pool: ``start`` must travel, as a method of a description or a function of a module
    with arguments that do (``functools.partial``)."""

    kind = "study"

    def submit(self, start: Callable[[], Iterator]) -> int:
        study = getattr(start, "__self__", None)
        content = f"{type(study).__module__}.{type(study).__name__}-{study.key}" if isinstance(study, Description) else None
        return self.begin(content, pickle.dumps(("study", start)))

    def forget(self) -> None:
        self.frame: StudyFrame | None = None

    def known(self) -> int:
        return self.frame.count if self.frame else 0

    def take_in(self, frame: StudyFrame) -> None:
        if self.frame is not None and frame.count < self.frame.count and frame.state in GOING:
            return self.repeat(f"part {frame.count:,} of {self.frame.count:,}")
        self.repeating = ""
        self.frame, self.state, self.error, self.news = frame, frame.state, frame.error, True

    def take(self) -> StudyFrame | None:
        """How it stands, if that is news since the last call. Never a word of a study that has been replaced."""
        with self.lock:
            self.listen()
            if self.state is None or not self.news:
                return None
            self.news = False
            latest, count = (self.frame.latest, self.frame.count) if self.frame else (None, 0)
            return StudyFrame(self.run, self.seen_state(), latest, count, self.error, self.note)
