"""Finished cells in a folder, one file each under its content key: what is there need not be computed again."""

from __future__ import annotations

__all__ = ["Store"]

import hashlib
import json
import math
import os
import shutil
import uuid
from pathlib import Path

from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError
from mi_explorer.sweeps.cell import Cell
from mi_explorer.sweeps.grid import Grid


class Store:
    """A folder with ``sweep.json`` (the grid), ``cells/KEY.json`` and, where curves are kept, ``curves/KEY/``.

    A file appears under its name when it is complete, never before; every cell carries a checksum of itself. Cells
    belong to their experiments and not to a grid: the folder serves a larger grid just as well, and two processes that
    write the same cell write the same content.

    Raises:
        ParameterError: ``folder`` cannot be one.
    """

    def __init__(self, folder: str | Path, curves: bool = False):
        self.folder = Path(folder)
        self.curves = curves
        try:
            (self.folder / "cells").mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise ParameterError("store", str(folder), f"a folder that can be made and written to ({problem.strerror})") from None

    @classmethod
    def existing(cls, folder: str | Path) -> Store:
        """The folder of a sweep; ParameterError where it is not one."""
        if not (Path(folder) / "sweep.json").is_file():
            raise ParameterError("store", str(folder), "a folder written by a sweep: it holds no sweep.json")
        return cls(folder)

    def read_grid(self) -> Grid:
        try:
            return Grid.from_json((self.folder / "sweep.json").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ParameterError) as problem:
            raise ParameterError("store", str(self.folder), f"a folder written by a sweep: its sweep.json is broken ({problem})") from None

    def write_grid(self, grid: Grid) -> None:
        write(self.folder / "sweep.json", grid.to_json())

    def get(self, experiment: Experiment) -> Cell | None:
        """The finished cell, or None where there is none, or one that was cut short or changed since."""
        path = self.path(experiment)
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            content = saved["cell"]
            if saved["sha256"] != checksum(content) or Experiment.from_dict(content.pop("experiment")) != experiment:
                return None
            rows = tuple({name: number_from(value) for name, value in row.items()} for row in content.pop("rows"))
            cell = Cell(experiment, rows, **content)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):  # whatever a broken disk leaves
            return None
        return cell if not self.curves or self.curves_of(experiment).is_dir() else None

    def put(self, cell: Cell) -> None:
        """Keep a finished cell. One that failed is not kept: its cause may be gone the next time."""
        if cell.error:
            return
        if cell.result is not None:
            self.put_curves(cell)
        content = {
            "experiment": cell.experiment.to_dict(), "seconds": cell.seconds, "version": cell.version,
            "rows": [{name: number_to(value) for name, value in row.items()} for row in cell.rows],
        }
        write(self.path(cell.experiment), json.dumps({"sha256": checksum(content), "cell": content}, indent=1, allow_nan=False))

    def put_curves(self, cell: Cell) -> None:
        place = self.curves_of(cell.experiment)
        new = beside(place)
        cell.result.save(new)
        try:
            new.rename(place)
        except OSError:  # they are there already: the same ones, for their name is their content
            shutil.rmtree(new)

    def path(self, experiment: Experiment) -> Path:
        return self.folder / "cells" / f"{experiment.key}.json"

    def curves_of(self, experiment: Experiment) -> Path:
        """Where the curves of an experiment are, if they were kept: ``Result.load`` reads them."""
        return self.folder / "curves" / experiment.key


def write(path: Path, text: str) -> None:
    """All or nothing, also when the power fails: a new file, on the disk, before it takes the name."""
    new = beside(path)
    try:
        with open(new, "x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def beside(path: Path) -> Path:
    """A name of one's own in the same folder, hidden."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")


def checksum(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


def number_to(value: object) -> object:
    """JSON knows neither NaN nor infinity."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def number_from(value: object) -> object:
    return float(value) if value in ("nan", "inf", "-inf") else value
