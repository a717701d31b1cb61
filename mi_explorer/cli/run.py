"""``mi-explorer run``: one experiment from a file, its result and its figure into a folder."""

from __future__ import annotations

__all__ = ["DESCRIPTION", "FILES", "add"]

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mi_explorer import Experiment, ParameterError, bounds
from mi_explorer.cli.common import Refusal, count, prepare

if TYPE_CHECKING:
    from mi_explorer.result import Result

FILES = ("result.json", "curves.csv", "convergence.png", "convergence.svg")

DESCRIPTION = """\
Carry out one experiment. EXPERIMENT.json is what the page's JSON button downloads, or what Experiment.to_json() gives;
fields left out have their defaults, so this is a whole one:

  {"distribution": {"name": "gaussian", "dim": 5, "correlation": 0.8}, "bounds": ["infonce", "nwj"], "steps": 500}"""

EPILOG = """\
DIR receives result.json and curves.csv (Result.load reads both back), convergence.png and convergence.svg.
A run never resumes another one: a folder that holds a result is left alone unless --overwrite is given, and Ctrl+C
writes nothing. The table and one sentence per bound go to standard output, everything else to standard error."""


def add(commands) -> None:
    one = commands.add("run", "carry out one experiment from a file", run, description=DESCRIPTION, epilog=EPILOG)
    one.add_argument("experiment", metavar="EXPERIMENT.json", help="the experiment; - reads standard input")
    one.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder for the result; made where it is missing")
    one.add_argument("--threads", metavar="N", type=count(1, 1024), default=1, help="threads that torch computes on (default 1)")
    one.add_argument("--overwrite", action="store_true", help="replace a result that DIR already holds")


def run(options: argparse.Namespace, _: list[str]) -> int:
    experiment = read_experiment(options.experiment)
    folder = prepare(options.out, FILES, options.overwrite)
    began = time.monotonic()
    result = carry_out(experiment, options.threads)
    seconds = time.monotonic() - began
    try:
        save(result, folder)
    except OSError as problem:
        raise Refusal(f"{folder} cannot be written: {problem.strerror or problem}.") from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Interrupted while writing; what {folder} holds is not complete.") from None
    print(report(result))
    print(f"Wrote {', '.join(FILES[:-1])} and {FILES[-1]} to {folder} ({seconds:.0f} s).", file=sys.stderr)
    return 0


def read_experiment(path: str) -> Experiment:
    shown = "standard input" if path == "-" else path
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        json.loads(text)  # says where a mistake is
        return Experiment.from_json(text)
    except OSError as problem:
        raise Refusal(f"{shown} cannot be read: {problem.strerror}.") from None
    except ParameterError as problem:
        raise Refusal(f"{shown}: {problem}") from None
    except UnicodeDecodeError:
        raise Refusal(f"{shown} is not a text file.") from None
    except json.JSONDecodeError as problem:
        raise Refusal(f"{shown} is not valid JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}.") from None
    except (ValueError, RecursionError):
        raise Refusal(f"{shown} is not valid JSON: it holds a number or a nesting that is too large.") from None


def carry_out(experiment: Experiment, threads: int) -> Result:
    from tqdm import tqdm

    from mi_explorer.result import Recorder
    from mi_explorer.training import run as steps_of

    recorder = Recorder()
    steps = steps_of(experiment, threads=threads)
    try:
        recorder.add(next(steps))  # an experiment that cannot start says so before there is a bar
        calm = {} if sys.stderr.isatty() else {"mininterval": 10}  # a log file needs no ten lines a second
        with tqdm(steps, initial=1, total=experiment.steps, unit=" steps", dynamic_ncols=True, **calm) as bar:
            for progress in bar:
                recorder.add(progress)
                if progress.evaluation:
                    values = progress.estimates.mean(-1)
                    now = ", ".join(f"{name} {value:.2f}" for name, value in zip(experiment.bounds, values))
                    bar.set_postfix_str(f"nats: {now}", refresh=False)
    except KeyboardInterrupt:
        done = len(recorder.rows)
        raise KeyboardInterrupt(f"Interrupted after {done} of {experiment.steps} steps; nothing was written.") from None
    return recorder.result()


def save(result: Result, folder: Path) -> None:
    from mi_explorer import figures

    result.save(folder)
    figure = figures.convergence(result)
    for name in FILES[2:]:
        figures.save(figure, folder / name)


def report(result: Result) -> str:
    """The table of the run, what ended early, and one sentence per bound about the last level."""
    from mi_explorer.verdicts import Reading, verdict

    rows = result.summary()
    replicates = result.experiment.replicates
    readings = [
        Reading(
            bound=bounds[row.bound], batch_size=row.batch_size, truth=row.truth, estimate=row.estimate, stderr=row.stderr,
            sd=row.sd, perfect=row.perfect, perfect_stderr=row.perfect_stderr, replicates=replicates, alive=row.alive,
        )
        for row in rows[rows.to_step == result.steps].itertuples()
    ]
    columns = ["to_step", "bound", "batch_size", "truth", "estimate", "stderr", "bias", "sd", "perfect"]
    table = rows[columns].rename(columns={"to_step": "step", "batch_size": "K"}).to_string(index=False, float_format="{:.3f}".format)
    endings = [ending.sentence for ending in result.endings]
    heading = f"{result.experiment.distribution}, {replicates} replicates; nats, on fresh samples"
    return "\n".join([heading, "", table, "", *endings, *map(verdict, readings)])
