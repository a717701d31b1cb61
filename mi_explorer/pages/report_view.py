"""The read-out of an estimate, the preview of a table and what stands in a column, as HTML. Names and cells are escaped."""

from __future__ import annotations

__all__ = ["about", "candidates", "preview", "readout"]

import html
import math
import re
from typing import TYPE_CHECKING

from mi_explorer.tables import Column, Table
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls

if TYPE_CHECKING:
    from mi_explorer.auto import Candidate, Report

CHANCE = 0.05  # the p-value above which a dependence cannot be told from chance
KINDS = {"lower": "lower bound", "upper": "upper bound", "neither": "no bound"}
IN_NATS = re.compile(r"([+−-]?\d+\.\d+)(?:( ± | to )(\d+\.\d+))? nats")
PREVIEW_ROWS, PREVIEW_COLUMNS = 6, 40


def readout(report: Report, truth: float | None, unit: str) -> str:
    """The number, what it means, what is certain, and every warning."""
    low, high = (format_mi(end, unit) for end in report.interval)
    certain = math.isfinite(report.lower_bound)
    reached = sum(value >= report.null.observed for value in report.null.values)
    tiles = [
        tile(
            "At least", amount(report.lower_bound, unit),
            "with 95 % confidence, from rows that training never saw" if certain
            else "no candidate guarantees a lower bound here",
        ),
        tile(
            "Could it be chance?", probability(report),
            f"{reached} of {len(report.null.values)} shuffles of Y reach what the rows show",
        ),
    ]
    if truth is not None:
        inside = report.interval[0] <= truth <= report.interval[1]
        words = "inside the interval" if inside else "outside the interval: expect this 1 time in 20"
        tiles.append(tile("The truth", amount(truth, unit, 3), words, name="truth"))
    columns = f"{report.dim_x} column{'s' * (report.dim_x > 1)} of X, {report.dim_y} of Y"
    tiles.append(tile("From", f"{report.n:,} rows", columns))
    warned = "".join(f"<li>{html.escape(in_unit(warning, unit))}</li>" for warning in report.warnings)
    calm = "<p>No warnings: enough rows, no ties, and the candidates agree.</p>"
    mind = f"<h3>Keep in mind</h3><ul>{warned}</ul>" if warned else calm
    return (
        f'<p class="mi-answer-line"><span class="mi-figure-big mi-estimate">{amount(report.value, unit)}</span> '
        f'<span class="mi-interval">95 % interval {low} to {high}</span></p>'
        f'<p class="mi-meaning">{html.escape(meaning(report))}</p>'
        f'<div class="mi-tiles">{"".join(tiles)}</div>'
        f'<div class="mi-warnings{" mi-some" if warned else ""}">{mind}</div>'
    )


def meaning(report: Report) -> str:
    """The answer without the number."""
    sides = f"{shortened(report.names_x, 'X')} and {shortened(report.names_y, 'Y')}"
    sides = sides[0].upper() + sides[1:] if sides.startswith("the ") else sides
    if report.null.p_value > CHANCE:
        return f"Nothing that could be told from chance: {sides} look much the same when the rows of one are shuffled."
    if not math.isfinite(report.value):
        return f"{sides} determine each other exactly, as far as these rows show."
    if report.interval[0] <= 0:
        return f"{sides} may depend on each other, but hardly: the interval reaches down to nothing."
    correlation = math.sqrt(-math.expm1(-2 * max(report.value, 0)))
    return f"{sides} depend on each other, as strongly as two bell-shaped columns whose correlation is {correlation:.2f}."


def shortened(names: tuple[str, ...], side: str) -> str:
    if len(names) > 3:
        return f"the {len(names)} columns of {side}"
    return " + ".join(name if len(name) <= 40 else name[:39] + "…" for name in names)


def amount(value: float, unit: str, digits: int = 2) -> str:
    if value == math.inf:
        return f"∞ {unit}"
    return f"{format_mi(value, unit, digits)} {unit}" if math.isfinite(value) else "–"


def in_unit(sentence: str, unit: str) -> str:
    """A sentence of the library, which speaks in nats, with its numbers in the unit of the page."""
    if unit == "nats":
        return sentence

    def convert(number: str) -> str:
        digits, sign = len(number.partition(".")[2]), "+" if number[0] == "+" else ""
        return sign + f"{float(number.replace('−', '-')) / math.log(2):.{digits}f}"

    return IN_NATS.sub(lambda found: convert(found[1]) + (found[2] + convert(found[3]) if found[3] else "") + f" {unit}", sentence)


def probability(report: Report) -> str:
    least = 1 / (len(report.null.values) + 1)
    return f"p ≤ {least:.2g}" if report.null.p_value <= least * (1 + 1e-9) else f"p = {report.null.p_value:.2g}"


def tile(label: str, value: str, words: str, name: str = "") -> str:
    more = f" mi-{name}" if name else ""
    return f'<p class="mi-tile{more}">{label} <b>{value}</b> <span>{words}</span></p>'


def candidates(report: Report, unit: str) -> str:
    """A row for every estimator that was tried, the chosen one marked, and why."""
    columns = ["Estimator", "Estimate", "Standard error", "In the population"]
    return controls.table(columns, [row(candidate, unit) for candidate in report.candidates])


def row(candidate: Candidate, unit: str) -> dict:
    mark = ' <span class="mi-badge">chosen</span>' if candidate.chosen else ""
    return {
        "name": html.escape(candidate.name) + mark,
        "class": controls.css_name(f"candidate-{candidate.method}"),
        "cells": [format_mi(candidate.value, unit), format_mi(candidate.stderr, unit), KINDS[candidate.kind]],
        "sentence": html.escape(in_unit(candidate.reason, unit)),
    }


def about(column: Column, rows: int) -> str:
    """One column in a few words, as plain text."""
    if column.kind == "empty":
        return "empty"
    if column.distinct == 1:
        return f"always {column.first[0]}"
    lacking = f" · {column.missing:,} of {rows:,} missing" if column.missing else ""
    few = f", {column.distinct} values" if column.kind == "text" else ""
    return f"{column.kind}{few}{lacking}: {', '.join(column.first)}"


def preview(table: Table) -> str:
    """The first rows, as a table that scrolls in its own frame."""
    frame = table.frame.iloc[:PREVIEW_ROWS, :PREVIEW_COLUMNS]
    head = "".join(
        f'<th scope="col">{html.escape(name)}<span>{column.kind}</span></th>' for name, column in zip(frame, table.columns)
    )
    cells = frame.astype(object).where(frame.notna(), None)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in cells.itertuples(index=False, name=None))
    rest = len(table.names) - PREVIEW_COLUMNS
    more = f"; {rest} more columns are not shown" if rest > 0 else ""
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in table.notes)
    return (
        f'<p class="mi-muted">{html.escape(table.name)}: {len(table.frame):,} rows, {len(table.names)} columns{more}.</p>'
        f'<div class="mi-scroll" role="region" aria-label="First rows of the table" tabindex="0"><table class="mi-preview">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{f'<ul class=mi-notes>{notes}</ul>' if notes else ''}"
    )


def cell(value) -> str:
    if value is None:
        return '<td class="mi-muted">missing</td>'
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"<td>{html.escape(text if len(text) <= 60 else text[:59] + '…')}</td>"
