"""The one process between the pages' kernels and the computing processes: who watches what, and what is known already.

    python -m mi_explorer.pool.broker --address ipc:///run/x/pool --cache FOLDER --workers 2

Kernels send pickled (action, run, *values) and receive pickled (run, event, *values); what a run has found passes through
as bytes that nobody opens here. Runs of equal content are one run; what finished is kept on disk.
"""

from __future__ import annotations

__all__ = ["Broker", "main"]

import argparse
import asyncio
import contextlib
import itertools
import logging
import math
import pickle
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path

import zmq
import zmq.asyncio

from mi_explorer.pool import memory
from mi_explorer.pool.crew import Crew
from mi_explorer.pool.runs import Run, Viewer, ordinal
from mi_explorer.pool.seats import News
from mi_explorer.runners.cache import Cache
from mi_explorer.runners.job import GOING

PLACES = 64  # runs that a computing process holds at a time; more would only crawl
TURN = 20.0  # seconds after which a run yields its place, where others wait for one
GRACE = 15.0  # seconds that a run is kept whose last viewer has left: a page that is loaded again finds it
PROBE = 3.0  # seconds between two messages to a viewer, whose absence is noticed by them
SAVED = 256 * 2**20  # bytes of saved runs at a time: those without have to begin again if their process is lost
ATTEMPTS = 3  # a run that ended its process so many times is given up
KNOWN = "Computed before, with the same settings and seed: the same numbers. Another seed draws anew."
CROWD = 40  # runs that compute, from which on the pages say why points come slowly

log = logging.getLogger(__name__)


class Broker:
    """Listens at ``address`` (ZeroMQ) until cancelled. places, turn: see the constants."""

    def __init__(self, address: str, cache: Cache, places: int = PLACES, turn: float = TURN):
        self.address, self.cache, self.places, self.turn = address, cache, places, turn
        self.states = Cache(Path(address.removeprefix("ipc://")).parent / "states", SAVED)
        self.crew = Crew(self.on_join, self.on_loss, self.on_news, self.pace)
        self.numbers = itertools.count(1)
        self.runs: dict[str, Run] = {}
        self.shared: dict[str, Run] = {}  # by content, while it is what it was when it began
        self.viewers: dict[bytes, Viewer] = {}
        self.waiting: list[Run] = []
        self.started: Counter[str] = Counter()  # how often each content was begun, for the load script and the tests
        self.failed_to_open = ""
        self.active = 0  # runs that compute, counted in each sweep: many ask for it
        self.crowd = 0  # what the pages know of that: only where it is another by a fifth, for then all of them are told

    async def serve(self, workers: int, scheduler: str | None = None) -> None:
        context = zmq.asyncio.Context()
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)  # sending to a kernel that is gone raises
        self.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.socket.bind(self.address)
        try:
            await asyncio.gather(self.listen(), self.sweep(), self.compute(workers, scheduler))
        finally:
            await self.crew.close()
            context.destroy(linger=0)

    async def compute(self, workers: int, scheduler: str | None) -> None:
        while True:
            try:
                await self.crew.open(workers, scheduler)
                break
            except (OSError, TimeoutError) as problem:
                self.failed_to_open = f"The scheduler {scheduler} does not answer ({type(problem).__name__})."
                await asyncio.sleep(2)
        self.failed_to_open = ""
        memory.settle()
        await self.crew.look_around()

    # -- what the pages say ----------------------------------------------------------------------------------------------

    async def listen(self) -> None:
        while True:
            identity, message = await self.socket.recv_multipart()
            try:
                self.hear(identity, *pickle.loads(message))
            except Exception:  # one page's mistake must not end the runs of all
                log.exception("A message could not be understood.")

    def hear(self, identity: bytes, action: str, run: int, *values) -> None:
        viewer = self.viewers.get(identity)
        if action == "submit":
            self.on_submit(identity, run, *values)
        elif action == "status":
            self.send(identity, run, "status", self.status())
        elif viewer is None or viewer.number != run:
            self.send(identity, run, "lost")
        else:
            getattr(self, f"on_{action}")(viewer, *values)

    def on_submit(
        self, identity: bytes, number: int, kind: str, content: str | None, payload: bytes, paused: bool, looks: bool, visitor: str,
        known: int,
    ) -> None:
        self.leave(identity)
        viewer = self.viewers[identity] = Viewer(identity, number, visitor or identity.hex(), paused, looks)
        if content and (found := self.cache.get(content)):
            self.send(identity, number, "note", KNOWN)
            self.send(identity, number, "whole", found)
            del self.viewers[identity]
            return
        run = self.shared.get(content) if content else None
        if run is None:
            run = self.begin(kind, content, payload, known)
        self.join(viewer, run)

    def on_paused(self, viewer: Viewer, paused: bool) -> None:
        viewer.paused = paused
        if not paused:
            viewer.since = time.monotonic()
        self.arrange(viewer.run)

    def on_reach(self, viewer: Viewer, target: int) -> None:
        run = viewer.run
        run.known = max(run.known, target)
        if run.address and not run.wanted():
            self.ask(run, "wish", "reach", target)

    def on_looks(self, viewer: Viewer, wanted: bool) -> None:
        viewer.looks = wanted
        self.arrange(viewer.run)

    def on_change(self, viewer: Viewer, values: dict, changed: bytes, known: int) -> None:
        """The first who changes a run that others watch gets one of his own: the same up to here, and then as he wishes."""
        run = viewer.run
        forks = len(run.viewers) > 1
        if forks:
            run.viewers.remove(viewer)
            self.arrange(run)
            own = self.begin("experiment", None, changed, known)
            if saved := self.saved(run, known):
                self.keep(own, *saved)
            self.join(viewer, own)
        else:
            self.make_private(run)
            run.changes.append(values)
            if run.address:
                self.ask(run, "wish", "change", values)
        self.send(viewer.identity, viewer.number, "changed", forks)

    def on_stop(self, viewer: Viewer) -> None:
        self.leave(viewer.identity)

    def on_ping(self, viewer: Viewer) -> None:
        self.send(viewer.identity, viewer.number, "alive")

    def on_whole(self, viewer: Viewer) -> None:
        asyncio.create_task(self.send_whole(viewer, viewer.run))

    def status(self) -> dict:
        """For whoever measures: how many compute, wait and watch, and how often each content was begun."""
        active = sum(run.active for run in self.runs.values())
        return {
            "processes": len(self.crew.seats), "active": active, "waiting": len(self.waiting), "runs": len(self.runs),
            "viewers": len(self.viewers), "started": dict(self.started),
        }

    # -- runs and who watches them ----------------------------------------------------------------------------------------

    def begin(self, kind: str, content: str | None, payload: bytes, known: int) -> Run:
        run = Run(f"run-{next(self.numbers)}", kind, content, payload, known)
        self.runs[run.key] = run
        if content:
            self.shared[content] = run
            self.started[content] += 1
        self.waiting.append(run)
        return run

    def join(self, viewer: Viewer, run: Run) -> None:
        viewer.run, viewer.since = run, time.monotonic()
        run.viewers.append(viewer)
        self.arrange(run)
        if run.address:
            self.on_whole(viewer)

    def leave(self, identity: bytes) -> None:
        viewer = self.viewers.pop(identity, None)
        if viewer and viewer.run and viewer in viewer.run.viewers:
            viewer.run.viewers.remove(viewer)
            viewer.run.left = time.monotonic()
            if not viewer.run.viewers and viewer.run.content is None:  # nobody else can come to it
                self.drop(viewer.run)
            else:
                self.arrange(viewer.run)

    def make_private(self, run: Run) -> None:
        if run.content and self.shared.get(run.content) is run:
            del self.shared[run.content]
        run.content = None

    def drop(self, run: Run) -> None:
        self.runs.pop(run.key, None)
        self.make_private(run)
        for key in run.saved:
            self.states.remove(key)
        if run in self.waiting:
            self.waiting.remove(run)
        if run.address:
            self.ask(run, "stop")
        for viewer in run.viewers:
            self.viewers.pop(viewer.identity, None)
        self.arrange()

    # -- who computes when -------------------------------------------------------------------------------------------------

    def arrange(self, run: Run | None = None) -> None:
        """Give places to those who wait, and let everybody compute who should, after anything has changed."""
        busy = Counter(run.address for run in self.runs.values() if run.active)
        for one in list(self.waiting):
            if not one.viewers or not (one.wanted() or not one.address):
                continue
            free = [address for address in self.crew.seats if busy[address] < self.places]
            if one.address:  # it has yielded before, and goes on where it is
                free = [address for address in free if address == one.address]
            if free:
                address = min(free, key=lambda address: busy[address])
                busy[address] += 1
                self.waiting.remove(one)
                self.seat(one, address)
        if run and run.address:
            self.tell(run)

    def seat(self, run: Run, address: str) -> None:
        run.resting, run.seated = False, time.monotonic()
        if run.address == address:
            return self.tell(run)
        run.address, run.attempts = address, run.attempts + 1
        run.told = not run.wanted(), run.looked_at()
        _, since = self.saved(run) or (0, None)
        self.ask(run, "start", run.payload, *run.told, run.known, since)
        for values in run.changes:
            self.ask(run, "wish", "change", values)

    def tell(self, run: Run) -> None:
        """Let its process know whether to go on and whether to look at the critics, where that has changed."""
        now = not run.wanted() or run.resting, run.looked_at()
        before, run.told = run.told, now
        if before[0] != now[0]:
            self.ask(run, "wish", "set_paused", now[0])
        if before[1] != now[1] and run.kind == "experiment":
            self.ask(run, "wish", "watch_critics", now[1])

    def ask(self, run: Run, method: str, *values) -> None:
        """Something of the process that has the run; what is asked of one run arrives in the order of asking."""
        asyncio.create_task(self.in_order(run, run.address, method, *values))

    async def in_order(self, run: Run, address: str, method: str, *values) -> None:
        async with run.line:
            try:
                await self.crew.asked(address, method, run.key, *values)
            except Exception as problem:  # a cluster with other versions may not understand what it is given
                self.give_up(run, f"The run could not be carried out: {type(problem).__name__}: {problem}")

    def pace(self) -> float:
        return min(max(self.active / 160, 0.07), 0.75)

    # -- what the computing processes say ----------------------------------------------------------------------------------

    def on_join(self, address: str) -> None:
        self.even_out(address)
        self.arrange()

    def even_out(self, address: str) -> None:
        """A process that comes when others have much to do already takes its share of the experiments over."""
        busy = Counter(run.address for run in self.runs.values() if run.active)
        share = busy.total() // len(self.crew.seats)
        for run in [run for run in self.runs.values() if run.active and run.kind == "experiment"]:
            if busy[address] >= share:
                return
            if busy[run.address] > share:
                busy[run.address] -= 1
                busy[address] += 1
                self.ask(run, "stop")
                run.attempts -= 1  # nothing has happened to it
                self.seat(run, address)

    def on_loss(self, address: str) -> None:
        for run in [run for run in self.runs.values() if run.address == address]:
            run.address, run.resting = None, False
            if run.attempts >= ATTEMPTS:
                self.give_up(run, f"The run was given up: the process that computed it was lost {ATTEMPTS} times.")
            elif run not in self.waiting:
                self.waiting.insert(0, run)
        self.arrange()

    def give_up(self, run: Run, sentence: str) -> None:
        for viewer in list(run.viewers):
            self.send(viewer.identity, viewer.number, "failed", sentence)
        self.drop(run)

    def on_news(self, address: str, news: list[News]) -> None:
        for item in news:
            run = self.runs.get(item.key)
            if run is None or run.address != address:
                continue
            run.known = max(run.known, item.known)
            if item.replay:
                run.payload, run.changes = item.replay, []
            if item.saved:
                self.keep(run, *item.saved)
            for viewer in list(run.viewers):
                self.send(viewer.identity, viewer.number, "frame", item.frame)
            if item.state not in GOING and not run.ended:
                run.ended = True
                asyncio.create_task(self.end(run, item.state))

    def keep(self, run: Run, steps: int, state: bytes) -> None:
        """What to go on from, should the process that has the run be lost, or a page wish to go its own way. The last two:
        the page may not have seen the steps before the very last."""
        run.saves += 1
        key = f"{run.key}-{run.saves % 2}"
        self.states.put(key, state)
        run.saved[key] = steps

    def saved(self, run: Run, most: float = math.inf) -> tuple[int, bytes] | None:
        """Steps, at most so many, and the state behind them; the latest that there is."""
        for steps, key in sorted(((steps, key) for key, steps in run.saved.items() if steps <= most), reverse=True):
            if state := self.states.get(key):
                return steps, state
        return None

    async def end(self, run: Run, state: str) -> None:
        """Keep what it has found for the next who asks, and let it go."""
        if state == "finished" and run.content:
            whole = await self.crew.asked(run.address, "whole", run.key)
            if whole:
                self.cache.put(run.content, whole)
        self.drop(run)

    async def send_whole(self, viewer: Viewer, run: Run) -> None:
        whole = await self.crew.asked(run.address, "whole", run.key)
        if whole and viewer.run is run:
            self.send(viewer.identity, viewer.number, "whole", whole)

    # -- from time to time -------------------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            now = time.monotonic()
            for run in [run for run in self.runs.values() if not run.viewers and now - run.left > GRACE]:
                self.drop(run)
            self.take_turns(now)
            self.count()
            for viewer in list(self.viewers.values()):
                note = self.note(viewer)
                if note != viewer.note or now - viewer.heard > PROBE:
                    viewer.note = note
                    self.send(viewer.identity, viewer.number, "note", note)

    def count(self) -> None:
        self.active = sum(run.active for run in self.runs.values())
        if abs(self.active - self.crowd) > self.crowd / 5:
            self.crowd = self.active

    def take_turns(self, now: float) -> None:
        """Where runs wait for a place, those that have had one for long yield it; and a visitor computes one at a time."""
        latest: dict[str, Viewer] = {}
        for viewer in self.viewers.values():
            if not viewer.paused and (viewer.visitor not in latest or viewer.since > latest[viewer.visitor].since):
                latest[viewer.visitor] = viewer
        for viewer in self.viewers.values():
            behind = not viewer.paused and latest[viewer.visitor] is not viewer
            if behind != viewer.behind:
                viewer.behind = behind
                self.arrange(viewer.run)
        hopeful = [run for run in self.waiting if run.viewers and (run.wanted() or not run.address)]
        oldest = sorted((run for run in self.runs.values() if run.active), key=lambda run: run.seated)
        for run in oldest[: len(hopeful)]:
            if now - run.seated > self.turn and self.crew.seats:
                run.resting = True
                self.waiting.append(run)
                self.tell(run)
        if hopeful:
            self.arrange()

    def note(self, viewer: Viewer) -> str:
        """Why a page sees less than it might expect, in a sentence; empty where all is well."""
        run = viewer.run
        if not self.crew.seats:
            return self.failed_to_open or "The computing processes are starting."
        if viewer.behind:
            return "Waiting: another page of yours is computing."
        if run in self.waiting and run.wanted():
            ahead = [one for one in self.waiting if one.viewers and one.wanted()]
            return f"Waiting for a free place: {ordinal(ahead.index(run) + 1)} in the queue."
        if self.crowd > CROWD and not viewer.paused:
            return f"Many are computing (about {self.crowd} runs), so points come more slowly."
        return ""

    def send(self, identity: bytes, number: int, event: str, *values) -> None:
        if viewer := self.viewers.get(identity):
            viewer.heard = time.monotonic()
        # At once or not at all: a kernel that reads too slowly asks for the whole when it finds a gap.
        sent = self.socket.send_multipart([identity, pickle.dumps((number, event, *values))], flags=zmq.NOBLOCK)
        if sent.done() and isinstance(problem := sent.exception(), zmq.ZMQError) and not isinstance(problem, zmq.Again):
            self.leave(identity)


def main(argv: list[str] | None = None) -> None:
    one = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    one.add_argument("--address", required=True)
    one.add_argument("--cache", required=True)
    one.add_argument("--workers", type=int, default=1)
    one.add_argument("--scheduler")
    options = one.parse_args(argv)
    broker = Broker(options.address, Cache(options.cache))
    try:
        asyncio.run(until_orphaned(broker.serve(options.workers, options.scheduler)))
    except KeyboardInterrupt:
        pass


async def until_orphaned(work: Coroutine) -> None:
    """Work until the other end of standard input is gone: whoever started this process has ended, in whatever way."""
    task = asyncio.ensure_future(work)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    orphaned = asyncio.ensure_future(reader.read())
    await asyncio.wait([task, orphaned], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        return task.result()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    main()
