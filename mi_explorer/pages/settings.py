"""The controls of an experiment's fields, all but the problem: one widget per field, by the field's name."""

from __future__ import annotations

__all__ = ["experiment_fields", "show_fields"]

import ipywidgets as widgets

from mi_explorer.bounds import bounds
from mi_explorer.experiment import Experiment
from mi_explorer.palette import STYLES
from mi_explorer.parameters import parameters
from mi_explorer.widgets import controls

MORE_BOUNDS = ("smile(1)", "smile(20)")  # beside the registry's own
NAMES = {
    "joint": "joint: f(x, y) in one network", "separable": "separable: g(x)·h(y)", "bilinear": "bilinear: xᵀWy",
    "auto": "automatic", "cpu": "CPU", "cuda": "GPU (CUDA)",
    "exact": "exact (float32)", "fast": "fast (bf16 products)",
}


def experiment_fields(start: Experiment) -> dict[str, widgets.Widget]:
    """A control for every field that a visitor may set, showing ``start``."""
    facts = parameters(Experiment)

    def slider(field: str):
        return controls.slider(field, facts[field].label, getattr(start, field), *map(int, facts[field].slider))

    def dropdown(field: str):
        options = [(NAMES[option], option) for option in facts[field].options]
        return controls.dropdown(field, facts[field].label, options, getattr(start, field))

    chips = [chip(key) for key in dict.fromkeys((*bounds, *MORE_BOUNDS, *start.bounds))]
    rate = start.learning_rate
    return {
        "bounds": controls.Chips("bounds", "Bounds", chips, start.bounds),
        "batch_size": slider("batch_size"),
        "critic": dropdown("critic"),
        "steps": slider("steps"),
        "replicates": slider("replicates"),
        "width": slider("width"),
        "learning_rate": controls.dropdown("learning_rate", facts["learning_rate"].label, rates(rate), rate),
        "seed": controls.number("seed", facts["seed"].label, start.seed, 0, 2**31 - 1),
        "device": dropdown("device"),
        "precision": dropdown("precision"),
    }


def show_fields(fields: dict[str, widgets.Widget], experiment: Experiment) -> None:
    """Set the controls to an experiment, also where it is outside of what they usually offer."""
    for field, widget in fields.items():
        value = getattr(experiment, field)
        if field == "bounds":
            for key in value:
                widget.ensure(chip(key))
        elif field == "learning_rate":
            widget.options = rates(value)
        elif hasattr(widget, "max"):
            if isinstance(widget, widgets.IntSlider) and (value < widget.min or (value - widget.min) % widget.step):
                widget.step = 1  # first: a browser moves a value that lies between two steps to one of them, and tells us
            widget.min, widget.max = min(widget.min, value), max(widget.max, value)
        widget.value = value


def chip(key: str) -> tuple:
    """What ``controls.Chips`` needs of a bound; only the first ten registered ones have a colour of their own."""
    own = list(bounds).index(key) if key in bounds else len(STYLES)
    return key, bounds[key].name, own if own < len(STYLES) else None, f"{bounds[key].remark} {bounds[key].promises}"


def rates(chosen: float) -> list[tuple[str, float]]:
    """The learning rates to choose from: 1, 2 and 5 of every decade, and the one that is chosen."""
    usual = [float(f"{digit}e-{decade}") for decade in (5, 4, 3, 2) for digit in (1, 2, 5)] + [0.1]
    return [(f"{rate:g}", rate) for rate in sorted({*usual, chosen})]
