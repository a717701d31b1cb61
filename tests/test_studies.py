"""The studies of why estimates are wrong: their sums, their closed forms, and that the same seed gives the same numbers."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from mi_explorer import FixedSample, Gaussian, ParameterError, SymmetricChannel, Transformed, bounds
from mi_explorer.studies import Ascent, Ceiling, Ledger, Measured, Microscope, Playground
from mi_explorer.studies.ceiling import CeilingSnapshot, crossing, gap_of_stream, rounded
from mi_explorer.studies.measured import over_batches

SMALL = {"steps": 8, "width": 16, "batch_size": 16, "replicates": 2}
STUDIES = (
    Ledger(pairs=100, bounds=("infonce",), **SMALL),
    Ascent(stops=3, **SMALL),
    Microscope(repeats=5),
    Ceiling(largest=6, streams=8),
    Playground(strength=1, pairs=100, estimators=("infonce", "ksg1", "copula"), **SMALL),
)
every_study = pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.what)


def last(study):
    *_, end = study.carry_out()
    return end


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


# -- what they share ---------------------------------------------------------------------------------------------------


@every_study
def test_descriptions_travel_and_snapshots_progress(study):
    assert type(study).from_json(study.to_json()) == study == type(study).from_url(study.to_url("x"))
    assert dataclasses.replace(study, seed=1).key != study.key
    snapshots = list(study.carry_out())
    done = [snapshot.done for snapshot in snapshots]
    assert done == sorted(done) and 0 < done[0] and done[-1] == pytest.approx(1)
    assert all(snapshot.study == study for snapshot in snapshots)
    assert len(snapshots[-1].frame()) >= 5


@every_study
def test_the_same_seed_gives_the_same_numbers(study):
    first, again, other = last(study).frame(), last(study).frame(), last(dataclasses.replace(study, seed=7)).frame()
    assert first.equals(again) and not first.equals(other)


@every_study
def test_a_study_can_be_left_at_any_time(study):
    threads = torch.get_num_threads()
    steps = study.carry_out()
    next(steps), next(steps)
    steps.close()
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("make, parameter", [
    (lambda: Ledger(mi=math.nan), "mi"),
    (lambda: Ledger(pairs=50, batch_size=64), "pairs"),
    (lambda: Ledger(bounds=("nonsense",)), "bounds"),
    (lambda: Ledger(bounds=()), "bounds"),
    (lambda: Ledger(steps=100_000, batch_size=2048, pairs=2048), "steps × batch_size² × dimension"),
    (lambda: Ledger(pairs=100_000, dim=200), "pairs × dim × replicates"),
    (lambda: Microscope(pairs=1_000_000, dim=20), "pairs × dim"),
    (lambda: Ascent(stops=1), "stops"),
    (lambda: Microscope(problem="cauchy"), "problem"),
    (lambda: Ceiling(largest=21), "largest"),
    (lambda: Playground(lens="swiss_roll"), "lens"),
    (lambda: Playground(lens="spiral", dim=1), "f"),
    (lambda: Playground(estimators=3), "estimators"),
    (lambda: Playground(estimators=("infonce", "nonsense")), "bounds"),
])
def test_bad_input_is_named(make, parameter):
    with pytest.raises(ParameterError) as problem:
        make()
    assert problem.value.parameter == parameter


# -- a fixed data set --------------------------------------------------------------------------------------------------


def test_a_fixed_sample_draws_from_its_own_pairs_and_never_twice():
    data = FixedSample(Gaussian(dim=2, correlation=0.9), n=40, seed=3)
    x, y = data.pairs((3,))
    batch_x, batch_y = data.sample(40, replicates=3, generator=generator())
    for replicate in range(3):  # a batch of all pairs is the data set in another order, x with its own y
        both = [torch.cat(pair, -1)[replicate].tolist() for pair in ((x, y), (batch_x, batch_y))]
        assert sorted(both[0]) == sorted(both[1]) and both[0] != both[1]
    assert not torch.equal(x[0], x[1])  # every replicate has its own data
    assert torch.equal(FixedSample(data.base, 40, 3).pairs((3,))[0], x)
    assert data.mi == data.base.mi and torch.equal(data.log_ratio(x, y), data.base.log_ratio(x, y))
    with pytest.raises(ParameterError, match="at most 40"):
        data.sample(41)


def test_every_pair_is_drawn_equally_often():
    data = FixedSample(Gaussian(), n=20)
    index = {value: place for place, value in enumerate(data.pairs()[0][:, 0].tolist())}
    counts, draw = np.zeros(20), generator()
    for _ in range(2000):
        for value in data.sample(5, generator=draw)[0][:, 0].tolist():
            counts[index[value]] += 1
    # Each count is binomial(2000, 1/4): standard deviation 19.4. The largest of 20 deviations passes 4 of them once in 800 seeds.
    assert abs(counts - 500).max() < 4 * math.sqrt(2000 * 0.25 * 0.75)


# -- the ledger --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def account():
    return last(Ledger(
        mi=2.0, dim=3, bounds=("infonce", "nwj", "smile", "tuba"), pairs=60, batch_size=16, width=64, steps=250, learning_rate=5e-3,
        replicates=2,
    ))


def test_the_ledger_sums_exactly(account):
    assert [one.bound for one in account.entries] == ["infonce", "nwj", "smile", "tuba"]
    for one in account.entries:
        # A telescoping sum of four float64 numbers of size < 10: nothing but rounding may be left.
        total = one.truth + one.bound_gap.value + one.critic_gap.value + one.sample_gap.value
        assert total == pytest.approx(one.shown.value, abs=1e-12)
        assert one.truth + one.bound_gap.value == pytest.approx(one.perfect.value, abs=1e-12)
        assert one.perfect.value + one.critic_gap.value == pytest.approx(one.fresh.value, abs=1e-12)
        assert all(gap.stderr > 0 and gap.spread >= 0 for gap in one.gaps.values())


def test_the_bound_gap_is_that_of_a_perfect_critic(account):
    """Against a computation that shares nothing with it but the formula of the bound."""
    problem, draw = Gaussian.from_mi(2.0, dim=3), generator(99)
    x, y = problem.sample(16, replicates=4000, generator=draw)
    scores = problem.log_ratio_matrix(x, y)
    for one in account.entries:
        values = bounds[one.bound].estimate(scores).double()
        error = values.std().item() / math.sqrt(4000)
        # Both are means of independent draws: within 4 standard errors of the difference.
        assert abs(one.bound_gap.value - (values.mean().item() - 2.0)) < 4 * math.hypot(error, one.bound_gap.stderr), one.bound


def test_signs_that_theory_knows(account):
    parts = {one.bound: one.gaps for one in account.entries}
    # InfoNCE with the perfect critic lies below the truth, and no critic does better on fresh samples.
    assert parts["infonce"]["bound"].value < -0.2 and parts["infonce"]["critic"].value < 0
    assert abs(parts["nwj"]["bound"].value) < 4 * parts["nwj"]["bound"].stderr  # unbiased with the perfect critic
    assert parts["infonce"]["sample"].value > 10 * parts["infonce"]["sample"].stderr  # 60 pairs are learned by heart


def test_with_data_in_plenty_the_sample_gap_is_gone():
    rich = last(Ledger(mi=1.0, dim=2, bounds=("infonce",), pairs=20_000, **SMALL))
    (one,) = rich.entries
    assert abs(one.sample_gap.value) < 4 * one.sample_gap.stderr


def test_over_batches_gives_mean_error_and_spread():
    values = np.random.default_rng(0).normal([1.0, 3.0], 0.5, (4000, 2))
    measured = over_batches(values)
    assert measured.value == pytest.approx(2.0, abs=4 * measured.stderr)
    assert measured.stderr == pytest.approx(0.5 / math.sqrt(8000), rel=0.05)
    assert measured.spread == pytest.approx(math.sqrt(2), abs=0.05)
    assert math.isnan(over_batches(values[:, :1]).spread) and Measured(1.0).stderr == 0


# -- the ascent --------------------------------------------------------------------------------------------------------


def test_mse_is_bias_squared_plus_variance_and_infonce_stays_below_log_k():
    end = last(Ascent(bounds=("infonce", "nwj"), top=6.0, stops=3, steps=60, width=32, batch_size=16, replicates=2))
    assert [stop.truth for stop in end.stops] == [0.0, 3.0, 6.0]
    for stop in end.stops:
        assert stop.mse() == pytest.approx(stop.bias() ** 2 + stop.variance(), rel=1e-9, abs=1e-12)
        assert stop.learned[:, 0].max() <= math.log(16) + 1e-5 and stop.perfect[:, 0].max() <= math.log(16) + 1e-9
    frame = end.frame()
    assert len(frame) == 6 and frame.estimate[0] == pytest.approx(frame.bias[0])


# -- the microscope ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem, moment", [
    # E_p[e^f] = E_product[e^{2f}], from draws of the joint. It has a variance while every correlation is below 1/2.
    (Gaussian(dim=30, correlation=0.25), 2), (Gaussian(dim=3, correlation=0.4, noise=0.3), 2),
    (Transformed(Gaussian(dim=10, correlation=0.3), "cube", "asinh"), 2), (SymmetricChannel(symbols=7, error=0.0), 1),
], ids=str)
def test_the_second_moment_of_a_perfect_critic(problem, moment):
    """e^{2I} for a Gaussian, whatever its dimension, noise or map; e^I, Song & Ermon's least, for noiseless symbols."""
    f = problem.log_ratio(*problem.sample(400_000, generator=generator(5)))
    w = f.exp()
    error = w.std().item() / math.sqrt(len(w))
    assert abs(w.mean().item() - math.exp(moment * problem.mi)) < 4 * error + 1e-9
    assert w.mean().item() + 4 * error > math.exp(problem.mi)  # theorem 2, by Jensen


def test_the_gaussian_law_is_not_a_law_for_all():
    """(e^{2I} - 1)/n is no bound from below: a channel with errors lies between the least and the Gaussian's."""
    channel = SymmetricChannel(symbols=16, error=0.2)
    table = np.array(channel.table)
    second = (table**2 / np.outer(table.sum(1), table.sum(0))).sum()  # E_p[e^f], exactly
    assert math.exp(channel.mi) < second < math.exp(2 * channel.mi)


@pytest.mark.parametrize("study", [
    Microscope(mi=1.0, dim=20, pairs=500, repeats=1000), Microscope(problem="symbols", mi=2.5, pairs=300, repeats=1000),
], ids=lambda study: study.problem)
def test_measured_variance_is_the_predicted_one(study):
    """Where e^f has a fourth moment: rho = .31 in the Gaussian, below 1/3, and always for symbols."""
    assert study.variance_can_be_measured()
    end = last(study)
    assert abs(end.variance - study.predicted_variance()) < 4 * end.variance_stderr
    assert abs(end.means.mean() - 1) < 4 * math.sqrt(study.predicted_variance() / study.repeats)
    assert study.least_variance() <= study.predicted_variance() * (1 + 1e-12)


def test_effective_pairs():
    """(sum w)^2 / sum w^2: of symbols exactly the pairs that are equal, of a mild Gaussian n / e^{2I}."""
    symbols = last(Microscope(problem="symbols", mi=2.5, pairs=300, repeats=50))
    assert symbols.effective == pytest.approx(300 * symbols.means / symbols.study.distribution().symbols)
    mild = last(Microscope(mi=0.15, dim=30, pairs=20_000, repeats=20))
    error = mild.effective.std(ddof=1) / math.sqrt(20)
    # Its bias is of the order of one pair, far below the error of about ten.
    assert abs(mild.effective.mean() - mild.study.expected_effective()) < 4 * error


def test_where_there_is_no_fourth_moment_the_variance_looks_smaller_than_it_is():
    study = Microscope(mi=4.0, dim=5, pairs=1000, repeats=300)
    end = last(study)
    assert not study.variance_can_be_measured() and math.isnan(end.variance_stderr)
    assert end.variance < study.predicted_variance() / 2
    assert 0 < end.largest.min() <= end.largest.max() <= 1 and (end.effective >= 1 - 1e-9).all()


def test_pairs_of_one_batch_vary_almost_like_independent_ones():
    """The K(K-1) pairs of a batch share members. With the perfect critic E[e^f | x] = 1, so that only (i, j) and (j, i) are
    correlated: cov = 1/(1 - rho^4)^d - 1 (Mehler), and the variance is (e^{2I} - 1 + cov) / K(K-1)."""
    problem, K, batches = Gaussian(dim=8, correlation=0.25), 12, 20_000
    scores = problem.log_ratio_matrix(*problem.sample(K, replicates=batches, generator=generator(2)))
    off = scores.exp().masked_fill(torch.eye(K, dtype=torch.bool), 0).sum((-2, -1)) / (K * (K - 1))
    expected = (math.expm1(2 * problem.mi) + (1 - 0.25**4) ** -8 - 1) / (K * (K - 1))
    deviations = (off - off.mean()) ** 2
    error = deviations.std().item() / math.sqrt(batches)
    assert abs(deviations.mean().item() - expected) < 4 * error


# -- the ceiling -------------------------------------------------------------------------------------------------------


def exact_gap_of_symbols(symbols: int, K: int) -> float:
    """Noiseless symbols: e^f is M for the 1 + B candidates that are equal, B binomial(K - 1, 1/M), so that
    I - I_K = E log(M (1 + B) / K)."""
    B = np.arange(K)
    p = 1 / symbols
    log_choose = np.array([math.lgamma(K) - math.lgamma(b + 1) - math.lgamma(K - b) for b in B])
    probability = np.exp(log_choose + B * math.log(p) + (K - 1 - B) * math.log1p(-p))
    return float((probability * np.log(symbols * (1 + B) / K)).sum())


def test_the_curve_of_noiseless_symbols_is_the_exact_one():
    problem, draw = SymmetricChannel(symbols=8, error=0.0), generator(1)
    gaps = np.array([gap_of_stream(problem, 9, draw) for _ in range(300)])
    error = gaps.std(0, ddof=1) / math.sqrt(len(gaps))
    exact = [exact_gap_of_symbols(8, 2**power) for power in range(1, 10)]
    # Nine comparisons: all within 4 standard errors but once in about 1,700 seeds.
    assert (abs(gaps.mean(0) - exact) < 4 * error).all(), (gaps.mean(0) - exact) / error


def test_the_curve_agrees_with_the_bound_itself():
    """The engine's InfoNCE with the oracle's scores, at K = 32: another program, another noise."""
    problem = Gaussian.from_mi(3.0, dim=4)
    end = last(Ceiling(mi=3.0, dim=4, largest=5, streams=400))
    scores = problem.log_ratio_matrix(*problem.sample(32, replicates=3000, generator=generator(8)))
    values = bounds["infonce"].estimate(scores)
    error = math.hypot(values.std().item() / math.sqrt(3000), end.stderr[-1])
    assert abs((3.0 - values.mean().item()) - end.gaps.mean(0)[-1]) < 4 * error


def test_the_answer_is_monotone_and_refuses_what_it_cannot_know():
    end = last(Ceiling(mi=3.0, dim=5, largest=12, streams=60))
    assert (np.diff(end.gap) <= 0).all() and end.gap[0] == pytest.approx(3 - math.log(2), abs=0.1)
    wishes = (1.0, 0.5, 0.2, 0.1)
    needed = [CeilingSnapshot(dataclasses.replace(end.study, tolerance=wish), 1.0, end.sizes, end.gaps).answer for wish in wishes]
    Ks = [answer.K for answer in needed]
    assert Ks == sorted(Ks)
    for wish, answer in zip(wishes, needed):
        assert answer.low <= answer.K <= answer.high
        assert answer.K > math.exp(3.0 - wish)  # never above log K
    assert last(Ceiling(mi=8.0, largest=8, streams=8)).answer.K is None
    assert rounded(5185.5) == "5,200" and rounded(3.2) == "3"


def test_interpolation_is_linear_in_log_k():
    sizes, gap = np.array([2, 4, 8, 16]), np.array([4.0, 2.0, 1.0, 0.5])
    assert crossing(sizes, gap, 1.5) == pytest.approx(4 * math.sqrt(2))
    assert crossing(sizes, gap, 5.0) == 2 and crossing(sizes, gap, 0.4) is None


# -- the playground ----------------------------------------------------------------------------------------------------


def test_the_truth_stands_still_and_ranks_do_too():
    study = Playground(strength=3, mi=1.0, pairs=800, estimators=("ksg1", "gaussian", "copula", "histogram"))
    end = last(study)
    assert [study.bent(strength).mi for strength in range(4)] == [1.0] * 4
    for name in ("copula", "histogram"):  # both look at ranks, and a rising map keeps them
        _, means, _ = end.curve(name)
        assert np.ptp(means) < 1e-6, name
    for name in ("ksg1", "gaussian"):
        strengths, means, spread = end.curve(name)
        assert strengths.tolist() == [0, 1, 2, 3] and means[-1] < means[0] - 3 * spread.max() / math.sqrt(3)
    assert abs(end.curve("gaussian")[1][0] - 1.0) < 0.1  # right for a Gaussian, before it is bent


def test_the_map_moves_the_pairs_and_not_the_draw():
    end = last(Playground(strength=2, pairs=60, estimators=("copula",), replicates=1))
    flat, once, twice = end.standings
    assert once.x == pytest.approx(np.sign(flat.x) * abs(flat.x) ** 1.5)
    assert twice.y == pytest.approx(np.sign(flat.y) * abs(flat.y) ** 2.25)
