"""``mi-explorer validate``: what others published, measured again on this machine, with a verdict on every row."""

from __future__ import annotations

__all__ = ["add"]

import argparse
import os
import sys
import time
from pathlib import Path

from mi_explorer.cli.common import Refusal, count, prepare

NAMES = ("staircase", "low-dimensional", "tasks", "high-dimensional")
EPILOG = """\
DIR receives validation.md and its figures. The whole of it takes more than an hour on two cores, --quick some minutes (few
samples and steps: then verdicts mean little). Ctrl+C writes nothing."""


def add(commands) -> None:
    one = commands.add("validate", "measure published results again and write a report", validate, epilog=EPILOG)
    one.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder for the report; made where it is missing")
    one.add_argument("--only", metavar="NAMES", default=",".join(NAMES), help=f"some of {','.join(NAMES)}")
    one.add_argument("--seeds", metavar="N", type=count(1, 100), default=3, help="repetitions (default 3)")
    one.add_argument("--workers", metavar="N", type=count(1, 256), default=os.cpu_count() or 1, help="processes at a time (default: cores)")
    one.add_argument("--quick", action="store_true", help="a rough pass")
    one.add_argument("--overwrite", action="store_true", help="replace a report that DIR already holds")


def validate(options: argparse.Namespace, _: list[str]) -> int:
    chosen = list(dict.fromkeys(name for name in options.only.split(",") if name))
    for name in chosen:
        if name not in NAMES:
            raise Refusal(f"--only {name} is not one of {', '.join(NAMES)}.")
    if not chosen:
        raise Refusal(f"--only names nothing: choose some of {', '.join(NAMES)}.")
    folder = prepare(options.out, ("validation.md",), options.overwrite)

    from tqdm import tqdm

    from mi_explorer.validation import Settings, sections, write

    settings = Settings(quick=options.quick, seeds=options.seeds, workers=options.workers)
    began, finished = time.monotonic(), []
    for name in chosen:
        steps = sections[name](settings)
        with tqdm(total=1.0, desc=name, bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}") as bar:
            while True:
                try:
                    bar.update(next(steps) - bar.n)
                except StopIteration as end:
                    finished.append(end.value)
                    break
    path = write(finished, settings, time.monotonic() - began, folder)
    verdicts = [row.verdict for section in finished for row in section.rows]
    print(f"{verdicts.count('agrees')} rows agree with what was published, {verdicts.count('differs')} differ, {verdicts.count('failed')} failed.")
    print(f"Wrote {path}.", file=sys.stderr)
    return 0
