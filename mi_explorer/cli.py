"""The command ``mi-explorer``: the dashboard, JupyterLab, one experiment from a file, the benchmark.

Every mistake of the person at the keyboard is answered with one sentence on standard error and exit code 2.
"""

from __future__ import annotations

__all__ = ["main"]

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mi_explorer import Experiment, ParameterError, __version__, bounds

if TYPE_CHECKING:
    from mi_explorer.result import Result

WRONG, INTERRUPTED = 2, 130  # exit codes
FILES = ("result.json", "curves.csv", "convergence.png", "convergence.svg")  # what `run` writes

DESCRIPTION = """\
MI Explorer: what mutual information is, and why estimating it is hard.

Without a command it serves the dashboard: the lessons in the browser, ready to play with."""

EXAMPLES = """\
examples:
  mi-explorer                                serve the dashboard and open it
  mi-explorer serve --port 9000 --no-browser
  mi-explorer lab                            the same lessons as notebooks that can be changed
  mi-explorer run experiment.json --out results/first
  mi-explorer bench                          how fast this machine trains critics"""

RUN_DESCRIPTION = """\
Carry out one experiment. EXPERIMENT.json is what the page's JSON button downloads, or what Experiment.to_json() gives;
fields left out have their defaults, so this is a whole one:

  {"distribution": {"name": "gaussian", "dim": 5, "correlation": 0.8}, "bounds": ["infonce", "nwj"], "steps": 500}"""

RUN_EPILOG = """\
DIR receives result.json and curves.csv (Result.load reads both back), convergence.png and convergence.svg.
A run never resumes another one: a folder that holds a result is left alone unless --overwrite is given, and Ctrl+C
writes nothing. The table and one sentence per bound go to standard output, everything else to standard error."""


BENCH_EPILOG = """\
Training steps per critic and CPU-second on one thread, beside a plain training loop and, where its Python is named,
beside torch_mist: measured in turns, printed as a table."""


class Refusal(Exception):
    """The command cannot be carried out; the message is one sentence for the person at the keyboard."""


class Parser(argparse.ArgumentParser):
    """argparse that answers a mistake with one sentence instead of a sentence below the usage."""

    def error(self, message: str) -> NoReturn:
        raise Refusal(f"{message.rstrip('.')}; see {self.prog} --help.")


def main(argv: list[str] | None = None) -> int:
    """Carry out the command line and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        options, rest = parser().parse_known_args(argv)
        if rest and options.command is not lab:
            raise Refusal(f"unrecognized arguments: {' '.join(rest)}; see mi-explorer --help.")
        return options.command(options, rest)
    except (Refusal, ParameterError) as problem:
        print(f"mi-explorer: {one_line(problem)}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt as interrupt:
        print(f"\nmi-explorer: {str(interrupt) or 'Interrupted.'}", file=sys.stderr)
        return INTERRUPTED


def parser() -> Parser:
    width = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    top = Parser(prog="mi-explorer", description=DESCRIPTION, epilog=EXAMPLES, **width)
    top.add_argument("--version", action="version", version=f"mi-explorer {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, help: str, command, **texts) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help, **{"description": f"{help[0].upper()}{help[1:]}.", **width, **texts})
        one.set_defaults(command=command)
        return one

    def add_server_options(one: argparse.ArgumentParser) -> None:
        one.add_argument("--port", type=port, metavar="N", help="where to listen (the next free port if it is taken)")
        one.add_argument("--no-browser", action="store_true", help="do not open a browser")

    add_server_options(add("serve", "serve the dashboard in the browser (what a bare mi-explorer does)", serve))
    add_server_options(add(
        "lab", "open the lessons in JupyterLab", lab,
        epilog="Other options go to JupyterLab as they are, for instance --allow-root or --ip.",
    ))
    one = add("run", "carry out one experiment from a file", run, description=RUN_DESCRIPTION, epilog=RUN_EPILOG)
    one.add_argument("experiment", metavar="EXPERIMENT.json", help="the experiment; - reads standard input")
    one.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder for the result; made where it is missing")
    one.add_argument("--threads", metavar="N", type=threads, default=1, help="threads that torch computes on (default 1)")
    one.add_argument("--overwrite", action="store_true", help="replace a result that DIR already holds")
    one = add("bench", "measure how fast this machine trains critics", bench, epilog=BENCH_EPILOG)
    one.add_argument("--torch-mist", metavar="PYTHON", help="the Python of an environment with torch_mist 0.2.17 and pandas")
    one.add_argument("--quick", action="store_true", help="seconds instead of minutes; the ratios are rough then")
    top.set_defaults(command=serve, port=None, no_browser=False)
    return top


def port(text: str) -> int:
    return whole_number(text, 1, 65535)


def threads(text: str) -> int:
    return whole_number(text, 1, 1024)


def whole_number(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)


def one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())


# -- serve, lab --------------------------------------------------------------------------------------------------------


def serve(options: argparse.Namespace, _: list[str]) -> int:
    from mi_explorer import server

    chosen = {"port": options.port} if options.port else {}
    try:
        server.serve(open_browser=not options.no_browser, **chosen)
    except server.ServeError as problem:
        raise Refusal(problem) from None
    return 0


def lab(options: argparse.Namespace, rest: list[str]) -> int:
    from jupyterlab.labapp import LabApp

    from mi_explorer import server

    try:
        folder = server.notebooks_dir()
    except server.ServeError as problem:
        raise Refusal(problem) from None
    arguments = [f"--ServerApp.root_dir={folder}", "--LabApp.default_url=/lab/tree/index.ipynb"]
    arguments += [f"--ServerApp.port={options.port}"] if options.port else []
    arguments += ["--no-browser"] if options.no_browser else []
    LabApp.launch_instance(arguments + rest)
    return 0


# -- bench -------------------------------------------------------------------------------------------------------------


def bench(options: argparse.Namespace, _: list[str]) -> int:
    from mi_explorer.bench import print_table

    if options.torch_mist and shutil.which(options.torch_mist) is None:
        raise Refusal(f"--torch-mist {options.torch_mist} is no program: name the Python of torch_mist's environment.")
    try:
        print_table(options.torch_mist, options.quick)
    except (OSError, ValueError):  # its last words are on standard error
        raise Refusal(f"{options.torch_mist} could not train with torch_mist; is it installed there, with pandas?") from None
    return 0


# -- run ---------------------------------------------------------------------------------------------------------------


def run(options: argparse.Namespace, _: list[str]) -> int:
    experiment = read_experiment(options.experiment)
    folder = prepare(options.out, options.overwrite)
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


def prepare(folder: Path, overwrite: bool) -> Path:
    """The folder, ready to be written to: what is wrong with it is better said before the run than after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = [name for name in FILES if (folder / name).exists()]
    except OSError as problem:
        raise Refusal(f"{folder} cannot be a folder for the result: {problem.strerror}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refusal(f"{folder} cannot be written to: permission denied.")
    if held and not overwrite:
        raise Refusal(f"{folder} already holds {', '.join(held)}: name another folder, or replace them with --overwrite.")
    return folder


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


if __name__ == "__main__":
    sys.exit(main())
