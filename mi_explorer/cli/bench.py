"""``mi-explorer bench``: how fast this machine trains critics."""

from __future__ import annotations

__all__ = ["add"]

import argparse
import shutil

from mi_explorer.cli.common import Refusal

EPILOG = """\
Training steps per critic and CPU-second on one thread, beside a plain training loop and, where its Python is named,
beside torch_mist: measured in turns, printed as a table."""


def add(commands) -> None:
    one = commands.add("bench", "measure how fast this machine trains critics and runs KSG", bench, epilog=EPILOG)
    one.add_argument("--torch-mist", metavar="PYTHON", help="the Python of an environment with torch_mist 0.2.17 and pandas")
    one.add_argument("--quick", action="store_true", help="seconds instead of minutes; the ratios are rough then")


def bench(options: argparse.Namespace, _: list[str]) -> int:
    from mi_explorer.bench import print_table

    if options.torch_mist and shutil.which(options.torch_mist) is None:
        raise Refusal(f"--torch-mist {options.torch_mist} is no program: name the Python of torch_mist's environment.")
    try:
        print_table(options.torch_mist, options.quick)
    except (OSError, ValueError):  # its last words are on standard error
        raise Refusal(f"{options.torch_mist} could not train with torch_mist; is it installed there, with pandas?") from None
    return 0
