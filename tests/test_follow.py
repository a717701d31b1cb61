"""How a page follows a run: when it looks, and what it makes of the frames."""

import math
import socket

import numpy as np
import pytest
from waiting import wait_for

from mi_explorer import Experiment, Gaussian, bounds
from mi_explorer.pages import follow
from mi_explorer.pages.curves import Curves
from mi_explorer.pages.follow import Blocks, Follower, Standing
from mi_explorer.result import collect
from mi_explorer.runners import Frame
from mi_explorer.training import run
from mi_explorer.widgets import LiveChart


def test_what_comes_of_a_visitors_doing_is_shown_at_once_and_the_rest_a_few_times_a_second(monkeypatch):
    monkeypatch.setattr(follow, "FRAMES_PER_SECOND", 1e-3)
    monkeypatch.setattr(follow, "QUIET", 1e3)
    ear, mouth = socket.socketpair()
    ticks = []

    def tick():
        if ticks:
            ear.recv(1)
        ticks.append(len(ticks))
        return True

    follower = Follower(tick, ear.fileno)
    follower.wake()
    for count in range(1, follow.AT_ONCE + 2):
        wait_for(lambda: len(ticks) == count)
        mouth.send(b".")
    follower.thread.join(0.5)
    assert len(ticks) == follow.AT_ONCE + 1  # the last piece waits for its turn, in a thousand seconds
    follower.wake()
    wait_for(lambda: len(ticks) == follow.AT_ONCE + 2)


def test_blocks_average_steps_and_replicates():
    rows = np.random.default_rng(0).normal(size=(1003, 2, 3)).astype(np.float32)
    rows[700:, 1, 0] = np.nan  # one replicate of the second bound has ended
    blocks = Blocks(1000)
    parts = [blocks.add(part) for part in np.array_split(rows, 57)]
    centres, mean, low, high = (np.concatenate(kind) for kind in zip(*(part for part in parts if part)))
    assert blocks.size == 2 and len(centres) == 501 and centres[0] == 1.5
    assert mean[:, 0] == pytest.approx(rows[:1002, 0].reshape(501, 2, 3).mean((1, 2)), abs=1e-5)
    assert mean[400, 1] == pytest.approx(rows[800:802, 1, 1:].mean(), abs=1e-5)
    assert (high - mean)[3, 0] == pytest.approx(rows[6:8, 0].mean(0).std(), abs=1e-5)
    centre, last, *_ = blocks.tentative()
    assert centre == [1003] and last[0, 0] == pytest.approx(rows[1002, 0].mean(), abs=1e-5)
    assert np.allclose(mean - low, high - mean, equal_nan=True, atol=1e-5)


def test_standing_agrees_with_the_summary():
    experiment = Experiment(bounds=("infonce", "nwj"), critic="separable", width=8, steps=60, replicates=3, evaluate_every=20)
    result = collect(run(experiment))
    standing = Standing()
    standing.add(Frame(1, "finished", experiment, 0, result.estimates, result.evaluations, (), 0.0, None, None))
    for reading, row in zip(standing.readings(experiment, False), result.summary().itertuples()):
        assert (reading.bound, reading.alive) == (bounds[row.bound], 3)
        for name in ("truth", "estimate", "stderr", "sd"):
            assert getattr(reading, name) == pytest.approx(getattr(row, name)), name


def test_lines_are_drawn_anew_only_where_an_experiment_has_changed():
    chart = LiveChart()
    easy, hard = Gaussian.from_mi(1.0, dim=1), Gaussian.from_mi(2.0, dim=1)
    curves, stairs = Curves(chart), Experiment(distribution=easy).with_change(100, distribution=hard).with_change(150, learning_rate=0.1)
    curves.show_levels(stairs)
    truth = chart.truth
    assert truth == [[0, pytest.approx(1)], [100, pytest.approx(2)]] and len(chart.ceiling) == 1  # another rate moves no line
    curves.show_levels(stairs)
    assert chart.truth is truth  # hundreds of levels are not computed for every frame
    curves.move_lines(200, Experiment(distribution=easy, batch_size=16))
    assert chart.truth[2] == [200, pytest.approx(1)] and chart.ceiling[1] == [200, math.log(16)]
    curves.show_levels(stairs)
    assert chart.truth == truth and len(chart.ceiling) == 1


def test_what_takes_long_is_followed_by_a_rest_as_long(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(follow.time, "monotonic", lambda: now[0])
    pictures = follow.Every(0.35)
    for took, wait in ((0.1, 0.25), (0.6, 0.6)):  # short: the usual distance between two beginnings; long: a rest
        assert pictures.due()
        now[0] += took
        pictures.rest()
        now[0] += wait - 0.01
        assert not pictures.due()
        now[0] += 0.02
