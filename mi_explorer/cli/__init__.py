"""The command ``mi-explorer``: the dashboard, JupyterLab, one experiment from a file, an estimate for
somebody's own table, the benchmark.

Every mistake of the person at the keyboard is answered with one sentence on standard error and exit code 2. A command is
a module of this folder with a function ``add(commands)``, named in ``COMMANDS``.
"""

from __future__ import annotations

__all__ = ["main"]

import argparse
import sys

from mi_explorer import ParameterError, __version__
from mi_explorer.cli import bench, estimate, report, run, serving, sweep, validate
from mi_explorer.cli.common import INTERRUPTED, WRONG, Parser, Refusal, one_line

COMMANDS = (serving, run, estimate, sweep, report, validate, bench)

DESCRIPTION = """\
MI Explorer: what mutual information is, and why estimating it is hard.

Without a command it serves the dashboard: the lessons in the browser, ready to play with."""

EXAMPLES = """\
examples:
  mi-explorer                                serve the dashboard and open it
  mi-explorer serve --port 9000 --no-browser
  mi-explorer lab                            the same lessons as notebooks that can be changed
  mi-explorer run experiment.json --out results/first
  mi-explorer estimate data.csv --x height,weight --y age
  mi-explorer sweep grid.toml --out results/grid && mi-explorer report results/grid
  mi-explorer validate --out validation      published results, measured again
  mi-explorer bench                          how fast this machine trains critics"""


def main(argv: list[str] | None = None) -> int:
    """Carry out the command line and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        options, rest = parser().parse_known_args(argv)
        if rest and not options.passes_on:
            raise Refusal(f"unrecognized arguments: {' '.join(rest)}; see mi-explorer --help.")
        return options.command(options, rest)
    except (Refusal, ParameterError) as problem:
        print(f"mi-explorer: {one_line(problem)}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt as interrupt:
        print(f"\nmi-explorer: {str(interrupt) or 'Interrupted.'}", file=sys.stderr)
        return INTERRUPTED


class Commands:
    """Where the commands enter themselves."""

    def __init__(self, top: Parser):
        self.added = top.add_subparsers(title="commands", metavar="COMMAND")

    def add(self, name: str, help: str, command, **texts) -> argparse.ArgumentParser:
        """The parser of a new command; ``command(options, rest)`` carries it out and returns the exit code."""
        texts = {"description": f"{help[0].upper()}{help[1:]}.", **texts}
        one = self.added.add_parser(name, help=help, formatter_class=argparse.RawDescriptionHelpFormatter, **texts)
        one.set_defaults(command=command)
        return one


def parser() -> Parser:
    raw = argparse.RawDescriptionHelpFormatter
    top = Parser(prog="mi-explorer", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=raw)
    top.add_argument("--version", action="version", version=f"mi-explorer {__version__}")
    commands = Commands(top)
    for module in COMMANDS:
        module.add(commands)
    top.set_defaults(command=serving.serve, port=None, no_browser=False, passes_on=False)
    return top
