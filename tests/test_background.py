"""A process may end while a page computes and draws: quietly."""

import subprocess
import sys

SCRIPT = """
import time
from mi_explorer import Experiment
from mi_explorer.pages.watch import WatchPage
from mi_explorer.runners import ThreadRunner

page = WatchPage(Experiment(steps=1_000_000), ThreadRunner())
page.start()
while page.done < 3:
    time.sleep(0.01)
"""


def test_a_process_ends_quietly_amid_a_run():
    """The interpreter aborts where a thread comes back from a computation when everything is gone already."""
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
