"""How the processes behind the pages deal with memory: what they let go, and what stays for good.

As Dask sets it, glibc gives every larger tensor back to the machine at once and asks for it again at the next step, a page at a time: up
to two fifths of a training's time went into that. So a process keeps some, and gives it back when a run has ended. Elsewhere than on
glibc neither does anything.
"""

from __future__ import annotations

__all__ = ["give_back", "keep", "settle"]

import ctypes
import gc
from contextlib import suppress

KEPT = 32 * 2**20  # bytes: the most that glibc allows for the first of the two
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from malloc.h


def keep() -> None:
    """From now on: blocks below KEPT bytes come from what the process has, and that is not given back before KEPT bytes lie idle."""
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, KEPT)
        library.mallopt(M_TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    """Now: what lies idle."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def settle() -> None:
    """Everything that has been loaded by now stays: Python's collector would look through all of it every now and then, for up to a
    quarter of a second in which this process hears nobody."""
    gc.collect()
    gc.freeze()
