"""The card "Look inside": what its three pictures tell the browser is what the look at the critics says."""

import numpy as np
import pytest

from mi_explorer import looks
from mi_explorer.bounds import bounds
from mi_explorer.distributions import BinaryErasureChannel, Gaussian
from mi_explorer.experiment import Experiment
from mi_explorer.pages.inside import TABS, Inside, between
from mi_explorer.palette import assign
from mi_explorer.training import run
from mi_explorer.widgets import Drawing
from mi_explorer.widgets.drawing import panel, points

EXPERIMENT = Experiment(
    distribution=Gaussian.from_mi(1.0, dim=1), bounds=("infonce", "dv", "nwj"), critic="separable", width=8, batch_size=16, steps=3,
    replicates=2, device="cpu",
)


def look_at(experiment):
    *_, last = run(experiment)
    return last.look()


@pytest.fixture(scope="module")
def look():
    return look_at(EXPERIMENT)


@pytest.fixture
def inside():
    inside = Inside(lambda: None)
    inside.offer(EXPERIMENT)
    return inside


def floats(data):
    return np.frombuffer(data, np.float32)


def scene(inside, tab, look, experiment=EXPERIMENT, unit="nats"):
    inside.tabs.selected_index = TABS.index(tab)
    inside.draw(look, experiment, unit)
    return inside.pictures[tab].scene


def test_the_samples_are_the_first_coordinates(inside, look):
    found = scene(inside, "samples", look)
    (axes,) = found["panels"]
    (mark,) = axes["marks"]
    for side, shown in ((look.x, "x"), (look.y, "y")):
        np.testing.assert_array_equal(floats(mark[shown]), side[:, 0].astype(np.float32))
        low, high = axes[f"{shown}_range"]
        assert low < side.min() and side.max() < high
    assert f"{len(look.x)} fresh pairs" in found["alternative"]


@pytest.mark.parametrize("identified", [True, False])
def test_the_maps_are_the_truth_and_the_chosen_critic_on_one_scale(inside, look, identified):
    inside.which.value, inside.identified.value = "nwj", identified
    found = scene(inside, "critic", look, unit="bits")
    *expected, reach = looks.log_ratios(look, EXPERIMENT, "nwj", "bits", identified)
    assert found["scale"] == {"reach": reach, "label": "bits"}
    assert [axes["title"] for axes in found["panels"]] == ["true log ratio", "NWJ's critic"]
    for axes, values in zip(found["panels"], expected):
        (mark,) = axes["marks"]
        np.testing.assert_array_equal(floats(mark["values"]).reshape(values.shape), values.astype(np.float32))
        x, y = floats(mark["x"]), floats(mark["y"])  # rows are x: the browser fills (x_i, x_i+1) by (y_j, y_j+1) with values[i, j]
        assert len(x) == len(look.grid_x) + 1 and (x[:-1] < look.grid_x).all() and (look.grid_x < x[1:]).all()
        assert len(y) == len(look.grid_y) + 1 and axes["y_range"] == [pytest.approx(y[0]), pytest.approx(y[-1])]


def test_the_histograms_hold_all_pairs_and_look_as_in_the_chart(inside, look):
    found = scene(inside, "pointwise", look)
    truth, *critics, mean = found["panels"][0]["marks"]
    assert [floats(mark["heights"]).sum() for mark in (truth, *critics)] == [len(look.x)] * 4
    styles = assign(EXPERIMENT.bounds, bounds)
    assert [mark["style"] for mark in (truth, *critics)] == [None, *(styles[name] for name in EXPERIMENT.bounds)]
    assert [name for name, _ in found["legend"]][1:] == [bounds[name].name for name in EXPERIMENT.bounds]
    assert mean["x"] == pytest.approx(look.true_profile.mean())


def test_symbols_have_cells_of_their_own(inside):
    channel = Experiment(**{**vars(EXPERIMENT), "distribution": BinaryErasureChannel()})
    found = scene(inside, "critic", look_at(channel), channel)
    assert floats(found["panels"][0]["marks"][0]["values"]).size == 2 * 3
    np.testing.assert_allclose(between(np.array([0.0, 1.0, 4.0])), [-0.5, 0.5, 2.5, 5.5])
    np.testing.assert_allclose(between(np.array([2.0])), [1.5, 2.5])


def test_what_cannot_be_drawn_is_said_in_its_place(inside, look):
    assert "first run" in scene(inside, "samples", None)["hint"] and not inside.numbers.there
    flat = Experiment(**{**vars(EXPERIMENT), "distribution": Gaussian.from_mi(1.0, dim=2)})
    assert "1-d" in scene(inside, "critic", look_at(flat), flat)["hint"] and not inside.numbers.there
    assert "panels" in scene(inside, "critic", look) and inside.numbers.there


def test_nothing_is_drawn_here_unless_somebody_opens_the_numbers(inside, look, monkeypatch):
    drawn = []
    monkeypatch.setattr(Inside, "figure", lambda *_: drawn.append(1))
    for tab in TABS:
        scene(inside, tab, look)
    assert not drawn and inside.numbers.there and not inside.numbers.html


def test_a_drawing_travels_with_its_numbers_beside_it():
    """As a message to the browser: plain JSON, and buffers for the numbers."""
    drawing = Drawing()
    drawing.show(panel("a", "b", (0, 1), (0, 2), points([0.0, 1.0], [1.0, 2.0])), alternative="Two points")
    state = drawing.get_state("scene")
    assert state["scene"]["panels"][0]["x_range"] == [0.0, 1.0]
    np.testing.assert_array_equal(floats(state["scene"]["panels"][0]["marks"][0]["y"]), [1, 2])
    drawing.say("Nothing yet.")
    assert drawing.scene == {"hint": "Nothing yet."}
