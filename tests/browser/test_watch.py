"""The first page in a real Chromium, as its visitors use it."""

import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree

import pandas
import pytest
from PIL import Image

from mi_explorer import Experiment, Gaussian
from mi_explorer.pages.presets import PRESETS

PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True}
DARK = {"color_scheme": "dark"}


def chart(visit, name):
    return visit.page.get_attribute(".mi-chart[data-truth]", f"data-{name}")


def download(visit, name):
    with visit.page.expect_download(timeout=60_000) as waiting:
        visit.page.click(f".mi-download-{name}")
    return waiting.value.path().read_bytes()


def test_first_use(visit):
    """Press Run: curves are drawn, a table with errors and a sentence per bound appears, the numbers are right."""
    assert visit.truth() == 1.0
    visit.page.click(".mi-run")
    visit.wait_status("Finished")
    assert int(chart(visit, "frames")) > 10
    assert int(chart(visit, "points")) > 200
    for bound in ("infonce", "nwj"):
        estimate = float(visit.text(f".mi-estimate-{bound} .mi-value").replace("−", "-"))
        # After 1000 steps the critics lack at most .2 nats of a perfect one; the standard error is about .01.
        assert 0.75 < estimate < 1.05
        assert len(visit.text(f".mi-verdict-{bound}")) > 20
    assert re.search(r"± 0\.\d\d", visit.text(".mi-estimate-infonce"))
    visit.page.locator(".mi-inside").scroll_into_view_if_needed()  # pictures are drawn for those who look at them
    visit.page.wait_for_selector(".mi-picture-samples [role=img][aria-label*='512 fresh pairs']")


@pytest.mark.parametrize("steps, width", [(777, 300), (10, 5)])
def test_a_link_is_opened_as_it_is_also_between_two_steps_of_a_slider(visit, steps, width):
    """A browser moves such a value to the slider's next step, or into its range, and tells the kernel."""
    visit.open(Experiment(distribution=Gaussian(dim=1, correlation=0.8), steps=steps, width=width).to_url())
    visit.wait_status("Opened from a link")
    visit.page.wait_for_timeout(1500)  # for an answer of the browser's that must not come
    assert visit.text(".mi-status") == "Opened from a link. Press Run."
    assert {f"steps={steps}", f"width={width}"} <= set(visit.page.evaluate("location.hash").split("&"))
    assert visit.text(".mi-steps .widget-readout").replace(",", "") == str(steps)


INK = """tab => {
  const canvas = document.querySelector(`.mi-picture-${tab} canvas`), {width, height} = canvas;
  const {data} = canvas.getContext('2d').getImageData(0, 0, width, height), seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(data[i] >> 4 << 8 | data[i + 1] >> 4 << 4 | data[i + 2] >> 4);
  return {wide: canvas.getBoundingClientRect().width, colours: seen.size};
}"""


@pytest.mark.parametrize("visit", [{}, {**PHONE, **DARK}], indirect=True, ids=["desk", "phone"])
def test_the_pictures_inside_are_drawn_in_the_browser(visit):
    experiment = Experiment(distribution=Gaussian(dim=1, correlation=0.8), bounds=("infonce", "nwj"), critic="separable", width=16, steps=60)
    visit.open(experiment.to_url())
    visit.wait_status("Opened from a link")
    visit.page.click(".mi-run")
    visit.wait_status("Finished")
    visit.page.locator(".mi-inside").scroll_into_view_if_needed()
    for tab, name, colours in (("samples", "Samples", 2), ("critic", "Critic", 20), ("pointwise", "Pointwise MI", 3)):
        visit.page.click(f".mi-tabs >> text={name}")
        visit.page.wait_for_selector(f".mi-picture-{tab} [role=img][aria-label]")
        visit.page.wait_for_function(f"document.querySelector('.mi-picture-{tab} .mi-drawing').dataset.drawn > 0")
        found = visit.page.evaluate(INK, tab)
        assert found["colours"] >= colours and 250 < found["wide"] <= visit.page.viewport_size["width"], (tab, found)
    assert visit.text(".mi-drawing-legend >> nth=2").split("\n") == ["truth, and its mean", "InfoNCE", "NWJ"]


def test_every_preset_shows_its_problem_and_starts(visit):
    for preset in PRESETS:
        run = chart(visit, "run")
        visit.page.click(f".mi-preset-{preset.key}")
        # Truth, status and steps may still be those of the preset before: its own run must have taken the chart.
        visit.page.wait_for_function("run => document.querySelector('.mi-chart[data-truth]').dataset.run != run", arg=run)
        visit.wait_truth(preset.experiment.distribution.mi)
        visit.wait_status("Running")
        visit.wait_steps(1)
        chosen = visit.page.eval_on_selector_all(".mi-bounds .mi-chip:has(:checked)", "chips => chips.length")
        assert chosen == len(preset.experiment.bounds)


def test_a_live_change_moves_the_truth_and_the_run_goes_on(visit):
    visit.type_into("steps", 20000)
    visit.page.click(".mi-run")
    visit.wait_steps(40)
    before = visit.done()
    visit.page.focus(".mi-correlation .noUi-handle")
    for _ in range(10):
        visit.page.keyboard.press("ArrowLeft")
    visit.page.wait_for_function("parseFloat(document.querySelector('.mi-chart[data-truth]').dataset.truth) < 0.999")
    visit.wait_steps(before + 40)
    visit.page.wait_for_function(
        "Math.abs(document.querySelector('.mi-chart[data-truth]').dataset.truth"
        " - parseFloat(document.querySelector('.mi-truth').innerText.match(/[\\d.]+/))) < 0.00051"
    )
    assert "Running" in visit.text(".mi-status")


def test_without_live_changes_a_moved_slider_starts_a_new_run(visit):
    visit.type_into("steps", 20000)
    visit.page.uncheck(".mi-live input")
    visit.page.click(".mi-run")
    visit.wait_steps(60)
    run = chart(visit, "run")
    visit.type_into("mi", 2)
    visit.page.wait_for_function("run => document.querySelector('.mi-chart[data-truth]').dataset.run != run", arg=run)
    visit.wait_truth(2)
    visit.wait_steps(5)


def test_pause_resume_step_reset(visit):
    visit.type_into("steps", 20000)
    visit.page.click(".mi-run")
    visit.wait_steps(20)
    visit.page.click(".mi-pause")
    visit.wait_status("Paused")
    held = visit.done()
    visit.page.wait_for_timeout(500)
    assert visit.done() == held
    visit.page.click(".mi-step")
    visit.page.wait_for_function(
        "step => document.querySelector('.mi-progress').innerText.includes(`step ${step} of`)", arg=f"{held + 1:,}"
    )
    visit.page.click(".mi-pause")  # now reads "Resume"
    visit.wait_steps(held + 20)
    visit.page.click(".mi-reset")
    visit.wait_status("Settings are back")
    visit.page.wait_for_function("document.querySelector('.mi-chart[data-truth]').dataset.points === '0'")
    assert visit.text(".mi-steps .widget-readout") == "1000"


def test_true_mi_and_correlation_are_linked_both_ways(visit):
    visit.type_into("dimension", 20)
    visit.type_into("mi", 4)
    visit.wait_truth(4)
    assert float(visit.text(".mi-correlation .widget-readout")) == pytest.approx(0.574, abs=0.001)
    visit.type_into("correlation", 0.5)
    visit.wait_truth(Gaussian(dim=20, correlation=0.5).mi)
    assert float(visit.text(".mi-mi .widget-readout")) == pytest.approx(Gaussian(dim=20, correlation=0.5).mi, abs=0.03)
    visit.type_into("noise", 1)
    visit.wait_truth(Gaussian(dim=20, correlation=0.5, noise=1).mi)


def test_a_link_restores_the_page_and_a_broken_one_says_so(visit):
    visit.page.click(".mi-preset-log-k-ceiling")
    visit.wait_status("Running")
    visit.type_into("batch-size", 128)
    visit.page.click(".mi-unit button:has-text('bits')")
    visit.page.click(".mi-tabs >> text=Pointwise MI")
    visit.page.wait_for_function("location.hash.includes('view.tab=pointwise') && location.hash.includes('batch_size=128')")
    link = visit.page.evaluate("location.hash")
    visit.open(link)
    visit.wait_status("Opened from a link")
    assert visit.text(".mi-batch-size .widget-readout") == "128"
    assert "bits" in visit.text(".mi-truth")
    assert visit.truth() == pytest.approx(6 / math.log(2), abs=0.001)
    assert visit.page.is_checked(".mi-bounds-infonce-anchor input") and not visit.page.is_checked(".mi-bounds-mine input")
    visit.page.locator(".mi-inside").scroll_into_view_if_needed()  # the tab is filled for those who look at it
    visit.page.wait_for_selector(".mi-picture-pointwise", state="visible")
    for broken in ("#batch_size=1", "#%ZZ", "#distribution=nonsense", "#steps=1e400&bounds=infonce"):
        visit.open(broken)
        assert "broken" in visit.wait_status("link"), broken
        assert visit.truth() == 1.0
    visit.page.click(".mi-run")
    visit.wait_steps(5)


def test_downloads_are_what_they_say(visit):
    visit.page.click(".mi-download-csv")
    visit.page.wait_for_function("document.querySelector('.mi-share-note').innerText.includes('press Run')")
    visit.type_into("steps", 100)
    visit.page.click(".mi-run")
    visit.wait_status("Finished")
    assert Image.open(io.BytesIO(download(visit, "png"))).width > 800
    assert ElementTree.fromstring(download(visit, "svg")).tag.endswith("svg")
    assert download(visit, "pdf").startswith(b"%PDF")
    experiment = Experiment.from_json(download(visit, "json").decode())
    assert experiment.steps == 100 and experiment.distribution.mi == 1.0
    frame = pandas.read_csv(io.BytesIO(download(visit, "csv")))
    assert len(frame) == experiment.steps * len(experiment.bounds) * experiment.replicates
    assert {"step", "bound", "replicate", "estimate"} <= {*frame.columns}


def test_bad_input_is_refused_and_the_page_goes_on(visit):
    for field, nonsense in (("correlation", "abc"), ("correlation", "1e999"), ("mi", "NaN"), ("dimension", "-3")):
        visit.type_into(field, nonsense)
    assert math.isfinite(visit.truth())
    visit.page.click(".mi-preset-first-look")
    visit.page.select_option(".mi-transform select", label="swiss roll (x only)")
    refusal = visit.wait_status("swiss_roll")
    assert "must be" in refusal
    assert visit.page.input_value(".mi-transform select") == "nothing"
    visit.page.uncheck(".mi-bounds-nwj input")
    visit.page.click(".mi-bounds-infonce input")
    visit.wait_status("bounds")
    assert visit.page.locator(".mi-bounds .mi-chip input:checked").count() == 1
    visit.type_into("batch-size", 1024)
    visit.type_into("dimension", 50)
    visit.type_into("steps", 20000)
    assert "at most" in visit.wait_status("batch_size")
    visit.type_into("steps", 300)
    visit.type_into("batch-size", 64)
    visit.page.click(".mi-run")
    visit.wait_status("Finished")


@pytest.mark.parametrize("visit", [DARK], indirect=True, ids=["dark"])
def test_dark_mode_follows_the_system_and_the_button(visit):
    def lightness():
        return visit.page.evaluate(
            "getComputedStyle(document.querySelector('.mi-card')).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b)"
        )

    assert lightness() < 200
    visit.page.click("button.mi-theme, .mi-theme button, [aria-label*='theme' i], [title*='theme' i]")
    visit.page.wait_for_timeout(300)
    assert lightness() > 600


@pytest.mark.parametrize("visit", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_needs_no_sideways_scroll(visit):
    visit.page.tap(".mi-preset-first-look")
    visit.wait_status("Finished")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 375
    run, drawing = (visit.page.locator(place).bounding_box() for place in (".mi-run", ".mi-chart[data-truth]"))
    assert run["y"] < drawing["y"] and run["y"] < 812
    assert drawing["width"] > 280


def test_keyboard_only(visit):
    """Tab to Run and start it; Tab to a slider and move it; see where the focus is."""
    page = visit.page

    def tab_to(selector, limit=80):
        for _ in range(limit):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"{selector} cannot be reached with Tab")

    tab_to(".mi-run, .mi-run *")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    visit.wait_status("Finished")
    tab_to(".mi-mi .noUi-handle")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("parseFloat(document.querySelector('.mi-truth').innerText.match(/[\\d.]+/)) > 1.005")
    tab_to(".mi-bounds-mine input")
    page.keyboard.press("Space")
    page.wait_for_selector(".mi-estimate-mine")


@pytest.mark.parametrize("visit", [{}, DARK, PHONE], indirect=True, ids=["light", "dark", "phone"])
def test_accessibility_scan(visit):
    from axe_playwright_python.sync_playwright import Axe

    visit.page.click(".mi-preset-first-look")
    visit.wait_status("Finished")
    visit.page.wait_for_timeout(500)
    found = Axe().run(visit.page).response["violations"]
    serious = [(v["id"], v["help"], v["nodes"][0]["html"][:160]) for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, indent=1)
