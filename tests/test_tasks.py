"""Benchmark tasks by name: against the published tables, and what a sample of one is."""

import math
import re

import numpy as np
import pytest
import scipy
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


# Axes of a figure of Czyz et al. 2025, arXiv:2310.10240, in which the truth is drawn.
AXES = {
    "1v1-AI": (0.5, 0.85),
    "mult-sparse-w-inliers-5-5-2-2.0-0.2": (0.4, 0.8),
    "5v1-concentric_gaussians-5": (0.35, 0.75),
}


def test_the_second_suite():
    names = tasks.names("pmi-profiles")
    assert len(names) == 27 and names[2:8] == (
        "1v1-X-0.9", "1v1-AI", "swissroll_x-normal_cdf-1v1-normal-0.75", "2v1-waves-12-5.0-3.0", "2v1-galaxy-0.5-3.0",
        "3v1-concentric_gaussians-5",
    )
    for name in names:
        dims, problem = re.findall(r"(\d+)v(\d+)-|-(\d+)-(\d+)-", name)[-1], tasks.get(name)
        if "swissroll" not in name:
            assert [str(problem.dim_x), str(problem.dim_y)] == [dim for dim in dims if dim], name
        assert problem.mi_stderr < 0.004
    for name, (low, high) in AXES.items():
        assert low < tasks.get(name).mi < high


@pytest.mark.parametrize("name", dict.fromkeys(tasks.names() + tasks.names("pmi-profiles")))
def test_the_mean_of_the_exact_log_ratio_is_the_truth(name):
    problem = tasks.get(name)
    ratio = problem.log_ratio(*problem.sample(20_000, generator=torch.Generator().manual_seed(0)))
    assert abs(ratio.mean() - problem.mi) <= 4 * math.hypot(ratio.std() / 20_000**0.5, problem.mi_stderr)


def phi(x):
    return scipy.stats.norm.cdf(x)


# What the published tasks do to the normal pair, written down once more from their definitions.
CONVENTIONS = {
    "half_cube-1v1-normal-0.75": (lambda x: x * np.sqrt(abs(x)), lambda y: y * np.sqrt(abs(y))),
    "normal_cdf-1v1-normal-0.75": (phi, phi),
    "wiggly-1v1-normal-0.75": (
        lambda x: x + 0.4 * np.sin(x) + 0.2 * np.sin(1.7 * x + 1) + 0.03 * np.sin(3.3 * x - 2.5),
        lambda y: y - 0.4 * np.sin(0.4 * y) + 0.17 * np.sin(1.3 * y + 3.5) + 0.02 * np.sin(4.3 * y - 2.5),
    ),
    "swissroll_x-normal_cdf-1v1-normal-0.75": (
        lambda x: (t := 1.5 * np.pi * (1 + 2 * phi(x))) * np.concatenate([np.cos(t), np.sin(t)], 1) / 21, phi,
    ),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions_of_the_maps(name):
    problem = tasks.get(name)
    seen, plain = (p.sample(200, generator=torch.Generator().manual_seed(0)) for p in (problem, problem.base))
    for z, block, formula in zip(seen, plain, CONVENTIONS[name]):
        np.testing.assert_allclose(z.numpy(), formula(block.numpy()), rtol=1e-12, atol=1e-12)


def test_bimodal_margins():
    problem = tasks.get("1v1-bimodal-0.75")
    (x, y), (u, v) = (p.sample(500, generator=torch.Generator().manual_seed(0)) for p in (problem, problem.base))
    np.testing.assert_allclose(0.3 * phi(x) + 0.7 * phi(x - 5), phi(u), rtol=1e-12)
    np.testing.assert_allclose(0.5 * phi(y + 1) + 0.5 * phi(y - 3), phi(v), rtol=1e-12)


def test_the_uniform_spiral_turns_what_is_uniform_already():
    problem = tasks.get("spiral-normal_cdf-multinormal-sparse-5-5-2-2.0")
    seen, plain = (p.sample(50, generator=torch.Generator().manual_seed(0)) for p in (problem, problem.base.base))
    for z, block, (i, j) in zip(seen, plain, ((0, 1), (1, 2))):
        uniform, turn = phi(block.numpy()), np.zeros((5, 5))
        turn[i, j], turn[j, i] = -1 / 5, 1 / 5
        expected = [scipy.linalg.expm(turn * (point @ point)) @ point for point in uniform]
        np.testing.assert_allclose(z.numpy(), expected, rtol=1e-12, atol=1e-12)


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
