"""The computing processes of the pool, when they are lost in ways that their keepers do not mend."""

import asyncio
import contextlib

import psutil
import pytest

from mi_explorer.pool import crew
from mi_explorer.pool.crew import Crew


@pytest.mark.parametrize("loss", ["comes up too late", "its keeper has ended too"])
def test_another_takes_the_place_of_one_that_does_not_come_back(monkeypatch, loss):
    """On a machine that has too much to do, it takes a process longer to start than the cluster waits for one."""
    if loss == "comes up too late":
        monkeypatch.setattr(crew, "STARTING", 0.0)

    async def lose_one():
        came, lost = [], []
        one = Crew(came.append, lost.append, lambda address, news: None, lambda: 1.0)
        watching = None
        try:
            await one.open(1, None)
            watching = asyncio.create_task(one.look_around())
            await until(lambda: len(came) == 1)
            nanny = one.cluster.workers[0]
            if loss == "comes up too late":
                psutil.Process(nanny.pid).kill()
            else:
                await nanny.close()
            await until(lambda: len(lost) == 1 and len(came) == 2)
            assert list(one.seats) == came[1:] and came[1:] != lost
            assert await one.asked(came[1], "whole", "nothing of this name") is None
        finally:
            if watching:
                watching.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watching
            await one.close()

    asyncio.run(lose_one())


async def until(condition):
    async def look():
        while not condition():
            await asyncio.sleep(0.05)

    await asyncio.wait_for(look(), 180)
