"""What a page may say to its kernel: well-formed messages of few kinds, and not too many of them."""

from __future__ import annotations

__all__ = ["ALLOWED", "Bucket", "Flood", "Limits", "Malformed", "header", "parts"]

import asyncio
import itertools
import json
import struct
import time
from collections.abc import Callable

#: A page of widgets needs these. Whatever runs, inspects or completes code, or asks for the history, is not among them.
ALLOWED = {"comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request"}

PARTS = 256  # of one message: channel, header, parent, metadata, content and buffers
HEADER = 4096  # bytes; ours have 200
MESSAGES, AT_ONCE = 200, 1000  # a second, and in one go; a slider that is dragged sends 60 a second
OPENED, OPENED_AT_ONCE = 1, 50  # a second, and in one go: widgets that the browser creates: ours creates one when it connects
BYTES, BYTES_AT_ONCE = 16e6, 24e6  # a second, and in one go; a table of 20 MB goes through at once
PATIENCE = 5  # seconds for which somebody may send as fast as is allowed, or wait for a kernel that reads nothing


class Malformed(ValueError):
    """Bytes that are no message; the text is a sentence for whoever sent them."""


class Flood(Exception):
    """More messages than any page of ours sends; the text is a sentence for whoever sent them."""

    def __init__(self):
        super().__init__("More messages arrived than a page sends: this connection ends. Reload the page to go on.")


def parts(message: bytes, most: int = PARTS) -> list[bytes]:
    """The parts of a message in the protocol v1.kernel.websocket.jupyter.org: channel, header, parent, metadata, content, buffers.

    It begins with a number n, then come n places in the message, all little-endian 64-bit numbers: where the first part
    begins, where it ends and the second begins, and so on. Both readers that come with Jupyter and Voilà believe n,
    whatever it is, and count to it: here it is ``most`` at most.

    Raises:
        Malformed: places that are no places.
    """
    count = int.from_bytes(message[:8], "little")
    if not 6 <= count <= most or len(message) < 8 * (count + 1):
        raise Malformed("This is no message of the kernel's protocol.")
    places = struct.unpack_from(f"<{count}Q", message, 8)
    if places[0] != 8 * (count + 1) or places[-1] > len(message) or list(places) != sorted(places):
        raise Malformed("The parts of this message are not where it says.")
    return [message[begin:end] for begin, end in itertools.pairwise(places)]


def header(part: bytes) -> dict:
    """A message's header, with its type; Malformed if it is none."""
    try:
        head = json.loads(part) if len(part) <= HEADER else None
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or not isinstance(head.get("msg_type"), str):
        raise Malformed("The header of this message cannot be read.")
    return head


class Bucket:
    """An allowance of ``rate`` a second, of which up to ``size`` can be saved up."""

    def __init__(self, rate: float, size: float):
        self.rate, self.size, self.level = rate, size, size
        self.at = self.ample = time.monotonic()  # when it was last used, and when it was last half full

    def take(self, amount: float = 1) -> float:
        """Take so much, and say how many seconds that is too early."""
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= self.size / 2:
            self.ample = now
        self.level -= amount
        return max(0.0, -self.level / self.rate)

    def drained(self) -> float:
        """For how many seconds it has been less than half full, time after time."""
        return self.at - self.ample


class Limits:
    """What the pages of one kernel may send, however often they connect again."""

    def __init__(self):
        self.messages = Bucket(MESSAGES, AT_ONCE)
        self.bytes = Bucket(BYTES, BYTES_AT_ONCE)
        self.opened = Bucket(OPENED, OPENED_AT_ONCE)
        self.complaints = 10  # errors of the kernel that the terminal shows

    async def pass_on(self, kind: str, size: int, waiting: Callable[[], bool]) -> bool:
        """Hold the sender back until a message may go on, and say whether it may at all.

        While this waits nothing more is read from the connection, so that the sender has to wait as well.

        Args:
            kind, size: the message's type and its bytes.
            waiting: whether earlier messages still wait for the kernel to read them.

        Raises:
            Flood: the sender had to be held back for too long.
        """
        if pause := max(self.messages.take(), self.bytes.take(size)):
            await asyncio.sleep(pause)
        began = time.monotonic()
        while waiting() and time.monotonic() - began < PATIENCE:
            await asyncio.sleep(0.05)
        if waiting() or max(self.messages.drained(), self.bytes.drained()) > PATIENCE:
            raise Flood
        return kind in ALLOWED and not (kind == "comm_open" and self.opened.take())
