"""How a computing process keeps the memory of its runs, and gives it back."""

import asyncio
import os
import platform
import subprocess
import sys

import pytest

from mi_explorer.pool import seats as module
from mi_explorer.pool.seats import Seats

CHILD = """
import resource, sys
import numpy as np
from mi_explorer.pool import memory

def faults(arrays=20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(arrays):
        np.empty(250_000).fill(1.0)  # 2 MB, 488 pages
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

thrown_away = faults()
memory.keep()
faults()  # what is to be kept has to be had first
kept = faults()
held = [np.ones(100_000) for _ in range(30)]  # 24 MB in blocks of 0.8
pin = np.ones(50_000)
del held
before = resident()
memory.give_back()
print(thrown_away, kept, before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to")
def test_memory_is_kept_from_step_to_step_and_given_back_at_the_end():
    """Beside what a process of Dask's would do otherwise: ask the machine for every page again."""
    environment = os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"}
    told = subprocess.run([sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, check=True).stdout
    thrown_away, kept, given_back = map(int, told.split())
    assert kept < thrown_away / 5  # of 9,760 pages in 20 arrays
    assert given_back > 16e6


def test_the_collector_does_not_look_through_what_was_loaded_once():
    """In a process of its own: what has been settled there stays so."""
    code = "import gc; from mi_explorer.pool.seats import Seats; Seats(); print(gc.get_freeze_count(), len(gc.get_objects()))"
    settled, looked_through = map(int, subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert settled > 100_000 > 50 * looked_through


def test_what_a_run_has_left_is_given_back_soon_after_it_has_gone(monkeypatch):
    calls = []
    monkeypatch.setattr(module.memory, "give_back", lambda: calls.append(1))
    seats = Seats()

    async def leave():
        await seats.stop("a")
        planned = seats.tidying
        await seats.stop("b")
        assert seats.tidying is planned and not calls  # once for all that leave together
        while not calls:
            await asyncio.sleep(0.01)
        await seats.stop("c")
        while len(calls) < 2:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(leave(), 60))
    seats.end()
