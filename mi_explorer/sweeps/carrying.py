"""Carrying a sweep out: what is stored is taken from the store, what is missing goes through an executor."""

from __future__ import annotations

__all__ = ["steps_of_sweep", "sweep"]

import dataclasses
import queue
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path

from mi_explorer.experiment import Experiment
from mi_explorer.parameters import Parameter
from mi_explorer.sweeps.batches import batches_of
from mi_explorer.sweeps.cell import Cell, failed, finish
from mi_explorer.sweeps.grid import Grid
from mi_explorer.sweeps.outcome import Sweep
from mi_explorer.sweeps.processes import CHANCES, Workers, cores
from mi_explorer.sweeps.store import Store

WORKERS = Parameter(int, 1, 1024)
DIED = f"its worker process died {CHANCES} times: killed, or out of memory"


def sweep(
    grid: Grid | dict, executor: Executor | None = None, *,
    store: str | Path | None = None, workers: int | None = None, curves: bool = False,
) -> Sweep:
    """Carry out every experiment of a grid and return what came of them: ``sweep(grid).table()``.

    Arguments:
        grid: a ``Grid``, or a dictionary of its fields.
        executor: what carries the cells out: any ``concurrent.futures.Executor``, such as Dask's
            ``Client(address).get_executor()``; without one, processes of this machine, one torch thread each.
        workers: how many work at once: as many processes as this machine has cores, unless given. With an executor, say
            it to have cells that differ only in seed and distribution trained in one engine run, where that is faster.
        store: a folder that keeps every cell as soon as it is finished. Those that it holds are not computed again.
        curves: keep the whole curves too: ``Cell.result``, or in the store, ``Store.curves_of``.

    A cell that fails, or whose worker process dies three times, says so in ``Cell.error`` and in its row of the frame;
    the others go on.

    Raises:
        ParameterError: the grid or the folder cannot be one.
        WorkersError: no worker process starts.
        OSError: the store cannot be written any more.
    """
    for now in steps_of_sweep(grid, executor, store=store, workers=workers, curves=curves):
        pass
    return now


def steps_of_sweep(
    grid: Grid | dict, executor: Executor | None = None, *,
    store: str | Path | None = None, workers: int | None = None, curves: bool = False,
) -> Iterator[Sweep]:
    """The same step by step: the sweep as it stands, first with what the store holds, then after every cell, in the
    order in which they finish. Whoever stops iterating (``close``, Ctrl+C) stops the sweep; what is stored stays."""
    grid = grid if isinstance(grid, Grid) else Grid.from_dict(grid)
    workers = WORKERS.check("workers", workers) if workers is not None else None if executor else cores()
    kept = None if store is None else Store(store, curves)
    if kept:
        kept.write_grid(grid)
    held = {key: kept and kept.get(experiment) for key, (experiment, _) in grid.cells.items()}
    now = Sweep(grid, tuple(cell for cell in held.values() if cell))
    yield now
    missing = [experiment for experiment in grid.experiments if not held[experiment.key]]
    if not missing:
        return
    batches = batches_of(missing, workers)
    cells = through(executor, batches, curves) if executor else in_processes(batches, curves, workers)
    try:
        for cell in cells:
            if kept:
                kept.put(cell)
                cell = dataclasses.replace(cell, result=None)  # a long sweep must not fill the memory
            now = Sweep(grid, (*now.finished, cell))
            yield now
    finally:
        cells.close()


def through(executor: Executor, batches: list[list[Experiment]], curves: bool) -> Iterator[Cell]:
    """Through somebody else's executor, which knows best what to do about workers that die."""
    done: queue.SimpleQueue[Future] = queue.SimpleQueue()
    flying: dict[Future, list[Experiment]] = {}
    try:
        for batch in batches:
            future = executor.submit(finish, batch, curves)
            flying[future] = batch
            future.add_done_callback(done.put)
        while flying:
            future = done.get()
            yield from cells_of(future, flying.pop(future))
    finally:
        for future in flying:
            future.cancel()


def in_processes(batches: list[list[Experiment]], curves: bool, count: int) -> Iterator[Cell]:
    """Through processes of our own. The death of one breaks the whole pool and does not say whose fault it was: every
    cell that was under way is a suspect, and suspects are tried again alone, so that only the guilty run out of chances."""
    waiting, suspects, deaths = deque(batches), deque(), Counter()
    done: queue.SimpleQueue[Future] = queue.SimpleQueue()
    flying: dict[Future, list[Experiment]] = {}
    pool = Workers(count)
    try:
        while waiting or suspects or flying:
            while (suspects and not flying) or (waiting and not suspects and len(flying) < count):
                batch = (suspects or waiting).popleft()
                future = pool.submit(finish, batch, curves)
                flying[future] = batch
                future.add_done_callback(done.put)
            future = done.get()
            if not broke(future):
                yield from cells_of(future, flying.pop(future))
                continue
            pool.close()  # from here on every future has its answer
            for future, batch in flying.items():
                if not broke(future):
                    yield from cells_of(future, batch)
                    continue
                for experiment in batch:
                    deaths[experiment] += 1
                    if deaths[experiment] < CHANCES:
                        suspects.append([experiment])
                    else:
                        yield Cell(experiment, error=DIED)
            flying.clear()
            pool, done = Workers(count), queue.SimpleQueue()
    finally:
        pool.close()


def broke(future: Future) -> bool:
    return future.cancelled() or isinstance(future.exception(), BrokenExecutor)


def cells_of(future: Future, batch: list[Experiment]) -> list[Cell]:
    """What a future brought; whatever kept it from bringing its cells is their error."""
    if future.cancelled():
        return [Cell(experiment, error="the executor cancelled it: its scheduler may be gone") for experiment in batch]
    problem = future.exception()
    return [failed(experiment, problem) for experiment in batch] if problem else future.result()
