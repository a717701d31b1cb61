"""Sweeps: a grid of experiments, carried out by any ``concurrent.futures.Executor``, each finished cell stored at once.

    grid = Grid({"critic": "separable"}, {"mi": [2, 4, 6], "seed": {"from": 0, "to": 4}})
    sweep(grid, store="folder").table()

None of it imports torch: only what carries a cell out does, where it is carried out.
"""

__all__ = ["Cell", "Grid", "Store", "Sweep", "settings_of", "steps_of_sweep", "sweep", "table"]

from mi_explorer.sweeps.carrying import steps_of_sweep, sweep
from mi_explorer.sweeps.cell import Cell
from mi_explorer.sweeps.grid import Grid
from mi_explorer.sweeps.outcome import Sweep, settings_of, table
from mi_explorer.sweeps.store import Store
