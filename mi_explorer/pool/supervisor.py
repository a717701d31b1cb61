"""Starts the broker beside the dashboard, and starts it again if it ends: pages find the new one by themselves."""

from __future__ import annotations

__all__ = ["Pool"]

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from mi_explorer.runners.pooled import ADDRESS

AGAIN = 0.5  # seconds before a broker that ended is started again


class Pool:
    """A broker and its computing processes, until ``stop`` or the end of this process, whichever way it ends.

    workers: computing processes on this machine (default: its cores); scheduler: the address of a Dask scheduler whose
    workers, which need this package, compute instead; cache: the folder of finished runs. ``environment`` is what kernels need to find it.
    """

    def __init__(self, workers: int | None = None, scheduler: str | None = None, cache: str | Path | None = None):
        self.folder = Path(tempfile.mkdtemp(prefix="mi-pool-"))  # 0700: whoever reaches the socket can run code
        self.environment = {ADDRESS: f"ipc://{self.folder}/broker"}
        self.command = [
            sys.executable, "-m", "mi_explorer.pool.broker", "--address", self.environment[ADDRESS],
            "--cache", str(cache or default_cache()), "--workers", str(workers or os.cpu_count() or 1),
            *(["--scheduler", scheduler] if scheduler else []),
        ]
        self.process: subprocess.Popen | None = None
        self.stopping = threading.Event()
        self.started = threading.Event()
        self.thread = threading.Thread(target=self.supervise, name="mi-explorer-pool", daemon=True)

    def start(self) -> Pool:
        self.thread.start()
        self.started.wait()
        return self

    def supervise(self) -> None:
        while not self.stopping.is_set():
            # Its standard input ends with this process: that is how it learns that nobody needs it any more.
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, start_new_session=True)
            self.started.set()
            self.process.wait()
            self.stopping.wait(AGAIN)

    def stop(self) -> None:
        self.stopping.set()
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.thread.join(5)
        shutil.rmtree(self.folder, ignore_errors=True)


def default_cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "mi-explorer" / "runs"
