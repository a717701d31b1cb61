"""The shared pool, with real processes: one run for equal questions, forks, pauses, queues, and processes that die.

Waits have deadlines that only a hang can miss; no test says how long anything takes.
"""

import asyncio
import contextlib
import dataclasses
import functools
import os
import pickle
import re
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import zmq
from waiting import wait_for

from mi_explorer.distributions import Gaussian
from mi_explorer.experiment import Experiment
from mi_explorer.objectives.noisier import Noisier
from mi_explorer.parameters import ParameterError
from mi_explorer.pool import Pool
from mi_explorer.pool.broker import Broker
from mi_explorer.pool.runs import Viewer
from mi_explorer.result import collect
from mi_explorer.runners import Frame, PoolRunner, PoolStudyRunner, StudyRunner, ThreadRunner, experiment_runner, study_runner
from mi_explorer.runners.cache import Cache
from mi_explorer.runners.pooled import ADDRESS
from mi_explorer.training import run

SHORT = Experiment(
    distribution=Gaussian.from_mi(1.0, dim=1), bounds=("infonce", "nwj"), critic="separable", width=8, batch_size=8, steps=60,
    replicates=2, evaluate_every=20, device="cpu",
)
ENDLESS = dataclasses.replace(SHORT, steps=1_000_000, evaluate_every=1_000_000)


def seeded(experiment, seed):
    """Nobody else's: tests share one pool."""
    return dataclasses.replace(experiment, seed=seed)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    pool = Pool(workers=2, cache=tmp_path_factory.mktemp("runs")).start()
    yield pool
    pool.stop()


class Page:
    """A runner, followed as a page would follow it."""

    def __init__(self, runner):
        self.runner = runner
        self.frames = []

    def until(self, condition):
        found = []

        def look():
            frame = self.runner.take()
            if frame:
                self.frames.append(frame)
                if condition(frame):
                    found.append(frame)
            return found

        wait_for(look, 120)
        return found[0]

    def steps(self, count):
        return self.until(lambda frame: frame.start + len(frame.rows) >= count)

    def end(self):
        return self.until(lambda frame: frame.state in ("finished", "failed"))

    def rows(self):
        return np.concatenate([frame.rows for frame in self.frames if len(frame.rows)])


@pytest.fixture
def pages(pool):
    made = []

    def make(kind=PoolRunner, address=None):
        made.append(kind(address or pool.environment[ADDRESS]))
        return Page(made[-1])

    yield make
    for runner in made:
        runner.close()


def status(address):
    with zmq.Context().socket(zmq.DEALER) as socket:
        socket.connect(address)
        socket.send(pickle.dumps(("status", 0)))
        assert socket.poll(60_000), "the broker does not answer"
        return pickle.loads(socket.recv())[2]


def test_frames_add_up_to_the_run(pages):
    page = pages()
    number = page.runner.submit(SHORT)
    last = page.end()
    assert last.state == "finished" and last.run == number and last.error is None
    expected = collect(run(SHORT))
    assert np.array_equal(page.rows(), expected.estimates)
    assert np.array_equal(page.runner.result().estimates, expected.estimates)
    evaluations = [one for frame in page.frames for one in frame.evaluations]
    assert [one.step for one in evaluations] == [1, 20, 40, 60]
    assert all(np.array_equal(a.estimate, b.estimate) for a, b in zip(evaluations, expected.evaluations))
    assert last.look is not None and page.runner.take() is None


def test_equal_experiments_are_one_run_and_who_comes_late_gets_the_curve_so_far(pool, pages):
    experiment = seeded(ENDLESS, 101)
    first, late = pages(), pages()
    first.runner.submit(experiment)
    first.steps(50)
    late.runner.submit(experiment)
    late.steps(50)
    assert status(pool.environment[ADDRESS])["started"][f"experiment-{experiment.key}"] == 1
    common = min(len(first.rows()), len(late.rows()))
    assert common >= 50 and np.array_equal(first.rows()[:common], late.rows()[:common])


def test_what_has_finished_is_not_computed_again(pool, pages):
    experiment = seeded(SHORT, 102)
    first, later = pages(), pages()
    first.runner.submit(experiment)
    first.end()
    wait_for(lambda: list(pool_cache(pool).glob(f"experiment-{experiment.key}-*.run")))
    later.runner.submit(experiment)
    later.end()
    assert np.array_equal(later.rows(), first.rows())
    assert "before" in later.frames[-1].note or "before" in later.until(lambda frame: frame.note).note
    assert status(pool.environment[ADDRESS])["started"][f"experiment-{experiment.key}"] == 1


def pool_cache(pool):
    from pathlib import Path

    return Path(pool.command[pool.command.index("--cache") + 1])


def test_a_pause_is_exact_and_a_step_is_one(pages):
    page = pages()
    page.runner.submit(seeded(ENDLESS, 103))
    page.steps(5)
    page.runner.pause()
    assert page.until(lambda frame: True).state == "paused"
    held = len(page.rows())
    wait_for(lambda: page.runner.take() is None)
    page.runner.step()
    one = page.until(lambda frame: len(frame.rows))
    assert len(one.rows) == 1 and one.start == held and one.state == "paused"
    page.runner.resume()
    assert page.steps(held + 50).state == "running"
    assert np.array_equal(page.rows()[:50], first_rows(seeded(ENDLESS, 103), 50))


def first_rows(experiment, count):
    steps = run(experiment)
    return np.stack([next(steps).estimates for _ in range(count)])


def test_steps_from_the_beginning(pages):
    page = pages()
    page.runner.submit(seeded(ENDLESS, 104), paused=True)
    for expected in range(3):
        page.runner.step()
        one = page.until(lambda frame: len(frame.rows))
        assert (one.start, len(one.rows), one.state) == (expected, 1, "paused")


def test_a_change_is_heard_and_written_down(pages):
    page = pages()
    page.runner.submit(seeded(ENDLESS, 105))
    page.steps(20)
    assert page.runner.change(batch_size=16)
    changed = page.until(lambda frame: frame.experiment.changes and len(frame.rows))
    (when, field, value), = changed.experiment.changes
    assert (field, value) == ("batch_size", 16) and when >= 20
    page.steps(when + 20)
    assert np.array_equal(page.rows()[: when + 20], first_rows(changed.experiment, when + 20))
    with pytest.raises(ParameterError, match="batch_size"):
        page.runner.change(batch_size=-1)


def test_the_first_change_makes_a_shared_run_ones_own(pool, pages):
    experiment = seeded(ENDLESS, 106)
    stays, leaves = pages(), pages()
    for page in (stays, leaves):
        page.runner.submit(experiment)
        page.steps(20)
    leaves.runner.change(batch_size=16)
    changed = leaves.until(lambda frame: frame.experiment.changes and len(frame.rows))
    (when, _, _), = changed.experiment.changes
    leaves.steps(when + 20)
    assert np.array_equal(leaves.rows()[: when + 20], first_rows(changed.experiment, when + 20))
    before = len(stays.rows())
    assert not stays.steps(before + 50).experiment.changes


def test_the_pause_of_one_does_not_hold_the_other(pages):
    experiment = seeded(ENDLESS, 107)
    paused, other = pages(), pages()
    for page in (paused, other):
        page.runner.submit(experiment)
        page.steps(5)
    paused.runner.pause()
    paused.until(lambda frame: frame.state == "paused")
    held = len(paused.rows())
    other.steps(len(other.rows()) + 100)
    late = paused.runner.take()  # a word about the run may come, but none of its steps
    assert late is None or (late.state == "paused" and not len(late.rows))
    paused.runner.step()
    assert paused.until(lambda frame: len(frame.rows)).start == held


def saved_steps(pool, page):
    """How many steps of this page's run the pool has saved, and not of a run that another test has left: its rows are in the file."""
    found = [0]
    for file in Path(pool.folder).glob("states/run-*.run"):
        with contextlib.suppress(FileNotFoundError):  # an older one makes room
            rows = pickle.loads(file.read_bytes())[0]
            found += [len(rows)] * np.array_equal(rows[:1], page.rows()[:1])
    return max(found)


def test_a_run_that_was_saved_goes_on_behind_that_and_not_from_its_beginning(pool, pages):
    """Also where a shared run becomes two: neither repeats what both have seen."""
    experiment = seeded(dataclasses.replace(ENDLESS, width=64, batch_size=64), 112)
    page, other = pages(), pages()
    page.runner.submit(experiment)
    page.steps(30)
    other.runner.submit(experiment)
    wait_for(lambda: saved_steps(pool, page), 60)
    page.steps(saved_steps(pool, page) + 50)
    other.steps(10)
    told = len(page.frames)
    page.runner.change(batch_size=32)
    changed = page.until(lambda frame: frame.experiment.changes and len(frame.rows))
    (when, _, _), = changed.experiment.changes
    for process in computing(psutil.Process(pool.process.pid)):
        process.kill()
    page.steps(when + 50)
    repeats = [int(found[1].replace(",", "")) for frame in page.frames[told:] if (found := re.search(r"step ([\d,]+) of", frame.note))]
    assert not repeats or min(repeats) > 20, "it began again"
    assert np.array_equal(page.rows(), first_rows(page.frames[-1].experiment, len(page.rows())))


@pytest.mark.parametrize("victim", ["worker", "broker"])
def test_a_process_that_dies_costs_nobody_a_run(pool, pages, victim):
    experiment = seeded(ENDLESS, {"worker": 108, "broker": 109}[victim])
    page, waits = pages(), pages()
    page.runner.submit(experiment)
    page.steps(30)
    page.runner.change(batch_size=16)
    page.until(lambda frame: frame.experiment.changes and len(frame.rows))
    waits.runner.submit(seeded(experiment, 110), paused=True)
    waits.runner.step()
    waits.until(lambda frame: len(frame.rows))
    before = len(page.rows())
    broker = psutil.Process(pool.process.pid)
    for process in computing(broker) if victim == "worker" else [broker]:
        process.kill()
    page.steps(before + 30)
    assert np.array_equal(page.rows(), first_rows(page.frames[-1].experiment, len(page.rows())))
    waits.runner.step()
    assert waits.until(lambda frame: len(frame.rows)).start == 1
    if victim == "broker":
        assert pool.process.pid != broker.pid


def computing(broker):
    return [process for process in broker.children(recursive=True) if "spawn_main" in " ".join(process.cmdline())]


def test_whoever_fails_says_so(pages):
    page, study = pages(), pages(PoolStudyRunner)
    page.runner.submit(dataclasses.replace(SHORT, device="cuda"))
    assert "cuda" in page.end().error
    study.runner.submit(functools.partial(divmod, 1, 0))
    last = study.end()
    assert last.state == "failed" and "ZeroDivisionError" in last.error
    study.runner.submit(here_only)
    last = study.end()
    assert last.state == "failed" and "could not be carried out" in last.error


def here_only():
    """The pool's processes cannot import this module."""
    yield None


def test_a_study_says_what_it_says_in_a_thread(pages):
    page, here = pages(PoolStudyRunner), Page(StudyRunner())
    for one in (page, here):
        one.runner.submit(Noisier().carry_out)
        assert one.end().state == "finished"
    there, mine = page.frames[-1], here.frames[-1]
    assert there.count == mine.count and there.latest.frame().equals(mine.latest.frame())
    here.runner.close()


def test_a_change_that_nobody_answers_does_not_hold_the_page(tmp_path):
    """The broker ends between a change and its answer; the next one knows nothing of the run."""
    heard, steps = [], run(SHORT)
    rows = np.stack([next(steps).estimates for _ in range(6)])
    address = f"ipc://{tmp_path}/b"
    with zmq.Context() as context, context.socket(zmq.ROUTER) as broker:
        broker.bind(address)
        page = Page(PoolRunner(address))
        number = page.runner.submit(SHORT)

        def hear():
            identity, message = broker.recv_multipart()
            heard.append(pickle.loads(message))
            return identity

        def tell(*words):
            broker.send_multipart([identity, pickle.dumps((number, *words))])

        def frame(experiment, start, stop):
            return pickle.dumps(Frame(0, "running", experiment, start, rows[start:stop], (), (), 0.0, None, None))

        identity = hear()
        tell("frame", frame(SHORT, 0, 4))
        page.steps(4)
        page.runner.change(batch_size=16)
        hear()
        tell("frame", frame(SHORT, 4, 5))  # under way when the change was sent: no longer this run's
        tell("lost")
        page.until(lambda one: one.state == "running")
        assert len(page.rows()) == 4 and hear() == identity
        assert [message[0] for message in heard] == ["submit", "change", "submit"]
        changed = pickle.loads(heard[-1][4])[1]
        assert changed.changes == ((4, "batch_size", 16),)
        tell("frame", frame(changed, 0, 6))
        assert page.steps(6).start == 4
        page.runner.close()


def test_a_frame_says_that_a_change_is_still_to_come(tmp_path):
    """Of two changes in a row the first may be heard alone; what the page draws as known must not go back to it."""
    address = f"ipc://{tmp_path}/b"
    with zmq.Context() as context, context.socket(zmq.ROUTER) as broker:
        broker.bind(address)
        page = Page(PoolRunner(address))
        number = page.runner.submit(ENDLESS)
        identity, _ = broker.recv_multipart()

        def tell(*words):
            broker.send_multipart([identity, pickle.dumps((number, *words))])

        def pending(experiment, count):
            rows = np.zeros((count, 2, 2), np.float32)
            tell("frame", pickle.dumps(Frame(0, "running", experiment, 0, rows, (), (), 0.0, None, None)))
            return page.steps(count).pending

        assert not pending(ENDLESS, 2)
        page.runner.change(batch_size=16)
        page.runner.change(batch_size=32)
        tell("changed", False)
        tell("changed", False)
        assert pending(ENDLESS, 3)
        first = ENDLESS.with_change(3, batch_size=16)
        assert pending(first, 5)
        assert not pending(first.with_change(5, batch_size=32), 7)
        page.runner.close()


@pytest.mark.parametrize("kind", [PoolRunner, PoolStudyRunner])
def test_before_the_first_run_there_is_nothing(pages, kind):
    runner = pages(kind).runner
    runner.pause(), runner.resume(), runner.stop()
    assert runner.take() is None


def test_who_stops_hears_nothing_more(pool, pages):
    page = pages()
    page.runner.submit(seeded(ENDLESS, 111))
    page.steps(5)
    page.runner.stop()
    assert page.runner.take() is None and page.runner.result() is None and not page.runner.change(batch_size=16)
    page.runner.submit(seeded(SHORT, 112))
    assert page.end().run == 2


def test_a_page_holds_neither_torch_nor_a_client_of_the_cluster(pool):
    code = (
        "import sys, time\n"
        "from mi_explorer.pages import watch\n"
        "from mi_explorer.pages.watch import WatchPage\n"
        "page = WatchPage()\n"
        "page.start()\n"
        "while not page.done: time.sleep(0.02)\n"
        "print(type(page.runner).__name__, sorted({'torch', 'distributed', 'dask'} & set(sys.modules)))\n"
        "page.runner.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **pool.environment}, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "PoolRunner []", done.stderr


def test_pages_take_the_pool_only_where_there_is_one(monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    assert isinstance(experiment_runner(), ThreadRunner) and isinstance(study_runner(), StudyRunner)
    monkeypatch.setenv(ADDRESS, "ipc:///tmp/nowhere")
    assert isinstance(experiment_runner(), PoolRunner) and isinstance(study_runner(), PoolStudyRunner)


# -- a broker in this process: its clocks can be set ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A pool of one place, which is yielded after a moment."""
    address = f"ipc:///tmp/mi-test-{uuid.uuid4().hex[:8]}"
    broker = Broker(address, Cache(tmp_path_factory.mktemp("narrow")), places=1, turn=0.3)
    loop = asyncio.new_event_loop()
    task = loop.create_task(broker.serve(workers=1))

    def work():
        asyncio.set_event_loop(loop)
        with_end = asyncio.gather(task, return_exceptions=True)
        loop.run_until_complete(with_end)

    thread = threading.Thread(target=work)
    thread.start()
    yield address
    loop.call_soon_threadsafe(task.cancel)
    thread.join(30)
    assert not thread.is_alive()


def test_where_places_are_few_all_have_their_turn(narrow, pages, monkeypatch):
    one, two = pages(address=narrow), pages(address=narrow)
    one.runner.submit(seeded(ENDLESS, 1))
    one.steps(5)
    two.runner.submit(seeded(ENDLESS, 2))
    place = two.until(lambda frame: "queue" in frame.note)
    assert "1st in the queue" in place.note
    for page in (two, one, two):
        count = len(page.rows()) if any(len(frame.rows) for frame in page.frames) else 0
        page.steps(count + 20)


def test_a_process_that_comes_late_takes_its_share():
    asked = []
    broker = Broker("ipc:///nowhere/broker", Cache(os.devnull))
    broker.ask = lambda run, method, *values: asked.append((run.key, run.address, method))
    broker.on_whole = lambda viewer: None
    broker.crew.seats["early"] = None
    for number in range(5):
        kind = "study" if number == 0 else "experiment"
        broker.join(Viewer(bytes(number), number, str(number), False, False), broker.begin(kind, str(number), b"", 0))
    assert {run.address for run in broker.runs.values()} == {"early"}
    broker.crew.seats["late"] = None
    asked.clear()
    broker.on_join("late")
    assert [run.address for run in broker.runs.values()] == ["early", "late", "late", "early", "early"]
    assert asked == [(f"run-{n}", *what) for n in (2, 3) for what in (("early", "stop"), ("late", "start"))]


def test_in_a_crowd_pages_are_not_told_of_everybody_who_pauses():
    """Another sentence is a message to every page: a hundred of them were woken four times a second, for a number."""
    broker = Broker("ipc:///nowhere/broker", Cache(os.devnull))
    broker.crew.seats["one"] = None
    viewer = Viewer(b"", 0, "", False, False, run=SimpleNamespace(active=True))
    said = []
    for active in (30, 40, 60, 55, 70, 52, 90, 45, 30):
        broker.runs = dict.fromkeys(range(active), viewer.run)
        broker.count()
        said.append(broker.note(viewer))
        assert broker.active == active and abs(broker.crowd - active) <= active / 4  # a fifth of the one is at most a quarter of the other
    sentence = "Many are computing (about {} runs), so points come more slowly.".format
    assert said == ["", "", *[sentence(60)] * 4, sentence(90), sentence(45), ""]


def test_a_visitor_computes_one_run_at_a_time(narrow, pages, monkeypatch):
    monkeypatch.setenv("MI_EXPLORER_VISITOR", "somebody")
    one, two = pages(address=narrow), pages(address=narrow)
    one.runner.submit(seeded(ENDLESS, 3))
    one.steps(5)
    two.runner.submit(seeded(ENDLESS, 4))
    two.steps(5)
    assert "another page of yours" in one.until(lambda frame: frame.note).note
    two.runner.stop()
    one.steps(len(one.rows()) + 20)


# -- an existing cluster ----------------------------------------------------------------------------------------------------


def test_the_cluster_of_a_scheduler_that_stands_elsewhere(tmp_path):
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen([*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)], **quiet)
    worker = subprocess.Popen([*dask, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard", "--no-nanny"], **quiet)
    try:
        wait_for(lambda: file.exists() and re.search("tcp://[^\"]+", file.read_text()))
        address = re.search("tcp://[^\"]+", file.read_text())[0]
        pool = Pool(scheduler=address, cache=tmp_path / "runs").start()
        page = Page(PoolRunner(pool.environment[ADDRESS]))
        page.runner.submit(SHORT)
        assert page.end().state == "finished"
        assert not computing(psutil.Process(pool.process.pid))
        page.runner.close()
        pool.stop()
    finally:
        for process in (worker, scheduler):
            process.terminate()
            process.wait(30)


# -- parts ------------------------------------------------------------------------------------------------------------------


def test_the_cache_lets_go_of_what_was_used_least_recently(tmp_path):
    cache = Cache(tmp_path / "runs", limit=250)
    for key in "abc":
        if key == "c":
            os.utime(cache.path("b"), (1, 1))
            assert cache.get("a") == b"a" * 100
        cache.put(key, key.encode() * 100)
    assert cache.get("b") is None and cache.get("a") == b"a" * 100 and cache.get("c") == b"c" * 100
    cache.put("huge", bytes(300))
    assert cache.get("huge") is None and cache.get("c")


def test_a_cache_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file")
    cache.put("a", b"a")
    assert cache.get("a") is None
