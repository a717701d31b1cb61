"""The thread runner: the latest wish wins, no stale frame follows it, and nothing is lost or altered on the way.

Waits have deadlines that only a hang can miss; no test says how long anything takes.
"""

import threading
import time

import numpy as np
import pytest
import torch

from mi_explorer import training
from mi_explorer.distributions import Gaussian
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError
from mi_explorer.result import collect
from mi_explorer.runners import StudyRunner, ThreadRunner, experiments
from mi_explorer.training import run

DEADLINE = 120  # seconds
SHORT = Experiment(
    distribution=Gaussian.from_mi(1.0, dim=1), bounds=("infonce", "nwj"), critic="separable", width=8, batch_size=8, steps=30,
    replicates=2, evaluate_every=7, device="cpu",
)
ENDLESS = Experiment(**{**vars(SHORT), "steps": 1_000_000, "evaluate_every": 1_000_000})


@pytest.fixture(autouse=True)
def few_final_batches(monkeypatch):
    monkeypatch.setattr(training, "FINAL_BATCHES", 2)


@pytest.fixture
def runner():
    runner = ThreadRunner()
    yield runner
    runner.close()
    if runner.thread:
        runner.thread.join(DEADLINE)
        assert not runner.thread.is_alive()


def wait_for(condition, what="the runner"):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited {DEADLINE} s for {what}")


class Frames:
    """All frames of a runner, taken as a page would."""

    def __init__(self, runner):
        self.runner, self.frames = runner, []

    def take(self):
        frame = self.runner.take()
        if frame:
            self.frames.append(frame)
        return frame

    def until(self, condition):
        """Take frames until one satisfies the condition."""
        return wait_for(lambda: (frame := self.take()) and condition(frame) and frame, "a frame")

    def rows(self, run):
        return [frame.rows for frame in self.frames if frame.run == run and len(frame.rows)]


def done(runner):
    result = runner.result()
    return result.steps if result else 0


def test_frames_add_up_to_the_run(runner):
    frames = Frames(runner)
    number = runner.submit(SHORT)
    last = frames.until(lambda frame: frame.state in ("finished", "failed"))
    assert last.state == "finished" and last.error is None and last.run == number
    expected = collect(run(SHORT))
    assert np.array_equal(np.concatenate(frames.rows(number)), expected.estimates)
    starts = [(frame.start, len(frame.rows)) for frame in frames.frames]
    assert all(start == sum(count for _, count in starts[:i]) for i, (start, _) in enumerate(starts))
    evaluations = [evaluation for frame in frames.frames for evaluation in frame.evaluations]
    assert [evaluation.step for evaluation in evaluations] == [1, 7, 14, 21, 28, 30]
    for taken, other in zip(evaluations, expected.evaluations, strict=True):
        assert np.array_equal(taken.estimate, other.estimate) and np.array_equal(taken.perfect, other.perfect)
    assert runner.take() is None and runner.take() is None  # nothing is new


def test_the_result_is_the_same_whoever_takes_frames(runner):
    runner.submit(SHORT)
    result = wait_for(lambda: done(runner) == 30 and runner.result())
    assert np.array_equal(result.estimates, collect(run(SHORT)).estimates)
    assert result.experiment == SHORT and [e.step for e in result.evaluations] == [1, 7, 14, 21, 28, 30]


def test_before_the_first_run_there_is_nothing(runner):
    assert runner.take() is None and runner.result() is None
    runner.pause(), runner.resume(), runner.step(), runner.stop(), runner.change(batch_size=4)
    assert runner.take() is None and runner.thread is None


def test_a_result_can_be_had_while_the_run_goes_on(runner):
    runner.submit(ENDLESS)
    early = wait_for(runner.result)
    wait_for(lambda: done(runner) > early.steps)
    assert len(early.estimates) == early.steps and len(early.frame()) == early.steps * 4
    late = runner.result()
    assert np.array_equal(late.estimates[: early.steps], early.estimates)


def test_the_latest_wish_wins_and_no_stale_frame_follows(runner):
    frames = Frames(runner)
    first = runner.submit(ENDLESS)
    frames.until(lambda frame: len(frame.rows))
    second = runner.submit(Experiment(**{**vars(SHORT), "seed": 5}))
    third = runner.submit(Experiment(**{**vars(SHORT), "seed": 6}))
    assert first < second < third
    count = len(frames.frames)
    frames.until(lambda frame: frame.state == "finished")
    assert {frame.run for frame in frames.frames[count:]} == {third}
    assert np.array_equal(np.concatenate(frames.rows(third)), collect(run(Experiment(**{**vars(SHORT), "seed": 6}))).estimates)


def test_many_wishes_at_once_end_with_the_last(runner):
    for seed in range(40):
        number = runner.submit(Experiment(**{**vars(SHORT), "seed": seed}))
    frames = Frames(runner)
    frames.until(lambda frame: frame.state == "finished")
    assert {frame.run for frame in frames.frames} == {number} == {40}
    assert np.array_equal(np.concatenate(frames.rows(number)), collect(run(Experiment(**{**vars(SHORT), "seed": 39}))).estimates)


def test_pause_resume_and_the_curve_is_none_the_wiser(runner):
    frames = Frames(runner)
    number = runner.submit(SHORT, paused=True)
    frames.until(lambda frame: frame.state == "paused")
    assert done(runner) == 0
    for count in (1, 2, 3):
        runner.step()
        wait_for(lambda: done(runner) == count)
    assert frames.until(lambda frame: frame.start + len(frame.rows) == 3).state == "paused"
    runner.resume()
    frames.until(lambda frame: frame.state == "finished")
    assert np.array_equal(np.concatenate(frames.rows(number)), collect(run(SHORT)).estimates)


def test_a_paused_run_stands_still(runner):
    frames = Frames(runner)
    runner.submit(ENDLESS)
    frames.until(lambda frame: len(frame.rows))
    runner.pause()
    frames.until(lambda frame: frame.state == "paused")
    steps = done(runner)
    assert runner.thread.is_alive() and done(runner) == steps and runner.take() is None
    runner.step()
    wait_for(lambda: done(runner) == steps + 1)
    runner.resume()
    wait_for(lambda: done(runner) > steps + 2)


def test_stepping_to_the_end_finishes(runner):
    frames = Frames(runner)
    number = runner.submit(Experiment(**{**vars(SHORT), "steps": 3}), paused=True)
    for _ in range(3):
        runner.step()
    frames.until(lambda frame: frame.state == "finished")
    assert len(np.concatenate(frames.rows(number))) == 3


def test_a_change_takes_effect_and_is_written_down(runner):
    frames = Frames(runner)
    number = runner.submit(ENDLESS, paused=True)
    for count in range(1, 6):
        runner.step()
        wait_for(lambda: done(runner) == count)
    harder = Gaussian.from_mi(3.0, dim=1)
    runner.change(batch_size=32)
    runner.change(distribution=harder)
    for count in range(6, 9):
        runner.step()
        wait_for(lambda: done(runner) == count)
    frames.until(lambda frame: frame.start + len(frame.rows) == 8)
    experiment = frames.frames[-1].experiment
    assert experiment == ENDLESS.with_change(5, batch_size=32, distribution=harder)
    again = [progress for progress, _ in zip(run(experiment), range(8))]
    assert np.array_equal(np.concatenate(frames.rows(number)), np.stack([progress.estimates for progress in again]))
    assert runner.result().experiment == experiment


def test_a_change_before_the_first_step_alters_the_plan(runner):
    frames = Frames(runner)
    number = runner.submit(SHORT, paused=True)
    runner.change(batch_size=16)
    runner.change(learning_rate=0.01)
    runner.resume()
    last = frames.until(lambda frame: frame.state == "finished")
    planned = Experiment(**{**vars(SHORT), "batch_size": 16, "learning_rate": 0.01})
    assert last.experiment == planned and last.experiment.changes == ()
    assert np.array_equal(np.concatenate(frames.rows(number)), collect(run(planned)).estimates)


def test_a_change_that_is_not_allowed_is_refused_at_once_and_the_run_goes_on(runner):
    for paused in (True, False):
        runner.submit(ENDLESS, paused=paused)
        if not paused:
            wait_for(lambda: done(runner) > 0)
        for values, parameter in (
            (dict(batch_size=1), "batch_size"), (dict(batch_size=float("nan")), "batch_size"), (dict(critic="joint"), "changes"),
            (dict(distribution=Gaussian(dim=2)), "distribution"), (dict(learning_rate="fast"), "learning_rate"),
        ):
            with pytest.raises(ParameterError, match=f"^{parameter} is "):
                runner.change(**values)
    steps = done(runner)
    wait_for(lambda: done(runner) > steps + 3)
    assert runner.result().experiment == ENDLESS


def test_stop_gives_up_the_run(runner):
    frames = Frames(runner)
    runner.submit(ENDLESS)
    frames.until(lambda frame: len(frame.rows))
    runner.stop()
    assert runner.take() is None and runner.result() is None
    number = runner.submit(SHORT)
    assert frames.until(lambda frame: frame.state == "finished").run == number


def test_close_ends_the_thread():
    runner = ThreadRunner()
    runner.submit(ENDLESS)
    wait_for(lambda: done(runner) > 0)
    runner.close()
    runner.thread.join(DEADLINE)
    assert not runner.thread.is_alive() and runner.take() is None


def test_a_run_that_cannot_start_says_why_and_the_next_one_runs(runner, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    frames = Frames(runner)
    runner.submit(Experiment(**{**vars(SHORT), "device": "cuda"}))
    failed = frames.until(lambda frame: frame.state == "failed")
    assert failed.error.startswith("device is 'cuda': it must be 'cpu' or 'auto'") and len(failed.rows) == 0
    runner.pause(), runner.step(), runner.resume()
    runner.change(batch_size=4)
    runner.submit(SHORT)
    assert frames.until(lambda frame: frame.state in ("finished", "failed")).state == "finished"


def test_a_run_that_breaks_says_so_and_keeps_its_curve(runner, monkeypatch):
    def breaking(experiment, since=None):
        for progress, _ in zip(run(experiment), range(4)):
            yield progress
        raise MemoryError("no room left")

    monkeypatch.setattr(training, "run", breaking)
    frames = Frames(runner)
    runner.submit(ENDLESS)
    failed = frames.until(lambda frame: frame.state == "failed")
    assert failed.error == "The run stopped: MemoryError: no room left"
    assert done(runner) == 4 and runner.thread.is_alive()


def test_endings_come_with_the_frames(runner):
    wild = Experiment(
        distribution=Gaussian.from_mi(8.0, dim=2), bounds=("infonce", "nwj"), critic="separable", width=64, batch_size=16,
        learning_rate=0.1, steps=40, replicates=1, device="cpu",
    )
    frames = Frames(runner)
    runner.submit(wild)
    last = frames.until(lambda frame: frame.state == "finished")
    assert [ending.bound for ending in last.endings] == ["nwj"] and last.endings == collect(run(wild)).endings


# -- looks -------------------------------------------------------------------------------------------------------------


def test_nobody_watches_so_nothing_is_looked_at_until_the_end(runner):
    frames = Frames(runner)
    runner.submit(SHORT)
    frames.until(lambda frame: frame.state == "finished")
    assert [frame.look.step for frame in frames.frames if frame.look] == [30]


def test_looks_arrive_while_somebody_watches(runner, monkeypatch):
    monkeypatch.setattr(experiments, "LOOK_INTERVAL", 0.0)
    frames = Frames(runner)
    number = runner.submit(SHORT)
    runner.watch_critics(True)
    frames.until(lambda frame: frame.state == "finished")
    looks = [frame.look for frame in frames.frames if frame.look]
    assert looks[-1].step == 30 and [look.step for look in looks] == sorted({look.step for look in looks})
    assert np.array_equal(np.concatenate(frames.rows(number)), collect(run(SHORT)).estimates)  # watching changes nothing


def test_looks_take_a_tenth_of_a_runs_time_at_most(runner, monkeypatch):
    """Where many compute, each has little time: looks at regular intervals would take most of it."""
    monkeypatch.setattr(experiments, "LOOK_INTERVAL", 0.0)
    job = experiments.ExperimentJob(1, runner.lock, ENDLESS, looks=True)
    job.advance()
    job.look_after = 0.0
    steps, spent = [], 0.0
    for _ in range(200):
        look, began = job.look, time.perf_counter()
        job.advance()
        spent += time.perf_counter() - began
        if job.look is not look:
            steps.append((job.recorder.last.step, job.look_after, spent))
            spent = 0.0
    assert len(steps) >= 3
    for (_, wanted, _), (_, _, passed) in zip(steps, steps[1:]):
        assert passed > wanted > 0
    job.close()


def test_whoever_begins_to_watch_a_paused_run_sees_it(runner):
    frames = Frames(runner)
    runner.submit(ENDLESS, paused=True)
    for count in (1, 2):
        runner.step()
        wait_for(lambda: done(runner) == count)
    assert all(frame.look is None for frame in frames.frames)
    runner.watch_critics(True)
    assert frames.until(lambda frame: frame.look).look.step == 2
    runner.step()
    assert frames.until(lambda frame: frame.look).look.step == 3
    assert done(runner) == 3


def test_two_looks_at_one_step_are_two_frames(runner):
    """A look holds arrays, which have no one answer to ==; the runner must not ask."""
    runner.submit(SHORT)
    wait_for(lambda: runner.job.state == "finished")
    first = runner.take()
    again = collect(run(SHORT))
    assert first.look and len(first.rows) == again.steps
    with runner.lock:
        runner.job.look, runner.job.look_taken = training.Look(**vars(first.look)), False
    second = runner.take()
    assert second.look is not first.look and second.look.step == first.look.step and len(second.rows) == 0
    assert runner.take() is None


def test_methods_may_be_called_by_any_thread(runner):
    runner.submit(ENDLESS)
    wait_for(lambda: done(runner) > 0)
    problems = []

    def disturb(seed):
        source = np.random.default_rng(seed)
        try:
            for _ in range(60):
                [runner.pause, runner.resume, runner.step, runner.take, runner.result, lambda: runner.change(batch_size=8),
                 lambda: runner.watch_critics(False)][source.integers(7)]()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=disturb, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert problems == []
    runner.resume()
    steps = done(runner)
    wait_for(lambda: done(runner) > steps)


# -- studies -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def studies():
    runner = StudyRunner()
    yield runner
    runner.close()
    if runner.thread:
        runner.thread.join(DEADLINE)
        assert not runner.thread.is_alive()


def frames_until(studies, state):
    frames = []

    def settled():
        frame = studies.take()
        frames.extend([frame] if frame else [])
        return frame and frame.state == state

    wait_for(settled, f"a study that is {state}")
    return frames


def test_a_study_ends_with_its_last_item(studies):
    run = studies.submit(lambda: iter([1, 2, 3]))
    last = frames_until(studies, "finished")[-1]
    assert (last.run, last.latest, last.count, last.error) == (run, 3, 3, None)
    assert studies.take() is None


def test_the_latest_study_wins_and_the_one_before_is_closed(studies):
    closed = threading.Event()

    def endless():
        try:
            while True:
                time.sleep(0.001)
                yield "old"
        finally:
            closed.set()

    studies.submit(endless)
    wait_for(lambda: (frame := studies.take()) and frame.latest)
    second = studies.submit(lambda: iter(["new"]))
    frames = frames_until(studies, "finished")
    assert {(frame.run, frame.latest) for frame in frames if frame.latest} == {(second, "new")}
    assert closed.wait(DEADLINE)


def test_a_study_pauses_resumes_and_stops(studies):
    counted = iter(range(10**9))
    studies.submit(lambda: counted)
    frames_until(studies, "running")
    studies.pause()
    held = frames_until(studies, "paused")[-1].latest
    time.sleep(0.05)
    assert studies.take() is None
    studies.resume()
    wait_for(lambda: (frame := studies.take()) and frame.latest > held)
    studies.stop()
    assert studies.take() is None


def test_a_study_that_breaks_keeps_what_it_had(studies):
    def breaking():
        yield "half"
        raise ParameterError("n", 0, "at least 1")

    studies.submit(breaking)
    last = frames_until(studies, "failed")[-1]
    assert last.latest == "half" and last.error == "n is 0: it must be at least 1."
