"""Toy distributions: one body over examples of every family, then what is particular to some."""

import json
import math
import random
import subprocess
import sys

import pytest
import torch

from mi_explorer.distributions import (
    AdditiveUniform,
    AIMixture,
    BinaryErasureChannel,
    BumpImages,
    ConcentricMixture,
    DigitLabels,
    DigitPairs,
    Distribution,
    GalaxyMixture,
    Gaussian,
    GaussianDense,
    GaussianMixture,
    GaussianSparse,
    InlierMixture,
    JointTable,
    RectangleImages,
    StudentT,
    SymmetricChannel,
    TimeSeries,
    Transformed,
    WavesMixture,
    XMixture,
    ZChannel,
    families,
    from_spec,
    maps,
)
from mi_explorer.parameters import ParameterError, parameters

N = 40_000  # samples of the statistical checks, whose tolerance is four of their standard errors

MIXTURE = GaussianMixture(
    weights=(0.3, 0.7),
    means=((0, 0, 0), (0.5, 0.5, 1)),
    covariances=(((1, 0.2, 0.3), (0.2, 1, 0.1), (0.3, 0.1, 1)), ((1, 0, 0), (0, 1.3, -0.2), (0, -0.2, 1))),
    dim_x=2,
)
# Weakly dependent where e^{-log_ratio} would otherwise have no variance (Gaussian pairs: from r = 1/2 on).
EXAMPLES = [
    Gaussian(),
    Gaussian(dim=1, correlation=0.0),
    Gaussian(dim=3, correlation=-0.4, noise=0.5),
    Gaussian.from_mi(10.0),
    GaussianDense(dim=3, correlation=0.1),
    GaussianDense(dim=2, correlation=-0.15),
    GaussianSparse(dim=4, pairs=2, correlation=0.4),
    StudentT(dim=1, dof=1.0),
    StudentT(dim=2, dof=4.0, correlation=-0.3),
    AdditiveUniform(0.1),
    AdditiveUniform(0.75),
    SymmetricChannel(symbols=5, error=0.3),
    SymmetricChannel(symbols=3, error=0.0),
    BinaryErasureChannel(erasure=0.3, p=0.4),
    ZChannel(error=0.3, p=0.6),
    JointTable(((0.1, 0.2, 0.0), (0.3, 0.3, 0.1))),
    MIXTURE,
    XMixture(0.4),
    Transformed(Gaussian(dim=1, correlation=0.4), "cube", "half_cube"),
    Transformed(Gaussian(dim=3, correlation=0.4), "spiral_x", "spiral_y"),
    Transformed(Gaussian(dim=2, correlation=0.4), "wiggly_x", "wiggly_y"),
    Transformed(Gaussian(dim=1, correlation=0.4), "bimodal_x", "bimodal_y"),
    Transformed(StudentT(dim=1, dof=1.0), "asinh", "asinh"),
    Transformed(Gaussian(dim=1, correlation=0.4), "swiss_roll", "normal_cdf"),
    Transformed(
        Transformed(Gaussian(dim=3, correlation=0.4), "normal_cdf", "normal_cdf"), "spiral_x", "spiral_y"
    ),
    Transformed(ZChannel()),
    AIMixture(),
    WavesMixture(components=3),
    GalaxyMixture(distance=0.5),
    ConcentricMixture(dim_x=2, components=2),
    InlierMixture(dim=3, pairs=1, correlation=0.6, inliers=0.4),
    BumpImages(size=9, correlation=0.4),
    RectangleImages(size=8, correlation=-0.3),
    DigitLabels(),
    DigitPairs(error=0.4),
    TimeSeries(past=5, future=3, noise=3.0),
]
over_examples = pytest.mark.parametrize("problem", EXAMPLES, ids=str)
HEAVY = {  # no variance of e^{-log_ratio}, or none that 40,000 samples can show
    Gaussian(), Gaussian.from_mi(10.0), AIMixture(), WavesMixture(components=3), ConcentricMixture(dim_x=2, components=2)
}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def mean_and_error(values):
    return values.mean().item(), (values.std() / math.sqrt(values.numel())).item()


def test_every_family_has_an_example():
    assert {type(problem) for problem in EXAMPLES} == set(families.values())
    assert all(families[problem.name] is type(problem) and problem.label for problem in EXAMPLES)


@over_examples
@pytest.mark.parametrize("replicates, leading", [((), ()), (3, (3,)), ((2, 1, 3), (2, 1, 3))])
def test_shapes(problem, replicates, leading):
    x, y = problem.sample(7, replicates=replicates, generator=generator())
    assert x.shape == (*leading, 7, problem.dim_x) and y.shape == (*leading, 7, problem.dim_y)
    assert x.dtype == y.dtype == torch.float64
    assert problem.log_ratio(x, y).shape == (*leading, 7)
    matrix = problem.log_ratio_matrix(x, y[..., :5, :])
    assert matrix.shape == (*leading, 7, 5) and matrix.dtype == torch.float64


@over_examples
def test_the_generator_decides_the_sample(problem):
    first, again, other = (problem.sample(20, replicates=2, generator=generator(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, again))
    assert not all(torch.equal(a, b) for a, b in zip(first, other))
    assert not torch.equal(torch.cat([a[0] for a in first], -1), torch.cat([a[1] for a in first], -1))


@over_examples
def test_spec_round_trip(problem):
    assert from_spec(problem.spec()) == problem
    again = from_spec(json.loads(json.dumps(problem.spec())))
    assert again == problem and hash(again) == hash(problem) and again.mi == problem.mi


@over_examples
def test_mutual_information_is_the_mean_log_ratio(problem):
    mean, error = mean_and_error(problem.log_ratio(*problem.sample(N, generator=generator())))
    assert abs(mean - problem.mi) <= 4 * math.hypot(error, problem.mi_stderr) + 1e-12


def support_of_the_product(problem):
    """The probability under p(x)p(y) of the pairs with p(x, y) > 0: what E over p of e^{-log_ratio} gives."""
    if isinstance(problem, AdditiveUniform):  # triangular difference of two uniforms against the noise
        e, m = problem.epsilon, min(1.0, 2 * problem.epsilon)
        return 2 * (m - m**2 / 2 - m**2 / (4 * e) + m**3 / (6 * e))
    if isinstance(problem, (DigitLabels, DigitPairs)):
        problem = problem.labels
    if problem.discrete:
        table = problem.table if hasattr(problem, "table") else problem.base.table
        p_x, p_y = [sum(row) for row in table], [sum(column) for column in zip(*table)]
        return sum(a * b for a, row in zip(p_x, table) for b, p in zip(p_y, row) if p > 0)
    return 1.0


@pytest.mark.parametrize("problem", [p for p in EXAMPLES if p not in HEAVY], ids=str)
def test_inverse_ratio_has_the_mean_of_the_support(problem):
    mean, error = mean_and_error((-problem.log_ratio(*problem.sample(N, generator=generator()))).exp())
    assert abs(mean - support_of_the_product(problem)) <= 4 * error + 1e-12


@over_examples
def test_log_ratio_broadcasts_and_the_matrix_has_x_in_its_rows(problem):
    x, y = problem.sample(6, replicates=2, generator=generator())
    y = y[:, :4]
    pairs = problem.log_ratio(x[:, :, None], y[:, None])
    one_by_one = [
        [[problem.log_ratio(x[r, i], y[r, j]) for j in range(4)] for i in range(6)] for r in range(2)
    ]
    torch.testing.assert_close(pairs, torch.tensor(one_by_one, dtype=torch.float64), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(problem.log_ratio_matrix(x, y), pairs, rtol=1e-12, atol=1e-10)
    torch.testing.assert_close(
        problem.log_ratio_matrix(x, y[0]), problem.log_ratio_matrix(x, y[:1].expand(2, -1, -1))
    )


@over_examples
def test_shuffled_pairs_have_less_information(problem):
    x, y = problem.sample(2000, generator=generator())
    shuffled = problem.log_ratio(x, y.roll(1, 0)).mean().item()
    assert shuffled < problem.mi or shuffled == problem.mi == 0


@over_examples
def test_with_mi(problem):
    if problem.mi_parameter is None:
        with pytest.raises(ParameterError, match="mi is 1.0"):
            problem.with_mi(1.0)
        return
    low, high = problem.mi_range
    for part in (0.0, 0.001, 0.1, 0.5, 0.9, 1.0):
        target = low + part * (min(high, 10.0) - low)
        again = problem.with_mi(target)
        # AdditiveUniform and the channels cannot be set finer than the float that is their parameter.
        assert again.mi == pytest.approx(target, rel=1e-6 if target > 6 else 1e-9, abs=1e-12)
    for impossible in (math.nextafter(low, -1) - 1e-9, high * 1.001, math.nan, math.inf, "1", None):
        with pytest.raises(ParameterError) as error:
            problem.with_mi(impossible)
        assert error.value.parameter == "mi"


def test_matrix_in_chunks(monkeypatch):
    problem = StudentT(dim=2)
    x, y = problem.sample(9, replicates=(2, 1), generator=generator())
    whole = problem.log_ratio_matrix(x, y)
    monkeypatch.setattr("mi_explorer.distributions.base.MATRIX_CHUNK", 150)
    assert torch.equal(problem.log_ratio_matrix(x, y), whole)


def test_extreme_correlation_keeps_the_matrix_exact():
    problem = Gaussian.from_mi(12.0)
    x, y = problem.sample(50, generator=generator())
    assert torch.equal(problem.log_ratio_matrix(x, y).diagonal(), problem.log_ratio(x, y))


# Mutual information


def test_from_mi_is_exact_to_the_last_digit():
    assert Gaussian.from_mi(4.0, dim=20).mi == 4.0
    for dim in (1, 2, 3, 5, 10, 20, 50, 128, 1000):
        for tenths in range(101):  # one pair at 10 nats: neighbouring correlations are 5e-8 nats apart
            assert Gaussian.from_mi(tenths / 10, dim=dim).mi == tenths / 10
            assert GaussianDense.from_mi(tenths / 10, dim=dim).mi == tenths / 10
            assert GaussianSparse.from_mi(tenths / 10, dim=dim, pairs=dim).mi == tenths / 10


def test_rounding_hides_no_digit_that_a_correlation_has():
    for correlation in (0.1, 0.5, 0.9, 0.999):
        exact = -math.log1p(-correlation) - math.log1p(correlation)
        assert Gaussian(dim=2, correlation=correlation).mi == pytest.approx(exact, rel=1e-13)


def test_noise_lowers_what_can_be_reached():
    problem = Gaussian.from_mi(2.0, dim=4, noise=0.5)
    assert problem.mi == 2.0 and problem.noise == 0.5
    assert problem.mi == pytest.approx(-2 * math.log(1 - problem.correlation**2 / 1.25), rel=1e-13)
    assert problem.mi_range == (0.0, pytest.approx(2 * math.log(5)))
    with pytest.raises(ParameterError, match=r"mi is 5\.0: it must be a finite number from 0 to 3\.21888"):
        problem.with_mi(5.0)


def test_with_mi_keeps_the_other_parameters():
    assert GaussianSparse(dim=7, pairs=3).with_mi(1.0) == GaussianSparse.from_mi(1.0, dim=7, pairs=3)
    inner = Transformed(Transformed(Gaussian(dim=3), "cube"), "spiral_x", "spiral_y")
    assert inner.with_mi(1.5).base.base == Gaussian.from_mi(1.5, dim=3) and inner.with_mi(1.5).mi == 1.5
    assert (inner.mi_parameter, inner.with_mi(2.0).f) == ("correlation", "spiral_x")


def test_from_mi_refuses_the_parameter_that_it_finds():
    with pytest.raises(TypeError, match="correlation"):
        Gaussian.from_mi(1.0, correlation=0.5)


KNOWN = [  # the tasks of Czyz et al. 2023, and channels of textbooks
    (Gaussian(1, 0.75), 0.413339),
    (AdditiveUniform(0.1), 1.709438),
    (AdditiveUniform(0.75), 0.333333),
    (StudentT(1, 1), math.log(8 * math.pi) - 3),
    (StudentT(2, 1), 0.431946),
    (StudentT(2, 2), 0.193147),
    (StudentT(3, 2), 0.290922),
    (StudentT(3, 3), 0.178712),
    (StudentT(5, 2), 0.448151),
    (StudentT(5, 3), 0.298544),
    (GaussianDense(2, 0.5), 0.293893),
    (GaussianDense(3, 0.5), 0.413339),
    (GaussianDense(5, 0.5), 0.592812),
    (GaussianDense(25, 0.5), 1.292184),
    (GaussianDense(50, 0.5), 1.624265),
    (GaussianSparse(2, 2, 0.8), 1.021651),
    (GaussianSparse(25, 2, 0.8), 1.021651),
    (BinaryErasureChannel(0.0), math.log(2)),
    (SymmetricChannel(2, 0.1), math.log(2) + 0.1 * math.log(0.1) + 0.9 * math.log(0.9)),
    (ZChannel(0.5), math.log(4) - 0.75 * math.log(3) - 0.5 * math.log(2)),
]


@pytest.mark.parametrize("problem, truth", KNOWN, ids=str)
def test_published_values(problem, truth):
    assert problem.mi == pytest.approx(truth, abs=6e-7)


@pytest.mark.parametrize(
    "channel",
    [SymmetricChannel(6, 0.25), SymmetricChannel(4, 1.0), BinaryErasureChannel(0.3, 0.2), ZChannel(0.4, 0.7)],
)
def test_channels_agree_with_their_tables(channel):
    table = JointTable(channel.table)
    assert channel.mi == pytest.approx(table.mi, abs=1e-14)
    x, y = channel.sample(500, generator=generator())
    assert torch.equal(channel.log_ratio(x, y), table.log_ratio(x, y))


def test_cross_is_a_mixture():
    cross = XMixture(0.9)
    mixture = GaussianMixture(cross.weights, cross.means, cross.covariances, 1)
    assert cross.mi == mixture.mi and 0 < cross.mi_stderr < 0.003
    # By quadrature on a grid, since the margins are standard normal.
    grid = torch.linspace(-8, 8, 1601, dtype=torch.float64)[:, None]
    margin = (-grid.square() / 2).exp() / math.sqrt(2 * math.pi) * 0.01
    ratio = cross.log_ratio_matrix(grid, grid)
    truth = (ratio * ratio.exp() * margin * margin.mT).sum().item()
    assert abs(cross.mi - truth) <= 4 * cross.mi_stderr


@pytest.mark.parametrize(
    "problem",
    [Gaussian(3, 0.7, 0.5), GaussianDense(4, 0.3), GaussianDense(3, -0.15), GaussianSparse(5, 2, -0.8)],
    ids=str,
)
def test_variance_of_the_gaussian_profile(problem):
    profile = problem.log_ratio(*problem.sample(N, generator=generator()))
    squares, error = mean_and_error((profile - problem.mi).square())
    assert abs(squares - sum(r * r for r in problem.canonical_correlations)) <= 4 * error


@pytest.mark.parametrize(
    "problem",
    [Gaussian(3, 0.7, 0.5), GaussianDense(3, 0.4), GaussianDense(3, -0.15), GaussianSparse(3, 2, -0.8)],
    ids=str,
)
def test_gaussians_agree_with_torch(problem):
    """log_ratio from canonical pairs against multivariate normal densities with the sample's covariance."""
    x, y = problem.sample(N, generator=generator())
    z = torch.cat([x, y], -1)
    products = z[:, :, None] * z[:, None, :]
    d, rho = problem.dim, problem.correlation
    if isinstance(problem, GaussianDense):
        covariance = torch.full((2 * d, 2 * d), rho, dtype=torch.float64).fill_diagonal_(1.0)
    else:
        covariance = torch.eye(2 * d, dtype=torch.float64)
        for i in range(getattr(problem, "pairs", d)):
            covariance[i, d + i] = covariance[d + i, i] = rho
        covariance[d:, d:] += getattr(problem, "noise", 0.0) ** 2 * torch.eye(d, dtype=torch.float64)
    assert ((products.mean(0) - covariance).abs() <= 5 * products.std(0) / math.sqrt(N)).all()

    def density(points, block):
        normal = torch.distributions.MultivariateNormal(
            torch.zeros(points.shape[-1]).double(), covariance[block, block]
        )
        return normal.log_prob(points)

    ratio = density(z, slice(None)) - density(x, slice(d)) - density(y, slice(d, None))
    torch.testing.assert_close(problem.log_ratio(x, y), ratio, rtol=1e-10, atol=1e-10)


def test_student_shares_its_chi_square():
    """Without correlation the sizes of x and y still go together."""
    x, y = StudentT(dim=1, dof=2.0).sample(N, generator=generator())
    sizes = torch.cat([x, y], -1).abs().log()
    assert torch.corrcoef(sizes.mT)[0, 1] > 0.05


# Maps

KEEPING = [name for name in maps if not maps[name].rolls]
ANY_DIM = [name for name in KEEPING if maps[name].least_dim == 1]


@pytest.mark.parametrize("f", KEEPING)
def test_maps_are_invertible(f):
    x = torch.randn(2, 500, 3, generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(maps[f].inverse(maps[f].forward(x)), x, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("f", ANY_DIM)
def test_maps_rise(f):
    x = torch.linspace(-5, 5, 2001, dtype=torch.float64)[:, None]
    assert (maps[f].forward(x).diff(dim=0) > 0).all()


def test_spirals_turn_a_plane():
    x = torch.randn(100, 4, generator=generator(), dtype=torch.float64)
    for name, (first, second) in (("spiral_x", (0, 1)), ("spiral_y", (1, 2))):
        z = maps[name].forward(x)
        torch.testing.assert_close(z.norm(dim=-1), x.norm(dim=-1))
        generators = torch.zeros(4, 4, dtype=torch.float64)
        generators[first, second], generators[second, first] = -1 / 4, 1 / 4
        turned = torch.linalg.matrix_exp(generators * x.square().sum(-1)[:, None, None]) @ x[:, :, None]
        torch.testing.assert_close(z, turned.squeeze(-1))


@pytest.mark.parametrize(
    "f, g, dim", [(f, g, 3) for f in KEEPING for g in KEEPING] + [("swiss_roll", g, 1) for g in ANY_DIM]
)
def test_log_ratio_does_not_see_the_maps(f, g, dim):
    base = Gaussian(dim=dim, correlation=0.9, noise=0.2)
    problem = Transformed(base, f, g)
    plain, seen = (p.log_ratio(*p.sample(1000, generator=generator())) for p in (base, problem))
    torch.testing.assert_close(seen, plain, rtol=1e-9, atol=1e-9)
    assert problem.mi == base.mi


def test_outside_of_the_image():
    square = Transformed(Gaussian(), "normal_cdf", "normal_cdf")
    half = torch.tensor([0.5], dtype=torch.float64)
    for point in (-0.1, 1.1):
        assert (
            square.log_ratio(half, half + (point - 0.5))
            == -math.inf
            == square.log_ratio(half + (point - 0.5), half)
        )
    roll = Transformed(Gaussian(), "swiss_roll")
    origin, on = torch.zeros(2, dtype=torch.float64), maps["swiss_roll"].forward(half)
    assert roll.log_ratio(origin, half) == -math.inf == roll.log_ratio(origin + 1, half)
    assert roll.log_ratio(on.flip(-1), half) == roll.log_ratio(
        on, half
    )  # beside the roll: the point at its radius


def test_saturated_margins_stay_finite():
    base = StudentT(dim=1, dof=1.0)
    problem = Transformed(base, "normal_cdf", "normal_cdf")
    x, y = problem.sample(2000, generator=generator())
    assert (x == 1).any() and problem.log_ratio(x, y).isfinite().all()


# Supports


def test_zero_probability_is_minus_infinity():
    def ratio(problem, x, y):
        return problem.log_ratio(torch.tensor([float(x)]), torch.tensor([float(y)])).item()

    assert ratio(BinaryErasureChannel(), 0, 1) == ratio(ZChannel(), 0, 1) == -math.inf
    for symbol in (-1, 4, 0.5, math.nan, math.inf, 1e300):
        assert ratio(SymmetricChannel(4), symbol, 0) == ratio(SymmetricChannel(4), 0, symbol) == -math.inf
    for x, y in ((0.5, 0.61), (-0.01, 0.0), (1.01, 1.0)):
        assert ratio(AdditiveUniform(0.1), x, y) == -math.inf
    assert ratio(JointTable(((0.5, 0, 0), (0, 0.5, 0))), 1, 2) == -math.inf


# What is refused


ONE = ((1.0, 0.0), (0.0, 1.0))
BAD = [
    (
        "dim",
        lambda bad: Gaussian(dim=bad),
        (0, -1, 1.5, 1e9, math.nan, math.inf, "2", None, True, [1], 10**6),
    ),
    (
        "correlation",
        lambda bad: Gaussian(correlation=bad),
        (-1, 1, 1.0, 2, math.nan, math.inf, 1e9, "0.5", None, 1j),
    ),
    ("noise", lambda bad: Gaussian(noise=bad), (-0.1, math.nan, math.inf, 1e9, "0", {})),
    ("correlation", lambda bad: GaussianDense(3, bad), (-0.2, -0.5, 1, math.nan)),
    ("pairs", lambda bad: GaussianSparse(dim=3, pairs=bad), (0, 4, 1e9, "1")),
    ("dim", lambda bad: StudentT(bad), (0, "1")),
    ("dof", lambda bad: StudentT(1, bad), (0, -1, math.nan, math.inf, 1e9, "1")),
    ("correlation", lambda bad: StudentT(1, 1, bad), (-1, 1)),
    ("epsilon", lambda bad: AdditiveUniform(bad), (0, -1, 1e9, math.inf, math.nan, "1")),
    ("symbols", lambda bad: SymmetricChannel(bad), (0, 1, 257, 2.5, math.inf)),
    ("error", lambda bad: SymmetricChannel(4, bad), (-0.1, 1.1, math.nan, "0")),
    ("erasure", lambda bad: BinaryErasureChannel(bad), (-0.1, 1.1)),
    ("p", lambda bad: BinaryErasureChannel(0.1, bad), (0, 1, math.nan)),
    ("error", lambda bad: ZChannel(bad), (-0.1, 1.1)),
    ("p", lambda bad: ZChannel(0.1, bad), (0, 1)),
    (
        "table",
        JointTable,
        (
            (),
            [],
            1.0,
            None,
            "ab",
            ((),),
            ((1, 0), (0,)),
            ((0.5, 0.4),),
            ((1.5, -0.5),),
            ((math.nan, 1),),
            (("1",),),
            (1,),
        )
        + (((1 / 300,),) * 300, ((1 / 300,) * 300,), (((1.0,),),)),
    ),
    (
        "weights",
        lambda bad: GaussianMixture(bad, ((0, 0),), (ONE,)),
        ((), 1, (0.5,), (2.0,), (math.nan,), ("1",), (-1,)),
    ),
    ("weights", lambda bad: GaussianMixture(bad, ((0, 0),) * 2, (ONE,) * 2), ((1.0, 0.0),)),
    (
        "means",
        lambda bad: GaussianMixture((0.5, 0.5), bad, (ONE,) * 2),
        (0, (0, 0), ((0, 0),), ((0, 0), (0,)), ((0, 0), (0, math.inf)), ((0, 0), ("a", 0)), ((0, 0),) * 3),
    ),
    (
        "covariances",
        lambda bad: GaussianMixture((1,), ((0, 0),), bad),
        (
            0,
            (0,),
            (((1,),),),
            (((1, 0), (0,)),),
            (((1, 2), (2, 1)),),
            (((1, 0.1), (0, 1)),),
            (((0, 0), (0, 0)),),
            (ONE, ONE),
        )
        + ((((math.nan, 0), (0, 1)),),),
    ),
    ("dim_x", lambda bad: GaussianMixture((1,), ((0, 0),), (ONE,), bad), (0, 2, 3, "1", 1.5)),
    ("correlation", XMixture, (-1, 1, math.nan)),
    ("base", Transformed, (None, "gaussian", 1, Gaussian)),
    ("f", lambda bad: Transformed(Gaussian(20), bad), ("swiss_roll", "nope", None, 1, ["cube"], math.nan)),
    ("g", lambda bad: Transformed(Gaussian(1), g=bad), ("swiss_roll", "spiral_y", "spiral_x", "Cube")),
    ("f", lambda bad: Transformed(ZChannel(), bad), ("cube", "swiss_roll")),
    ("g", lambda bad: Transformed(ZChannel(), g=bad), ("normal_cdf",)),
    ("n", lambda bad: Gaussian().sample(bad), (0, -1, 1.5, "3", None, math.nan)),
    ("replicates", lambda bad: Gaussian().sample(3, replicates=bad), (0, -1, (2, 0), "3", None, [2])),
    ("x", lambda bad: Gaussian(2).log_ratio(bad, torch.zeros(2)), (torch.zeros(3), torch.tensor(0.0))),
    ("y", lambda bad: Gaussian(2).log_ratio(torch.zeros(2), bad), (torch.zeros(2, 1), [0.0])),
]


@pytest.mark.parametrize("name, build, value", [(n, b, v) for n, b, values in BAD for v in values])
def test_bad_values_are_named(name, build, value):
    with pytest.raises(ParameterError) as error:
        build(value)
    assert error.value.parameter == name and str(error.value).startswith(f"{name} is ")


def test_refusals_say_why():
    with pytest.raises(ParameterError, match="20 dimensions: the roll takes one dimension"):
        Transformed(Gaussian(20), "swiss_roll")
    with pytest.raises(ParameterError, match="the roll is for x only"):
        Transformed(Gaussian(), g="swiss_roll")
    with pytest.raises(ParameterError, match="pairs is 4: it must be at most dim, which is 3"):
        GaussianSparse(3, 4)


DEEP = {"name": "gaussian"}
for _ in range(50):
    DEEP = {"name": "transformed", "base": DEEP}
LISTS = [0.5]
for _ in range(500):
    LISTS = [LISTS]


@pytest.mark.parametrize(
    "spec",
    [
        None,
        3,
        "gaussian",
        [],
        ["gaussian"],
        {},
        {"name": None},
        {"name": ["gaussian"]},
        {"name": "nope"},
        {"dim": 2},
        DEEP,
    ]
    + [
        {"name": "gaussian", "dimension": 2},
        {"name": "gaussian", 3: 2},
        {"name": "gaussian", "dim": {"name": "gaussian"}},
    ]
    + [
        {"name": "gaussian", "dim": [2]},
        {"name": "gaussian", "dim": {}},
        {"name": "gaussian", "correlation": 10**400},
    ]
    + [
        {"name": "transformed"},
        {"name": "transformed", "base": None},
        {"name": "transformed", "base": [DEEP]},
    ]
    + [
        {"name": "joint_table"},
        {"name": "joint_table", "table": LISTS},
        {"name": "joint_table", "table": [[{}]]},
        LISTS,
    ]
    + [
        {"name": "gaussian_mixture", "weights": [1], "means": [[0, 0]], "covariances": [[[1, LISTS], [0, 1]]]}
    ],
    ids=lambda spec: str(spec)[:40],
)
def test_hostile_descriptions(spec):
    with pytest.raises(ParameterError) as error:
        from_spec(spec)
    assert len(str(error.value)) < 1000


def test_garbage_in_any_place_is_a_parameter_error():
    """Replace any one value of any valid description by junk: it still is one or is refused, nothing else."""
    dice = random.Random(0)
    junk = [
        None,
        True,
        -1,
        0,
        1e9,
        10**30,
        math.nan,
        math.inf,
        "",
        "gaussian",
        [],
        [[]],
        [1],
        {},
        {"name": "gaussian"},
    ]

    def replaced(value):
        if isinstance(value, dict) and value and dice.random() < 0.8:
            key = dice.choice(list(value))
            return value | {key: replaced(value[key])}
        if isinstance(value, list) and value and dice.random() < 0.8:
            where = dice.randrange(len(value))
            return value[:where] + [replaced(value[where])] + value[where + 1 :]
        return dice.choice(junk)

    for _ in range(4000):
        try:
            assert isinstance(from_spec(replaced(dice.choice(EXAMPLES).spec())), Distribution)
        except ParameterError:
            pass


def test_tables_and_mixtures_take_arrays_and_normalise_once():
    table = JointTable(torch.tensor([[0.1, 0.2], [0.3, 0.4]], dtype=torch.float64))
    assert table == JointTable([[0.1, 0.2], [0.3, 0.4]]) == JointTable(table.table)
    off = JointTable([[1 / 3 + 1e-10, 1 / 3], [1 / 3, 0]])
    assert off == from_spec(off.spec()) and math.fsum(map(math.fsum, off.table)) == pytest.approx(
        1, abs=1e-15
    )


def test_controls_can_be_built_from_the_parameters():
    for family in families.values():
        for name, parameter in parameters(family).items():
            assert parameter.label, (family, name)
            if parameter.slider:
                low, high, step = parameter.slider
                assert parameter.low <= low < high <= parameter.high and step > 0


def test_truth_needs_no_torch():
    code = (
        "import sys; from mi_explorer.distributions import *\n"
        "given = 'transformed', 'joint_table', 'gaussian_mixture'\n"
        "problems = [family() for name, family in families.items() if name not in given]\n"
        "problems.append(Transformed(Gaussian.from_mi(4.0, dim=20), 'cube', 'cube'))\n"
        "assert all(p.mi >= 0 and p.spec() and p.mi_stderr >= 0 for p in problems)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
