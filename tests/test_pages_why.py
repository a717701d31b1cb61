"""The page "Why estimates are wrong" without a browser: what it does with wishes, good and hostile ones, and with snapshots."""

import dataclasses
import json
import math
import threading
import time

import numpy as np
import pytest

from mi_explorer import ParameterError, figures
from mi_explorer.pages.panels import PanelPage
from mi_explorer.pages.panels.words import prose, time_left
from mi_explorer.pages.why import LESSON
from mi_explorer.pages.why.ledger import sentence
from mi_explorer.studies import Ascent, Ceiling, Ledger, Measured, Microscope, Playground
from mi_explorer.studies.ceiling import CeilingSnapshot
from mi_explorer.studies.ledger import Entry, LedgerSnapshot
from mi_explorer.verdicts import signed
from waiting import wait_for

PANELS = LESSON.panels
HOSTILE = [math.nan, math.inf, -math.inf, 1e9, -1e9, 10**400, "abc", "", None, [1], {"a": 1}, True]
TINY = {"steps": 10, "width": 8, "batch_size": 8, "replicates": 2}
SMALL = {
    "ledger": Ledger(pairs=50, bounds=("infonce", "nwj"), **TINY),
    "ascent": Ascent(stops=2, bounds=("infonce", "nwj"), **TINY),
    "microscope": Microscope(repeats=4, pairs=200),
    "ceiling": Ceiling(largest=8, streams=8),
    "playground": Playground(strength=1, pairs=60, estimators=("infonce", "copula"), **TINY),
}
every_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.key)


@pytest.fixture
def page():
    page = PanelPage(LESSON)
    yield page
    page.runner.close()


@pytest.fixture(scope="module")
def ends():
    """The last snapshot of a small study of every panel."""
    found = {}
    for key, study in SMALL.items():
        *_, found[key] = study.carry_out()
    return found


def send(widget, state):
    """A widget message as it comes from a browser: the widget drops values of the wrong type with an error of its own."""
    try:
        widget.set_state(state)
    except Exception as problem:  # the kernel's message loop logs it and goes on
        assert type(problem).__name__ in ("TraitError", "ValueError", "TypeError", "OverflowError"), problem


def run(page, study):
    page.desk.show(study)
    page.start()
    wait_for(lambda: "Finished" in page.status.value or page.desk.state == "failed")
    assert 'data-done="1.000"' in page.picture.value and "<table" in page.table.value  # who is told so finds the answer there


# -- panels ------------------------------------------------------------------------------------------------------------


@every_panel
def test_stories_are_shown_as_they_are(page, panel):
    page.choose(panel.key)
    assert page.desk.study == panel.stories[0].study and page.desk.widget in page.settings.children
    for story in panel.stories:
        page.desk.show(story.study)
        assert page.desk.study == story.study and page.desk.story is story
        assert page.desk.look_for.value == prose(story.look_for) and len(story.look_for) > 40
        for name, widget in page.desk.fields.items():
            assert widget.value == getattr(story.study, name), name
    assert set(page.desk.fields) == {field.name for field in dataclasses.fields(panel.study)}


@every_panel
def test_hostile_values_change_nothing(page, panel):
    page.choose(panel.key)
    desk = page.desk
    for name, widget in desk.fields.items():
        for value in HOSTILE:
            send(widget, {"value": value})
            assert type(desk.study).from_json(desk.study.to_json()) == desk.study, (name, value)
    desk.show(panel.stories[0].study)
    assert desk.study == panel.stories[0].study


@every_panel
@pytest.mark.parametrize("unit", ["nats", "bits"])
def test_words_and_picture_of_every_panel(panel, ends, unit):
    end = ends[panel.key]
    head, alternative, table = (make(end, unit) for make in (panel.headline, panel.alternative, panel.table))
    assert head.endswith(".") and len(head) > 40 and "nan" not in head + alternative + table
    assert "<table" in table and len(alternative) > 60
    for dark, narrow in ((False, False), (True, True)):
        picture = panel.picture(end, unit, dark, narrow)
        assert figures.to_bytes(picture, "png").startswith(b"\x89PNG")
    assert b"MI Explorer" in figures.to_bytes(picture, "svg") or end.study.key.encode() in figures.to_bytes(picture, "svg")
    if panel.key != "microscope":  # of which only the axis has a unit
        assert unit in head


@every_panel
def test_words_and_picture_of_a_beginning(panel):
    first = next(SMALL[panel.key].carry_out())
    for make in (panel.headline, panel.alternative, panel.table):
        assert "nan" not in make(first, "nats")
    figures.to_bytes(panel.picture(first, "nats", False, False))


WILD = {"learning_rate": 0.9, "bounds": ("infonce", "nwj", "mine", "smile", "flo")}
EXTREMES = (
    Ledger(mi=0.0, pairs=8, **TINY), Ledger(mi=20.0, pairs=8, **{**TINY, "replicates": 1}), Ledger(mi=20.0, pairs=8, **WILD, **{**TINY, "steps": 40}),
    Ledger(bounds=("nwj",), pairs=8, **TINY),
    Ascent(top=20.0, stops=2, **WILD, **{**TINY, "steps": 40}), Ascent(top=0.1, stops=2, **{**TINY, "replicates": 1}),
    Microscope(mi=0.0, repeats=3), Microscope(mi=20.0, repeats=3, pairs=2), Microscope(problem="symbols", mi=0.0, repeats=3, pairs=2),
    Microscope(problem="symbols", mi=20.0, repeats=3, pairs=2),
    Ceiling(mi=0.0, largest=3, streams=8), Ceiling(mi=20.0, largest=3, streams=8), Ceiling(mi=1.0, tolerance=5.0, largest=2, streams=8),
    Playground(mi=0.0, strength=1, pairs=50, lens="normal_cdf", **TINY),
    Playground(mi=20.0, strength=1, pairs=50, lens="wiggly", learning_rate=0.9, **{**TINY, "steps": 40, "replicates": 1}),
    Playground(strength=0, pairs=50, dim=1, estimators=("gaussian",)), Playground(strength=4, pairs=50, lens="normal_cdf", **TINY),
)


@pytest.mark.parametrize("study", EXTREMES, ids=str)
def test_nothing_that_is_allowed_breaks_the_page(study):
    """Whatever comes of it, infinite or broken down: the thread that draws must survive it."""
    panel = next(panel for panel in PANELS if panel.study is type(study))
    *_, end = study.carry_out()
    for make in (panel.headline, panel.alternative, panel.table):
        text = make(end, "nats")
        assert text and "nan" not in text and "inf " not in text, text
    figures.to_bytes(panel.picture(end, "nats", False, False))
    assert len(end.frame())


# -- the ledger's sentences --------------------------------------------------------------------------------------------


def account(bound_gap, critic_gap, sample_gap, truth=4.0):
    perfect, fresh, shown = np.cumsum([truth + bound_gap, critic_gap, sample_gap])
    gaps = (Measured(gap, 0.01) for gap in (bound_gap, critic_gap, sample_gap))
    return Entry("infonce", truth, *gaps, *(Measured(value, 0.01) for value in (perfect, fresh, shown)))


def test_the_sentence_says_who_took_what():
    study = Ledger(pairs=1000, batch_size=64)
    told = sentence(account(-1.6, -0.5, 0.0), study, "nats")
    assert told == (
        "Of the 2.10 nats that InfoNCE lacks: 1.60 nats by the bound itself at K = 64, and no training removes them, "
        "0.50 nats because the critic is learned and not perfect."
    )
    mixed = sentence(account(-0.8, -0.4, 1.2), study, "nats")
    assert "looks right" in mixed and "known by heart" in mixed and mixed.index("0.80") < mixed.index("0.40") < mixed.index("1.20")
    assert "too much" in sentence(account(0.2, 0.0, 0.6), study, "nats")
    assert "shows the truth" in sentence(account(0.0, 0.01, -0.01), study, "nats")
    assert "did not survive" in sentence(account(-0.5, math.nan, math.nan), study, "nats")
    assert "bits" in sentence(account(-1.6, -0.5, 0.0), study, "bits") and "2.31 bits" in sentence(account(-1.6, 0, 0), study, "bits")


def test_an_estimator_that_broke_down_has_a_row_and_no_bar():
    broken = LedgerSnapshot(Ledger(), 1.0, 800, (account(-0.5, math.nan, math.nan), account(-0.8, -0.4, 0.2)))
    panel = PANELS[0]
    assert "–" in panel.table(broken, "nats")
    figures.to_bytes(panel.picture(broken, "nats", False, False))


def test_beyond_what_was_computed_there_is_no_answer(ends):
    end = ends["ceiling"]
    panel = next(panel for panel in PANELS if panel.key == "ceiling")
    assert "more than K = 256" in panel.headline(end, "nats") and "no answer" in panel.headline(end, "nats")
    easy = CeilingSnapshot(dataclasses.replace(end.study, tolerance=2.0), 1.0, end.sizes, end.gaps)
    assert "needs K ≈" in panel.headline(easy, "nats")


def test_small_words():
    assert signed(0.254, "nats") == "+0.25" and signed(-0.254, "nats") == "−0.25" and signed(0.001, "nats") == "0.00"
    assert prose("e^2I < 1") == "e<sup>2I</sup> &lt; 1"
    assert time_left(12.3) == "12 s left" and time_left(600) == "10 min left"


# -- the page ----------------------------------------------------------------------------------------------------------


@every_panel
def test_a_run_fills_the_card(page, panel):
    page.choose(panel.key)
    run(page, SMALL[panel.key])
    assert page.desk.state == "finished", page.desk.words
    assert len(page.headline.value) > 40
    assert page.desk.snapshot.study == SMALL[panel.key] and page.desk.snapshot.done == pytest.approx(1)


def test_each_question_keeps_what_was_found(page):
    run(page, SMALL["ledger"])
    found = page.headline.value
    page.choose("microscope")
    wait_for(lambda: "Nothing yet" in page.headline.value and not page.picture.value)
    page.choose("ledger")
    wait_for(lambda: page.headline.value == found and "<img" in page.picture.value)


def test_another_study_stops_the_first_and_stop_keeps_what_there_is(page):
    page.desk.show(dataclasses.replace(SMALL["ledger"], steps=100_000))
    page.start()
    wait_for(lambda: page.desk.state == "running" and page.desk.snapshot)
    page.choose("microscope")
    page.desk.show(dataclasses.replace(SMALL["microscope"], repeats=10_000, pairs=50_000))
    page.start()
    assert page.desks["ledger"].state == "idle" and "another study" in page.desks["ledger"].words
    wait_for(lambda: page.desk.state == "running" and page.desk.snapshot)
    page.stop()
    wait_for(lambda: page.desk.state == "stopped")
    assert "Stopped" in page.status.value and page.desk.snapshot.done < 1
    assert page.runner.take() is None


def test_a_frame_of_the_old_study_does_not_undo_the_start_of_another(page):
    """The follower has it in its hands while the visitor presses Run; a desk that went on "running" could not be stopped."""
    page.desk.show(dataclasses.replace(SMALL["ledger"], steps=100_000))
    page.start()
    wait_for(lambda: page.desk.state == "running" and page.desk.snapshot)
    held, go_on, taken, take = threading.Event(), threading.Event(), threading.Event(), page.take

    def slowly(frame):
        held.set()
        assert go_on.wait(60)
        take(frame)
        taken.set()

    page.take = slowly
    assert held.wait(60)
    page.choose("microscope")
    page.desk.show(dataclasses.replace(SMALL["microscope"], repeats=10_000, pairs=50_000))
    starts = threading.Thread(target=page.start)
    starts.start()
    starts.join(0.3)  # it waits for the frame to be taken; if it did not, it would be over by now
    go_on.set()
    starts.join(60)
    assert taken.wait(60) and page.desks["ledger"].state == "idle"
    wait_for(lambda: page.desk.state == "running" and page.desk.snapshot)


def test_pause_holds_a_run_and_resume_goes_on(page):
    page.desk.show(dataclasses.replace(SMALL["ledger"], steps=300))
    page.start()
    wait_for(lambda: page.desk.state == "running" and page.desk.snapshot)
    page.hold()
    wait_for(lambda: page.desk.state == "paused")
    assert page.pause_button.description == "Resume" and "Paused" in page.status.value and not page.stop_button.disabled
    held = page.runner.job.count
    time.sleep(0.3)
    assert page.runner.job.count == held and page.desk.snapshot.done < 1
    page.hold()
    wait_for(lambda: "Finished" in page.status.value)
    assert page.desk.snapshot.done == 1 and page.pause_button.description == "Pause" and page.pause_button.disabled


def test_a_paused_run_can_be_left_for_another(page):
    page.desk.show(dataclasses.replace(SMALL["ledger"], steps=100_000))
    page.start()
    wait_for(lambda: page.desk.state == "running" and page.desk.snapshot)
    page.hold()
    page.choose("microscope")
    page.desk.show(SMALL["microscope"])
    page.start()
    wait_for(lambda: page.desk.state == "finished")
    page.choose("ledger")
    assert page.desk.state == "idle" and page.pause_button.description == "Pause" and page.pause_button.disabled


def test_a_changed_setting_waits_for_run_and_a_bad_one_is_refused(page):
    run(page, SMALL["ledger"])
    page.desk.fields["mi"].value = 2.5
    assert page.desk.study.mi == 2.5 and "press Run" in page.status.value and page.desk.snapshot.study.mi == 4.0
    page.desk.fields["pairs"].value = 100
    page.desk.fields["batch_size"].value = 200
    assert "pairs" in page.status.value and "mi-error" in page.status.value
    assert page.desk.study.batch_size == 8 and page.desk.fields["batch_size"].value == 8
    page.desk.fields["bounds"].value = ()
    assert "bounds" in page.status.value and page.desk.fields["bounds"].value == ("infonce", "nwj")


def test_links(page):
    page.link.set_state({"fragment": "panel=ceiling&mi=3.21&view.unit=bits", "loaded": True})
    assert page.desk.panel.key == "ceiling" and page.desk.study.mi == 3.21 and page.unit.value == "bits"
    page.desk.fields["mi"].value = 3.2  # the browser's echo, snapped to the slider's step
    assert page.desk.study.mi == 3.2 or page.desk.study.mi == 3.21
    own = page.link.fragment
    for broken in ("panel=nonsense", "panel=ledger&pairs=1", "mi=3", "panel=ledger&mi=4&mi=5", "%ZZ"):
        page.link.set_state({"fragment": broken})
        assert "broken" in page.status.value and page.desk.study == PANELS[0].stories[0].study, broken
    page.link.set_state({"fragment": own})
    assert page.desk.panel.key == "ceiling" and "Opened from a link" in page.status.value
    with pytest.raises(ParameterError, match="ledger"):
        PanelPage(LESSON, "nonsense")


def test_downloads(page):
    offered, said = [], []
    page.link.offer = lambda *file: offered.append(file)
    page.link.say = said.append
    page.on_download("csv")
    assert "press Run" in said[0] and not offered
    run(page, SMALL["ledger"])
    for name in ("png", "svg", "csv", "json"):
        page.on_download(name)
    files = {filename.rpartition(".")[2]: data for filename, _, data in offered}
    assert files["png"].startswith(b"\x89PNG") and b"<svg" in files["svg"]
    assert Ledger.from_dict(json.loads(files["json"])) == SMALL["ledger"]
    assert files["csv"].decode().splitlines()[0] == "bound,step,part,nats,stderr,spread"
    assert len(files["csv"].decode().splitlines()) == 1 + 2 * 5


def test_a_study_that_fails_says_why(page):
    class Broken(Ledger):
        def carry_out(self):
            raise ParameterError("device", "cuda", "'cpu' here")
            yield

    page.desk.study = Broken()
    page.start()
    wait_for(lambda: "mi-error" in page.status.value)
    assert "device" in page.status.value and page.desk.state == "failed"
