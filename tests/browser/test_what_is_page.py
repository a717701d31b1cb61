"""The table of the lesson "What is mutual information?" in a real Chromium: typed into, refused, resized, linked, by keyboard and by touch."""

import pytest

LESSON = "what-is-mutual-information"
READY = ".mi-panel-terms.mi-on"
PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}


def wait_weights(visit, rows):
    visit.page.wait_for_function("rows => decodeURIComponent(location.hash).includes('weights=' + rows + '&')", arg=rows)


@pytest.mark.parametrize("visit", [PHONE], indirect=True, ids=["phone"])
def test_the_table(visit):
    page, cells = visit.page, visit.page.locator(".mi-weights .mi-grid-field")
    page.tap(".mi-settings .mi-fold-button")
    for target in (cells.nth(3), page.locator(".mi-grid-y-more")):
        box = target.bounding_box()
        assert box["height"] >= 40 and box["width"] >= 40
    page.tap(".mi-grid-y-more")
    wait_weights(visit, "[[4.0,1.0,1.0],[1.0,4.0,1.0]]")
    page.tap(".mi-grid-y-less")
    cells.nth(0).tap()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")  # commits, and goes on
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Weight of the pair x 1, y 2"
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    wait_weights(visit, "[[5.0,0.5],[1.0,4.0]]")
    page.wait_for_function("document.querySelector('.mi-headline').innerText.includes('answers 41 %')")  # nobody pressed Run
    for nonsense, sentence in (("-3", "cannot be negative"), ("1e", "must be a number"), ("99999", "at most"), ("", "must be a number")):
        cells.nth(2).focus()
        page.keyboard.press("Control+A")
        page.keyboard.type(nonsense) if nonsense else page.keyboard.press("Delete")
        page.keyboard.press("Tab")
        page.wait_for_function("words => document.querySelector('.mi-grid-note').innerText.includes(words)", arg=sentence)
        assert cells.nth(2).input_value() == "1"
    page.tap(".mi-grid-x-more")
    wait_weights(visit, "[[5.0,0.5],[1.0,4.0],[1.0,1.0]]")
    assert visit.text(".mi-grid-note") == "" and cells.count() == 6
    page.focus(".mi-grid-x-more")
    for _ in range(2):  # the second one goes beyond the most, and the button keeps the focus
        page.keyboard.press("Enter")
    assert "can have 2 to 4 rows" in visit.text(".mi-grid-note")
    assert page.evaluate("document.activeElement.matches('.mi-grid-x-more')")
    page.tap(".mi-grid-x-less")
    wait_weights(visit, "[[5.0,0.5],[1.0,4.0],[1.0,1.0]]")
    visit.open(page.evaluate("location.hash"))
    page.wait_for_function("document.querySelectorAll('.mi-grid-field').length === 6")
    assert [cells.nth(k).input_value() for k in range(6)] == ["5", "0.5", "1", "4", "1", "1"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
