"""Sample estimators: one body over the whole registry, then what holds for each of them.

Statistical tests have fixed seeds. Their tolerances are multiples of the standard error that the estimator states, or
of the spread over the repetitions, as written in each.
"""

import math

import numpy as np
import pandas
import pytest
import torch

import mi_explorer
from mi_explorer import Gaussian
from mi_explorer.estimators import Estimate, register, registry
from mi_explorer.parameters import ParameterError

QUICK = [key for key in registry if not registry[key].trained]  # the others: tests/test_minde.py
over_registry = pytest.mark.parametrize("key", QUICK)
CONTINUOUS = [key for key in QUICK if registry[key].accepts == ("continuous",)]
over_continuous = pytest.mark.parametrize("key", CONTINUOUS)


def gaussian_pair(n, mi=1.0, dim=1, seed=0):
    x, y = Gaussian.from_mi(mi, dim=dim).sample(n, generator=torch.Generator().manual_seed(seed))
    return x.numpy(), y.numpy()


def sample_for(key, n=400, seed=0, independent=False):
    """A sample of the kind that the estimator is for."""
    x, y = gaussian_pair(n, 0.0 if independent else 1.0, seed=seed)
    kind = registry[key].accepts[0]
    if kind != "continuous":
        x = np.digitize(x, [-0.5, 0.5])
    return x, np.digitize(y, [0.0]) if kind == "discrete" else y


# -- one body for all --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", list(registry))
def test_facts(key):
    estimator = registry[key]
    assert estimator.key == key and estimator.name and estimator.formula
    assert estimator.remark.endswith(".") and estimator.cost.endswith(".")
    assert any(year in estimator.source for year in map(str, range(1950, 2030)))
    assert {estimator.promise, estimator.sample_promise} <= {"lower", "upper", "neither"}
    assert set(estimator.consistent_for) <= {"gaussian", "copula", *estimator.accepts}
    assert set(estimator.defaults) == set(estimator.options)


@over_registry
def test_the_same_answer_for_arrays_tensors_lists_and_frames(key):
    x, y = sample_for(key)
    estimate = registry[key](x, y)
    assert isinstance(estimate, Estimate) and estimate.method == key
    assert math.isfinite(estimate.value) and estimate.stderr > 0
    for form in (torch.as_tensor, np.ndarray.tolist, np.ravel, pandas.DataFrame, lambda a: pandas.Series(a[:, 0])):
        assert registry[key](form(x), form(y)) == estimate


@over_registry
def test_a_seed_gives_the_same_answer_and_leaves_the_data_alone(key):
    x, y = sample_for(key)
    before = x.copy(), y.copy()
    assert registry[key](x, y, seed=3) == registry[key](x, y, seed=3)
    assert (x == before[0]).all() and (y == before[1]).all()


@over_registry
def test_exchanging_x_and_y_changes_nothing(key):
    x, y = sample_for(key)
    there, back = registry[key](x, y), registry[key](y, x)
    # Only rounding may differ, and the shuffles: they permute y, whose mean over ten has an error far below the stderr.
    assert back.value == pytest.approx(there.value, abs=there.stderr / 3 if "shuffled" in key else 1e-9)


@over_registry
def test_invariance(key):
    x, y = sample_for(key)
    maps = {
        "scale": (lambda a: 1e6 * a - 3, lambda a: 1e-7 * a + 1e-5),
        "monotone": (np.exp, lambda a: a**3),
        "linear": (lambda a: np.hstack([a, a[::-1] + a]) @ [[2, 1], [0.5, -3]], lambda a: -2 * a),
        "relabel": (lambda a: np.where(a == 1, 7, -a), lambda a: a),
    }
    assert set(registry[key].invariant_to) <= set(maps)
    for name in registry[key].invariant_to:
        f, g = maps[name]
        before = np.hstack([x, x[::-1] + x]) if name == "linear" else x
        mapped = registry[key](f(x), g(y)).value
        assert mapped == pytest.approx(registry[key](before, y).value, abs=1e-6), name


@over_registry
def test_independent_data_give_zero(key):
    """The mean of 10 estimates within four of its stated standard errors, and what is known to be left over at n = 1000:
    LNC corrects one point in 200 for nothing, KDE's own noise and the histogram's second order in 1/n."""
    estimates = [registry[key](*sample_for(key, 1000, seed, independent=True)) for seed in range(10)]
    mean = np.mean([e.value for e in estimates])
    stderr = np.mean([e.stderr for e in estimates]) / math.sqrt(10)
    bias = {"lnc": 0.01, "kde": 0.012, "histogram": 0.004}.get(key, 0.0)
    assert abs(mean) < bias + 4 * stderr


@pytest.mark.parametrize("key", [key for key in QUICK if "gaussian" in registry[key].consistent_for])
def test_gaussian_truth(key):
    """One nat from 4,000 samples (KDE: 1,500): the mean of 6 within 4 of its standard errors, and KDE's bias of 0.02."""
    rows = 1500 if key == "kde" else 4000
    estimates = [registry[key](*gaussian_pair(rows, seed=seed)) for seed in range(6)]
    stderr = np.mean([e.stderr for e in estimates]) / math.sqrt(6)
    assert np.mean([e.value for e in estimates]) == pytest.approx(1.0, abs=4 * stderr + 0.02 * (key == "kde"))


@over_registry
def test_stated_errors_are_right_in_order_of_magnitude(key):
    """The spread over 30 samples of 600, known to 13 %, lies between 0.5 and 1.7 times the stated error: KSG, LNC and
    the histograms state about four fifths of it."""
    estimates = [registry[key](*sample_for(key, 600, seed)) for seed in range(100, 130)]
    ratio = np.std([e.value for e in estimates], ddof=1) / np.mean([e.stderr for e in estimates])
    assert 0.5 < ratio < 1.7


@over_registry
def test_lower_bounds_stay_below_the_truth_in_the_population(key):
    """With very many samples; the truth is 1 nat, and the tolerance four standard errors."""
    if registry[key].promise != "lower":
        assert registry[key].promise == "neither"
        return
    estimate = registry[key](*gaussian_pair(200_000))
    assert estimate.kind == "lower" and estimate.value < 1 + 4 * estimate.stderr


@over_registry
def test_bad_input(key):
    estimator = registry[key]
    x, y = sample_for(key)
    x, y = x.astype(float), y.astype(float)
    hole = y.copy()
    hole[5], hole[7] = np.nan, np.inf
    for bad_x, bad_y, words in [
        (x, hole, "y.*2 NaN or infinite rows.*row 5.*drop_missing"),
        (x[:-1], y, "y.*400 rows.*399 rows"),
        (x[:1], y[:1], "x.*1 samples.*at least"),
        (x + 1j, y, "x.*complex"),
        (x.reshape(100, 2, 2), y, "x.*3 axes"),
        (x, [], "y.*empty"),
        (x, None, "y.*NoneType"),
        (x, [[1, 2], [3]], "y.*list"),
    ]:
        with pytest.raises(ParameterError, match=words):
            estimator(bad_x, bad_y)
    with pytest.raises(ParameterError, match="option.*nonsense"):
        estimator(x, y, nonsense=1)
    for name, parameter in estimator.options.items():
        with pytest.raises(ParameterError, match=name):
            estimator(x, y, **{name: "nonsense" if parameter.options else -1})
    kept = estimator(x, hole, drop_missing=True)
    assert any("2 of 400 rows" in w for w in kept.warnings)
    assert kept.value == estimator(np.delete(x, [5, 7], 0), np.delete(y, [5, 7], 0)).value


@over_registry
def test_constant_columns(key):
    x, y = sample_for(key)
    nothing = registry[key](np.full(400, 3.0), y)
    assert nothing.value == 0 and nothing.stderr == 0 and any("constant" in w for w in nothing.warnings)
    with_constant = registry[key](np.hstack([x, np.ones((400, 1))]), y)
    assert with_constant.value == registry[key](x, y).value
    assert any("constant in x2" in w for w in with_constant.warnings)


@pytest.mark.slow
@over_registry
def test_a_million_rows(key):
    x, y = sample_for(key, 1_000_000)
    estimate = registry[key](x[:, 0], y[:, 0])
    used = 1_000_000 if not estimate.warnings else registry[key].cap(2)
    assert used is not None and all("rows were used" in w for w in estimate.warnings)
    assert 0.15 < estimate.value < 1.02 and estimate.stderr < 3 / math.sqrt(used)


def test_max_samples_is_a_seeded_choice():
    x, y = gaussian_pair(1000)
    few = registry["gaussian"](x, y, max_samples=300)
    assert "Only 300 of the 1000 rows" in few.warnings[0]
    assert few.value == registry["gaussian"](x, y, max_samples=300).value
    assert few.value != registry["gaussian"](x, y, max_samples=300, seed=1).value
    with pytest.raises(ParameterError, match="max_samples"):
        registry["gaussian"](x, y, max_samples=0.5)


@over_continuous
def test_one_side_a_function_of_the_other(key):
    """The mutual information is infinite; what each shows is finite and means nothing, or infinite: it says so."""
    x, _ = gaussian_pair(1000)
    estimate = registry[key](x, 2 * x)
    assert estimate.value > 1.9
    assert any(word in " ".join(estimate.warnings) for word in ("Saturated", "infinite"))


def test_unknown_method_and_registration():
    with pytest.raises(ParameterError, match="method.*ksg1"):
        registry["nonsense"]
    facts = dict(name="Zero", formula="0", source="2026", accepts=("continuous",), remark="Nothing.", cost="None.")
    try:
        zero = register("zero", **facts)(lambda sample: Estimate(0.0))
        assert registry["zero"] is zero and zero([1, 2, 3, 4.5], [2, 3, 4, 5.5]).method == "zero"
    finally:
        registry.pop("zero", None)
    for key, extra in (("Zero", {}), ("zero", {"promise": "maybe"}), ("zero", {"accepts": ("text",)})):
        with pytest.raises(ParameterError):
            register(key, **(facts | extra))
    assert "zero" not in registry


def test_the_package_offers_them():
    assert mi_explorer.estimators.registry is registry and mi_explorer.Estimate is Estimate
