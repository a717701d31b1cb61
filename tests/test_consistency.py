"""The consistency tests of Song & Ermon: estimators that obey the rules pass them, others are found out."""

import math

import numpy as np
import pytest
import torch

from mi_explorer import Gaussian, GaussianSparse, ParameterError, StudentT, Transformed
from mi_explorer.consistency import additivity, data_processing, independence

PROBLEM = GaussianSparse(dim=3, pairs=2, correlation=0.7)
TESTS = [independence, data_processing, additivity]
over_tests = pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)


def gaussian_plug_in(x, y):
    """The information of the Gaussian with the sample's covariance; columns that others determine add nothing."""

    def orthonormal(z):
        left, sizes, _ = np.linalg.svd(z - z.mean(0), full_matrices=False)
        return left[:, sizes > 1e-9 * sizes[0]]

    correlations = np.linalg.svd(orthonormal(x).T @ orthonormal(y), compute_uv=False)
    return -0.5 * np.log1p(-(correlations**2)).sum()


def nearest_neighbours(x, y, k=5):
    """Kraskov, Stoegbauer & Grassberger 2004, arXiv:cond-mat/0305641, algorithm 1, the slow way."""
    digamma = torch.special.digamma

    def distances(z):
        return np.abs(z[:, None] - z).max(-1)

    d_x, d_y = distances(x), distances(y)
    radius = np.sort(np.maximum(d_x, d_y), 1)[:, k, None]  # the point itself comes first
    counts = torch.from_numpy(np.stack([(d < radius).sum(1) for d in (d_x, d_y)]))
    ends = digamma(torch.tensor([float(k), len(x)])).sum()
    return ends.item() - digamma(counts.double()).sum(0).mean().item()


def agrees(result):
    """Within four standard errors of the truth; a ratio that comes out exactly has no error but rounding."""
    return abs(result.ratio - result.truth) <= 4 * result.stderr + 1e-9


@pytest.mark.parametrize("test, truth", [(independence, 0), (data_processing, 1), (additivity, 2)])
def test_a_plug_in_that_knows_the_family_is_consistent(test, truth):
    result = test(gaussian_plug_in, PROBLEM, n=20_000, repeats=10)
    assert result.truth == truth and len(result.plain) == len(result.changed) == 10
    # For independent blocks it is chi-square / 2n: above zero by dim_x dim_y / 2n, which is subtracted here.
    bias = 9 / 40_000 / PROBLEM.mi if test is independence else 0
    assert abs(result.ratio - bias - truth) <= 4 * result.stderr + 1e-9
    assert result.stderr < 0.02


@pytest.mark.parametrize("problem", [PROBLEM, StudentT(dim=2, dof=3.0), Transformed(Gaussian(dim=2), "cube", "cube")], ids=str)
def test_the_mean_of_the_true_log_ratio_is_consistent(problem):
    def mean_log_ratio(x, y):
        return problem.log_ratio(x, y).mean()

    def block_by_block(x, y):
        halves = zip(np.split(x, x.shape[1] // problem.dim_x, 1), np.split(y, y.shape[1] // problem.dim_y, 1))
        return sum(mean_log_ratio(*half) for half in halves)

    def without_what_was_appended(x, y):
        return mean_log_ratio(x[:, : problem.dim_x], y[:, : problem.dim_y])

    assert agrees(additivity(block_by_block, problem))
    assert data_processing(without_what_was_appended, problem).ratio == 1


@over_tests
def test_nearest_neighbours_in_few_dimensions(test):
    result = test(nearest_neighbours, Gaussian(dim=1, correlation=0.8), n=500, repeats=6)
    assert abs(result.ratio - result.truth) <= 4 * result.stderr + 0.1 * result.truth  # in 2 + 2 dimensions a few percent low
    if test is data_processing:  # columns that repeat others change no largest distance
        assert result.changed == result.plain


@pytest.mark.parametrize("test, estimator", [
    (additivity, lambda x, y: min(gaussian_plug_in(x, y), 0.5)),  # a ceiling, like log K
    (data_processing, lambda x, y: gaussian_plug_in(x, y) * x.shape[1]),  # more columns, more information
    (independence, lambda x, y: gaussian_plug_in(x, y) + 0.1),  # always finds something
], ids=["ceiling", "columns", "offset"])
def test_inconsistent_estimators_are_found_out(test, estimator):
    result = test(estimator, PROBLEM)
    assert abs(result.ratio - result.truth) > 4 * result.stderr + 0.1


def test_functions_of_ones_own_can_be_appended():
    widths = []

    def watching(x, y):
        widths.append((x.shape[1], y.shape[1]))
        return gaussian_plug_in(x, y)

    result = data_processing(watching, PROBLEM, g=lambda x: x[:, :1] - x[:, 1:2], h=lambda y: 3 * y, repeats=2)
    assert widths == [(3, 3), (4, 6)] * 2 and result.ratio == pytest.approx(1, abs=1e-9)
    widths.clear()
    data_processing(watching, PROBLEM, repeats=2)
    assert widths == [(3, 3), (6, 5)] * 2


@over_tests
def test_the_same_seed_gives_the_same_result_and_estimates_may_carry_more_than_a_value(test):
    class Estimate:
        def __init__(self, value):
            self.value = value

    options = dict(n=300, repeats=3)
    result = test(gaussian_plug_in, PROBLEM, **options, seed=5)
    assert result == test(lambda x, y: Estimate(gaussian_plug_in(x, y)), PROBLEM, **options, seed=5)
    assert result != test(gaussian_plug_in, PROBLEM, **options, seed=6)


def test_the_standard_error_is_the_spread_of_the_ratio():
    results = [additivity(gaussian_plug_in, PROBLEM, n=300, repeats=10, seed=seed) for seed in range(60)]
    spread = np.std([result.ratio for result in results], ddof=1)
    claimed = math.sqrt(np.mean([result.stderr**2 for result in results]))
    assert claimed == pytest.approx(spread, rel=4 / math.sqrt(2 * 60))  # the spread of 60 is itself known to 1/sqrt(120)


def test_an_estimator_that_says_nothing_has_no_ratio():
    result = additivity(lambda x, y: 0.0, PROBLEM, repeats=2)
    assert math.isnan(result.ratio) and math.isnan(result.stderr)


@over_tests
def test_bad_arguments_are_named(test):
    for name, problem, options in [
        ("problem", Gaussian(correlation=0.0), {}), ("problem", "gaussian", {}), ("n", PROBLEM, {"n": 1}),
        ("repeats", PROBLEM, {"repeats": 1}), ("seed", PROBLEM, {"seed": -1}),
    ]:
        with pytest.raises(ParameterError) as error:
            test(gaussian_plug_in, problem, **options)
        assert error.value.parameter == name
