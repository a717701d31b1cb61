"""The websocket between a page and its kernel: what either may send, and how much of it may wait."""

from __future__ import annotations

__all__ = ["MESSAGE_BYTES", "KernelSocket"]

import asyncio
import json

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.web import HTTPError

from mi_explorer.server.guard import Flood, Malformed, header, parts

PROTOCOL = "v1.kernel.websocket.jupyter.org"
MESSAGE_BYTES = 1_000_000  # of one message from the browser; tables come in pieces of half of that
CONNECTIONS = 4  # to one kernel; a page has one, and for a moment two when it connects again
WAITING = 50  # messages for a kernel that does not read; the rest waits in the browser
UNSENT = 32_000_000  # bytes that wait for a browser which does not read
LEFT = {1000, 1001}  # the codes with which a page closes that is closed itself, or left

# Protocol violations and floods, as RFC 6455 numbers them.
WRONG, TOO_MUCH = 1007, 1008


class KernelSocket(KernelWebsocketHandler):
    """Jupyter's websocket, which believes whatever a browser says, for a browser that may say anything."""

    # In seconds, for tornado, which looks after them itself: who has not answered for that long is gone.
    ping_interval = 20
    ping_timeout = 20

    unsent = 0
    over = False  # the connection is about to end

    @ws_authenticated
    async def get(self, kernel_id: str):
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in (name.strip() for name in offered.split(",")):
            raise HTTPError(400, f"Connect with the subprotocol {PROTOCOL}.")
        if self.kernel_manager.connections(kernel_id) >= CONNECTIONS:
            raise HTTPError(429, "This page is connected too often already.")
        await super().get(kernel_id)

    async def open(self, kernel_id: str) -> None:
        # Not what Jupyter does here besides: a second ping, with the same settings taken as milliseconds.
        self.limits = self.kernel_manager.limits[kernel_id]
        self.kernel_manager.pages[kernel_id].add(self)
        self.set_nodelay(True)  # else a small message waits up to 40 ms for the browser to acknowledge the one before
        connected = self.connection.connect()
        for stream in self.connection.channels.values():
            stream.socket.sndhwm = WAITING
        if connected is not None:
            await connected

    # -- from the page

    async def on_message(self, message: bytes | str) -> None:
        if self.over:
            await asyncio.sleep(0.2)  # tornado reads on until the other side has heard
            return
        try:
            if isinstance(message, str):
                raise Malformed("Messages are binary here.")
            channel, head, *_ = parts(message)
            waiting = self.connection.channels["shell"].sending
            wanted = await self.limits.pass_on(header(head)["msg_type"], len(message), waiting)
        except Malformed as problem:
            self.finish_off(WRONG, str(problem))
        except Flood as problem:
            self.log.warning("A page sent too much: its kernel %s ends.", self.kernel_id)
            self.finish_off(TOO_MUCH, str(problem))
            self.kernel_manager.end(self.kernel_id)
        else:
            if wanted and channel == b"shell" and self.connection is not None:
                super().on_message(message)

    def finish_off(self, code: int, why: str) -> None:
        self.over = True
        self.close(code, why)

    def on_close(self) -> None:
        super().on_close()
        self.kernel_manager.pages.get(self.kernel_id, set()).discard(self)
        if self.close_code in LEFT:
            self.kernel_manager.leave(self.kernel_id)

    # -- from the kernel

    def write_message(self, message: bytes, binary: bool = True):
        if self.unsent > UNSENT:
            self.finish_off(TOO_MUCH, "This browser does not take what it is sent.")
        if self.ws_connection is None or self.ws_connection.is_closing() or self.hides(message):
            return None
        size = len(message)
        self.unsent += size
        sent = super().write_message(message, binary)
        sent.add_done_callback(lambda done: self.arrived(size, done))
        return sent

    def arrived(self, size: int, done) -> None:
        self.unsent -= size
        done.cancelled() or done.exception()  # it has been closed meanwhile, and nobody is left to tell

    def hides(self, message: bytes) -> bool:
        """Whether a message is not for visitors: source, and errors, which the terminal shows instead."""
        _, head, _, _, content, *_ = parts(message, most=len(message))
        kind = header(head)["msg_type"]
        if kind not in ("execute_input", "error", "stream"):
            return False
        said = json.loads(content)
        if kind == "stream" and said["name"] != "stderr":
            return False
        text = "\n".join(said["traceback"]) if kind == "error" else said.get("text", "")
        if "Traceback" in text and self.limits.complaints:  # not what libraries mumble whenever a page connects
            self.limits.complaints -= 1
            self.log.error("In a page's kernel:\n%s", text)
        return True
