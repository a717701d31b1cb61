"""The same notebook in JupyterLab: the page works there, and so does the bound that a student writes."""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from waiting import wait_for  # noqa: E402

from mi_explorer.server import notebooks_dir  # noqa: E402

NOTEBOOK = "watch-the-bounds-converge.ipynb"


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab on a copy of the lesson (Lab saves what it runs)."""
    shutil.copy(notebooks_dir() / NOTEBOOK, tmp_path)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--port=8890", "--IdentityProvider.token=", "--allow-root",
        "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={tmp_path}",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        for line in process.stderr:
            if found := re.search(r"http://localhost:(\d+)/", line):
                wait_for(lambda: listens(int(found[1])))  # it tells its address a moment before it is there
                yield found[0]
                break
        else:
            pytest.fail("JupyterLab did not start")
    finally:
        process.terminate()
        process.wait(20)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
        return True
    return False


def test_the_lesson_in_jupyterlab(chromium, lab):
    page = chromium.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(lab + "lab/tree/" + NOTEBOOK)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('notebook:run-all-cells')")
    page.wait_for_function(
        "() => { const kernel = window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;"
        " return kernel?.connectionStatus === 'connected' && kernel.status === 'idle'; }", timeout=60_000,
    )
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function("document.querySelectorAll('.mi-page .mi-run').length === 2", timeout=60_000)
    first = page.locator(".mi-page").first
    first.locator(".mi-run").scroll_into_view_if_needed()
    first.locator(".mi-run").click()
    page.wait_for_function("document.querySelector('.mi-status').innerText.includes('Finished')", timeout=120_000)
    estimate = float(first.locator(".mi-estimate-infonce .mi-value").inner_text().replace("−", "-"))
    assert 0.75 < estimate < 1.05  # as in Voilà
    assert int(first.locator(".mi-chart[data-truth]").get_attribute("data-points")) > 100
    assert not page.url.partition("#")[2]  # the address belongs to Lab

    first.locator(".mi-correlation .noUi-handle").focus()
    before = first.locator(".mi-truth").inner_text()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => document.querySelector('.mi-truth').innerText !== before", arg=before)

    own = page.locator(".mi-page").last
    own.locator(".mi-run").click()
    own.locator(".mi-estimate-my-bound").wait_for(timeout=120_000)
    page.close()
