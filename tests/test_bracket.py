"""The bracket: only what is guaranteed makes an end, and each end says what it rests on."""

import math

import numpy as np
import pytest

from mi_explorer import figures
from mi_explorer.bounds import bounds
from mi_explorer.bracket import Bracket, bracket, bracket_sentence, is_sure
from mi_explorer.distributions import Gaussian
from mi_explorer.experiment import Experiment
from mi_explorer.result import Evaluation, Result, collect
from mi_explorer.training import run
from mi_explorer.verdicts import Reading


def reading(key, estimate, perfect, stderr=0.01, perfect_stderr=0.02, batch_size=64):
    return Reading(bounds[key], batch_size, 2.0, estimate, stderr, 0.02, perfect, perfect_stderr, 4, 4)


def test_the_best_of_either_side():
    found = bracket([reading("infonce", 1.8, 1.9), reading("ba", 1.9, 2.0), reading("club", 1.5, 9.0), reading("l1out", 1.7, 2.2)])
    assert (found.lower.key, found.upper.key) == ("ba", "l1out")
    assert found.low == pytest.approx(1.9 - 0.03) and found.high == pytest.approx(2.2 + 0.06)


def test_what_is_not_guaranteed_makes_no_end():
    """NWJ and its like may stand above the truth for as long as no rare pair comes; DV, SMILE, DoE and a learned CLUB are
    no bounds; so even wild values of theirs change nothing."""
    sure = {key for key in bounds if is_sure(bounds[key], 64)}
    assert sure == {"infonce", "ialpha", "ba"}
    wild = [reading(key, 50.0, 50.0) for key in bounds if key not in sure and bounds[key].channel_promise != "upper"]
    assert bracket(wild) == Bracket(0.0, math.inf)
    assert bracket([reading("club", 50.0, 3.0), reading("l1out", -50.0, 4.0)]).high == pytest.approx(3.06)


def test_a_noisy_bound_does_not_win_by_its_noise():
    found = bracket([reading("infonce", 1.8, 1.9), reading("ba", 2.5, 2.0, stderr=0.5)])
    assert found.lower.key == "infonce"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_makes_no_end(value):
    assert bracket([reading("infonce", value, value), reading("club", value, value)]) == Bracket(0.0, math.inf)
    assert bracket([]) == Bracket(0.0, math.inf)


def test_a_value_below_zero_says_less_than_nothing():
    assert bracket([reading("infonce", -0.2, 1.0)]) == Bracket(0.0, math.inf)


def test_the_sentence_says_what_it_rests_on():
    assert bracket_sentence(bracket([reading("infonce", 1.8, 1.9)])) == ""
    text = bracket_sentence(bracket([reading("ba", 1.9, 2.0), reading("l1out", 1.7, 2.2)]))
    assert text == (
        "The mutual information lies between 1.87 (Barber–Agakov, told the true p(y)) and 2.26 nats (L1Out, told the true "
        "p(y|x)): in the mean over batches, with three standard errors on either side."
    )
    assert "InfoNCE, learned" in bracket_sentence(bracket([reading("infonce", 1.8, 1.9), reading("club", 1.7, 4.2)]), "bits")
    assert "between 0 (it is never negative) and" in bracket_sentence(bracket([reading("club", 1.7, 4.2)]))


@pytest.mark.parametrize("seed", range(3))
def test_the_truth_lies_inside(seed):
    experiment = Experiment(
        distribution=Gaussian.from_mi(2.0, dim=3), bounds=("infonce", "nwj", "ba", "club", "l1out"), critic="separable",
        width=32, batch_size=32, learning_rate=5e-3, steps=150, replicates=2, seed=seed, evaluate_every=25, device="cpu",
    )
    from mi_explorer.verdicts import readings

    result = collect(run(experiment))
    found = [bracket(readings(result.evaluations[: i + 1], experiment)) for i in range(len(result.evaluations))]
    assert all(one.low <= 2.0 <= one.high for one in found)
    assert found[-1].low > 1.2 and found[-1].high < 3 and found[-1].upper.key == "l1out"
    figure = figures.convergence(result)
    assert [text.get_text() for text in figure.legends[0].get_texts()].count("bracket") == 1


def test_a_staircase_has_a_bracket_for_every_level_and_others_have_none():
    stairs = Experiment(distribution=Gaussian(), bounds=("infonce", "club"), steps=6, replicates=1, batch_size=4)
    stairs = stairs.with_change(3, distribution=Gaussian(correlation=0.1))
    values = np.array([[0.1], [0.5]])
    evaluations = tuple(Evaluation(step, values, 0 * values, values, 0 * values) for step in (1, 3, 4, 6))
    shaded = []
    for bounds_of_it in (("infonce", "club"), ("infonce", "dv")):
        experiment = Experiment(**{**vars(stairs), "bounds": bounds_of_it})
        figure = figures.convergence(Result(experiment, np.zeros((6, 2, 1), np.float32), evaluations))
        shaded.append(len(figure.axes[0].collections))
    assert shaded == [2, 0]
