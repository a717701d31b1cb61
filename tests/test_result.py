"""Results: tidy tables, summaries by hand, files that come back as they went."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

from mi_explorer import training
from mi_explorer.distributions import Gaussian
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError
from mi_explorer.result import Ending, Evaluation, Progress, Recorder, Result, collect
from mi_explorer.training import run

EXPERIMENT = Experiment(
    distribution=Gaussian.from_mi(1.0, dim=2), bounds=("infonce", "nwj"), critic="separable", width=8, batch_size=8, steps=10,
    replicates=3, evaluate_every=4, device="cpu",
).with_change(6, batch_size=16, distribution=Gaussian.from_mi(2.0, dim=2))


@pytest.fixture(scope="module")
def result():
    final, training.FINAL_BATCHES = training.FINAL_BATCHES, 4
    try:
        return collect(run(EXPERIMENT))
    finally:
        training.FINAL_BATCHES = final


def made(steps=10, evaluations=(1, 4, 6, 8, 10), endings=(), experiment=EXPERIMENT, seed=0):
    """A result of made-up numbers, all different."""
    source, shape = np.random.default_rng(seed), (2, experiment.replicates)
    rows = source.normal(size=(steps, *shape)).astype(np.float32)
    each = tuple(Evaluation(step, *(source.uniform(0.1, 2, size=shape) for _ in range(4))) for step in evaluations)
    return Result(experiment, rows, each, endings)


# -- frame -------------------------------------------------------------------------------------------------------------


def test_the_frame_is_tidy(result):
    frame = result.frame()
    assert list(frame) == ["step", "bound", "replicate", "estimate", "fresh", "stderr", "perfect"]
    assert len(frame) == 10 * 2 * 3 and not frame.duplicated(["step", "bound", "replicate"]).any()
    assert sorted(frame["step"].unique()) == [*range(1, 11)] and set(frame["bound"]) == {"infonce", "nwj"}
    assert set(frame["replicate"]) == {0, 1, 2} and frame["estimate"].notna().all()
    for step in (1, 7, 10):
        for index, bound in enumerate(EXPERIMENT.bounds):
            for replicate in range(3):
                row = frame[(frame["step"] == step) & (frame["bound"] == bound) & (frame["replicate"] == replicate)]
                assert row["estimate"].item() == result.estimates[step - 1, index, replicate]


def test_fresh_estimates_stand_at_their_steps(result):
    frame = result.frame()
    steps = [evaluation.step for evaluation in result.evaluations]
    assert steps == [1, 4, 6, 8, 10]
    assert sorted(frame[frame["fresh"].notna()]["step"].unique()) == steps
    for evaluation in result.evaluations:
        rows = frame[frame["step"] == evaluation.step].set_index(["bound", "replicate"])
        for column, values in (("fresh", evaluation.estimate), ("stderr", evaluation.stderr), ("perfect", evaluation.perfect)):
            for index, bound in enumerate(EXPERIMENT.bounds):
                np.testing.assert_allclose(rows.loc[bound][column], values[index], rtol=1e-6)


# -- summary -----------------------------------------------------------------------------------------------------------


def test_the_summary_by_hand():
    result = made()
    summary = result.summary()
    assert summary["from_step"].tolist() == [0, 0, 6, 6] and summary["to_step"].tolist() == [6, 6, 10, 10]
    assert summary["bound"].tolist() == ["infonce", "nwj"] * 2 and summary["batch_size"].tolist() == [8, 8, 16, 16]
    assert summary["truth"].tolist() == pytest.approx([1, 1, 2, 2])
    for row, (level, index) in zip(summary.itertuples(), [(0, 0), (0, 1), (1, 0), (1, 1)]):
        last = {0: result.evaluations[2], 1: result.evaluations[4]}[level]  # at steps 6 and 10
        a, b, c = (float(value) for value in last.estimate[index])
        mean = (a + b + c) / 3
        assert row.estimate == pytest.approx(mean) and row.bias == pytest.approx(mean - (1, 2)[level])
        assert row.sd == pytest.approx(math.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2))
        assert row.stderr == pytest.approx(math.sqrt(sum(float(e) ** 2 for e in last.stderr[index])) / 3)
        assert row.perfect == pytest.approx(sum(map(float, last.perfect[index])) / 3)
        assert row.perfect_stderr == pytest.approx(math.sqrt(sum(float(e) ** 2 for e in last.perfect_stderr[index])) / 3)
        values = [float(value) for value in result.estimates[slice(0, 6) if level == 0 else slice(6, 10), index].ravel()]
        assert row.alive == 3 and row.window_mean == pytest.approx(sum(values) / len(values))
        assert row.window_variance == pytest.approx(sum(value**2 for value in values) / len(values) - row.window_mean**2)


def test_the_window_is_the_last_500_steps_of_a_level():
    long = dataclasses.replace(EXPERIMENT, steps=1000, changes=((700, "batch_size", 16),))
    result = made(steps=1000, evaluations=(700, 1000), experiment=long)
    first, second = (result.summary().iloc[row]["window_mean"] for row in (0, 2))
    assert first == pytest.approx(result.estimates[200:700, 0].mean(), rel=1e-4)
    assert second == pytest.approx(result.estimates[700:1000, 0].mean(), rel=1e-4)


def test_what_has_ended_is_left_out():
    result = made()
    last = result.evaluations[-1]
    last.estimate[1, 0] = last.stderr[1, 0] = np.nan
    result.estimates[7:, 1, 0] = np.nan
    row = result.summary().iloc[3]
    assert row["alive"] == 2 and row["estimate"] == pytest.approx(last.estimate[1, 1:].mean())
    assert row["stderr"] == pytest.approx(math.hypot(*last.stderr[1, 1:]) / 2) and row["perfect"] == pytest.approx(last.perfect[1].mean())
    assert row["window_mean"] == pytest.approx(np.nanmean(result.estimates[6:, 1]), rel=1e-5)


def test_where_all_have_ended_there_is_no_number_and_no_warning(recwarn):
    result = made()
    result.evaluations[-1].estimate[1] = result.evaluations[-1].stderr[1] = np.nan
    result.estimates[6:, 1] = np.nan
    row = result.summary().iloc[3]
    assert row["alive"] == 0 and row[["estimate", "stderr", "bias", "sd", "window_mean", "window_variance"]].isna().all()
    assert math.isfinite(row["perfect"]) and [str(w.message) for w in recwarn] == []


def test_numbers_beyond_a_float32_squared(recwarn):
    result = made()
    result.estimates[8, 1, 0] = -1e30
    row = result.summary().iloc[3]
    assert math.isfinite(row["window_variance"]) and row["window_variance"] > 1e57 and not recwarn.list


@pytest.mark.parametrize("steps, rows", [(3, [(0, 3)]), (6, [(0, 6)]), (7, [(0, 6), (6, 7)])])
def test_the_summary_of_an_interrupted_run(steps, rows):
    """Levels that have not begun are left out; one without fresh samples has its curve and nothing else."""
    result = made(steps=steps, evaluations=tuple(step for step in (1, 4, 6) if step <= steps))
    summary = result.summary()
    assert list(zip(summary["from_step"], summary["to_step"]))[::2] == rows
    assert math.isfinite(summary.iloc[0]["estimate"]) and summary["window_mean"].notna().all()
    if steps == 7:
        assert summary.iloc[2:][["estimate", "stderr", "perfect", "alive"]].isna().all(axis=None)


def test_one_replicate_has_no_spread(recwarn):
    one = dataclasses.replace(EXPERIMENT, replicates=1)
    summary = made(experiment=one).summary()
    assert summary["sd"].isna().all() and summary["alive"].eq(1).all() and not recwarn.list


def test_a_change_beyond_what_was_done_starts_no_row():
    late = dataclasses.replace(EXPERIMENT, changes=((10, "batch_size", 16), (99, "batch_size", 4)))
    assert made(experiment=late).summary()["from_step"].tolist() == [0, 0]


# -- collecting --------------------------------------------------------------------------------------------------------


def test_a_recorder_has_a_result_at_any_time():
    recorder = Recorder()
    with pytest.raises(ParameterError, match="^progress is 'nothing'"):
        recorder.result()
    with pytest.raises(ParameterError, match="at least one step"):
        collect([])
    rows = [np.full((2, 3), value, np.float32) for value in (1, 2)]
    evaluation, ending = made().evaluations[0], Ending("nwj", 0, 2, "It ended.")
    recorder.add(Progress(1, rows[0], EXPERIMENT, evaluation))
    early = recorder.result()
    recorder.add(Progress(2, rows[1], EXPERIMENT, None, (ending,)))
    assert early.steps == 1 and early.evaluations == (evaluation,) and early.endings == ()
    assert recorder.result().steps == 2 and recorder.result().endings == (ending,)


def test_results_can_be_compared_without_a_quarrel_about_arrays(result):
    assert result == result and result != made() and result.evaluations[0] != result.evaluations[1]


# -- files -------------------------------------------------------------------------------------------------------------


def same(a: Result, b: Result) -> bool:
    arrays = [(a.estimates, b.estimates)] + [
        (getattr(x, name), getattr(y, name)) for x, y in zip(a.evaluations, b.evaluations, strict=True)
        for name in ("step", "estimate", "stderr", "perfect", "perfect_stderr")
    ]
    return a.experiment == b.experiment and a.endings == b.endings and all(
        np.array_equal(x, y, equal_nan=True) and np.asarray(x).dtype == np.asarray(y).dtype for x, y in arrays
    )


def test_save_and_load(result, tmp_path):
    directory = result.save(tmp_path / "new" / "folder")
    assert sorted(path.name for path in directory.iterdir()) == ["curves.csv", "result.json"]
    assert same(Result.load(directory), result) and same(Result.load(str(directory)), result)


def test_save_and_load_what_is_not_finite(tmp_path):
    result = made(endings=(Ending("nwj", 0, 5, "It ended, “for good”: e^f → ∞."),))
    result.estimates[4:, 1, 0] = np.nan
    last = result.evaluations[-1]
    last.estimate[1, 0] = last.stderr[1, 0] = np.nan
    last.perfect[1], last.perfect_stderr[1] = np.inf, np.nan
    result.estimates[3, 1, 1] = -3.4e38
    assert same(Result.load(result.save(tmp_path)), result)


def test_float32_survives_the_text(tmp_path):
    result = made(steps=2000, experiment=dataclasses.replace(EXPERIMENT, steps=2000))
    assert same(Result.load(result.save(tmp_path)), result)


def test_saving_again_replaces(result, tmp_path):
    made(steps=5, evaluations=(1, 4)).save(tmp_path)
    assert same(Result.load(result.save(tmp_path)), result)


def test_the_csv_is_tidy_on_its_own(result, tmp_path):
    table = pd.read_csv(result.save(tmp_path) / "curves.csv")
    assert list(table) == list(result.frame()) and len(table) == len(result.frame())
    wide = table.pivot(index="step", columns=["bound", "replicate"], values="estimate")
    assert wide.shape == (10, 6) and wide.notna().all(axis=None)


def test_the_json_says_what_it_is_about(result):
    saved = json.loads(result.to_json())
    assert saved["key"] == EXPERIMENT.key and Experiment.from_dict(saved["experiment"]) == EXPERIMENT
    assert saved["truth"] == [[0, pytest.approx(1)], [6, pytest.approx(2)]] and saved["mi_explorer"]


def spoil_json(change):
    def spoil(directory):
        path = directory / "result.json"
        saved = json.loads(path.read_text())
        path.write_text(json.dumps(change(saved)))

    return spoil


def without(name):
    return spoil_json(lambda saved: {key: value for key, value in saved.items() if key != name})


SPOILT = {
    "no json": lambda d: (d / "result.json").unlink(),
    "no csv": lambda d: (d / "curves.csv").unlink(),
    "empty json": lambda d: (d / "result.json").write_text(""),
    "empty csv": lambda d: (d / "curves.csv").write_text(""),
    "binary json": lambda d: (d / "result.json").write_bytes(b"\xff\xfe\x00"),
    "binary csv": lambda d: (d / "curves.csv").write_bytes(b"\xff\xfe\x00\x01"),
    "another csv": lambda d: (d / "curves.csv").write_text("a,b\n1,2\n"),
    "words in the csv": lambda d: (d / "curves.csv").write_text("step,bound,replicate,estimate\n1,infonce,0,many\n"),
    "a csv cut short": lambda d: (d / "curves.csv").write_text("".join((d / "curves.csv").read_text().splitlines(True)[:-1])),
    "a csv sorted by bound": lambda d: pd.read_csv(d / "curves.csv").sort_values("bound").to_csv(d / "curves.csv", index=False),
    "the csv of another run": lambda d: made(steps=3, evaluations=(1,)).frame().to_csv(d / "curves.csv", index=False),
    "a list": spoil_json(lambda saved: [saved]),
    "null": spoil_json(lambda saved: None),
    "no experiment": without("experiment"),
    "no evaluations": without("evaluations"),
    "no endings": without("endings"),
    "another experiment": spoil_json(lambda saved: saved | {"experiment": {"seed": -1}}),
    "evaluations of words": spoil_json(lambda saved: saved | {"evaluations": ["a"]}),
    "evaluations of numbers": spoil_json(lambda saved: saved | {"evaluations": [1]}),
    "evaluations without steps": spoil_json(lambda saved: saved | {"evaluations": [{"estimate": [[1]]}]}),
    "evaluations of another shape": spoil_json(
        lambda saved: saved | {"evaluations": [row | {"estimate": [[1.0]]} for row in saved["evaluations"]]}
    ),
    "too many numbers in an evaluation": spoil_json(
        lambda saved: saved | {"evaluations": [row | {"more": [[1.0]]} for row in saved["evaluations"]]}
    ),
    "evaluations at no step": spoil_json(lambda saved: saved | {"evaluations": [row | {"step": 0} for row in saved["evaluations"]]}),
    "evaluations at a word": spoil_json(lambda saved: saved | {"evaluations": [row | {"step": "1"} for row in saved["evaluations"]]}),
    "endings of words": spoil_json(lambda saved: saved | {"endings": ["a"]}),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_no_result_is_refused(how, result, tmp_path):
    result.save(tmp_path)
    SPOILT[how](tmp_path)
    with pytest.raises(ParameterError) as caught:
        Result.load(tmp_path)
    assert caught.value.parameter in ("directory", "seed") and len(str(caught.value)) < 500


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="^directory is .*a folder written by Result.save"):
        Result.load(tmp_path / "nowhere")
