"""What all commands share: refusals in one sentence, whole numbers, the folder that receives what they write."""

from __future__ import annotations

__all__ = ["INTERRUPTED", "WRONG", "Parser", "Refusal", "count", "one_line", "prepare", "whole_number"]

import argparse
import os
from pathlib import Path
from typing import NoReturn

WRONG, INTERRUPTED = 2, 130  # exit codes


class Refusal(Exception):
    """The command cannot be carried out; the message is one sentence for the person at the keyboard."""


class Parser(argparse.ArgumentParser):
    """argparse that answers a mistake with one sentence instead of a sentence below the usage."""

    def error(self, message: str) -> NoReturn:
        raise Refusal(f"{message.rstrip('.')}; see {self.prog} --help.")


def whole_number(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)


def one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())


def count(low: int, high: int):
    """The type of an option that takes a whole number in [low, high]."""
    return lambda text: whole_number(text, low, high)


def prepare(folder: Path, files: tuple[str, ...], overwrite: bool) -> Path:
    """The folder, ready to be written to: what is wrong with it is better said before the run than after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = [name for name in files if (folder / name).exists()]
    except OSError as problem:
        raise Refusal(f"{folder} cannot be a folder for the result: {problem.strerror}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refusal(f"{folder} cannot be written to: permission denied.")
    if held and not overwrite:
        raise Refusal(f"{folder} already holds {', '.join(held)}: name another folder, or replace them with --overwrite.")
    return folder
