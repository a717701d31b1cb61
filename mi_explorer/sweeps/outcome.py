"""What a sweep has found so far, as tables: every replicate of every cell, and bias, variance and error by setting."""

from __future__ import annotations

__all__ = ["Sweep", "settings_of", "table"]

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mi_explorer.distributions import families
from mi_explorer.sweeps.cell import Cell
from mi_explorer.sweeps.grid import Grid
from mi_explorer.sweeps.store import Store

if TYPE_CHECKING:
    import pandas as pd

ROWS = (
    "from_step", "to_step", "bound", "batch_size", "truth", "truth_stderr", "replicate", "estimate", "stderr", "perfect",
    "perfect_stderr", "window_mean", "window_variance",
)
ABOUT = ("key", "seconds", "version")


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep as it stands. ``finished``: its cells in the order in which they finished, those with an error too."""

    grid: Grid
    finished: tuple[Cell, ...] = ()

    @property
    def total(self) -> int:
        return len(self.grid.cells)

    @property
    def failures(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.finished if cell.error)

    @property
    def missing(self) -> int:
        """How many cells there are no estimates of, failures among them."""
        return self.total - len(self.finished) + len(self.failures)

    @classmethod
    def load(cls, folder: str | Path) -> Sweep:
        """What a folder holds of its sweep; ParameterError where it is not one."""
        store = Store.existing(folder)
        grid = store.read_grid()
        return cls(grid, tuple(cell for cell in map(store.get, grid.experiments) if cell))

    def frame(self) -> pd.DataFrame:
        """Tidy, in the order of the grid: one row per cell, level, bound and replicate, in nats. First the axes, then the
        cell's key, seconds and version, then what ``Cell.rows`` holds, and ``error``: a cell that failed has one row."""
        import pandas as pd

        cells = {cell.experiment.key: cell for cell in self.finished}
        rows = []
        for key, (_, place) in self.grid.cells.items():
            if cell := cells.get(key):
                known = {axis: shown(value) for axis, value in place.items()}
                known |= {"key": key, "seconds": cell.seconds, "version": cell.version, "error": cell.error}
                rows += [{**known, **row} for row in cell.rows or [{}]]
        axes = [axis for axis, _ in self.grid.axes if axis not in ROWS]
        return pd.DataFrame(rows, columns=[*axes, *ABOUT, *ROWS, "error"])

    def table(self) -> pd.DataFrame:
        """Bias, variance and mean squared error of every bound at every setting: see ``table``."""
        return table(self.frame())


def shown(value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, (int, float, str)) else str(value)


def settings_of(frame: pd.DataFrame) -> list[str]:
    """The columns that tell settings apart: K and the axes, without those along which a curve runs (the truth) or over
    which it is repeated (the seed)."""
    along = {f"distribution.{family.mi_parameter}" for family in families.values()} | {"mi", "seed"}
    return [name for name in frame.columns if name == "batch_size" or name not in {*ROWS, *ABOUT, "error", *along}]


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per setting, level, truth and bound, in nats, from the frame of a sweep.

    repeats: replicates and seeds that count; ended: those whose curve had ended and that do not. estimate: their mean on
    fresh samples; bias; stderr: of both, sd / √repeats, or the Monte Carlo error where there is but one; sd: of a repeat;
    mse: mean of (estimate − truth)² over them. perfect: the perfect critic's mean. batch_variance: of the training
    estimate from batch to batch, which Poole et al. and Song & Ermon report as variance.
    """
    import pandas as pd

    by = [*settings_of(frame), "from_step", "truth", "bound"]
    rows = []
    for values, group in frame[frame["bound"].notna()].groupby(by, sort=False, dropna=False):
        known = group[group["estimate"].map(math.isfinite)]
        repeats, estimate, truth = len(known), known["estimate"].mean(), group["truth"].iloc[0]
        sd = known["estimate"].std(ddof=1)
        rows.append({
            **dict(zip(by, values)), "repeats": repeats, "ended": len(group) - repeats,
            "estimate": estimate, "bias": estimate - truth,
            "stderr": sd / math.sqrt(repeats) if repeats > 1 else known["stderr"].mean(),
            "sd": sd, "mse": ((known["estimate"] - truth) ** 2).mean(),
            "perfect": group["perfect"].mean(), "batch_variance": known["window_variance"].mean(),
        })
    measures = ["repeats", "ended", "estimate", "bias", "stderr", "sd", "mse", "perfect", "batch_variance"]
    return pd.DataFrame(rows, columns=[*by, *measures])
