"""The validation report: what it measures is measured, its verdicts follow their rule, and the command writes it."""

import importlib
import math

import numpy as np
import pytest

from mi_explorer import cli
from mi_explorer.parameters import ParameterError
from mi_explorer.validation import Row, Section, Settings, sections, write
from mi_explorer.validation.section import spread


def module(name):
    return importlib.import_module(f"mi_explorer.validation.{name}")


def finish(steps):
    """The shares that a generator yields, and what it returns."""
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            return shares, end.value


def square(number):
    return number**2


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_come_back_in_order(workers):
    shares, values = finish(spread(square, [(3,), (1,), (2,)], workers))
    assert values == [9, 1, 4]
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])


@pytest.mark.parametrize(
    "published, ours, stderr, margin, verdict",
    [
        (1.0, 1.04, math.nan, 0.05, "agrees"),
        (1.0, 1.06, math.nan, 0.05, "differs"),
        (1.0, 1.06, 0.01, 0.05, "agrees"),
        (1.0, 0.9, 0.02, 0.05, "differs"),
        (1.0, math.nan, math.nan, 9.0, "failed"),
        (None, 3.0, math.nan, 0.0, "no published figure"),
    ],
)
def test_a_verdict_follows_its_rule(published, ours, stderr, margin, verdict):
    assert Row("something", published, ours, stderr, margin).verdict == verdict


def test_settings_are_checked():
    with pytest.raises(ParameterError, match="seeds is 0"):
        Settings(seeds=0)


def test_a_staircase_adds_up():
    rows = module("staircase").measure("separable", False, steps=20, seed=0)
    assert len(rows) == 5 * 5
    for row in rows:
        assert row["mse"] == pytest.approx(row["bias"] ** 2 + row["variance"])
        assert row["variance"] > 0 and row["stderr"] > 0
    untrained = [row["bias"] for row in rows if row["truth"] == 10 and row["bound"] == "infonce"]
    assert 10 - math.log(64) < untrained[0] < 10.5  # InfoNCE cannot pass log K


def test_the_ksg_section_compares_with_the_truth(monkeypatch):
    low = module("low_dimensional")
    for size in ("N", "HELD_OUT"):
        monkeypatch.setattr(low, size, 500)
    monkeypatch.setattr(low, "PROBLEMS", 2)
    shares, section = finish(low.low_dimensional(Settings(quick=True)))
    assert shares[-1] == 1 and len(section.rows) == 14
    values = [row.ours for row in section.rows[:10]]
    assert np.all(np.diff(values[:4]) > 0.3)  # it follows the truth up, until 500 samples saturate it
    assert all(row.published in (1.0, 2.0) for row in section.rows[10:])


def test_one_sample_estimator_on_one_task():
    row = module("suite").measure("1v1-normal-0.75", "ksg1", 1000, 0)
    assert row["value"] == pytest.approx(row["truth"], abs=0.15)  # its standard error at 1000 samples is about .03
    table = module("suite").summary(importlib.import_module("pandas").DataFrame([row]))
    assert table.loc["ksg1", "within_10"] in (0, 1) and table.loc["ksg1", "median_error"] == abs(row["value"] - row["truth"])


def test_the_report_shows_rows_tables_and_figures(tmp_path):
    pandas = importlib.import_module("pandas")
    figure = importlib.import_module("mi_explorer.figures.validation").published_curve([1, 2], [1, 2], [1, 2], {1: [1, 2]})
    section = Section("A title", "A text.", (Row("a row", 1.0, 2.0, 0.1, 0.5),), {"A table": pandas.DataFrame({"a": [1.5]})}, {"one.png": figure})
    text = write([section], Settings(quick=True), 60, tmp_path).read_text()
    for part in ("## A title", "A text.", "| a row | 1 | 2 ± 0.1 | 0.5 | differs |", "### A table", "| 0 | 1.5 |", "![A title](one.png)", "quick pass"):
        assert part in text
    assert (tmp_path / "one.png").stat().st_size > 1000


def test_the_command_writes_the_report(tmp_path, monkeypatch, capsys):
    def small(settings):
        yield 0.5
        return Section("Small", f"{settings.seeds} seeds", (Row("a", 1.0, 1.0, math.nan, 0.1),))

    monkeypatch.setitem(sections, "staircase", small)
    arguments = ["validate", "--out", str(tmp_path), "--only", "staircase", "--seeds", "2"]
    assert cli.main(arguments) == 0
    assert "2 seeds" in (tmp_path / "validation.md").read_text()
    assert "1 rows agree" in capsys.readouterr().out
    assert cli.main(arguments) == 2
    assert "already holds" in capsys.readouterr().err
    assert cli.main([*arguments, "--overwrite"]) == 0


@pytest.mark.parametrize("only", ["nonsense", ",", "staircase,nonsense"])
def test_mistakes_are_one_sentence(tmp_path, capsys, only):
    assert cli.main(["validate", "--out", str(tmp_path), "--only", only]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_knows_every_section():
    assert set(importlib.import_module("mi_explorer.cli.validate").NAMES) == set(sections)
