"""What a page says when it is cut off from its kernel, or the kernel has ended; and that it says nothing otherwise."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sys
import threading
import urllib.request
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

sys.path.insert(0, str(Path(__file__).parents[1]))
from talking import Server, alive  # noqa: E402
from waiting import wait_for  # noqa: E402

from mi_explorer.server import notebooks_dir  # noqa: E402

LESSON = "import mi_explorer, os\nprint(f'pid={os.getpid()}.')\nmi_explorer.pages.what_is()"
SETTINGS = "#panel=capacity&view.unit=bits&channel=erasure&noise=0.3&p=0.2&iterations=2000&pace=0.25"


class Cable:
    """A port that leads to another one, as long as it is not cut: a network that the browser cannot tell from a real one."""

    def __init__(self, target: int):
        self.target, self.port, self.ends = target, 0, []
        self.mend()

    def mend(self) -> None:
        self.listener = socket.create_server(("localhost", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.answer, args=(self.listener,), daemon=True).start()

    def answer(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it has been cut
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("localhost", self.target))
                self.ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        for end in (self.listener, *self.ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends = []


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel}, cells=[nbformat.v4.new_code_cell(LESSON)])
    nbformat.write(notebook, folder / "lesson.ipynb")
    shutil.copy(notebooks_dir() / "index.ipynb", folder)
    server = Server(folder)
    yield server
    server.stop()


class Tab:
    """A page on a cable. ``said`` lists every notice that any of its pages has shown."""

    def __init__(self, page, server: Server, cable: Cable):
        self.page, self.server, self.cable = page, server, cable
        self.address = f"http://localhost:{cable.port}/voila/render/"
        self.said: list[str] = []
        page.expose_function("noted", lambda words: self.said.append(words))
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { for (const node of document.querySelectorAll('#mi-gone p, #mi-interrupted'))"
            " new MutationObserver(() => node.textContent && noted(node.textContent)).observe(node, { childList: true }); })"
        )

    def open(self) -> None:
        self.page.goto(f"{self.address}lesson.ipynb{SETTINGS}")
        self.wait()

    def wait(self) -> None:
        """Until the page is there with its settings, and knows its kernel."""
        self.page.locator(".mi-noise .widget-readout").get_by_text("0.30").wait_for(timeout=60_000, state="attached")
        self.page.wait_for_function("window.jupyterapp?.widgetManager?.kernel.connectionStatus === 'connected'")

    def try_it(self) -> None:
        """Whether the page does what is asked of it."""
        self.page.click(".mi-panel-cascade")
        self.page.wait_for_function("location.hash.includes('panel=cascade')")

    @property
    def kernel(self) -> int:
        return int(re.search(r"pid=(\d+)", self.page.inner_text("body"))[1])

    def end_kernel(self) -> None:
        """As the server does when it has waited long enough for a page that is cut off."""
        kernel_id = self.page.evaluate("window.jupyterapp.widgetManager.kernel.id")
        address = f"{self.server.address}voila/api/shutdown/{kernel_id}"
        urllib.request.urlopen(urllib.request.Request(address, method="POST"))  # noqa: S310

        def is_gone() -> bool:
            try:
                urllib.request.urlopen(f"{self.server.address}api/kernels/{kernel_id}")  # noqa: S310
            except urllib.error.HTTPError as problem:
                return problem.code == 404
            return False

        wait_for(is_gone)

    def sleep(self) -> None:
        """A laptop whose lid was closed: its clock jumps."""
        self.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3_600_000; }")


@pytest.fixture
def tab(chromium, server, request):
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **getattr(request, "param", {})})
    cable = Cable(server.port)
    yield Tab(context.new_page(), server, cable)
    context.close()
    cable.cut()


PHONE_IN_THE_DARK = {"viewport": {"width": 375, "height": 700}, "color_scheme": "dark"}


def test_a_killed_kernel_is_announced_and_its_page_comes_back_by_keyboard(tab):
    tab.open()
    kernel = tab.kernel
    os.kill(kernel, signal.SIGKILL)
    notice = tab.page.get_by_role("alert")
    notice.get_by_text("The computation behind this page has ended").wait_for()
    assert notice.inner_text().endswith("Your settings are kept in the address.")
    button = tab.page.get_by_role("button", name="Load it again")
    for _ in range(8):
        tab.page.keyboard.press("Tab")
        if button.evaluate("node => node === document.activeElement"):
            break
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_function("document.getElementById('mi-gone')?.hidden")
    tab.wait()
    assert tab.page.url.endswith(SETTINGS) and tab.kernel != kernel


@pytest.mark.parametrize(("asleep", "tab"), [(False, {}), (True, PHONE_IN_THE_DARK)], indirect=["tab"], ids=["desk", "asleep-phone-dark"])
def test_a_kernel_that_did_not_wait_for_its_page(tab, asleep):
    tab.open()
    tab.cable.cut()
    tab.end_kernel()
    if asleep:
        tab.sleep()
    tab.cable.mend()
    words = "asleep or offline too long" if asleep else "cut off from its server"
    tab.page.get_by_role("alert").get_by_text(words).wait_for()
    assert tab.page.inner_text("#mi-interrupted") == ""
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.page.evaluate("scrollTo(0, 400)")
    tab.page.wait_for_function("scrollY > 300")
    assert 0 < tab.page.get_by_role("button", name="Load it again").bounding_box()["y"] < 200  # in sight wherever the page is scrolled to
    found = [v for v in Axe().run(tab.page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert not found, json.dumps(found, indent=1)[:2000]


def test_a_page_that_stays_although_it_said_goodbye(tab):
    """As after a link to an e-mail address: the server is there all the time."""
    tab.open()
    tab.end_kernel()
    tab.page.get_by_role("alert").get_by_text("its computation has ended").wait_for()


def test_an_interruption_is_said_quietly_and_passes(tab):
    tab.open()
    tab.cable.cut()
    status = tab.page.locator("#mi-interrupted")
    status.get_by_text("Connection interrupted").wait_for()
    tab.cable.mend()
    tab.page.wait_for_function("document.getElementById('mi-interrupted').textContent === ''")
    with tab.page.expect_websocket():  # after a sleep the other end of a connection may be gone though nothing says so
        tab.sleep()
    tab.try_it()
    assert len(tab.said) == 1


def test_who_only_goes_elsewhere_sees_no_notice(tab):
    """Also while the next page is slow to come: Voilà ends the kernel at once."""
    tab.open()
    kernel, held = tab.kernel, []
    tab.page.route("**/index.ipynb", lambda route: held.append(route))
    with tab.page.expect_event("request", lambda request: request.url.endswith("index.ipynb")):
        tab.page.evaluate("() => void setTimeout(() => (location.href = 'index.ipynb'))")
    wait_for(lambda: not alive(kernel))
    tab.page.wait_for_timeout(2500)  # in which nothing happens: the notice of a kernel that has ended comes after 1 s
    held[0].continue_()
    tab.page.wait_for_url("**/index.ipynb")
    assert not tab.page.locator("#mi-gone, #mi-interrupted").count()
    tab.page.go_back()
    tab.wait()
    assert tab.page.locator("#mi-gone").is_hidden()
    assert not tab.said
