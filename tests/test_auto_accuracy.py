"""What estimate finds where the truth is known: tasks of the published benchmark, and problems outside it.

Tolerances are the benchmark criterion that issue and README state, max(0.05 nat, 10 %); the samples' own standard errors are below half of it.
"""

import math

import numpy as np
import pytest

from mi_explorer import tasks
from mi_explorer.auto import estimate
from mi_explorer.auto.crossfit import pointwise
from mi_explorer.auto.margins import normal_scores
from mi_explorer.auto.parts import parts
from mi_explorer.auto.rows import inflation, without_copies
from mi_explorer.auto.screening import products, related
from mi_explorer.auto.tables import predict
from mi_explorer.estimators import registry
from mi_explorer.estimators.data import pair
from mi_explorer.validation.scores import counts, score_auto, within


def channel(symbols, error, n, seed):
    """A uniform symbol that arrives as another one with probability ``error``; and its mutual information."""
    draw = np.random.default_rng(seed)
    x = draw.integers(0, symbols, n)
    y = np.where(draw.random(n) < error, (x + draw.integers(1, symbols, n)) % symbols, x)
    entropy = -(1 - error) * math.log(1 - error) - error * math.log(error / (symbols - 1))
    return x, y, math.log(symbols) - entropy


@pytest.mark.parametrize("symbols, error, n", [(60, 0.3, 10_000), (200, 0.5, 10_000), (200, 0.995, 10_000), (5, 0.4, 500)])
def test_large_tables_of_counts(symbols, error, n):
    # A table with up to four cells a row: the plug-in estimate with its correction is 0.8 nats too high for 200 symbols.
    x, y, truth = channel(symbols, error, n, seed=1)
    report = estimate([f"a{i}" for i in x], [f"b{i}" for i in y])
    assert within(report.value, truth, 0.05, 0.10)
    assert report.lower_bound <= truth
    assert report.interval[0] <= truth <= report.interval[1]


def test_rows_left_out_of_a_table_give_a_lower_bound_on_average():
    # Mean over 40 samples, one-sided at 4 standard errors of that mean.
    truth = channel(30, 0.6, 2, 0)[2]
    values = [predict(*channel(30, 0.6, 1000, seed)[:2]).held_out.mean() for seed in range(40)]
    assert np.mean(values) < truth + 4 * np.std(values) / math.sqrt(40)
    assert np.mean(values) > 0.7 * truth


@pytest.mark.parametrize("order", [2, 3])
def test_an_exclusive_or_shows_in_products(order):
    draw = np.random.default_rng(order)
    x = draw.standard_normal((4000, 6))
    y = np.sign(x[:, :order].prod(1)) + 0.5 * draw.standard_normal(4000)
    left, right = related(x, y[:, None])
    assert sorted(left) == list(range(order)) and list(right) == [0]
    assert products(x, y[:, None])[0] == tuple(range(order))


def test_independent_columns_are_not_related():
    # 20 data sets of 5 x 5 columns; the thresholds let through about one in a thousand.
    draw = np.random.default_rng(0)
    found = [related(draw.standard_normal((1000, 5)), draw.standard_normal((1000, 5))) for _ in range(20)]
    assert sum(len(left) > 0 for left, _ in found) <= 1


def test_no_product_says_more_than_what_its_columns_say():
    draw = np.random.default_rng(0)
    x = draw.standard_normal((4000, 4)) @ draw.standard_normal((4, 4))
    assert products(x, x[:, :2] + draw.standard_normal((4000, 2))) == []


def test_independent_columns_are_added_up():
    # y = x + uniform noise in four columns: 1/2 nat each. The standard error of a column's KSG is 0.015, of the sum 0.03, and at sharp
    # edges KSG loses up to 0.02 a column: 0.08 + 2 * 0.03. KSG of all eight columns at once is too low by a third.
    draw = np.random.default_rng(0)
    x = draw.random((4000, 4))
    x, y = normal_scores(x), normal_scores(x + draw.random((4000, 4)) - 0.5)
    ksg = registry["ksg1"]
    for found in parts(x, y):
        assert sum(ksg(a, b).value for a, b in found) == pytest.approx(2.0, abs=0.14)
    assert len(parts(x, y)) > 0 and ksg(x, y).value < 1.5


def test_columns_that_depend_on_each_other_are_not_added_up():
    draw = np.random.default_rng(0)
    z = draw.standard_normal((4000, 1))
    x, y = z + 0.5 * draw.standard_normal((4000, 2)), z + 0.5 * draw.standard_normal((4000, 2))
    assert parts(x, y) == []
    (only,) = parts(x, y[:, :1])  # what one column is told by both columns of x, at once
    assert len(only) == 1 and only[0][1].shape == (4000, 2)


@pytest.mark.parametrize("dim, mi", [(2, 5.0), (10, 4.0)])
def test_strong_dependence_lies_between_the_two_means(dim, mi):
    # Scores of the truth. The truth averaged over the same rows takes their luck out: what is left of a mean of two is the bias.
    draw = np.random.default_rng(0)
    r = math.sqrt(-math.expm1(-2 * mi / dim))
    x, z = draw.standard_normal((2, 2500, dim))
    y = r * x + math.sqrt(1 - r * r) * z
    halves = r * r / (1 - r * r) / 2
    scores = mi + r / (1 - r * r) * x @ y.T - halves * (x**2).sum(1)[:, None] - halves * (y**2).sum(1)
    above, below, _ = pointwise(scores)
    truth = np.diagonal(scores).mean()
    assert below.mean() < truth < above.mean()
    assert abs((above.mean() + below.mean()) / 2 - truth) < 0.25 * (above.mean() - below.mean())


def test_inflation_of_an_autoregression():
    # AR(1) with 0.9 on both sides: 1 + 2 sum 0.81^l = 1 + 2 * 0.81 / 0.19 = 9.5, its root 3.1; found within a third from 5,000 rows.
    draw = np.random.default_rng(0)
    z = np.zeros((5000, 2))
    for t in range(1, 5000):
        z[t] = 0.9 * z[t - 1] + draw.standard_normal(2)
    assert inflation(z[:, :1], z[:, 1:]) == pytest.approx(3.1, rel=0.33)
    shuffled = draw.permutation(z)
    assert inflation(shuffled[:, :1], shuffled[:, 1:]) == 1


def test_equal_rows_of_data_with_ties_are_kept():
    draw = np.random.default_rng(0)
    x = np.where(draw.random(500) < 0.4, 0.0, draw.standard_normal(500))  # many rows are (0, 0), and that is information
    y = np.where(x == 0, 0.0, draw.standard_normal(500))
    assert without_copies(pair(x, y)).n == 500


def test_counts_of_scores():
    def sample(n, seed):
        return np.random.default_rng(seed).standard_normal((2, n))  # independent: the value's standard error is 1 / 2n

    scores = score_auto({"independent": (sample, 0.0), "wrong truth": (sample, 5.0)}, 250, [0, 1])
    summary = counts(scores)
    assert list(summary["problems"]) == [2, 2] and list(summary["within_10"]) == [1, 1]
    assert not scores.loc[scores.task == "wrong truth", "covered"].any()
    assert summary["most_seconds"].max() > 0


@pytest.mark.slow
def test_few_rows_of_a_curved_dependence():
    # Critics of 64 stopped at 0.905 of 1.022 nats, outside the 10 %.
    scores = score_auto(["spiral-multinormal-sparse-3-3-2-2.0"], 3000, [3])
    assert scores.within_10.all() and scores.covered.all() and scores.bounded.all()


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    "student-identity-3-3-2", "swissroll_x-normal_cdf-1v1-normal-0.75",
])
def test_tasks(name):
    scores = score_auto([name], 4000, [11], time_limit=600)
    assert scores.within_10.all() and scores.covered.all() and scores.bounded.all()


def exclusive_or(n, draw, order=2, dim=6):
    """y = ±1 + noise, the sign that of a product of columns of x. I = log 2 - E log(1 + e^(-2 y / s^2)) at y ~ N(1, s^2)."""
    x = draw.standard_normal((n, dim))
    y = np.sign(x[:, :order].prod(1)) + 0.5 * draw.standard_normal(n)
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    lost = weights @ np.log1p(np.exp(-2 * (1 + 0.5 * points) / 0.25)) / weights.sum()
    return x, y, math.log(2) - lost


def exclusive_or_of_three(n, draw):
    return exclusive_or(n, draw, 3, 3)


def outliers(n, draw):
    """Half of the rows are noise, the others strongly correlated in two of five columns; truth by Monte Carlo, error below 0.005."""
    def rows(n):
        x, y = draw.standard_normal((2, n, 5))
        good = draw.random(n) < 0.5
        y[good, :2] = 0.95 * x[good, :2] + math.sqrt(1 - 0.95**2) * y[good, :2]
        return x, y

    x, y = rows(200_000)
    r = 1 - 0.95**2
    exponent = (0.95 * x * y - 0.95**2 * (x**2 + y**2) / 2)[:, :2].sum(1) / r - math.log(r)
    return *rows(n), float(np.log(0.5 + 0.5 * np.exp(exponent)).mean())


@pytest.mark.slow
@pytest.mark.parametrize("problem", [exclusive_or, exclusive_or_of_three, outliers])
def test_problems_outside_the_benchmark(problem):
    x, y, truth = problem(4000, np.random.default_rng(12))
    report = estimate(x, y, time_limit=600)  # a busy machine must not change the answer
    assert within(report.value, truth, 0.05, 0.10)
    assert report.interval[0] <= truth <= report.interval[1] and report.lower_bound <= truth
