"""A kernel goes with its tab, in a real Chromium; and what a visitor sees who does not come in."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from talking import Server, alive, write_notebooks  # noqa: E402
from waiting import wait_for  # noqa: E402

TOKEN = "eight-or-more"
#: The issue asks for 2 seconds. The browser's own closing and a busy machine have their part in what is measured here.
SOON = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebooks(folder, folder / "slow.pid")
    server = Server(folder, token=TOKEN, max_kernels=1, cull_seconds=2)
    yield server
    server.stop()


@pytest.fixture
def tab(chromium, server):
    """A tab of a visitor who has shown the token, and whose page is there."""
    context = chromium.new_context()
    tab = context.new_page()
    enter(tab, server)
    kernel = kernel_of(tab)
    yield tab
    context.close()
    wait_for(lambda: not alive(kernel))


def enter(tab, server) -> None:
    """Open the page; the place of the test before may be free a moment later only."""
    tab.goto(f"{server.address}voila/render/talk.ipynb?token={TOKEN}")
    while "All places are taken" in tab.title():
        tab.wait_for_timeout(200)
        tab.reload()
    tab.wait_for_selector(".widget-slider", timeout=60_000)


def kernel_of(tab) -> int:
    return int(re.search(r"pid=(\d+)", tab.inner_text("body"))[1])


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("way", ["close", "leave", "reload"])
def test_a_kernel_goes_with_its_tab(tab, way, busy):
    """Stock: its beacon is refused for a missing XSRF token, whatever happens to the tab."""
    kernel = kernel_of(tab)
    if busy:
        tab.fill("input[type=text]", "busy")
        tab.press("input[type=text]", "Enter")
        wait_for(lambda: psutil.Process(kernel).cpu_percent(0.1) > 30)
    if way == "close":
        tab.close()
    elif way == "leave":
        tab.goto("about:blank")
    else:
        tab.reload(wait_until="commit")
    wait_for(lambda: not alive(kernel), SOON)


def test_a_tab_that_comes_back_starts_anew(tab):
    """The browser may show a page that it has kept: its kernel is gone, so it has to be loaded again."""
    kernel = kernel_of(tab)
    tab.goto("about:blank")
    wait_for(lambda: not alive(kernel), SOON)
    tab.go_back()
    tab.wait_for_selector(".widget-slider", timeout=60_000)
    assert kernel_of(tab) != kernel


def test_a_killed_browser_takes_its_kernel_with_it_though_it_streams(chromium, server):
    """Stock: a kernel that draws is never culled. Here within the cull time of 2 s, its interval of 1 s, and what ending takes."""
    from conftest import CHROMIUM, FLAGS

    command = [CHROMIUM, *FLAGS, "--headless", "--remote-debugging-port=0", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        address = next(found[0] for line in process.stderr if (found := re.search(r"ws://\S+", line)))
        other = chromium.browser_type.connect_over_cdp(address.replace("ws://", "http://").partition("/devtools")[0])
        tab = other.contexts[0].new_page()
        enter(tab, server)
        kernel = kernel_of(tab)
        tab.fill("input[type=text]", "stream 800")
        tab.press("input[type=text]", "Enter")
        tab.wait_for_function("document.querySelector('img.widget-image').src.startsWith('blob')")
        for child in psutil.Process(process.pid).children(recursive=True):
            child.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not alive(kernel), 2 + 1 + SOON)


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_full_house_says_so_and_tries_again(chromium, server, tab, width, scheme):
    """A second visitor waits, and comes in by itself when the first has left."""
    context = chromium.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)
    waiting = context.new_page()
    waiting.goto(f"{server.address}voila/render/talk.ipynb?token={TOKEN}#here")
    assert waiting.inner_text("h1") == "All places are taken"
    assert waiting.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if (width, scheme) == (375, "dark"):
        tab.goto("about:blank")
        waiting.wait_for_selector(".widget-slider", timeout=60_000)
        assert waiting.url.endswith("#here")
    context.close()


@pytest.mark.parametrize("width", [1280, 375])
def test_the_token_can_be_typed(chromium, server, width):
    context = chromium.new_context(viewport={"width": width, "height": 700})
    page = context.new_page()
    page.goto(f"{server.address}nowhere")
    page.get_by_label("Token").fill("not this one")
    page.get_by_role("button", name="Open").click()
    assert page.get_by_role("alert").inner_text() == "That is not the token."
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("text=This page does not exist")
    assert "token" not in page.url
    context.close()
