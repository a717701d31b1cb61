"""Sweeps: what a grid means, that every cell arrives once whatever dies, and that nothing finished is computed twice."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from mi_explorer import Experiment, Gaussian, ParameterError, Result, StudentT, collect, figures, run, sweeps
from mi_explorer.distributions import families
from mi_explorer.sweeps import Cell, Grid, Store, Sweep, steps_of_sweep, sweep
from mi_explorer.sweeps import together
from mi_explorer.sweeps.batches import batches_of
from mi_explorer.sweeps.cell import finish

TINY = {
    "distribution": {"name": "gaussian", "dim": 2}, "bounds": ["infonce", "nwj"], "critic": "separable", "width": 4,
    "batch_size": 4, "steps": 2, "replicates": 2, "device": "cpu",
}
GRID = Grid(TINY, {"mi": [1, 2], "seed": {"from": 0, "to": 2}})


class Counting(ThreadPoolExecutor):
    """A thread, and what it was asked to do."""

    def __init__(self):
        super().__init__(1)
        self.asked: list[Experiment] = []

    def submit(self, work, batch, *others):
        self.asked += batch
        return super().submit(work, batch, *others)


@pytest.fixture
def thread():
    with Counting() as executor:
        yield executor


@pytest.fixture(scope="module")
def done():
    with Counting() as executor:
        return sweep(GRID, executor)


# -- the grid ----------------------------------------------------------------------------------------------------------


def test_a_grid_is_all_combinations_the_last_axis_fastest():
    grid = Grid.from_toml("""
        [base]
        distribution = {name = "gaussian", dim = 2}
        steps = 2
        [axes]
        mi = {from = 0.5, to = 1.0, step = 0.25}
        distribution.dim = [2, 3]
        bounds = [["infonce", "nwj"], ["dv"]]
        seed = {from = 4, to = 5}
    """)
    assert len(grid.cells) == 3 * 2 * 2 * 2
    first, second, *_, last = grid.experiments
    assert first == Experiment(distribution=Gaussian.from_mi(0.5, dim=2), bounds=("infonce", "nwj"), steps=2, seed=4)
    assert second == dataclasses.replace(first, seed=5)
    assert last == Experiment(distribution=Gaussian.from_mi(1.0, dim=3), bounds=("dv",), steps=2, seed=5)
    assert [experiment.key for experiment in grid.experiments] == list(grid.cells)


def test_a_grid_travels():
    mixed = Grid(TINY, {"distribution": [Gaussian(dim=2), {"name": "student"}], "seed": np.arange(2), "learning_rate": (1e-3,)})
    for grid in (GRID, mixed, Grid()):
        again = Grid.from_json(grid.to_json())
        assert again == grid and again.key == grid.key and again.cells == grid.cells
        assert Grid.from_url(grid.to_url("page")) == grid
    assert GRID.key != mixed.key


def test_ranges_hold_both_ends():
    assert dict(Grid(TINY, {"mi": {"from": 0, "to": 1, "step": 0.1}}).axes)["mi"] == tuple(round(0.1 * i, 12) for i in range(11))
    assert dict(Grid(TINY, {"seed": {"from": 3, "to": 3}}).axes)["seed"] == (3,)


@pytest.mark.parametrize("text, said", [
    ("axes = 3", "axes is 3"),
    ("axes.colour = [1]", "axes is 'colour'"),
    ("axes.changes = [1]", "axes is 'changes'"),
    ("axes.seed = []", "axes.seed is []"),
    ("axes.seed = 3", "axes.seed is 3"),
    ("axes.seed = [0, 1, 0]", "axes.seed[3] is 0: it must be given once"),
    ("axes.batch_size = [8, 1]", "axes.batch_size[2] is 1: it must be a whole number from 2"),
    ("axes.width = ['wide']", "axes.width[1] is 'wide'"),
    ("axes.mi = [1, -1]", "axes.mi[2] is -1"),
    ("axes.mi = [nan]", "axes.mi[1] is nan"),
    ("axes.distribution.dim = [2, 0]", "axes.distribution.dim[2] is 0"),
    ("axes.distribution.size = [2]", "axes.distribution.size[1]"),
    ("axes.distribution.base.dim = [2]", "axes.distribution.base.dim[1] is 2"),
    ("axes.distribution = [{name = 'gaussian', dim = 0}]", "axes.distribution[1].dim is 0"),
    ("axes.bounds = ['infonce', 'infonze']", "infonze"),
    ("axes.seed = {from = 0}", "axes.seed"),
    ("axes.seed = {from = 2, to = 1}", "axes.seed"),
    ("axes.seed = {from = 0, to = 1, step = 0}", "axes.seed"),
    ("axes.seed = {from = 0, to = 1e300}", "at most 1000000 values"),
    ("axes.seed = {from = -inf, to = inf}", "axes.seed"),
    ("axes.seed = {from = 0, to = 99999}", "max_cells = 100000"),
    ("max_cells = 0", "max_cells is 0"),
    ("base.steps = 0", "base.steps is 0"),
    ("base = 1", "base.experiment is 1"),
    ("basis.steps = 1", "basis"),
    ("axes.mi = [1, 2]\naxes.distribution.correlation = [0.1, 0.2]", "the same experiment"),
    ("axes.batch_size = [8192]\nbase.steps = 100000", "batch_size = 8192"),
    ("axes.seed = [", "valid TOML"),
    ("[base]\nsteps 3", "at line 2"),
])
def test_a_mistake_in_a_grid_names_its_place(text, said):
    with pytest.raises(ParameterError) as caught:
        Grid.from_toml(text.replace("'", '"'))
    assert said in str(caught.value)


def test_the_cap_can_be_lifted():
    with pytest.raises(ParameterError, match="max_cells = 10 "):
        Grid(TINY, {"seed": range(10)}, max_cells=9)
    assert len(Grid(TINY, {"seed": range(10)}, max_cells=10).cells) == 10


# -- several experiments in one engine run -----------------------------------------------------------------------------


@pytest.mark.parametrize("critic, bounds, precision", [
    ("separable", ("infonce", "mine", "tuba"), "exact"),
    ("separable", ("infonce",), "fast"),
    ("joint", ("infonce", "smile"), "exact"),
    ("bilinear", ("dv",), "exact"),
])
def test_an_experiment_gives_the_same_bits_alone_and_in_company(critic, bounds, precision):
    base = Experiment(
        distribution=Gaussian(dim=3), bounds=bounds, critic=critic, width=8, batch_size=8, steps=12, evaluate_every=5,
        precision=precision, device="cpu",
    )
    problems = [Gaussian(dim=3).with_mi(1.0), Gaussian(dim=3, noise=1.0).with_mi(0.5), StudentT(dim=3).with_mi(0.4)]
    company = [dataclasses.replace(base, seed=seed, replicates=2, distribution=problem) for seed, problem in enumerate(problems)]
    for experiment, result in zip(company, together.results_of(company)):
        alone = collect(run(experiment))
        assert result.experiment == experiment and np.array_equal(result.estimates, alone.estimates, equal_nan=True)
        assert result.to_json() == alone.to_json()


def test_a_curve_that_ends_ends_in_its_own_experiment():
    base = Experiment(
        distribution=Gaussian.from_mi(8.0, dim=2), bounds=("nwj", "infonce"), critic="separable", width=32, batch_size=8,
        learning_rate=0.5, steps=40, replicates=3, device="cpu",
    )
    company = [dataclasses.replace(base, seed=seed) for seed in range(3)]
    alone = [collect(run(experiment)) for experiment in company]
    assert any(result.endings for result in alone[1:])  # else this would test nothing
    assert [result.to_json() for result in together.results_of(company)] == [result.to_json() for result in alone]


def test_batches_hold_what_differs_in_seed_and_distribution_only():
    grid = Grid(TINY, {"batch_size": [4, 8], "mi": [1, 2], "seed": range(5)})
    batches = batches_of(grid.experiments, 2)
    assert sorted(map(len, batches)) == [5, 5, 5, 5]  # ten alike, for two workers
    assert {experiment.key for batch in batches for experiment in batch} == set(grid.cells)
    assert all(len({experiment.batch_size for experiment in batch}) == 1 for batch in batches)
    assert {len(batch) for batch in batches_of(grid.experiments, None)} == {1}
    large = Grid({**TINY, "critic": "joint", "width": 256, "batch_size": 128}, {"seed": range(8)})
    assert {len(batch) for batch in batches_of(large.experiments, 1)} == {1}  # nothing to gain
    changing = [experiment.with_change(1, learning_rate=0.1) for experiment in GRID.experiments]
    assert {len(batch) for batch in batches_of(changing, 1)} == {1}
    generative = Grid({**TINY, "bounds": ["infonce", "doe-gaussian"]}, {"seed": range(8)})
    assert {len(batch) for batch in batches_of(generative.experiments, 1)} == {1}  # together it is not the same to the last bit


# -- what comes of a sweep ---------------------------------------------------------------------------------------------


def test_the_frame_holds_every_replicate_in_the_order_of_the_grid(done):
    frame = done.frame()
    assert len(frame) == 6 * 2 * 2 and list(frame.columns[:2]) == ["mi", "seed"]
    assert list(dict.fromkeys(frame["key"])) == list(GRID.cells)
    for key, (experiment, place) in GRID.cells.items():
        summary = collect(run(experiment)).summary().set_index("bound")
        rows = frame[frame["key"] == key]
        assert set(rows["mi"]) == {place["mi"]} and set(rows["seed"]) == {place["seed"]}
        for bound, own in rows.groupby("bound"):
            for name in ("estimate", "perfect", "window_mean"):
                assert own[name].mean() == pytest.approx(summary.loc[bound, name], rel=1e-5)
            assert set(own["truth"]) == {summary.loc[bound, "truth"]}


def test_the_table_is_bias_and_spread_over_replicates_and_seeds(done):
    frame, table = done.frame(), done.table()
    assert len(table) == 2 * 2 and set(table["repeats"]) == {6} and set(table["ended"]) == {0}
    row = table[(table["truth"] == 2) & (table["bound"] == "nwj")].iloc[0]
    values = frame[(frame["mi"] == 2) & (frame["bound"] == "nwj")]["estimate"].to_numpy()
    assert row["bias"] == pytest.approx(values.mean() - 2)
    assert row["sd"] == pytest.approx(values.std(ddof=1)) and row["stderr"] == pytest.approx(row["sd"] / 6**0.5)
    assert row["mse"] == pytest.approx(np.mean((values - 2) ** 2))
    assert row["mse"] == pytest.approx(row["bias"] ** 2 + values.var())


def test_curves_that_ended_do_not_count():
    frame = Sweep(GRID, tuple(finish([GRID.experiments[0]]))).frame()
    frame.loc[frame.index[0], "estimate"] = np.nan
    table = sweeps.table(frame).set_index("bound")
    assert list(table.loc["infonce", ["repeats", "ended"]]) == [1, 1] and table.loc["nwj", "repeats"] == 2
    assert table.loc["infonce", "estimate"] == frame["estimate"][1]


def test_figure(done):
    frame = done.frame()
    figure = figures.sweep_curve(frame, "bits", dark=True)
    (axis,) = figure.axes
    drawn = {line.get_label(): line for line in axis.lines}
    x, y = drawn["InfoNCE"].get_data()
    expected = frame[frame["bound"] == "infonce"].groupby("truth")["estimate"].mean() / np.log(2)
    assert np.allclose(x, np.array([1, 2]) / np.log(2)) and np.allclose(y, expected)
    assert np.allclose(drawn["log K"].get_ydata(), 2)
    assert figures.to_bytes(figure).startswith(b"\x89PNG")
    assert figures.to_bytes(figures.sweep_curve(frame[frame["mi"] == 1]))  # one truth only
    with pytest.raises(ParameterError, match="no finished|at least one"):
        figures.sweep_curve(frame.iloc[:0])
    two = frame.assign(batch_size=[4, 8] * (len(frame) // 2))
    with pytest.raises(ParameterError, match="2 values of batch_size"):
        figures.sweep_curve(two)


def test_a_cell_that_fails_says_so_and_the_others_go_on(monkeypatch, thread, tmp_path):
    whole = together.results_of

    def fragile(experiments):
        if any(experiment.seed == 1 for experiment in experiments):
            raise MemoryError("too\nlarge")
        return whole(experiments)

    monkeypatch.setattr(together, "results_of", fragile)
    done = sweep(GRID, thread, store=tmp_path, workers=1)  # one batch of six falls apart
    assert len(done.finished) == 6 and done.missing == 2
    assert {cell.error for cell in done.failures} == {"MemoryError: too large"}
    frame = done.frame()
    assert list(frame[frame["error"].notna()]["seed"]) == [1, 1] and len(frame) == 4 * 4 + 2
    assert set(done.table()["repeats"]) == {4}
    assert figures.sweep_curve(frame)
    monkeypatch.undo()
    thread.asked.clear()
    assert sweep(GRID, thread, store=tmp_path).missing == 0
    assert [experiment.seed for experiment in thread.asked] == [1, 1]


# -- the store ---------------------------------------------------------------------------------------------------------


def test_a_repeated_sweep_costs_nothing(tmp_path, thread):
    first = sweep(GRID, thread, store=tmp_path)

    class Refusing(Executor):
        def submit(self, *_):
            raise AssertionError("something was computed")

    again = sweep(GRID, Refusing(), store=tmp_path)
    assert again.frame().equals(first.frame()) and Sweep.load(tmp_path).frame().equals(first.frame())
    larger = Grid(TINY, {"mi": [1, 2], "seed": range(4)})
    thread.asked.clear()
    assert sweep(larger, thread, store=tmp_path).missing == 0
    assert [experiment.seed for experiment in thread.asked] == [3, 3]


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path, thread):
    steps = steps_of_sweep(GRID, thread, store=tmp_path)
    assert next(steps).finished == ()
    next(steps), next(steps)
    steps.close()
    held = {path.stem for path in (tmp_path / "cells").iterdir()}
    assert len(held) == 2
    thread.asked.clear()
    seen = [len(now.finished) for now in steps_of_sweep(GRID, thread, store=tmp_path)]
    assert seen == [2, 3, 4, 5, 6] and {experiment.key for experiment in thread.asked} == GRID.cells.keys() - held


@pytest.mark.parametrize("harm", [
    lambda text: "", lambda text: text[: len(text) // 2], lambda text: "null", lambda text: "[" * 10_000, lambda text: "{}",
    lambda text: text.replace('"truth": 1.0', '"truth": 1.5', 1), lambda text: text.replace('"seed": 0', '"seed": 7', 1),
    lambda text: text.replace("sha256", "sha", 1), lambda text: text + "\udcff",
])
def test_a_broken_cell_is_computed_again(harm, tmp_path, thread, done):
    store = Store(tmp_path)
    for cell in done.finished:
        store.put(cell)
    victim, other = GRID.experiments[:2]
    path = store.path(victim)
    changed = harm(path.read_text())
    assert changed != path.read_text()
    path.write_bytes(changed.encode(errors="surrogateescape"))
    assert store.get(victim) is None and store.get(other) is not None
    again = sweep(GRID, thread, store=tmp_path)
    assert thread.asked == [victim]
    assert again.frame().drop(columns="seconds").equals(done.frame().drop(columns="seconds"))


def test_a_cell_under_another_name_does_not_count(tmp_path, done):
    store = Store(tmp_path)
    store.put(done.finished[0])
    one, other = (store.path(experiment) for experiment in GRID.experiments[:2])
    one.rename(other)
    assert store.get(GRID.experiments[1]) is None


def test_what_is_not_finite_survives_the_store(tmp_path):
    experiment = GRID.experiments[0]
    cell = Cell(experiment, ({"bound": "dv", "estimate": float("nan"), "perfect": float("inf"), "stderr": -float("inf")},))
    Store(tmp_path).put(cell)
    json.loads(Store(tmp_path).path(experiment).read_text(), parse_constant=pytest.fail)
    assert str(Store(tmp_path).get(experiment)) == str(cell)


def test_two_writers_and_a_reader_never_meet_half_a_cell(tmp_path, done):
    store, cell = Store(tmp_path), done.finished[0]
    store.put(cell)
    writers = [threading.Thread(target=lambda: [Store(tmp_path).put(cell) for _ in range(50)]) for _ in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert store.get(cell.experiment) == cell
    assert [path.name for path in (tmp_path / "cells").iterdir()] == [f"{cell.experiment.key}.json"]


def test_curves_are_kept_where_they_are_asked_for(tmp_path, thread):
    grid = Grid(TINY, {"seed": [0, 1]})
    sweep(grid, thread, store=tmp_path)
    thread.asked.clear()
    kept = sweep(grid, thread, store=tmp_path, curves=True)
    assert len(thread.asked) == 2 and all(cell.result is None for cell in kept.finished)
    for experiment in grid.experiments:
        assert np.array_equal(Result.load(Store(tmp_path).curves_of(experiment)).estimates, collect(run(experiment)).estimates)
    assert sweep(grid, thread, store=tmp_path, curves=True) and len(thread.asked) == 2
    assert all(cell.result.experiment == cell.experiment for cell in sweep(grid, thread, curves=True).finished)


def test_folders_that_are_none(tmp_path):
    with pytest.raises(ParameterError, match="sweep.json"):
        Sweep.load(tmp_path)
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(ParameterError, match="broken"):
        Sweep.load(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="store"):
        Store(tmp_path / "file")
    for workers in (0, 1.5, "many"):
        with pytest.raises(ParameterError, match="workers"):
            sweep(GRID, workers=workers)


# -- workers that die --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deadly(Gaussian):
    """A Gaussian; with a correlation of 0.5 it kills whoever draws from it."""

    name, label = "deadly", "Deadly"

    def _sample(self, shape, draw):
        if self.correlation == 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._sample(shape, draw)


@pytest.mark.slow
def test_a_cell_that_kills_its_worker_is_given_up_and_only_that_one(monkeypatch, tmp_path):
    monkeypatch.setitem(families, "deadly", Deadly)
    base = {**TINY, "distribution": {"name": "deadly"}}
    grid = Grid(base, {"distribution.correlation": [0.1, 0.2, 0.5, 0.7]})
    seen = [now.finished for now in steps_of_sweep(grid, store=tmp_path, workers=2)]
    finished = seen[-1]
    assert sorted(cell.experiment.key for cell in finished) == sorted(grid.cells)  # every cell once
    (failure,) = seen[-1] and [cell for cell in finished if cell.error]
    assert failure.experiment.distribution.correlation == 0.5 and "died 3 times" in failure.error
    assert Sweep.load(tmp_path).missing == 1


@pytest.mark.slow
def test_dask_loses_a_worker_and_no_cell(tmp_path):
    from distributed import Client, LocalCluster

    grid = Grid({**TINY, "steps": 100}, {"mi": [1, 2], "seed": range(8)})
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path) as cluster,
        Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())
        assert len(set(pids)) == 2
        killed = False
        for now in steps_of_sweep(grid, client.get_executor(), store=tmp_path / "out"):
            if len(now.finished) >= 3 and not killed:
                os.kill(pids[0], signal.SIGKILL)
                killed = True
        after = list(client.run(os.getpid).values())
    assert killed and pids[0] not in after
    assert [cell.error for cell in now.finished] == [None] * 16
    assert sorted(cell.experiment.key for cell in now.finished) == sorted(grid.cells)
    experiment = now.finished[-1].experiment
    assert now.finished[-1].rows == finish([experiment])[0].rows  # and it is what it would be here


def test_a_scheduler_that_does_not_answer(monkeypatch):
    from mi_explorer.sweeps import cluster

    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "127.0.0.1", ""):
        with pytest.raises(ParameterError, match="scheduler"), cluster.scheduler(address):
            pass


def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(f"import mi_explorer as mi\nmi.sweep(mi.Grid({TINY}, {{'seed': [0]}}), workers=1)\n")
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and "__main__" in ended.stderr.splitlines()[-1]


def test_sweeps_and_grids_need_no_torch():
    code = "import sys, mi_explorer as mi; mi.Grid({}, {'mi': [1, 2]}).cells; mi.sweep; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "pandas", "distributed", "matplotlib"} & set(loaded)
