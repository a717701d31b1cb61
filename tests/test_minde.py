"""MINDE, which trains a network: short trainings for what must hold always, longer ones for what it finds."""

import math

import numpy as np
import pytest
import torch

from mi_explorer.distributions import Gaussian
from mi_explorer.estimators import minde, registry
from mi_explorer.parameters import ParameterError

SHORT = 100  # steps


def sample(problem, n=600, seed=0):
    return tuple(side.numpy() for side in problem.sample(n, generator=torch.Generator().manual_seed(seed)))


def test_its_record():
    assert registry["minde"] is minde and minde.trained and minde.accepts == ("continuous",)
    assert minde.promise == minde.sample_promise == "neither" and "CPU-seconds" in minde.cost


def test_a_seed_gives_the_same_answer_and_torch_is_left_as_it_was():
    x, y = sample(Gaussian.from_mi(1.0, dim=2))
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    first, again, other = (minde(x, y, steps=SHORT, seed=seed) for seed in (1, 1, 2))
    assert first == again and other.value != first.value
    assert torch.equal(torch.random.get_rng_state(), state) and torch.get_num_threads() == threads
    assert math.isfinite(first.value) and first.stderr > 0 and first.kind == "neither"


def test_maps_of_single_columns_change_nothing():
    x, y = sample(Gaussian.from_mi(1.0, dim=2))
    assert minde(np.exp(x), y**3, steps=SHORT).value == minde(x, y, steps=SHORT).value


def test_the_side_with_fewer_columns_is_denoised_whichever_it_is():
    x, y = sample(Gaussian.from_mi(1.0, dim=2))
    assert minde(x, y[:, :1], steps=SHORT) == minde(y[:, :1], x, steps=SHORT)


def test_bad_input():
    x, y = sample(Gaussian(), 300)
    for options, name in (({"steps": 1}, "steps"), ({"steps": math.nan}, "steps"), ({"width": 3}, "option")):
        with pytest.raises(ParameterError, match=f"^{name} is "):
            minde(x, y, **options)
    with pytest.raises(ParameterError, match="samples"):
        minde(x[:100], y[:100])
    y[5] = math.nan
    with pytest.raises(ParameterError, match="NaN"):
        minde(x, y)


@pytest.mark.slow
def test_it_finds_the_truth():
    """1 nat in 5 + 5 dimensions, 10,000 samples, 3,000 steps: within 10 % and three of its standard errors."""
    estimate = minde(*sample(Gaussian.from_mi(1.0, dim=5), 10_000), steps=3000)
    assert abs(estimate.value - 1) < 0.1 + 3 * estimate.stderr and not estimate.warnings


@pytest.mark.slow
def test_it_finds_nothing_where_there_is_nothing():
    estimate = minde(*sample(Gaussian(dim=3, correlation=0.0), 3000), steps=1500)
    assert abs(estimate.value) < 0.02 and not estimate.warnings


@pytest.mark.slow
def test_it_says_when_the_noise_never_got_small_enough():
    x, _ = sample(Gaussian(), 3000)
    assert "Saturated" in minde(x, 2 * x, steps=1500).warnings[0]
