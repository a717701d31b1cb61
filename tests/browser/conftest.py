"""A real dashboard and a real Chromium, shared by the tests of a session.

Without a Chromium the tests are skipped, unless MI_REQUIRE_BROWSER is set: then its absence is a failure.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
LESSON = "watch-the-bounds-converge"


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM:
        reason = "no Chromium on this machine (Debian: apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("MI_REQUIRE_BROWSER") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def dashboard():
    """The address of a dashboard that serves the lessons on a free port."""
    command = [sys.executable, "-m", "mi_explorer.cli", "serve", "--no-browser", "--port", "8870"]
    command += ["--cache", os.devnull]  # no folder: every test sees its run go on, whatever ran before it
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
        else:
            pytest.fail("the dashboard did not start")
    finally:
        process.terminate()
        process.wait(20)


class Visit:
    """One tab on a lesson, with what a test wants to know about it. ``ready`` appears with the lesson's page."""

    def __init__(self, page, address: str, lesson: str = LESSON, ready: str = ".mi-chart[data-truth]"):
        self.page, self.address = page, address
        self.lesson, self.ready = lesson, ready
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.note(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def note(self, url: str) -> None:
        local = (self.address, self.address.replace("http", "ws"), "data:", "blob:")
        if not url.startswith(local):
            self.outside.append(url)

    def open(self, fragment: str = "") -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}voila/render/{self.lesson}.ipynb{fragment}")
        self.page.wait_for_selector(".mi-run", timeout=60_000)
        self.page.wait_for_selector(self.ready, timeout=60_000)
        self.page.wait_for_timeout(500)  # the link is read a moment after the page is there

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def truth(self) -> float:
        return float(re.search(r"[\d.]+", self.text(".mi-truth"))[0])

    def wait_truth(self, mi: float) -> None:
        """Wait until the page says this true MI, to its three decimals."""
        self.page.wait_for_function(
            "mi => Math.abs(parseFloat(document.querySelector('.mi-truth').innerText.match(/[\\d.]+/)) - mi) < 0.00051", arg=mi
        )

    def wait_status(self, word: str, seconds: float = 180) -> str:
        try:
            self.page.wait_for_function(
                "word => document.querySelector('.mi-status').innerText.includes(word)", arg=word, timeout=1000 * seconds
            )
        except PlaywrightTimeout as problem:
            raise AssertionError(f"{word!r} was not said, but: {self.text('.mi-status')!r}") from problem
        return self.text(".mi-status")

    def done(self) -> int:
        """Steps done, from the progress line."""
        found = re.search(r"step ([\d,]+) of", self.text(".mi-progress"))
        return int(found[1].replace(",", "")) if found else 0

    def wait_steps(self, steps: int, seconds: float = 60) -> None:
        self.page.wait_for_function(
            "n => Number((document.querySelector('.mi-progress').innerText.match(/step ([\\d,]+)/) || [0, '0'])[1]"
            ".replaceAll(',', '')) >= n", arg=steps, timeout=1000 * seconds,
        )

    def type_into(self, field: str, value) -> None:
        """Type a number into a slider's read-out, as a visitor can."""
        readout = self.page.locator(f".mi-{field} .widget-readout")
        readout.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(str(value))
        self.page.keyboard.press("Enter")


@pytest.fixture
def visit(chromium, dashboard, request):
    """A fresh tab on a lesson, LESSON and READY of the test's module or else the first; parametrise indirectly with
    keyword arguments of a browser context. A parameter ``lesson`` names the notebook itself."""
    options = {"viewport": {"width": 1280, "height": 900}, "accept_downloads": True, **getattr(request, "param", {})}
    context = chromium.new_context(**options)
    place = {name.lower(): getattr(request.module, name) for name in ("LESSON", "READY") if hasattr(request.module, name)}
    if lesson := getattr(request.node, "callspec", None) and request.node.callspec.params.get("lesson"):
        place["lesson"] = lesson.notebook
    tab = Visit(context.new_page(), dashboard, **place)
    tab.open()
    yield tab
    assert not tab.outside, f"requests left the machine: {tab.outside[:3]}"
    assert not tab.errors, tab.errors[:3]
    context.close()
