"""Mixtures, images, digits and time series: each against a truth that was found in another way."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from mi_explorer.distributions import (
    AIMixture,
    BumpImages,
    ConcentricMixture,
    DigitLabels,
    DigitPairs,
    GalaxyMixture,
    Gaussian,
    GaussianMixture,
    InlierMixture,
    JointTable,
    RectangleImages,
    TimeSeries,
    Transformed,
    WavesMixture,
    families,
)
from mi_explorer.distributions.digits import bundled

NO_CLOSED_INVERSE = {  # any table; mixtures, whose truth is a Monte Carlo mean
    "joint_table", "gaussian_mixture", "mixture_x", "mixture_ai", "mixture_waves", "mixture_galaxy", "mixture_concentric",
    "mixture_inliers",
}
REQUIRED = {"transformed": {"base": Gaussian(dim=3), "f": "spiral_x", "g": "spiral_y"}}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("family", [family for name, family in families.items() if name not in NO_CLOSED_INVERSE])
def test_every_family_with_a_closed_inverse_can_be_set_by_its_information(family):
    for mi in (0.3, 0.6):
        assert family.from_mi(mi, **REQUIRED.get(family.name, {})).mi == pytest.approx(mi, rel=1e-9)


# Mixtures: sums over a grid of the continuous coordinates that matter


def normal(grid, mean, variance):
    return np.exp(-((grid - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


def information(joint):
    """I of a density on a grid."""
    joint = joint / joint.sum()
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return float((joint * np.log(joint / independent, out=np.zeros_like(joint), where=joint > 1e-300)).sum())


def ai_on_a_grid():
    """The density as it stands in the paper's figure: log densities of two-dimensional normals."""
    x, y = (torch.linspace(-3, 3, 1001, dtype=torch.float64) for _ in range(2))
    points = torch.stack(torch.meshgrid(x, y, indexing="ij"), -1)
    slant = 0.95 * math.sqrt(0.04 * 0.2)
    parts = [
        ((1, 0), ((0.01, 0), (0, 0.2))), ((1, 1), ((0.05, 0), (0, 0.001))), ((1, -1), ((0.05, 0), (0, 0.001))),
        ((-0.8, -0.2), ((0.03, 0), (0, 0.001))), ((-1.2, 0), ((0.04, slant), (slant, 0.2))),
        ((-0.4, 0), ((0.04, -slant), (-slant, 0.2))),
    ]
    density = sum(
        torch.distributions.MultivariateNormal(torch.tensor(m).double(), torch.tensor(c).double()).log_prob(points).exp()
        for m, c in parts
    )
    return information(density.numpy())


def waves_on_a_grid(components=12):
    """Only u, the place across the bars before they are bent, tells of y."""
    u, y = np.linspace(-2, 1.5 * components + 1, 2001), np.linspace(-2, 7, 1001)
    bars = (normal(u, 1.5 * k, 0.1)[:, None] * normal(y, 1.5 * (k % 4), 0.1) for k in range(components))
    return information(sum(bars))


def galaxy_on_a_grid(distance=3.0):
    """Only the projection of x on the line through both clouds, sqrt(2) distance apart, tells of y."""
    along, y = np.linspace(-9, 9, 1001), np.linspace(-8, 8, 1001)
    clouds = (normal(along, s * distance / math.sqrt(2), 1)[:, None] * normal(y, s * distance / 2, 1) for s in (-1, 1))
    return information(sum(clouds))


def concentric_on_a_grid(dim_x, components):
    """y tells the component k but for 10^-600, and only the length r of x tells of k: I(X; Y) = I(r; k)."""
    r = np.linspace(1e-4, components * (math.sqrt(dim_x) + 8), 200_001)[:, None]
    k = np.arange(1, components + 1)
    return information(np.exp((dim_x - 1) * np.log(r) - dim_x * np.log(k) - r**2 / (2 * k**2)))


def inliers_on_a_grid(correlation, inliers):
    x = y = np.linspace(-8, 8, 1601)
    margins = normal(x, 0, 1)[:, None] * normal(y, 0, 1)
    paired = normal(x, 0, 1)[:, None] * normal(y, correlation * x[:, None], 1 - correlation**2)
    return information((1 - inliers) * paired + inliers * margins)


@pytest.mark.parametrize("problem, truth", [
    (AIMixture(), ai_on_a_grid),
    (WavesMixture(), waves_on_a_grid),
    (WavesMixture(5, amplitude=1.0), lambda: waves_on_a_grid(5)),
    (GalaxyMixture(), galaxy_on_a_grid),
    (GalaxyMixture(1.0, speed=3.0), lambda: galaxy_on_a_grid(1.0)),
    (ConcentricMixture(3, 5), lambda: concentric_on_a_grid(3, 5)),
    (ConcentricMixture(5, 10), lambda: concentric_on_a_grid(5, 10)),
    (ConcentricMixture(25, 5), lambda: concentric_on_a_grid(25, 5)),
    (InlierMixture(1, 1, 0.8, 0.2), lambda: inliers_on_a_grid(0.8, 0.2)),
    (InlierMixture(5, 1, 0.9, 0.5), lambda: inliers_on_a_grid(0.9, 0.5)),
], ids=lambda value: None if callable(value) else str(value))
def test_monte_carlo_truth_is_that_of_quadrature(problem, truth):
    assert abs(problem.mi - truth()) <= 4 * problem.mi_stderr < 0.02


def test_inliers_are_a_mixture_with_the_independent_pairs():
    problem = InlierMixture(dim=4, pairs=2, correlation=0.7, inliers=0.3)
    spelt_out = GaussianMixture(problem.weights, problem.means, problem.covariances, 4)
    assert problem.mi == spelt_out.mi
    x, y = problem.sample(500, generator=generator())
    torch.testing.assert_close(problem.log_ratio(x, y), spelt_out.log_ratio(x, y), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    "bent, other", [(WavesMixture(), {"amplitude": 2.0, "frequency": 1.0}), (GalaxyMixture(), {"speed": 0.0})]
)
def test_bending_the_plane_changes_what_is_seen_and_no_information(bent, other):
    straight = dataclasses.replace(bent, **other)
    assert bent.mi == straight.mi
    (x, y), (u, v) = (problem.sample(300, generator=generator()) for problem in (bent, straight))
    assert torch.equal(y, v) and not torch.allclose(x, u)
    torch.testing.assert_close(bent.log_ratio(x, y), straight.log_ratio(u, v), rtol=1e-8, atol=1e-8)


def test_galaxy_is_the_spiral_map_of_its_clouds():
    clouds, galaxy = GalaxyMixture(speed=0.0), GalaxyMixture(speed=0.5)
    (x, _), (u, _) = (problem.sample(50, generator=generator()) for problem in (galaxy, Transformed(clouds, "spiral_x")))
    torch.testing.assert_close(x, u)


# Images

IMAGES = [BumpImages(), BumpImages(size=9, correlation=-0.5), RectangleImages(), RectangleImages(size=11, correlation=0.5)]
over_images = pytest.mark.parametrize("problem", IMAGES, ids=str)


@over_images
def test_pictures_show_their_parameters(problem):
    u, v = problem.hidden.sample(5000, generator=generator())
    x, y = problem.sample(5000, generator=generator())
    assert problem.mi == problem.hidden.mi and problem.hidden.dim == problem.numbers
    for hidden, pixels in ((u, x), (v, y)):
        assert pixels.shape == (5000, problem.size**2) and pixels.min() >= 0 and pixels.max() <= 1
        shown, possible = problem._shown(pixels)
        assert possible.all()
        torch.testing.assert_close(shown, hidden, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(problem.log_ratio(x, y), problem.hidden.log_ratio(u, v), rtol=1e-6, atol=1e-6)


@over_images
def test_float32_pixels_are_recognised_and_other_pictures_impossible(problem):
    x, y = problem.sample(2000, generator=generator())
    rounded = problem.log_ratio(x.float(), y.float())
    torch.testing.assert_close(rounded, problem.log_ratio(x, y), rtol=1e-2, atol=1e-2)
    spoilt = x[:50].clone()
    spoilt[torch.arange(50), torch.randint(0, problem.dim_x, (50,), generator=generator())] += 0.01
    noise = torch.rand(50, problem.dim_x, generator=generator())
    for pixels in (spoilt, torch.zeros_like(spoilt), torch.full_like(spoilt, math.nan), noise):
        assert (problem.log_ratio(pixels, y[:50]) == -math.inf).all()
        assert (problem.log_ratio_matrix(y[:7], pixels[:5]) == -math.inf).all()


def test_a_bump_is_where_its_numbers_say():
    problem = BumpImages(size=16)
    picture = problem._draw(torch.tensor([1.0, -0.5], dtype=torch.float64))
    rows, columns = (picture.sum(axis) / picture.sum() @ torch.arange(16.0).double() for axis in (1, 0))
    assert rows == pytest.approx(7.5 + 2, abs=0.02) and columns == pytest.approx(7.5 - 1, abs=0.02)  # cut at the border


def test_a_rectangle_is_as_bright_as_it_is_covered():
    problem = RectangleImages(size=16)
    u = problem.hidden.sample(100, generator=generator())[0]
    part = torch.special.ndtr(u)
    height = (9 + 6 * part[:, 1]) - (1 + 6 * part[:, 0])
    width = (9 + 6 * part[:, 3]) - (1 + 6 * part[:, 2])
    torch.testing.assert_close(problem._draw(u).sum((-2, -1)), height * width)


# Digits


def test_no_bundled_image_occurs_twice():
    """What makes a label a function of the image, and so I(X; Y) that of the labels."""
    images, count = bundled()
    assert images.shape == (1797, 64) and images.unique(dim=0).shape == images.shape
    assert count.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_images_have_the_information_of_their_labels():
    """The whole joint table of image and label: a sum over 1797 x 10 cells."""
    problem = DigitLabels(error=0.3)
    count = bundled()[1].double()
    image_given_label = torch.block_diag(*(torch.full((int(c),), 1 / c, dtype=count.dtype) for c in count.tolist())).T
    joint = image_given_label @ torch.tensor(problem.labels.table, dtype=torch.float64)
    ratio = joint / (joint.sum(1, keepdim=True) * joint.sum(0))
    assert torch.xlogy(joint, ratio).sum().item() == pytest.approx(problem.mi, rel=1e-12)
    assert problem.mi == pytest.approx(JointTable(problem.labels.table).mi, rel=1e-12)
    assert DigitPairs(error=0.0).mi == pytest.approx(math.log(10))
    assert DigitPairs(error=0.9).mi == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("problem", [DigitLabels(error=0.25), DigitPairs(error=0.25)], ids=str)
def test_digits_are_those_of_the_set(problem):
    n = 20_000
    x, y = problem.sample(n, generator=generator())
    images, count = bundled()
    where = {image.numpy().tobytes(): index for index, image in enumerate(images)}
    label = torch.arange(10).repeat_interleave(count)

    def labels(block):
        if block.shape[-1] == 1:
            return block.squeeze(-1).long()
        return label[torch.tensor([where[row.numpy().tobytes()] for row in block])]

    of_x, of_y = labels(x), labels(y)
    wrong = (of_x != of_y).double().mean().item()
    assert abs(wrong - 0.25) <= 4 * math.sqrt(0.25 * 0.75 / n)
    shares = of_x.bincount() / n  # every digit as often, however many images it has
    assert (abs(shares - 0.1) <= 4 * math.sqrt(0.09 / n)).all()
    seen = len({row.numpy().tobytes() for row in x})
    assert seen > 0.99 * len(images)  # 20,000 draws miss each of 1797 with probability 1e-5
    expected = torch.where(of_x == of_y, math.log(0.75 * 10), math.log(0.25 / 9 * 10)).double()
    torch.testing.assert_close(problem.log_ratio(x, y), expected)
    assert torch.equal(problem.log_ratio_matrix(x[:9], y[:8]).diagonal(), problem.log_ratio(x[:8], y[:8]))


def test_an_unknown_image_is_impossible():
    problem = DigitPairs()
    x, y = problem.sample(20, generator=generator())
    spoilt = x.clone()
    spoilt[:, 20] += 1 / 16
    for image in (spoilt, x + 1e-3, torch.zeros_like(x), torch.full_like(x, math.nan), 1e9 * torch.ones_like(x)):
        assert (problem.log_ratio(image, y) == -math.inf).all()
    assert (DigitLabels().log_ratio(x, torch.full((20, 1), 10.0)) == -math.inf).all()
    assert problem.log_ratio(x.float(), y.float()).isfinite().all()  # sixteenths are exact in float32


# Time series


@pytest.mark.parametrize("noise, published", [(0.03, 1.560), (0.3, 0.863), (1, 0.454), (3, 0.187)])
def test_information_of_past_and_future(noise, published):
    problem = TimeSeries(past=24, future=4, angle=0.4, damping=0.97, noise=noise)
    assert round(problem.mi, 3) == published
    covariance = problem._covariance(noise)
    dets = [np.linalg.slogdet(covariance[block, block])[1] for block in (slice(24), slice(24, None), slice(None))]
    assert problem.mi == pytest.approx((dets[0] + dets[1] - dets[2]) / 2, rel=1e-10)


@pytest.mark.parametrize("past, future", [(1, 1), (24, 4), (3, 9)])
def test_an_autoregressive_process_tells_by_its_last_value_alone(past, future):
    problem = TimeSeries(past, future, angle=0.0, damping=0.9, noise=0.0)
    assert problem.mi == pytest.approx(-math.log(1 - 0.81) / 2, rel=1e-10)
    assert TimeSeries(past, future, damping=0.0).mi == 0


def test_samples_are_those_of_the_state_space_model():
    """Simulated step by step: a state that turns, shrinks and is pushed, its first coordinate seen in noise."""
    problem = TimeSeries(past=4, future=3, angle=0.7, damping=0.8, noise=0.5)
    n, random = 40_000, np.random.default_rng(0)
    turn = 0.8 * np.array([[math.cos(0.7), -math.sin(0.7)], [math.sin(0.7), math.cos(0.7)]])
    state, seen = random.standard_normal((n, 2)), []
    for _ in range(7):
        seen.append(state[:, 0] + math.sqrt(0.5) * random.standard_normal(n))
        state = state @ turn.T + math.sqrt(1 - 0.64) * random.standard_normal((n, 2))
    drawn = torch.cat(problem.sample(n, generator=generator()), -1).numpy()
    for z in (np.stack(seen, 1), drawn):
        products = z[:, :, None] * z[:, None, :]
        assert (abs(products.mean(0) - problem._covariance(0.5)) <= 5 * products.std(0) / math.sqrt(n)).all()


def test_time_series_agree_with_torch():
    problem = TimeSeries(past=6, future=3, noise=0.1)
    x, y = problem.sample(500, generator=generator())
    covariance = torch.tensor(problem._covariance(0.1))

    def density(z, block):
        mean = torch.zeros(z.shape[-1], dtype=torch.float64)
        return torch.distributions.MultivariateNormal(mean, covariance[block, block]).log_prob(z)

    ratio = density(torch.cat([x, y], -1), slice(None)) - density(x, slice(6)) - density(y, slice(6, None))
    torch.testing.assert_close(problem.log_ratio(x, y), ratio, rtol=1e-9, atol=1e-9)
    squares = (problem.log_ratio(*problem.sample(40_000, generator=generator())) - problem.mi).square()
    expected = sum(r * r for r in problem.canonical_correlations)  # the variance of a Gaussian profile
    assert abs(squares.mean() - expected) <= 4 * squares.std() / 200
