"""What a lecture needs, in a real Chromium: predictions, a line to drag, keys, large type, saved work, one quiet voice."""

import json
import re

import nbformat
import pytest
from nbclient import NotebookClient

from mi_explorer.pages.what_is import LESSON as FIRST_LESSON  # LESSON would be the notebook that the fixture opens

WHAT_IS = "voila/render/what-is-mutual-information.ipynb"
PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True}


def open_lesson(visit, place, ready):
    visit.page.goto(visit.address + place)
    visit.page.wait_for_selector(ready, timeout=60_000)
    visit.page.wait_for_timeout(500)  # the link is read a moment after the page is there


def guess(visit) -> float:
    return float(visit.page.get_attribute(".mi-guess", "aria-valuenow"))


def tab_to(page, selector, limit=80):
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} cannot be reached with Tab")


def test_a_line_is_dragged_and_judged(visit):
    page = visit.page
    assert page.get_attribute(".mi-guess", "aria-label") == "Where will InfoNCE settle?"
    box = page.locator(".mi-guess").bounding_box()
    before = guess(visit)
    page.mouse.move(box["x"] + 200, box["y"] + 14)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] - 66, steps=5)
    page.mouse.up()
    assert guess(visit) > before + 0.1
    page.focus(".mi-guess")
    at = guess(visit)
    page.keyboard.press("ArrowDown")
    assert guess(visit) == pytest.approx(at - 0.05, abs=0.011)
    page.wait_for_function("words => document.querySelector('.mi-guess-card').innerText.includes(words)", arg=f"settle at {guess(visit):.2f} nats")
    said = guess(visit)
    page.click(".mi-unit button:has-text('bits')")
    page.wait_for_function("nats => Math.abs(document.querySelector('.mi-guess').ariaValueNow - nats / Math.LN2) < 0.011", arg=said)
    page.click(".mi-unit button:has-text('nats')")
    visit.type_into("steps", 300)
    page.click(".mi-run")
    page.wait_for_function("words => document.querySelector('.mi-outcome').innerText.includes(words)", arg=f"You said {said:.2f} nats", timeout=60_000)
    outcome = visit.text(".mi-outcome")
    assert "The truth is 1.00 nats" in outcome and "4.16 nats" in outcome  # the ceiling
    assert "There are 1.00 nats to find" in visit.text(".mi-headline")
    assert page.get_attribute(".mi-guess", "aria-disabled") == "true"
    page.click(".mi-curve-table summary")
    page.wait_for_selector(".mi-curve-figures td")
    assert page.locator(".mi-curve-figures thead th").all_inner_texts()[:2] == ["Step", "InfoNCE"]


def test_predicting_by_keyboard(visit):
    page = visit.page
    open_lesson(visit, WHAT_IS + "#panel=sampling&" + "view.unit=nats", ".mi-question")
    asked = next(panel for panel in FIRST_LESSON.panels if panel.key == "sampling").predict.question
    page.wait_for_function("words => document.querySelector('.mi-predict-card').innerText.includes(words)", arg=asked[:20])
    assert page.locator(".mi-picture img").count() == 0  # the answer is not there before it is asked for
    tab_to(page, ".mi-predict-0")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.mi-outcome').innerText.includes('You said')")
    page.wait_for_selector(".mi-picture img")
    page.click(".mi-again")
    page.wait_for_selector(".mi-predict-0", state="visible")
    page.wait_for_function("document.querySelector('.mi-outcome').innerText === ''")


def test_keys(visit):
    page = visit.page
    page.keyboard.press("?")
    assert page.evaluate("document.getElementById('mi-keys').open && document.activeElement.closest('dialog') !== null")
    page.keyboard.press("r")  # behind the dialog nothing happens
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('mi-keys').open") and "Press Run" in visit.text(".mi-status")
    page.locator(".mi-estimators .mi-fold-button").last.click()
    page.focus(".mi-seed input")
    page.keyboard.type("r0p")  # a field keeps its keys
    assert not page.evaluate("document.documentElement.hasAttribute('data-mi-projector')") and "Press Run" in visit.text(".mi-status")
    page.focus(".mi-correlation .noUi-handle")
    page.keyboard.press("2")  # and so does a slider
    assert page.locator(".mi-preset .mi-on").inner_text() == "First look"
    page.evaluate("document.activeElement.blur()")
    visit.type_into("steps", 20000)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    visit.wait_status("Running")
    page.keyboard.press("k")
    visit.wait_status("Paused")
    held = visit.done()
    page.keyboard.press("s")
    page.wait_for_function("step => document.querySelector('.mi-progress').innerText.includes(`step ${step} of`)", arg=f"{held + 1:,}")
    page.keyboard.press("u")
    page.wait_for_function("document.querySelector('.mi-truth').innerText.includes('bits')")
    page.keyboard.press("2")
    page.wait_for_function("document.querySelector('.mi-preset .mi-on')?.innerText === 'The log K ceiling'")
    page.keyboard.press("0")
    visit.wait_status("Settings are back")
    theme = page.evaluate("document.documentElement.dataset.miTheme")
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.miTheme") != theme
    page.keyboard.press("?")
    page.uncheck("#mi-keys-on")  # whoever uses single keys for something else
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("?")
    assert page.evaluate("document.documentElement.dataset.miTheme") != theme and not page.evaluate("document.getElementById('mi-keys').open")
    page.click(".mi-help")
    page.check("#mi-keys-on")


@pytest.mark.parametrize("visit", [{}, PHONE], indirect=True, ids=["desk", "phone"])
def test_large_type_is_remembered_and_fits(visit):
    page = visit.page
    size = "parseFloat(getComputedStyle(document.querySelector('.mi-status')).fontSize)"
    before = page.evaluate(size)
    page.keyboard.press("p")
    assert page.evaluate(size) == pytest.approx(1.35 * before, rel=0.01)
    assert page.get_attribute(".mi-projector", "aria-pressed") == "true"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(visit.address + "voila/render/lecturers-guide.ipynb")
    page.wait_for_selector("#mi-keys", state="attached")
    assert page.evaluate("document.documentElement.hasAttribute('data-mi-projector')")
    page.keyboard.press("p")
    assert not page.evaluate("document.documentElement.hasAttribute('data-mi-projector')")


def test_saved_work_of_two_lessons_runs_again(visit):
    page = visit.page
    page.click(".mi-download-work")
    page.wait_for_function("document.querySelector('.mi-share-note').innerText.includes('no work to save')")
    visit.type_into("steps", 100)
    page.click(".mi-run")
    visit.wait_status("Finished")
    open_lesson(visit, WHAT_IS, ".mi-question")
    page.click(".mi-predict-0")
    page.wait_for_function("document.querySelector('.mi-status').innerText.includes('Finished')")
    page.wait_for_function("JSON.parse(sessionStorage.getItem('mi-work')).length === 2")
    with page.expect_download() as waiting:
        page.keyboard.press("w")
    notebook = nbformat.reads(waiting.value.path().read_text("utf-8"), as_version=4)
    nbformat.validate(notebook)
    notebook.cells.append(nbformat.v4.new_code_cell("print(result.summary().set_index('bound').estimate['infonce'])"))
    NotebookClient(notebook, timeout=120).execute()
    words = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert waiting.value.suggested_filename == "my-work.ipynb" and words.index("Watch the bounds") < words.index("What is mutual information?")
    seen = re.search(r"InfoNCE: (\S+) ± ", words)[1]
    assert float(notebook.cells[-1].outputs[0]["text"]) == pytest.approx(float(seen), abs=0.006)  # two decimals were seen


def test_a_screen_reader_hears_at_most_every_two_seconds(visit):
    page = visit.page
    page.evaluate(
        "window.heard = []; new MutationObserver(() => window.heard.push([performance.now(), document.querySelector('.mi-voice').textContent]))"
        ".observe(document.querySelector('.mi-voice'), {childList: true})"
    )
    visit.type_into("steps", 1200)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    visit.wait_status("Running")
    for status in ("Paused", "Running", "Paused", "Running"):  # a restless visitor
        page.keyboard.press("k")
        visit.wait_status(status)
    visit.wait_status("Finished")
    page.wait_for_function("window.heard.some(([, words]) => words.includes('Finished'))")
    times = [when for when, _ in page.evaluate("window.heard")]
    assert len(times) >= 2 and min(later - earlier for earlier, later in zip(times, times[1:])) >= 1950, json.dumps(page.evaluate("window.heard"))


@pytest.mark.parametrize("visit", [{}, PHONE], indirect=True, ids=["desk", "phone"])
def test_pages_to_read_can_be_read_by_all(visit):
    from axe_playwright_python.sync_playwright import Axe

    for name in ("index", "lecturers-guide", "words-and-references"):
        visit.page.goto(f"{visit.address}voila/render/{name}.ipynb")
        visit.page.wait_for_selector("#rendered_cells :is(h1, .mi-hero)", timeout=60_000)
        if name == "words-and-references":
            visit.page.wait_for_selector("text=Estimators of finished data")  # gathered by a cell
        for _ in range(2):  # both themes
            found = Axe().run(visit.page).response["violations"]
            serious = [(name, v["id"], v["help"], v["nodes"][0]["html"][:160]) for v in found if v["impact"] in ("serious", "critical")]
            assert not serious, json.dumps(serious, indent=1)
            visit.page.keyboard.press("d")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
