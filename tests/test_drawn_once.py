"""Pictures that pages of one dashboard share: drawn once, few at a time, and never waited for in vain."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mi_explorer.figures.canvas import new_figure
from mi_explorer.pages import drawn_once as module
from mi_explorer.pages.drawn_once import drawn_once
from mi_explorer.runners.pooled import ADDRESS
from mi_explorer.studies import Microscope

PNG = b"\x89PNG"


class Draw:
    """Draws a figure, slowly, and knows how often it did and how many did at a time. Threads stand for kernels: a place is
    taken by an open file, and each of them opens its own."""

    def __init__(self, seconds: float = 0.05):
        self.seconds, self.lock = seconds, threading.Lock()
        self.count = self.now = self.most = 0

    def __call__(self):
        with self.lock:
            self.count, self.now = self.count + 1, self.now + 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        with self.lock:
            self.now -= 1
        return new_figure(width=1, height=1)[0]


@pytest.fixture
def served(tmp_path, monkeypatch):
    """As in a kernel of a dashboard."""
    monkeypatch.setenv(ADDRESS, f"ipc://{tmp_path}/broker")
    monkeypatch.setattr(module, "PATIENCE", 60)  # a busy machine must not bring it to an end
    return tmp_path / "pictures"


def test_who_is_not_served_draws_for_itself(monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    draw = Draw(0)
    assert drawn_once(draw, "same").startswith(PNG) and drawn_once(draw, "same").startswith(PNG) and draw.count == 2


def test_thirty_who_want_the_same_at_once_have_it_drawn_once(served):
    draw = Draw()
    with ThreadPoolExecutor(30) as kernels:
        pictures = set(kernels.map(lambda _: drawn_once(draw, "story", 1), range(30)))
    assert draw.count == 1 and len(pictures) == 1 and pictures.pop().startswith(PNG)
    assert os.stat(served).st_mode & 0o077 == 0


def test_of_many_who_want_different_ones_few_draw_at_a_time(served, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 2)
    draw = Draw(0.01)
    with ThreadPoolExecutor(12) as kernels:
        list(kernels.map(lambda number: drawn_once(draw, "story", number), range(12)))
    assert draw.count == 12 and draw.most <= 2


def test_what_came_to_two_kernels_from_the_pool_is_the_same(served):
    """A snapshot goes through pickle on its way; what a kernel makes of it must have one name."""
    *_, snapshot = Microscope(repeats=4, pairs=200).carry_out()
    sent, draw = pickle.dumps(snapshot), Draw(0)
    for unit in ("nats", "bits", "nats"):
        for _ in range(2):
            drawn_once(draw, "microscope", pickle.loads(sent), unit, False, False)
    assert draw.count == 2


def test_a_picture_that_fails_or_a_kernel_that_dies_leaves_the_place_free(served, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 1)
    with pytest.raises(ZeroDivisionError):
        drawn_once(lambda: 1 / 0, "fails")
    hold = "import time; from mi_explorer.pages.drawn_once import drawn_once; drawn_once(lambda: print('drawing', flush=True) or time.sleep(60), 'held')"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as kernel:
        assert kernel.stdout.readline() == b"drawing\n"
        waiting = threading.Thread(target=drawn_once, args=(Draw(0), "other"))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()  # else nobody was kept waiting, and this test shows nothing
        kernel.send_signal(signal.SIGKILL)
        waiting.join(10)
        assert not waiting.is_alive()


def test_nobody_waits_for_ever(served, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    draws, go_on, slow, quick = threading.Event(), threading.Event(), Draw(0), Draw(0)
    holder = threading.Thread(target=drawn_once, args=(lambda: draws.set() or go_on.wait(30) and slow(), "slow"))
    holder.start()
    assert draws.wait(30)
    assert drawn_once(quick, "other").startswith(PNG) and quick.count == 1 and slow.count == 0
    go_on.set()
    holder.join(10)
    assert slow.count == 1


def test_a_folder_that_is_gone_stops_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv(ADDRESS, f"ipc://{tmp_path}/gone/broker")
    assert drawn_once(Draw(0), "story").startswith(PNG)
