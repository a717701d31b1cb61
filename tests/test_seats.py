"""The jobs of one computing process of the pool: whose turn it is, and what is told when."""

import asyncio
import math
import pickle
import threading
import time

import pytest
from waiting import wait_for

from mi_explorer.distributions import Gaussian
from mi_explorer.experiment import Experiment
from mi_explorer.pool.seats import Seats

SHORT = Experiment(
    distribution=Gaussian.from_mi(1.0, dim=1), bounds=("infonce",), critic="separable", width=8, batch_size=8, steps=60, evaluate_every=20, device="cpu",
)


def take_a_seat(seats, key, used=0.0, paused=False):
    seats.seat(key, pickle.dumps(("experiment", SHORT)), paused, False, 0)
    seats.seats[key].used, seats.seats[key].wished = used, math.inf
    return seats.seats[key]


@pytest.fixture
def seats():
    seats = Seats()
    yield seats
    seats.end()


def test_who_has_used_least_comes_next_and_the_oldest_wish_before_all(seats):
    seats.end()
    seats.thread.join()
    for key, used in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        take_a_seat(seats, key, used)
    assert seats.next_one(set()).key == "b"
    seats.seats["b"].job.paused = True
    assert seats.next_one(set()).key == "c"
    seats.seats["a"].wished = 1.0
    assert seats.next_one(set()).key == "a"
    seats.seats["c"].wished = 2.0
    assert seats.next_one(set()).key == "a"  # nobody whose turns were many waits for ever behind others' newer wishes


def test_a_wish_that_comes_amid_a_step_is_heard_by_the_next_one_at_once(seats):
    """The step that is underway knows nothing of it: it is no answer, and the others' turns are not waited for."""
    amid, go_on, order = threading.Event(), threading.Event(), []
    one, other = take_a_seat(seats, "one", paused=True), take_a_seat(seats, "other", used=-1.0, paused=True)

    def wrapped(seat, record):
        def slowly(progress):
            order.append(seat.key)
            if order == ["one"]:
                amid.set()
                go_on.wait(60)
            record(progress)

        return slowly

    for seat in (one, other):
        seat.job.record = wrapped(seat, seat.job.record)

    async def change_amid_a_step():
        one.job.set_paused(False)
        await asyncio.to_thread(amid.wait, 60)
        other.job.set_paused(False)
        await seats.wish("one", "change", {"batch_size": 16})
        go_on.set()

    asyncio.run(change_amid_a_step())
    wait_for(lambda: "other" in order)
    assert order[:3] == ["one", "one", "other"]
    wait_for(lambda: one.job.experiment.changes)
    assert one.job.experiment.level_starts() == [0, 1]


def test_a_turn_ends_early_for_somebody_elses_wish(seats, monkeypatch):
    monkeypatch.setattr("mi_explorer.pool.seats.SLICE", 60.0)  # a turn without an end
    order, wished = [], threading.Event()
    one, other = take_a_seat(seats, "one", paused=True), take_a_seat(seats, "other", used=1.0, paused=True)

    def record(seat, then):
        def add(progress):
            order.append(seat.key)
            if seat is one and len(order) == 3:
                asyncio.run(seats.wish("other", "reach", 1))
                wished.set()
            then(progress)

        return add

    for seat in (one, other):
        seat.job.record = record(seat, seat.job.record)
    one.job.set_paused(False)
    wait_for(lambda: "other" in order)
    assert wished.is_set() and order[:4] == ["one", "one", "one", "other"]


def test_what_is_changed_while_it_is_paused_ends_nobodys_turn(seats):
    """It waits for its visitor, who may be at lunch."""
    seat = take_a_seat(seats, "one", paused=True)
    wait_for(lambda: seat.job.state == "paused")
    asyncio.run(seats.wish("one", "change", {"batch_size": 16}))
    assert seat.wished < math.inf and not seats.somebody_wishes()


def test_waiting_for_a_processor_is_not_counted_as_using_one(seats):
    """A busy machine may hold a step up for a second: who was unlucky once would wait for all others to use as much."""
    one = take_a_seat(seats, "one", paused=True)
    record, began = one.job.record, time.monotonic()

    def slowly(progress):
        time.sleep(0.2)
        record(progress)

    one.job.record = slowly
    one.job.set_paused(False)
    wait_for(lambda: len(one.job.recorder.rows) >= 5)
    assert one.used < time.monotonic() - began - 0.8


def test_who_pauses_or_goes_on_does_not_push_in(seats):
    """A pause needs no piece, and whoever goes on again has used less than the others."""
    seats.end()
    seats.thread.join()
    seat = take_a_seat(seats, "one")
    for paused in (True, False):
        asyncio.run(seats.wish("one", "set_paused", paused))
        assert seat.wished == math.inf and seat.job.paused == paused
    asyncio.run(seats.wish("one", "reach", 5))
    assert seat.wished < math.inf


def test_news_are_told_in_the_order_of_the_calls_whichever_arrives_first(seats):
    take_a_seat(seats, "one")

    async def ask_twice():
        later = asyncio.ensure_future(seats.news(1, 0.0))
        await asyncio.sleep(0)
        earlier = await seats.news(0, 0.0)
        return earlier, await later

    frames = [pickle.loads(news.frame) for found in asyncio.run(ask_twice()) for news in found]
    assert len(frames) == 2 and frames[1].start == frames[0].start + len(frames[0].rows)
