"""A served dashboard and visitors without a browser, who fetch a page, open its websocket and say what they like.

With MI_STOCK_SERVER set, the server is plain Voilà: what is mended here has to fail there.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid

import nbformat
import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

STOCK = bool(os.environ.get("MI_STOCK_SERVER"))
PROTOCOL = "v1.kernel.websocket.jupyter.org"
OURS = "import sys; from mi_explorer.server import *; serve(int(sys.argv[1]), False, sys.argv[2], Settings(**eval(sys.argv[3])), workers=1, cache=sys.argv[4])"

#: A page that does what it is told through a text field; `said` repeats the slider's value.
TALK = """
# nobody sees this source
import asyncio, os, time, ipywidgets
order, slider = ipywidgets.Text(), ipywidgets.FloatSlider(min=0, max=10)
said, picture = ipywidgets.HTML(), ipywidgets.Image()
keep = []

async def stream(size):
    for number in range(10**9):
        picture.value = number.to_bytes(8, "big") * (size // 8)
        await asyncio.sleep(0.02)

def obey(change):
    word, _, detail = order.value.partition(" ")
    if word == "stream":
        keep.append(asyncio.get_running_loop().create_task(stream(int(detail))))
    if word == "busy":
        while True:
            pass
    if word == "fail":
        raise ValueError("nobody sees this error")

def repeat(change):
    said.value = f"{slider.value}"

order.observe(obey, "value")
slider.observe(repeat, "value")
print(f"pid={os.getpid()}.")
display(order, slider, said, picture)
"""
BROKEN = "# nobody sees this source\nraise ValueError('nobody sees this error')"
SLOW = "import time, os\nopen({path!r}, 'w').write(str(os.getpid()))\ntime.sleep(100)"

# A cell whose output comes six seconds behind its end, as on a machine where a hundred pages open at once.
LATE = """
import time
from ipykernel.kernelapp import IPKernelApp
IPKernelApp.instance().iopub_thread.schedule(lambda: time.sleep(6))
display("better " + "late")
"""


def write_notebooks(folder, slow_path):
    for name, code in {"talk": TALK, "broken": BROKEN, "slow": SLOW.format(path=str(slow_path)), "late": LATE}.items():
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel}, cells=[nbformat.v4.new_code_cell(code)])
        nbformat.write(notebook, folder / f"{name}.ipynb")


class Server:
    """A server's process. ``terms`` are those of mi_explorer.server.Settings."""

    def __init__(self, folder, **terms):
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            self.port = probe.getsockname()[1]
        self.address, self.folder = f"http://localhost:{self.port}{terms.get('base_url', '/')}", folder
        if STOCK:
            command = [sys.executable, "-m", "voila", str(folder), f"--port={self.port}", "--no-browser"]
            if "cull_seconds" in terms:
                command += [f"--MappingKernelManager.cull_idle_timeout={terms['cull_seconds']}", "--MappingKernelManager.cull_interval=1"]
            command += [f"--token={terms['token']}"] if "token" in terms else []
        else:
            command = [sys.executable, "-c", OURS, str(self.port), str(folder), repr(terms), os.devnull]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("localhost", self.port)):
                return
            time.sleep(0.05)
        self.stop()
        raise AssertionError("the server did not start: " + self.said())

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def memory(self) -> int:
        """The server's own bytes, without its kernels'."""
        return psutil.Process(self.process.pid).memory_info().rss

    def stop(self, how=signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise

    async def get(self, path: str, **options):
        """The response, whatever its status."""
        client = AsyncHTTPClient(force_instance=True)
        try:
            options = {"follow_redirects": False, "request_timeout": 30, **options}
            return await client.fetch(self.address + path, raise_error=False, **options)
        finally:
            client.close()


def pack(channel: str, kind: str, content: dict, buffers=(), metadata=None) -> bytes:
    head = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "test", "username": "", "version": "5.2", "date": ""}
    parts = [channel.encode(), *(json.dumps(part).encode() for part in (head, {}, metadata or {}, content)), *buffers]
    places = [8 * (len(parts) + 2)]
    for part in parts:
        places.append(places[-1] + len(part))
    return b"".join(number.to_bytes(8, "little") for number in (len(places), *places)) + b"".join(parts)


def frame(message: bytes) -> bytes:
    """A message as a browser sends it: masked, with zeros. For messages of less than 64 KB."""
    return bytes([0x82, 0x80 | 126]) + struct.pack(">H", len(message)) + bytes(4) + message


def unpack(message: bytes) -> tuple[str, str, dict]:
    """(channel, type, content) of a message."""
    count = int.from_bytes(message[:8], "little")
    places = [int.from_bytes(message[8 * i : 8 * (i + 1)], "little") for i in range(1, count + 1)]
    parts = [message[begin:end] for begin, end in zip(places, places[1:], strict=False)]
    return parts[0].decode(), json.loads(parts[1])["msg_type"], json.loads(parts[4])


class Page:
    """A page that is open: the kernel's id and process, and its widgets' ids in the order in which they are shown."""

    def __init__(self, server: Server, html: str):
        self.server, self.html = server, html
        self.kernel_id = self.kernel_in(html)
        self.pid = int(re.search(r"pid=(\d+)", html)[1])
        self.order, self.slider, self.said, self.picture = re.findall(r'"model_id": "(\w+)"', html)
        self.socket = None

    @staticmethod
    def kernel_in(html: str) -> str:
        return re.search(r'"kernelId": "([\w-]+)"', html)[1]

    async def connect(self, protocols=(PROTOCOL,), headers=None):
        url = f"{self.server.address}api/kernels/{self.kernel_id}/channels?session_id={uuid.uuid4().hex}"
        request = HTTPRequest(url.replace("http", "ws", 1), headers=headers)
        self.socket = await websocket_connect(request, subprotocols=list(protocols))
        return self.socket

    async def send(self, kind: str, content: dict, channel="shell", **rest) -> None:
        await self.socket.write_message(pack(channel, kind, content, **rest), binary=True)

    async def set(self, widget: str, value) -> None:
        await self.send("comm_msg", {"comm_id": widget, "data": {"method": "update", "state": {"value": value}, "buffer_paths": []}})

    async def receive(self, wanted, seconds=20):
        """The first message for which ``wanted(channel, kind, content)``; None if the connection ends."""

        async def search():
            while (message := await self.socket.read_message()) is not None:
                if wanted(*unpack(message)):
                    return unpack(message)

        return await asyncio.wait_for(search(), seconds)

    async def drag(self, value: float, seconds=20) -> None:
        """Move the slider and wait until the page says so."""
        await self.set(self.slider, value)

        def is_said(channel, kind, content):
            data = content.get("data", {})
            return kind == "comm_msg" and content["comm_id"] == self.said and data.get("state", {}).get("value") == f"{float(value)}"

        assert await self.receive(is_said, seconds)

    async def say_goodbye(self):
        return await self.server.get(f"voila/api/shutdown/{self.kernel_id}", method="POST", body="")

    def break_off(self) -> None:
        """As when the browser is killed: the connection ends without a word."""
        self.socket.protocol.stream.close()

    @property
    def alive(self) -> bool:
        return alive(self.pid)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def visit(server: Server, name="talk", **connection) -> Page:
    answer = await server.get(f"voila/render/{name}.ipynb")
    assert answer.code == 200, answer.code
    page = Page(server, answer.body.decode())
    await page.connect(**connection)
    return page


async def gone(page_or_pid, seconds: float) -> float:
    """Wait until a kernel's process is gone, and say after how many seconds."""
    pid, began = getattr(page_or_pid, "pid", page_or_pid), time.monotonic()
    while alive(pid):
        assert time.monotonic() - began < seconds, f"the kernel is still there after {seconds} s"
        await asyncio.sleep(0.02)
    return time.monotonic() - began
