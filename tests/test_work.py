"""Save my work: what a visitor ran becomes cells of a notebook that runs it again."""

import dataclasses
import json

import nbformat
import pytest
from nbclient import NotebookClient

import mi_explorer as mi
from mi_explorer import Experiment, Gaussian, ParameterError
from mi_explorer.pages.own_data import OwnDataPage
from mi_explorer.pages.panels import PanelPage
from mi_explorer.pages.question import OWN, Question
from mi_explorer.pages.watch import WatchPage
from mi_explorer.pages.what_is import LESSON
from mi_explorer.pages.work import Work, estimate_cells, plainly, quoted
from waiting import wait_for

SMALL = Experiment(
    distribution=Gaussian.from_mi(1.0), bounds=("infonce", "nwj"), critic="separable", width=8, batch_size=8, steps=60, evaluate_every=20, replicates=2,
)


class Kept:
    """A page's link that remembers what it was given, entry by entry, as the browser does."""

    def __init__(self, page):
        self.entries = {}
        page.link.keep = lambda entry, cells: self.entries.update({entry: cells})

    def cells(self):
        return [cell for cells in self.entries.values() for cell in cells]


def carried_out(cells):
    """The notebook of these cells, run."""
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    notebook = nbformat.v4.new_notebook(cells=[make[kind](text) for kind, text in [("code", "import mi_explorer as mi"), *cells]])
    NotebookClient(notebook, timeout=120, iopub_timeout=60, kernel_name="python3").execute()
    return notebook.cells


def test_a_study_and_an_experiment_run_again_with_the_same_numbers():
    panels, watch = PanelPage(LESSON), WatchPage(SMALL)
    kept, also = Kept(panels), Kept(watch)
    try:
        panels.desk.predict.answer(0)
        wait_for(lambda: kept.entries)
        panels.choose("sampling")
        panels.desk.wish("pairs", 50)
        panels.desk.predict.skip()
        wait_for(lambda: len(kept.entries) == 2)
        watch.chart.guess = 0.7
        watch.start()
        wait_for(lambda: also.entries)
    finally:
        panels.runner.close(), watch.runner.close()
    cells = carried_out([*kept.cells(), *also.cells()])
    words = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert "You said Four fifths" in words[0] and "You said 0.70 nats" in words[2]
    printed = [output["text"].strip() for cell in cells for output in cell.get("outputs", []) if output.output_type == "stream"]
    assert len(printed) == 2 and printed[0] == panels.desks["terms"].panel.headline(panels.desks["terms"].snapshot, "nats")
    assert "Counting 50 pairs" in printed[1] and plainly(printed[1]) in words[1]  # the same numbers as were seen
    pictures = sum("image/png" in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
    tables = sum("text/html" in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
    assert pictures == 3 and tables == 3


def test_an_example_of_own_data_runs_again():
    page = OwnDataPage()
    kept = Kept(page)
    try:
        page.question = dataclasses.replace(page.question, method="gaussian")
        page.start()
        wait_for(lambda: kept.entries)
    finally:
        page.runner.close()
    cells = carried_out(kept.cells())
    assert "nats" in cells[-1].outputs[0]["text"] and page.report.method == "gaussian"


def test_a_table_of_ones_own_is_named_and_not_carried():
    question = Question(example=OWN)
    words = estimate_cells(question, ("a'b",), ("c",), "my.csv", ["1 nat"])
    compile(words[1][1], "cell", "exec")
    assert "read_csv('my.csv')" in words[1][1] and '''"a'b"''' in words[1][1]


def test_a_slider_on_its_way_is_one_piece_of_work(monkeypatch):
    page = PanelPage(LESSON)
    kept, clock = Kept(page), [100.0]
    page.runner.close()
    monkeypatch.setattr("mi_explorer.pages.work.time.monotonic", lambda: clock[0])
    work = Work(page.link)
    for seconds, kind in ((0, "a"), (1, "a"), (2, "b"), (1, "b"), (10, "b")):
        clock[0] += seconds
        work.add(kind, [("code", str(clock[0]))])
    assert [cells[0][1] for cells in kept.entries.values()] == ["101.0", "104.0", "114.0"]


def test_two_pages_do_not_overwrite_each_other():
    told = []
    for _ in range(2):
        page = PanelPage(LESSON)
        page.runner.close()
        page.link.keep = lambda entry, cells: told.append(entry)
        Work(page.link).add("a", [])
    assert len({*told}) == 2


def test_a_run_that_is_left_is_kept_and_one_that_showed_nothing_is_not():
    page = WatchPage(dataclasses.replace(SMALL, steps=100_000))
    kept = Kept(page)
    try:
        page.start()
        page.on_reset()
        wait_for(lambda: page.state == "idle")
        assert not kept.entries
        page.show_experiment(dataclasses.replace(SMALL, steps=100_000))
        page.start()
        wait_for(lambda: page.curves.standing.evaluations)
        page.on_reset()
        wait_for(lambda: kept.entries)
        assert "Left after" in kept.cells()[0][1]
    finally:
        page.runner.close()


def test_what_is_quoted_is_what_was_said():
    for text in ('{\n "a": 1\n}', '{"a": "\\n"}', '{"""": 1}'):
        assert eval(quoted(text)) == text
    assert plainly("a <b>bold</b> 5 &lt; 6 *star* [link](x) $x$") == r"a bold 5 \< 6 \*star\* \[link](x) \$x\$"
    assert json.loads(eval(quoted(SMALL.to_json()))) == SMALL.to_dict()


def test_a_panel_by_name():
    assert mi.pages.panel("what-is-mutual-information", "terms") is LESSON.panels[0]
    with pytest.raises(ParameterError, match="what-is-mutual-information, terms"):
        mi.pages.panel("what-is-mutual-information", "nonsense")
