"""A page of panels: a few questions, each with a study that answers it while you watch."""

from __future__ import annotations

__all__ = ["Lesson", "PanelPage"]

import html
import threading
import time
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlencode

import ipywidgets as widgets

from mi_explorer.pages.drawn_once import drawn_once
from mi_explorer.pages.follow import Every, Follower
from mi_explorer.pages.panels.panel import Desk, Panel
from mi_explorer.pages.panels.words import prose, time_left
from mi_explorer.pages.picture import image, show_numbers
from mi_explorer.pages.readout import remark
from mi_explorer.pages.work import Work, study_cells
from mi_explorer.parameters import ParameterError
from mi_explorer.runners import GOING, StudyFrame, study_runner
from mi_explorer.widgets import PageLink, PictureNumbers, controls

DOWNLOADS = (
    ("png", "PNG", "the picture"), ("svg", "SVG", "the picture as a vector graphic"), ("csv", "CSV", "the numbers behind it"),
    ("json", "JSON", "the settings"),
)


@dataclass(frozen=True)
class Lesson:
    """A page of panels as data. notebook: the name of the notebook that shows it; title, subtitle: its heading."""

    notebook: str
    title: str
    subtitle: str
    panels: tuple[Panel, ...]


class PanelPage:
    """One runner, one result card, and a desk of controls for each question; a follower's thread writes what moves.

    panel: the key of the one to open with, the first if None (ParameterError for another); ``widget`` is the page.
    """

    def __init__(self, lesson: Lesson, panel: str | None = None, runner=None):
        self.lesson = lesson
        self.runner = runner or study_runner()
        self.desks = {p.key: Desk(p, self.on_change, self.complain, self.start, self.on_predict) for p in lesson.panels}
        panel = lesson.panels[0].key if panel is None else panel
        if panel not in self.desks:
            raise ParameterError("panel", panel, "one of " + ", ".join(self.desks))
        self.desk = self.desks[panel]
        self.wish: Desk | None = None  # whose study to start, carried out by the follower
        self.forgotten: Desk | None = None  # whose findings to clear, likewise
        self.stopping = False
        self.handover = threading.RLock()  # a frame of the old study, in the follower's hands, must not undo the start of a new one
        self.complaint = ""  # what was refused; it stays until the visitor does something else
        self.at_work: Desk | None = None
        self.run = 0
        self.began: tuple[float, float] | None = None  # when the study was first heard of, and how much was done then
        self.due = False
        self.pictures, self.lines = Every(0.35), Every(0.25)
        self.make()
        self.wire()
        self.lay_out()
        self.follower = Follower(self.tick, self.runner.arrivals)
        self.show_desk()
        self.follower.wake()

    # -- widgets -------------------------------------------------------------------------------------------------------

    def make(self) -> None:
        asked = [(panel.key, panel.label, panel.question) for panel in self.lesson.panels]
        self.panel_buttons, self.panel_box = controls.choices("panel", "Choose a question", asked)
        self.question = controls.text("question")
        self.run_button = controls.button("run", "Run", icon="play", primary=True, help="Start with these settings")
        self.pause_button = controls.button("pause", "Pause", icon="pause", help="Hold the run; press again to go on")
        self.stop_button = controls.button("stop", "Stop", help="Stop, and keep what has been found")
        self.reset_button = controls.button("reset", "Reset", icon="reset", help="Back to the first story, with nothing found and nothing predicted")
        self.status = controls.text("status", live=True)
        self.progress = controls.text("progress")
        self.unit = controls.segments("unit", "Unit", ["nats", "bits"], "nats")
        self.outcome = controls.text("outcome", live=True)
        self.headline = controls.text("headline")
        self.picture = controls.text("picture")
        self.numbers = PictureNumbers()
        self.table = controls.text("table")
        self.notes = controls.text("caveats")
        self.link = PageLink(downloads=[list(entry) for entry in DOWNLOADS])
        self.work = Work(self.link)

    def wire(self) -> None:
        for panel in self.lesson.panels:
            self.panel_buttons[panel.key].on_click(lambda _, key=panel.key: self.choose(key))
        self.run_button.on_click(lambda _: self.start())
        self.pause_button.on_click(lambda _: self.hold())
        self.stop_button.on_click(lambda _: self.stop())
        self.reset_button.on_click(lambda _: self.reset())
        self.unit.observe(lambda _: self.on_view(), "value")
        self.numbers.observe(lambda _: self.on_view(), "opened")
        self.link.observe(lambda _: self.on_link(), ["loaded", "fragment"])
        self.link.on_download(self.on_download)

    def lay_out(self) -> None:
        self.lead = controls.card("", name="questions")
        runs, others = controls.row(self.run_button, self.pause_button), controls.row(self.stop_button, self.reset_button)
        start = controls.card("", runs, others, self.status, self.progress, name="start")
        self.settings = controls.group()
        parts = self.outcome, self.headline, self.picture, self.numbers, self.table, self.link
        self.seen = controls.card("What is seen", *parts, name="results", aside=self.unit)
        self.notes_card = controls.card("What does not hold", self.notes, name="limits")
        self.results = controls.group(self.seen)
        self.widget = controls.page(
            lead=[self.lead], controls=[start, self.settings], results=[self.results],
            title=self.lesson.title, subtitle=self.lesson.subtitle,
        )
        self.theme = self.widget.children[0]
        self.theme.observe(lambda _: self.on_view(), ["dark", "narrow"])

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_desk(self) -> None:
        """Show another question: its controls, and what was found there before."""
        panel = self.desk.panel
        for key, button in self.panel_buttons.items():
            (button.add_class if key == panel.key else button.remove_class)("mi-on")
        self.question.value = prose(panel.question)
        self.lead.children = [self.panel_box, self.question, self.desk.lead]
        self.settings.children = [self.desk.widget]
        self.notes.value = notes(panel)
        self.results.children = [self.seen, *([self.notes_card] if self.notes.value else [])]
        self.show_words()
        self.show_link()
        self.due = True
        self.begin_if_live()

    def begin_if_live(self) -> None:
        """What costs little begins by itself, once its prediction is made or skipped: its picture would answer the question."""
        busy = any(desk is not None and desk.state in GOING for desk in (self.desk, self.at_work))  # not stopped unasked
        asks = self.desk.predict.open
        self.desk.look_for.layout.display = "none" if asks else ""
        if self.desk.panel.live and self.desk.snapshot is None and not busy and not asks:
            self.start()

    def show_words(self) -> None:
        desk = self.desk
        sentence = html.escape(desk.words)
        wrong = html.escape(self.complaint) or (sentence if desk.state == "failed" else "")
        self.status.value = f'<span class="mi-error">{wrong}</span>' if wrong else sentence
        self.progress.value = html.escape(desk.left) + remark(desk.note)
        self.stop_button.disabled = self.pause_button.disabled = desk.state not in GOING
        self.pause_button.description = "Resume" if desk.paused else "Pause"
        controls.set_icon(self.pause_button, "play" if desk.paused else "pause")
        self.run_button.description = "Run" if desk.snapshot is None and desk.state == "idle" else "Run again"

    def say(self, sentence: str) -> None:
        self.desk.words = sentence
        self.show_words()

    def complain(self, sentence: str) -> None:
        self.complaint = sentence
        self.show_words()

    def show_link(self) -> None:
        own = {"panel": self.desk.panel.key, "view.unit": self.unit.value}
        self.own_fragment = urlencode(own) + "&" + self.desk.study.to_url()[1:]
        self.link.fragment = self.own_fragment

    # -- what the visitor does -----------------------------------------------------------------------------------------

    def choose(self, key: str) -> None:
        self.complaint = ""
        self.desk = self.desks[key]
        self.show_desk()
        self.follower.wake()

    def on_predict(self) -> None:
        self.begin_if_live()
        self.due = True
        self.follower.wake()

    def on_change(self) -> None:
        self.complaint = ""
        if self.desk.panel.live:
            self.start()
            return
        if self.desk.state not in GOING:
            self.say("Press Run." if self.desk.snapshot is None else "The settings have changed: press Run to see what they do.")
        else:
            self.say("Running with the settings from before; press Run again for the new ones.")
        self.show_link()

    def start(self) -> None:
        with self.handover:
            self.complaint = ""
            if self.at_work and self.at_work is not self.desk and self.at_work.state in GOING:
                self.at_work.leave("idle", "Stopped, because another study was started.")
            self.desk.state, self.desk.left, self.desk.paused = "loading", "", False
            self.desk.predict.skip()  # who runs without an answer does not want to be asked
            self.say(self.runner.first_words if self.run == 0 else "Starting.")
            self.show_link()
            self.wish = self.desk
        self.follower.wake()

    def hold(self) -> None:
        """Pause the run of the question that is shown, or let it go on."""
        desk = self.desk
        if desk is self.at_work and desk.state in GOING:
            desk.paused = not desk.paused
            (self.runner.pause if desk.paused else self.runner.resume)()
            self.say("Paused." if desk.paused else "Running.")
            self.follower.wake()

    def reset(self) -> None:
        """Begin this question again, as if nobody had been here."""
        self.complaint, self.forgotten = "", self.desk
        self.desk.show(self.desk.panel.stories[0].study)
        self.desk.predict.restart()
        self.follower.wake()

    def stop(self) -> None:
        self.stopping = True
        self.follower.wake()

    def on_view(self) -> None:
        """The unit, the theme or the width has changed: nothing to compute, everything to write again."""
        self.due = True
        self.show_link()
        self.follower.wake()

    def on_link(self) -> None:
        """The address has said what it wants, on arrival or because the visitor edited it."""
        if not self.link.loaded or self.link.fragment in ("", self.own_fragment):
            return
        self.complaint = ""
        pairs = parse_qsl(self.link.fragment, keep_blank_values=True)
        own = {name: value for name, value in pairs if name == "panel" or name.startswith("view.")}
        try:
            if own.get("panel") not in self.desks:
                raise ParameterError("panel", own.get("panel"), "one of " + ", ".join(self.desks))
            desk = self.desks[own["panel"]]
            study = desk.panel.study.from_url("#" + urlencode([pair for pair in pairs if pair[0] not in own]))
        except ParameterError as problem:
            first = self.lesson.panels[0]
            self.desk = self.desks[first.key]
            self.desk.show(first.stories[0].study)
            self.show_desk()
            self.complain(f"This link is broken, so these are the defaults. {problem}")
            return
        if own.get("view.unit") in ("nats", "bits"):
            self.unit.value = own["view.unit"]
        self.desk = desk
        desk.show(study)
        self.show_desk()
        self.say("Opened from a link. Press Run.")
        if desk.panel.live and not desk.predict.open:
            self.start()
        self.follower.wake()

    def on_download(self, name: str) -> None:
        snapshot = self.desk.snapshot
        study = snapshot.study if snapshot else self.desk.study
        if name == "json":
            data = study.to_json().encode()
        elif snapshot is None:
            return self.link.say("There is nothing to download yet: press Run first.")
        elif name == "csv":
            data = snapshot.frame().to_csv(index=False).encode()
        else:
            from mi_explorer import figures

            data = figures.to_bytes(self.desk.panel.picture(snapshot, self.unit.value, False, False), name)
        mime = {"json": "application/json", "csv": "text/csv", "png": "image/png", "svg": "image/svg+xml"}[name]
        self.link.offer(f"mi-explorer-{self.desk.panel.key}-{study.key}.{name}", mime, data)

    # -- what the follower's thread writes -----------------------------------------------------------------------------

    def tick(self) -> bool:
        forgotten, self.forgotten = self.forgotten, None
        if forgotten:
            self.forget(forgotten)
        wish, self.wish = self.wish, None
        if wish:
            self.begin(wish)
        elif self.stopping:
            self.end()
        self.stopping = False
        frame = self.runner.take()
        with self.handover:
            if frame and self.at_work and frame.run == self.run and self.wish is None:
                self.take(frame)
        desk = self.at_work
        at_rest = desk is None or desk.state not in GOING or (desk.paused and desk.state == "paused")
        going = self.wish is not None or not at_rest
        if self.due and (self.pictures.due() or not going):
            self.due = False
            self.draw()
            self.pictures.rest()  # a picture may take half a second: the run, and other pages, have to come to their turn
        with self.handover:
            if frame and desk is self.desk and desk.state not in GOING:
                self.show_words()  # behind the picture: who is told that a run has finished finds its answer there
        return going or self.due

    def forget(self, desk: Desk) -> None:
        """Clear what a desk has found, once nothing more can be added to it."""
        if self.at_work is desk:
            self.runner.stop()
            self.at_work = None
        desk.snapshot, self.due = None, True
        if self.wish is not desk:
            desk.leave("idle", "Press Run.")
        if desk is self.desk:
            self.show_words()
            self.show_link()

    def begin(self, desk: Desk) -> None:
        self.at_work, self.began = desk, None
        self.run = self.runner.submit(desk.study.carry_out)

    def end(self) -> None:
        if self.at_work and self.at_work.state in GOING:
            self.runner.stop()
            self.at_work.leave("stopped", "Stopped. What has been found so far stays.")
            self.keep(self.at_work)
            self.due = True
            self.show_words()

    def take(self, frame: StudyFrame) -> None:
        desk = self.at_work
        before = desk.state
        if frame.latest is not None:
            desk.snapshot, self.due = frame.latest, True
            self.tell_time(desk, frame.latest.done)
        desk.state, desk.note = frame.state, frame.note
        if frame.state == "failed":
            desk.words, desk.left = frame.error, ""
        elif frame.state == "finished":
            desk.words, desk.left = f"Finished in {time.monotonic() - self.began[0]:.0f} s.", ""
            self.keep(desk)
        elif before == "loading" and frame.state == "running":
            desk.words = "Running."
        if desk is self.desk and frame.state in GOING and (frame.state != before or self.lines.due()):
            self.show_words()

    def keep(self, desk: Desk) -> None:
        """What has been found becomes a piece of the visitor's work."""
        panel, snapshot, unit = desk.panel, desk.snapshot, self.unit.value
        if snapshot is not None:
            whole = "" if snapshot.done == 1 else f"Stopped at {100 * snapshot.done:.0f} %."
            words = [panel.headline(snapshot, unit), whole, desk.predict.outcome(snapshot, True, unit)]
            title = f"{self.lesson.title} · {panel.label}"
            self.work.add(panel.key, study_cells(self.lesson.notebook, panel.key, title, snapshot.study, unit, words))

    def tell_time(self, desk: Desk, done: float) -> None:
        now = time.monotonic()
        if self.began is None:
            self.began = now, done
        since, first = self.began
        desk.left = f"{100 * done:.0f} %"
        if done > first and now > since + 0.5:
            desk.left += f" · {time_left((1 - done) * (now - since) / (done - first))}"

    def draw(self) -> None:
        desk, unit = self.desk, self.unit.value
        self.outcome.value = desk.predict.outcome(desk.snapshot, desk.state not in GOING, unit)
        if desk.snapshot is None:
            self.headline.value = '<span class="mi-muted">Nothing yet. Press Run, or choose a story.</span>'
            self.picture.value = self.table.value = ""
            show_numbers(self.numbers, None)
            return
        panel, snapshot = desk.panel, desk.snapshot
        self.headline.value = prose(panel.headline(snapshot, unit))
        shown = snapshot, unit, self.theme.dark, self.theme.narrow
        draw = partial(panel.picture, *shown)
        png = drawn_once(draw, panel.key, *shown)
        self.picture.value = image(png, panel.alternative(snapshot, unit), run=self.run, done=f"{snapshot.done:.3f}")
        show_numbers(self.numbers, draw)
        self.table.value = panel.table(snapshot, unit)


def notes(panel: Panel) -> str:
    """The limits of what is seen and the papers behind it, as HTML; nothing where the panel has neither."""
    told = [f"<p>{prose(sentence)}</p>" for sentence in panel.limits]
    papers = [f'<a href="{html.escape(url, quote=True)}" target="_blank" rel="noopener">{html.escape(name)}</a>' for name, url in panel.papers]
    return "".join(told) + (f'<p class="mi-papers">Read on: {" · ".join(papers)}</p>' if papers else "")
