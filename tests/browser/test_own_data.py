"""The page "Your own data" in a real Chromium, as its visitors use it."""

import json
import re

import numpy as np
import pytest

PAGE = "voila/render/your-own-data.ipynb"
PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True}
DARK = {"color_scheme": "dark"}
SCRIPT = "<script>document.title = 'hacked'</script>"


class Desk:
    """One tab on the page, with what a test does and wants to know."""

    def __init__(self, page):
        self.page = page

    def status(self, word: str, seconds: float = 90) -> str:
        self.page.wait_for_function(
            "word => document.querySelector('.mi-status').innerText.includes(word)", arg=word, timeout=1000 * seconds
        )
        return self.page.inner_text(".mi-status")

    def choose(self, example: str) -> None:
        self.page.select_option(".mi-example select", index=[*self.labels()].index(example))
        self.page.wait_for_function("text => document.querySelector('.mi-story').innerText.length > 40", arg=example)

    def labels(self) -> list[str]:
        found = self.page.eval_on_selector_all(".mi-example option", "options => options.map(option => option.textContent)")
        return [label.replace("\xa0", " ") for label in found]

    def hand_in(self, name: str, content: bytes) -> None:
        self.page.set_input_files(".mi-file", {"name": name, "mimeType": "text/csv", "buffer": content})

    def side(self, column: str, part: str) -> None:
        self.page.locator(".mi-side-row", has=self.page.get_by_text(column, exact=True)).get_by_role("radio", name=part).check()

    def run(self) -> float:
        """Press Run, wait for the answer, and read its number."""
        self.page.click(".mi-run")
        self.status("Finished")
        return float(re.search(r"−?[\d.]+", self.page.inner_text(".mi-estimate"))[0].replace("−", "-"))


@pytest.fixture
def desk(chromium, dashboard, request):
    """A fresh tab on the page; parametrise indirectly with keyword arguments of a browser context."""
    options = {"viewport": {"width": 1280, "height": 900}, "accept_downloads": True, **getattr(request, "param", {})}
    context = chromium.new_context(**options)
    page = context.new_page()
    errors, outside = [], []
    local = (dashboard, dashboard.replace("http", "ws"), "data:", "blob:")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(local) else outside.append(sent.url))
    page.goto(dashboard + PAGE)
    page.wait_for_selector(".mi-run", timeout=60_000)
    page.wait_for_selector(".mi-side-row", timeout=60_000)
    page.wait_for_timeout(500)  # the link is read a moment after the page is there
    yield Desk(page)
    assert not errors and not outside, (errors[:3], outside[:3])
    context.close()


def test_an_example_from_start_to_report(desk):
    desk.page.wait_for_selector(".mi-picture-data img[alt]")  # the data are seen before anything is pressed
    desk.choose("Made: only together")
    assert 0.25 < desk.run() < 0.45  # the truth is .368, the interval about ± .05
    assert "0.368 nats" in desk.page.inner_text(".mi-truth")
    for tab, what in (("Chance", ".mi-picture-chance img"), ("Candidates", ".mi-candidate-plugin"), ("Rows", ".mi-preview td")):
        desk.page.get_by_role("tab", name=tab).click()
        desk.page.wait_for_selector(what)
    for name, start in (("md", b"# "), ("json", b"{"), ("png", b"\x89PNG")):
        with desk.page.expect_download(timeout=60_000) as waiting:
            desk.page.click(f".mi-download-{name}")
        assert waiting.value.path().read_bytes().startswith(start)
    desk.side("second coin", "not used")
    desk.page.wait_for_selector(".mi-stale")
    desk.status("Press Run")  # no longer that the run before has finished
    assert abs(desk.run()) < 0.01  # one coin tells nothing
    assert desk.page.locator(".mi-stale").count() == 0


def test_a_pasted_table_and_a_bad_one_after_it(desk):
    rows = "\n".join(f"{i % 3};{i % 3 + 0.5:.1f};k{i % 2}" for i in range(60)).replace(".", ",")
    desk.page.click(".mi-paste summary")
    desk.page.fill(".mi-paste-text", "a;b;c\n" + rows)
    desk.page.click(".mi-use-text")
    desk.status("pasted table was read")
    desk.side("a", "in X")
    desk.side("b", "in Y")
    assert desk.run() == pytest.approx(np.log(3), abs=0.15)  # b is a copy of a, three equally frequent symbols
    desk.page.fill(".mi-paste-text", "a,b\n1,2,3\n")
    desk.page.click(".mi-use-text")
    assert "line 2" in desk.status("could not be read")
    assert desk.page.locator(".mi-side-row").count() == 3
    assert desk.page.locator(".mi-side-row[data-side=x]").inner_text().startswith("a")


def test_an_upload_of_megabytes_and_one_that_is_too_large(desk):
    values = np.random.default_rng(0).normal(size=(60_000, 8)).round(6)
    content = b"a,b,c,d,e,f,g,h\n" + b"\n".join(b",".join(b"%.6f" % value for value in row) for row in values)
    assert len(content) > 4_000_000
    desk.hand_in("large.csv", content)
    desk.status("large.csv was read")
    assert "60,000 rows, 8 columns" in desk.page.inner_text(".mi-table-name")
    desk.hand_in("huge.csv", content * 5)
    desk.page.wait_for_function("document.querySelector('.mi-intake-note').innerText.includes('at most 20.0 MB')")
    desk.choose("Made: only together")  # the page goes on
    desk.run()


def test_names_and_cells_that_are_programs_stay_text(desk):
    rows = "".join(f"\"=cmd|' /C calc'!A{i % 4}\",<img src=x onerror=document.title='hacked'>{i % 2}\n" for i in range(40))
    desk.hand_in(f"{SCRIPT}.csv", f"{SCRIPT},$y$\n{rows}".encode())
    desk.status("was read")
    desk.run()
    for tab in ("Data", "Candidates", "Rows"):
        desk.page.get_by_role("tab", name=tab).click()
        desk.page.wait_for_timeout(300)
    assert "=cmd|" in desk.page.inner_text(".mi-preview") and "<img" in desk.page.inner_text(".mi-preview")
    assert desk.page.title() == "Your own data"
    assert desk.page.locator(".mi-page img:not([src^='data:image/png'])").count() == 0


@pytest.mark.parametrize("desk", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_needs_no_sideways_scroll(desk):
    desk.choose("Iris: petals and species")
    desk.side("sepal width (cm)", "in X")
    desk.page.tap(".mi-run")
    desk.status("Finished")
    for tab in ("Chance", "Candidates", "Rows", "Data"):
        desk.page.get_by_role("tab", name=tab).click()
        desk.page.wait_for_timeout(400)
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= 375


def test_keyboard_only(desk):
    page = desk.page

    def tab_to(selector, limit=60):
        for _ in range(limit):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"{selector} cannot be reached with Tab")

    tab_to(".mi-example select")
    for _ in range(20):
        if page.eval_on_selector(".mi-example select", "list => list.selectedOptions[0].text").endswith("together"):
            break
        page.keyboard.press("ArrowDown")
    page.wait_for_function("document.querySelector('.mi-story').innerText.includes('two coins')")
    page.wait_for_function("document.querySelector('.mi-sides').innerText.includes('second coin')")
    tab_to(".mi-open-file")
    tab_to(".mi-side-row input")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # X, Y, not used
    page.wait_for_function("document.querySelector('.mi-side-row').dataset.side == ''")
    tab_to(".mi-run")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    desk.status("Finished")
    assert "second coin and answer" in page.inner_text(".mi-meaning")


def test_a_link_opens_the_same_question(desk):
    desk.choose("Iris: petals and species")
    desk.side("petal width (cm)", "not used")
    desk.page.wait_for_function("decodeURIComponent(location.hash).includes('example=iris&x=[3]&y=[5]')")
    address = desk.page.evaluate("location.href")
    desk.page.goto("about:blank")
    desk.page.goto(address)
    desk.page.wait_for_selector(".mi-side-row", timeout=60_000)
    desk.status("Opened from a link")
    sides = desk.page.eval_on_selector_all(".mi-side-row", "rows => rows.map(row => row.dataset.side)")
    assert sides == ["", "", "x", "", "y"]


@pytest.mark.parametrize("desk", [{}, DARK, PHONE], indirect=True, ids=["light", "dark", "phone"])
def test_accessibility_scan(desk):
    from axe_playwright_python.sync_playwright import Axe

    desk.choose("Iris: petals and species")
    desk.run()
    desk.page.get_by_role("tab", name="Candidates").click()
    desk.page.click(".mi-paste summary")
    desk.page.wait_for_timeout(800)
    found = Axe().run(desk.page).response["violations"]
    serious = [(v["id"], v["help"], v["nodes"][0]["html"][:160]) for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, indent=1)
