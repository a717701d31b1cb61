"""What a panel of the page is: a question, the study that answers it, its controls, its picture and its words."""

from __future__ import annotations

__all__ = ["Desk", "Panel", "Story"]

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets as widgets

from mi_explorer.bounds import bounds
from mi_explorer.description import Description
from mi_explorer.pages.panels.predict import PredictCard
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.echo import same
from mi_explorer.pages.settings import chip, rates, show_fields
from mi_explorer.pages.panels.words import prose
from mi_explorer.parameters import Parameter, ParameterError, parameters
from mi_explorer.studies.playground import SAMPLE_ESTIMATORS
from mi_explorer.widgets import controls

CLASS_OF_FIELD = {"dim": "dimension"}
BOUNDS = ("infonce", "nwj", "mine", "dv", "js", "smile", "smile(1)", "tuba", "ialpha", "flo")


@dataclass(frozen=True)
class Story:
    """Settings that show something, and the sentence that says what to look for."""

    key: str
    label: str
    look_for: str
    study: Description


@dataclass(frozen=True)
class Panel:
    """A panel as data: pure functions of a snapshot, no widgets.

    label: on the button that chooses it; question: what it asks, and what Run does; predict: what to guess before. main, more: fields of the study in
    sight and folded away. picture(snapshot, unit, dark, narrow): a Figure; alternative(snapshot, unit): it in words;
    headline(snapshot, unit): what is seen, in a plain sentence; table(snapshot, unit): HTML. names: options as shown.
    controls: for fields that need a control of their own, a function (field, label, value) -> widget whose ``value`` is the field's.
    limits: sentences that say what does not hold; papers: (name, address) each. live: cheap enough to start at every change.
    """

    key: str
    label: str
    question: str
    stories: tuple[Story, ...]
    main: tuple[str, ...]
    more: tuple[str, ...]
    picture: Callable
    alternative: Callable[[object, str], str]
    headline: Callable[[object, str], str]
    table: Callable[[object, str], str]
    predict: Prediction
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    controls: dict[str, Callable] = dataclasses.field(default_factory=dict)
    limits: tuple[str, ...] = ()
    papers: tuple[tuple[str, str], ...] = ()
    live: bool = False

    @property
    def study(self) -> type[Description]:
        return type(self.stories[0].study)


class Desk:
    """A panel's controls, and what has been found there so far. ``study`` is always a valid one.

    on_change() hears of every change that the visitor makes, on_error(sentence) of every refusal, on_story() of a story,
    on_predict() of an answer to the panel's prediction.
    """

    def __init__(self, panel: Panel, on_change, on_error, on_story, on_predict):
        self.panel, self.on_change, self.on_error, self.on_story = panel, on_change, on_error, on_story
        self.predict = PredictCard(panel.predict, on_predict)
        self.setting = False
        self.snapshot: object = None
        self.paused = False
        self.state, self.words, self.left, self.note = "idle", "Press Run.", "", ""
        self.story: Story | None = panel.stories[0]
        self.study = panel.stories[0].study
        self.fields = {name: field_control(panel, name, self.study) for name in (*panel.main, *panel.more)}
        told = [(story.key, story.label, story.look_for) for story in panel.stories]
        self.story_buttons, stories = controls.choices("story", "Choose a story", told)
        self.look_for = controls.text("look-for")
        main = controls.fold("Settings", *(self.fields[name] for name in panel.main), phone=True)
        more = [controls.fold("More settings", *(self.fields[name] for name in panel.more), open=False)] if panel.more else []
        self.lead = controls.group(stories, self.predict.widget, self.look_for)
        self.widget = controls.card("", main, *more, name="settings")
        for story in panel.stories:
            self.story_buttons[story.key].on_click(lambda _, story=story: self.tell(story))
        for name, widget in self.fields.items():
            widget.observe(lambda change, name=name: self.wish(name, change["new"]), "value")
        self.show(self.study)

    def show(self, study: Description) -> None:
        """Set all controls to a study, without a word to ``on_change``."""
        self.setting = True
        try:
            self.study = study
            for key in getattr(study, "estimators", ()):
                self.fields["estimators"].ensure(estimator_chip(key))
            show_fields(self.fields, study)
        finally:
            self.setting = False
        self.story = next((story for story in self.panel.stories if story.study == study), None)
        self.look_for.value = prose(self.story.look_for) if self.story else ""
        for key, button in self.story_buttons.items():
            (button.add_class if self.story and key == self.story.key else button.remove_class)("mi-on")

    def leave(self, state: str, words: str) -> None:
        """Its study is carried out no longer."""
        self.state, self.words, self.left, self.note, self.paused = state, words, "", "", False

    def tell(self, story: Story) -> None:
        self.show(story.study)
        self.on_story()

    def wish(self, name: str, value) -> None:
        if self.setting or self.echoes(name, value):
            return
        try:
            study = dataclasses.replace(self.study, **{name: value})
        except ParameterError as problem:
            self.show(self.study)
            self.on_error(str(problem))
            return
        self.show(study)
        self.on_change()

    def echoes(self, name: str, value) -> bool:
        """Whether a control only says what it was set to: browsers snap the value of a slider to its step."""
        known, step = getattr(self.study, name), getattr(self.fields[name], "step", None)
        if isinstance(known, float) and isinstance(value, float) and step and name != "learning_rate":
            return same(value, known, step)
        return value == known


def estimator_chip(key: str) -> tuple:
    return (key, SAMPLE_ESTIMATORS[key], None, "needs no training") if key in SAMPLE_ESTIMATORS else chip(key)


def field_control(panel: Panel, name: str, study: Description) -> widgets.Widget:
    """The control of one field, made from what the field says about itself."""
    value, field = getattr(study, name), CLASS_OF_FIELD.get(name, name)
    if name in panel.controls:
        return panel.controls[name](field, parameters(study)[name].label, value)
    if name in ("bounds", "estimators"):
        sample = SAMPLE_ESTIMATORS if name == "estimators" else ()
        return controls.Chips(name, "Estimators", [estimator_chip(key) for key in dict.fromkeys((*sample, *BOUNDS, *value))], value)
    fact: Parameter = parameters(study)[name]
    if name == "learning_rate":
        return controls.dropdown(field, fact.label, rates(value), value)
    if fact.options:
        return controls.dropdown(field, fact.label, [(panel.names.get(o, o), o) for o in fact.options], value, help=fact.help)
    if not fact.slider:
        return controls.number(field, fact.label, value, fact.low, fact.high, help=fact.help)
    low, high, step = fact.slider  # a tenth of a step: a link may hold any number, and the browser would move it
    if fact.kind is int:
        return controls.slider(field, fact.label, value, int(low), int(high), max(1, int(step) // 10), help=fact.help)
    return controls.slider(field, fact.label, value, float(low), float(high), step / 10, help=fact.help)
