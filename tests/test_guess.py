"""The line that is dragged on the live chart, the sentence about a whole run, and what the page "Your own data" asks."""

import dataclasses
import math

import pytest

from mi_explorer import Experiment, Gaussian, bounds
from mi_explorer.pages.own_data import OwnDataPage
from mi_explorer.pages.seen import seen
from mi_explorer.pages.watch import WatchPage
from mi_explorer.verdicts import Reading
from waiting import wait_for

SMALL = Experiment(
    distribution=Gaussian.from_mi(1.0), bounds=("nwj", "infonce"), critic="separable", width=8, batch_size=8, steps=60, evaluate_every=20, replicates=2,
)


@pytest.fixture
def page():
    page = WatchPage(SMALL)
    yield page
    page.runner.close()


def reading(key, estimate, truth=1.0, sd=0.05, batch_size=64, alive=4):
    return Reading(
        bound=bounds[key], batch_size=batch_size, truth=truth, estimate=estimate, stderr=0.01, sd=sd, perfect=truth, perfect_stderr=0.01,
        replicates=4, alive=alive,
    )


def test_a_guess_is_about_infonce_and_judged_at_the_end(page):
    assert page.guess.open and page.chart.guessing and page.guess.key == "infonce"  # though it is not the first bound
    page.chart.set_state({"guess": 0.4})
    assert "0.40 nats" in page.guess.question.value and page.outcome.value == ""
    page.start()
    assert not page.chart.guessing and page.chart.guess == 0.4
    wait_for(lambda: page.state == "finished" and "You said" in page.outcome.value)
    estimate = next(one for one in page.curves.standing.readings(page.ran, False) if one.bound.key == "infonce").estimate
    assert f"{estimate:.2f} nats" in page.outcome.value and f"{math.log(8):.2f} nats" in page.outcome.value
    assert "There are 1.00 nats to find" in page.headline.value
    page.unit.value = "bits"
    wait_for(lambda: f"{0.4 / math.log(2):.2f} bits" in page.outcome.value)
    page.guess.again_button.click()
    assert page.guess.open and page.guess.value is None
    wait_for(lambda: page.outcome.value == "")


def test_nobody_has_to_guess_and_a_bound_that_left_is_not_asked_about(page):
    page.apply(bounds=("nwj",))
    assert page.guess.key == "nwj" and "NWJ" in page.guess.question.value
    page.guess.skip_button.click()
    assert not page.guess.open and not page.chart.guessing
    page.on_reset()
    assert page.guess.open and page.guess.value is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e9, 1e9])
def test_a_hostile_guess_is_none(page, value):
    page.chart.set_state({"guess": value})
    assert page.chart.guess is None


def test_near_and_far():
    page = WatchPage(SMALL)
    page.runner.close()
    page.chart.guess, page.guess.open = 1.0, False
    near, far = (page.guess.outcome([reading("infonce", value)], True) for value in (0.95, 0.3))
    assert "Well seen" in near and "Well seen" not in far and "0.70 nats less than you thought" in far
    assert page.guess.outcome([reading("infonce", math.nan)], True).endswith("no estimate on fresh samples.")
    assert page.guess.outcome([reading("infonce", 0.3)], False) == "" == page.guess.outcome([], True)


def test_what_was_just_seen():
    assert seen([], "nats") == ""
    assert "All of them came within 0.10" in seen([reading("infonce", 0.95), reading("nwj", 0.99)], "nats")
    text = seen([reading("infonce", 4.0, truth=6.0), reading("smile", 6.9, truth=6.0, sd=2.0), reading("mine", math.nan, alive=0)], "nats")
    assert "Nearest: SMILE (τ = 5) shows 6.90 nats, 0.90 too much" in text and "Furthest off: InfoNCE shows 4.00 nats, 2.00 too little" in text
    assert "With K = 64 InfoNCE could not have shown more than 4.16 nats" in text and "SMILE (τ = 5) jumps" in text and "MINE did not survive" in text
    assert seen([reading("infonce", 0.95)], "bits").startswith("There are 1.44 bits to find.")


def test_own_data_asks_and_answers():
    page = OwnDataPage()
    try:
        page.question = dataclasses.replace(page.question, method="copula", time_limit=5.0)
        page.predict.buttons["0"].click()
        assert page.outcome.value == ""
        page.start()
        wait_for(lambda: page.report is not None and "You said" in page.outcome.value)
        right = page.predict.prediction.right(page.report)
        assert ("so it is" in page.outcome.value) == (right == 0)
        page.reset_button.click()
        assert page.report is None and page.outcome.value == "" and page.predict.open and page.question.method == "auto"
    finally:
        page.runner.close()
