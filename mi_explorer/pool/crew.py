"""The worker processes behind the broker: a Dask cluster, of which each process holds one ``Seats`` actor."""

from __future__ import annotations

__all__ = ["Crew"]

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable

import dask
from distributed import Client, LocalCluster
from distributed.core import Status

from mi_explorer.pool.seats import News, Seats

LOOK_AROUND = 0.5  # seconds between two looks for processes that came or went
AHEAD = 2  # calls for news underway at a time: what happens while the answer to one travels can be told at once
STARTING = 60.0  # seconds that one which was lost has to come up again, before another is started in its place
WORKER_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
log = logging.getLogger(__name__)


class Crew:
    """Connects to a cluster, and says who came (``on_join(address)``), who was lost (``on_loss(address)``) and what is
    new (``on_news(address, list of News)``). ``pace()`` is how many seconds lie between two news of one job."""

    def __init__(self, on_join: Callable, on_loss: Callable, on_news: Callable, pace: Callable[[], float]):
        self.on_join, self.on_loss, self.on_news, self.pace = on_join, on_loss, on_news, pace
        self.seats: dict[str, Seats] = {}
        self.tasks: dict[str, asyncio.Task] = {}
        self.cluster: LocalCluster | None = None
        self.client: Client | None = None

    async def open(self, workers: int, scheduler: str | None) -> None:
        """A cluster of so many processes here, or the one of a scheduler; raises OSError where none answers."""
        dask.config.set({
            "distributed.scheduler.work-stealing": False, "distributed.worker.memory.terminate": 0.95,
            # Nobody looks at what it would draw of the machine, of its tasks and of its event loops, up to a hundred times a second in every process.
            "distributed.admin.system-monitor.interval": "10s", "distributed.admin.system-monitor.disk": False,
            "distributed.worker.profile.enabled": False, "distributed.admin.tick.interval": "1s", "distributed.worker.memory.monitor-interval": "1s",
            "distributed.deploy.lost-worker-timeout": STARTING,
        })
        if scheduler:
            address = scheduler
        else:
            self.cluster = await LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, asynchronous=True, dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"}, host="127.0.0.1", env=WORKER_ENVIRONMENT, silence_logs=logging.CRITICAL,
            )
            address = self.cluster.scheduler_address
        self.client = await Client(address, asynchronous=True, direct_to_workers=True)

    async def close(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        if self.client:
            await self.client.close()
        if self.cluster:
            await self.cluster.close()

    async def look_around(self) -> None:
        """Watch for processes until cancelled."""
        while True:
            try:
                known = set((await self.client.scheduler.identity(n_workers=-1))["workers"])
            except OSError:
                known = set()
            for address in known - set(self.tasks):
                self.tasks[address] = asyncio.create_task(self.follow(address))
            for address in [address for address, task in self.tasks.items() if task.done() and address not in known]:
                del self.tasks[address]
            self.fill_up()
            await asyncio.sleep(LOOK_AROUND)

    def fill_up(self) -> None:
        """Start others for processes that were lost and did not come up again: the cluster only strikes them off."""
        if self.cluster:
            for name, nanny in list(self.cluster.workers.items()):
                if nanny.status in (Status.closed, Status.failed):
                    del self.cluster.workers[name]
            if len(self.cluster.workers) < len(self.cluster.worker_spec):
                self.cluster.scale(len(self.cluster.worker_spec))

    async def follow(self, address: str) -> None:
        """One process, from its first word to its last."""
        try:
            future = self.client.submit(
                Seats, nice=self.cluster is not None, actor=True, workers=[address], allow_other_workers=False, pure=False,
            )
            seats = self.seats[address] = await future
            self.on_join(address)
            numbers, calls = itertools.count(), deque()
            while True:
                while len(calls) < AHEAD:
                    calls.append(seats.news(next(numbers), self.pace()))
                self.on_news(address, await calls.popleft())
        except asyncio.CancelledError:
            raise
        except Exception as problem:  # a process can end in any way; its jobs go elsewhere
            log.warning("A computing process was lost: %s: %s", type(problem).__name__, problem)
        finally:
            if self.seats.pop(address, None):
                self.on_loss(address)

    async def asked(self, address: str, method: str, *values):
        """What the process answers; None where it cannot, because it is lost, and its jobs with it."""
        seats = self.seats.get(address)
        if seats is None:
            return None
        try:
            return await getattr(seats, method)(*values)
        except (OSError, RuntimeError):
            return None
