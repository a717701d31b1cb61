"""Every lesson made of panels, in a real Chromium: each question opens, a run draws, on a desk and on a phone, light and dark."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from mi_explorer.pages import LESSONS

DESK = {}
PHONE_IN_THE_DARK = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "color_scheme": "dark"}
READY = ".mi-question"
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.notebook)


def draw(visit):
    visit.page.click(".mi-run")
    visit.page.wait_for_selector(".mi-picture img", timeout=60_000)
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("document.querySelector('.mi-picture img').alt.length") > 40
    visit.page.focus(".mi-numbers summary")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".mi-numbers :is(td, p)")


def serious(visit):
    found = Axe().run(visit.page).response["violations"]
    return [(v["id"], v["help"], v["nodes"][0]["html"][:160]) for v in found if v["impact"] in ("serious", "critical")]


@every_lesson
def test_on_a_desk(visit, lesson):
    for panel in lesson.panels[::-1]:  # ends on the first
        visit.page.click(f".mi-panel-{panel.key}")
        visit.page.wait_for_function("text => document.querySelector('.mi-question').innerText.startsWith(text)", arg=panel.question[:20])
        visit.page.wait_for_function("key => location.hash.includes('panel=' + key + '&')", arg=panel.key)
        assert visit.page.locator(".mi-predict .mi-choice").count() == len(panel.predict.options)
        assert not (found := serious(visit)), json.dumps(found, indent=1)  # while it asks
        visit.page.click(".mi-skip-question")
        assert len(visit.text(".mi-look-for")) > 40
    draw(visit)
    assert visit.page.evaluate("[...document.querySelectorAll('.mi-card')].every(card => card.scrollWidth <= card.clientWidth)"), "wider than its card"
    assert not (found := serious(visit)), json.dumps(found, indent=1)


@every_lesson
@pytest.mark.parametrize("visit", [PHONE_IN_THE_DARK], indirect=True, ids=["phone-dark"])
def test_on_a_phone_in_the_dark(visit, lesson):
    draw(visit)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 375
    visit.page.wait_for_function(
        "() => { const width = document.querySelector('.mi-picture img')?.getBoundingClientRect().width; return width > 280 && width <= 375; }"
    )  # a picture that has just come has no size yet
    # Drawn for a phone: letters that are a tenth of an inch on a picture of 4.4 inches, not of 8.
    visit.page.wait_for_function("() => { const width = document.querySelector('.mi-picture img')?.naturalWidth; return width > 0 && width < 800; }")
    assert not (found := serious(visit)), json.dumps(found, indent=1)
