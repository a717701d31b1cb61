"""The page "Your own data": hand in a table, choose two sides, read what they share and everything that qualifies it."""

from __future__ import annotations

__all__ = ["OwnDataPage", "own_data"]

import dataclasses
import functools
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import ipywidgets as widgets

from mi_explorer.estimators import registry
from mi_explorer.examples import EXAMPLES, Example
from mi_explorer.pages import report_view
from mi_explorer.pages.follow import Follower
from mi_explorer.pages.panels.predict import PredictCard
from mi_explorer.pages.question import MOST_SECONDS, OWN, Question
from mi_explorer.pages.readout import remark
from mi_explorer.pages.report_pictures import TABS, ReportPictures
from mi_explorer.pages.shared_guess import SHARED
from mi_explorer.pages.status import Status
from mi_explorer.pages.work import Work, estimate_cells
from mi_explorer.parameters import ParameterError
from mi_explorer.runners import study_runner
from mi_explorer.tables import Table, read_table
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import PageLink, SidePicker, TableInput, controls

if TYPE_CHECKING:
    from pandas import DataFrame

    from mi_explorer.auto import Report

FIRST = "parabola"  # needs nothing but NumPy: the page is up at once
DOWNLOADS = (
    ("md", "Report", "the report as text (Markdown)"), ("json", "JSON", "the report as data"),
    ("png", "PNG", "the pictures of the report"),
)
PRIVACY = (
    "Your table stays in the memory of the computer that serves this page (on Binder: Binder's), while the page is open."
)
LINK = "The link carries the example and the settings, never your table."


@dataclass(frozen=True, eq=False)
class Asked:
    """What a report is about: the question, the table and the columns of both sides."""

    question: Question
    table: Table
    x: DataFrame
    y: DataFrame
    truth: float | None


def own_data() -> widgets.Widget:
    """The page as a widget, opened on the first example."""
    return OwnDataPage().widget


class OwnDataPage:
    """Controls describe a ``Question`` about a ``Table``; a runner answers it; a follower's thread writes the answer."""

    def __init__(self, runner=None):
        self.runner = runner or study_runner()
        self.setting = False
        self.state = "idle"
        self.run = 0
        self.example: Example | None = EXAMPLES[FIRST]
        self.table = self.example.table
        self.question = Question()
        self.asking: Asked | None = None  # what is being computed
        self.asked: Asked | None = None  # what the report on the page is about
        self.report: Report | None = None
        self.picture_due = False
        self.own_fragment = ""
        self.make()
        self.wire()
        self.lay_out()
        self.follower = Follower(self.tick, self.runner.arrivals)
        self.take_table(self.table, self.example)
        self.status.say("Press Run, or bring your own table.")

    # -- widgets -------------------------------------------------------------------------------------------------------

    def make(self) -> None:
        known = [(example.label, key) for key, example in EXAMPLES.items()]
        self.examples = controls.dropdown("example", "An example", [("your own table", OWN), *known], FIRST)
        self.story = controls.text("story")
        self.intake = TableInput().add_class("mi-control")
        self.table_name = controls.text("table-name", live=True)
        self.sides = SidePicker().add_class("mi-sides")
        methods = [("automatic: several, and a choice", "auto"), *((one.name, key) for key, one in registry.items())]
        self.fields = {
            "drop_missing": controls.checkbox("drop_missing", "Leave out rows with missing values", False),
            "method": controls.dropdown("method", "Method", methods, "auto"),
            "seed": controls.number("seed", "Seed", 0, 0, 2**31 - 1),
            "time_limit": controls.number("time_limit", "Time limit (seconds)", 60.0, 5, MOST_SECONDS, step=5),
        }
        self.predict = PredictCard(SHARED, self.show_outcome)
        self.outcome = controls.text("outcome", live=True)
        self.run_button = controls.button("run", "Run", icon="play", primary=True, help="Estimate what X and Y share")
        self.stop_button = controls.button("stop", "Stop", help="Give up this run; the last answer stays")
        self.reset_button = controls.button("reset", "Reset", icon="reset", help="Back to the first example, with nothing found")
        self.status = Status()
        self.progress = controls.text("progress")
        self.unit = controls.segments("unit", "Unit", ["nats", "bits"], "nats", quiet=True)
        self.answer = controls.text("answer-text")
        self.pictures = ReportPictures(self.on_view)
        self.link = PageLink(downloads=[list(entry) for entry in DOWNLOADS])
        self.work = Work(self.link)

    def wire(self) -> None:
        self.examples.observe(lambda change: self.on_example(change["new"]), "value")
        self.intake.on_data(self.on_data)
        self.sides.observe(lambda _: self.on_sides(), ["x", "y"])
        for field, widget in self.fields.items():
            widget.observe(lambda change, field=field: self.on_field(field, change["new"]), "value")
        self.run_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self.reset_button.on_click(lambda _: self.reset())
        self.unit.observe(lambda _: self.on_view(), "value")
        self.link.observe(lambda _: self.on_link(), ["loaded", "fragment"])
        self.link.on_download(self.on_download)

    def lay_out(self) -> None:
        f = self.fields
        privacy, about_link = (
            controls.text(name, f'<p class="mi-muted">{html.escape(words)}</p>')
            for name, words in (("privacy", PRIVACY), ("about-link", LINK))
        )
        self.widget = controls.page(
            lead=[],
            controls=[
                controls.card("1 · A table", self.examples, self.story, self.intake, self.table_name, privacy, name="bring"),
                controls.card(
                    "2 · Two sides, and run", self.sides, f["drop_missing"], self.predict.widget,
                    controls.row(self.run_button, self.stop_button, self.reset_button), self.status, self.progress,
                    controls.fold("More settings", f["method"], f["time_limit"], f["seed"], open=False), name="choose",
                ),
            ],
            results=[
                controls.card("What X and Y share", self.outcome, self.answer, self.link, about_link, name="answer", aside=self.unit),
                self.pictures.widget,
            ],
            title="Your own data",
            subtitle="What do some columns of a table tell about others? An estimate, how sure it is, and what chance alone "
            "would show.",
        )
        self.theme = self.widget.children[0]
        self.theme.observe(lambda _: self.on_view(), ["dark", "narrow", "inside"])

    # -- what is shown -------------------------------------------------------------------------------------------------

    def take_table(self, table: Table, example: Example | None, x=(), y=()) -> None:
        """Show a table; ``x`` and ``y`` are column numbers from 1, by default the example's own, or the only two there are."""
        numbers = {name: number for number, name in enumerate(table.names, 1)}
        if not (x or y) and example:
            x, y = (tuple(numbers[name] for name in side) for side in (example.x, example.y))
        elif not (x or y) and len(numbers) == 2:
            x, y = (1,), (2,)
        question = dataclasses.replace(self.question, example=example.key if example else OWN, x=x, y=y)
        if wrong := [number for number in (*x, *y) if number > len(numbers)]:
            raise ParameterError("x" if wrong[0] in x else "y", wrong[0], f"a column of this table, from 1 to {len(numbers)}")
        self.table, self.example, self.question = table, example, question
        self.predict.restart()
        self.setting = True
        try:
            self.examples.value = question.example
            rows = len(table.frame)
            columns = [[column.name, report_view.about(column, rows), column.kind != "empty"] for column in table.columns]
            self.sides.show(columns, [number - 1 for number in x], [number - 1 for number in y])
            for field, widget in self.fields.items():
                widget.value = getattr(question, field)
        finally:
            self.setting = False
        self.fields["drop_missing"].layout.display = "" if any(column.missing for column in table.columns) else "none"
        self.story.value = html.escape(example.look_for) if example else ""
        size = f"{rows:,} rows, {len(table.names)} columns."
        self.table_name.value = "" if example else f"<b>{html.escape(table.name)}</b>: {size}"
        self.show_changed()

    def show_changed(self) -> None:
        """The table, its sides or a setting are others than before; an answer that stands there is about the old ones."""
        self.show_answer()
        self.show_buttons()
        self.show_link()
        self.picture_due = True
        self.follower.wake()

    def show_outcome(self) -> None:
        """What became of the prediction: nothing yet while the answer on the page is about another choice."""
        self.outcome.value = self.predict.outcome(None if self.stale else self.report, True, self.unit.value)

    @property
    def stale(self) -> bool:
        """Whether the answer on the page is about another choice than the one that is set."""
        return self.asked is not None and (self.asked.question != self.question or self.asked.table is not self.table)

    def show_answer(self) -> None:
        self.show_outcome()
        if self.report is None:
            self.answer.value = (
                '<p class="mi-muted">Here you will read the estimate with its interval, what is certain at least, '
                "and what chance alone would show.</p>"
            )
            return
        words = report_view.readout(self.report, self.asked.truth, self.unit.value)
        note = '<p class="mi-stale">This answer is about the choice before. Press Run for the one that is set now.</p>'
        self.answer.value = note + words if self.stale else words

    def show_buttons(self) -> None:
        self.stop_button.disabled = self.state not in ("loading", "running")
        self.run_button.disabled = not (self.sides.x and self.sides.y)

    def show_link(self) -> None:
        shown = self.question if self.example else dataclasses.replace(self.question, x=(), y=())
        view = {"view.unit": self.unit.value, "view.tab": self.pictures.tab}
        self.own_fragment = shown.to_url()[1:] + "&" + urlencode(view)
        self.link.fragment = self.own_fragment

    def chosen(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the columns of X and of Y."""
        return tuple(tuple(self.table.names[number - 1] for number in side) for side in (self.question.x, self.question.y))

    # -- what the visitor does -----------------------------------------------------------------------------------------

    def on_example(self, key: str) -> None:
        if self.setting:
            return
        if key == OWN:
            self.setting = True
            self.examples.value = self.question.example
            self.setting = False
            return self.status.say("Open a CSV file, or paste a table, below the list of examples.")
        self.status.say("Making the table.")
        self.take_table(EXAMPLES[key].table, EXAMPLES[key])
        self.status.say("Press Run.")

    def on_data(self, name: str, data: bytes) -> None:
        try:
            table = read_table(data, name, max_bytes=self.intake.max_bytes)
            self.take_table(table, None)
        except ParameterError as problem:
            kept = f" What was here before is still here: {self.table.name}."
            return self.status.complain(f"{name} could not be read. {problem}{kept}")
        self.status.say(f"{name} was read. " + ("Press Run." if self.sides.x else "Choose the columns of X and of Y."))

    def on_sides(self) -> None:
        if self.setting:
            return
        x, y = (tuple(i + 1 for i in side) for side in (self.sides.x, self.sides.y))
        self.question = dataclasses.replace(self.question, x=x, y=y)
        self.predict.restart()
        self.status.say("Press Run." if x and y else "Choose the columns of X and of Y.")
        self.show_changed()

    def on_field(self, field: str, value) -> None:
        if self.setting or value == getattr(self.question, field):
            return
        try:
            self.question = dataclasses.replace(self.question, **{field: value})
        except ParameterError as problem:
            self.setting = True
            self.fields[field].value = getattr(self.question, field)
            self.setting = False
            return self.status.complain(str(problem))
        self.show_changed()

    def reset(self) -> None:
        """As the page was at the beginning; an own table has to be opened again."""
        self.stop()
        self.report = self.asked = None
        self.question = Question()
        self.take_table(EXAMPLES[FIRST].table, EXAMPLES[FIRST])
        self.status.say("Everything is back to the beginning. Press Run.")

    def start(self) -> None:
        x, y = self.chosen()
        if not (x and y):
            return self.status.complain("Choose at least one column for X and one for Y first.")
        incomplete = self.table.incomplete_rows((*x, *y))
        if incomplete and not self.question.drop_missing:
            return self.status.complain(
                f"{incomplete:,} of {len(self.table.frame):,} rows lack a value in these columns. Tick 'Leave out rows with "
                "missing values' to go on without them, or choose other columns."
            )
        truth = self.example.truth_of(x, y) if self.example else None
        self.predict.skip()
        self.asking = Asked(self.question, self.table, self.table.frame[list(x)], self.table.frame[list(y)], truth)
        self.run = self.runner.submit(functools.partial(steps, self.asking))
        self.state = "loading"
        self.status.say("Running.")
        self.show_buttons()
        self.follower.wake()

    def stop(self) -> None:
        self.runner.stop()
        self.state = "idle"
        self.status.say("Stopped." + (" The answer below is the one before." if self.report else ""))
        self.progress.value = ""
        self.show_buttons()

    def on_view(self) -> None:
        self.show_answer()
        self.show_link()
        self.picture_due = True
        self.follower.wake()

    def on_link(self) -> None:
        """The address has said what it wants, on arrival or because the visitor edited it."""
        if not self.link.loaded or self.link.fragment in ("", self.own_fragment):
            return
        pairs = parse_qsl(self.link.fragment, keep_blank_values=True)
        view = {name[5:]: value for name, value in pairs if name.startswith("view.")}
        before = self.question
        try:
            question = Question.from_url("#" + urlencode([pair for pair in pairs if not pair[0].startswith("view.")]))
            self.question = question
            if question.example == OWN:
                self.take_table(EXAMPLES[FIRST].table, EXAMPLES[FIRST])
            else:
                self.take_table(EXAMPLES[question.example].table, EXAMPLES[question.example], question.x, question.y)
        except ParameterError as problem:
            self.question = before
            self.show_link()
            return self.status.complain(f"This link is broken, so nothing was changed. {problem}")
        if view.get("unit") in ("nats", "bits"):
            self.unit.value = view["unit"]
        if view.get("tab") in TABS:
            self.pictures.tabs.selected_index = TABS.index(view["tab"])
        own = "This link was made for somebody's own table, which it does not carry: open yours. Its settings are set."
        self.status.say(own if question.example == OWN else "Opened from a link. Press Run.")

    def on_download(self, name: str) -> None:
        report, asked = self.report, self.asked
        if report is None:
            return self.link.say("There is no report yet: press Run first.")
        if name == "md":
            data, mime = (report.to_markdown() + asked.table.to_markdown()).encode(), "text/markdown"
        elif name == "json":
            data, mime = report.to_json().encode(), "application/json"
        else:
            from mi_explorer import figures

            figure = figures.sheet(report, asked.x, asked.y, self.unit.value, truth=asked.truth)
            data, mime = figures.to_bytes(figure), "image/png"
        self.link.offer(f"mutual-information.{name}", mime, data)

    # -- what the follower's thread writes -----------------------------------------------------------------------------

    def tick(self) -> bool:
        frame = self.runner.take()
        if frame and frame.run == self.run and self.state in ("loading", "running"):
            self.show_frame(frame)
        if self.picture_due and self.theme.inside:
            self.picture_due = False
            x, y = (self.table.frame[list(names)] for names in self.chosen())
            truth = self.asked.truth if self.asked else None
            self.pictures.draw(self.table, x, y, self.report, truth, self.unit.value, self.theme.dark, self.theme.narrow)
        return self.state in ("loading", "running")

    def keep(self) -> None:
        """The answer becomes a piece of the visitor's work; of a table of their own only the name."""
        asked = self.asked
        own = asked.table.name if asked.question.example == OWN else ""
        words = [sentence_of(self.report, self.unit.value), self.predict.outcome(self.report, True, self.unit.value)]
        self.work.add("estimate", estimate_cells(asked.question, tuple(asked.x), tuple(asked.y), own, words))

    def show_frame(self, frame) -> None:
        self.state = frame.state
        if frame.state == "failed":
            self.status.complain(f"{frame.error} Nothing was lost: change the choice and press Run again.")
            self.progress.value = ""
        elif frame.state == "finished":
            self.report, self.asked = frame.latest, self.asking
            self.keep()
            self.progress.value = ""
            self.show_answer()
            self.picture_due = True
            self.status.news(f"Finished in {self.report.seconds:.0f} s.")  # who is told so finds the answer there
        elif frame.latest is not None and hasattr(frame.latest, "done"):
            done, sentence = frame.latest.done, html.escape(frame.latest.sentence)
            bar = f'<progress max="1" value="{done:.3f}" aria-label="Progress"></progress>'
            self.progress.value = f"{bar}<span>{sentence}</span>{remark(frame.note)}"
        elif frame.note:
            self.progress.value = remark(frame.note)
        self.show_buttons()


def sentence_of(report: Report, unit: str) -> str:
    low, high = (format_mi(end, unit) for end in report.interval)
    return f"{report_view.amount(report.value, unit)}, 95 % interval {low} to {high}. {report_view.meaning(report)}"


def steps(asked: Asked):
    """The stages of the estimate and its report; called in the runner's thread, where torch may be loaded."""
    from mi_explorer.auto import estimate_steps

    q = asked.question
    return estimate_steps(asked.x, asked.y, q.method, seed=q.seed, time_limit=q.time_limit, drop_missing=q.drop_missing)
