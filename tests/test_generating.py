"""The page "Generating with information": its experiments against what is known, and what does not hold."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.integrate import trapezoid

from mi_explorer import figures
from mi_explorer.objectives.adversaries import Adversaries
from mi_explorer.objectives.codes import discrepancy, information
from mi_explorer.objectives.dense import Dense
from mi_explorer.objectives.deep_infomax import ARMS, DeepInfoMax, places, principal
from mi_explorer.objectives.denoising import Denoising, wiener
from mi_explorer.objectives.digit_vae import IMAGES, DigitVAE
from mi_explorer.objectives.infogan import InfoGAN, modes_of
from mi_explorer.objectives.joint import information as plug_in
from mi_explorer.objectives.rate_distortion import SPECTRA, RateDistortion, gradients, water_filling
from mi_explorer.pages.generating import LESSON
from mi_explorer.pages.panels import PanelPage
from mi_explorer.studies.trained import one_thread
from foretold import assert_foretold
from waiting import wait_for

SMALL = {
    "infogan": InfoGAN(steps=3, seeds=2, batch_size=16),
    "rate-distortion": RateDistortion(steps=20),
    "digit-vae": DigitVAE(steps=2, seeds=1, width=16, batch_size=16),
    "denoising": Denoising(steps=3, seeds=2, width=16, batch_size=16),
    "deep-infomax": DeepInfoMax(steps=3, seeds=2, width=16, batch_size=16),
}


def end(study):
    *_, last = study.carry_out()
    return last


@pytest.fixture(scope="module")
def small():
    return {key: list(study.carry_out()) for key, study in SMALL.items()}


# -- all panels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("panel", LESSON.panels, ids=lambda panel: panel.key)
def test_a_run_from_first_to_last(panel, small):
    snapshots = small[panel.key]
    done = [snapshot.done for snapshot in snapshots]
    assert done[0] == 0 and done[-1] == 1 and done == sorted(done)
    for unit in ("nats", "bits"):
        words = [make(snapshots[-1], unit) for make in (panel.headline, panel.alternative, panel.table)]
        assert words[0].endswith(".") and "<table" in words[2] and not any("nan" in text for text in words)
        picture = figures.to_bytes(panel.picture(snapshots[-1], unit, False, False), "svg")
        assert snapshots[-1].study.key.encode() in picture
    frame = snapshots[-1].frame()
    assert len(frame) and not frame.drop(columns=["probe", "probe_mean", "infonce_training", "infonce_fresh"], errors="ignore").isna().any().any()
    again = end(SMALL[panel.key]).frame()
    assert again.equals(frame), "the same seed gives the same numbers"
    other = end(dataclasses.replace(SMALL[panel.key], seed=1)).frame()
    assert not other.equals(frame)


def test_a_live_panel_starts_by_itself_and_stops_nobody():
    page = PanelPage(LESSON)
    try:
        page.desk.show(dataclasses.replace(SMALL["infogan"], steps=20_000))
        page.start()
        wait_for(lambda: page.desk.state == "running" and page.desk.snapshot)
        page.choose("rate-distortion")
        page.desk.predict.skip()  # before that its picture would give the answer away
        assert page.desk.state == "idle" and page.at_work is page.desks["infogan"] and page.at_work.state == "running"
        page.choose("infogan")
        page.stop()
        wait_for(lambda: page.desk.state == "stopped")
        page.choose("rate-distortion")
        wait_for(lambda: page.desk.snapshot is not None)
        page.desk.fields["beta"].value = 1.5  # a change starts it anew
        wait_for(lambda: page.desk.state == "finished" and page.desk.snapshot.study.beta == 1.5)
    finally:
        page.runner.close()


def test_only_information_follows_the_unit(small):
    for panel in LESSON.panels:
        nats, bits = (panel.table(small[panel.key][-1], unit) for unit in ("nats", "bits"))
        assert (nats == bits) == (panel.key == "denoising")


# -- linear VAE --------------------------------------------------------------------------------------------------------


def test_water_filling_by_hand():
    distortions, rate = water_filling(np.array([4.0, 2.0, 0.5]), 1.0)
    assert distortions.tolist() == [1, 1, 0.5] and rate == pytest.approx(0.5 * math.log(8))
    distortions, rate = water_filling(np.array([4.0, 2.0, 0.5]), 1.0, units=1)
    assert distortions.tolist() == [1, 2, 0.5] and rate == pytest.approx(math.log(2))
    for variances in map(np.array, SPECTRA.values()):  # beta is the slope: -dI/dD = 1/(2 beta)
        for level in (0.3, 0.7, 2.5):
            step = 1e-5
            (low, more), (high, less) = (water_filling(variances, level + side) for side in (-step, step))
            if (variances > level).any():
                assert (more - less) / (high.sum() - low.sum()) == pytest.approx(1 / (2 * level), rel=1e-3)


def test_written_gradients_are_those_of_torch():
    random = np.random.default_rng(0)
    weights = [random.normal(size=shape) for shape in ((3, 4, 5), (3, 4), (3, 5, 4))]
    x, noise, betas = random.normal(size=(6, 5)), random.normal(size=(6, 4)), np.array([0.2, 1.0, 3.0])
    encoder, log_noise, decoder = (torch.tensor(weight, requires_grad=True) for weight in weights)
    means = torch.tensor(x) @ encoder.mT
    z = means + (log_noise / 2).exp()[:, None] * torch.tensor(noise)
    error = 0.5 * ((z @ decoder.mT - torch.tensor(x)) ** 2).sum(-1).mean(1)
    kl = torch.distributions.kl_divergence(
        torch.distributions.Normal(means, (log_noise / 2).exp()[:, None].expand_as(means)), torch.distributions.Normal(0.0, 1.0)
    ).sum(-1).mean(1)
    (error + torch.tensor(betas) * kl).sum().backward()
    for found, weight in zip(gradients(weights, x, noise, betas[:, None, None]), (encoder, log_noise, decoder)):
        np.testing.assert_allclose(found, weight.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_a_linear_vae_finds_the_curve(spectrum, seed):
    """The issue's margins, .08 in error and .06 nats, for beta in [.3, 5]; by another seed than the preset's as well."""
    last = end(RateDistortion(spectrum=spectrum, beta=0.45, seed=seed))
    study = last.study
    for index, beta in enumerate(study.betas):
        distortions, rate = study.theory(beta)
        assert abs(last.information[index] - rate) < 0.06, beta
        assert abs(last.distortions[index].sum() - distortions.sum()) < 0.08, beta
        assert last.active[index] == (study.variances > beta).sum(), beta
        assert last.rate[index] >= last.information[index] - 1e-9  # the KL term is an upper bound
        if spectrum == "falling":
            assert abs(last.distortions[index] - distortions).max() < 0.08


def test_nobody_beats_the_curve():
    """No code, trained or not, has less distortion than Shannon allows for its information: checked on every snapshot."""
    variances = np.array(SPECTRA["falling"])
    levels = np.geomspace(1e-4, 4, 4000)
    curve = np.array([(distortions.sum(), rate) for distortions, rate in (water_filling(variances, level) for level in levels)])
    for snapshot in RateDistortion(units=3, steps=300).carry_out():
        least = np.interp(snapshot.information, curve[::-1, 1], curve[::-1, 0])
        assert (snapshot.distortions.sum(-1) >= least - 1e-3).all()


def test_too_few_units_stay_above_it():
    last = end(RateDistortion(beta=0.75, units=2))
    (distortions, rate), (best, _) = last.study.theory(0.75), water_filling(last.study.variances, 0.75)
    assert abs(last.distortions[0].sum() - distortions.sum()) < 0.08 and abs(last.information[0] - rate) < 0.06
    assert last.distortions[0].sum() > best.sum() + 0.2 and last.active[0] == 2


# -- InfoGAN -----------------------------------------------------------------------------------------------------------


def test_information_of_counts_by_hand():
    assert plug_in(np.eye(8) * 5) == pytest.approx(math.log(8))
    assert plug_in(np.ones((3, 4))) == pytest.approx(0, abs=1e-12)
    assert plug_in(np.array([[9.0, 1], [1, 9]])) == pytest.approx(math.log(2) + 0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert modes_of("ring").shape == (8, 2) and np.allclose(np.linalg.norm(modes_of("ring"), axis=1), 2)
    assert len(np.unique(modes_of("grid"), axis=0)) == 25


def test_a_reader_never_claims_more_than_log_k(small):
    for snapshot in small["infogan"]:
        for look in (*snapshot.rival, *snapshot.info):
            assert (look.bound <= snapshot.ceiling + 1e-6).all() and (look.information <= snapshot.ceiling + 1e-6).all()


def trained(study, method, weight):
    """One arm alone: a rival of another kind costs as much as the arm that a test asks about."""
    with one_thread():
        arm = Adversaries(study, (method, weight))
        for step in range(study.steps):
            arm.advance(step / study.steps)
        return arm.look()[0]


def test_slopes_are_those_of_torch():
    random = torch.Generator().manual_seed(0)
    network = Dense(2, 8, 7, 1, runs=3, generator=random).double()
    rows = torch.randn(3, 20, 2, generator=random, dtype=torch.double, requires_grad=True)
    (known,) = torch.autograd.grad(network(rows).sum(), rows)
    np.testing.assert_allclose(network.slopes(rows, torch.arange(3)).detach(), known, rtol=1e-9)
    np.testing.assert_allclose(network.slopes(rows, torch.tensor([2])).detach(), known[2:], rtol=1e-9)

    def square(weight):
        network.layers[1].weight = torch.nn.Parameter(weight)
        return network.slopes(rows, torch.arange(3)).square().sum()

    (found,) = torch.autograd.grad(square(network.layers[1].weight.detach()), network.layers[1].weight)
    nudge = torch.zeros_like(network.layers[1].weight)
    nudge[1, 4, 3] = 1e-6
    weight = network.layers[1].weight.detach()
    assert ((square(weight + nudge) - square(weight - nudge)) / 2e-6).item() == pytest.approx(found[1, 4, 3].item(), rel=1e-5)


def test_arms_do_not_hear_of_each_other():
    study = InfoGAN(seeds=2, batch_size=16)
    both, *alone = (Adversaries(study, *arms) for arms in ((("r1", 0.0), ("plain", 1.0)), (("r1", 0.0),), (("plain", 1.0),)))
    with one_thread():
        for training in (both, *alone):
            for step in range(5):
                training.advance(step / 5)
    for name in ("generator", "reader", "discriminator"):
        for weights, r1, plain in zip(*(getattr(training, name).parameters() for training in (both, *alone))):
            torch.testing.assert_close(weights, torch.cat([r1, plain]), rtol=1e-4, atol=1e-6)
            assert not torch.allclose(r1, plain, rtol=1e-4)


@pytest.mark.slow
def test_infogan_covers_the_ring_and_the_plain_gan_does_not():
    last = end(InfoGAN())
    assert_foretold(last)
    info, plain = last.info[-1], last.rival[-1]
    assert info.covered.mean() >= 7 and info.information.mean() >= 0.95 * math.log(8)
    assert plain.covered.mean() <= 5 and plain.information.max() < 0.1
    assert info.quality.mean() > plain.quality.mean() + 0.3


@pytest.mark.slow
def test_infogan_covers_the_grid():
    look = trained(InfoGAN(target="grid", codes=25, seeds=2), "plain", 1.0)
    assert look.covered.mean() >= 20 and look.information.min() >= 0.95 * math.log(25)


@pytest.mark.slow
def test_what_does_not_hold_of_information_and_modes():
    """A full bound can go with collapse; and R1 covers the ring while its code tells nothing."""
    look = trained(InfoGAN(sigma=0.02, momentum=0.9, schedule="constant", seeds=2), "plain", 1.0)
    assert look.bound.min() >= 0.95 * math.log(8) and look.covered.mean() <= 5
    look = trained(InfoGAN(seeds=2), "r1", 0.0)
    assert look.covered.min() >= 7 and look.information.max() < 0.1
    look = trained(InfoGAN(sigma=0.1, seeds=2, batch_size=64), "pacgan", 0.0)  # the plain one keeps none or one, this one 8 in six runs
    assert look.covered.mean() >= 5 and look.information.max() < 0.1


# -- VAEs on digits ----------------------------------------------------------------------------------------------------


def test_information_of_codes_against_known_values():
    random = torch.Generator().manual_seed(0)
    far = 100 * torch.randn(50, 3, generator=random)
    assert information(far, torch.zeros(50, 3), random)[0] == pytest.approx(math.log(50), abs=1e-9)
    value, stderr = information(torch.zeros(50, 3), torch.zeros(50, 3), random)
    assert value == pytest.approx(0, abs=1e-9) and stderr < 1e-9
    # Two images with means -1 and 1: I = log 2 - E log(1 + e^(-2z)), z ~ N(1, 1), by quadrature.
    z = np.linspace(-9, 11, 20_001)
    exact = math.log(2) - trapezoid(np.exp(-((z - 1) ** 2) / 2) / math.sqrt(2 * math.pi) * np.logaddexp(0, -2 * z), z)
    means = torch.tensor([[-1.0], [1.0]]).repeat(200, 1)  # each image two hundred times: the same mixture
    value, stderr = information(means, torch.zeros(400, 1), random)
    assert abs(value - exact) < 4 * stderr and 0 < stderr < 0.03  # 4 standard errors: 1 in 16,000


def test_discrepancy_is_zero_for_the_same_points_and_falls_with_the_distance():
    random = torch.Generator().manual_seed(0)
    z = torch.randn(1, 400, 4, generator=random)
    assert discrepancy(z, z).item() == pytest.approx(0, abs=1e-6)
    prior = torch.randn(1, 400, 4, generator=random)
    near, middle, far = (discrepancy(z + shift, prior).item() for shift in (0.0, 0.5, 2.0))
    assert near < 0.01 < middle < far


@pytest.fixture(scope="module")
def vaes():
    """By the arm's name, what a whole run came to; and the largest standard error."""
    last = end(DigitVAE(mmd=100.0, seeds=1))
    assert_foretold(last)
    look = last.looks[-1]
    facts = {arm.name: (look.information[i, 0], look.probe[i, 0], look.probe_mean[i, 0]) for i, arm in enumerate(last.study.arms)}
    return facts, look.stderr.max()


@pytest.mark.slow
def test_beta_turns_the_code_off_and_the_mmd_does_not(vaes):
    facts, stderr = vaes
    information = {name: value for name, (value, _, _) in facts.items()}
    assert stderr < 0.03  # nats: far less than the margins that follow
    assert information["β = 1"] >= 4 and information["β = 4"] <= 0.5 and information["β = 10"] <= 0.02
    assert information["MMD, weight 100"] >= 0.95 * math.log(IMAGES)


@pytest.mark.slow
def test_more_information_is_not_a_better_probe(vaes):
    facts, _ = vaes
    (less, _, read), (more, _, read_more) = facts["β = 1"], facts["MMD, weight 100"]
    error = math.sqrt(2 * 0.15 * 0.85 / 500)  # of a difference of two shares of 500 test images
    assert more > less + 1.5 and read_more < read + 2 * error
    nothing, on_z, on_mean = facts["β = 10"]
    assert on_z < 0.1 + 4 * math.sqrt(0.1 * 0.9 / 500) < 0.4 < on_mean  # no nats in z, so a guess; its mean is not the code


@pytest.mark.slow
def test_too_much_mmd_collapses_as_well():
    last = end(DigitVAE(mmd=1000.0, seeds=1, steps=400))  # with a tenth of the weight it holds 7 nats by then
    assert last.looks[-1].information[-1].max() <= 0.02


# -- denoising ---------------------------------------------------------------------------------------------------------


def test_the_wiener_filter_is_the_best_linear_one():
    random = np.random.default_rng(0)
    clean = random.normal(size=(4000, 3)) @ random.normal(size=(3, 3)) + 1
    noisy = clean + 0.7 * random.normal(size=clean.shape)
    error = ((wiener(clean, noisy, 0.7) - clean) ** 2).mean()
    design = np.column_stack([noisy, np.ones(len(noisy))])
    fitted = ((design @ np.linalg.lstsq(design, clean, rcond=None)[0] - clean) ** 2).mean()
    assert fitted <= error < 1.01 * fitted  # least squares on the test itself is a little ahead, by chance alone
    assert ((wiener(clean, clean, 1e-6) - clean) ** 2).mean() < 1e-9


@pytest.mark.slow
def test_noise_teaches_more_than_a_covariance():
    last = end(Denoising(seeds=1))
    assert_foretold(last)
    plain, denoising = last.looks[-1].cleaning
    assert denoising.max() <= 0.021 and denoising.mean() <= 0.5 * plain.mean() and denoising.max() < last.known.error
    gap = last.looks[-1].copy_test.mean(1) / last.looks[-1].copy_train.mean(1)
    assert gap[0] > gap[1]  # and overfits less


@pytest.mark.slow
def test_with_a_hundred_digits_the_lead_over_the_filter_is_gone():
    last = end(Denoising(images=100, seeds=1))
    assert last.looks[-1].cleaning[1].mean() > 0.9 * last.known.error


# -- parts against the whole -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("patch", range(1, 9))
def test_patches_cover_an_image(patch):
    seen = np.zeros((8, 8), int)
    for row, column in places(patch):
        part = seen[row : row + patch, column : column + patch]
        assert part.shape == (patch, patch)
        part += 1
    assert seen.min() >= (patch > 1) and (patch < 8 or seen.max() == 1)  # single pixels leave gaps


def test_principal_components_are_those_of_the_library():
    from sklearn.decomposition import PCA

    rows = np.random.default_rng(0).normal(size=(1300, 64)) * np.linspace(3, 1, 64)
    rows -= rows[:1200].mean(0)
    theirs = PCA(5, svd_solver="full").fit(rows[:1200]).transform(rows)
    assert np.allclose(np.abs(principal(rows, 5)), np.abs(theirs), atol=1e-8)


@pytest.mark.slow
def test_parts_teach_a_code_that_stays_behind_principal_components():
    """Networks from other starts differ by about 0.007 on the same 597 images, so that the mean of three is good to 0.004: the gap to
    principal components on these images, 0.018, is four times that."""
    last = end(DeepInfoMax())
    assert_foretold(last)
    (start, _), (now, autoencoder) = last.accuracy[0].mean(-1), last.accuracy[-1].mean(-1)
    pixels, components = last.known
    assert now > start + 0.2
    assert now < components < pixels and now < autoencoder
    trained, fresh = last.bounds[-1].mean(-1)
    assert 0.5 * last.study.ceiling() < fresh < trained < last.study.ceiling()


@pytest.mark.slow
def test_the_largest_bound_has_the_worst_code():
    """The whole image as its own patch: nearly all of log B, and a probe that falls by about 0.1. A difference of two accuracies near 0.6 on the
    same 597 images has a standard error below 0.03 for one network, below 0.02 for two: asserted is half of the fall."""
    last = end(DeepInfoMax(patch=8, steps=600, seeds=2))
    assert last.bounds[-1, 1].mean() > 0.95 * last.study.ceiling()
    assert last.accuracy[-1, 0].mean() < last.accuracy[0, 0].mean() - 0.05
    assert last.accuracy.shape[1] == len(ARMS)
