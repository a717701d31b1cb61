"""Every lesson made of panels: what it owes its visitors, without a browser."""

import dataclasses
import math
import re

import ipywidgets
import pytest

from mi_explorer import ParameterError, figures, server
from mi_explorer.figures.numbers import ROWS, numbers
from mi_explorer.pages import LESSONS
from mi_explorer.pages.panels import PanelPage
from mi_explorer.pages.panels.panel import Desk
from mi_explorer.parameters import parameters

HOSTILE = [math.nan, math.inf, -math.inf, 1e9, -1e9, 10**400, "abc", "", None, [1], {"a": 1}]
PANELS = [pytest.param(panel, id=f"{lesson.notebook}-{panel.key}") for lesson in LESSONS for panel in lesson.panels]
STORIES = [
    pytest.param(panel, story, id=f"{lesson.notebook}-{panel.key}-{story.key}")
    for lesson in LESSONS for panel in lesson.panels for story in panel.stories
]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.notebook)
def test_a_lesson_has_its_notebook_and_its_card(lesson):
    folder = server.notebooks_dir()
    assert (folder / f"{lesson.notebook}.ipynb").is_file()
    assert f"{lesson.notebook}.ipynb" in (folder / "index.ipynb").read_text("utf-8")
    keys = [panel.key for panel in lesson.panels]
    assert len(set(keys)) == len(keys) and lesson.title and lesson.subtitle
    page = PanelPage(lesson)
    page.runner.close()
    with pytest.raises(ParameterError, match="panel"):
        PanelPage(lesson, "nonsense")


@pytest.mark.parametrize(("panel", "story"), STORIES)
def test_a_story_travels_and_shows_something_at_once(panel, story):
    study = story.study
    assert type(study) is panel.study and len(story.look_for) > 40
    assert panel.study.from_url(study.to_url()) == study == panel.study.from_json(study.to_json())
    items = study.carry_out()
    snapshot = next(items)
    items.close()
    assert snapshot.study == study and 0 <= snapshot.done <= 1
    for unit in ("nats", "bits"):
        for words in (panel.headline(snapshot, unit), panel.alternative(snapshot, unit)):
            assert len(words) > 10 and not re.search(r"\b(nan|inf|None)\b", words), words
        assert "nan" not in re.sub(r"<[^>]*>", " ", panel.table(snapshot, unit))
    for dark, narrow in ((False, False), (True, True)):
        figure = panel.picture(snapshot, "bits", dark, narrow)
        if story is panel.stories[0]:  # to make pixels of it takes longest, and is the same for all
            assert figures.to_bytes(figure, "png").startswith(b"\x89PNG")
        for one in numbers(figure):
            assert one.rows or one.notes
            assert len(one.rows) <= ROWS and len(set(one.columns)) == len(one.columns)
            assert all(len(row) == len(one.columns) for row in one.rows)
            assert not re.search(r"\b(nan|inf|None)\b|[$\\{]", f"{one.title} {one.columns} {one.rows} {one.notes}"), one


@pytest.mark.parametrize(("panel", "story"), STORIES)
def test_a_story_stands_where_sliders_can_stand(panel, story):
    """A browser moves a slider that stands between two of its steps, and the story would be another one."""
    for widget in Desk(panel, *[lambda *_: None] * 4).fields.values():
        if isinstance(widget, (ipywidgets.IntSlider, ipywidgets.FloatSlider)):
            name = next(name for name in widget._dom_classes if name not in ("mi-control", "mi-slider"))
            field = name.removeprefix("mi-").replace("-", "_")
            value = getattr(story.study, "dim" if field == "dimension" else field)
            steps = (value - widget.min) / widget.step
            assert value > widget.max or abs(steps - round(steps)) < 1e-6, (field, value, widget.min, widget.step)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_and_every_setting_has_its_control(panel):
    assert len(panel.question) > 60 and panel.label
    fields = {field.name for field in dataclasses.fields(panel.study)}
    assert fields == {*panel.main, *panel.more}


@pytest.mark.parametrize("panel", PANELS)
def test_hostile_settings_are_refused_by_name(panel):
    study = panel.stories[0].study
    for name in parameters(study):
        for value in HOSTILE:
            try:
                changed = dataclasses.replace(study, **{name: value})
            except ParameterError as problem:
                assert name in str(problem), (name, value)
            else:
                assert panel.study.from_json(changed.to_json()) == changed, (name, value)
    for broken in ("#nonsense=1", "#%ZZ", "#" + "a." * 50 + "b=1"):
        with pytest.raises(ParameterError):
            panel.study.from_url(broken)
