"""The kernels behind the pages: how many there may be, and when one has to go."""

from __future__ import annotations

__all__ = ["Full", "Kernels", "affordable"]

import asyncio
import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from jupyter_server._tz import utcnow
from jupyter_server.base.call_context import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.websocket import WebSocketHandler
from traitlets import Int

from mi_explorer.runners.pooled import VISITOR
from mi_explorer.server.guard import Limits

KERNEL_BYTES = 80_000_000  # of memory that one kernel needs before it computes anything
MOST = 100
LOADING = 120  # seconds within which a page has to connect for the first time
GRACE = 0.7  # seconds within which a page that said goodbye may come back
GOING_AWAY = 1001  # the websocket's code
BACKLOG = 16_000_000  # bytes kept for a page that has lost its connection


class Full(Exception):
    """There are as many kernels as there may be."""


def affordable() -> int:
    """How many kernels fit into four fifths of the memory that this machine or container has, at most 100."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not a Unix system
        return MOST
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            memory = min(memory, int(Path("/sys/fs/cgroup", name).read_text()))
        except (OSError, ValueError):  # no such limit, or "max"
            pass
    return max(1, min(MOST, int(0.8 * memory / KERNEL_BYTES)))


class Backlog(list):
    """Messages that wait for a page to come back; ``overflow`` is called when they become too many."""

    def __init__(self, overflow: Callable[[], None]):
        super().__init__()
        self.held, self.overflow = 0, overflow

    def append(self, item) -> None:
        super().append(item)
        self.held += sum(map(len, item[1]))
        if self.held > BACKLOG:
            self.overflow()


class Kernels(AsyncMappingKernelManager):
    """One kernel for every open page, ``max_kernels`` at most, and none that nobody looks at.

    - A page that is left says so (the beacon that it sends, or the closing of its websocket with code 1000 or 1001):
      its kernel ends at once, or when the page has not come back after GRACE seconds.
    - A connection that breaks off, as in a train, leaves the kernel for ``cull_idle_timeout`` seconds, and what it has
      to say is kept meanwhile.
    - A page that never connects, since nobody reads it, loses its kernel after LOADING seconds.
    - Only connections count as activity: a run that goes on drawing for nobody does not keep its kernel alive.
    """

    max_kernels = Int(MOST, help="how many kernels there may be at once").tag(config=True)

    def __init__(self, **options):
        super().__init__(**options)
        self.held: set[str] = set()  # from before a kernel starts until it is gone
        self.limits: dict[str, Limits] = {}
        self.endings: dict[str, asyncio.Task] = {}
        self.pages: dict[str, set[WebSocketHandler]] = {}  # whoever is connected now

    # -- beginning

    async def start_kernel(self, **options) -> str:
        """Raises Full before anything is started, however many ask at the same time."""
        if len(self.held) >= self.max_kernels:
            raise Full
        kernel_id = str(uuid.uuid4())
        self.held.add(kernel_id)
        if page := CallContext.get(CallContext.JUPYTER_HANDLER):
            page.kernel_id = kernel_id  # so that it can be ended when the visitor does not wait for it
            options["env"] = {**options.get("env", os.environ), VISITOR: page.visitor}
        try:
            await super().start_kernel(kernel_id=kernel_id, **options)
        except BaseException:
            self._pending_kernels.pop(kernel_id, None)
            self.remove_kernel(kernel_id)
            raise
        self.limits[kernel_id], self.pages[kernel_id] = Limits(), set()
        return kernel_id

    def remove_kernel(self, kernel_id: str):
        self.held.discard(kernel_id)
        self.limits.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)

    def start_watching_activity(self, kernel_id: str) -> None:
        """Watch for the first sign of life only, for which connections wait."""
        kernel = self.get_kernel(kernel_id)
        # Until its page connects, a kernel has LOADING seconds, whatever the cull time is.
        kernel.last_activity = utcnow() + timedelta(seconds=LOADING - self.cull_idle_timeout)
        kernel._activity_stream = kernel.connect_iopub()

        def alive(_) -> None:
            kernel.execution_state = "idle"
            self.stop_watching_activity(kernel_id)

        kernel._activity_stream.on_recv(alive)

    # -- connections

    def connections(self, kernel_id: str) -> int:
        return self._kernel_connections.get(kernel_id, 0)

    def notify_disconnect(self, kernel_id: str) -> None:
        super().notify_disconnect(kernel_id)
        if kernel_id in self:
            self.get_kernel(kernel_id).last_activity = utcnow()

    def start_buffering(self, kernel_id: str, session_key: str, channels: dict) -> None:
        super().start_buffering(kernel_id, session_key, channels)
        self._kernel_buffers[kernel_id]["buffer"] = Backlog(lambda: self.end(kernel_id))

    def leave(self, kernel_id: str) -> None:
        """The page has said goodbye."""
        asyncio.get_running_loop().call_later(GRACE, lambda: self.connections(kernel_id) or self.end(kernel_id))

    # -- ending

    def end(self, kernel_id: str) -> asyncio.Task | None:
        """End a kernel, also one that is just starting. May be asked more than once; the task is done when it is gone."""
        if kernel_id in self.held and kernel_id not in self.endings:
            task = self.endings[kernel_id] = asyncio.ensure_future(self._end(kernel_id))
            task.add_done_callback(lambda _: self.endings.pop(kernel_id))
        return self.endings.get(kernel_id)

    async def _end(self, kernel_id: str, now: bool = False) -> None:
        if starting := self._pending_kernels.get(kernel_id):
            await asyncio.wait([starting])
        if kernel_id in self:
            try:
                await super().shutdown_kernel(kernel_id, now=now)
            except Exception:
                self.log.warning("The kernel %s did not end as it should.", kernel_id, exc_info=True)
        for page in self.pages.pop(kernel_id, ()):  # one that said goodbye and has stayed, say: it learns of it by this
            page.close(GOING_AWAY, "The kernel has ended.")

    def _handle_kernel_died(self, kernel_id: str) -> None:
        self.end(kernel_id)  # and not only forget it: its files are still there

    async def shutdown_kernel(self, kernel_id: str, now: bool = False, restart: bool = False) -> None:
        self._check_kernel_id(kernel_id)
        await self.end(kernel_id)

    async def shutdown_all(self, now: bool = False) -> None:
        """Nothing of theirs is worth waiting for, and whoever stops the server does not wait either."""
        await asyncio.gather(*self.endings.values(), *(self._end(kernel_id, now=True) for kernel_id in self.held - set(self.endings)))
