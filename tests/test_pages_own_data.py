"""The page "Your own data" without a browser, its description, its widgets, and its pictures."""

import dataclasses
import html
import json
import math
import re
import time

import numpy as np
import pandas
import pytest

from mi_explorer import ParameterError, figures
from mi_explorer.auto import Candidate, Null, Report
from mi_explorer.examples import EXAMPLES
from mi_explorer.pages import report_view
from mi_explorer.pages.own_data import OwnDataPage
from mi_explorer.pages.question import OWN, Question
from mi_explorer.tables import read_table
from mi_explorer.widgets import SidePicker, TableInput
from waiting import wait_for

HOSTILE = [math.nan, math.inf, -math.inf, 1e9, -1e9, 10**400, "abc", "", None, [1], {"a": 1}, True]
SCRIPT = "<script>alert(1)</script>"
REPORT = Report(
    value=0.8, interval=(0.7, 0.9), lower_bound=0.72, null=Null((0.01, -0.02, 0.03), 0.8, 0.5, "Gaussian copula", "Not by chance."),
    candidates=(
        Candidate("copula", "Gaussian copula", 0.1, 0.02, "lower", False, False, "sees lines only"),
        Candidate("critic", SCRIPT, 0.8, math.nan, "neither", True, True, SCRIPT),
    ),
    warnings=(f"Ties in {SCRIPT}.",), n=1500, dim_x=2, dim_y=1, names_x=("a", SCRIPT), names_y=("$y$",), method="auto", seconds=1.0, seed=0,
)


@pytest.fixture
def page():
    page = OwnDataPage()
    yield page
    page.runner.close()


def send(widget, state):
    """A widget message as it comes from a browser: the widget drops values of the wrong type with an error of its own."""
    try:
        widget.set_state(state)
    except Exception as problem:  # the kernel's message loop logs it and goes on
        assert type(problem).__name__ in ("TraitError", "ValueError", "TypeError", "OverflowError"), problem


def hand_in(page, data: bytes, name="mine.csv"):
    """What the browser sends for a small file."""
    page.intake._handle_custom_msg({"type": "piece", "name": name, "first": True, "last": True}, [memoryview(data)])


def choose(picker, x, y):
    """What the browser sends when columns are given to sides."""
    picker._handle_custom_msg({"type": "sides", "x": x, "y": y}, [])


def finish(page):
    page.start()
    wait_for(lambda: "Finished" in page.status.value or page.state == "failed")


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.key)
def test_examples_are_shown_as_they_are(page, example):
    page.examples.value = example.key
    assert page.sides.names() == (tuple(sorted(example.x, key=page.table.names.index)), example.y)
    assert page.question.example == example.key and example.key in page.link.fragment
    assert page.story.value.startswith(example.look_for[:20])


def test_an_example_from_start_to_report(page):
    page.examples.value = "coins"
    finish(page)
    low, high = page.report.interval
    assert low < EXAMPLES["coins"].truth < high
    assert page.status.value.startswith("Finished")
    for word in ("nats", "95 % interval", "The truth", "Could it be chance?", "0.368"):
        assert word in page.answer.value
    page.unit.value = "bits"
    assert "0.531 bits" in page.answer.value  # 0.368 / log 2


def test_who_is_told_that_it_has_finished_finds_the_answer_there(page):
    found = []
    page.status.observe(lambda change: found.append((change["new"], page.answer.value)), "value")
    page.examples.value = "coins"
    finish(page)
    assert ["0.368" in answer for news, answer in found if "Finished" in news] == [True]


def test_downloads(page, monkeypatch):
    offered, said = {}, []
    monkeypatch.setattr(page.link, "offer", lambda name, mime, data: offered.update({name: data}))
    monkeypatch.setattr(page.link, "say", said.append)
    page.on_download("md")
    assert said and not offered
    page.examples.value = "coins"
    finish(page)
    for name, *_ in page.link.downloads:
        page.on_download(name)
    assert "Plug-in" in offered["mutual-information.md"].decode() and "2,000 rows, 3 columns" in offered["mutual-information.md"].decode()
    assert json.loads(offered["mutual-information.json"])["value"] == page.report.value
    assert offered["mutual-information.png"].startswith(b"\x89PNG")


def test_a_table_of_ones_own(page):
    hand_in(page, b"a;b;c\n" + b"1,5;2;x\n2,5;3;y\n" * 20)
    assert page.table.names == ("a", "b", "c") and page.question.example == OWN
    assert page.sides.names() == ((), ()) and page.run_button.disabled
    assert "Choose" in page.status.value and "40 rows" in page.table_name.value
    page.start()
    assert "Choose at least one column" in page.status.value and page.state == "idle"
    choose(page.sides, [0, 1], [2])
    assert page.sides.names() == (("a", "b"), ("c",)) and not page.run_button.disabled
    assert "x=%5B%5D" in page.link.fragment and "1,5" not in page.link.fragment  # the link has no place for the table
    finish(page)
    assert page.report.n == 40 and page.asked.truth is None and "The truth" not in page.answer.value


def test_two_columns_leave_no_choice(page):
    hand_in(page, b"a,b\n1,2\n3,4\n")
    assert page.sides.names() == (("a",), ("b",))


@pytest.mark.parametrize("data", [b"", b"a,b\n1\n", b"\x00\x01", b"a\n1\n", b"PK\x03\x04", b'a,b\n"1,2'])
def test_a_refused_table_changes_nothing(page, data):
    hand_in(page, b"a,b\n" + b"1,2\n2,1\n" * 10, "good.csv")
    before = (page.table, page.question, page.sides.names(), page.link.fragment)
    hand_in(page, data, f"{SCRIPT}.csv")
    assert (page.table, page.question, page.sides.names(), page.link.fragment) == before
    assert "mi-error" in page.status.value and "good.csv" in page.status.value and "<script" not in page.status.value


def test_missing_values_need_consent(page):
    assert page.fields["drop_missing"].layout.display == "none"
    hand_in(page, b"a,b\n" + b"1,2\n2,1\n3,1\n" * 10 + b",1\nNA,2\n")
    assert page.fields["drop_missing"].layout.display != "none"
    page.start()
    assert "2 of 32 rows" in page.status.value and "Tick" in page.status.value and page.state == "idle"
    page.fields["drop_missing"].value = True
    finish(page)
    assert page.report.n == 30 and "2 of 32 rows" in page.answer.value


def test_a_method_that_refuses_loses_nothing(page):
    page.examples.value = "coins"
    finish(page)
    report = page.report
    page.fields["method"].value = "ksg1"
    page.start()
    wait_for(lambda: page.state == "failed")
    wait_for(lambda: "first coin" in page.status.value)
    assert page.report is report and "about the choice before" in page.answer.value
    page.fields["method"].value = "auto"
    assert "about the choice before" not in page.answer.value
    finish(page)
    assert page.state == "finished"


def test_stop(page):
    page.examples.value = "cloud"
    page.start()
    page.stop()
    assert page.state == "idle" and "Stopped" in page.status.value and page.stop_button.disabled
    time.sleep(0.3)
    assert page.state == "idle" and page.report is None
    page.examples.value = "coins"
    finish(page)
    assert page.report.names_y == ("answer",)


def test_hostile_values_change_nothing(page):
    before = page.question
    for field, widget in [*page.fields.items(), ("example", page.examples), ("unit", page.unit)]:
        for value in HOSTILE:
            send(widget, {"value": value})
            assert page.question == Question.from_url("#" + page.question.to_url()[1:]), field
            assert math.isfinite(page.question.time_limit) and page.unit.value in ("nats", "bits")
    for value in ([7], [-1], [0, 0], ["a"], None, 3, [10**30], [[]], "x", math.nan):
        choose(page.sides, value, [1])
        choose(page.sides, [0], value)
        send(page.sides, {"x": value})
        assert all(name in page.table.names for side in page.sides.names() for name in side)
    page.take_table(EXAMPLES[before.example].table, EXAMPLES[before.example])
    assert page.sides.names() == (("x",), ("y",))


def test_links(page):
    page.link.set_state({"fragment": "example=iris&x=%5B1,2%5D&y=%5B5%5D&method=ross&seed=3&view.unit=bits&view.tab=candidates", "loaded": True})
    assert page.question == Question("iris", (1, 2), (5,), "ross", seed=3)
    assert page.sides.names() == (("sepal length (cm)", "sepal width (cm)"), ("species",))
    assert page.fields["method"].value == "ross" and page.unit.value == "bits" and page.pictures.tab == "candidates"
    own = page.link.fragment
    for broken in ("example=nonsense", "x=%5B1%5D&y=%5B1%5D", "example=iris&x=%5B99%5D&y=%5B1%5D", "seed=-1", "colour=red", "x=abc"):
        page.link.set_state({"fragment": broken})
        assert "broken" in page.status.value, broken
        assert page.question.example == "iris" and page.link.fragment == own
    page.link.set_state({"fragment": "example=own&method=ksg1"})
    assert "does not carry" in page.status.value and page.question.method == "ksg1" and page.table is EXAMPLES["parabola"].table


def test_every_control_has_its_class(page):
    def walk(widget):
        yield from widget._dom_classes
        for child in getattr(widget, "children", ()):
            yield from walk(child)

    names = {*walk(page.widget)}
    for field in ("example", "sides", "drop-missing", "method", "seed", "time-limit", "run", "stop", "status", "progress", "unit", "answer"):
        assert f"mi-{field}" in names


# -- its parts ---------------------------------------------------------------------------------------------------------


def test_files_arrive_in_pieces_and_the_cap_is_python_s_too():
    intake, got, sent = TableInput(max_bytes=100), [], []
    intake.on_data(lambda name, data: got.append((name, data)))
    intake.send = lambda content, buffers=None: sent.append(content["type"])
    pieces = [b"a,b\n", b"1,2\n" * 5, b"3,4\n"]
    for i, piece in enumerate(pieces):
        intake._handle_custom_msg({"type": "piece", "name": "t.csv", "first": i == 0, "last": i == 2}, [memoryview(piece)])
    assert got == [("t.csv", b"".join(pieces))] and sent == ["more", "more", "arrived"]
    for i in range(4):
        intake._handle_custom_msg({"type": "piece", "name": "t.csv", "first": i == 0, "last": False}, [memoryview(b"x" * 40)])
    assert "refused" in sent and len(got) == 1
    intake._handle_custom_msg({"type": "piece"}, [])
    intake._handle_custom_msg({"nonsense": 1}, [memoryview(b"x")])
    assert len(got) == 1


def test_no_column_is_on_both_sides():
    picker = SidePicker()
    picker.show([["a", "", True], ["b", "", False], ["c", "", True]], [0], [2])
    sent = []
    picker.send = sent.append
    choose(picker, [0, 1, 2, 9], [2])
    assert (picker.x, picker.y) == ((0,), ()) and picker.names() == (("a",), ())
    picker._handle_custom_msg({"type": "ready"}, [])
    assert sent == [{"type": "sides", "x": (0,), "y": ()}]


@pytest.mark.parametrize("wrong", [
    {"example": "none"}, {"x": [0]}, {"x": [1.5]}, {"x": ["1"]}, {"x": 3}, {"x": [1], "y": [2, 1]}, {"method": "magic"}, {"drop_missing": "yes"},
    {"seed": -1}, {"time_limit": math.nan}, {"time_limit": 1e6},
])
def test_questions_are_checked(wrong):
    with pytest.raises(ParameterError):
        Question(**wrong)


def test_everything_that_comes_from_a_file_is_escaped():
    table = read_table(f'"{SCRIPT}",b\n"{SCRIPT}",=1+1\n,2\n', f"{SCRIPT}.csv")
    for words in (
        report_view.readout(REPORT, 0.75, "nats"), report_view.candidates(REPORT, "bits"), report_view.preview(table), table.to_markdown(),
    ):
        assert "<script" not in words and "&lt;script" in words
    assert "=1+1" in report_view.preview(table) and "missing" in report_view.preview(table)


@pytest.mark.parametrize("truth, said", [(0.75, "inside the interval"), (1.5, "outside the interval"), (None, None)])
def test_the_read_out(truth, said):
    words = report_view.readout(REPORT, truth, "nats")
    assert "0.80 nats" in words and "0.70 to 0.90" in words and "0.72 nats" in words and "p = 0.5" in words
    assert ("The truth" in words) == (truth is not None) and (said is None or said in words)
    assert "0 of 3 shuffles" in words and "Keep in mind" in words
    assert "told from chance" in words  # p = .5


@pytest.mark.parametrize(
    ("sentence", "in_bits"),
    [
        ("The candidates are divided: they range from 0.500 to 1.000 nats.", "The candidates are divided: they range from 0.721 to 1.443 bits."),
        ("On rows held out +0.100 ± 0.010 nats against KSG 1.", "On rows held out +0.144 ± 0.014 bits against KSG 1."),
        ("hardly any estimator shows more than about 4.6 nats; the", "hardly any estimator shows more than about 6.6 bits; the"),
        ("Too few rows: 100 tell little.", "Too few rows: 100 tell little."),
    ],
)
def test_the_sentences_follow_the_unit(sentence, in_bits):
    report = dataclasses.replace(REPORT, warnings=(sentence,))
    assert html.escape(sentence) in report_view.readout(report, None, "nats")
    assert html.escape(in_bits) in report_view.readout(report, None, "bits")


def values(figure, axis=0):
    return np.concatenate([collection.get_offsets() for collection in figure.axes[axis].collections])


def test_a_cloud_shows_the_columns_themselves():
    frame = EXAMPLES["parabola"].table.frame
    assert np.allclose(np.sort(values(figures.dependence(frame[["x"]], frame[["y"]]))[:, 1]), np.sort(frame["y"]))


def test_several_columns_are_drawn_along_the_direction_that_correlates_most():
    """x1 + x2 gives y, next to x3 which is noise: the direction drawn must be theirs (r² is .8 by construction)."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2000, 3))
    y = x[:, 0] + x[:, 1] + generator.normal(size=2000) / np.sqrt(2)
    offsets = values(figures.dependence(pandas.DataFrame(x), pandas.DataFrame({"y": y})))
    assert np.corrcoef(offsets.T)[0, 1] ** 2 == pytest.approx(0.8, abs=0.04)  # 4 standard errors of r² are .03; scores bend it a little


def test_symbols_are_counted():
    frame = EXAMPLES["coins"].table.frame
    figure = figures.dependence(frame[["first coin"]], frame[["answer"]])
    table = pandas.crosstab(frame["answer"], frame["first coin"])
    assert [int(text.get_text()) for text in figure.axes[0].texts] == table.to_numpy().ravel().tolist()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["heads", "tails"]


def test_groups_get_a_box_each():
    frame = EXAMPLES["iris"].table.frame
    figure = figures.dependence(frame[["petal length (cm)"]], frame[["species"]], dark=True)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["setosa", "versicolor", "virginica"]
    medians = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linewidth() == 2.4]
    assert medians == pytest.approx(frame.groupby("species")["petal length (cm)"].median().tolist())


@pytest.mark.parametrize("x, y", [
    ([1.0] * 50, range(50)), (["a", "b"] * 25, ["$x", "y$"] * 25), ([math.nan, math.inf, *range(48)], range(50)),
    ([f"name {i}" for i in range(50)], np.random.default_rng(0).normal(size=50)), ([1e308, -1e308] * 25, np.random.default_rng(0).normal(size=50)),
    (np.random.default_rng(0).integers(0, 40, 5000), np.random.default_rng(0).normal(size=5000)), (np.arange(5000.0), np.arange(5000.0) ** 7),
])
def test_odd_columns_are_drawn(x, y):
    figure = figures.dependence(pandas.DataFrame({"x": x}), pandas.DataFrame({"y": y}))
    assert figures.to_bytes(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("unit", ["nats", "bits"])
@pytest.mark.parametrize("dark", [False, True])
def test_pictures_of_a_report(unit, dark):
    scale = {"nats": 1, "bits": math.log(2)}[unit]
    null = figures.null(REPORT, unit, dark).axes[0]
    assert null.lines[0].get_xdata()[0] == pytest.approx(0.8 / scale)
    assert sum(patch.get_height() for patch in null.patches) == 3
    shown = figures.candidates(REPORT, unit, dark, truth=0.75).axes[0]
    assert [line.get_xdata()[0] for line in shown.lines[:2]] == pytest.approx([0.75 / scale, 0.72 / scale])
    assert [label.get_text() for label in shown.get_yticklabels()] == [f"{SCRIPT} ✓", "Gaussian copula"]
    frame = EXAMPLES["parabola"].table.frame
    sheet = figures.sheet(REPORT, frame[["x"]], frame[["y"]], unit, dark, 0.75)
    assert len(sheet.axes) == 3 and re.search(rf"{0.8 / scale:.2f} {unit}", sheet.get_suptitle())
    assert figures.to_bytes(sheet).startswith(b"\x89PNG")
