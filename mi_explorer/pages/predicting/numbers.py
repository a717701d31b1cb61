"""How the panels of this page write numbers that have several replicates."""

from __future__ import annotations

__all__ = ["ranged", "share"]

import math

import numpy as np

from mi_explorer.verdicts import format_mi


def ranged(values: np.ndarray, unit: str | None = None) -> str:
    """The mean, and as HTML the range if there is more than one: in a unit of information, or as they are."""
    write = (lambda value: format_mi(value, unit)) if unit else share
    told = write(float(values.mean()))
    return told + (f' <span class="mi-muted">[{write(values.min())}, {write(values.max())}]</span>' if len(values) > 1 else "")


def share(value: float) -> str:
    """Two digits, with a true minus, and no minus before zero; a dash for what broke down."""
    if not math.isfinite(value):
        return "–"
    told = f"{value:.2f}"
    return "0.00" if told == "-0.00" else told.replace("-", "−")
