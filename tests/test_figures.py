"""Figures: from real small results, in every format, stamped, in either unit, and true to the numbers."""

import io
import subprocess
import sys
import xml.etree.ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mi_explorer import figures, training
from mi_explorer.bounds import bounds
from mi_explorer.distributions import AdditiveUniform, BinaryErasureChannel, Gaussian, StudentT
from mi_explorer.experiment import Experiment
from mi_explorer.palette import CARD
from mi_explorer.parameters import ParameterError
from mi_explorer.result import Evaluation, Look, Result, collect
from mi_explorer.training import run

NATS_PER_BIT = np.log(2)
EXPERIMENT = Experiment(
    distribution=Gaussian.from_mi(1.0), bounds=("infonce", "dv", "nwj", "tuba"), critic="separable", width=8, batch_size=16,
    learning_rate=3e-3, steps=12, replicates=3, evaluate_every=4, device="cpu",
).with_change(8, batch_size=32)


def carry_out(experiment):
    final, training.FINAL_BATCHES = training.FINAL_BATCHES, 4
    try:
        said = [*run(experiment)]
    finally:
        training.FINAL_BATCHES = final
    return collect(said), said[-1].look()


@pytest.fixture(scope="module")
def drawn():
    return carry_out(EXPERIMENT)


def draw(name, drawn, **options):
    result, look = drawn
    return {
        "convergence": lambda: figures.convergence(result, **options),
        "samples": lambda: figures.samples(look, result.experiment, dark=options.get("dark", False)),
        "pointwise": lambda: figures.pointwise(look, result.experiment, **options),
        "critic_map": lambda: figures.critic_map(look, result.experiment, "infonce", **options),
    }[name]()


ALL = ["convergence", "samples", "pointwise", "critic_map"]
over_figures = pytest.mark.parametrize("name", ALL)


def described(data, format):
    """The experiment that a file carries, and the file read by something that knows the format."""
    if format == "png":
        image = Image.open(io.BytesIO(data))
        image.load()
        return image.text["Description"], image.size
    if format == "svg":
        root = xml.etree.ElementTree.fromstring(data)
        assert root.tag.endswith("}svg")
        (description,) = (node for node in root.iter() if node.tag.endswith("}description"))
        return description.text, root.get("viewBox")
    assert data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
    raw = data[data.index(b"/Subject (") + 10:]
    end = next(i for i in range(len(raw)) if raw[i:i + 1] == b")" and raw[i - 1:i] != b"\\")
    return raw[:end].replace(b"\\(", b"(").replace(b"\\)", b")").replace(b"\\n", b"\n").decode(), None


@over_figures
@pytest.mark.parametrize("format", figures.FORMATS)
def test_every_format_parses_and_carries_its_experiment(name, format, drawn):
    data = figures.to_bytes(draw(name, drawn), format)
    text, size = described(data, format)
    assert Experiment.from_json(text) == EXPERIMENT and Experiment.from_json(text).key == EXPERIMENT.key
    if format == "png":
        assert min(size) > 400


@over_figures
def test_the_stamp_can_be_read(name, drawn):
    words = " ".join(text.get_text() for text in draw(name, drawn).findobj(lambda artist: hasattr(artist, "get_text")))
    for part in (EXPERIMENT.key, str(EXPERIMENT.distribution), "K = 16", "seed 0", "width 8", "3 replicates", "changed at step 8"):
        assert part in words


@over_figures
@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(name, dark, drawn):
    figure = draw(name, drawn, dark=dark)
    assert isinstance(figure, Figure)
    image = Image.open(io.BytesIO(figures.to_bytes(figure))).convert("RGB")
    corner = "#%02x%02x%02x" % image.getpixel((2, 2))
    assert corner == CARD[dark].lower()


def test_save_goes_by_the_ending(drawn, tmp_path):
    for name in ("a.png", "b.SVG", "c.pdf"):
        path = figures.save(draw("convergence", drawn), tmp_path / name)
        assert path.read_bytes() and path.name == name
    for name in ("d.jpg", "e", "f.png.txt"):
        with pytest.raises(ParameterError, match="^format is .*one of png, svg, pdf"):
            figures.save(draw("convergence", drawn), tmp_path / name)
        assert not (tmp_path / name).exists()


def test_pyplot_and_torch_stay_out():
    code = """
import sys
from mi_explorer import figures
figures.to_bytes(figures.canvas.new_figure()[0])
assert "matplotlib.pyplot" not in sys.modules and "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# -- convergence -------------------------------------------------------------------------------------------------------


def lines(figure):
    return {line.get_label(): np.array(line.get_data(), dtype=float) for line in figure.axes[0].get_lines()}


@pytest.mark.parametrize("unit, scale", [("nats", 1.0), ("bits", NATS_PER_BIT)])
def test_curves_are_the_numbers(unit, scale, drawn):
    result, _ = drawn
    figure = figures.convergence(result, unit)
    drawn_lines = lines(figure)
    for index, name in enumerate(EXPERIMENT.bounds):
        steps, values = drawn_lines[bounds[name].name]
        assert steps.tolist() == [*range(1, 13)]
        np.testing.assert_allclose(values, result.estimates[:, index].mean(1) / scale, rtol=1e-5)
    assert drawn_lines["true MI"].tolist() == [[0, 8, 12], pytest.approx([1 / scale] * 3)]
    np.testing.assert_allclose(drawn_lines["log K"][1], np.log([16, 16, 32]) / scale)
    perfect = [line for line in figure.axes[0].get_lines() if line.get_label().startswith("_")]
    for line, index in zip(perfect, range(4), strict=True):
        np.testing.assert_allclose(line.get_ydata(), [e.perfect[index].mean() / scale for e in result.evaluations])
        assert list(line.get_xdata()) == [1, 4, 8, 12]
    assert figure.axes[0].get_ylabel() == f"estimate ({unit})"
    low, high = figure.axes[0].get_ylim()
    assert low < 0 < 1 / scale < high


def test_log_k_in_bits_is_a_number_of_doublings(drawn):
    assert lines(figures.convergence(drawn[0], "bits"))["log K"][1].tolist() == pytest.approx([4, 4, 5])


def test_the_band_is_one_standard_deviation_of_the_replicates(drawn):
    result, _ = drawn
    band = figures.convergence(result).axes[0].collections[0].get_paths()[0].vertices
    spread = result.estimates[:, 0].std(1)
    at_five = band[band[:, 0] == 5][:, 1]
    assert at_five.max() - at_five.min() == pytest.approx(2 * spread[4], rel=1e-5)


def made(rows, steps, **fields):
    experiment = Experiment(distribution=Gaussian.from_mi(1.0), bounds=("nwj",), steps=steps, replicates=rows.shape[2], **fields)
    return Result(experiment, rows.astype(np.float32), ())


def test_an_ended_replicate_does_not_take_the_others_with_it(recwarn):
    rows = np.ones((20, 1, 3))
    rows[:, 0, 1] = 4.0
    rows[10:, 0, 1] = np.nan
    steps, values = lines(figures.convergence(made(rows, 20)))["NWJ"]
    assert values.tolist() == [2.0] * 10 + [1.0] * 10
    rows[15:] = np.nan  # all have ended
    assert np.isnan(lines(figures.convergence(made(rows, 20)))["NWJ"][1][15:]).all()
    figures.to_bytes(figures.convergence(made(np.full((5, 1, 2), np.nan), 5)))
    assert [str(w.message) for w in recwarn] == []


def test_an_explosion_does_not_flatten_the_rest(recwarn):
    rows = np.ones((20, 1, 2))
    rows[7, 0, 0] = -3e38
    figure = figures.convergence(made(rows, 20))
    assert figure.axes[0].get_ylim()[1] < 10 and figures.to_bytes(figure) and not recwarn.list


def test_a_long_curve_is_drawn_in_blocks():
    rows = np.arange(12_345, dtype=float)[:, None, None] * np.ones((1, 1, 2))
    steps, values = lines(figures.convergence(made(rows, 12_345)))["NWJ"]
    assert len(steps) <= figures.runs.POINTS and (np.diff(steps) == 25).all()
    np.testing.assert_allclose(values, steps - 1, rtol=1e-6)  # the value at step s is s - 1; a block lies over its centre


def test_an_interrupted_run_and_an_infinite_perfect_critic(drawn):
    result, _ = drawn
    short = Result(EXPERIMENT, result.estimates[:5], result.evaluations[:2])
    figure = figures.convergence(short)
    assert lines(figure)["true MI"].tolist() == [[0, 5], pytest.approx([1, 1])] and figure.axes[0].get_xlim() == (0, 5)
    inf = np.full((4, 3), np.inf)
    endless = Result(EXPERIMENT, result.estimates, (Evaluation(4, *result.evaluations[1].estimate[None].repeat(2, 0), inf, inf),))
    assert figures.to_bytes(figures.convergence(endless))


# -- the critic --------------------------------------------------------------------------------------------------------


def panels(figure):
    """The two maps of a figure, in the axes' orientation: [y, x]."""
    return [axis.collections[0].get_array().reshape(axis.collections[0].get_coordinates().shape[0] - 1, -1) for axis in figure.axes[:2]]


def distorted(drawn, added):
    """A look in which the critics are the truth, plus ``added``: (G, G) with x in the rows."""
    result, look = drawn
    return Look(**{**vars(look), "map": np.stack([look.true_map + added] * 4)})


@pytest.mark.parametrize("bound, kind", [("infonce", "x"), ("tuba", "y"), ("dv", "constant")])
def test_what_a_bound_cannot_identify_is_removed_and_nothing_else(bound, kind, drawn):
    _, look = drawn
    x, y = look.grid_x[:, None], look.grid_y[None, :]
    added = {"x": np.sin(2 * x) + x + 0 * y, "y": np.cos(y) - y + 0 * x, "constant": 0 * x + 0 * y + 3.0}
    true, shown = panels(figures.critic_map(distorted(drawn, added[kind]), EXPERIMENT, bound))
    np.testing.assert_allclose(shown, true, atol=1e-9)
    _, raw = panels(figures.critic_map(distorted(drawn, added[kind]), EXPERIMENT, bound, identified=False))
    assert np.abs(raw - true).max() > 0.5
    for other in set(added) - {kind, "constant"}:
        _, shown = panels(figures.critic_map(distorted(drawn, added[other]), EXPERIMENT, bound))
        assert np.abs(shown - true).max() > 0.3
    _, shown = panels(figures.critic_map(distorted(drawn, added["constant"]), EXPERIMENT, bound))
    np.testing.assert_allclose(shown, true, atol=1e-9)  # a constant is a function of x, and of y


def test_nwj_identifies_everything(drawn):
    _, look = drawn
    true, shown = panels(figures.critic_map(distorted(drawn, np.full_like(look.true_map, 0.7)), EXPERIMENT, "nwj"))
    inside = np.abs(true) < np.abs(true).max() - 0.8  # away from the ends of the colour scale
    np.testing.assert_allclose((shown - true)[inside], 0.7, atol=1e-9)


def test_a_grid_line_without_a_possible_point_is_drawn_as_it_is(drawn, recwarn):
    _, look = drawn
    true = look.true_map.copy()
    true[3], true[:, 5] = -np.inf, -np.inf
    sparse = Look(**{**vars(look), "true_map": true, "map": np.stack([look.true_map] * 4)})
    for bound in EXPERIMENT.bounds:
        _, shown = panels(figures.critic_map(sparse, EXPERIMENT, bound))
        assert np.isfinite(shown).all()
    assert [str(w.message) for w in recwarn] == []


def test_maps_have_x_to_the_right_and_the_unit_on_the_bar(drawn):
    result, look = drawn
    figure = figures.critic_map(look, EXPERIMENT, "infonce", "bits", identified=False)
    (left, right), bar = figure.axes[:2], figure.axes[2]
    assert left.get_xlabel() == right.get_xlabel() == "x" and left.get_ylabel() == "y" and bar.get_ylabel() == "bits"
    reach = 2 * look.true_map.max() / NATS_PER_BIT
    for axis, values in ((left, look.true_map), (right, look.map[0])):
        mesh = axis.collections[0]
        expected = np.clip(values / NATS_PER_BIT, -reach, reach).T  # rows of a mesh are y
        np.testing.assert_allclose(mesh.get_array().reshape(41, 41), expected, rtol=1e-6)
        assert mesh.get_clim() == pytest.approx((-reach, reach))  # one colour scale for both


def test_maps_need_one_dimension_and_a_bound_that_ran(drawn):
    result, look = drawn
    with pytest.raises(ParameterError, match="^bound is 'flo': it must be one of infonce, dv, nwj, tuba"):
        figures.critic_map(look, EXPERIMENT, "flo")
    flat = Look(**{**vars(look), "grid_x": None, "grid_y": None, "true_map": None, "map": None})
    with pytest.raises(ParameterError, match="1-d in x and in y"):
        figures.critic_map(flat, EXPERIMENT, "infonce")


# -- pointwise MI and samples ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit, scale", [("nats", 1.0), ("bits", NATS_PER_BIT)])
def test_the_profile_is_a_histogram_of_all_pairs(unit, scale, drawn):
    _, look = drawn
    figure = figures.pointwise(look, EXPERIMENT, unit)
    (mean,) = (line for line in figure.axes[0].get_lines())
    assert mean.get_xdata()[0] == pytest.approx(look.true_profile.mean() / scale)
    truth, outline, *learned = (patch.get_data().values for patch in figure.axes[0].patches)
    assert [counts.sum() for counts in (truth, outline, *learned)] == [len(look.x)] * (2 + len(EXPERIMENT.bounds))
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["truth", *(bounds[name].name for name in EXPERIMENT.bounds)]
    assert unit in figure.axes[0].get_xlabel()


def test_dead_critics_and_impossible_pairs_are_left_out(drawn, recwarn):
    _, look = drawn
    profile = look.profile.copy()
    profile[2], profile[1, :100] = np.nan, -np.inf
    dead = Look(**{**vars(look), "profile": profile, "map": np.full_like(look.map, np.nan)})
    legend = figures.pointwise(dead, EXPERIMENT).axes[0].get_legend()
    assert "NWJ" not in [text.get_text() for text in legend.get_texts()]
    assert figures.to_bytes(figures.critic_map(dead, EXPERIMENT, "nwj"))
    assert [str(w.message) for w in recwarn] == []


def test_samples_are_the_first_coordinates(drawn):
    result, look = drawn
    shown = figures.samples(look).axes[0].collections[0].get_offsets()
    np.testing.assert_array_equal(shown, np.stack([look.x[:, 0], look.y[:, 0]], 1))


@pytest.mark.parametrize("problem", [BinaryErasureChannel(), AdditiveUniform(0.01), StudentT(dim=1, dof=1.0)], ids=str)
def test_other_problems_can_be_drawn(problem, recwarn):
    experiment = Experiment(**{**vars(EXPERIMENT), "distribution": problem, "changes": (), "steps": 3})
    result, look = carry_out(experiment)
    for name in ALL:
        assert figures.to_bytes(draw(name, (result, look)))
    for bound in experiment.bounds:
        assert len(panels(figures.critic_map(look, experiment, bound))) == 2
    assert [str(w.message) for w in recwarn] == []
    if problem.discrete:  # symbols are spread out a little, or their points would cover each other
        x = figures.samples(look).axes[0].collections[0].get_offsets()[:, 0]
        assert len(np.unique(x)) > 100 and np.abs(x - look.x[:, 0]).max() <= 0.2
