"""A light stand-in for a visitor's browser: it opens a page, holds the kernel's websocket and knows the widgets' states, but draws nothing.

For tests and measurements with many visitors. What it sends is what a browser sends, and its clock stops when an answer arrives.
"""

import asyncio
import json
import re
import time
import uuid
from collections import Counter
from urllib.parse import urlsplit

from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

PROTOCOL = "v1.kernel.websocket.jupyter.org"
CONNECTIONS = 6  # at a time, as browsers do
LESSON = "watch-the-bounds-converge"


async def fetch(address: str, paths, method: str = "GET") -> list[bytes]:
    """The bodies behind paths of a server, over one connection that is kept, as a browser's are."""
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=2**20)
    try:
        return [await fetch_one(reader, writer, place.netloc, path, method) for path in paths]
    finally:
        writer.close()


async def fetch_one(reader, writer, host: str, path: str, method: str) -> bytes:
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    status = int(head.split()[1])
    if found := re.search(r"content-length: (\d+)", head):
        body = await reader.readexactly(int(found[1]))
    elif status == 204:
        body = b""
    else:  # chunked: a page that is written while its notebook is carried out
        parts = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        body = b"".join(parts)
    if status >= 400:
        raise ConnectionError(f"{path} was answered with {status}")
    return body


class Student:
    """One visitor on one lesson. ``models`` are the widgets' states by id; ``heard`` counts what came in, by kind."""

    def __init__(self, address: str, lesson: str = LESSON):
        self.address, self.lesson = address.rstrip("/"), lesson
        self.session = Session()
        self.models: dict[str, dict] = {}
        self.heard: Counter[str] = Counter()
        self.errors: list[str] = []
        self.waiting: list[tuple] = []  # (condition, future of the time at which it held)
        self.control = uuid.uuid4().hex
        self.kernel = self.socket = self.reading = None

    # -- coming and going ----------------------------------------------------------------------------------------------

    async def open(self, files=()) -> float:
        """Open the page with the files that it needs, and return the seconds until its widgets are known."""
        began = time.perf_counter()
        (page,), *_ = await asyncio.gather(
            fetch(self.address, [f"/voila/render/{self.lesson}.ipynb"]),
            *(fetch(self.address, files[start::CONNECTIONS]) for start in range(CONNECTIONS) if files[start::CONNECTIONS]),
        )
        if b"application/vnd.jupyter.widget-view+json" not in page:
            raise ConnectionError("the page came without its widgets")
        self.kernel = re.search(r'"kernelId": "([\w-]+)"', page.decode())[1]
        channels = f"{self.address.replace('http', 'ws', 1)}/api/kernels/{self.kernel}/channels?session_id={self.session.session}"
        self.socket = await websocket_connect(
            HTTPRequest(channels, connect_timeout=60, request_timeout=60), subprotocols=[PROTOCOL], max_message_size=2**27
        )
        self.reading = asyncio.ensure_future(self.read())
        self.send("comm_open", {"comm_id": self.control, "target_name": "jupyter.widget.control", "data": {}}, {"version": "1.0.0"})
        self.send("kernel_info_request", {})
        await self.until(lambda: self.heard["kernel_info_reply"])  # so the channel is open
        self.tell(self.control, {"method": "request_states"})
        return await self.until(lambda: self.models, 60) - began

    async def close(self) -> None:
        """Go as a tab does that is closed: with a beacon for the kernel's end."""
        if self.reading:
            self.reading.cancel()
        if self.socket:
            self.socket.close()
        if self.kernel:
            await fetch(self.address, [f"/voila/api/shutdown/{self.kernel}"], "POST")

    # -- saying --------------------------------------------------------------------------------------------------------

    def send(self, kind: str, content: dict, metadata: dict | None = None) -> None:
        message = self.session.msg(kind, content, metadata=metadata)
        data = serialize_msg_to_ws_v1(message, "shell", self.session.pack)
        self.socket.write_message(b"".join(data) if isinstance(data, list) else data, binary=True)

    def tell(self, model: str, data: dict) -> None:
        self.send("comm_msg", {"comm_id": model, "data": data})

    def set(self, model: str, **state) -> None:
        """Change a widget, as its view does."""
        self.models[model].update(state)
        self.tell(model, {"method": "update", "state": state, "buffer_paths": []})

    def click(self, css: str) -> None:
        self.tell(self.find(css), {"method": "custom", "content": {"event": "click"}})

    # -- hearing -------------------------------------------------------------------------------------------------------

    async def read(self) -> None:
        while (data := await self.socket.read_message()) is not None:
            now = time.perf_counter()
            _, (header, _, _, content, *buffers) = deserialize_msg_from_ws_v1(data)
            self.take(json.loads(header)["msg_type"], content, buffers)
            for entry in [entry for entry in self.waiting if entry[0]()]:
                self.waiting.remove(entry)
                if not entry[1].done():
                    entry[1].set_result(now)
        self.errors.append("the websocket was closed")

    def take(self, kind: str, content: bytes, buffers: list) -> None:
        self.heard[kind] += 1
        if kind == "comm_msg":
            message = json.loads(content)
            self.take_widget(message["comm_id"], message["data"], buffers)
        elif kind == "error" or kind == "stream" and json.loads(content)["name"] == "stderr":
            self.errors.append(content.decode()[:500])

    def take_widget(self, model: str, data: dict, buffers: list) -> None:
        if data["method"] == "update_states":
            self.models = {key: entry["state"] for key, entry in data["states"].items()}
        elif data["method"] == "update" and model in self.models:
            self.models[model].update(data["state"])
            if "mi-error" in str(data["state"].get("value")):
                self.errors.append(data["state"]["value"])
        elif data["method"] == "custom":
            self.heard[f"custom {data['content'].get('type')}"] += 1
            self.take_custom(data["content"], buffers)

    def take_custom(self, content: dict, buffers: list) -> None:
        """A message of a widget that is no change of its state."""

    async def until(self, condition, seconds: float = 60) -> float:
        """Wait until a condition on the page holds; the time at which the message came in that made it so."""
        if condition():
            return time.perf_counter()
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((condition, future))
        return await asyncio.wait_for(future, seconds)

    async def delay(self, action, condition, seconds: float = 60) -> float:
        """Seconds from an action to what it shall bring about."""
        began = time.perf_counter()
        action()
        return await self.until(condition, seconds) - began

    # -- what is on the page -------------------------------------------------------------------------------------------

    def find(self, css: str) -> str:
        """The widget of this class."""
        return next(key for key, state in self.models.items() if css in state.get("_dom_classes", ()))

    def having(self, *traits: str) -> str:
        """The widget with these traits."""
        return next(key for key, state in self.models.items() if all(trait in state for trait in traits))

    def text(self, css: str) -> str:
        return self.models[self.find(css)]["value"]
