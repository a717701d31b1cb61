"""Predict, then reveal: every panel asks a fair question, and its right answer is what its first story shows.

The answers of the panels that take long are checked in the slow tests of their pages, where these runs are made anyway: ``assert_foretold``.
"""

import dataclasses
import html
import re

import pytest

from mi_explorer.pages import LESSONS
from mi_explorer.pages.panels import PanelPage
from mi_explorer.pages.panels.prediction import band
from mi_explorer.pages.why import LESSON as WHY
from mi_explorer.pages.what_is import LESSON as WHAT_IS
from mi_explorer.parameters import parameters
from foretold import PANELS, RIGHT, assert_foretold
from waiting import wait_for

QUICK = ("terms", "capacity", "cascade", "sampling", "noisier", "rate-distortion", "microscope")
SECONDS = ("ledger", "ascent", "ceiling", "playground", "segmentation")
every_panel = pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)


def first_story(panel):
    """The last snapshot of a panel's first story, without its pauses for the eye."""
    study = panel.stories[0].study
    if "pace" in parameters(study):
        study = dataclasses.replace(study, pace=0)
    *_, last = study.carry_out()
    return last


def test_every_panel_has_its_answer():
    assert set(RIGHT) == set(PANELS) and len(PANELS) == sum(len(lesson.panels) for lesson in LESSONS)


@every_panel
def test_a_prediction_is_a_fair_question(panel):
    asks = panel.predict
    assert asks.question.endswith("?") and 3 <= len(asks.options) <= 4 and len({*asks.options}) == len(asks.options)
    assert max(map(len, asks.options)) < 60 and 1 <= len(asks.hints) <= 2 and len(asks.because) > 60
    items = panel.stories[0].study.carry_out()
    snapshot = next(items)
    items.close()
    right = asks.right(snapshot)  # it may be undecided so early, but must not break
    assert right is None or right in range(len(asks.options))
    for unit in ("nats", "bits"):
        assert not re.search(r"\b(nan|inf|None)\b", asks.outcome(0, snapshot, unit))


@pytest.mark.parametrize("key", QUICK)
def test_the_right_answer_is_what_the_first_story_shows(key):
    panel, last = PANELS[key], first_story(PANELS[key])
    assert_foretold(last)
    asks, right = panel.predict, RIGHT[key]
    wrong = (right + 1) % len(asks.options)
    assert "so it is" in asks.outcome(right, last, "nats") and "so it is" not in asks.outcome(wrong, last, "nats")
    assert html.escape(asks.options[right]) in asks.outcome(wrong, last, "nats")
    assert re.search(r"\d", asks.happened(last, "nats"))


@pytest.mark.slow
@pytest.mark.parametrize("key", SECONDS)
def test_the_right_answer_is_what_a_longer_first_story_shows(key):
    assert_foretold(first_story(PANELS[key]))


def test_the_answer_follows_the_settings():
    """Judged from the snapshot, not from a list: other settings, other answers."""
    from mi_explorer.objectives.capacity import Capacity
    from mi_explorer.objectives.plugin_bias import PluginBias
    from mi_explorer.studies import Microscope

    def right(study):
        *_, last = study.carry_out()
        return next(panel for panel in PANELS.values() if panel.study is type(study)).predict.right(last)

    assert right(Capacity(channel="symmetric", noise=0.1, p=0.2, pace=0)) == 0
    assert right(PluginBias(weights=((1, 0), (0, 1)), pairs=60)) == 2
    assert right(Microscope(mi=0.5, dim=20)) < 2


def test_what_is_revealed_early_is_no_verdict():
    study = dataclasses.replace(PANELS["microscope"].stories[0].study, repeats=40)
    items = study.carry_out()
    early = next(items)
    items.close()
    outcome = PANELS["microscope"].predict.outcome(2, early, "nats")
    assert early.done < 1 and "it looks like" in outcome and "so it is" not in outcome


def test_bands_begin_with_their_limit():
    assert [band(value, 1, 2) for value in (0.9, 1, 1.9, 2, 9)] == [0, 1, 1, 2, 2]


# -- on the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(request):
    page = PanelPage(request.param)
    yield page
    page.runner.close()


on_what_is = pytest.mark.parametrize("page", [WHAT_IS], indirect=True, ids=["live"])
on_why = pytest.mark.parametrize("page", [WHY], indirect=True, ids=["run"])


@on_what_is
def test_what_is_cheap_waits_for_the_prediction(page):
    asks = page.desk.predict
    assert asks.open and page.desk.state == "idle" and page.desk.look_for.layout.display == "none"
    asks.buttons["0"].click()
    wait_for(lambda: page.desk.state == "finished" and "You said" in page.outcome.value)
    assert asks.said == 0 and not asks.open and page.desk.look_for.layout.display == ""
    assert html.escape(asks.prediction.options[RIGHT["terms"]]) in page.outcome.value  # what it was instead
    asks.again_button.click()
    assert asks.open and asks.said is None
    wait_for(lambda: page.outcome.value == "")


@on_what_is
def test_nobody_has_to_predict(page):
    page.desk.predict.skip_button.click()
    wait_for(lambda: page.desk.state == "finished" and "<img" in page.picture.value)
    assert page.outcome.value == ""
    page.choose("sampling")
    page.start()  # running is skipping, too
    assert not page.desk.predict.open
    wait_for(lambda: page.desk.state == "finished")


@on_what_is
def test_hints_come_one_by_one(page):
    asks = page.desk.predict
    for shown in range(1, len(asks.prediction.hints) + 1):
        asks.hint_button.click()
        assert [html.escape(hint) in asks.hint.value for hint in asks.prediction.hints].count(True) == shown
    assert asks.hint_button.layout.display == "none"


@on_why
def test_the_reason_is_hidden_until_the_run_has_ended_or_somebody_asks(page):
    page.choose("microscope")
    asks = page.desk.predict
    asks.answer(RIGHT["microscope"])
    wait_for(lambda: not page.due)
    assert page.outcome.value == "" and page.desk.state == "idle"
    asks.reveal_button.click()
    wait_for(lambda: "press Run" in page.outcome.value and "rarer and heavier" in page.outcome.value)
    page.start()
    wait_for(lambda: "so it is" in page.outcome.value)
    assert "count like" in page.outcome.value


@on_why
def test_reset_forgets_everything(page):
    page.choose("microscope")
    page.desk.wish("repeats", 20)
    page.desk.predict.answer(0)
    page.start()
    wait_for(lambda: page.desk.state == "finished" and page.outcome.value)
    page.reset_button.click()
    panel = page.desk.panel
    assert page.desk.study == panel.stories[0].study and page.desk.predict.open
    wait_for(lambda: "Nothing yet" in page.headline.value and page.outcome.value == "" and page.picture.value == "")
    assert page.desk.snapshot is None and page.run_button.description == "Run" and page.pause_button.disabled


@on_why
def test_reset_ends_a_run(page):
    page.choose("microscope")
    page.desk.show(dataclasses.replace(page.desk.study, repeats=10_000, pairs=50_000))
    page.start()
    wait_for(lambda: page.desk.snapshot is not None)
    page.reset_button.click()
    wait_for(lambda: page.runner.job is None and "Nothing yet" in page.headline.value)
    assert page.desk.state == "idle" and page.desk.snapshot is None
