"""Benchmark tasks by name: against the published tables, and what a sample of one is."""

import numpy as np
import pytest
import torch

from mi_explorer import ParameterError, tasks

# Czyz et al. 2023, arXiv:2306.11078: name, dimensions, mutual information in nats.
BEYOND_NORMAL = """
1v1-normal-0.75                                    1x1 0.413339
normal_cdf-1v1-normal-0.75                         1x1 0.413339
1v1-additive-0.1                                   1x1 1.709438
1v1-additive-0.75                                  1x1 0.333333
1v1-bimodal-0.75                                   1x1 0.413339
wiggly-1v1-normal-0.75                             1x1 0.413339
half_cube-1v1-normal-0.75                          1x1 0.413339
student-identity-1-1-1                             1x1 0.224171
asinh-student-identity-1-1-1                       1x1 0.224171
swissroll_x-normal_cdf-1v1-normal-0.75             2x1 0.413339
multinormal-dense-2-2-0.5                          2x2 0.293893
multinormal-dense-3-3-0.5                          3x3 0.413339
multinormal-dense-5-5-0.5                          5x5 0.592812
multinormal-dense-25-25-0.5                      25x25 1.292184
multinormal-dense-50-50-0.5                      50x50 1.624265
multinormal-sparse-2-2-2-2.0                       2x2 1.021651
multinormal-sparse-3-3-2-2.0                       3x3 1.021651
multinormal-sparse-5-5-2-2.0                       5x5 1.021651
multinormal-sparse-25-25-2-2.0                   25x25 1.021651
student-identity-2-2-1                             2x2 0.431946
student-identity-2-2-2                             2x2 0.193147
student-identity-3-3-2                             3x3 0.290922
student-identity-3-3-3                             3x3 0.178712
student-identity-5-5-2                             5x5 0.448151
student-identity-5-5-3                             5x5 0.298544
normal_cdf-multinormal-sparse-3-3-2-2.0            3x3 1.021651
normal_cdf-multinormal-sparse-5-5-2-2.0            5x5 1.021651
normal_cdf-multinormal-sparse-25-25-2-2.0        25x25 1.021651
half_cube-multinormal-sparse-3-3-2-2.0             3x3 1.021651
half_cube-multinormal-sparse-5-5-2-2.0             5x5 1.021651
half_cube-multinormal-sparse-25-25-2-2.0         25x25 1.021651
spiral-multinormal-sparse-3-3-2-2.0                3x3 1.021651
spiral-multinormal-sparse-5-5-2-2.0                5x5 1.021651
spiral-multinormal-sparse-25-25-2-2.0            25x25 1.021651
spiral-normal_cdf-multinormal-sparse-3-3-2-2.0     3x3 1.021651
spiral-normal_cdf-multinormal-sparse-5-5-2-2.0     5x5 1.021651
spiral-normal_cdf-multinormal-sparse-25-25-2-2.0 25x25 1.021651
asinh-student-identity-2-2-1                       2x2 0.431946
asinh-student-identity-3-3-2                       3x3 0.290922
asinh-student-identity-5-5-2                       5x5 0.448151
"""
TABLE = [line.split() for line in BEYOND_NORMAL.split("\n") if line]


def test_the_suite_is_the_published_one_in_its_order():
    assert tasks.names() == tuple(name for name, _, _ in TABLE) and len(TABLE) == 40


@pytest.mark.parametrize("name, dims, mi", TABLE)
def test_published_truth(name, dims, mi):
    problem = tasks.get(name)
    assert f"{problem.dim_x}x{problem.dim_y}" == dims and f"{problem.mi:.6f}" == mi


@pytest.mark.parametrize("name", tasks.names())
def test_the_mean_of_the_exact_log_ratio_is_the_truth(name):
    problem = tasks.get(name)
    ratio = problem.log_ratio(*problem.sample(20_000, generator=torch.Generator().manual_seed(0)))
    assert abs(ratio.mean() - problem.mi) <= 4 * ratio.std() / 20_000**0.5


def test_samples_are_standardised_column_by_column():
    x, y = tasks.sample("swissroll_x-normal_cdf-1v1-normal-0.75", 500, seed=3)
    assert (x.shape, y.shape, x.dtype, y.dtype) == ((500, 2), (500, 1), np.float64, np.float64)
    for block in (x, y):
        assert np.allclose(block.mean(0), 0, atol=1e-12) and np.allclose(block.std(0), 1, atol=1e-12)
    again, other = (tasks.sample("swissroll_x-normal_cdf-1v1-normal-0.75", 500, seed=seed) for seed in (3, 4))
    assert np.array_equal(x, again[0]) and np.array_equal(y, again[1]) and not np.array_equal(x, other[0])


def test_unknown_names_are_answered_with_close_ones():
    with pytest.raises(ParameterError, match="'spiral-multinormal-sparse-5-5-2-2.0' or") as error:
        tasks.get("spiral-multinormal-5-5")
    assert error.value.parameter == "task"
    for name in ("", "zzz", None, 3, ["1v1-normal-0.75"]):
        with pytest.raises(ParameterError, match="tasks.names()"):
            tasks.get(name)
    for suite in ("nope", None, 2):
        with pytest.raises(ParameterError, match="suite"):
            tasks.names(suite)


@pytest.mark.parametrize("name, n, seed", [("n", 1, 0), ("n", 2.5, 0), ("n", "9", 0), ("seed", 9, -1), ("seed", 9, None)])
def test_bad_sizes_and_seeds_are_named(name, n, seed):
    with pytest.raises(ParameterError) as error:
        tasks.sample("1v1-normal-0.75", n, seed)
    assert error.value.parameter == name
