"""The page "Why estimates are wrong" in a real Chromium, as its visitors use it."""

import io
import json

import pandas
import pytest
from PIL import Image

LESSON = "why-estimates-are-wrong"
READY = ".mi-panel-ledger.mi-on, .mi-panel-microscope.mi-on"
QUICK = "#panel=ledger&mi=3&dim=3&bounds=infonce,nwj&batch_size=16&pairs=100&width=16&steps=100&replicates=2"
MICROSCOPE = "#panel=microscope&mi=2&repeats=20&pairs=500"


def picture(visit):
    """Which run the picture shows, 0 where there is none."""
    return visit.page.evaluate("Number(document.querySelector('.mi-picture img')?.dataset.run ?? 0)")


def run(visit, press=".mi-run"):
    """Press, and wait for the whole of the run that this starts, not for what an earlier one left."""
    before = picture(visit)
    visit.page.click(press)
    visit.page.wait_for_function(
        "run => { const image = document.querySelector('.mi-picture img');"
        " return image && Number(image.dataset.run) > run && image.dataset.done === '1.000'; }", arg=before, timeout=90_000,
    )
    visit.page.wait_for_selector(".mi-table table")
    visit.wait_status("Finished")


def number(visit, selector):
    return float(visit.text(selector).replace("−", "-").replace("+", "").split()[0])


def test_the_account_is_shown_and_adds_up(visit):
    visit.open(QUICK)
    visit.wait_status("Opened from a link")
    run(visit)
    for bound in ("infonce", "nwj"):
        gaps = sum(number(visit, f".mi-gap-{part}-{bound}") for part in ("bound", "critic", "sample"))
        assert 3.0 + gaps == pytest.approx(number(visit, f".mi-shown-{bound}"), abs=0.021)  # four numbers rounded to .01
        assert len(visit.text(f".mi-verdict-{bound}")) > 30
    assert number(visit, ".mi-gap-bound-infonce") < -0.3  # log 16 = 2.77 is below the 3 nats
    assert "InfoNCE" in visit.text(".mi-headline") and "nats" in visit.text(".mi-headline")
    assert "InfoNCE" in visit.page.get_attribute(".mi-picture img", "alt")
    visit.page.click(".mi-unit button:has-text('bits')")
    visit.page.wait_for_function("document.querySelector('.mi-headline').innerText.includes('bits')")


def test_a_story_starts_and_stop_keeps_what_there_is(visit):
    visit.page.click(".mi-story-by-heart")
    visit.page.wait_for_selector(".mi-picture img[data-run='1']", timeout=90_000)
    visit.page.click(".mi-stop")
    visit.wait_status("Stopped")
    assert visit.text(".mi-pairs .widget-readout") == "300"
    visit.page.wait_for_selector(".mi-stop[disabled]")
    visit.page.wait_for_selector(".mi-picture img")


def test_a_link_restores_the_page_and_a_broken_one_says_so(visit):
    visit.page.click(".mi-panel-microscope")
    visit.page.wait_for_selector(".mi-repeats")
    visit.type_into("repeats", 20)
    visit.type_into("mi", 1.25)
    visit.page.click(".mi-unit button:has-text('bits')")
    visit.page.wait_for_function("['panel=microscope', 'repeats=20', 'mi=1.25', 'view.unit=bits'].every(part => location.hash.includes(part))")
    link = visit.page.evaluate("location.hash")
    visit.open(link)
    visit.wait_status("Opened from a link")
    assert visit.text(".mi-repeats .widget-readout") == "20" and visit.text(".mi-mi .widget-readout") == "1.25"
    run(visit)
    assert "bits" in visit.text(".mi-verdict-variance")
    for broken in ("#panel=nonsense", "#panel=ledger&pairs=1", "#%ZZ"):
        visit.open(broken)
        assert "broken" in visit.wait_status("link"), broken
        visit.page.wait_for_selector(".mi-panel-ledger.mi-on", state="visible")


def test_bad_input_is_refused_and_the_page_goes_on(visit):
    visit.type_into("mi", "abc")
    visit.type_into("pairs", 100)
    visit.type_into("batch-size", 300)
    assert "must be" in visit.wait_status("pairs")
    assert visit.text(".mi-batch-size .widget-readout") == "64"
    visit.page.click(".mi-panel-microscope")
    visit.page.wait_for_selector(".mi-repeats")
    visit.type_into("repeats", 10)
    run(visit)


def test_downloads_are_what_they_say(visit):
    visit.open(MICROSCOPE)
    visit.wait_status("Opened from a link")
    run(visit)
    files = {}
    for name in ("png", "csv", "json"):
        with visit.page.expect_download(timeout=60_000) as waiting:
            visit.page.click(f".mi-download-{name}")
        files[name] = waiting.value.path().read_bytes()
    assert Image.open(io.BytesIO(files["png"])).width > 800
    assert len(pandas.read_csv(io.BytesIO(files["csv"]))) == 20
    assert json.loads(files["json"])["repeats"] == 20


def test_keyboard_only(visit):
    """Tab to a question, to Run, to a slider; use each."""
    page = visit.page

    def tab_to(selector, limit=80):
        for _ in range(limit):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"{selector} cannot be reached with Tab")

    tab_to(".mi-panel-microscope")
    page.keyboard.press("Enter")
    page.wait_for_selector(".mi-panel-microscope.mi-on")
    page.wait_for_selector(".mi-repeats .noUi-handle")
    tab_to(".mi-run")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_selector(".mi-picture img[data-run='1']", timeout=90_000)
    before = visit.text(".mi-mi .widget-readout")
    tab_to(".mi-mi .noUi-handle")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.mi-mi .widget-readout').innerText !== before", arg=before)
    page.wait_for_function("!location.hash.includes('mi=3.0&')")

