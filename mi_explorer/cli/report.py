"""``mi-explorer report``: the tables and figures of a sweep."""

from __future__ import annotations

__all__ = ["add"]

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mi_explorer import __version__
from mi_explorer.cli.common import Refusal

if TYPE_CHECKING:
    import pandas as pd

    from mi_explorer.sweeps import Sweep

EPILOG = """\
DIR receives report.md (bias, variance and error of every bound at every setting, with the figures), table.csv (the same
table), cells.csv (every replicate of every cell) and estimates-N.png and .svg, one for each setting. They are made from
the finished cells alone, at any time, and replace the last report."""


def add(commands) -> None:
    one = commands.add("report", "tables and figures of a sweep", report, epilog=EPILOG)
    one.add_argument("folder", metavar="DIR", type=Path, help="the folder that mi-explorer sweep wrote")
    one.add_argument("--unit", choices=("nats", "bits"), default="nats", help="unit of the figures (default nats)")


def report(options: argparse.Namespace, _: list[str]) -> int:
    from mi_explorer.sweeps import Sweep

    done = Sweep.load(options.folder)
    if not done.finished:
        raise Refusal(f"{options.folder} holds no finished cell yet: carry the sweep out first.")
    try:
        print(write(done, options.folder, options.unit))
    except OSError as problem:
        raise Refusal(f"{options.folder} cannot be written: {problem.strerror or problem}.") from None
    return 0


def write(done: Sweep, folder: Path, unit: str) -> str:
    """Write everything; a sentence that says what."""
    from mi_explorer import figures
    from mi_explorer.sweeps import settings_of

    frame, table = done.frame(), done.table()
    frame.to_csv(folder / "cells.csv", index=False)
    table.to_csv(folder / "table.csv", index=False)
    for old in folder.glob("estimates-*"):
        old.unlink()
    pictures = []
    for number, (_, group) in enumerate(frame.groupby(settings_of(frame), sort=False, dropna=False), 1):
        figure = figures.sweep_curve(group, unit)
        for kind in ("png", "svg"):
            figures.save(figure, folder / f"estimates-{number}.{kind}")
        pictures.append(f"![estimates against the truth, setting {number}](estimates-{number}.png)")
    (folder / "report.md").write_text("\n\n".join([*words(done, frame), markdown(table), *pictures, ""]), encoding="utf-8")
    return f"Wrote report.md, table.csv, cells.csv and {len(pictures)} figures (png, svg) to {folder}."


def words(done: Sweep, frame: pd.DataFrame) -> list[str]:
    missing = f" {done.missing} are missing: the sweep is not finished, or they failed." if done.missing else ""
    versions = sorted(set(frame["version"]) - {__version__})
    older = f" Some were computed by another version: {', '.join(versions)}." if versions else ""
    return [
        "# Sweep",
        f"{done.total - done.missing} of {done.total} cells.{missing}{older} Grid {done.grid.key}, MI Explorer {__version__}.",
        "In nats, on fresh samples. *repeats* are replicates and seeds; *ended* those that did not survive and do not count; "
        "*stderr* is that of estimate and bias; *sd* that of one repeat; *mse* the mean of (estimate − truth)²; *perfect* what "
        "a perfect critic shows on the same batches; *batch_variance* the variance of the training estimate between batches.",
    ]


def markdown(table: pd.DataFrame) -> str:
    def row(values) -> str:
        return "| " + " | ".join(f"{value:.3f}" if isinstance(value, float) else str(value).replace("|", "\\|") for value in values) + " |"

    return "\n".join([row(table.columns), "|" + "---|" * len(table.columns), *map(row, table.itertuples(index=False, name=None))])
