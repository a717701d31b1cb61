"""A question to answer before an experiment: what a student may say, what is right, and why. Data and words, no widgets."""

from __future__ import annotations

__all__ = ["Prediction", "band"]

import html
from collections.abc import Callable
from dataclasses import dataclass

from mi_explorer.pages.panels.words import prose


@dataclass(frozen=True)
class Prediction:
    """question: short, about what will be seen; options: three or four answers that somebody might honestly give.

    right(snapshot): the number of the answer that the run bears out, from 0, or None where it is too early, or where these settings
    do not decide it; happened(snapshot, unit): what was measured, half a sentence with its number, asked of a decided or finished run;
    because: the reason, hidden until then; hints: one or two, each a nudge and no answer.
    """

    question: str
    options: tuple[str, ...]
    right: Callable[[object], int | None]
    happened: Callable[[object, str], str]
    because: str
    hints: tuple[str, ...]

    def outcome(self, said: int, snapshot: object | None, unit: str) -> str:
        """What became of an answer, as HTML; without a snapshot only the reason."""
        told = f"You said <b>{html.escape(self.options[said])}</b>"
        why = f'<span class="mi-because">{prose(self.because)}</span>'
        if snapshot is None:
            return f"{told}. Nothing has been measured yet: press Run to see it. {why}"
        right, done = self.right(snapshot), getattr(snapshot, "done", 1)
        if right is None and done < 1:
            return f"{told}. It is too early to tell: let the run go on. {why}"
        number = prose(self.happened(snapshot, unit))
        if done < 1:
            return f"{told}. After {100 * done:.0f} % of the run it looks like <b>{html.escape(self.options[right])}</b>: {number}. {why}"
        if right is None:
            return f"{told}. With these settings it is not decided: {number}. {why}"
        if right == said:
            return f'<span class="mi-well">✓ {told}, and so it is:</span> {number}. {why}'
        return f"{told}. This time it is <b>{html.escape(self.options[right])}</b>: {number}. {why}"


def band(value: float, *limits: float) -> int:
    """Between which of the rising limits a value lies: 0 below the first, len(limits) from the last on."""
    return sum(value >= limit for limit in limits)
