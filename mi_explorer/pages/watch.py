"""The page "Watch the bounds converge": choose a problem whose MI is known, run the bounds, see what each is worth."""

from __future__ import annotations

__all__ = ["WatchPage", "watch"]

import dataclasses
import html
import math
import threading
from urllib.parse import parse_qsl, urlencode

import ipywidgets as widgets

from mi_explorer.bounds import bounds
from mi_explorer.bracket import bracket, bracket_sentence
from mi_explorer.experiment import CHANGEABLE, Experiment
from mi_explorer.pages.curves import Curves
from mi_explorer.pages.follow import Every, Follower
from mi_explorer.pages.guess import Guess
from mi_explorer.pages.inside import TABS, Inside
from mi_explorer.pages.presets import PRESETS, Preset
from mi_explorer.pages.problem import ProblemPanel
from mi_explorer.pages.readout import progress_line, table, truth_line
from mi_explorer.pages.seen import seen
from mi_explorer.pages.settings import experiment_fields, show_fields
from mi_explorer.pages.status import Status
from mi_explorer.pages.work import Work, experiment_cells
from mi_explorer.palette import assign
from mi_explorer.parameters import ParameterError
from mi_explorer.result import Look
from mi_explorer.runners import GOING, Frame, experiment_runner
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import LiveChart, PageLink, controls

DOWNLOADS = (
    ("png", "PNG", "the chart as a picture"), ("svg", "SVG", "the chart as a vector graphic"),
    ("pdf", "PDF", "the chart for print"), ("csv", "CSV", "all estimates, one row per step, bound and replicate"),
    ("json", "JSON", "the experiment, for mi-explorer run"),
)


def watch(experiment: Experiment | None = None) -> widgets.Widget:
    """The page as a widget, opened on an experiment (by default the first preset)."""
    return WatchPage(experiment).widget


class WatchPage:
    """Controls describe an ``Experiment``; a runner carries it out; a follower's thread writes what comes of it."""

    def __init__(self, experiment: Experiment | None = None, runner=None):
        self.runner = runner or experiment_runner()
        self.experiment = experiment or PRESETS[0].experiment
        self.preset: Preset | None = None if experiment else PRESETS[0]
        self.setting = False
        self.wish: tuple[Experiment, bool] | None = None  # (what to start, paused), carried out by the follower
        self.state = "idle"
        self.run = self.done = 0
        self.look: Look | None = None
        self.ran: Experiment | None = None  # the experiment of the run on the chart, its changes included
        self.lines = threading.Lock()  # two threads move the lines of the truth: that of the controls, and the follower's
        self.asked = self.heard = 0  # changes of the run on the chart: made so far, and made when its newest frame was taken
        self.table_due = self.picture_due = False
        self.words, self.tables, self.description = Every(0.25), Every(0.5), Every(2)
        self.make()
        self.wire()
        self.lay_out()
        self.show_experiment(self.experiment)
        self.status.say("Press Run, or choose a story above.")
        self.follower = Follower(self.tick, self.runner.arrivals)
        self.guess.ask(self.experiment)

    # -- widgets -------------------------------------------------------------------------------------------------------

    def make(self) -> None:
        self.preset_buttons, self.preset_box = controls.choices("preset", "Choose a story", [(p.key, p.label, p.look_for) for p in PRESETS])
        self.status = Status()
        self.problem = ProblemPanel(self.experiment.distribution, self.on_problem, self.status.complain)
        self.fields = experiment_fields(self.experiment)
        self.run_button = controls.button("run", "Run", icon="play", primary=True, help="Start with these settings")
        self.pause_button = controls.button("pause", "Pause", icon="pause")
        self.step_button = controls.button("step", "Step", icon="step", help="One training step")
        self.reset_button = controls.button("reset", "Reset", icon="reset", help="Clear the chart and the settings")
        self.live = controls.checkbox("live", "Apply changes while running", True, help="Off: a moved slider starts a new run")
        self.story = controls.text("story")
        self.progress = controls.text("progress")
        self.truth = controls.text("truth")
        self.unit = controls.segments("unit", "Unit", ["nats", "bits"], "nats")
        self.chart = LiveChart()
        self.curves = Curves(self.chart)
        self.guess = Guess(self.chart, self.on_guess)
        self.outcome, self.headline = controls.text("outcome", live=True), controls.text("headline")
        self.bracket = controls.text("bracket")
        self.table = controls.text("table")
        self.inside = Inside(self.on_view)
        self.link = PageLink(downloads=[list(entry) for entry in DOWNLOADS])
        self.work = Work(self.link)

    def wire(self) -> None:
        for preset in PRESETS:
            self.preset_buttons[preset.key].on_click(lambda _, preset=preset: self.on_preset(preset))
        for field, widget in self.fields.items():
            widget.observe(lambda change, field=field: self.on_field(field, change["new"]), "value")
        self.run_button.on_click(lambda _: self.start())
        self.pause_button.on_click(lambda _: self.on_pause())
        self.step_button.on_click(lambda _: self.on_step())
        self.reset_button.on_click(lambda _: self.on_reset())
        self.guess.again_button.on_click(lambda _: self.guess.ask(self.experiment))
        self.unit.observe(lambda _: self.on_view(), "value")
        self.live.observe(lambda _: self.on_view(), "value")
        self.link.observe(lambda _: self.on_link(), ["loaded", "fragment"])
        self.link.on_download(self.on_download)

    def lay_out(self) -> None:
        f = self.fields
        self.widget = controls.page(
            lead=[controls.card("", self.preset_box, self.story, name="presets")],
            controls=[
                controls.card(
                    "", controls.row(self.run_button, self.pause_button), controls.row(self.step_button, self.reset_button),
                    self.status, self.progress, name="start",
                ),
                controls.card("", controls.fold("The problem", self.problem.widget, phone=True), name="problem"),
                controls.card(
                    "", controls.fold(
                        "The estimators", f["bounds"], f["batch_size"], f["critic"], f["steps"], f["replicates"], self.live, phone=True,
                    ),
                    controls.fold("More settings", f["width"], f["learning_rate"], f["seed"], f["device"], f["precision"], open=False),
                    name="estimators",
                ),
            ],
            results=[
                controls.card(
                    "", controls.row(self.truth, self.unit), self.guess.widget, self.chart, self.outcome, self.headline, self.bracket,
                    self.table, self.link, name="estimates",
                ),
                self.inside.widget,
            ],
            title="Watch the bounds converge",
            subtitle="A problem whose mutual information is known, and the estimators that have to find it.",
        )
        self.theme = self.widget.children[0]  # the style sheet knows which theme the visitor sees, and what is in sight
        self.theme.observe(lambda _: self.on_view(), "inside")

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Set all controls to an experiment, without starting anything."""
        self.setting = True
        try:
            self.experiment = experiment
            self.problem.show(experiment.distribution)
            show_fields(self.fields, experiment)
        finally:
            self.setting = False
        self.story.value = html.escape(self.preset.look_for) if self.preset else ""
        for key, button in self.preset_buttons.items():
            (button.add_class if self.preset and key == self.preset.key else button.remove_class)("mi-on")
        self.show_known()
        self.show_link()

    def show_known(self) -> None:
        """What needs no run: the truth and the ceiling. Called first after every change, so that the lines move at once."""
        now = self.experiment
        with self.lines:
            if self.live_change_goes_on():
                self.curves.move_lines(self.done, now)
            else:
                self.curves.show_levels(now)
        self.truth.value = truth_line(now.distribution, self.unit.value)

    def show_link(self) -> None:
        view = {"view.unit": self.unit.value, "view.tab": self.inside.tab, "view.live": str(self.live.value).lower()}
        self.own_fragment = self.experiment.to_url()[1:] + "&" + urlencode(view)
        self.link.fragment = self.own_fragment

    # -- what the visitor does -----------------------------------------------------------------------------------------

    def on_problem(self, distribution) -> None:
        self.apply(distribution=distribution)

    def on_field(self, field: str, value) -> None:
        if not self.setting and value != getattr(self.experiment, field):
            self.apply(**{field: value})

    def apply(self, **values) -> None:
        """Take over a change of the controls, or undo it and say why."""
        try:
            changes = () if set(values) & set(CHANGEABLE) else self.experiment.changes
            experiment = dataclasses.replace(self.experiment, changes=changes, **values)
            same_shape = (experiment.distribution.dim_x, experiment.distribution.dim_y) == (
                self.experiment.distribution.dim_x, self.experiment.distribution.dim_y
            )
            goes_on = (
                self.live_change_goes_on() and same_shape and set(values) <= set(CHANGEABLE) and self.runner.change(**values)
            )
            with self.lines:
                self.asked += 1
        except ParameterError as problem:
            self.show_experiment(self.experiment)
            self.status.complain(str(problem))
            return
        self.experiment = experiment
        self.status.forgive()
        self.guess.keep_up(experiment)
        self.show_known()
        if self.state != "idle" and not goes_on:
            self.start()
        elif self.state == "idle":
            self.status.say("Press Run.")
        self.show_link()
        self.follower.wake()

    def live_change_goes_on(self) -> bool:
        return self.live.value and self.wish is None and self.state in GOING

    def on_preset(self, preset: Preset) -> None:
        self.preset = preset
        self.state = "idle"  # whatever was running makes room
        self.show_experiment(preset.experiment)
        self.start()

    def start(self, paused: bool = False) -> None:
        self.state = "loading"
        self.guess.keep_up(self.experiment)
        self.guess.close()
        self.status.say(self.runner.first_words if self.run == 0 else "Starting.")
        with self.lines:
            self.wish = (self.experiment, paused)
            self.curves.show_levels(self.experiment)
        self.follower.wake()

    def on_pause(self) -> None:
        self.status.forgive()
        if self.state == "paused":
            self.runner.resume()
        elif self.state in ("running", "loading"):
            self.runner.pause()
        self.follower.wake()

    def on_step(self) -> None:
        if self.state in ("idle", "finished", "failed"):
            self.start(paused=True)
            return
        self.status.forgive()
        self.runner.pause()
        self.runner.step()
        self.follower.wake()

    def on_reset(self) -> None:
        self.preset = self.preset or PRESETS[0]
        self.state, self.wish = "reset", None
        self.show_experiment(self.preset.experiment)
        self.guess.ask(self.experiment)
        self.status.say("Settings are back to the preset's. Press Run.")
        self.follower.wake()

    def on_view(self) -> None:
        """The unit, the tab or the critic to look at has changed: nothing to compute, everything to write again."""
        self.chart.unit = self.unit.value
        self.guess.show()
        now = self.ran.at(self.done) if self.ran and self.state != "idle" else self.experiment
        self.truth.value = truth_line(now.distribution, self.unit.value)
        self.table_due = self.picture_due = True
        self.show_link()
        self.follower.wake()

    def on_guess(self) -> None:
        self.story.layout.display = "none" if self.guess.open else ""  # it tells what will be seen
        self.table_due = True
        self.follower.wake()

    def on_link(self) -> None:
        """The address has said what it wants, on arrival or because the visitor edited it."""
        if not self.link.loaded or self.link.fragment in ("", getattr(self, "own_fragment", "")):
            return
        pairs = parse_qsl(self.link.fragment, keep_blank_values=True)
        view = {name[5:]: value for name, value in pairs if name.startswith("view.")}
        try:
            experiment = Experiment.from_url("#" + urlencode([pair for pair in pairs if not pair[0].startswith("view.")]))
        except ParameterError as problem:
            self.preset = PRESETS[0]
            self.show_experiment(self.preset.experiment)
            self.status.complain(f"This link is broken, so these are the defaults. {problem}")
            return
        self.preset = next((preset for preset in PRESETS if preset.experiment == experiment), None)
        if view.get("unit") in ("nats", "bits"):
            self.unit.value = view["unit"]
        if view.get("tab") in TABS:
            self.inside.tabs.selected_index = TABS.index(view["tab"])
        self.live.value = view.get("live") != "false"
        self.show_experiment(experiment)
        self.status.say("Opened from a link. Press Run.")
        if self.state != "idle":
            self.start()

    def on_download(self, name: str) -> None:
        result = self.runner.result()
        key = (result.experiment if result else self.experiment).key
        if name == "json":
            data = (result.experiment if result else self.experiment).to_json().encode()
        elif result is None:
            return self.link.say("There is nothing to download yet: press Run first.")
        elif name == "csv":
            data = result.frame().to_csv(index=False).encode()
        else:
            from mi_explorer import figures

            data = figures.to_bytes(figures.convergence(result, self.unit.value), name)
        mime = {"json": "application/json", "csv": "text/csv", "png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}[name]
        self.link.offer(f"mi-explorer-{key}.{name}", mime, data)

    # -- what the follower's thread writes -----------------------------------------------------------------------------

    def tick(self) -> bool:
        if self.state == "reset":
            self.clear()
        wish, self.wish = self.wish, None
        if wish:
            self.begin(*wish)
        self.heard = self.asked
        frame = self.runner.take()
        news = frame and frame.run == self.run and self.show_frame(frame)
        self.runner.watch_critics(self.theme.inside)
        if self.table_due and (self.tables.due() or self.state not in ("loading", "running")):
            self.write_table()
        if news and self.state == frame.state:  # not where the visitor has reset it meanwhile
            self.show_state(frame)  # behind the table: who is told that a run has finished finds its estimates there
        if self.picture_due and self.theme.inside:
            self.picture_due = False
            self.inside.draw(self.look, self.ran, self.unit.value)
        return self.wish is not None or self.state in GOING

    def keep(self) -> None:
        """The run on the chart becomes a piece of the visitor's work, if it has come to something."""
        unit = self.unit.value
        if self.ran and (readings := self.curves.readings(self.ran)):
            told = [f"{one.bound.name}: {format_mi(one.estimate, unit)} ± {format_mi(one.stderr, unit)} {unit}" for one in readings]
            until = "" if self.done >= self.ran.steps else f"Left after {self.done:,} steps."
            words = [seen(readings, unit), "; ".join(told), until, self.guess.outcome(readings, True)]
            title = f"Watch the bounds converge · {self.ran.at(self.done).distribution.label}"
            self.work.add("watch", experiment_cells(title, self.ran, unit, words))

    def clear(self) -> None:
        if self.ran and self.done < self.ran.steps:
            self.keep()
        self.runner.stop()
        self.state, self.done, self.ran, self.look = "idle", 0, None, None
        self.curves.clear(self.experiment.steps)
        self.progress.value = ""
        self.table_due = self.picture_due = True
        self.show_buttons()

    def begin(self, experiment: Experiment, paused: bool) -> None:
        if self.ran and self.done < self.ran.steps:
            self.keep()
        self.done, self.look, self.ran = 0, None, experiment
        self.curves.begin(experiment)
        self.inside.offer(experiment)
        self.run = self.runner.submit(experiment, paused=paused)
        if paused:
            self.runner.step()
        self.table_due = True
        self.show_buttons()

    def show_frame(self, frame: Frame) -> bool:
        """Whether the run is in another state than it was, or rests at another step."""
        self.done = frame.start + len(frame.rows)
        self.ran = frame.experiment
        if len(frame.rows) or frame.evaluations:
            self.curves.add(frame)
            self.table_due |= bool(frame.evaluations)
        settled = frame.state not in ("loading", "running")
        if self.words.due() or settled:  # every message costs the run a little: words may come more slowly than points
            self.progress.value = progress_line(frame, self.done)
        if self.description.due() or settled:
            self.chart.description = self.curves.describe(self.ran, self.done)
        with self.lines:
            # Else the lines would go back to what was before: until the next frame, which may be long in coming, or for good.
            old = frame.pending or self.heard != self.asked or self.wish is not None or self.state == "reset"
            if frame.experiment.changes and not old:
                self.curves.show_levels(frame.experiment)
                now = frame.experiment.at(max(self.done, 1))  # what was changed before the first step holds from that on
                self.truth.value = truth_line(now.distribution, self.unit.value)
        if frame.look:
            self.look, self.picture_due = frame.look, True
        stepped = frame.state == "paused" and len(frame.rows)  # the sentence says at which step
        if (frame.state == self.state and not stepped) or self.wish is not None or self.state == "reset":
            return False
        self.state = frame.state
        self.table_due = True
        if frame.state == "finished":
            self.keep()
        return True

    def show_state(self, frame: Frame) -> None:
        ended = f" {frame.endings[0].sentence}" if frame.endings else ""
        if frame.state == "failed":
            self.status.complain(frame.error)
        elif frame.state == "running":
            self.status.news("Running.")
        elif frame.state == "paused":
            self.status.news(f"Paused at step {self.done:,}.{ended}")
        elif frame.state == "finished":
            self.status.news(f"Finished after {self.done:,} steps.{ended}")
        self.show_buttons()

    def show_buttons(self) -> None:
        paused = self.state == "paused"
        self.pause_button.description = "Resume" if paused else "Pause"
        controls.set_icon(self.pause_button, "play" if paused else "pause")
        self.pause_button.disabled = self.state not in GOING
        self.run_button.description = "Run" if self.state == "idle" else "Run again"

    def write_table(self) -> None:
        self.table_due = False
        now = self.ran or self.experiment
        readings = self.curves.readings(now, self.state == "running")
        final = self.state not in ("idle", "loading", "running", "reset")
        self.outcome.value = self.guess.outcome(readings, final)
        self.headline.value = html.escape(seen(readings, self.unit.value)) if final else ""
        self.bracket.value = html.escape(bracket_sentence(bracket(readings), self.unit.value))
        self.table.value = table(readings, assign(now.bounds, bounds), self.unit.value)
