"""The mended server against visitors that say anything. Whatever is in here fails on the stock server, but where a docstring says
that it is right there already; `MI_STOCK_SERVER=1 pytest tests/test_server.py` shows it (Voilà 0.5.13, jupyter_server 2.21).
"""

import asyncio
import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from talking import PROTOCOL, STOCK, Page, Server, gone, pack, visit, write_notebooks
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClosedError, websocket_connect
from waiting import wait_for

from mi_explorer.server import ServeError, Settings, app
from mi_explorer.server.guard import Bucket, Malformed, header, parts
from mi_explorer.server.kernels import affordable

CULL = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebooks(folder, folder / "slow.pid")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    server = Server(folder, cull_seconds=CULL, max_kernels=6)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def guarded(folder):
    server = Server(folder, token="let-me-in-please", max_kernels=2, base_url="/" if STOCK else "/mi/")
    yield server
    server.stop()


@pytest.fixture
def fresh(folder):
    """A server of this test's own."""
    server = Server(folder)
    yield server
    server.stop(signal.SIGKILL)


def talk(scene):
    """Run a test's coroutine; the tests of a module share a server, and so its visitors leave when they go."""

    async def play(*arguments):
        pages = []

        async def enter(server, name="talk", **connection):
            pages.append(await visit(server, name, **connection))
            return pages[-1]

        try:
            await asyncio.wait_for(scene(enter, *arguments), 120)
        finally:
            for page in filter(lambda page: page.alive, pages):
                os.kill(page.pid, signal.SIGKILL if STOCK else signal.SIGCONT)
                await page.say_goodbye()
                await gone(page, 5)

    return lambda *arguments: asyncio.run(play(*arguments))


def is_kind(*kinds):
    return lambda channel, kind, content: kind in kinds


# -- messages ----------------------------------------------------------------------------------------------------------


def test_a_client_that_does_not_speak_the_protocol_is_refused(server):
    """Stock: the server hangs with the first picture, and its memory grows by 100 MB a second."""

    @talk
    async def scene(enter):
        page = await enter(server)
        try:
            await page.connect(protocols=())
        except HTTPClientError as refusal:
            assert refusal.code == 400
        await page.connect()
        await page.set(page.order, "stream 800")
        await page.receive(lambda channel, kind, content: content.get("comm_id") == page.picture)
        assert (await server.get("nowhere", request_timeout=5)).code == 404

    scene()


@pytest.mark.parametrize("lie", ["count", "places", "text", "empty", "header"])
def test_a_message_that_lies_about_its_parts_closes_its_connection(server, lie):
    """Stock: a count of 2^40 parts hangs the server."""
    good = pack("shell", "kernel_info_request", {})
    message = {
        "count": struct.pack("<Q", 2**26) + good[8:],
        "places": good[:8] + struct.pack("<Q", 2**60) + good[16:],
        "text": "kernel_info_request",
        "empty": b"",
        "header": pack("shell", "x" * 5000, {}),
    }[lie]

    @talk
    async def scene(enter):
        page = await enter(server)
        await page.socket.write_message(message, binary=isinstance(message, bytes))
        assert await page.receive(lambda *_: False, 10) is None and page.socket.close_code == 1007
        await page.connect()  # the kernel is unharmed
        await page.drag(2)

    scene()


def test_parts_of_a_message():
    """What `parts` reads is what tornado's client packs; deep nesting is no way in."""
    message = pack("shell", "comm_msg", {"a": 1}, [b"xyz", b""])
    channel, head, _, _, content, *buffers = parts(message)
    assert (channel, json.loads(content), buffers) == (b"shell", {"a": 1}, [b"xyz", b""])
    assert header(head)["msg_type"] == "comm_msg"
    with pytest.raises(Malformed):
        parts(pack("shell", "comm_msg", {}, [b""] * 300))
    for bad in (b"[" * 4000, b"[]", b"{}", b'{"msg_type": 3}', b"\xff"):
        with pytest.raises(Malformed):
            header(bad)


def test_a_message_may_have_a_megabyte(server):
    """Stock: ten."""

    @talk
    async def scene(enter):
        page = await enter(server)
        await page.send("comm_msg", {"comm_id": "nobody", "data": "x" * 600_000})
        await page.drag(3)
        with contextlib.suppress(WebSocketClosedError):  # the server need not read to the end what it refuses
            await page.send("comm_msg", {"comm_id": "nobody", "data": "x" * 1_100_000})
        assert await page.receive(lambda *_: False, 10) is None
        await page.connect()  # the kernel is unharmed
        await page.drag(4)

    scene()


def test_no_code_comes_from_a_browser(server, tmp_path):
    """Stock: nothing runs there either, but shutdown_request ends the kernel, and the control channel answers."""
    kinds = [
        "execute_request", "inspect_request", "complete_request", "history_request", "is_complete_request", "input_reply",
        "create_subshell_request", "delete_subshell_request", "list_subshell_request", "debug_request", "interrupt_request",
        "usage_request", "shutdown_request",
    ]
    code = f"open({str(tmp_path / 'ran')!r}, 'w').close()"
    content = {
        "code": code, "silent": False, "cursor_pos": 3, "detail_level": 0, "hist_access_type": "tail", "n": 9, "restart": False,
        "subshell_id": "x", "command": "evaluate", "arguments": {"expression": code}, "type": "request", "seq": 1, "value": "1",
    }

    @talk
    async def scene(enter):
        page = await enter(server)
        for kind in kinds:
            for channel in ("shell", "control", "stdin"):
                await page.send(kind, content, channel)
        await page.send("kernel_info_request", {}, "control")  # an allowed kind in the wrong place
        await page.send("kernel_info_request", {})
        replies = []
        await page.receive(lambda channel, kind, _: channel != "iopub" and (replies.append((channel, kind)) or channel == "shell"))
        await page.drag(4)
        assert replies == [("shell", "kernel_info_reply")]
        assert not list(tmp_path.iterdir())

    scene()


def test_a_page_of_another_site_cannot_connect(server):
    """Stock: right already."""

    @talk
    async def scene(enter):
        page = await enter(server)
        with pytest.raises(HTTPClientError, match="403"):
            await page.connect(headers={"Origin": "http://elsewhere.example"})
        await page.connect(headers={"Origin": server.address.rstrip("/")})

    scene()


# -- floods ------------------------------------------------------------------------------------------------------------


HOSTILE = """
import asyncio, os, signal, sys; from talking import *
class There: address = sys.argv[2]
page = Page.__new__(Page); page.server, page.kernel_id, page.order, page.slider = There, *sys.argv[3:]

async def flood():
    await page.connect()
    change = {"comm_id": page.slider, "data": {"method": "update", "state": {"value": 1}}}
    many = frame(pack("shell", "comm_msg", change)) * 1000
    closing = asyncio.ensure_future(page.receive(lambda *_: False, 60))
    while not closing.done():
        try:
            await asyncio.wait_for(page.socket.protocol.stream.write(many), 1)
        except Exception:
            await asyncio.sleep(0.1)
    print(page.socket.close_code, page.socket.close_reason)

async def stop_reading():
    await page.connect()
    await page.set(page.order, "stream 400000")
    os.kill(os.getpid(), signal.SIGSTOP)

asyncio.run({"flood": flood, "stop_reading": stop_reading}[sys.argv[1]]())
"""


def test_floods_cost_their_own_kernels_only(fresh):
    """Four at once: 10^5 messages a second, widgets by the thousand, a kernel that reads nothing, a browser that reads nothing.

    Stock: the server reads on for ever; it keeps whatever the stopped kernel and the stopped browser do not take, and a
    neighbour waits for many seconds.
    """

    async def hostile(what, page):
        page.break_off()
        arguments = [what, fresh.address, page.kernel_id, page.order, page.slider]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOSTILE, *arguments, cwd=Path(__file__).parent, stdout=subprocess.PIPE
        )
        try:
            await gone(page, 100)
            return (await process.stdout.read()).decode() if what == "flood" else ""
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def flood(page):
        assert "1008 More messages" in await hostile("flood", page)

    async def stop_reading(page):
        await hostile("stop_reading", page)

    async def stuff(page):
        os.kill(page.pid, signal.SIGSTOP)
        with contextlib.suppress(WebSocketClosedError):
            for _ in range(200):
                await page.send("comm_msg", {"comm_id": "nobody", "data": "x" * 900_000})
        await gone(page, 100)

    async def breed(page):
        for number in range(1000):
            state = {"_model_module": "@jupyter-widgets/controls", "_model_name": "LabelModel", "value": "x"}
            content = {"comm_id": f"mine-{number}", "target_name": "jupyter.widget", "data": {"state": state}}
            await page.send("comm_open", content, metadata={"version": "2.1.0"})
        await page.send("comm_info_request", {})
        _, _, answer = await page.receive(is_kind("comm_info_reply"), 40)
        assert len(answer["comms"]) < 100

    @talk
    async def scene(enter):
        neighbour, *hostile = [await enter(fresh) for _ in range(5)]
        before = fresh.memory()
        attacks = asyncio.gather(*(attack(page) for attack, page in zip((flood, stuff, breed, stop_reading), hostile, strict=True)))
        largest, turns = before, 0
        while not attacks.done():
            await neighbour.drag(1 + turns % 9, seconds=5)
            largest, turns = max(largest, fresh.memory()), turns + 1
            await asyncio.sleep(0.1)
        await attacks
        assert turns > 10 and largest - before < 250e6, f"{turns} turns, {(largest - before) / 1e6:.0f} MB"

    scene()


def test_bucket():
    """An allowance is used up, and says how long its user has to wait."""
    bucket = Bucket(rate=100, size=10)
    assert [bucket.take() for _ in range(10)] == [0] * 10
    assert 0 < bucket.take() <= 0.01 < bucket.take(10) <= 0.11


@pytest.fixture(scope="module")
def lessons():
    server = Server(Path(__file__).parents[1] / "notebooks")
    yield server
    server.stop()


def test_a_lesson_survives_whatever_its_widgets_are_told(lessons):
    """Values of the wrong kind and size for every control, then Run. Stock: it survives, and sends the errors to the browser."""

    async def scene():
        answer = await lessons.get("voila/render/what-is-mutual-information.ipynb")
        page = Page.__new__(Page)
        page.server, page.kernel_id = lessons, Page.kernel_in(answer.body.decode())
        await page.connect()
        try:
            await page.send("comm_open", {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}, metadata={"version": "1.0.0"})
            await page.send("comm_msg", {"comm_id": "control", "data": {"method": "request_states"}})
            _, _, content = await page.receive(lambda _, kind, content: kind == "comm_msg" and content["data"]["method"] == "update_states")
            states = {name: entry["state"] for name, entry in content["data"]["states"].items()}
            controls = [name for name, state in states.items() if state.get("_view_name") and "value" in state]
            assert len(controls) > 5
            for value in (float("nan"), 1e9, "text", None, [{}]):
                for name in controls[:20]:
                    await page.set(name, value)
            for name, state in states.items():
                if state["_model_name"] == "ButtonModel":
                    await page.send("comm_msg", {"comm_id": name, "data": {"method": "custom", "content": {"event": "click"}}})
            await page.socket.write_message(pack("shell", "comm_msg", {}).replace(b"{}", b"[" * 100_000), binary=True)
            await page.send("kernel_info_request", {})
            seen = []
            assert await page.receive(lambda _, kind, content: seen.append((kind, content)) or kind == "kernel_info_reply", 40)
            assert not [content for kind, content in seen if kind == "error"]
        finally:
            await page.say_goodbye()

    asyncio.run(asyncio.wait_for(scene(), 90))


# -- kernels -----------------------------------------------------------------------------------------------------------


def test_a_kernel_goes_with_its_page(server):
    """By the beacon, by the websocket's closing, while busy, and before the page is there. Stock: a beacon is refused for a
    missing XSRF token, the closing of a websocket means nothing, and a page that nobody waited for keeps its kernel.
    """

    @talk
    async def scene(enter):
        by_beacon, by_closing, busy = [await enter(server) for _ in range(3)]
        assert (await by_beacon.say_goodbye()).code == 204
        await gone(by_beacon, 2)
        by_closing.socket.close(1001)
        await gone(by_closing, 2)
        await busy.set(busy.order, "busy")
        busy.socket.close(1001)
        await gone(busy, 2)

    scene()


def test_who_stays_after_the_goodbye_is_told_that_the_kernel_has_ended(server):
    """A link to an e-mail address makes a page say goodbye that stays. Stock: the goodbye is refused."""

    @talk
    async def scene(enter):
        page = await enter(server)
        await page.say_goodbye()
        assert await page.receive(lambda *_: False, 5) is None and page.socket.close_code == 1001
        await gone(page, 2)
        with pytest.raises(HTTPClientError, match="404"):
            await page.connect()

    scene()


def test_a_page_that_nobody_waits_for_has_no_kernel(server, folder):
    """Stock: the kernel stays until it is culled, and works meanwhile."""
    path = folder / "slow.pid"
    path.unlink(missing_ok=True)

    async def leave():
        _, writer = await asyncio.open_connection("localhost", server.port)
        writer.write(b"GET /voila/render/slow.ipynb HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while not path.exists() or not path.read_text():
            await asyncio.sleep(0.02)
        writer.close()
        return await gone(int(path.read_text()), 2)

    asyncio.run(asyncio.wait_for(leave(), 30))


def test_a_connection_that_breaks_off_keeps_its_kernel_for_a_while(server):
    """It is there when the page comes back, and gone after the cull time otherwise, even while it draws for nobody.
    Stock: a kernel that draws is never culled.
    """

    @talk
    async def scene(enter):
        page = await enter(server)
        await page.drag(1)
        page.break_off()
        await asyncio.sleep(CULL - 1)
        await page.connect()
        await page.drag(2)
        await page.set(page.order, "stream 800")
        await page.receive(lambda channel, kind, content: content.get("comm_id") == page.picture)
        page.break_off()
        await gone(page, CULL + 1 + 2)  # the cull time, the interval, and the time that ending may take

    scene()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_kernel_outlives_its_server(fresh, folder, how):
    """An idle one, a busy one, and one that is just starting. Stock: they end, with SIGTERM by an error of the server's own."""
    path = folder / "slow.pid"
    path.unlink(missing_ok=True)

    @talk
    async def scene(enter):
        idle, busy = await enter(fresh), await enter(fresh)
        await busy.set(busy.order, "busy")
        starting = asyncio.ensure_future(fresh.get("voila/render/slow.ipynb"))
        await asyncio.sleep(0.3)
        children = psutil.Process(fresh.process.pid).children(recursive=True)
        await asyncio.to_thread(fresh.stop, how)
        starting.cancel()
        for child in children:
            await gone(child.pid, 5)
        assert not idle.alive and not busy.alive

    scene()
    assert "Traceback" not in fresh.said()


def test_sockets_of_kernels_are_cleared_away(server):
    """Kernels are reached by files of their own, which go with them. Stock: they take free ports, as another server's do."""

    @talk
    async def scene(enter):
        page = await enter(server)
        opened = [entry.laddr for entry in psutil.Process(page.pid).net_connections("unix") if page.kernel_id in entry.laddr]
        assert len(opened) >= 5 and all(map(os.path.exists, opened))
        await page.say_goodbye()
        await gone(page, 2)
        await asyncio.to_thread(wait_for, lambda: not any(map(os.path.exists, opened)), 5)

    scene()


def test_as_many_pages_as_there_may_be(guarded):
    """Twice as many ask at once. Stock: all get in."""
    allowed = {"Authorization": "token let-me-in-please"}

    async def scene():
        answers = await asyncio.gather(*(guarded.get("voila/render/talk.ipynb", headers=allowed) for _ in range(4)))
        pages = [Page(guarded, answer.body.decode()) for answer in answers if answer.code == 200]
        refused = [answer for answer in answers if answer.code == 503]
        try:
            assert len(pages) == len(refused) == 2
            assert int(refused[0].headers["Retry-After"]) > 0 and "tries again by itself" in refused[0].body.decode()
            assert (await guarded.get("voila/render/index.ipynb", headers=allowed)).code != 503
            assert (await guarded.get("voila/render/nowhere.ipynb", headers=allowed)).code == 404
            await guarded.get(f"voila/api/shutdown/{pages[0].kernel_id}", method="POST", body="", headers=allowed)
            await gone(pages[0], 2)
            while (answer := await guarded.get("voila/render/talk.ipynb", headers=allowed)).code == 503:
                await asyncio.sleep(0.1)
            pages.append(Page(guarded, answer.body.decode()))
        finally:
            for page in pages:
                await guarded.get(f"voila/api/shutdown/{page.kernel_id}", method="POST", body="", headers=allowed)

    asyncio.run(asyncio.wait_for(scene(), 60))


def test_default_number_of_pages_fits_into_memory():
    assert 1 <= affordable() <= 100 and affordable() * 80e6 <= 0.8 * psutil.virtual_memory().total


# -- what is served ----------------------------------------------------------------------------------------------------


def test_sources_lists_and_notebooks_are_not_served(server):
    """Stock: /voila/api/contents lists the folder, and /voila/tree shows it."""
    paths = [
        "api/kernels", "api/sessions", "api/contents", "api/contents/talk.ipynb", "api/terminals", "api/kernelspecs", "api/config/x",
        "voila/api/contents", "voila/api/contents/talk.ipynb", "files/talk.ipynb", "voila/files/talk.ipynb", "voila/files/slow.pid",
        "voila/files/../talk.ipynb", "voila/files/%2e%2e/%2e%2e/etc/passwd", "notebooks/talk.ipynb", "nbconvert/html/talk.ipynb",
        "voila/render/slow.pid", "voila/render/../slow.pid", "talk.ipynb", "static/talk.ipynb", "lab", "tree", "terminals/1", "metrics",
        "voila/execution/x", "voila/query/x", "login", "api", "api/kernels/00000000-0000-0000-0000-000000000000/restart",
    ]

    async def scene():
        for path in paths:
            answer = await server.get(path)
            if answer.code == 302:
                assert answer.headers["Location"].startswith("/voila/files/"), path
            else:
                assert answer.code in (403, 404), (path, answer.code)
            assert b"talk.ipynb" not in answer.body, path
        for path in ("api/kernels", "api/sessions", "api/contents"):
            assert (await server.get(path, method="POST", body="{}")).code in (403, 404, 405)
        assert (await server.get("voila/tree")).headers.get("Location") == "/voila/render/index.ipynb"

    asyncio.run(scene())


def test_neither_source_nor_errors_reach_a_visitor(server):
    """Stock: an error in a callback is sent to the browser with its traceback."""
    secret = "nobody sees"

    @talk
    async def scene(enter):
        page = await enter(server)
        assert secret not in page.html
        broken = await server.get("voila/render/broken.ipynb")
        assert broken.code == 200 and secret not in broken.body.decode() and "did not start" in broken.body.decode()
        kernel_id = Page.kernel_in(broken.body.decode())
        await server.get(f"voila/api/shutdown/{kernel_id}", method="POST", body="")
        await page.set(page.order, "fail")
        await page.set(page.order, "late")
        seen = []
        await page.set(page.slider, 7)
        await page.receive(lambda *message: seen.append(message) or (message[1] == "comm_msg" and "7.0" in str(message[2]["data"].get("state"))))
        said = [message for message in seen if message[1] != "status"]
        assert "nobody sees" not in str(said) and not [1 for _, kind, _ in seen if kind in ("error", "execute_input")]

    scene()


def test_a_link_cannot_choose_another_template(server):
    """Stock: `?template=` and `?theme=` do."""

    async def scene():
        bodies = [(await server.get("voila/render/broken.ipynb" + query)).body.decode() for query in ("", "?template=reveal&theme=dark")]
        for body in bodies:
            await server.get(f"voila/api/shutdown/{Page.kernel_in(body)}", method="POST", body="")
            assert "mi-bar" in body and "reveal" not in body and '"jupyterLabTheme": "light"' in body

    asyncio.run(scene())


def test_what_a_cell_shows_is_waited_for(server):
    """Also where it comes six seconds behind the cell's end; Jupyter waits for four."""
    answer = asyncio.run(server.get("voila/render/late.ipynb"))
    assert "better late" in answer.body.decode()


def test_the_landing_page_needs_no_kernel(lessons):
    """Stock: it starts one, as every page."""

    async def scene():
        answer = await lessons.get("voila/render/index.ipynb")
        html = answer.body.decode()
        assert answer.code == 200 and "<math" in html and '"kernelId": ""' in html and "voila.js" not in html
        assert html.count("what-is-mutual-information.ipynb") and "import torch" in html and html.rstrip().endswith("</html>")

    asyncio.run(scene())


# -- who comes in ------------------------------------------------------------------------------------------------------


def test_nothing_without_the_token(guarded):
    """Stock: pictures, scripts and templates need none."""
    paths = [
        "", "voila/render/talk.ipynb", "voila/render/index.ipynb", "voila/files/picture.png", "voila/static/extension.js",
        "voila/templates/lab/static/voila.js", "voila/labextensions/x", "api/kernels/00000000-0000-0000-0000-000000000000", "nowhere",
    ]

    async def scene():
        for path in paths:
            for options in ({}, {"headers": {"Authorization": "token wrong"}}, {"headers": {"Cookie": "mi-token=let-me-in-please"}}):
                answer = await guarded.get(path, **options)
                assert answer.code == 403 and "asks for a token" in answer.body.decode(), path
        assert (await guarded.get("voila/api/shutdown/x", method="POST", body="")).code == 403
        assert (await guarded.get("?token=wrong-wrong")).code == 403
        url = f"{guarded.address}api/kernels/00000000-0000-0000-0000-000000000000/channels".replace("http", "ws")
        with pytest.raises(HTTPClientError, match="403"):
            await websocket_connect(url, subprotocols=[PROTOCOL])

        answer = await guarded.get("voila/render/index.ipynb?a=1&token=let-me-in-please&b=2")
        assert answer.code == 302 and answer.headers["Location"].endswith("voila/render/index.ipynb?a=1&b=2")
        cookie = next(text for text in answer.headers.get_list("Set-Cookie") if text.startswith("mi-token-"))
        assert "let-me-in" not in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/mi/" in cookie
        let_in = {"headers": {"Cookie": cookie.partition(";")[0]}}
        assert (await guarded.get("nowhere", **let_in)).code == 404
        answer = await guarded.get("/elsewhere.example/?token=let-me-in-please")
        assert not answer.headers["Location"].startswith("//")

        answer = await guarded.get("voila/render/talk.ipynb", **let_in)
        page = Page(guarded, answer.body.decode())
        await page.connect(**let_in)
        await page.drag(5)
        page.socket.close(1001)
        await gone(page, 2)

    asyncio.run(asyncio.wait_for(scene(), 60))


def test_other_computers_come_in_only_if_that_is_said():
    assert Settings().meaning() == Settings(host="127.0.0.1").meaning() == Settings(host="::1").meaning() == ""
    for host in ("0.0.0.0", "::", "", "192.168.0.1", "example.org"):
        with pytest.raises(ServeError, match="--token auto.*--public"):
            Settings(host=host)
    assert "everybody who can reach this computer" in Settings(host="0.0.0.0", public=True, max_kernels=7).meaning()
    assert "7 pages" in Settings(host="0.0.0.0", public=True, max_kernels=7).meaning()
    assert "whoever knows the token" in Settings(host="0.0.0.0", token="a-word-or-two").meaning()


@pytest.mark.parametrize("wrong, why", [
    ({"token": "short"}, "at least 8"), ({"token": "with spaces in it"}, "spaces"), ({"token": "long-enough", "public": True}, "choose one"),
    ({"base_url": "mi"}, "slash"), ({"base_url": "/mi"}, "slash"), ({"base_url": "//mi/"}, "slash"), ({"base_url": "/m i/"}, "slash"),
])
def test_terms_that_cannot_be_meant(wrong, why):
    with pytest.raises(ServeError, match=why):
        Settings(**wrong)


def test_a_token_can_be_made():
    made = Settings(token="auto", host="0.0.0.0", base_url="/mi/")
    assert len(made.token) >= 16 and made.token != Settings(token="auto").token
    assert made.address(80) == f"http://0.0.0.0:80/mi/?token={made.token}"


def test_many_files_may_be_open(server):
    """Stock: as many as the terminal allows; where that is 1,024 a hundred pages use them up, and where it is all this passes."""
    import resource

    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    assert soft == hard or soft >= 65_536


def test_lessons_are_found_wherever_they_were_installed(tmp_path, monkeypatch):
    """Debian's own Python puts them below /usr/local though its prefix is /usr: there was nothing to serve in a container made of it."""
    place = tmp_path / "local/share/mi-explorer/notebooks"
    monkeypatch.setattr(app, "__file__", str(tmp_path / "lib/mi_explorer/server/app.py"))
    monkeypatch.setattr(app.metadata, "files", lambda name: [SimpleNamespace(name="index.ipynb", locate=lambda: place / "index.ipynb")])
    with pytest.raises(ServeError, match="not found"):
        app.notebooks_dir()
    place.mkdir(parents=True)
    (place / "index.ipynb").touch()
    assert app.notebooks_dir() == place
