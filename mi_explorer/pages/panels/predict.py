"""The small card that asks before an experiment, remembers what was said, and can be skipped."""

from __future__ import annotations

__all__ = ["PredictCard"]

import html

from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.widgets import controls


class PredictCard:
    """One prediction's buttons. ``open``: neither answered nor skipped; ``said``: the number of the answer, or None.

    on_change() hears whenever the visitor answers, skips, reveals or starts over; it may ask for :meth:`outcome` then.
    """

    def __init__(self, prediction: Prediction, on_change):
        self.prediction, self.on_change = prediction, on_change
        self.said: int | None = None
        self.open, self.revealed = True, False
        self.told_already = False  # the run has come to its end: there is nothing left to reveal
        self.hints_shown = 0
        answers = [(str(number), option, "") for number, option in enumerate(prediction.options)]
        self.buttons, self.ask = controls.choices("predict", prediction.question, answers)
        self.hint_button = controls.quiet_button("hint", "Hint")
        self.skip_button = controls.quiet_button("skip-question", "Skip")
        self.reveal_button = controls.quiet_button("reveal", "Reveal")
        self.again_button = controls.quiet_button("again", "Predict")
        self.hint = controls.text("hint-text", live=True)
        self.told = controls.text("predicted", live=True)
        links = controls.links(self.hint_button, self.skip_button, self.reveal_button, self.again_button)
        self.widget = controls.callout(self.ask, self.told, self.hint, links, name="predict-card")
        for number in range(len(prediction.options)):
            self.buttons[str(number)].on_click(lambda _, number=number: self.answer(number))
        self.hint_button.on_click(lambda _: self.give_hint())
        self.skip_button.on_click(lambda _: self.skip())
        self.reveal_button.on_click(lambda _: self.reveal())
        self.again_button.on_click(lambda _: self.restart())
        self.show()

    def answer(self, number: int) -> None:
        self.said, self.open = number, False
        self.tell()

    def skip(self) -> None:
        if self.open:
            self.open = False
            self.tell()

    def reveal(self) -> None:
        self.revealed = True
        self.tell()

    def restart(self) -> None:
        self.said, self.open, self.revealed, self.told_already, self.hints_shown = None, True, False, False, 0
        self.tell()

    def give_hint(self) -> None:
        self.hints_shown = min(self.hints_shown + 1, len(self.prediction.hints))
        self.show()

    def tell(self) -> None:
        self.show()
        self.on_change()

    def show(self) -> None:
        """Write what the state calls for: the question, or one line that keeps out of the way."""
        for widget, shown in (
            (self.ask, self.open), (self.hint, self.open and self.hints_shown), (self.told, self.said is not None),
            (self.hint_button, self.open and self.hints_shown < len(self.prediction.hints)), (self.skip_button, self.open),
            (self.reveal_button, self.said is not None and not self.revealed and not self.told_already), (self.again_button, not self.open),
        ):
            widget.layout.display = "" if shown else "none"
        (self.widget.add_class if self.open else self.widget.remove_class)("mi-asking")
        self.hint.value = " ".join(html.escape(hint) for hint in self.prediction.hints[: self.hints_shown])
        self.told.value = "" if self.said is None else f"You said <b>{html.escape(self.prediction.options[self.said])}</b>."
        self.again_button.description = "Predict" if self.said is None else "Predict again"

    def outcome(self, snapshot: object | None, final: bool, unit: str) -> str:
        """What became of the answer, as HTML: once the run has come to an end, or earlier where the visitor wants to know."""
        if self.said is None or not (self.revealed or (final and snapshot is not None)):
            return ""
        if final and snapshot is not None and not self.told_already:
            self.told_already = True
            self.show()
        return self.prediction.outcome(self.said, snapshot, unit)
