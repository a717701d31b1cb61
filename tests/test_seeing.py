"""The page "Seeing with information": what its figures rest on, and what they say, each against a known answer."""

import math

import numpy as np
import pytest
import torch

from mi_explorer import figures
from mi_explorer.objectives.clustering import Clustering, accuracy, compare, normalized
from mi_explorer.objectives.invariant import pair_information, pair_table, redrawn
from mi_explorer.objectives.joint import information, joint_histogram
from mi_explorer.objectives.labelled_digits import bundled
from mi_explorer.objectives.phantom import SIZE, inside_head, pictures, point_error
from mi_explorer.objectives.registration import HOPELESS, REACH, Registration, overlap, similarity
from mi_explorer.objectives.scenes import SIDE, intersection_over_union, otsu, scene
from mi_explorer.objectives.segmentation import Segmentation, neighbours
from mi_explorer.pages.seeing import LESSON
from foretold import assert_foretold

PANELS = {panel.study: panel for panel in LESSON.panels}


def end(study):
    *_, last = study.carry_out()
    return last


# -- the information in a table ----------------------------------------------------------------------------------------


def test_information_of_tables_with_known_answers():
    assert information(np.eye(7)) == pytest.approx(math.log(7))
    assert information(np.outer([1, 2, 3], [5, 1])) == pytest.approx(0, abs=1e-12)
    flip = 0.1
    channel = np.array([[1 - flip, flip], [flip, 1 - flip]])  # binary symmetric: log 2 less the entropy of a flip
    assert information(channel) == pytest.approx(math.log(2) + flip * math.log(flip) + (1 - flip) * math.log(1 - flip))
    assert information(np.zeros((3, 3))) == 0


def test_a_joint_histogram_has_rows_of_the_first_and_loses_nobody():
    table = joint_histogram(np.array([0.0, 1.0]), np.array([1.0, 1.0]), bins=8)
    assert table[0, -1] == table[-1, -1] == 1 and table.sum() == 2
    random = np.random.default_rng(0)
    a, b = random.uniform(size=(2, 1000))
    sharp, smooth = joint_histogram(a, b, 16), joint_histogram(a, b, 16, smoothing=1.0)
    assert sharp.sum() == pytest.approx(1000)
    assert (sharp * np.arange(16)[:, None]).sum() / 1000 == pytest.approx(15 * a.mean())  # linear sharing keeps the mean
    assert information(joint_histogram(a, a, 16, 1.0)) > 0.5 > information(sharp) > information(smooth) >= 0


def test_the_trained_information_is_the_information():
    generator = torch.Generator().manual_seed(0)
    p, q = torch.randn(2, 3, 500, 4, generator=generator).softmax(-1)
    table = pair_table(p, q)
    assert torch.allclose(table, table.transpose(1, 2)) and torch.allclose(table.sum((1, 2)), torch.ones(3))
    told, weighted = pair_information(table), pair_information(table, balance=1.5)
    for head in range(3):
        assert float(told[head]) == pytest.approx(information(table[head].double().numpy()), abs=1e-6)
        margin = table[head].sum(1)
        assert float(weighted[head] - told[head]) == pytest.approx(-float((margin * margin.log()).sum()), abs=1e-5)  # half of H + H
    sure = torch.eye(4).repeat(1, 25, 1)
    assert float(pair_information(pair_table(sure, sure))) == pytest.approx(math.log(4), abs=1e-5)


def test_weights_come_from_the_generator_alone():
    before = torch.random.get_rng_state()
    networks = [torch.nn.Sequential(torch.nn.Linear(9, 5), torch.nn.Conv2d(2, 3, 3)) for _ in range(2)]
    torch.random.set_rng_state(before)
    one, other = (redrawn(network, torch.Generator().manual_seed(4)) for network in networks)
    for a, b in zip(one.parameters(), other.parameters()):
        assert torch.equal(a, b)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert float(one[0].weight.detach().abs().max()) <= 1 / 3 and float(one[1].bias.detach().abs().max()) <= 18**-0.5


# -- registration ------------------------------------------------------------------------------------------------------


def test_point_errors_of_known_poses():
    assert point_error((3.0, 4.0, 0.0), (0.0, 0.0, 0.0)) == pytest.approx(5)
    rows, columns = np.nonzero(inside_head())
    radius = np.hypot(rows - (SIZE - 1) / 2, columns - (SIZE - 1) / 2).mean()
    assert point_error((0.0, 0.0, 10.0), (0.0, 0.0, 0.0)) == pytest.approx(2 * math.sin(math.radians(5)) * radius)


def test_the_true_pose_lays_the_pictures_onto_each_other():
    random = np.random.default_rng(1)
    pose = np.array([6.3, -4.8, 11.0])
    first, second = pictures("same", pose, 0.0, random)
    apart = [np.sqrt(np.mean(np.subtract(*overlap(first, second, where)) ** 2)) for where in (pose, -pose, np.zeros(3))]
    assert apart[0] < 0.05 < 0.2 < min(apart[1:])  # what is left is the interpolation at edges
    straight, negative = (pictures(contrast, np.zeros(3), 0.0, random) for contrast in ("same", "inverted"))
    assert np.array_equal(*straight) and np.allclose(negative[0], 1 - negative[1])


def test_measures_of_pairs_with_known_answers():
    a = np.linspace(0, 1, 101)
    assert similarity("ncc", a, 5 - 3 * a) == pytest.approx(1) and similarity("ncc", a, (a - 0.5) ** 2) == pytest.approx(0, abs=1e-12)
    assert similarity("ncc", a, np.ones(101)) == 0 and similarity("mi", a, np.ones(101)) == pytest.approx(0, abs=1e-9)
    assert similarity("ssd", a, a + 2) == pytest.approx(-4)
    assert similarity("mi", a, 1 - a) == pytest.approx(similarity("mi", a, a)) == pytest.approx(similarity("mi", a, 7 * a + 2))


def test_where_nothing_overlaps_nothing_is_claimed():
    study = Registration()
    first, second = pictures("t1-t2", np.zeros(3), 0.05, np.random.default_rng(0))
    for name in ("mi", "ssd", "ncc"):
        for pose in ((200.0, 0.0, 0.0), (0.0, -95.5, 0.0), (60.0, 60.0, 0.0)):
            assert study.score(name, first, second, 1, np.array(pose)) == HOPELESS
    assert not study.histogram(first, second, np.array([200.0, 0, 0])).any()
    far = study.profiles(first, second, np.array([60.0, 0.0, 0.0]))["mi"]
    assert np.isnan(far[-1]) and np.isfinite(far[0])


def test_noise_enough_defeats_mutual_information_too():
    """"A pose that is wrong can have the larger MI": in noise of standard deviation 1, five times the contrast of the tissues."""
    seen = end(Registration(noise=1.0, runs=2, shift=6.0, rotation=5.0))
    assert max(seen.errors["mi"]) > 1


@pytest.mark.slow
def test_two_scanners_meet_by_mutual_information_only():
    """Issue: MI below 1 px in every run at noise .05, SSD and correlation above 5 px. Ten runs of theirs had medians of 8 and 9 and a standard
    deviation of 1.6: the mean of six scatters by 0.7, and 5 is four of these below. No single run comes near, either."""
    seen = end(Registration(runs=6))
    assert_foretold(seen)
    assert max(seen.errors["mi"]) < 1
    for name in ("ssd", "ncc"):
        assert np.mean(seen.errors[name]) > 5 and min(seen.errors[name]) > 3, seen.errors
    before, now, true = (seen.information(pose) for pose in (np.zeros(3), seen.poses["mi"], seen.truth))
    assert now > before + 0.2 and now == pytest.approx(true, rel=0.02)  # the histogram has sharpened, up to what the truth has
    summits = {name: abs(int(np.nanargmax(line)) - REACH) for name, line in seen.profiles.items()}
    assert summits["mi"] <= 1 and min(summits["ssd"], summits["ncc"]) >= 3, summits


@pytest.mark.slow
def test_what_a_negative_a_v_and_the_same_scanner_prove():
    """|Correlation| is as good as MI on a plain negative, SSD where the scanner is the same, and neither on a V."""
    negative, bent, same = (end(Registration(contrast=contrast, runs=3)).errors for contrast in ("inverted", "v-shaped", "same"))
    for found in (negative, bent, same):
        assert max(found["mi"]) < 1
    assert max(negative["ncc"]) < 1 and min(negative["ssd"]) > 5
    assert min(bent["ncc"]) > 5 and min(bent["ssd"]) > 5
    assert max(same["ssd"]) < 1 and np.mean(same["ssd"]) < np.mean(same["mi"])


# -- segmentation ------------------------------------------------------------------------------------------------------


def test_scenes_differ_in_what_they_say_and_in_nothing_else():
    """Means of 1,100 pixels and more: a standard error of at most .2 / sqrt(1100) = .006; 5 of these."""
    from scipy.stats import ks_2samp

    random = np.random.default_rng(0)
    for kind in ("variance", "shape", "texture"):
        picture, mask = scene(kind, random)
        shape, ground = picture[mask], picture[~mask]
        assert len(shape) > 900 and abs(ground.mean() - 0.5) < 0.03
        if kind != "texture":  # smooth: its pixels are not independent, and the mean scatters more
            assert abs(shape.mean() - ground.mean()) < 0.04
            assert shape.std() / ground.std() == pytest.approx(3 if kind == "variance" else 1, rel=0.1)
        grain = np.abs(np.diff(picture, axis=1))[mask[:, 1:]].mean() / np.abs(np.diff(picture, axis=1))[~mask[:, 1:]].mean()
        if kind == "texture":
            assert ks_2samp(shape, ground).statistic < 0.12 and grain < 0.5


def test_otsu_and_the_overlap_on_known_pictures():
    picture = np.where(np.arange(100).reshape(10, 10) < 30, 0.2, 0.8)
    assert np.array_equal(otsu(picture), picture > 0.5)
    mask = np.zeros((10, 10), bool)
    mask[:5] = True
    half = np.zeros((10, 10), bool)
    half[:, :5] = True
    assert intersection_over_union(mask, mask) == intersection_over_union(~mask, mask) == 1
    assert intersection_over_union(half, mask) == pytest.approx(1 / 3)  # 25 of 75, twice


def test_neighbours_are_as_far_apart_as_they_say():
    places = torch.arange(SIDE * SIDE, dtype=torch.float32).view(1, 1, SIDE, SIDE)
    for down, across in ((5, 0), (0, 5), (5, 5), (5, -5)):
        one, other = neighbours(places, down, across)
        assert one.shape == (1, (SIDE - down) * (SIDE - abs(across)), 1)
        assert (one - other).unique().tolist() == [SIDE * down + across]


@pytest.mark.parametrize("kind", ["variance", "shape"])
def test_region_information_finds_what_no_threshold_can(kind):
    """Issue: at least .80 IoU where the means are equal, Otsu at most .55. Over ten pictures; it scatters by .02 among them."""
    study, found, cut = Segmentation(scene=kind), [], []
    for number in range(10):
        random = np.random.default_rng([7, number])
        picture, mask = scene(kind, random)
        *_, (_, labels) = study.regions(picture, random)
        found.append(intersection_over_union(labels, mask))
        cut.append(intersection_over_union(otsu(picture), mask))
    assert np.mean(found) >= 0.8 and min(found) > 0.75 and max(cut) <= 0.55, (found, cut)


def test_without_a_prior_there_is_more_information_and_no_segmentation():
    study, random = Segmentation(smoothing=0.0), np.random.default_rng(3)
    picture, mask = scene("variance", random)
    *_, (_, labels) = study.regions(picture, random)
    assert study.told(picture, labels) > 3 * study.told(picture, mask) and study.told(picture, labels) > 0.99 * math.log(2)
    assert intersection_over_union(labels, mask) < 0.55
    halves = picture > np.median(picture)  # any threshold that halves the pixels, but for the one bin that it cuts
    assert study.told(picture, halves) > 0.85 * math.log(2)


@pytest.mark.slow
def test_pairs_of_neighbours_see_the_grain_and_region_information_does_not():
    """Issue: neighbour-pair IIC at least .65 on texture where region MI fails. Over two pictures; a stuck network has about .33, which the
    choice by MI should avoid: every one is above .65. What the small network does not see is the two-peaked histogram."""
    seen = end(Segmentation(scene="texture", pictures=2))
    assert min(seen.scores["pairs"]) >= 0.65 and max(seen.scores["region"]) < 0.55 and max(seen.scores["otsu"]) < 0.55, seen.scores
    blind = end(Segmentation(scene="shape", pictures=1, networks=1))
    assert blind.overlap("pairs") < 0.55 and blind.pair_information < 0.1 < 0.15 < seen.pair_information


# -- clustering --------------------------------------------------------------------------------------------------------


def test_accuracy_and_nmi_against_scikit_learn():
    from sklearn.metrics import normalized_mutual_info_score

    random = np.random.default_rng(0)
    digits = bundled().labels
    clusters = np.where(random.uniform(size=len(digits)) < 0.7, (digits + 3) % 10, random.integers(10, size=len(digits)))
    table = compare(clusters, digits)
    assert normalized(table) == pytest.approx(normalized_mutual_info_score(digits, clusters))
    assert accuracy(table) == pytest.approx(np.mean(clusters == (digits + 3) % 10)) == accuracy(table[random.permutation(10)])
    assert accuracy(compare(digits, digits)) == normalized(compare(digits, digits)) == pytest.approx(1)


def test_views_that_do_nothing_are_the_picture_and_the_seed_is_the_training():
    still = Clustering(rotation=0.0, shift=0.0, zoom=0.0, noise=0.0)
    images = torch.as_tensor(bundled().images[:50]).view(-1, 1, 8, 8)
    assert torch.allclose(still.view(images, torch.Generator().manual_seed(0)), images, atol=1e-5)
    moved = Clustering(rotation=0.0, zoom=0.0, noise=0.0).view(images, torch.Generator().manual_seed(0))
    assert 0.02 < float((moved - images).abs().mean()) < 0.2
    trainings = [list(Clustering(steps=3, batch_size=32, seed=seed).train("views", 0, bundled().images.reshape(-1, 8, 8), [3])) for seed in (5, 5, 6)]
    assert all(training[:2] == [None, None] for training in trainings)
    first, again, other = (training[-1] for training in trainings)
    assert first[0] == again[0] != other[0] and np.array_equal(first[1], again[1])


@pytest.mark.slow
def test_digits_are_sorted_without_names_and_the_larger_information_sorts_worse():
    """Issue: accuracy at least .81 and NMI at least .80 in the mean, k-means .79; without views the MI is higher and the clusters worse. 27
    trainings (seeds 0 to 8) had .824 ± .009 and NMI .804 ± .006 with views, .716 ± .013 without; single ones scatter by .05, .04 and .07, and a
    processor that rounds otherwise has others. So three may miss the figures by two standard errors of a mean of three."""
    seen = end(Clustering(seeds=3))
    assert_foretold(seen)
    views, same = seen.arms["views"], seen.arms["same"]
    assert views.ends(accuracy).mean() >= 0.81 - 2 * 0.05 / math.sqrt(3), views.ends(accuracy)
    assert views.ends(normalized).mean() >= 0.80 - 2 * 0.04 / math.sqrt(3), views.ends(normalized)
    assert (same.informations() > views.informations() + 0.2).all() and same.informations().max() <= math.log(10)
    assert same.ends(accuracy).mean() < views.ends(accuracy).mean()
    assert 0.76 < accuracy(seen.means) < 0.83  # .79: ten starts of k-means differ little
    frame = seen.frame()
    assert len(frame) == 2 * 3 * len(seen.looks) and frame["information"].between(-0.01, math.log(10) + 1e-6).all()


# -- the page ----------------------------------------------------------------------------------------------------------

SMALL = (Registration(runs=1), Segmentation(pictures=1, steps=20, networks=1), Clustering(seeds=2, steps=12, batch_size=64))


@pytest.mark.parametrize("study", SMALL, ids=lambda study: study.what)
def test_words_and_pictures_of_an_end(study):
    panel, seen = PANELS[type(study)], end(study)
    assert seen.done == pytest.approx(1) and len(seen.frame()) > 0
    for unit in ("nats", "bits"):
        words = panel.headline(seen, unit), panel.alternative(seen, unit), panel.table(seen, unit)
        assert all(unit in one for one in words[:2]) and not any("nan" in one for one in words)
        assert words[0].endswith(".") and "<table" in words[2]
    for dark, narrow in ((False, True), (True, False)):
        assert figures.to_bytes(panel.picture(seen, "bits", dark, narrow), "png").startswith(b"\x89PNG")


EXTREMES = (
    Registration(noise=1.0, shift=40.0, rotation=10.0, bins=4, smoothing=0.0, runs=1), Registration(noise=0.0, shift=0.0, rotation=0.0, runs=1, bins=128),
    Segmentation(smoothing=16.0, distance=20, bins=2, starts=1, steps=1, networks=1, pictures=1),
    Clustering(rotation=180.0, shift=4.0, zoom=0.9, noise=2.0, balance=10.0, heads=1, seeds=1, steps=1, batch_size=2),
    Clustering(balance=0.0, heads=20, seeds=1, steps=3, batch_size=1797),
)


@pytest.mark.filterwarnings("ignore:No contour levels were found")
@pytest.mark.parametrize("study", EXTREMES, ids=str)
def test_nothing_that_is_allowed_breaks_the_page(study):
    panel, kept = PANELS[type(study)], []
    for number, seen in enumerate(study.carry_out()):
        if number > 40:
            break
        kept.append(seen)
    for seen in (kept[0], kept[-1]):
        assert "nan" not in panel.headline(seen, "nats") + panel.table(seen, "nats") + panel.alternative(seen, "bits")
        figures.to_bytes(panel.picture(seen, "nats", False, True))
