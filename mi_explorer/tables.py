"""Tables that somebody hands in: CSV text of any common kind, read with pandas, never executed.

What had to be guessed (separator, header, decimal sign, encoding) is said in ``notes``; what cannot be read is a
ParameterError that says where and what to do.
"""

from __future__ import annotations

__all__ = ["Column", "Table", "choose", "read_table"]

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.parameters import ParameterError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 500_000_000, 5_000_000, 2000
#: Where two fit, the first is meant: 1,5;2,5 has two columns, not three.
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas"}
SNIFFED = 200  # lines that decide about separator, header and decimal sign
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.IGNORECASE)
COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
NEARLY_NUMBER = re.compile(r"[+-]?[\d.,'\s]*\d[\d.,'\s]*[%€$]?")
MISSING = {"", "na", "n/a", "nan", "null", "none", "#n/a", "<na>"}  # as pandas has them, for what is sniffed
KNOWN_FILES = {
    b"PK\x03\x04": "a spreadsheet or ZIP file", b"\xd0\xcf\x11\xe0": "an old Excel workbook", b"PAR1": "a Parquet file",
    b"%PDF": "a PDF", b"\x1f\x8b": "a compressed file", b"\x89PNG": "a picture", b"\x80\x04": "a pickle",
}
WANTED = "a text table with a row per line: CSV, tab- or semicolon-separated (a spreadsheet can be saved as CSV)"


@dataclass(frozen=True)
class Column:
    """One column in words: kind ("numbers", "text", "yes/no" or "empty"), how many values differ, how many are missing
    or infinite, and its first values as text."""

    name: str
    kind: str
    distinct: int
    missing: int
    first: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A table that was read: the frame, what it is called, and sentences about what was guessed or changed."""

    frame: DataFrame
    name: str
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.frame.columns)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(describe(self.frame[name]) for name in self.frame)

    def incomplete_rows(self, names: tuple[str, ...]) -> int:
        """The number of rows that lack a (finite) value in one of these columns."""
        return int(np.any([is_missing(self.frame[name]) for name in names], axis=0).sum())

    def to_markdown(self) -> str:
        """What a report should say about the table it is made from."""
        lines = [f"{self.name}: {len(self.frame):,} rows, {len(self.names)} columns.", *self.notes]
        return "\n## The table\n\n" + "".join(f"- {' '.join(line.replace('<', '&lt;').split())}\n" for line in lines)


def read_table(data: bytes | str, name: str = "table", *, max_bytes: int = MAX_BYTES) -> Table:
    """A table from the bytes of a file, or from text. ``name`` is what sentences about it call it.

    Separators: comma, semicolon or tab. A first line whose cells head columns of numbers, or that holds no number, is
    the header. A decimal comma is taken where the separator is no comma and a number such as 3,14 cannot be thousands.

    Raises:
        ParameterError: too large, empty, no text, a single column, or lines of different lengths.
    """
    size = len(data)
    if size > max_bytes:
        allowed = f"at most {max_bytes / 1e6:.0f} MB: keep fewer rows or columns"
        raise ParameterError("table", f"{size / 1e6:.1f} MB", allowed)
    text, notes = decode(data) if isinstance(data, bytes) else (data.removeprefix("\ufeff"), [])
    if "\0" in text:
        raise ParameterError("table", "a binary file", WANTED)
    if not text.strip():
        raise ParameterError("table", "empty", "a header line and at least one row of values")
    head = list(itertools.islice(records(text, separator := sniff_separator(text)), SNIFFED))
    width = len(head[0][1])
    if width == 1:
        raise ParameterError("table", "a single column", "at least two columns, separated by commas, semicolons or tabs")
    if width > MAX_COLUMNS:
        raise ParameterError("table", f"{width} columns", f"at most {MAX_COLUMNS} columns wide")
    rows = check_lines(text, separator, width)
    cells = [fields for _, fields in head]
    header = has_header(cells)
    decimal = sniff_decimal(cells[header:], separator)
    if rows == header:
        raise ParameterError("table", "only a header", "a header line and at least one row of values")
    names, renamed = unique_names(cells[0] if header else [""] * width)
    if separator != ",":
        notes.append(f"Columns are separated by {SEPARATORS[separator]}.")
    if not header:
        notes.append("The first line looks like data, so the columns are numbered.")
    if decimal == ",":
        notes.append("Numbers are written with a decimal comma.")
    notes += renamed
    frame = parse(text, separator, names, header, decimal)
    return Table(frame, name, (*notes, *mixed_columns(frame)))


def choose(table: Table, chosen: str, side: str) -> tuple[str, ...]:
    """Names from text such as "height,weight" or "1,3": column names, else numbers that count from 1.

    Raises:
        ParameterError: names ``side`` and lists what there is, where a column is unknown, named twice or none is named.
    """
    names = table.names
    parts = [chosen] if chosen in names else [part.strip() for part in next(csv.reader([chosen]), [])]
    found = []
    for part in filter(None, parts):
        if part not in names and not (part.isascii() and part.isdigit() and 1 <= int(part) <= len(names)):
            raise ParameterError(side, part, f"a column, by name or number: {listed(table)}")
        column = part if part in names else names[int(part) - 1]
        if column in found:
            raise ParameterError(side, part, "named once")
        found.append(column)
    if not found:
        raise ParameterError(side, "empty", f"at least one column, by name or number: {listed(table)}")
    return tuple(found)


def listed(table: Table, most: int = 30) -> str:
    """The columns with their numbers, for a sentence."""
    shown = ", ".join(f"{number} {name}" for number, name in enumerate(table.names[:most], 1))
    return shown + (f" and {len(table.names) - most} more" if len(table.names) > most else "")


# -- text --------------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> tuple[str, list[str]]:
    """The text of a file, and a note where its encoding was a guess."""
    for magic, what in KNOWN_FILES.items():
        if data.startswith(magic):
            raise ParameterError("table", what, WANTED)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), []
        except UnicodeDecodeError:
            raise ParameterError("table", "broken UTF-16 text", WANTED) from None
    if b"\0" in data:
        raise ParameterError("table", "a binary file", WANTED)
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if sum(not (c.isprintable() or c.isspace()) for c in text[:10_000]) > 0.02 * min(len(text), 10_000):
        raise ParameterError("table", "a binary file", WANTED)
    return text, ["The text is not UTF-8; it was read as Latin-1, so some letters may look wrong."]


def records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        for fields in reader:
            if any(cell.strip() for cell in fields):
                yield reader.line_num, [cell.strip() for cell in fields]
            elif len(fields) > 1:
                yield reader.line_num, fields
    except csv.Error as problem:
        allowed = f"a table whose quotes are closed ({problem})"
        raise ParameterError("table", f"unreadable at line {reader.line_num}", allowed) from None


def sniff_separator(text: str) -> str:
    """The separator that cuts the first lines into equally many cells, more than one."""

    def fit(separator: str) -> float:
        widths = []
        try:
            widths.extend(len(fields) for _, fields in itertools.islice(records(text, separator), SNIFFED))
        except ParameterError:  # a quote that is never closed: what came before it decides
            pass
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return count / len(widths) if width > 1 else 0.0

    return max(SEPARATORS, key=fit)


def check_lines(text: str, separator: str, width: int) -> int:
    """The number of lines, all of which must have ``width`` cells."""
    rows = 0
    for line, fields in records(text, separator):
        if len(fields) != width:
            raise ParameterError(
                "table", f"{len(fields)} value{'s' * (len(fields) > 1)} in line {line}",
                f"equally wide everywhere: the first line has {width} values",
            )
        rows += 1
        if rows > MAX_ROWS:
            raise ParameterError("table", f"more than {MAX_ROWS:,} rows", f"at most {MAX_ROWS:,} rows long")
    return rows


def is_number(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or COMMA_NUMBER.fullmatch(cell))


def has_header(cells: list[list[str]]) -> bool:
    """Whether the first line names the columns: it holds no number, or a word above a column of numbers."""
    first, rest = cells[0], cells[1:]
    if not any(map(is_number, first)):
        return any(first)
    for heading, column in zip(first, zip(*rest)):
        held = [cell for cell in column if cell.lower() not in MISSING]
        if held and all(map(is_number, held)) and heading.lower() not in MISSING and not is_number(heading):
            return True
    return False


def sniff_decimal(cells: list[list[str]], separator: str) -> str:
    """The decimal sign: a comma only where some number with one, such as 3,14, cannot be meant as thousands."""
    held = [cell for row in cells for cell in row if COMMA_NUMBER.fullmatch(cell)]
    points = any("." in cell and NUMBER.fullmatch(cell) for row in cells for cell in row)
    sure = any(len(re.split("[,eE]", cell)[1]) != 3 for cell in held)
    return "," if sure and not points and separator != "," else "."


def unique_names(headings: list[str]) -> tuple[list[str], list[str]]:
    """A name for every column: without control characters, never empty, never twice; and a note where one was changed."""
    names: list[str] = []
    doubled = []
    for number, heading in enumerate(headings, 1):
        name = " ".join("".join(c if c.isprintable() else " " for c in heading).split())[:120] or f"column {number}"
        if name in names:
            doubled.append(name)
            name = next(other for k in itertools.count(2) if (other := f"{name} ({k})") not in {*names, *headings})
        names.append(name)
    shown = ", ".join(dict.fromkeys(doubled))
    return names, [f"Several columns are called {shown}: the later ones got a number in brackets."] if doubled else []


# -- values ------------------------------------------------------------------------------------------------------------


def parse(text: str, separator: str, names: list[str], header: bool, decimal: str) -> DataFrame:
    import pandas

    try:
        frame = pandas.read_csv(
            io.StringIO(text), sep=separator, names=names, header=0 if header else None, index_col=False, decimal=decimal,
            skipinitialspace=True, low_memory=False,
        )
    except (pandas.errors.ParserError, ValueError, OverflowError) as problem:
        raise ParameterError("table", f"unreadable ({problem})", WANTED) from None
    for name in names:
        if is_text(frame[name]):  # "yes " and "yes" are one answer
            frame[name] = frame[name].map(lambda value: value.strip() if isinstance(value, str) else value)
    return frame


def is_text(column: Series) -> bool:
    return column.dtype.kind not in "biuf"


def is_missing(column: Series) -> np.ndarray:
    """(rows,): where a value is missing or infinite."""
    return column.isna().to_numpy() if is_text(column) or column.dtype.kind == "b" else ~np.isfinite(column.to_numpy(float))


def describe(column: Series) -> Column:
    held = column[~is_missing(column)]
    kind = "empty" if not len(held) else "yes/no" if held.dtype.kind == "b" else "text" if is_text(column) else "numbers"
    first = tuple(f"{value:.4g}" if kind == "numbers" else str(value)[:40] for value in held.head(4))
    return Column(column.name, kind, held.nunique(), len(column) - len(held), first)


def mixed_columns(frame: DataFrame) -> list[str]:
    """A note for every column of numbers that became text: by a unit, thousands separators, or a mark for "missing"."""
    import pandas

    notes = []
    for name in frame:
        if is_text(frame[name]):
            held = frame[name].dropna().astype(str)
            odd = held[pandas.to_numeric(held, errors="coerce").isna()]
            if 0 < len(odd) < len(held) / 2:
                notes.append(
                    f"Column {name} holds numbers and also {odd.iloc[0][:40]!r} ({len(odd)} of {len(held)} values are no "
                    "number), so it was read as text. If this means missing, write NA instead."
                )
            elif len(odd) and odd.str.fullmatch(NEARLY_NUMBER).mean() > 0.5:
                notes.append(
                    f"Column {name} was read as text, because numbers such as {odd.iloc[0][:40]!r} could mean more than one "
                    "thing: write them with a decimal point, and without thousands separators, units or percent signs."
                )
    return notes
