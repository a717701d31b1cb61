"""What all pictures share: paper and ink in light and dark, the stamp, and writing them to a file."""

from __future__ import annotations

__all__ = ["FORMATS", "Picture", "dress", "ink", "new_figure", "save", "sign", "stamp", "to_bytes", "words"]

import io
from pathlib import Path

from matplotlib.figure import Figure

from mi_explorer.description import Description
from mi_explorer.experiment import Experiment
from mi_explorer.palette import CARD
from mi_explorer.parameters import ParameterError

FORMATS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def ink(dark: bool) -> tuple[str, str]:
    """Colours of text and of quiet lines."""
    return ("#e6e9ef", "#3a4352") if dark else ("#1b1f27", "#d9dde4")


class Picture(Figure):
    """A Figure that a notebook shows without pyplot."""

    def _repr_png_(self) -> bytes:
        return to_bytes(self)


def new_figure(
    columns: int = 1, width: float = 8, height: float = 4.5, dark: bool = False, rows: int = 1
) -> tuple[Figure, list]:
    figure = Picture(figsize=(width, height), facecolor=CARD[dark], layout="constrained")
    axes = [figure.add_subplot(rows, columns, 1 + place) for place in range(rows * columns)]
    for axis in axes:
        dress(axis, dark)
    return figure, axes


def dress(axis, dark: bool) -> None:
    """Give an axis the paper and the ink of the picture."""
    text, quiet = ink(dark)
    axis.set_facecolor(CARD[dark])
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(quiet)
    axis.tick_params(colors=text, color=quiet)
    axis.xaxis.label.set_color(text)
    axis.yaxis.label.set_color(text)
    axis.title.set_color(text)


def stamp(figure: Figure, experiment: Experiment, dark: bool) -> None:
    """Say under the picture which experiment it shows, so that nobody has to guess later."""
    e = experiment
    changed = ", ".join(str(step) for step in e.level_starts()[1:4]) + (", ..." if len(e.level_starts()) > 4 else "")
    figure.supxlabel(
        f"{e.distribution}\n{e.critic} critic, width {e.width}, K = {e.batch_size}, Adam {e.learning_rate:g}, "
        f"{e.replicates} replicates, seed {e.seed}, {e.precision}{changed and f', changed at step {changed}'}"
        f"  ·  MI Explorer {e.key}",
        fontsize=6, color=ink(dark)[0], alpha=0.75, wrap=True,
    )
    figure.mi_experiment = experiment


def sign(figure: Figure, study: Description, dark: bool) -> None:
    """The same for a study."""
    fields = study.to_dict().items()
    values = ", ".join(f"{name} {in_line(value)}" for name, value in fields)
    label = f"{study.what}: {values}  ·  MI Explorer {study.key}"
    figure.supxlabel(label, fontsize=6, color=ink(dark)[0], alpha=0.75, wrap=True)
    figure.mi_experiment = study


def in_line(value: object) -> str:
    """A field's value in one line: a+b for a list, 4 1 / 1 4 for a table."""
    if not isinstance(value, list):
        return str(value)
    if value and isinstance(value[0], list):
        return " / ".join(" ".join(f"{entry:g}" for entry in row) for row in value)
    return "+".join(map(str, value))


def words(legend, dark: bool) -> None:
    """Write a legend in the colour of text."""
    for label in legend.get_texts():
        label.set_color(ink(dark)[0])


def to_bytes(figure: Figure, format: str = "png") -> bytes:
    """The figure as a file's content; a stamped one carries its experiment as metadata too. ParameterError for a
    format that is not one of png, svg, pdf."""
    if format not in FORMATS:
        raise ParameterError("format", format, "one of " + ", ".join(FORMATS))
    experiment: Description | None = getattr(figure, "mi_experiment", None)
    field = {"png": "Description", "svg": "Description", "pdf": "Subject"}[format]
    metadata = {field: experiment.to_json()} if experiment else {}
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, dpi=160, facecolor=figure.get_facecolor(), metadata=metadata)
    return buffer.getvalue()


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure; the file's ending says the format (png, svg or pdf)."""
    path = Path(path)
    path.write_bytes(to_bytes(figure, path.suffix.removeprefix(".").lower()))
    return path
