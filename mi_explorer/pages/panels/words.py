"""Numbers and small words that the panels share."""

from __future__ import annotations

__all__ = ["amount", "error", "folded", "plus", "prose", "time_left"]

import html
import math
import re

from mi_explorer.verdicts import format_mi, signed


def amount(value: float, unit: str) -> str:
    """1.64 nats."""
    return f"{format_mi(value, unit)} {unit}"


def plus(value: float, stderr: float, unit: str) -> str:
    """+1.64 ± 0.02, as HTML."""
    return signed(value, unit) + error(stderr, unit)


def error(stderr: float, unit: str, digits: int = 2) -> str:
    return f' <span class="mi-muted">± {format_mi(stderr, unit, digits)}</span>' if math.isfinite(stderr) else ""


def prose(text: str) -> str:
    """A sentence as HTML, with e^f as a power."""
    return re.sub(r"e\^(\w+)", r"e<sup>\1</sup>", html.escape(text))


def folded(summary: str, inside: str) -> str:
    """HTML that a visitor may unfold."""
    return f'<details class="mi-more"><summary>{summary}</summary>{inside}</details>'


def time_left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
