"""Results on disk, under keys that say what went into them: what one visitor has waited for, the next one has at once."""

from __future__ import annotations

__all__ = ["Cache"]

import os
import uuid
from pathlib import Path

import mi_explorer

LIMIT = 256 * 2**20  # bytes in all


class Cache:
    """A folder of files, of which those that were used least recently leave when it grows beyond ``limit`` bytes.

    Whatever this package's sources were when a file was written is part of its name: another version reads nothing of
    it. A folder that cannot be written to is a cache that keeps nothing.
    """

    def __init__(self, folder: str | Path, limit: int = LIMIT):
        self.folder, self.limit, self.stamp = Path(folder), limit, stamp()

    def path(self, key: str) -> Path:
        return self.folder / f"{key}-{self.stamp}.run"

    def get(self, key: str) -> bytes | None:
        try:
            data = self.path(key).read_bytes()
            os.utime(self.path(key))  # the time of change says when it was last used
            return data
        except OSError:
            return None

    def put(self, key: str, data: bytes) -> None:
        if len(data) > self.limit:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self.folder / f"{uuid.uuid4().hex}.part"
            part.write_bytes(data)
            part.replace(self.path(key))
            self.make_room()
        except OSError:
            return

    def remove(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def make_room(self) -> None:
        files = sorted(((file.stat(), file) for file in self.folder.glob("*.*")), key=lambda pair: pair[0].st_mtime)
        size = sum(facts.st_size for facts, _ in files)
        for facts, file in files:
            if size <= self.limit:
                return
            file.unlink(missing_ok=True)
            size -= facts.st_size


def stamp() -> str:
    """A name for the state of the sources: the version alone does not change while somebody works on them."""
    sources = Path(mi_explorer.__file__).parent.rglob("*.py")
    newest = max(file.stat().st_mtime_ns for file in sources)
    return f"{mi_explorer.__version__}-{newest // 10**9:x}"
