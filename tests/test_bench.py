"""The benchmark counts what it says; how fast anything is is not a matter for tests."""

import time

import pytest

from mi_explorer import bench


@pytest.mark.parametrize("row", bench.ROWS, ids=lambda row: f"{row.critic}-{row.precision}")
def test_all_contenders_train_for_the_time_they_are_given(row):
    small = bench.Row(row.critic, 2, row.precision, row.targets)
    rates = bench.measure(small, rounds=2, seconds=0.05, python=None)
    assert [len(of_one) for of_one in rates] == [2, 2, 2]  # ours, the products alone, the plain loop
    assert min(map(min, rates)) > 0


def test_a_rate_is_steps_times_critics_per_cpu_second():
    steps = []

    def step():
        steps.append(time.process_time())
        while time.process_time() < steps[-1] + 0.01:
            pass

    rate = bench.burst(step, critics=3)(0.2)
    assert rate == pytest.approx(3 * len(steps) / (time.process_time() - steps[0]), rel=0.05)


def test_the_matrix_products_of_a_step_are_counted():
    assert bench.flops("joint") == pytest.approx(3 * 2 * (64**2 * 256**2), rel=0.01)  # the second layer has nearly all
    assert bench.peak(bench.torch.float32) > 0
    assert bench.against([2.0, 4.0], [1.0, 1.0], 2.5) == "3.00× (2.00–4.00), to reach 2.5"
    assert bench.against([2.0], None, 1.0) == "–"
