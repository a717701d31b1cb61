"""The words and the table under the chart, as HTML."""

from __future__ import annotations

__all__ = ["progress_line", "table", "truth_line"]

import html
import math

from mi_explorer.distributions import Distribution
from mi_explorer.runners import Frame
from mi_explorer.verdicts import Reading, format_mi, signed, verdict
from mi_explorer.widgets import controls


def truth_line(distribution: Distribution, unit: str) -> str:
    error = f" ± {format_mi(distribution.mi_stderr, unit, 3)}" if distribution.mi_stderr else ""
    return (
        f'<span class="mi-muted">True mutual information</span><br>'
        f'<span class="mi-figure-big">{format_mi(distribution.mi, unit, 3)}{error} {unit}</span>'
    )


def progress_line(frame: Frame, done: int) -> str:
    total = frame.experiment.steps
    rate = frame.steps_per_second
    parts = [f"step {done:,} of {total:,}"]
    if rate:
        parts.append(f"{rate:,.0f} steps/s")
    if rate and frame.state == "running" and done < total:
        left = (total - done) / rate
        parts.append(f"{left:.0f} s left" if left < 90 else f"{left / 60:.0f} min left")
    return " · ".join(parts) + remark(frame.note)


def remark(note: str) -> str:
    """Why a run goes on more slowly than it might, as HTML on a line of its own; nothing where there is no reason."""
    return f'<br><span class="mi-muted">{html.escape(note)}</span>' if note else ""


def table(readings: list[Reading], styles: dict[str, int], unit: str) -> str:
    """One row of numbers and one sentence per bound."""
    if not readings:
        return '<p class="mi-muted">Estimates on fresh samples, their errors and what to make of them will stand here.</p>'
    columns = ["Bound", "Estimate on fresh samples", "Bias", "SD over replicates", "Perfect critic"]
    return controls.table(columns, [row(reading, styles[reading.bound.key], unit) for reading in readings])


def row(r: Reading, style: int, unit: str) -> dict:
    slug = controls.css_name(r.bound.key)[3:].strip("-")
    error = f' <span class="mi-muted">± {format_mi(r.stderr, unit)}</span>' if math.isfinite(r.estimate) else ""
    return {
        "name": html.escape(r.bound.name),
        "class": f"mi-row-{slug}",
        "style": style,
        "cells": [
            f'<span class="mi-estimate mi-estimate-{slug}"><span class="mi-value">{format_mi(r.estimate, unit)}</span>{error}</span>',
            signed(r.estimate - r.truth, unit), format_mi(r.sd, unit), format_mi(r.perfect, unit),
        ],
        "sentence": f'<span class="mi-verdict-{slug}">{html.escape(verdict(r, unit))}</span>',
    }
