"""How the dashboard bears a class: many students at once, measured beside what issue and README promise. A command, not a test.

    python tests/load.py --students 30 --seconds 60     # every student another endless experiment
    python tests/load.py --students 30 --same           # all the same preset: how many trainings is that?
    python tests/load.py --story five-things-people-get-wrong   # all run the first story of another lesson
    python tests/load.py --cycles 100                   # open, run, stop, close: does memory stay?

Without --address it starts a dashboard of its own. Students are real kernels and real websockets without the drawing (``student.py``);
one more is a real Chromium, and every student fetches the files that it fetched. All of them share this machine with the server.
"""

import argparse
import asyncio
import pickle
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import zmq
from student import LESSON, Student

from mi_explorer import Experiment, Gaussian

sys.path.insert(0, str(Path(__file__).parent / "browser"))
from conftest import CHROMIUM, FLAGS  # noqa: E402

TARGETS = {  # of issue 5, for up to 30 and for up to 100 students
    "all pages interactive (s)": (15, 45),
    "slider to truth line, p50 (ms)": (40, 40),
    "slider to truth line, p95 (ms)": (150, 150),
    "the same in Chromium, p95 (ms)": (400, 400),
    "pause visible, p95 (ms)": (150, 150),
    "changed parameter visible, p95 (ms)": (150, 150),
    "memory of all processes, PSS (MB)": (3000, 6000),
    "frames per student and second, least": (-4, -1),  # negative: at least
    "first usable control, warm server (s)": (2, 2),
    "errors": (0, 0),
}
PAUSE = 2.0  # seconds between two things that a student does, on average: who kept time would act beside the same others all along
MOVES = 3  # moves of the slider for every pause and resume


class Server:
    """The dashboard and all its processes; ``process`` is None where somebody else started it elsewhere."""

    def __init__(self, address: str | None):
        self.address, self.process = address, None
        self.cache = tempfile.TemporaryDirectory(prefix="mi-load-")  # an empty one: finished runs must not come from last time

    def __enter__(self):
        if self.address is None:
            command = [sys.executable, "-m", "mi_explorer.cli", "serve", "--no-browser", "--port", "8940", "--cache", self.cache.name]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            self.address = re.search(r"http://\S+", self.process.stdout.readline())[0]
        self.host, self.port = urlsplit(self.address).hostname, urlsplit(self.address).port
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(60)
        self.cache.cleanup()

    async def ready(self) -> None:
        while True:
            try:
                (await asyncio.open_connection(self.host, self.port))[1].close()
                return
            except OSError:
                await asyncio.sleep(0.2)

    def family(self) -> list[psutil.Process]:
        return [root := psutil.Process(self.process.pid), *root.children(recursive=True)] if self.process else []

    def memory(self) -> float:
        """Megabytes of all processes; what several share is counted once (PSS). NaN where they cannot be seen."""
        total = 0.0
        for process in self.family():
            try:
                total += process.memory_full_info().pss / 2**20
            except psutil.NoSuchProcess:
                pass
        return total or float("nan")

    def broker(self) -> dict | None:
        """What the pool's broker says of itself; None where there is none to be asked."""
        for process in self.family():
            command = process.cmdline()
            if "mi_explorer.pool.broker" in command:
                with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
                    socket.linger, socket.rcvtimeo = 0, 10_000
                    socket.connect(command[command.index("--address") + 1])
                    socket.send(pickle.dumps(("status", 0)))
                    return pickle.loads(socket.recv())[2]
        return None


# -- the real browser ------------------------------------------------------------------------------------------------------

WATCH = """() => {
  const chart = document.querySelector('.mi-chart[data-truth]');
  window.delays = []; let since = null, old = chart.dataset.truth;
  addEventListener('keydown', () => { since = performance.now(); old = chart.dataset.truth; }, true);
  new MutationObserver(() => {
    if (since !== null && chart.dataset.truth !== old) { window.delays.push(performance.now() - since); since = null; }
  }).observe(chart, {attributes: true});
}"""
SLIDER = ".mi-correlation .noUi-handle"


class Chromium:
    """One student whose page is really drawn."""

    def __init__(self, browser, address: str):
        self.browser, self.address = browser, address
        self.files: list[str] = []
        self.errors: list[str] = []

    async def open(self, fragment: str = "") -> float:
        """A new visitor without a cache; seconds until the slider and the chart are there."""
        self.context = await self.browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = await self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(f"Chromium: {error}"))
        self.page.on("response", lambda response: self.note(urlsplit(response.url)))
        began = time.perf_counter()
        await self.page.goto(f"{self.address}voila/render/{LESSON}.ipynb{fragment}", timeout=120_000)
        for selector in (SLIDER, ".mi-run", ".mi-chart[data-truth]"):
            await self.page.wait_for_selector(selector, timeout=120_000)
        return time.perf_counter() - began

    def note(self, url) -> None:
        if url.scheme == "http" and re.search(r"\.(js|css)$", url.path):
            self.files.append(f"{url.path}?{url.query}" if url.query else url.path)

    async def live(self, until: float) -> list[float]:
        """Run, and move the slider until then; milliseconds until the truth line was drawn anew."""
        await self.page.wait_for_timeout(1000)
        await self.page.click(".mi-run")
        await self.page.wait_for_function("document.querySelector('.mi-status').innerText.includes('Running')", timeout=60_000)
        await self.page.evaluate(WATCH)
        await self.page.focus(SLIDER)
        key = "ArrowLeft"
        while time.perf_counter() < until:
            await self.page.keyboard.press(key)
            key = "ArrowRight" if key == "ArrowLeft" else "ArrowLeft"
            await self.page.wait_for_timeout(1000)
        return await self.page.evaluate("window.delays")


# -- the light students ----------------------------------------------------------------------------------------------------


def endless(number: int) -> Experiment:
    """Another experiment for everyone, with no end in sight."""
    return Experiment(
        distribution=Gaussian(dim=2, correlation=round(0.3 + 0.005 * (number % 100), 3)), bounds=("infonce", "nwj"), critic="separable",
        width=64, learning_rate=5e-3, steps=10_000_000, seed=number,
    )


class Pupil(Student):
    """A student who runs an experiment, moves the slider, pauses and goes on."""

    def __init__(self, address: str):
        super().__init__(address)
        self.delays: dict[str, list[float]] = {"move": [], "pause": [], "change": []}
        self.frames = 0.0
        self.shown: list[tuple[float, float]] = []  # (when, up to which step the curves reach)

    @property
    def truth(self) -> float:
        return self.models[self.chart]["truth"][-1][1]

    def take_custom(self, content: dict, buffers: list) -> None:
        if content.get("type") == "points" and content["blocks"][0][0] == 0:  # the first curve goes on
            _, _, count, steps_at, _ = content["blocks"][0]
            middle = float(np.frombuffer(buffers[0], np.float32)[steps_at + count - 1])
            self.shown.append((time.perf_counter(), 2 * middle - 1))  # of a long run all steps are averaged to one point, in their middle

    async def think(self, seconds: float = PAUSE) -> None:
        await asyncio.sleep(seconds * random.uniform(0.5, 1.5))

    async def start(self, experiment: Experiment) -> None:
        self.chart = self.having("truth", "ceiling")
        self.set(self.having("fragment", "loaded"), fragment=f"{experiment.to_url()[1:]}&view.live=true", loaded=True)
        await self.until(lambda: "Opened" in self.text("mi-status"))
        self.set(self.having("dark", "inside"), inside=True)  # in a window of 1280 by 900 the card "Look inside" is in sight
        self.click("mi-run")
        await self.points(2)

    async def points(self, count: int = 1) -> float:
        """Wait for so many frames more."""
        goal = self.heard["custom points"] + count
        return await self.until(lambda: self.heard["custom points"] >= goal, 120)

    async def live(self, until: float) -> None:
        slider, before, began = self.find("mi-correlation"), self.heard["custom points"], time.perf_counter()
        paused = 0.0
        await asyncio.sleep(PAUSE * random.random())
        while time.perf_counter() < until:
            for _ in range(MOVES):
                await self.move(slider)
            since = time.perf_counter()
            self.delays["pause"].append(await self.delay(lambda: self.click("mi-pause"), lambda: "Paused" in self.text("mi-status")))
            await self.think(PAUSE / 2)
            self.click("mi-pause")
            await self.until(lambda: "Paused" not in self.text("mi-status"))
            paused += time.perf_counter() - since
        self.frames = (self.heard["custom points"] - before) / (time.perf_counter() - began - paused)

    async def move(self, slider: str) -> None:
        """Move the correlation: first the truth line moves, then the curves go on behind the step from which on the change holds."""
        old, now = self.truth, self.models[slider]["value"]
        wanted = round(now - 0.1 if now > 0.5 else now + 0.1, 3)
        self.shown, began = [], time.perf_counter()
        self.delays["move"].append(await self.delay(lambda: self.set(slider, value=wanted), lambda: self.truth != old))
        await self.think()  # the step that the line shows at first is only the page's guess: until then it has been put right
        await self.until(self.changed)
        self.delays["change"].append(self.changed() - began)

    def changed(self) -> float | None:
        """When the first step behind the last change was seen."""
        return next((when for when, step in self.shown if step > self.models[self.chart]["truth"][-1][0]), None)


# -- the measurements ------------------------------------------------------------------------------------------------------


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1] if len(values) > 1 else float("nan")


async def all_at_once(jobs, errors: list[str]) -> list:
    """The results of what succeeds; what fails is an error of the dashboard's and written down."""
    results = await asyncio.gather(*jobs, return_exceptions=True)
    errors += [f"{type(result).__name__}: {result} in: {place(result)}" for result in results if isinstance(result, BaseException)]
    return [result for result in results if not isinstance(result, BaseException)]


def place(problem: BaseException) -> str:
    """The lines of ours that a student was at."""
    ours = [frame.line for frame in traceback.extract_tb(problem.__traceback__) if Path(frame.filename).parent == Path(__file__).parent]
    return " > ".join(ours[1:]) or "?"


async def visit(chromium: Chromium, rounds: int = 3) -> float:
    """The best of some openings by one visitor alone: the first warms the server up."""
    times = []
    for _ in range(rounds):
        chromium.files = []
        times.append(await chromium.open())
        await chromium.context.close()
    return min(times)


async def a_class(server: Server, browser, students: int, seconds: float) -> dict[str, float]:
    found, errors = {}, []
    chromium = browser and Chromium(browser, server.address)
    if chromium:
        found["first usable control, warm server (s)"] = await visit(chromium)
        await asyncio.sleep(3)  # its kernel needs a moment to go, and 99 students and Chromium need all places
    files = list(dict.fromkeys(chromium.files)) if chromium else []
    pupils = [Pupil(server.address) for _ in range(students)]
    opened = await all_at_once([*(pupil.open(files) for pupil in pupils), *([chromium.open()] if chromium else [])], errors)
    found["all pages interactive (s)"] = max(opened)
    print(f"opened: median {statistics.median(opened):.1f} s", flush=True)
    present = [pupil for pupil in pupils if pupil.models]
    await all_at_once([pupil.start(endless(number)) for number, pupil in enumerate(present)], errors)
    print("all run", flush=True)
    until = time.perf_counter() + seconds
    drawn = asyncio.ensure_future(chromium.live(until)) if chromium else None
    await all_at_once([pupil.live(until) for pupil in present], errors)
    found["memory of all processes, PSS (MB)"] = await asyncio.to_thread(server.memory)
    delays = {kind: [1000 * delay for pupil in present for delay in pupil.delays[kind]] for kind in ("move", "pause", "change")}
    found["slider to truth line, p50 (ms)"] = percentile(delays["move"], 50)
    found["slider to truth line, p95 (ms)"] = percentile(delays["move"], 95)
    found["pause visible, p95 (ms)"] = percentile(delays["pause"], 95)
    found["changed parameter visible, p95 (ms)"] = percentile(delays["change"], 95)
    found["frames per student and second, least"] = min(pupil.frames for pupil in present)
    if drawn:
        found["the same in Chromium, p95 (ms)"] = percentile(await drawn, 95)
        errors += chromium.errors
        await chromium.context.close()
    await leave(present, errors)
    found["errors"] = len(errors)
    for error in errors[:10]:
        print("error:", error)
    return found


async def leave(pupils, errors: list[str]) -> None:
    errors += [error for pupil in pupils for error in pupil.errors]
    await all_at_once([pupil.close() for pupil in pupils], errors)


async def the_same_preset(server: Server, students: int) -> None:
    errors = []
    pupils = [Pupil(server.address) for _ in range(students)]
    await all_at_once([pupil.open() for pupil in pupils], errors)
    began = time.perf_counter()

    async def press(pupil):
        pupil.click("mi-preset-first-look")
        await pupil.until(lambda: "Finished" in pupil.text("mi-status"), 600)

    await all_at_once([press(pupil) for pupil in pupils], errors)
    told = server.broker()
    trainings = "unknown" if told is None else sum(told["started"].values())
    print(f"{students} students, one preset: finished for all after {time.perf_counter() - began:.1f} s, trainings: {trainings}")
    await leave(pupils, errors)
    print("errors:", len(errors), *errors[:10], sep="\n")


async def a_story(server: Server, students: int, lesson: str) -> None:
    """All press Run on the first story of a lesson within two seconds, and ask for the other unit when it has finished."""
    errors, waits = [], {"first picture": [], "finished": [], "in bits": []}
    visitors = [Student(server.address, lesson) for _ in range(students)]
    await all_at_once([visitor.open() for visitor in visitors], errors)
    while (told := server.broker()) and not told["processes"]:  # a class does not begin amid the server's start
        await asyncio.sleep(0.5)

    async def run(visitor):
        def picture():
            return visitor.text("mi-picture")

        await asyncio.sleep(2 * random.random())
        before, began = picture(), time.perf_counter()
        visitor.click("mi-run")
        waits["first picture"].append(await visitor.until(lambda: picture() != before, 300) - began)
        waits["finished"].append(await visitor.until(lambda: "Finished" in visitor.text("mi-status"), 600) - began)
        before = picture()
        waits["in bits"].append(await visitor.delay(lambda: visitor.set(visitor.find("mi-unit"), index=1), lambda: picture() != before))

    await all_at_once([run(visitor) for visitor in visitors], errors)
    for what, seconds in waits.items():
        print(f"{what}: median {statistics.median(seconds):.2f} s, p95 {percentile(seconds, 95):.2f} s")
    print(f"memory of all processes: {await asyncio.to_thread(server.memory):.0f} MB")
    await leave(visitors, errors)
    print("errors:", len(errors), *errors[:10], sep="\n")


async def cycles(server: Server, count: int) -> None:
    """Students who come one after the other, run, stop and go."""
    errors, sizes = [], []
    for number in range(count):
        pupil = Pupil(server.address)
        await all_at_once([one_cycle(pupil, number)], errors)
        await leave([pupil], errors)
        await asyncio.sleep(0.5)  # its kernel needs a moment to go
        sizes.append(await asyncio.to_thread(server.memory))
        if number in (0, 9) or number % 10 == 9:
            print(f"after {number + 1} cycles: {sizes[-1]:.0f} MB in {len(server.family())} processes", flush=True)
    early = min(10, count)
    print(f"memory: {sizes[early - 1]:.0f} MB after {early} cycles, {sizes[-1]:.0f} MB after {count}; errors: {len(errors)}")
    print(*errors[:10], sep="\n")


async def one_cycle(pupil: Pupil, number: int) -> None:
    await pupil.open()
    await pupil.start(endless(number))
    pupil.click("mi-reset")


def table(found: dict[str, float], students: int) -> str:
    lines = [f"| {students} students | measured | to reach | |", "|---|---|---|---|"]
    for name, limits in TARGETS.items():
        value, limit = found.get(name, float("nan")), limits[students > 30]
        good = value >= -limit if limit < 0 else value <= limit
        verdict = "not measured" if value != value else "yes" if good else "NO"
        lines.append(f"| {name} | {value:.4g} | {'≥' if limit < 0 else '≤'} {abs(limit)} | {verdict} |")
    return "\n".join(lines)


async def carry_out(options: argparse.Namespace) -> None:
    from playwright.async_api import async_playwright

    with Server(options.address) as server:
        await server.ready()
        if options.cycles:
            return await cycles(server, options.cycles)
        if options.same:
            return await the_same_preset(server, options.students)
        if options.story:
            return await a_story(server, options.students, options.story)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) if CHROMIUM else None
            print(table(await a_class(server, browser, options.students, options.seconds), options.students))
            if browser:
                await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60, help="how long all of them experiment")
    parser.add_argument("--address", help="of a dashboard that runs already, such as http://localhost:8866/")
    parser.add_argument("--same", action="store_true", help="everybody presses the same preset")
    parser.add_argument("--story", metavar="LESSON", help="everybody presses Run on the first story of another lesson")
    parser.add_argument("--cycles", type=int, metavar="N", help="N visits, one after the other")
    asyncio.run(carry_out(parser.parse_args()))


if __name__ == "__main__":
    main()
