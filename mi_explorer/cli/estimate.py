"""``mi-explorer estimate``: what some columns of a table tell about others."""

from __future__ import annotations

__all__ = ["add"]

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mi_explorer.cli.common import Refusal, count
from mi_explorer.parameters import ParameterError

if TYPE_CHECKING:
    from mi_explorer.auto import Report
    from mi_explorer.tables import Table

DESCRIPTION = """\
Estimate the mutual information between two groups of columns of a table, in nats.

  mi-explorer estimate data.csv --x height,weight --y age
  mi-explorer estimate data.csv --x 1,2 --y 5 --markdown report.md

The table is text with a row per line, separated by commas, semicolons or tabs, with a header line or without. It is read,
never executed. Without --x and --y the command lists the columns."""

EPILOG = """\
The answer goes to standard output: the estimate with its 95 % interval, a lower bound from rows that training never saw
where there is one, what shuffled rows show, every candidate, and warnings. Everything else goes to standard error."""


def add(commands) -> None:
    words = {"description": DESCRIPTION, "epilog": EPILOG}
    one = commands.add("estimate", "what some columns of a table tell about others", estimate, **words)
    one.add_argument("table", metavar="TABLE.csv", help="the table; - reads standard input")
    for side in ("x", "y"):
        one.add_argument(
            f"--{side}", metavar="COLUMNS", action="append",
            help=f"columns of {side.upper()}, by name or by number from 1, separated by commas; may be given more than once",
        )
    one.add_argument("--method", metavar="NAME", default="auto", help="auto (default), or one estimator, for instance ksg1")
    one.add_argument("--drop-missing", action="store_true", help="leave out rows in which a value is missing")
    one.add_argument("--seed", metavar="N", type=count(0, 2**63 - 1), default=0, help="of everything that is drawn (default 0)")
    one.add_argument("--threads", metavar="N", type=count(1, 64), default=1, help="threads to compute on (default 1)")
    one.add_argument(
        "--time-limit", metavar="SECONDS", type=count(1, 86_400), default=60,
        help="when training ends with what it has (default 60)",
    )
    files = one.add_mutually_exclusive_group()
    files.add_argument("--json", metavar="FILE", type=Path, help="write the report as JSON too")
    files.add_argument("--markdown", metavar="FILE", type=Path, help="write the report as text with tables too")


def estimate(options: argparse.Namespace, _: list[str]) -> int:
    table = read(options.table)
    x, y = sides(table, options.x, options.y)
    incomplete = table.incomplete_rows((*x, *y))
    if incomplete and not options.drop_missing:
        raise Refusal(
            f"{incomplete:,} of {len(table.frame):,} rows lack a value in these columns: leave them out with --drop-missing, or "
            "choose other columns."
        )
    target = options.json or options.markdown
    if target and (target.is_dir() or not target.absolute().parent.is_dir()):
        raise Refusal(f"{target} cannot be written: name a file in a folder that exists.")
    report = carry_out(table, x, y, options)
    print(written(report))
    if target:
        try:
            text = report.to_json() + "\n" if options.json else report.to_markdown() + table.to_markdown()
            target.write_text(text, encoding="utf-8")
        except OSError as problem:
            raise Refusal(f"{target} cannot be written: {problem.strerror}.") from None
        print(f"Wrote {target}.", file=sys.stderr)
    return 0


def read(path: str) -> Table:
    from mi_explorer.tables import MAX_BYTES, read_table

    shown = "standard input" if path == "-" else path
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        return read_table(data, shown)
    except OSError as problem:
        raise Refusal(f"{shown} cannot be read: {problem.strerror}.") from None
    except ParameterError as problem:
        raise Refusal(f"{shown}: {problem}") from None


def sides(table: Table, *chosen: list[str] | None) -> list[tuple[str, ...]]:
    """The columns of X and of Y."""
    from mi_explorer.tables import choose, listed

    if not all(chosen):
        raise Refusal(f"choose columns with --x and --y, by name or number: {listed(table)}.")
    found = []
    for side, option in zip(chosen, ("--x", "--y")):
        found.append(tuple(name for part in side for name in choose(table, part, option)))
        if len({*found[-1]}) < len(found[-1]):
            raise Refusal(f"{option} names a column twice.")
    if both := {*found[0]} & {*found[1]}:
        raise Refusal(f"{min(both)} cannot be on both sides: name it in --x or in --y.")
    return found


def carry_out(table: Table, x: tuple[str, ...], y: tuple[str, ...], options: argparse.Namespace) -> Report:
    from tqdm import tqdm

    from mi_explorer.auto import estimate_steps

    items = estimate_steps(
        table.frame[list(x)], table.frame[list(y)], options.method, seed=options.seed, threads=options.threads,
        time_limit=options.time_limit, drop_missing=options.drop_missing,
    )
    print(f"{table.name}: {len(table.frame):,} rows, {len(table.names)} columns.", *table.notes, sep="\n", file=sys.stderr)
    look = {"bar_format": "{l_bar}{bar}| {elapsed}{postfix}", "dynamic_ncols": True, "leave": False}
    try:
        with tqdm(total=100, disable=None, **look) as bar:  # None: no bar in a log file
            for item in items:
                if hasattr(item, "done"):
                    bar.set_postfix_str(item.sentence, refresh=False)
                    bar.update(round(100 * item.done) - bar.n)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Interrupted; there is no estimate, and nothing was written.") from None
    return item


def written(report: Report) -> str:
    """The report for a terminal: the answer, the candidates, the warnings."""
    rows = [("", "candidate", "nats", "± se", "why")]
    for one in report.candidates:
        rows.append(("*" if one.chosen else "", one.name, f"{one.value:.3f}", f"{one.stderr:.3f}", one.reason))
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    a, b, c, d = widths
    lines = [f"{mark:{a}} {name:{b}}  {value:>{c}}  {error:>{d}}  {why}".rstrip() for mark, name, value, error, why in rows]
    sides = f"X: {', '.join(report.names_x)}\nY: {', '.join(report.names_y)}"
    about = f"{report.n:,} rows, method {report.method}, seed {report.seed}, {report.seconds:.1f} s"
    return "\n".join([str(report), "", *lines, "", sides, about])
