"""A picture that many pages of a dashboard show is drawn by one of them: a class that runs one story would else draw it thirty times."""

from __future__ import annotations

__all__ = ["drawn_once"]

import contextlib
import functools
import hashlib
import os
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mi_explorer.runners.cache import Cache
from mi_explorer.runners.pooled import ADDRESS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMIT = 64 * 2**20  # bytes of pictures in the dashboard's own folder, which goes with it
AT_ONCE = os.cpu_count() or 1  # drawings at a time: thirty that share two cores would all be late
PATIENCE = 3.0  # seconds that a page waits, in which it can write nothing else: a free place goes to anybody, not to who came first
LOOK = 0.05  # seconds between two looks whether a place is free


def drawn_once(draw: Callable[[], Figure], *content) -> bytes:
    """``draw()`` as a PNG file; of pages that are served together, the first draws it for all that show the same ``content``.

    Those that come meanwhile wait for it, as they wait where too many draw already, for a while. A page that is not served draws for itself.
    """
    from mi_explorer import figures

    shared = pictures(os.environ.get(ADDRESS, ""))
    if shared is None:
        return figures.to_bytes(draw())
    key = hashlib.sha256(pickle.dumps(content)).hexdigest()
    picture = shared.get(key)
    if picture is None:
        with turn(shared.folder / f"turn-{int(key[:8], 16) % AT_ONCE}"):
            picture = shared.get(key)
            if picture is None:
                picture = figures.to_bytes(draw())
                shared.put(key, picture)
    return picture


@functools.cache
def pictures(address: str) -> Cache | None:
    """In a folder beside the broker's socket, which nobody but this server's processes can open."""
    return Cache(Path(address.removeprefix("ipc://")).parent / "pictures", LIMIT) if address.startswith("ipc://") else None


@contextlib.contextmanager
def turn(place: Path) -> Iterator[None]:
    """Alone at this place among all processes, but for those whose patience is at an end; who holds it and dies leaves it."""
    try:
        import fcntl

        place.parent.mkdir(mode=0o700, exist_ok=True)
        file = open(place, "w")
    except (ImportError, OSError):  # not a Unix system, or the server is gone: each for itself
        yield
        return
    with file:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:  # taken
                time.sleep(LOOK)
        yield
