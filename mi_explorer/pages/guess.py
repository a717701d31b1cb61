"""Where will it settle? A line that the visitor drags on the live chart before a run, and how far off it was."""

from __future__ import annotations

__all__ = ["Guess"]

import html
import math

from mi_explorer.bounds import bounds
from mi_explorer.experiment import Experiment
from mi_explorer.verdicts import Reading, format_mi
from mi_explorer.widgets import LiveChart, controls


class Guess:
    """The question above the chart, the line on it, and the sentence afterwards. ``value``: the guess in nats, or None.

    ``open``: it may still be dragged. on_change() hears when the visitor moves the line, skips or starts over.
    """

    def __init__(self, chart: LiveChart, on_change):
        self.chart, self.on_change = chart, on_change
        self.open = False
        self.key = ""  # of the bound that is asked about
        self.question = controls.text("predict-question")
        self.skip_button = controls.quiet_button("skip-question", "Skip")
        self.again_button = controls.quiet_button("again", "Guess")
        links = controls.links(self.skip_button, self.again_button)
        self.widget = controls.callout(self.question, links, name="guess-card")
        self.skip_button.on_click(lambda _: self.close())
        chart.observe(lambda _: self.tell(), "guess")

    @property
    def value(self) -> float | None:
        return self.chart.guess

    def ask(self, experiment: Experiment) -> None:
        """Begin anew, about the experiment's InfoNCE, or whatever stands first in it."""
        self.key = "infonce" if "infonce" in experiment.bounds else experiment.bounds[0]
        self.open = True
        self.chart.guess = None
        self.tell()

    def keep_up(self, experiment: Experiment) -> None:
        """The experiment has changed: a guess about a bound that is no longer in it is asked again."""
        if self.open and self.key not in experiment.bounds:
            self.ask(experiment)

    def close(self) -> None:
        """No more dragging: a run begins, or nobody wants to guess."""
        if self.open:
            self.open = False
            self.show()
            self.on_change()

    def tell(self) -> None:
        self.show()
        self.on_change()

    def show(self) -> None:
        self.chart.guessing = self.open
        self.skip_button.layout.display = "" if self.open else "none"
        self.again_button.layout.display = "none" if self.open else ""
        self.again_button.description = "Guess" if self.value is None else "Guess again"
        (self.widget.add_class if self.open else self.widget.remove_class)("mi-asking")
        name = html.escape(bounds[self.key].name)
        self.chart.guess_label = f"Where will {bounds[self.key].name} settle?"
        if self.open and self.value is None:
            words = f"<b>Where will {name} settle?</b> Drag the line on the chart (or press ↑ and ↓ on it), then press Run."
        elif self.value is None:
            words = ""
        else:
            words = f"You say that <b>{name}</b> will settle at <b>{self.amount(self.value)}</b>." + (" Press Run." if self.open else "")
        self.question.value = words
        self.question.layout.display = "" if words else "none"

    def amount(self, nats: float) -> str:
        return f"{format_mi(nats, self.chart.unit)} {self.chart.unit}"

    def outcome(self, readings: list[Reading], final: bool) -> str:
        """How far off it was, as HTML; empty before the run has come to its end, or without a guess."""
        reading = next((one for one in readings if one.bound.key == self.key), None)
        if self.value is None or self.open or not final or reading is None:
            return ""
        name = html.escape(reading.bound.name)
        if not math.isfinite(reading.estimate):
            return f"You said <b>{self.amount(self.value)}</b>, and {name} did not live to tell: it has no estimate on fresh samples."
        off = self.value - reading.estimate
        near = abs(off) <= max(0.1, 0.1 * abs(reading.estimate))
        told = f"You said <b>{self.amount(self.value)}</b>, and {name} settled at <b>{self.amount(reading.estimate)}</b>"
        missed = "" if near else f": {self.amount(abs(off))} {'less' if off > 0 else 'more'} than you thought"
        well = '<span class="mi-well">✓ Well seen.</span> ' if near else ""
        ceiling = reading.bound.ceiling(reading.batch_size)
        known = f"The truth is {self.amount(reading.truth)}"
        if ceiling is not None:
            known += f", and {name} can never show more than {self.amount(ceiling)} here, its ceiling"
        return f"{well}{told}{missed}. {known}."
