"""Verdicts: the right sentence for every situation that the page is made to show, and never a wrong claim."""

import dataclasses
import itertools
import math

import pytest

from mi_explorer.bounds import bounds
from mi_explorer.verdicts import CLOSE, Reading, format_mi, verdict

# 6 nats, K = 64: what a perfect critic shows there (tests/test_bounds.py checks these).
SIX = dict(batch_size=64, truth=6.0, stderr=0.01, sd=0.02, perfect_stderr=0.01, replicates=4, alive=4)


def reading(key, estimate, perfect, **values):
    return Reading(**{**SIX, "bound": bounds[key], "estimate": estimate, "perfect": perfect, **values})


def test_infonce_at_its_ceiling():
    text = verdict(reading("infonce", 4.12, 4.14, truth=9.0))
    assert text == "InfoNCE is within 0.1 of log K = 4.16 nats: it cannot show more than this batch size allows; raise K."
    # log K may be near without being the reason.
    assert "cannot show more" not in verdict(reading("infonce", 4.0, 4.0, truth=4.05, batch_size=64))


def test_infonce_far_below_the_truth_for_no_fault_of_its_critic():
    text = verdict(reading("infonce", 3.73, 3.743))
    assert text.startswith("InfoNCE shows what a perfect critic shows at K = 64; the 2.26 nats to the truth are the bound's own")
    assert "raise K" in text


def test_both_owe_something():
    text = verdict(reading("infonce", 3.0, 3.743))
    assert "0.74 nats short of a perfect one" in text and "Another 2.26 nats are lost by the bound itself: raise K." in text


def test_an_untrained_critic():
    far = reading("nwj", 1.5, 2.0, truth=2.0)
    assert "critic is 0.50 nats short of a perfect one on the same batches: train longer" in verdict(far)
    assert "it is still learning" in verdict(dataclasses.replace(far, running=True))
    assert "bound itself" not in verdict(far)


def test_an_untrained_critic_can_look_right_by_luck():
    text = verdict(reading("dv", 6.0, 6.23))
    assert text == "Donsker–Varadhan looks right by luck: a perfect critic would show 6.23 nats on the same batches, and two errors happen to cancel."
    # 0.11 short of an honest 2.02 is no luck.
    assert "luck" not in verdict(reading("nwj", 1.91, 2.02, truth=2.0))


def test_noise_is_called_noise():
    for spread in (dict(sd=2.5), dict(sd=math.nan, stderr=2.0, replicates=1, alive=1)):
        text = verdict(reading("nwj", 4.0, 6.0, **spread))
        assert text.startswith("NWJ jumps") and "e^MI = 403" in text


@pytest.mark.parametrize("key, why", [
    ("dv", "the log of a batch mean comes out too small"), ("mine", "the log of a batch mean comes out too small"),
    ("smile", "it makes no promise to stay below"), ("infonce-anchor", "it makes no promise to stay below"),
    ("ba", "lucky ones"), ("doe-gaussian", "subtracts one entropy from another"), ("nwj", "rare pairs"), ("js", "rare pairs"), ("tuba", "rare pairs"), ("flo", "rare pairs"), ("ialpha", "rare pairs"),
])
@pytest.mark.parametrize("estimate, perfect, even", [(6.73, 6.73, True), (6.9, 6.73, False)])
def test_above_the_truth_for_the_right_reason(key, why, estimate, perfect, even):
    text = verdict(reading(key, estimate, perfect))
    assert f"{format_mi(estimate - 6)} nats more than there is" in text and why in text
    assert ("even a perfect critic does" in text) == (even and not bounds[key].density)


def test_agreement_and_nearness_are_told_apart():
    assert verdict(reading("nwj", 2.01, 2.0, truth=2.0)) == "NWJ agrees with the truth within its error."
    assert verdict(reading("nwj", 1.92, 1.95, truth=2.0)).startswith("NWJ is 0.08 nats below the truth")
    assert verdict(reading("nwj", 2.08, 2.05, truth=2.0)).startswith("NWJ is 0.08 nats above the truth")


def test_the_bound_is_not_blamed_for_its_critic():
    """Short by 0.15 where a perfect critic would be right: training can remove that."""
    text = verdict(reading("nwj", 1.85, 2.0, truth=2.0))
    assert "bound's own" not in text and "0.15 nats short of a perfect one" in text


def test_endings():
    none = reading("mine", math.nan, 6.23, stderr=math.nan, sd=math.nan, alive=0)
    assert verdict(none).startswith("MINE did not survive")
    some = reading("nwj", 5.99, 6.0, alive=3)
    assert verdict(some).endswith(" 1 of 4 replicates ended early.")
    assert "ended early" not in verdict(reading("nwj", 5.99, 6.0))
    assert verdict(dataclasses.replace(some, estimate=math.nan)) == "NWJ has no estimate on fresh samples yet."


def test_an_infinite_perfect_critic():
    text = verdict(reading("dv", 3.0, math.inf, perfect_stderr=math.nan, batch_size=4))
    assert text.startswith("Donsker–Varadhan would be infinite with a perfect critic") and "batches of 4" in text and "raise K" in text


def test_bits():
    text = verdict(reading("infonce", 4.12, 4.14, truth=9.0), "bits")
    assert text == "InfoNCE is within 0.14 of log K = 6.00 bits: it cannot show more than this batch size allows; raise K."
    assert "1.07 bits short" in verdict(reading("infonce", 3.0, 3.743), "bits")


@pytest.mark.parametrize("value, unit, text", [
    (1.234, "nats", "1.23"), (-1.234, "nats", "−1.23"), (-0.001, "nats", "0.00"), (math.log(2), "bits", "1.00"), (0.0, "nats", "0.00"),
    (math.nan, "nats", "–"), (math.inf, "bits", "–"), (-math.inf, "nats", "–"),
])
def test_numbers_as_text(value, unit, text):
    assert format_mi(value, unit) == text
    assert format_mi(1.23456, digits=3) == "1.235"


@pytest.mark.parametrize("key", list(bounds))
def test_any_reading_gets_one_plain_sentence_that_does_not_contradict_it(key):
    numbers = (-2.0, 0.0, 0.95, 1.0, 1.05, 1.3, 4.1, 1e6)
    for truth, estimate, perfect in itertools.product((0.0, 1.0, 6.0), numbers, (0.0, 0.95, 1.0, 1.2, 5.0, math.inf)):
        for stderr, sd, alive, running in itertools.product((0.0, 0.05, 3.0), (0.01, math.nan), (1, 4), (True, False)):
            r = reading(key, estimate, perfect, truth=truth, stderr=stderr, sd=sd, alive=alive, running=running)
            for unit in ("nats", "bits"):
                text = verdict(r, unit)
                assert text.startswith(r.bound.name) and text.endswith(".") and "–" not in text.replace(r.bound.name, "")
                assert "nan" not in text.replace("nats", "") and not any(f" {sign}0.00 {unit}" in text for sign in ("", "−"))
                error = 3 * math.hypot(stderr, r.perfect_stderr if math.isfinite(perfect) else 0)
                if "agrees with the truth" in text:
                    assert abs(estimate - truth) <= error
                if "more than there is" in text:
                    assert estimate > truth + CLOSE
                if f" {unit} below the truth" in text:
                    assert truth - 2 * max(CLOSE, error) <= estimate < truth
                if "short of a perfect one" in text:
                    assert estimate < perfect - CLOSE
                if "bound's own" in text:
                    assert perfect < truth - CLOSE and estimate < truth - CLOSE
                assert ("still learning" not in text) or running
