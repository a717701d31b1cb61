"""How quick the first page is, in a real Chromium beside an empty Voilà page: a command, not a test.

    pip install bqplot && python tests/browser/measure.py

The empty page shows one slider and one empty bqplot figure in stock Voilà. Both are opened in turn.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conftest import CHROMIUM, FLAGS, LESSON
from playwright.sync_api import sync_playwright

from mi_explorer.pages.presets import PRESETS
from mi_explorer.training import run

EMPTY = """import ipywidgets, bqplot
scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=0, max=1)}
axes = [bqplot.Axis(scale=scales["x"]), bqplot.Axis(scale=scales["y"], orientation="vertical")]
ipywidgets.VBox([ipywidgets.FloatSlider(), bqplot.Figure(marks=[], axes=axes)])"""
ROUNDS = 7


def start(command, word):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if word in line:
            return process
    raise SystemExit(f"{command[2]} did not start")


def opened(browser, address, selectors):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    began = time.perf_counter()
    page.goto(address)
    for selector in selectors:
        page.wait_for_selector(selector, timeout=60_000)
    return page, time.perf_counter() - began


def delays(page, trigger, count, attribute, event):
    """Milliseconds from an input event in the page until the chart's data attribute has another value."""
    page.evaluate(
        """([attribute, event]) => {
        const chart = document.querySelector('.mi-chart[data-truth]');
        window.delays = []; let since = null, old = chart.dataset[attribute];
        addEventListener(event, () => { since = performance.now(); old = chart.dataset[attribute]; }, true);
        new MutationObserver(() => {
          if (since !== null && chart.dataset[attribute] !== old && (attribute !== 'run' || Number(chart.dataset.points) > 0)) {
            window.delays.push(performance.now() - since); since = null;
          }
        }).observe(chart, {attributes: true});
        }""", [attribute, event],
    )
    for number in range(count):
        trigger(number)
        page.wait_for_timeout(700)
    return page.evaluate("window.delays")


def stop(page):
    """End the page's run before its tab is closed: the next figure must not share the processor with it."""
    page.click(".mi-reset")
    page.wait_for_timeout(1000)
    page.close()
    time.sleep(2)


def rate(step, seconds):
    """Steps per second of a run that nobody watches."""
    began, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        step()
        done += 1
    return done / spent


def main():
    folder = Path(tempfile.mkdtemp())
    notebook = {"cells": [{"cell_type": "code", "metadata": {}, "source": EMPTY, "outputs": [], "execution_count": None}],
                "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}}, "nbformat": 4, "nbformat_minor": 4}
    (folder / "empty.ipynb").write_text(json.dumps(notebook))
    ours = start([sys.executable, "-m", "mi_explorer.cli", "serve", "--no-browser", "--port", "8880"], "http://")
    stock = start([sys.executable, "-m", "voila", str(folder / "empty.ipynb"), "--no-browser", "--port", "8881"], "http://")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            report(browser)
    finally:
        ours.terminate()
        stock.terminate()


def report(browser):
    lesson, empty = f"http://localhost:8880/voila/render/{LESSON}.ipynb", "http://localhost:8881/"
    times = {"lesson": [], "empty": []}
    for turn in range(ROUNDS + 1):
        for name, address, selectors in (
            ("empty", empty, (".noUi-handle", ".bqplot svg")), ("lesson", lesson, (".mi-correlation .noUi-handle", ".mi-run", ".mi-chart[data-truth]")),
        ):
            page, seconds = opened(browser, address, selectors)
            page.close()
            if turn:  # the first opening of each warms caches
                times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"first usable control: {medians['lesson']:.2f} s, empty page {medians['empty']:.2f} s, ratio {medians['lesson'] / medians['empty']:.2f} (to reach: 1.3)")

    page, _ = opened(browser, lesson, (".mi-run", ".mi-chart[data-truth]"))
    page.wait_for_timeout(1000)
    page.focus(".mi-correlation .noUi-handle")
    moved = delays(page, lambda n: page.keyboard.press("ArrowLeft"), 15, "truth", "keydown")
    print(f"slider to moved truth line: median {statistics.median(moved):.0f} ms, largest {max(moved):.0f} ms of {len(moved)} (to reach: 100)")

    page.click(".mi-preset-first-look")
    page.wait_for_function("document.querySelector('.mi-status').innerText.includes('Finished')", timeout=120_000)
    first = delays(page, lambda n: page.click(".mi-run"), 10, "run", "click")
    print(f"Run to the new run's first points: median {statistics.median(first):.0f} ms, largest {max(first):.0f} ms of {len(first)} (to reach: 400)")

    for preset in (PRESETS[0], PRESETS[1]):
        stop(page)
        page, _ = opened(browser, lesson + "#" + long_version(preset).to_url()[1:], (".mi-run", ".mi-chart[data-truth]"))
        page.wait_for_timeout(1000)
        page.click(".mi-run")
        page.wait_for_function("/step ([\\d,]+)/.test(document.querySelector('.mi-progress').innerText)", timeout=60_000)
        state = (
            "[performance.now(), Number(document.querySelector('.mi-progress').innerText.match(/step ([\\d,]+)/)[1]"
            ".replaceAll(',', '')), Number(document.querySelector('.mi-chart[data-truth]').dataset.frames)]"
        )
        alone_run = run(long_version(preset))
        watched, frames, alone = [], [], []
        for turn in range(5):
            page.wait_for_timeout(1500)
            before = page.evaluate(state)
            page.wait_for_timeout(5000)
            after = page.evaluate(state)
            page.click(".mi-pause")  # and the same run unwatched, in turns: the machine's own speed changes with time
            page.wait_for_timeout(500)
            seconds = (after[0] - before[0]) / 1000
            watched.append((after[1] - before[1]) / seconds)
            frames.append((after[2] - before[2]) / seconds)
            alone.append(rate(lambda: next(alone_run), 5))
            page.click(".mi-pause")
        shares = sorted(one / other for one, other in zip(watched, alone))
        print(
            f"{preset.label}: {statistics.median(frames):.0f} drawn frames/s (to reach: 10); {statistics.median(watched):.0f} steps/s "
            f"watched, {statistics.median(alone):.0f} unwatched, share {shares[2]:.0%} ({shares[0]:.0%} to {shares[-1]:.0%}) (to reach: 85%)"
        )
        stop(page)
        page, _ = opened(browser, lesson, (".mi-run",))


def long_version(preset):
    import dataclasses

    return dataclasses.replace(preset.experiment, steps=20_000)


if __name__ == "__main__":
    main()
