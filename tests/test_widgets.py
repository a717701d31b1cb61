"""The parts of a page that need no browser: what the live chart sends, the palette's contrast, formulas, controls."""

import itertools

import ipywidgets
import numpy as np
import pytest
import traitlets

from mi_explorer.palette import CARD, STYLES, style_of
from mi_explorer.widgets import LiveChart, PageLink, controls, formula
from mi_explorer.widgets.style import gradient, site_css, static, theme_css


class Browser:
    """Reads the chart's messages as chart.js does: a message of another run is ignored, blocks overwrite by their start."""

    def __init__(self, chart):
        self.run, self.series, self.points, self.bytes = None, [], {}, []
        chart.send = self.receive

    def receive(self, content, buffers):
        floats = np.frombuffer(buffers[0], np.float32)
        self.bytes.append(len(buffers[0]))
        if content["type"] == "start":
            self.run, self.series, self.points = content["run"], content["series"], {}
        if content["run"] != self.run:
            return
        for index, start, count, steps_at, values_at in content["blocks"]:
            rows = np.vstack([floats[steps_at : steps_at + count], floats[values_at : values_at + 3 * count].reshape(3, count)])
            kept = self.points.get(index, np.empty((4, 0), np.float32))[:, :start]
            assert kept.shape[1] == start, "a gap between what the browser has and what it is sent"
            self.points[index] = np.hstack([kept, rows])


@pytest.fixture
def chart():
    chart = LiveChart()
    chart.browser = Browser(chart)
    chart.start([{"key": "a", "label": "A", "style": 0}, {"key": "b", "label": "B", "style": 1, "kind": "perfect"}], x_max=100)
    return chart


def test_a_flush_sends_each_point_once(chart):
    chart.append("a", [1, 2], [0.1, 0.2], [0.0, 0.1], [0.2, 0.3])
    chart.append("b", 1, 4.0)
    assert chart.flush() == 4 * (4 * 2 + 4)
    assert chart.flush() == 0
    chart.append("a", [3], [0.4])
    chart.flush()
    expected = np.float32([[1, 2, 3], [0.1, 0.2, 0.4], [0.0, 0.1, 0.4], [0.2, 0.3, 0.4]])
    np.testing.assert_array_equal(chart.browser.points[0], expected)
    np.testing.assert_array_equal(chart.browser.points[1], np.float32([[1], [4], [4], [4]]))
    assert len(chart.browser.bytes) == 3  # start and two frames: nothing new, nothing sent


def test_the_series_have_a_kind(chart):
    assert [entry["kind"] for entry in chart.browser.series] == ["curve", "perfect"]


def test_equal_steps_are_sent_once(chart):
    for key in "ab":
        chart.append(key, [1, 2, 3], [0, 0, 0])
    assert chart.flush() == 4 * (3 + 2 * 9)


def test_a_frame_of_ten_curves_is_small():
    chart = LiveChart()
    chart.start([{"key": str(i), "label": str(i), "style": i} for i in range(10)], x_max=2000)
    for i in range(10):
        chart.append(str(i), np.arange(10), np.zeros(10))
    assert chart.flush() <= 2500


def test_a_page_that_comes_late_or_again_gets_everything(chart):
    chart.append("a", np.arange(1000), np.arange(1000) / 7)
    chart.flush()
    chart.append("a", [1000], [np.nan])
    late = Browser(chart)
    chart._handle_custom_msg({"type": "ready"}, [])
    assert late.points[0].shape == (4, 1001)
    assert np.isnan(late.points[0][1, -1])
    chart.append("a", 1001, 1.0)
    chart.flush()
    assert late.points[0].shape == (4, 1002)


def test_a_frame_and_a_snapshot_may_overlap(chart):
    chart.append("a", [1, 2], [1, 2])
    frames = []
    receive, chart.send = chart.browser.receive, lambda *message: frames.append(message)
    chart.flush()
    chart._handle_custom_msg({"type": "ready"}, [])
    for message in (frames[1], frames[0]):  # the snapshot overtakes the frame
        receive(*message)
    np.testing.assert_array_equal(chart.browser.points[0][1], [1, 2])


def test_a_new_run_forgets_the_old_one(chart):
    chart.append("a", [1, 2], [1, 2])
    chart.start([{"key": "c", "label": "C", "style": 2}], x_max=10)
    assert chart.flush() == 0
    with pytest.raises(KeyError):
        chart.append("a", 3, 3)
    assert chart.points("c")["mean"].size == 0


def test_points_are_copies(chart):
    chart.append("a", [1, 2], [1, 2])
    chart.points("a")["mean"][:] = 9
    np.testing.assert_array_equal(chart.points("a")["mean"], [1, 2])


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("index", range(len(STYLES)))
def test_every_curve_stands_out_from_its_card(index):
    assert contrast(STYLES[index].light, CARD[0]) >= 3
    assert contrast(STYLES[index].dark, CARD[1]) >= 3


def variable(css: str, name: str, dark: bool) -> str:
    return css.split(f"--mi-{name}: ")[1 + dark].split(";")[0]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["fg", "muted", "accent", "bad"])
def test_text_can_be_read_on_card_and_page(name, dark):
    theme = static("theme.css")
    for background in (CARD[dark], variable(theme, "bg", dark)):
        assert contrast(variable(theme, name, dark), background) >= 4.5


def test_no_two_curves_look_alike():
    assert len({style.dash for style in STYLES}) == len(STYLES) == 10
    for one, other in itertools.combinations(STYLES, 2):
        assert one.light != other.light and one.dark != other.dark
    assert style_of(10) == STYLES[0]


def test_the_style_sheet_follows_the_palette():
    css = theme_css()
    for i, style in enumerate(STYLES):
        assert f"--mi-c{i}: {style.light};" in css and f"--mi-c{i}: {style.dark};" in css
        assert f".mi-style-{i} " in css
    assert gradient((3, 2)) == "repeating-linear-gradient(90deg, #000 0px 3px, transparent 3px 5px)"


@pytest.mark.parametrize("text", [site_css(), LiveChart._esm, PageLink._esm, static("page.js")])
def test_nothing_is_fetched_from_elsewhere(text):
    assert "://" not in str(text).replace("http://www.w3.org/2000/svg", "")


def test_a_style_is_a_matplotlib_line():
    assert STYLES[0].matplotlib() == {"color": STYLES[0].light, "linestyle": "-"}
    assert STYLES[1].matplotlib(dark=True)["color"] == STYLES[1].dark


@pytest.mark.parametrize("display", [False, True])
def test_a_formula_is_mathml_that_keeps_its_latex(display):
    math = formula(r"\frac{1}{K} < \log K", display=display)
    assert math.startswith("<math ") and math.endswith("</math>") and "<mfrac>" in math
    assert r'alttext="\frac{1}{K} &lt; \log K"' in math
    assert f'display="{"block" if display else "inline"}"' in math


def test_a_control_has_its_class_and_label():
    slider = controls.slider("batch_size", "Batch size K", 64, 2, 1024, 1)
    assert isinstance(slider, ipywidgets.IntSlider)
    assert "mi-batch-size" in slider._dom_classes and slider.description == "Batch size K"
    assert isinstance(controls.slider("noise", "Noise", 0.0, 0, 2, 0.1), ipywidgets.FloatSlider)
    rate = controls.log_slider("learning_rate", "Learning rate", 5e-4, 1e-5, 1e-1)
    assert rate.min == pytest.approx(-5) and rate.value == 5e-4


def test_chips_follow_their_boxes_and_back():
    chips = controls.Chips("bounds", "Bounds", [("nwj", "NWJ", 0, ""), ("dv", "DV", 1, "")], ("dv",))
    seen = []
    chips.observe(lambda change: seen.append(change["new"]), "value")
    chips.boxes["nwj"].value = True
    chips.value = ()
    assert seen == [("nwj", "dv"), ()]
    assert not chips.boxes["dv"].value
    assert "mi-bounds-nwj" in chips.boxes["nwj"]._dom_classes


def test_a_download_is_asked_for_and_offered():
    link, sent = PageLink(downloads=[["csv", "CSV", ""]]), []
    link.send = lambda content, buffers=None: sent.append((content, buffers))
    link.on_download(lambda name: link.offer(f"run.{name}", "text/csv", b"step"))
    link._handle_custom_msg({"type": "download", "name": "csv"}, [])
    assert sent == [({"type": "download", "filename": "run.csv", "mime": "text/csv"}, [b"step"])]


def test_the_unit_is_one_of_two():
    with pytest.raises(traitlets.TraitError):
        LiveChart(unit="bans")


def test_a_table_escapes_its_columns_and_labels_its_cells():
    text = controls.table(["Bound", "a < b"], [{"name": "NWJ", "cells": ["1"], "style": 2, "class": "mi-estimate-nwj", "sentence": "So."}])
    assert 'data-label="a &lt; b"' in text and "mi-style-2" in text and "mi-estimate-nwj" in text and 'colspan="2"' in text
