"""Bounds: one body over the whole registry, loops in plain Python, exact expectations over a small table, and figures
from the papers.

``expectation`` enumerates every batch of three pairs from a table of six cells, so that what a bound promises is
checked to rounding and not to a standard error.
"""

import itertools
import math

import pytest
import torch

from mi_explorer import Experiment, Gaussian, JointTable, SymmetricChannel
from mi_explorer.bounds import Bound, Bounds, Extras, bounds
from mi_explorer.critics import Oracle
from mi_explorer.parameters import ParameterError

KEYS = [*bounds, "smile(1)", "smile(20)", "ialpha(0.5)", "ialpha(0.99)"]
GENERATIVE = [key for key in KEYS if bounds[key].density]  # what is particular to them: tests/test_generative.py
over_bounds = pytest.mark.parametrize("key", KEYS)
over_critics = pytest.mark.parametrize("key", [key for key in KEYS if key not in GENERATIVE])
K = 5


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0, scale=1.5):
    return scale * torch.randn(shape, generator=generator(seed), dtype=torch.float64)


def extras_for(bound, leading=(), seed=1):
    """Something for the bound to subtract and to remember, so that no test passes because it is zero."""
    return Extras(
        baseline=normal(*leading, K, seed=seed, scale=0.5) if bound.baseline else 0.0,
        log_average=normal(*leading, seed=seed + 1) if bound.moving_average else None,
    )


def mean_and_error(values):
    return values.mean().item(), (values.std() / math.sqrt(values.numel())).item()


# -- one body for all --------------------------------------------------------------------------------------------------


@over_bounds
def test_facts(key):
    bound = bounds[key]
    assert bound.key == key and bound.name and bound.formula and bound.remark.endswith(".")
    assert any(year in bound.source for year in map(str, range(1983, 2030)))
    assert {bound.promise, bound.batch_promise} <= {"lower", "upper", "neither"}
    assert bound.blind in ("", "constant", "x", "y") and bound.baseline in ("", "y", "xy", "q(y)", "p(y)")
    assert bound.channel_promise in ("", "lower", "upper") and bound.density in ("", "gaussian", "logistic", "flow")
    if bound.batch_promise == "lower":  # batches of any size include the infinite ones
        assert bound.promise == "lower"


@pytest.mark.parametrize("key, sentence", [
    ("infonce", "In the population and for a batch it is a lower bound."),
    ("dv", "In the population it is a lower bound, for a batch neither a lower nor an upper bound."),
    ("smile", "In the population and for a batch it is neither a lower nor an upper bound."),
    ("ba", "In the population and for a batch it is a lower bound, told the true p(y)."),
    ("club", "In the population and for a batch it is neither a lower nor an upper bound, and an upper bound with the true p(y|x)."),
    ("l1out", "In the population it is a lower bound, for a batch neither a lower nor an upper bound, and an upper bound with the true p(y|x)."),
])
def test_promises_in_words(key, sentence):
    assert bounds[key].promises == sentence


@over_bounds
def test_leading_axes_are_replicates(key):
    bound, scores = bounds[key], normal(2, 3, K, K)
    extras = extras_for(bound, (2, 3))
    for function in (bound.estimate, bound.loss):
        together = function(scores, extras)
        assert together.shape == (2, 3) and together.dtype == torch.float64
        for place in itertools.product(range(2), range(3)):
            alone = Extras(*(value[place] if isinstance(value, torch.Tensor) else value for value in extras))
            assert function(scores[place], alone).item() == pytest.approx(together[place].item(), abs=1e-12)
        assert len(set(together.flatten().tolist())) == 6  # a constant would pass the rest


@over_bounds
def test_scores_are_left_alone(key):
    bound, scores = bounds[key], normal(2, K, K)
    before, extras = scores.clone(), extras_for(bound, (2,))
    kept = extras.baseline.clone() if bound.baseline else None
    bound.estimate(scores, extras), bound.loss(scores, extras)
    assert torch.equal(scores, before)
    assert kept is None or torch.equal(extras.baseline, kept)


@over_bounds
def test_the_gradient_is_finite_and_reaches_every_score_and_baseline(key):
    bound, scores = bounds[key], normal(2, K, K).requires_grad_()
    extras = extras_for(bound, (2,))
    if bound.baseline:
        extras.baseline.requires_grad_()
    bound.loss(scores, extras).sum().backward()
    reached = scores.grad.diagonal(dim1=-2, dim2=-1) if bound.density else scores.grad
    for gradient in (reached, extras.baseline.grad) if bound.baseline else (reached,):
        assert gradient.isfinite().all() and (gradient != 0).all()


@over_bounds
def test_going_down_the_loss_goes_somewhere_sensible(key):
    """A small step against the gradient lowers the loss, and raises the estimate of a bound trained on it."""
    bound, scores = bounds[key], normal(8, K, K).requires_grad_()
    before = bound.loss(scores)
    before.sum().backward()
    after = scores.detach() - 1e-3 * scores.grad
    if bound.moving_average:  # only the gradient of MINE's loss means something: its value is read as DV
        assert (bound.estimate(after) > bound.estimate(scores)).all()
    else:
        assert (bound.loss(after) < before).all()
    if bound.objective is None:
        assert torch.equal(bound.loss(after), -bound.estimate(after))


@over_bounds
@pytest.mark.parametrize("size", [2, 3, 17])
def test_the_ceiling_is_never_exceeded(key, size):
    bound = bounds[key]
    ceiling = bound.ceiling(size)
    eye = torch.eye(size, dtype=torch.float64)
    for scale in (1e-3, 1, 30, 1e4):
        tried = torch.cat([normal(50, size, size, scale=scale), (scale * eye)[None], (-scale * eye)[None]])
        values = bound.estimate(tried)
        assert not values.isnan().any()
        if ceiling is not None:
            assert values.max() <= ceiling + 1e-13 * scale  # the rounding of a float64 of this size
    best = bound.estimate(200 * eye - 100).item()
    assert best > 90 if ceiling is None else best > ceiling - 0.01  # a ceiling that is not there, or one too high


@over_bounds
@pytest.mark.parametrize("shape", [(), (3,), (3, 4), (2, 4, 3), (1, 1), (0, 0)])
def test_scores_of_another_shape_are_refused(key, shape):
    for function in (bounds[key].estimate, bounds[key].loss):
        with pytest.raises(ParameterError, match=r"scores is .* \(\.\.\., K, K\) with K at least 2"):
            function(torch.zeros(shape))


@over_bounds
@pytest.mark.parametrize("size", [3, 6])
def test_impossible_pairs_are_survived(key, size):
    """Out of the support of p(x, y) the perfect critic says -inf."""
    bound = bounds[key]
    scores = normal(size, size, seed=3)
    scores[0, 1] = scores[size - 1, 0] = -math.inf
    scores.requires_grad_()
    if key == "club":  # the mean of log p(y | x) over strangers: where one is impossible, this upper bound is infinite
        assert bound.estimate(scores) == math.inf
        return
    assert bound.estimate(scores).isfinite()
    bound.loss(scores).backward()
    assert scores.grad.isfinite().all()
    nearly = bound.estimate(scores.detach().clamp(min=-700))
    assert bound.estimate(scores).item() == pytest.approx(nearly.item(), abs=1e-12)


@over_bounds
def test_what_overflows_is_infinite_and_not_undefined(key):
    scores = torch.zeros(K, K).fill_diagonal_(3.0)
    scores[0, 1] = 200.0  # e^200 is beyond a float32
    assert not bounds[key].estimate(scores).isnan()


@over_bounds
def test_float32_agrees_with_float64(key):
    bound, scores = bounds[key], normal(20, K, K)
    assert bound.estimate(scores.float()).dtype == torch.float32
    # Fewer than 10 operations a value, each within 1e-7 of values below e^7.
    torch.testing.assert_close(bound.estimate(scores.float()).double(), bound.estimate(scores), rtol=1e-5, atol=1e-4)


# -- the same by hand: loops over Python floats ------------------------------------------------------------------------


def others(f):
    """The pairs (i, j), j not i."""
    return [(i, j) for i in range(len(f)) for j in range(len(f)) if i != j]


def average(values):
    values = list(values)
    return sum(values) / len(values)


def softplus(value):
    return math.log1p(math.exp(value))


def dv(f, a):
    return average(f[i][i] for i in range(K)) - math.log(average(math.exp(f[i][j]) for i, j in others(f)))


def nwj(f, a):
    return 1 + average(f[i][i] for i in range(K)) - average(math.exp(f[i][j]) for i, j in others(f))


def tuba(f, a):
    return nwj([[f[i][j] - a[j] for j in range(K)] for i in range(K)], a)


def infonce(f, a):
    return average(math.log(math.exp(f[i][i]) / average(math.exp(f[i][j]) for j in range(K))) for i in range(K))


def smile(tau):
    def value(f, a):
        clipped = (min(max(math.exp(f[i][j]), math.exp(-tau)), math.exp(tau)) for i, j in others(f))
        return average(f[i][i] for i in range(K)) - math.log(average(clipped))

    return value


def flo(f, a):
    rows = []
    for i in range(K):
        u = a[i] - f[i][i]
        rows.append(u + math.exp(-u) * average(math.exp(f[i][j] - f[i][i]) for j in range(K) if j != i))
    return 1 - average(rows)


def ialpha(alpha):
    def value(f, a):
        joint, product = [], []
        for j in range(K):
            strangers = [i for i in range(K) if i != j]
            left_out = (j - 1) % K
            own = average(math.exp(f[i][j]) for i in range(K) if i != left_out)
            none = average(math.exp(f[i][j]) for i in strangers)
            joint.append(math.log(math.exp(f[j][j]) / (alpha * own + (1 - alpha) * math.exp(a[j]))))
            product.append(none / (alpha * none + (1 - alpha) * math.exp(a[j])))
        return 1 + average(joint) - average(product)

    return value


def plug_in(f, a):
    return average(f[i][i] for i in range(K))


def density_ratio(f, a):
    return average(f[i][i] - a[i] for i in range(K))


def club(f, a):
    return average(f[i][i] for i in range(K)) - average(f[i][j] for i, j in others(f))


def l1out(f, a):
    return average(
        math.log(math.exp(f[j][j]) / average(math.exp(f[i][j]) for i in range(K) if i != j)) for j in range(K)
    )


def likelihood_loss(f, a):
    return -average(f[i][i] + a[i] for i in range(K))


def js_loss(f, a):
    return average(softplus(-f[i][i]) for i in range(K)) + average(softplus(f[i][j]) for i, j in others(f))


def anchor_loss(f, a):
    """K - 1 candidates and the anchor: which one is it? Asked with the partner among them K - 1 times, once without."""
    rows = []
    for i in range(K):
        present = [j for j in range(K) if j != (i + 1) % K]
        with_partner = -math.log(math.exp(f[i][i]) / (1 + sum(math.exp(f[i][j]) for j in present)))
        without = -math.log(1 / (1 + sum(math.exp(f[i][j]) for j in range(K) if j != i)))
        rows.append(((K - 1) * with_partner + without) / K)
    return average(rows)


BY_HAND = {
    "infonce": infonce, "mine": dv, "nwj": nwj, "dv": dv, "js": nwj, "smile": smile(5), "smile(1)": smile(1),
    "smile(20)": smile(20), "tuba": tuba, "ialpha": ialpha(0.01), "ialpha(0.5)": ialpha(0.5),
    "ialpha(0.99)": ialpha(0.99), "flo": flo, "infonce-anchor": plug_in,
    "ba": density_ratio, "doe-gaussian": density_ratio, "doe-logistic": density_ratio, "flow": density_ratio, "club": club,
    "l1out": l1out,
}
LOSS_BY_HAND = {
    "js": js_loss, "smile": js_loss, "smile(1)": js_loss, "smile(20)": js_loss, "infonce-anchor": anchor_loss,
    **dict.fromkeys(GENERATIVE, likelihood_loss),
}


def test_every_bound_is_written_by_hand_too():
    assert set(BY_HAND) == set(KEYS)
    own_objective = {key for key in KEYS if bounds[key].objective and not bounds[key].moving_average}
    assert set(LOSS_BY_HAND) == own_objective


@over_bounds
@pytest.mark.parametrize("seed", range(3))
def test_estimate_and_loss_by_hand(key, seed):
    bound, scores = bounds[key], normal(K, K, seed=seed, scale=2)
    extras = extras_for(bound, seed=seed + 10)
    f, a = scores.tolist(), extras.baseline.tolist() if bound.baseline else [0.0] * K
    assert bound.estimate(scores, extras).item() == pytest.approx(BY_HAND[key](f, a), abs=1e-12)
    if key in LOSS_BY_HAND:
        assert bound.loss(scores, extras).item() == pytest.approx(LOSS_BY_HAND[key](f, a), abs=1e-12)


# -- how the bounds relate ---------------------------------------------------------------------------------------------


def test_rows_are_x_and_infonce_normalises_over_y():
    scores, of_x, of_y = normal(K, K), normal(K, 1, seed=1), normal(1, K, seed=2)
    estimate = bounds["infonce"].estimate
    assert estimate(scores + of_x).item() == pytest.approx(estimate(scores).item(), abs=1e-12)
    assert abs(estimate(scores + of_y) - estimate(scores)) > 0.1
    assert abs(estimate(scores.mT) - estimate(scores)) > 0.01


def test_tuba_is_nwj_with_a_baseline_for_every_y():
    scores, baseline = normal(3, K, K), normal(3, K, seed=1)
    tuba, nwj = bounds["tuba"].estimate, bounds["nwj"].estimate
    assert torch.equal(tuba(scores), nwj(scores))
    assert torch.equal(tuba(scores, Extras(baseline)), nwj(scores - baseline.unsqueeze(-2)))
    assert not torch.allclose(tuba(scores, Extras(baseline)), nwj(scores - baseline.unsqueeze(-1)), atol=0.01)


def test_flo_without_its_second_network_is_nwj():
    scores = normal(3, K, K)
    torch.testing.assert_close(bounds["flo"].estimate(scores), bounds["nwj"].estimate(scores), rtol=0, atol=1e-12)


def test_interpolation_runs_from_nwj_to_infonce():
    scores, baseline = normal(6, K, K), Extras(normal(6, K, seed=1))
    low, high = bounds["ialpha(1e-6)"], bounds["ialpha(0.999999)"]
    # What is left of the other end is a millionth of ratios below e^10.
    torch.testing.assert_close(low.estimate(scores, baseline), bounds["tuba"].estimate(scores, baseline), rtol=0, atol=0.02)
    for matrix, value in zip(scores, high.estimate(scores, baseline)):
        columns = [
            matrix[j, j] - torch.stack([matrix[i, j] for i in range(K) if i != (j - 1) % K]).logsumexp(0)
            for j in range(K)
        ]
        assert value.item() == pytest.approx(math.log(K - 1) + average(columns).item(), abs=1e-3)


def test_mine_reads_as_dv_and_its_average_only_turns_the_gradient():
    scores = normal(K, K)
    mine, dv = bounds["mine"], bounds["dv"]
    forgotten = Extras(log_average=torch.tensor(0.7, dtype=torch.float64))
    assert torch.equal(mine.estimate(scores, forgotten), dv.estimate(scores))

    def gradient(bound, extras=Extras()):
        leaf = scores.clone().requires_grad_()
        bound.loss(leaf, extras).backward()
        return leaf.grad

    torch.testing.assert_close(gradient(mine), gradient(dv), rtol=0, atol=1e-14)
    slow, own = gradient(mine, forgotten), gradient(dv)
    apart = ~torch.eye(K, dtype=torch.bool)
    ratios = slow[apart] / own[apart]
    torch.testing.assert_close(ratios, ratios[:1].expand_as(ratios))  # another denominator and nothing else
    exact = scores[apart].exp().mean() / math.exp(0.7)
    assert ratios[0].item() == pytest.approx(exact.item(), rel=1e-12)
    torch.testing.assert_close(slow.diagonal(), own.diagonal())


def test_smile_clips_the_independent_pairs_only():
    together, apart = torch.zeros(K, K).fill_diagonal_(100.0), torch.full((K, K), 100.0).fill_diagonal_(1.0)
    assert bounds["smile(3)"].estimate(together).item() == pytest.approx(100)
    assert bounds["smile(3)"].estimate(apart).item() == pytest.approx(1 - 3, abs=1e-5)
    assert bounds["smile(3)"].estimate(-apart).item() == pytest.approx(-1 + 3, abs=1e-5)


def test_bounds_that_train_alike_say_so():
    alike = {bounds[key].training for key in ("js", "smile", "smile(1)", "smile(20)")}
    assert len(alike) == 1
    different = ["js", "nwj", "tuba", "dv", "mine", "infonce", "infonce-anchor", "flo", "ialpha", "ialpha(0.5)"]
    assert len({bounds[key].training for key in different}) == len(different)


@over_critics
def test_a_bound_is_blind_to_what_it_says_and_to_nothing_else(key):
    bound, scores = bounds[key], normal(K, K)
    trained_on = bound.estimate if bound.moving_average else bound.loss
    baseline = normal(K, seed=1, scale=0.5) if bound.baseline else 0.0
    added = {"constant": torch.tensor([[0.6]]), "x": normal(K, 1, seed=2), "y": normal(1, K, seed=3)}
    sees_not = {"": [], "constant": ["constant"], "x": ["constant", "x"], "y": ["constant", "y"]}[bound.blind]
    for what, more in added.items():
        # A learned normaliser follows what is added to the critic; that is why the bound cannot tell.
        followed = baseline + more.expand(K, K).diagonal() if bound.baseline else baseline
        change = trained_on(scores + more, Extras(followed)) - trained_on(scores, Extras(baseline))
        if what in sees_not:
            assert abs(change) < 1e-12
        else:
            assert abs(change) > 1e-3


# -- exact expectations over a table -----------------------------------------------------------------------------------

TABLE = JointTable(((0.25, 0.05, 0.1), (0.05, 0.35, 0.2)))


def expectation(problem, size=3):
    """All batches of ``size`` pairs: a function that takes tables f(x, y), and gives (batches, size, size) scores,
    and the probabilities of the batches."""
    p = torch.tensor(problem.table, dtype=torch.float64)
    cells = [(x, y) for x in range(p.shape[0]) for y in range(p.shape[1])]
    batches = torch.tensor(list(itertools.product(cells, repeat=size)))
    x, y = batches[..., 0], batches[..., 1]
    probability = p[x, y].prod(-1)
    assert probability.sum().item() == pytest.approx(1, abs=1e-12)
    return x, y, probability


def true_table(problem):
    rows, columns = (torch.arange(n, dtype=torch.float64)[:, None] for n in (len(problem.table), len(problem.table[0])))
    return problem.log_ratio_matrix(rows, columns)


X, Y, PROBABILITY = expectation(TABLE)


def expected(function, f, baseline, uses):
    scores = f[X[:, :, None], Y[:, None, :]]
    values = {"": 0.0, "xy": baseline[X, Y]}.get(uses, baseline[0][Y])
    return (PROBABILITY * function(scores, Extras(values))).sum()


def minimise(loss, *leaves):
    optimiser = torch.optim.LBFGS(leaves, max_iter=3000, tolerance_grad=1e-13, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    optimiser.step(closure)
    return loss().item()


@over_critics
def test_no_critic_at_all_lifts_a_batch_promise_above_the_truth(key):
    """Exact expectation over batches of three, maximised over critic and baseline: the largest value there is."""
    bound = bounds[key]
    if bound.promise == "neither":  # a constant critic carries it anywhere
        f = torch.full((2, 3), 50.0, dtype=torch.float64)
        assert expected(bound.estimate, f, torch.zeros_like(f), bound.baseline) > TABLE.mi + 10
        return
    f = normal(2, 3, seed=5, scale=0.3).requires_grad_()
    baseline = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    leaves = (f, baseline) if bound.baseline else (f,)
    best = -minimise(lambda: -expected(bound.estimate, f, baseline, bound.baseline), *leaves)
    if bound.batch_promise == "lower":
        assert best <= TABLE.mi + 1e-9
        assert best > 0.3 * TABLE.mi  # the maximisation went somewhere
    else:
        assert best > TABLE.mi + 0.01  # one batch of these shows too much: the promise may not be made


@pytest.mark.parametrize("key", [key for key in KEYS if bounds[key].batch_promise == "lower" and key not in GENERATIVE])
@pytest.mark.parametrize("seed", range(10))
def test_no_arbitrary_critic_does_either(key, seed):
    bound = bounds[key]
    f, baseline = normal(2, 3, seed=seed, scale=3), normal(2, 3, seed=seed + 100, scale=2)
    assert expected(bound.estimate, f, baseline, bound.baseline) <= TABLE.mi + 1e-12


@pytest.mark.parametrize("key", ["dv", "mine"])
def test_dv_keeps_its_promise_over_many_pairs(key):
    """Batches with every cell at its exact share. What is left above the truth is the missing diagonal of the
    independent pairs: log(1 - (E_p e^f - E_pp e^f) / (N E_pp e^f)), to first order E_p e^f / N with E_pp e^f = 1."""
    counts = (20 * torch.tensor(TABLE.table)).round().long()
    true, f = true_table(TABLE), None
    for copies in (5, 20):
        x, y = (torch.cat([torch.full((copies * counts[i, j],), (i, j)[axis]) for i in range(2) for j in range(3)]) for axis in (0, 1))
        f = true.clone().requires_grad_()
        best = -minimise(lambda: bounds[key].loss(f[x][:, y]) if key == "dv" else -bounds[key].estimate(f[x][:, y]), f)
        share = (torch.tensor(TABLE.table, dtype=torch.float64) * true.exp()).sum().item()
        assert TABLE.mi < best <= TABLE.mi + 1.5 * share / len(x)


UNBIASED = ["nwj", "js", "tuba", "flo", "infonce-anchor", "ba", "doe-gaussian", "doe-logistic", "flow"]


@pytest.mark.parametrize("key", UNBIASED)
def test_unbiased_with_the_perfect_critic(key):
    perfect = true_table(TABLE)
    value = expected(bounds[key].estimate, perfect, torch.zeros_like(perfect), bounds[key].baseline)
    assert value.item() == pytest.approx(TABLE.mi, abs=1e-12)


def test_the_order_of_the_bounds_is_exact():
    perfect = true_table(TABLE)
    value = {key: expected(bounds[key].estimate, perfect, torch.zeros_like(perfect), bounds[key].baseline).item() for key in KEYS}
    assert value["infonce"] < value["ialpha(0.5)"] < value["ialpha"] < value["nwj"] < value["dv"]
    assert value["nwj"] == pytest.approx(TABLE.mi) and value["dv"] == value["mine"]


@pytest.mark.parametrize("key", ["nwj", "tuba", "flo", "js", "smile", "infonce", "infonce-anchor"])
def test_the_expected_loss_is_least_at_the_log_ratio(key):
    """... up to what the bound is blind to. (DV's and I_alpha's best critic for batches of three is another one.)"""
    bound, perfect = bounds[key], true_table(TABLE)
    f = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    baseline = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    leaves = (f, baseline) if bound.baseline else (f,)
    least = minimise(lambda: expected(bound.loss, f, baseline, bound.baseline), *leaves)
    assert least == pytest.approx(expected(bound.loss, perfect, torch.zeros_like(perfect), bound.baseline).item(), abs=1e-10)
    more = (f - perfect).detach()
    if bound.blind == "x":
        more = more - more.mean(1, keepdim=True)
    elif bound.blind == "y":
        more = more - more.mean(0, keepdim=True)
    assert more.abs().max() < 1e-4


def test_infonce_leaves_a_function_of_x_open_that_its_anchor_fixes():
    perfect, of_x = true_table(TABLE), torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    loss = {
        key: [expected(bounds[key].loss, f, torch.zeros_like(f), "").item() for f in (perfect, perfect + of_x)]
        for key in ("infonce", "infonce-anchor")
    }
    assert loss["infonce"][0] == pytest.approx(loss["infonce"][1], abs=1e-12)
    assert loss["infonce-anchor"][1] > loss["infonce-anchor"][0] + 0.1


# -- perfect critics, against formulas and the papers' figures ---------------------------------------------------------


def infonce_of_a_noiseless_channel(symbols, size):
    """log K - E log(1 + B): B of the K - 1 strangers hold the same symbol."""
    q = 1 / symbols
    return math.log(size) - sum(
        math.comb(size - 1, b) * q**b * (1 - q) ** (size - 1 - b) * math.log1p(b) for b in range(size)
    )


def test_infonce_of_a_noiseless_channel_is_a_binomial_sum():
    problem = SymmetricChannel(symbols=2, error=0.0)
    x, y, probability = expectation(problem, size=4)
    scores = true_table(problem)[x[:, :, None], y[:, None, :]]
    exact = (probability * bounds["infonce"].estimate(scores)).nansum()  # 0 x nan: batches that cannot happen
    assert exact.item() == pytest.approx(infonce_of_a_noiseless_channel(2, 4), abs=1e-12)


@pytest.mark.parametrize("symbols, size", [(8, 16), (64, 8), (4, 64)])
def test_infonce_of_a_noiseless_channel_from_samples(symbols, size):
    problem = SymmetricChannel(symbols=symbols, error=0.0)
    x, y = problem.sample(size, replicates=2000, generator=generator(symbols))
    mean, error = mean_and_error(bounds["infonce"].estimate(Oracle(problem)(x, y)))
    assert abs(mean - infonce_of_a_noiseless_channel(symbols, size)) <= 4 * error
    assert mean <= min(problem.mi, math.log(size))


def perfect_values(problem, size, batches, keys, seed=0):
    """Estimates of many batches with the perfect critic, 100 batches at a time."""
    source, values = generator(seed), {key: [] for key in keys}
    for _ in range(batches // 100):
        scores = Oracle(problem)(*problem.sample(size, replicates=100, generator=source))
        for key in keys:
            values[key].append(bounds[key].estimate(scores))
    return {key: torch.cat(parts) for key, parts in values.items()}


def test_figures_at_six_nats():
    """20-d, K = 64, 6 nats: InfoNCE cannot pass 3.74 and DV shows 6.23 with a perfect critic."""
    values = perfect_values(Gaussian.from_mi(6.0, dim=20), 64, 2000, ["infonce", "dv"])
    for key, published in (("infonce", 3.74), ("dv", 6.23)):
        mean, error = mean_and_error(values[key])
        assert abs(mean - published) <= 4 * error + 0.005  # published to two digits
        assert error < 0.02
    assert values["infonce"].mean() < 6 < values["dv"].mean() - 4 * mean_and_error(values["dv"])[1]


@pytest.mark.parametrize("key", UNBIASED)
def test_unbiased_on_gaussians(key):
    problem = Gaussian.from_mi(1.0, dim=5)  # weakly dependent in each coordinate: e^f has a variance
    mean, error = mean_and_error(perfect_values(problem, 32, 2000, [key])[key])
    assert abs(mean - 1.0) <= 4 * error and error < 0.02


def test_interpolation_passes_the_ceiling_of_poole_and_keeps_ours():
    """Poole et al. 2019 put I_alpha below log(K / alpha); its second term can fall to 0, though, and 1 stays."""
    size, problem = 8, Gaussian.from_mi(40.0, dim=20)
    values = perfect_values(problem, size, 200, ["ialpha(0.5)"])["ialpha(0.5)"]
    mean, error = mean_and_error(values)
    claimed, ours = math.log(size / 0.5), bounds["ialpha(0.5)"].ceiling(size)
    assert mean > claimed + 0.5 + 4 * error
    assert values.max() <= ours + 1e-9 and mean > ours - 0.1


@pytest.mark.parametrize("key", [key for key in KEYS if bounds[key].batch_promise == "lower" and key not in GENERATIVE])
@pytest.mark.parametrize("distortion", ["half", "noise", "bent"])
def test_a_distorted_critic_stays_below_the_truth(key, distortion):
    problem, bound = Gaussian.from_mi(1.0, dim=3), bounds[key]
    x, y = problem.sample(16, replicates=2000, generator=generator(4))
    perfect = Oracle(problem)(x, y)
    scores = {
        "half": 0.5 * perfect, "noise": perfect + (x @ y.mT).sin(), "bent": perfect.tanh() + x.sum(-1, keepdim=True).tanh(),
    }[distortion]
    baseline = 0.3 * (y if bound.baseline == "y" else x + y).sum(-1).tanh()
    mean, error = mean_and_error(bound.estimate(scores, Extras(baseline if bound.baseline else 0.0)))
    assert mean <= 1.0 + 4 * error


# -- the registry ------------------------------------------------------------------------------------------------------


def test_a_number_may_be_chosen_and_is_kept_exactly():
    assert bounds["smile(1)"].key == "smile(1)" and bounds["smile(1.0)"].key == "smile(1)"
    assert bounds["smile(5)"] is bounds["smile"] and bounds["ialpha(0.01)"] is bounds["ialpha"]
    key = bounds["smile(1.23456789)"].key
    assert key == "smile(1.23456789)" and bounds[key].key == key
    # Saturated from below by the clip itself: -log e^{-tau}.
    assert bounds[key].estimate(torch.full((3, 3), -50.0).fill_diagonal_(0)).item() == pytest.approx(1.23456789, abs=1e-6)


@pytest.mark.parametrize("name", [
    "infoNCE", "", "smile()", "smile(x)", "smile(nan)", "smile(inf)", "smile(0)", "smile(-1)", "smile(1e9)", "smile(1",
    "ialpha(0)", "ialpha(1)", "infonce(3)", "smile(1)(2)", None, 3, math.nan, ("infonce",), "a" * 100_000,
])
def test_unknown_names_are_refused(name):
    with pytest.raises(ParameterError, match="^bounds is ") as caught:
        bounds[name]
    assert len(str(caught.value)) < 500


def test_a_new_bound_is_one_entry(monkeypatch):
    registry = Bounds()
    mine = registry.add("my-bound", Bound(name="Mine", formula="f", source="2026", estimator=lambda scores, extras: scores.mean((-2, -1))))
    assert registry["my-bound"] is mine and mine.key == "my-bound"
    assert mine.loss(torch.ones(3, 3)).item() == -1
    registry.add_parametrised("a-family", lambda number: Bound(name=f"{number:g}", formula="f", source="2026", estimator=mine.estimator), 2, 1, 3)
    assert registry["a-family"].name == "2" and registry["a-family(2.5)"].key == "a-family(2.5)"
    for key in ("", "3x", "X", "a b", "a,b"):
        with pytest.raises(ParameterError, match="^key is "):
            registry.add(key, mine)
    monkeypatch.setitem(bounds, "my-bound", mine)
    assert Experiment(bounds=("my-bound",)).bounds == ("my-bound",)
