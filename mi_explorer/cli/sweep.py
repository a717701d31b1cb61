"""``mi-explorer sweep``: a grid of experiments from a file, on this machine's cores or on a Dask cluster."""

from __future__ import annotations

__all__ = ["DESCRIPTION", "add"]

import argparse
import contextlib
import sys
import time
from pathlib import Path

from mi_explorer import ParameterError
from mi_explorer.cli.common import Refusal, count
from mi_explorer.sweeps import Grid, Store, Sweep, steps_of_sweep
from mi_explorer.sweeps.grid import said

DESCRIPTION = """\
Carry out a grid of experiments. GRID.toml names what they have in common and the axes along which they differ; fields
left out have their defaults, so this is a whole one of 5 × 2 × 3 cells:

  [base]
  distribution = {name = "gaussian", dim = 20}
  bounds = ["infonce", "nwj"]
  critic = "separable"
  steps = 500

  [axes]
  mi = {from = 2, to = 10, step = 2}
  batch_size = [64, 256]
  seed = [0, 1, 2]

An axis is a field of the experiment, a parameter of its distribution (distribution.dim = [5, 20]), or mi, the target
mutual information in nats. Replicates of one experiment are trained side by side and cost less than as many seeds."""

EPILOG = """\
DIR receives sweep.json (the grid) and cells/KEY.json, one file for every cell as soon as it is finished. The same command
again goes on where the last one stopped; what is there is not computed again, what is broken is. A larger grid may use
the same DIR. Afterwards: mi-explorer report DIR.
Exit code 1: some cells failed; the same command tries these again."""


def add(commands) -> None:
    one = commands.add("sweep", "carry out a grid of experiments from a file", sweep, description=DESCRIPTION, epilog=EPILOG)
    one.add_argument("grid", metavar="GRID.toml", help="the grid")
    one.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder for the cells; made where it is missing")
    where = one.add_mutually_exclusive_group()
    where.add_argument("--workers", metavar="N", type=count(1, 1024), help="worker processes (default: one for each core)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="send the cells to a Dask scheduler instead, as tcp://host:8786")
    one.add_argument("--curves", action="store_true", help="keep the whole curves too, in DIR/curves")
    one.add_argument("--dry-run", action="store_true", help="list the cells and what is there already; compute and write nothing")


def sweep(options: argparse.Namespace, _: list[str]) -> int:
    grid = read_grid(options.grid)
    if options.dry_run:
        list_cells(grid, options.out, options.curves)
        return 0
    began = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            executor, workers = stack.enter_context(reach(options.scheduler)) if options.scheduler else (None, options.workers)
            if executor and not workers:
                print(f"The scheduler at {options.scheduler} has no workers yet; waiting for some.", file=sys.stderr)
            steps = steps_of_sweep(grid, executor, store=options.out, workers=workers, curves=options.curves)
            done = carry_out(stack.enter_context(contextlib.closing(steps)))
    except ParameterError as problem:
        raise Refusal(f"{options.out if problem.parameter == 'store' else options.scheduler}: {problem}") from None
    except OSError as problem:
        raise Refusal(f"{options.out} cannot be written: {problem.strerror or problem}.") from None
    print(done.table().to_string(index=False, float_format="{:.3f}".format))
    for cell in done.failures:
        print(f"{said(grid.cells[cell.experiment.key][1])}: {cell.error}", file=sys.stderr)
    failed = f", {len(done.failures)} failed" if done.failures else ""
    print(f"{options.out} holds {done.total - done.missing} of {done.total} cells{failed} ({time.monotonic() - began:.0f} s).", file=sys.stderr)
    return 1 if done.failures else 0


def read_grid(path: str) -> Grid:
    try:
        return Grid.read(path)
    except ParameterError as problem:
        raise Refusal(f"{path}: {problem}") from None


def reach(address: str):
    from mi_explorer.sweeps.cluster import scheduler

    return scheduler(address)


def list_cells(grid: Grid, folder: Path, curves: bool) -> None:
    store = Store(folder, curves) if folder.is_dir() else None
    there = 0
    for key, (experiment, place) in grid.cells.items():
        held = bool(store and store.get(experiment))
        there += held
        print(f"{key}  {'there' if held else 'to do'}  {said(place)}")
    print(f"{len(grid.cells)} cells, {there} of them there.", file=sys.stderr)


def carry_out(steps) -> Sweep:
    from tqdm import tqdm

    now = next(steps)
    there = len(now.finished)
    calm = {} if sys.stderr.isatty() else {"mininterval": 10}  # a log file needs no ten lines a second
    try:
        with tqdm(steps, initial=there, total=now.total, unit=" cells", dynamic_ncols=True, smoothing=0.1, **calm) as bar:
            for now in bar:
                if now.failures:
                    bar.set_postfix_str(f"{len(now.failures)} failed", refresh=False)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Interrupted: {now.total - now.missing} of {now.total} cells are finished and stay; the same command goes on from there."
        ) from None
    return now
