"""The panel that chooses a toy problem: its family, its parameters, its true MI, and a map that bends the data."""

from __future__ import annotations

__all__ = ["LENSES", "ProblemPanel"]

import contextlib
import dataclasses

import ipywidgets as widgets

from mi_explorer.distributions import Distribution, Gaussian, Transformed, families
from mi_explorer.pages.echo import Told, same
from mi_explorer.parameters import Parameter, ParameterError, parameters
from mi_explorer.widgets import controls

# Maps that keep the information and change how hard it is to see: (label, map of x, map of y).
LENSES = (
    ("nothing", "identity", "identity"),
    ("y cubed", "identity", "cube"),
    ("x and y cubed", "cube", "cube"),
    ("half-cube: x·√|x|", "half_cube", "half_cube"),
    ("asinh", "asinh", "asinh"),
    ("Φ: uniform margins", "normal_cdf", "normal_cdf"),
    ("wiggly", "wiggly_x", "wiggly_y"),
    ("spiral", "spiral_x", "spiral_y"),
    ("swiss roll (x only)", "swiss_roll", "normal_cdf"),
)
MI_SLIDER = (0.0, 10.0, 0.01)  # nats; as fine as what it shows, else it would stand beside the truth
CLASS_OF_FIELD = {"dim": "dimension"}  # an Experiment's reader looks for the word


def shown_families() -> list[type[Distribution]]:
    """Families that sliders alone can describe, the Gaussian ones first."""
    able = [
        family for family in families.values()
        if dataclasses.fields(family)
        and all(field.name in parameters(family) and parameters(family)[field.name].slider for field in dataclasses.fields(family))
    ]
    return sorted(able, key=lambda family: (not family.name.startswith("gaussian"), family.discrete))


class ProblemPanel:
    """Controls for one ``Distribution``. ``value`` is always a valid one: a wish that is none is undone and reported.

    on_change(distribution) hears of every change that the visitor makes; on_error(sentence) of every refusal.
    """

    def __init__(self, value: Distribution, on_change, on_error):
        self.on_change, self.on_error = on_change, on_error
        self.setting = False
        known = [(family.label, family.name) for family in shown_families()]
        self.family = controls.dropdown("distribution", "Distribution", known, Gaussian.name)
        lenses = [(label, number) for number, (label, *_) in enumerate(LENSES)]
        self.lens = controls.dropdown(
            "transform", "Seen through", lenses, 0, help="A one-to-one map bends the data; the information stays the same."
        )
        self.mi = controls.slider("mi", "True MI (nats)", 0.0, *MI_SLIDER)
        self.sliders: dict[str, widgets.Widget] = {}
        self.told = {"mi": Told(self.mi)}
        self.parameters = controls.group()
        self.widget = controls.group(self.family, self.mi, self.parameters, self.lens)
        self.family.observe(lambda change: self.wish(self.other_family, change["new"]), "value")
        self.lens.observe(lambda change: self.wish(self.other_lens, change["new"]), "value")
        self.mi.observe(lambda change: self.moved_mi(change["new"]), "value")
        self.show(value)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show(self, value: Distribution) -> None:
        """Set all controls to a distribution, without a word to ``on_change``."""
        base, lens = taken_apart(value)
        self.setting = True
        try:
            if base.name not in dict((name, label) for label, name in self.family.options):
                self.family.options = [*self.family.options, (base.label, base.name)]
            self.family.value, self.lens.value = base.name, lens
            self.value = value
            if [*self.sliders] != [*shown_parameters(base)]:
                self.build_sliders(base)
            for name, slider in self.sliders.items():
                number = getattr(base, name)
                slider.min, slider.max = min(slider.min, number), max(slider.max, number)
                self.told[name].tell(number)
            settable = base.mi_parameter is not None
            self.mi.layout.display = "" if settable else "none"
            if settable:
                self.mi.min, self.mi.max = MI_SLIDER[0], max(MI_SLIDER[1], value.mi)
                self.told["mi"].tell(value.mi)
        finally:
            self.setting = False

    def build_sliders(self, base: Distribution) -> None:
        self.sliders = {}
        for name, parameter in shown_parameters(base).items():
            slider = parameter_slider(name, parameter, getattr(base, name))
            slider.observe(lambda change, name=name: self.moved_parameter(name, change["new"]), "value")
            self.sliders[name], self.told[name] = slider, Told(slider)
        self.parameters.children = [*self.sliders.values()]

    # -- what the visitor wishes ---------------------------------------------------------------------------------------

    def moved_mi(self, mi: float) -> None:
        if self.moved("mi", mi) and not same(mi, self.value.mi, self.mi.step):
            self.wish(self.value.with_mi, mi)

    def moved(self, name: str, number: float) -> bool:
        """Whether a visitor has moved this slider; otherwise it goes back to where it belongs."""
        if self.setting:
            return False
        moved = self.told[name].moved(number)
        if not moved:
            self.show(self.value)
        return moved

    def moved_parameter(self, name: str, number: float) -> None:
        base, lens = taken_apart(self.value)
        if self.moved(name, number) and not same(number, getattr(base, name), self.sliders[name].step):
            self.wish(lambda: through(dataclasses.replace(base, **{name: number}), lens))

    def other_family(self, name: str) -> Distribution:
        base, lens = taken_apart(self.value)
        new = families[name]()
        if not new.discrete and "dim" in parameters(new) and "dim" in parameters(base):
            with contextlib.suppress(ParameterError):  # two interacting pairs need two dimensions: then the new one's own
                new = dataclasses.replace(new, dim=base.dim)
        if new.mi_parameter is not None:  # the same information, in another shape, where the family can hold it
            low, high = new.mi_range
            new = new.with_mi(min(max(self.value.mi, low), high - 1e-3 * (high - low)))
        return through(new, 0 if new.discrete else lens)

    def other_lens(self, lens: int) -> Distribution:
        return through(taken_apart(self.value)[0], lens)

    def wish(self, make, *arguments) -> None:
        if self.setting:
            return
        try:
            value = make(*arguments)
        except ParameterError as problem:
            self.show(self.value)
            self.on_error(str(problem))
            return
        self.show(value)
        self.on_change(value)


def taken_apart(value: Distribution) -> tuple[Distribution, int]:
    """The family member and the lens that it is seen through."""
    if isinstance(value, Transformed):
        for number, (_, f, g) in enumerate(LENSES):
            if (value.f, value.g) == (f, g):
                return value.base, number
    return value, 0


def through(base: Distribution, lens: int) -> Distribution:
    _, f, g = LENSES[lens]
    return Transformed(base, f, g) if lens else base


def shown_parameters(base: Distribution) -> dict[str, Parameter]:
    return {name: parameter for name, parameter in parameters(base).items() if parameter.slider}


def parameter_slider(name: str, parameter: Parameter, value):
    low, high, step = parameter.slider
    field = CLASS_OF_FIELD.get(name, name)
    if parameter.kind is int:
        return controls.slider(field, parameter.label, value, int(low), int(high), int(step), help=parameter.help)
    # A finer step than the eye needs: the correlation that belongs to a round MI is no round number.
    return controls.slider(field, parameter.label, float(value), float(low), float(high), step / 10, format=".3f", help=parameter.help)
