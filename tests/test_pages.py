"""The page without a browser: what it does with wishes, good and hostile ones, and with frames."""

import dataclasses
import math
import threading

import numpy as np
import pytest

from mi_explorer import Experiment, Gaussian, GaussianSparse, StudentT, Transformed, bounds
from mi_explorer.distributions import families
from mi_explorer.pages.presets import PRESETS
from mi_explorer.pages.problem import LENSES, ProblemPanel, shown_families
from mi_explorer.pages.watch import WatchPage
from mi_explorer.verdicts import format_mi
from waiting import wait_for

HOSTILE = [math.nan, math.inf, -math.inf, 1e9, -1e9, 10**400, "abc", "", None, [1], {"a": 1}, True]


@pytest.fixture
def page():
    page = WatchPage()
    yield page
    page.runner.close()


def send(widget, state):
    """A widget message as it comes from a browser: the widget drops values of the wrong type with an error of its own."""
    try:
        widget.set_state(state)
    except Exception as problem:  # the kernel's message loop logs it and goes on
        assert type(problem).__name__ in ("TraitError", "ValueError", "TypeError", "OverflowError"), problem


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_presets_are_shown_as_they_are(page, preset):
    page.preset = preset
    page.show_experiment(preset.experiment)
    assert page.experiment == preset.experiment
    assert {key for key, box in page.fields["bounds"].boxes.items() if box.value} == {*preset.experiment.bounds}
    assert page.fields["batch_size"].value == preset.experiment.batch_size
    assert page.chart.truth[0][1] == preset.experiment.distribution.mi
    assert len(page.chart.truth) == len(preset.experiment.level_starts())
    assert len(preset.look_for) > 60


def test_hostile_values_change_nothing(page):
    before = page.experiment
    panel = page.problem
    controls = [panel.mi, panel.family, panel.lens, *panel.sliders.values(), *(w for k, w in page.fields.items() if k != "bounds")]
    for widget in controls:
        for value in HOSTILE:
            send(widget, {"value": value})
            assert math.isfinite(page.experiment.distribution.mi)
            assert page.experiment == Experiment.from_json(page.experiment.to_json())
    page.show_experiment(before)
    assert page.experiment == before


def test_nan_from_a_slider_is_refused_by_name(page):
    page.problem.sliders["correlation"].value = math.nan
    assert "correlation" in page.status.value and "mi-error" in page.status.value
    assert page.problem.sliders["correlation"].value == pytest.approx(page.experiment.distribution.correlation)


def test_a_late_echo_of_a_slider_does_not_undo_what_came_after(page):
    """A browser rounds what it is told to the slider's step, and sends that back."""
    panel = page.problem
    panel.sliders["correlation"].value = 0.9
    told = panel.mi.value
    echo = round(told / panel.mi.step) * panel.mi.step
    assert echo != told
    page.preset_buttons["first-look"].click()
    now = page.experiment
    send(panel.mi, {"value": echo})
    assert page.experiment == now and panel.mi.value == pytest.approx(now.distribution.mi, abs=0.03)
    send(panel.mi, {"value": 3.0})  # nobody had told it that: the visitor
    assert page.experiment.distribution.mi == pytest.approx(3.0)


def test_who_moves_a_slider_away_and_back_at_once_is_heard(page):
    """The number that it was set to comes from a visitor: a browser has no reason to say it. What it snaps that to it says once."""
    page.problem.show(Gaussian(correlation=0.5))
    slider = page.problem.sliders["correlation"]
    for value in (0.6, 0.5, 0.6, 0.5):
        send(slider, {"value": value})
        assert page.experiment.distribution.correlation == value
    page.problem.show(Gaussian(correlation=0.70004))
    send(slider, {"value": 0.7})
    assert page.problem.value.correlation == 0.70004
    for value in (0.6, 0.7):
        send(slider, {"value": value})
        assert page.experiment.distribution.correlation == value


def test_who_goes_step_by_step_reads_where_the_run_rests(page):
    page.fields["steps"].value = 100
    for step in (1, 2, 3):
        page.step_button.click()
        wait_for(lambda step=step: f"Paused at step {step}." in page.status.value)


def test_a_refusal_outlasts_the_news_of_a_run(page):
    page.fields["steps"].value = 100
    page.start()
    page.problem.sliders["correlation"].value = math.nan
    assert "correlation" in page.status.value
    wait_for(lambda: "Finished" in page.status.value)
    assert "correlation" in page.status.value and "mi-error" in page.status.value
    page.fields["batch_size"].value = 32
    assert "correlation" not in page.status.value


def test_who_is_told_that_it_has_finished_finds_the_estimates_there(page):
    found = []
    page.status.observe(lambda change: found.append((change["new"], page.headline.value, page.table.value)), "value")
    page.fields["steps"].value = 100
    page.start()
    wait_for(lambda: "Finished" in page.status.value)
    (told,) = [(headline, table) for news, headline, table in found if "Finished" in news]
    assert told == (page.headline.value, page.table.value) and all(told)


def test_an_empty_chart_says_what_it_waits_for(page):
    assert "Press Run" in page.chart.hint
    page.start()
    wait_for(lambda: page.state in ("running", "finished"))
    assert page.chart.hint and "Press Run" not in page.chart.hint
    page.on_reset()
    wait_for(lambda: page.state == "idle")
    assert "Press Run" in page.chart.hint


@pytest.mark.parametrize("family", shown_families(), ids=lambda family: family.name)
def test_every_family_has_its_controls_and_runs(page, family):
    page.problem.family.value = family.name
    assert type(page.experiment.distribution).__name__ == family.__name__ or page.experiment.distribution.base.name == family.name
    assert set(page.problem.sliders) == {name for name in page.problem.sliders if hasattr(family(), name)}
    page.fields["steps"].value = 100
    page.start()
    wait_for(lambda: page.state in ("finished", "failed"))
    assert page.state == "finished", page.status.value


def test_families_of_the_dropdown_are_those_that_sliders_describe():
    assert {family.name for family in shown_families()} == set(families) - {"transformed", "joint_table", "gaussian_mixture"}


def test_lenses_keep_the_information():
    told, errors = [], []
    panel = ProblemPanel(Gaussian(dim=3, correlation=0.7), told.append, errors.append)
    for number, (label, _, _) in enumerate(LENSES):
        panel.lens.value = number
        assert panel.value.mi == pytest.approx(Gaussian(dim=3, correlation=0.7).mi), label
    assert len(errors) == 1 and "swiss_roll" in errors[0]  # 3-d: refused, and undone
    assert isinstance(panel.value, Transformed) and len(told) == len(LENSES) - 2


def test_mi_and_correlation_follow_each_other():
    told = []
    panel = ProblemPanel(Gaussian(dim=20, correlation=0.5), told.append, pytest.fail)
    panel.mi.value = 4.0
    assert told[-1] == Gaussian.from_mi(4.0, dim=20)
    assert panel.sliders["correlation"].value == told[-1].correlation
    panel.sliders["noise"].value = 0.5
    assert told[-1].noise == 0.5 and panel.mi.value == told[-1].mi
    count = len(told)
    panel.sliders["correlation"].value = round(told[-1].correlation, 3)  # the browser's echo, snapped to the step
    assert len(told) == count


def test_changing_the_family_keeps_the_information():
    told = []
    panel = ProblemPanel(Gaussian.from_mi(2.0, dim=5), told.append, pytest.fail)
    panel.family.value = "student"
    assert isinstance(told[-1], StudentT) and told[-1].mi == pytest.approx(2.0) and told[-1].dim == 5
    panel.family.value = "symmetric_channel"
    assert told[-1].discrete and 0 < told[-1].mi <= math.log(told[-1].symbols)


def test_a_family_that_cannot_have_the_dimension_keeps_its_own():
    told = []
    panel = ProblemPanel(Gaussian.from_mi(0.5, dim=1), told.append, pytest.fail)
    panel.family.value = "gaussian_sparse"  # two interacting pairs do not fit into one dimension
    assert told[-1].dim == GaussianSparse().dim and told[-1].mi == pytest.approx(0.5)


def test_latest_wish_wins_and_no_stale_frame_follows(page):
    for batch_size in (8, 16, 32):
        page.apply(batch_size=batch_size)
        page.start()
    wait_for(lambda: page.state == "running" or page.state == "finished")
    assert page.ran.batch_size == 32
    wait_for(lambda: page.done > 20)
    page.on_reset()
    wait_for(lambda: page.state == "idle")
    points = len(page.chart.points("infonce")["step"]) if "infonce" in page.chart._curves else 0
    assert points == 0 and page.done == 0


def test_a_live_change_is_written_into_the_run(page):
    page.apply(steps=20_000)
    page.start()
    wait_for(lambda: page.state == "running" and page.done > 5)
    page.problem.mi.value = 2.0
    wait_for(lambda: any(field == "distribution" for _, field, _ in page.ran.changes))
    assert page.run == 1
    page.on_pause()
    wait_for(lambda: page.state == "paused")
    result = page.runner.result()
    assert Experiment.from_json(result.experiment.to_json()) == result.experiment
    page.fields["replicates"].value = 2  # cannot change within a run: a new one starts
    wait_for(lambda: page.run == 2 and page.state == "running")


def test_the_status_of_a_failed_run_names_the_parameter(page):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    page.fields["device"].value = "cuda"
    page.start()
    wait_for(lambda: page.state == "failed")
    wait_for(lambda: "device" in page.status.value)
    page.fields["device"].value = "cpu"
    wait_for(lambda: page.state in ("running", "finished"))


def test_links(page):
    page.link.set_state({"fragment": "batch_size=16&view.unit=bits&view.tab=critic", "loaded": True})
    assert page.experiment.batch_size == 16 and page.unit.value == "bits" and page.inside.tabs.selected_index == 1
    own = page.link.fragment
    page.link.set_state({"fragment": "batch_size=1"})
    assert "broken" in page.status.value and "batch_size" in page.status.value
    assert page.experiment == PRESETS[0].experiment
    page.link.set_state({"fragment": own})
    assert page.experiment.batch_size == 16


def test_a_tentative_point_gives_way():
    from mi_explorer.widgets import LiveChart

    chart = LiveChart()
    chart.start([{"key": "a", "label": "A", "style": 0}], 10)
    sent = []
    chart.send = lambda content, buffers: sent.append((content["blocks"], np.frombuffer(buffers[0], np.float32)))
    chart.append("a", [1, 2], [0.1, 0.2])
    chart.append("a", 2.5, 0.3, tentative=True)
    chart.flush()
    chart.append("a", 3, 0.4)
    chart.flush()
    (first, values), (second, later) = sent
    assert first[0][1:3] == [0, 3] and values[:3].tolist() == [1, 2, 2.5]
    assert second[0][1:3] == [2, 1] and later[0] == 3  # overwrites the tentative one
    assert chart.points("a")["step"].tolist() == [1, 2, 3]


def test_the_truth_line_does_not_go_back_to_what_was_before_a_change(page):
    from mi_explorer.runners import Frame

    before = page.experiment.with_change(1, batch_size=16)
    page.chart.truth, page.chart.ceiling = [[0, 1.0]], [[0, math.log(128)]]
    frame = Frame(page.run, "running", before, 2, np.zeros((0, 0, 0), np.float32), (), (), 0.0, None, None, pending=True)
    page.show_frame(frame)
    assert page.chart.ceiling == [[0, math.log(128)]]
    page.show_frame(dataclasses.replace(frame, pending=False))
    assert page.chart.ceiling[-1] == [1, math.log(16)]


@pytest.mark.parametrize("next_thing", ["start", "on_reset"])
def test_nor_to_those_of_a_run_that_makes_room_for_another(page, next_thing):
    from mi_explorer.runners import Frame

    before = page.experiment.with_change(1, batch_size=16)
    page.follower.wake = lambda: None  # what the visitor has just wished is still to be carried out
    getattr(page, next_thing)()
    lines = page.chart.truth, page.chart.ceiling
    page.show_frame(Frame(page.run, "running", before, 2, np.zeros((0, 0, 0), np.float32), (), (), 0.0, None, None))
    assert (page.chart.truth, page.chart.ceiling) == lines


def test_a_change_before_the_first_step_is_told_by_line_and_words_alike(page):
    from mi_explorer.runners import Frame

    changed = page.experiment.with_change(1, distribution=page.experiment.distribution.with_mi(0.5))
    page.show_frame(Frame(page.run, "loading", changed, 0, np.zeros((0, 0, 0), np.float32), (), (), 0.0, None, None))
    assert page.chart.truth[-1][1] == pytest.approx(0.5) and "0.500" in page.truth.value


def test_nor_for_a_frame_that_was_taken_before_the_change(page):
    """The visitor's thread moves the line while the follower's has a frame in its hands that knows nothing of it."""
    page.start()
    wait_for(lambda: page.done > 2)
    page.fields["batch_size"].value = 32
    wait_for(lambda: page.ran.changes and page.state == "running")
    take, held, go_on = page.runner.take, threading.Event(), threading.Event()

    def slowly():
        frame = take()
        if frame and not held.is_set():
            held.set()
            assert go_on.wait(60)
        return frame

    page.runner.take = slowly
    assert held.wait(60)
    page.fields["batch_size"].value = 16
    page.on_pause()
    assert page.chart.ceiling[-1][1] == pytest.approx(math.log(16))
    seen = []
    page.chart.observe(lambda change: seen.append(change["new"][-1][1]), "ceiling")
    go_on.set()
    wait_for(lambda: page.state == "paused")
    assert all(level == pytest.approx(math.log(16)) for level in seen)


def test_numbers_are_written_with_a_real_minus_and_no_minus_zero():
    assert format_mi(-1.234) == "−1.23"
    assert format_mi(-0.001) == "0.00"
    assert format_mi(math.log(2), "bits") == "1.00"
    assert format_mi(math.nan) == "–"


def test_curves_on_one_chart_look_different():
    from mi_explorer.palette import assign

    shown = ("smile(1)", "infonce", "smile(20)", "my-own")
    styles = assign(shown, [*bounds, "my-own"])
    assert len(set(styles.values())) == 4
    assert styles["infonce"] == assign(("infonce",), bounds)["infonce"] == 0


def test_the_bracket_is_drawn_and_put_into_words_where_there_is_an_upper_bound(page):
    page.apply(bounds=("infonce", "club"), steps=60)
    page.start()
    wait_for(lambda: page.state == "finished")
    points = page.chart.points("bracket")
    assert (points["low"] <= page.experiment.distribution.mi).all() and (points["high"] >= page.experiment.distribution.mi).all()
    wait_for(lambda: "told the true p(y|x)" in page.bracket.value)
    page.apply(bounds=("infonce", "nwj"))
    wait_for(lambda: page.run == 2 and page.state == "finished")
    assert "bracket" not in page.chart._curves
    wait_for(lambda: page.bracket.value == "")


def test_a_bound_that_a_problem_cannot_have_is_refused_with_a_reason(page):
    page.apply(bounds=("infonce", "club"))
    page.problem.family.value = "symmetric_channel"
    assert "symbols have none" in page.status.value and not page.experiment.distribution.discrete
    assert page.problem.family.value == page.experiment.distribution.name
