"""The report as files: ``validation.md`` and the pictures that it shows."""

from __future__ import annotations

__all__ = ["write"]

import math
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from mi_explorer.validation.section import Row, Section, Settings

if TYPE_CHECKING:
    import pandas as pd


def write(sections: list[Section], settings: Settings, seconds: float, folder: Path) -> Path:
    """Write the report into a folder; the path of validation.md."""
    from mi_explorer import __version__, figures

    parts = [
        "# Validation",
        f"MI Explorer {__version__}, {'quick pass, ' if settings.quick else ''}{settings.seeds} seeds, {seconds / 60:.0f} minutes with "
        f"{settings.workers} of {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}. Values are in nats.",
        "*agrees*: ours lies within the stated margin plus two standard errors of the published value; *differs*: it does not.",
    ]
    for section in sections:
        parts += [f"## {section.title}", section.text]
        if section.rows:
            parts.append(rows_table(section.rows))
        for heading, table in section.tables.items():
            parts += [f"### {heading}", markdown(table)]
        for name, figure in section.figures.items():
            figures.save(figure, folder / name)
            parts.append(f"![{section.title}]({name})")
    path = folder / "validation.md"
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def rows_table(rows: tuple[Row, ...]) -> str:
    lines = ["| | published | ours | margin | verdict |", "|---|---|---|---|---|"]
    for row in rows:
        published = "–" if row.published is None else f"{row.published:.3g}"
        error = f" ± {row.stderr:.2g}" if math.isfinite(row.stderr) else ""
        lines.append(f"| {row.what} | {published} | {row.ours:.4g}{error} | {row.margin:.2g} | {row.verdict} |")
    return "\n".join(lines)


def markdown(table: pd.DataFrame) -> str:
    """A data frame as a Markdown table, its column levels joined."""
    flat = table.reset_index()
    names = [" ".join(map(str, name)).strip() if isinstance(name, tuple) else str(name) for name in flat.columns]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row) + " |" for row in flat.itertuples(index=False)]
    return "\n".join(lines)
