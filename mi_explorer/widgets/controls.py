"""Controls and layout with one look: native ipywidgets, each with its stable class ``mi-`` + field.

A control is one widget whose ``description`` stands above it; its class sits on the widget itself, so that a test finds
``.mi-correlation .noUi-handle`` and ``.mi-seed input``. The style sheet (``PageStyle``, part of :func:`page`) does the rest.
"""

from __future__ import annotations

__all__ = [
    "Chips",
    "button",
    "callout",
    "card",
    "checkbox",
    "choices",
    "css_name",
    "dropdown",
    "fold",
    "group",
    "links",
    "log_slider",
    "number",
    "page",
    "quiet_button",
    "row",
    "segments",
    "set_icon",
    "slider",
    "table",
    "tabs",
    "text",
]

import html

import ipywidgets as widgets
import traitlets

from mi_explorer.widgets.style import PageStyle

def css_name(name: str) -> str:
    """The class of a field or key: ``batch_size`` -> ``mi-batch-size``."""
    return "mi-" + "".join(c if c.isalnum() else "-" for c in name.lower())


def classed(widget, *names):
    for name in names:
        widget.add_class(name)
    return widget


def control(widget, field: str, *names: str):
    widget.layout = widgets.Layout(width="auto")
    return classed(widget, "mi-control", css_name(field), *names)


def slider(field: str, label: str, value, low, high, step, *, format: str | None = None, help: str = ""):
    """A slider with a read-out that can be typed in: IntSlider where value, low, high and step are ints, else FloatSlider."""
    whole = all(isinstance(number, int) for number in (value, low, high, step))
    make = widgets.IntSlider if whole else widgets.FloatSlider
    shown = format or ("d" if whole else ".2f")
    facts = {"min": low, "max": high, "step": step, "readout_format": shown, "description": label, "tooltip": help}
    return control(make(value=value, **facts), field, "mi-slider")


def log_slider(field: str, label: str, value, low, high, *, base=10, step=0.1, format: str = ".2g", help: str = ""):
    """A FloatLogSlider from ``low`` to ``high`` (the values, not exponents); ``step`` is in exponents of ``base``."""
    import math

    ends = {"min": math.log(low, base), "max": math.log(high, base), "step": step, "base": base}
    facts = {"readout_format": format, "description": label, "tooltip": help}
    return control(widgets.FloatLogSlider(value=value, **ends, **facts), field, "mi-slider")


def number(field: str, label: str, value, low, high, *, step=1, help: str = ""):
    """A field for a number: BoundedIntText where value and step are ints, else BoundedFloatText."""
    whole = isinstance(value, int) and isinstance(step, int)
    make = widgets.BoundedIntText if whole else widgets.BoundedFloatText
    facts = {"min": low, "max": high, "step": step, "description": label, "tooltip": help}
    return control(make(value=value, **facts), field)


def dropdown(field: str, label: str, options, value, *, help: str = ""):
    """A Dropdown; ``options`` as ipywidgets takes them: values, or (label, value) pairs."""
    facts = {"options": options, "value": value, "description": label, "tooltip": help}
    return control(widgets.Dropdown(**facts), field)


def checkbox(field: str, label: str, value: bool, *, help: str = ""):
    """A Checkbox with its label to the right."""
    facts = {"value": value, "description": label, "indent": False, "tooltip": help}
    return control(widgets.Checkbox(**facts), field)


def segments(field: str, label: str, options, value, *, quiet: bool = False, help: str = ""):
    """A few options side by side (ToggleButtons), for switches such as nats | bits; ``quiet`` hides the label from sight."""
    widget = widgets.ToggleButtons(options=options, value=value, description=label, style={"button_width": "auto"})
    widget.tooltips = [help] * len(widget.options) if help else []
    return control(widget, field, "mi-segments", *(["mi-quiet"] if quiet else []))


def button(name: str, label: str, *, icon: str = "", primary: bool = False, help: str = ""):
    """A Button of class ``mi-<name>``. Icons (drawn by the style sheet): play, pause, step, reset, download, link."""
    widget = widgets.Button(description=label, tooltip=help, layout=widgets.Layout(width="auto"))
    kind = "mi-primary" if primary else "mi-plain"
    return classed(widget, "mi-button", kind, css_name(name), *(["mi-icon", f"mi-icon-{icon}"] if icon else []))


def quiet_button(name: str, label: str, *, help: str = ""):
    """A button that looks like a link: for what may be passed over. Class ``mi-<name>``."""
    return classed(widgets.Button(description=label, tooltip=help, layout=widgets.Layout(width="auto")), "mi-quiet-button", css_name(name))


def set_icon(widget, icon: str) -> None:
    """Change the icon of a button, for instance between play and pause."""
    for name in [name for name in widget._dom_classes if name.startswith("mi-icon-")]:
        widget.remove_class(name)
    classed(widget, "mi-icon", f"mi-icon-{icon}")


def text(name: str, value: str = "", *, live: bool = False):
    """A read-out (HTML). With ``live`` a screen reader says its changes, every two seconds at most (``announce.js``): for
    status lines, not for numbers that run."""
    return classed(widgets.HTML(value), "mi-text", css_name(name), *(["mi-live"] if live else []))


class Chips(widgets.VBox):
    """A wrapping group of on/off chips, a Checkbox each (class ``mi-<field>-<key>``); ``value`` is the tuple of keys that are on.

    ``options`` are tuples (key, label, style, help): ``style`` is the palette index of the swatch, or None for no swatch.
    """

    value = traitlets.Tuple()

    def __init__(self, field: str, label: str, options, value=()):
        self.boxes = {}
        self._field = field
        self._setting = False
        self._chips = classed(widgets.Box(), "mi-chips", "mi-group")
        for option in options:
            self.ensure(option, on=option[0] in value)
        heading = widgets.HTML(f'<span class="mi-label">{html.escape(label)}</span>')
        super().__init__([heading, self._chips])
        classed(self, "mi-control", css_name(field))
        self.value = self._on()

    def ensure(self, option: tuple, on: bool = False) -> None:
        """Add the chip (key, label, style, help) unless there is one of this key."""
        key, name, style, help = option
        if key in self.boxes:
            return
        box = widgets.Checkbox(
            value=on, description=name, indent=False, tooltip=help, layout=widgets.Layout(width="auto")
        )
        classed(box, "mi-chip", f"{css_name(self._field)}-{css_name(key)[3:]}")
        if style is not None:
            classed(box, f"mi-style-{style}", "mi-has-swatch")
        box.observe(self._collect, "value")
        self.boxes[key] = box
        self._chips.children = [*self._chips.children, box]

    def _on(self) -> tuple:
        return tuple(key for key, box in self.boxes.items() if box.value)

    def _collect(self, _) -> None:
        if not self._setting:
            self.value = self._on()

    @traitlets.observe("value")
    def _spread(self, change) -> None:
        self._setting = True
        for key, box in self.boxes.items():
            box.value = key in change["new"]
        self._setting = False


def choices(name: str, label: str, options):
    """A wrapping row of buttons, for presets: (key, label, help) each; the buttons by key, and their box.

    The buttons have the class ``mi-<name>-<key>``; mark the chosen one with ``.add_class("mi-on")``.
    """
    buttons = {}
    for key, shown, help in options:
        widget = widgets.Button(description=shown, tooltip=help, layout=widgets.Layout(width="auto"))
        buttons[key] = classed(widget, "mi-choice", f"{css_name(name)}-{css_name(key)[3:]}")
    heading = widgets.HTML(f'<span class="mi-label">{html.escape(label)}</span>')
    box = widgets.VBox([heading, classed(widgets.Box(list(buttons.values())), "mi-chips", "mi-group")])
    return buttons, classed(box, "mi-control", css_name(name))


def table(columns: list[str], rows: list[dict]) -> str:
    """The HTML of a table that folds into blocks on a narrow page; put it into a :func:`text`.

    ``columns`` names the columns, the first being that of the row's name. A row is a dict of ``name`` and ``cells``
    (HTML, so escape what a visitor typed), and where wanted ``style`` (palette index), ``class`` (of the
    row's <tbody>) and ``sentence`` (HTML, shown below the cells).
    """
    head = "".join(f'<th role="columnheader" scope="col">{html.escape(column)}</th>' for column in columns)
    bodies = []
    for row in rows:
        swatch = "" if row.get("style") is None else f'<span class="mi-swatch mi-style-{row["style"]}" aria-hidden="true"></span>'
        cells = "".join(
            f'<td role="cell" data-label="{html.escape(column, quote=True)}">{cell}</td>'
            for column, cell in zip(columns[1:], row["cells"], strict=True)
        )
        line = f'<tr role="row"><th role="rowheader" scope="row">{swatch}{row["name"]}</th>{cells}</tr>'
        if row.get("sentence"):
            line += f'<tr role="row"><td role="cell" class="mi-sentence" colspan="{len(columns)}">{row["sentence"]}</td></tr>'
        bodies.append(f'<tbody role="rowgroup" class="{row.get("class", "")}">{line}</tbody>')
    head = f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
    return f'<table role="table" class="mi-table">{head}{"".join(bodies)}</table>'


def row(*children):
    """Children side by side in equal widths; they wrap where the space is too narrow."""
    return classed(widgets.Box(list(children)), "mi-row")


def links(*children):
    """Quiet buttons in a line."""
    return classed(widgets.Box(list(children)), "mi-links")


def callout(*children, name: str):
    """A tinted part of a card, for what speaks to the visitor. Class ``mi-<name>``."""
    return classed(widgets.VBox(list(children)), "mi-callout", css_name(name))


def group(*children):
    """Children below each other with the space between controls."""
    return classed(widgets.VBox(list(children)), "mi-stack")


def card(title: str, *children, name: str = "", aside=None):
    """A card with a heading (none if empty); ``aside`` is a widget at the heading's right end."""
    heading = [widgets.HTML(f'<h2 class="mi-card-title">{html.escape(title)}</h2>')] if title else []
    if aside is not None:
        heading = [classed(widgets.Box([*heading, aside]), "mi-card-head")]
    return classed(widgets.VBox(heading + list(children)), "mi-card", *([css_name(name)] if name else []))


def fold(title: str, *children, open: bool = True, phone: bool = False):
    """A part that can be folded away in the browser; with ``phone=True`` it begins folded on a small screen."""
    switch = widgets.HTML(f'<button type="button" class="mi-fold-button">{html.escape(title)}</button>')
    body = classed(widgets.VBox(list(children)), "mi-fold-body", "mi-stack")
    start = "mi-shut" if not open else "mi-shut-on-phone" if phone else "mi-fold-open"
    return classed(widgets.VBox([switch, body]), "mi-fold", start)


def tabs(**children):
    """Tabs by title: ``tabs(Samples=..., Critic=...)``; a name's underscores become spaces. An ipywidgets Tab."""
    widget = widgets.Tab(children=list(children.values()), titles=[name.replace("_", " ") for name in children])
    return classed(widget, "mi-tabs")


def page(lead: list, controls: list, results: list, *, title: str = "", subtitle: str = ""):
    """A whole page: the style sheet, a header, ``lead`` over the full width, and two columns (one below the other on a
    phone, controls first). All three are lists of cards.
    """
    head = ""
    if title:
        head = f'<h1 class="mi-title">{html.escape(title)}</h1><p class="mi-subtitle">{html.escape(subtitle)}</p>'
    columns = [
        classed(widgets.VBox(list(controls)), "mi-column", "mi-side"),
        classed(widgets.VBox(list(results)), "mi-column", "mi-results"),
    ]
    header = [classed(widgets.HTML(head), "mi-header")] if head else []
    layout = classed(widgets.Box(columns), "mi-layout")
    return classed(widgets.VBox([PageStyle(), *header, *lead, layout]), "mi-page")
