"""The lesson "What is mutual information?": its numbers against independent ones, and what its page does with wishes."""

import dataclasses
import itertools
import math
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multinomial
from sklearn.metrics import mutual_info_score

from mi_explorer import BinaryErasureChannel, ParameterError, SymmetricChannel, ZChannel, estimators, figures
from mi_explorer.objectives.capacity import CHANNELS, Capacity, blahut_arimoto, information
from mi_explorer.objectives.cascade import PROCESSING, Cascade
from mi_explorer.objectives.finite import entropies, joint_of
from mi_explorer.objectives.plugin_bias import PluginBias, estimates, expected_of
from mi_explorer.objectives.terms import Terms
from mi_explorer.pages.panels import PanelPage
from mi_explorer.pages.what_is import LESSON
from mi_explorer.widgets import GridInput
from waiting import wait_for

BITS = math.log(2)
COPY, NOISY = ((1, 0), (0, 1)), ((4, 1), (1, 4))
RANDOM = [tuple(map(tuple, np.random.default_rng(seed).integers(0, 9, (2 + seed % 3, 2 + seed % 2)).tolist())) for seed in range(8)]


def last(study):
    *_, end = study.carry_out()
    return end


def end_of(weights):
    return last(Terms(weights=weights))


# -- term by term ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [COPY, NOISY, ((1, 1, 0), (0, 0, 2)), *RANDOM], ids=str)
def test_the_bars_add_up_exactly(weights):
    e = end_of(weights).entropies
    assert e.x == pytest.approx(e.x_given_y + e.mi, abs=1e-14)
    assert e.y == pytest.approx(e.y_given_x + e.mi, abs=1e-14)
    assert e.pair == pytest.approx(e.x_given_y + e.mi + e.y_given_x, abs=1e-14)
    assert min(e.x_given_y, e.y_given_x) > -1e-15
    assert e.mi == pytest.approx(mutual_info_score(None, None, contingency=np.array(weights)), abs=1e-12)


@pytest.mark.parametrize("weights", [NOISY, *RANDOM], ids=str)
def test_the_sum_grows_by_one_term_at_a_time(weights):
    snapshots = list(Terms(weights=weights).carry_out())
    assert len(snapshots) == np.count_nonzero(weights) and snapshots[-1].done == 1
    for count, snapshot in enumerate(snapshots, 1):
        assert snapshot.count == count and len(snapshot.frame()) == count
        assert snapshot.current.so_far == pytest.approx(math.fsum(snapshot.frame()["term"]), abs=1e-15)
    assert snapshots[-1].current.so_far == pytest.approx(snapshots[-1].entropies.mi, abs=1e-15)
    assert snapshots[-1].values.sum() == pytest.approx(snapshots[-1].entropies.mi, abs=1e-14)


def test_what_is_known_without_calculating():
    assert end_of(COPY).entropies.mi == pytest.approx(math.log(2), abs=1e-15)
    assert end_of(((1, 0, 0), (0, 1, 0), (0, 0, 1))).entropies.mi == pytest.approx(math.log(3), abs=1e-15)  # I(X;X) = H(X)
    assert end_of(((1, 2, 1), (2, 4, 2), (1, 2, 1))).entropies.mi == pytest.approx(0, abs=1e-15)
    assert any(term.value < 0 for term in end_of(NOISY).terms)
    assert end_of(NOISY).entropies.mi == pytest.approx(SymmetricChannel(symbols=2, error=0.2).mi, abs=1e-14)
    both = end_of(((1, 0), (0, 1), (0, 1), (1, 0))).entropies  # two coins, and whether they differ
    assert both.mi == pytest.approx(math.log(2), abs=1e-15) and both.y_given_x == pytest.approx(0, abs=1e-15)
    assert end_of(((1, 1), (1, 1))).entropies.mi == pytest.approx(0, abs=1e-15)  # the first coin alone
    one_sided = end_of(((1, 1, 0), (0, 0, 2))).entropies
    assert one_sided.x_given_y == pytest.approx(0, abs=1e-15) and one_sided.y_given_x == pytest.approx(math.log(2) / 2, abs=1e-15)


@pytest.mark.parametrize("weights", RANDOM, ids=str)
def test_names_and_scale_do_not_matter(weights):
    mi = end_of(weights).entropies.mi
    rows = tuple(tuple(100 * entry for entry in row) for row in weights[::-1])
    assert end_of(rows).entropies.mi == pytest.approx(mi, abs=1e-14)
    assert end_of(tuple(zip(*weights))).entropies.mi == pytest.approx(mi, abs=1e-14)


WRONG = (
    "abc", None, 3, (), ((1, 2),), ((1, 2), (3,)), ((1, 2), "ab"), ((0, 0), (0, 0)), ((1, -1), (1, 1)), ((1, math.nan), (1, 1)), ((1, math.inf), (1, 1)),
    ((1, 1e9), (1, 1)), ((1, "2"), (1, 1)), ((1, None), (1, 1)), ((True, 1), (1, 1)), ((1,) * 5, (1,) * 5), ((1, 10**400), (1, 1)), (({}, 1), (1, 1)),
)


@pytest.mark.parametrize("weights", WRONG, ids=lambda weights: repr(weights)[:40])
@pytest.mark.parametrize("study", [Terms, PluginBias])
def test_no_table_of_nonsense(study, weights):
    with pytest.raises(ParameterError, match="weights"):
        study(weights=weights)


# -- channels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("noise", [0, 0.01, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1])
@pytest.mark.parametrize("p", [0.02, 0.5, 0.7])
def test_search_and_formula_agree(channel, noise, p):
    study = Capacity(channel=channel, noise=noise, p=p, iterations=3000)
    end = last(study)
    assert end.mi[-1] == pytest.approx(study.truth, abs=1e-12)
    assert end.proven < 1e-12  # by itself, without the formula
    assert (end.mi <= study.truth + 1e-14).all() and (end.most >= study.truth - 1e-14).all()
    assert (np.diff(end.mi) > -1e-14).all()


@pytest.mark.parametrize("channel", CHANNELS)
def test_capacity_is_the_top_of_the_hill(channel):
    """A third way to the same number: a search in one dimension that knows neither formula nor iteration."""
    study = Capacity(channel=channel, noise=0.3)
    found = minimize_scalar(lambda p: -information(study.matrix, np.array([1 - p, p])), bounds=(0.001, 0.999), method="bounded", options={"xatol": 1e-9})
    assert -found.fun == pytest.approx(study.truth, abs=1e-12)
    assert last(study).p[-1] == pytest.approx(found.x, abs=1e-5)


@pytest.mark.parametrize(("noise", "p"), [*itertools.product([0.0, 0.2, 0.9], [0.1, 0.5, 0.8])])
def test_the_chosen_input_sends_what_the_distributions_say(noise, p):
    def first(channel):
        return next(Capacity(channel=channel, noise=noise, p=p).carry_out()).mi[0]

    assert first("z") == pytest.approx(ZChannel(error=noise, p=p).mi, abs=1e-14)
    assert first("erasure") == pytest.approx(BinaryErasureChannel(erasure=noise, p=p).mi, abs=1e-14)
    if p == 0.5:
        assert first("symmetric") == pytest.approx(SymmetricChannel(symbols=2, error=noise).mi, abs=1e-14)


def test_the_search_knows_any_channel():
    """Cover & Thomas 2006, sec. 7.1.3 (noisy typewriter): log of the keys, less a bit."""
    typewriter = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])
    for _, sent, most in itertools.islice(blahut_arimoto(typewriter, np.array([0.6, 0.3, 0.1])), 200):
        assert sent <= math.log(1.5) + 1e-14 <= most + 2e-14
    assert sent == pytest.approx(math.log(1.5), abs=1e-12)


def test_an_unfinished_search_says_so():
    study = Capacity(channel="symmetric", noise=0.45, p=0.2, iterations=20)
    end = last(study)
    assert len(end.p) == 20 and end.done == 1 and end.proven > 1e-4
    assert "no input can carry more than" in LESSON.panels[1].headline(end, "nats")
    assert end.mi[-1] < study.truth < end.most[-1]


# -- cascades ----------------------------------------------------------------------------------------------------------


def test_the_staircase_of_a_tenth():
    measured = [one.mi / BITS for one in Cascade(noise=0.1).stations()]
    assert measured[:4] == pytest.approx([1, 0.531, 0.320, 0.198], abs=5e-4)  # reference/objectives.md
    for k, bits in enumerate(measured[1:], 1):
        composed = SymmetricChannel(symbols=2, error=(1 - 0.8**k) / 2).mi
        assert bits * BITS == pytest.approx(composed, abs=1e-14)


SETTINGS = [
    {"symbols": symbols, "noise": noise, "first": first, "after": after}
    for symbols, noise, first, after in itertools.product((2, 3, 8), (0.0, 0.1, 0.45, 1.0), (0.02, 0.5, 0.9), (1, 3))
]


@pytest.mark.parametrize("processing", ["none", *PROCESSING])
def test_information_never_rises(processing):
    for setting in SETTINGS:
        stations = Cascade(processing=processing, channels=4, **setting).stations()
        assert len(stations) == 5 + (processing != "none")
        assert all(behind.mi <= before.mi + 1e-14 for before, behind in itertools.pairwise(stations)), setting
        assert all(0 <= one.right <= 1 + 1e-14 for one in stations)


@pytest.mark.parametrize("setting", SETTINGS[::3], ids=str)
def test_what_each_processing_does(setting):
    def step(processing):
        return last(Cascade(processing=processing, channels=4, **setting)).step

    before, behind = step("relabel")
    assert behind.mi == pytest.approx(before.mi, abs=1e-14)  # a name is not information
    before, behind = step("guess")
    assert behind.right >= max(before.right, setting["first"]) - 1e-14  # no step makes fewer errors
    before, behind = step("merge")
    assert behind.mi < before.mi + 1e-14


def test_fewer_errors_and_less_information():
    before, behind = last(Cascade(symbols=4, noise=0.3, first=0.7, processing="guess")).step
    assert behind.right > before.right + 0.15 and before.mi > 0.1 and behind.mi < 1e-12
    always_wrong = Cascade(noise=1.0, channels=2).stations()
    assert [one.right for one in always_wrong] == [1, 0, 1] and [one.mi / BITS for one in always_wrong] == pytest.approx([1, 1, 1])


# -- counting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [NOISY, COPY, ((5, 1, 1), (1, 5, 1), (1, 1, 5))], ids=str)
def test_counting_agrees_with_the_estimator(weights):
    table = np.array(joint_of(weights).table)
    counts = np.random.default_rng(3).multinomial(40, table.ravel(), size=20).reshape(-1, *table.shape)
    shown, cured = estimates(counts)
    for one, plain, corrected in zip(counts, shown, cured):
        x, y = (np.repeat(symbols.ravel(), one.ravel()) for symbols in np.indices(one.shape))
        assert plain == pytest.approx(estimators.plugin(x, y, correction="none").value, abs=1e-12)
        assert corrected == pytest.approx(estimators.plugin(x, y).value, abs=1e-12)


@pytest.mark.parametrize("weights", [NOISY, COPY, ((3, 1), (0, 2))], ids=str)
@pytest.mark.parametrize("n", [2, 5, 9])
def test_the_exact_bias_is_that_of_all_possible_samples(weights, n):
    table = np.array(joint_of(weights).table)
    every = np.array([counts for counts in itertools.product(range(n + 1), repeat=4) if sum(counts) == n])
    chance = multinomial.pmf(every, n, table.ravel())
    shown, cured = estimates(every.reshape(-1, 2, 2))
    exact, truth = expected_of(table, n), joint_of(weights).mi
    assert chance @ shown - truth == pytest.approx(exact.plugin, abs=1e-12)
    assert chance @ cured - truth == pytest.approx(exact.miller_madow, abs=1e-12)


UNIFORM = {(k, m): ((1,) * m,) * k for k, m in ((2, 2), (2, 4), (3, 3), (4, 4))}
DEPENDENT = (((2, 1), (1, 2)), ((3, 1, 1), (1, 3, 1), (1, 1, 3)), ((3, 2, 1, 1), (1, 3, 2, 1)))


@pytest.mark.parametrize("weights", [*UNIFORM.values(), *DEPENDENT], ids=str)
def test_the_formula_holds_within_a_tenth_where_it_may_be_trusted(weights):
    """(kx - 1)(ky - 1)/2N against means over 20,000 samples; tolerance: ten percent and four standard errors."""
    kx, ky = len(weights), len(weights[0])
    n = 15 * kx * ky
    end = last(PluginBias(weights=weights, pairs=n, repeats=20_000, seed=1))
    assert end.enough == n and end.textbook == pytest.approx((kx - 1) * (ky - 1) / 2 / n)
    bias, stderr = end.chosen.bias(end.chosen.plugin, end.truth)
    assert stderr < 0.05 * end.textbook  # else the test below could not fail
    assert abs(bias / end.textbook - 1) < 0.10 + 4 * stderr / end.textbook
    assert abs(end.miss) < 0.10  # the exact mean, without a tolerance
    left, left_stderr = end.chosen.bias(end.chosen.miller_madow, end.truth)
    assert abs(left) < 0.1 * bias + 4 * left_stderr  # Miller and Madow's cure
    for one in end.sizes:  # the measured means scatter around the exact ones as their standard errors say
        for values, exact in ((one.plugin, one.expected.plugin), (one.miller_madow, one.expected.miller_madow)):
            measured, error = one.bias(values, end.truth)
            assert abs(measured - exact) < 4.5 * error  # fourteen comparisons a table


def test_it_does_not_hold_with_fewer_pairs():
    end = last(PluginBias(weights=UNIFORM[4, 4], pairs=40, repeats=20_000))
    bias, stderr = end.chosen.bias(end.chosen.plugin, end.truth)
    assert bias / end.textbook - 1 > 0.10 + 4 * stderr / end.textbook
    assert "below 15·kx·ky = 240, where it cannot be trusted; here the bias is 19 % larger" in LESSON.panels[3].headline(end, "nats")


def test_it_does_not_hold_where_a_pair_is_rare_whatever_the_rule_says():
    end = last(PluginBias(weights=((19, 1), (1, 19)), pairs=60, repeats=1000))
    assert end.study.pairs >= end.enough and end.miss > 0.3
    assert "the bias is 31 % larger, because the rarest pair is expected only 1.5 times" in LESSON.panels[3].headline(end, "nats")
    draw, missed = np.random.default_rng(0), []
    for _ in range(300):
        table = draw.dirichlet(np.ones(draw.integers(2, 5) * 3)).reshape(3, -1)
        n = 15 * table.size
        exact = expected_of(table, n)
        missed.append(abs(exact.plugin / exact.formula - 1) > 0.1)
        enough = math.ceil(max(n, 5 / table.min()))  # and five of the rarest pair
        if enough < 20_000:
            exact = expected_of(table, enough)
            assert abs(exact.plugin / exact.formula - 1) < 0.12
    assert 0.15 < np.mean(missed) < 0.40  # about every fourth; its standard error is 0.025


def test_impossible_pairs_turn_the_bias_around():
    end = last(PluginBias(weights=COPY, pairs=60, repeats=4000))
    bias, stderr = end.chosen.bias(end.chosen.plugin, end.truth)
    assert bias < -10 * stderr and end.textbook > 0 and not end.every_pair_occurs
    assert end.chosen.expected.formula == pytest.approx(-1 / 120) and abs(end.miss) < 0.02
    assert "never occur" in LESSON.panels[3].table(end, "nats")


def test_sampling_is_repeatable():
    one, two, other = (last(PluginBias(pairs=20, repeats=200, seed=seed)).frame() for seed in (0, 0, 1))
    assert one.equals(two) and not one.equals(other)


# -- the page ----------------------------------------------------------------------------------------------------------

ONLY = ((0, 0), (0, 7))
EXTREMES = (
    Terms(weights=ONLY), Terms(weights=((1e-300, 1), (1, 1e-300))), Terms(weights=((5e-324, 5e-324), (0, 0))), Terms(weights=((10_000, 1e-9), (0, 1))),
    Capacity("symmetric", 0.5, 0.001), Capacity("symmetric", 1, 0.999), Capacity("z", 1, 0.999), Capacity("z", 0, 0.001), Capacity("erasure", 1, 0.5),
    Capacity(iterations=1), *(Cascade(processing=name, symbols=8, noise=1, channels=12, after=12) for name in PROCESSING),
    Cascade(channels=1, after=12, processing="merge"), PluginBias(weights=ONLY, pairs=4, repeats=100), PluginBias(weights=((1, 1), (0, 0)), repeats=100),
    PluginBias(weights=((1, 0), (1, 1)), pairs=4, repeats=100), PluginBias(weights=((10_000, 1e-9), (0, 1)), pairs=20_000, repeats=100),
)


@pytest.mark.parametrize("study", EXTREMES, ids=str)
def test_nothing_that_is_allowed_breaks_the_page(study):
    panel = next(panel for panel in LESSON.panels if panel.study is type(study))
    end = last(study)
    for unit in ("nats", "bits"):
        for make in (panel.headline, panel.alternative, panel.table):
            text = make(end, unit)
            assert text and "nan" not in text and "inf " not in text, text
    for narrow in (False, True):  # writing it out lays it out, where impossible axes would show
        figures.to_bytes(panel.picture(end, "bits", narrow, narrow), "svg")
    assert len(end.frame())


def test_the_sentences_say_what_is_so():
    def said(number, study, unit="nats"):
        return LESSON.panels[number].headline(last(study), unit)

    assert "answers 28 % of it: the mutual information is 0.28 bits" in said(0, Terms(weights=NOISY), "bits")
    assert "answers all of it" in said(0, Terms(weights=COPY)) and "as frequent as chance" in said(0, Terms(weights=((1, 1), (1, 1))))
    assert "less than 1 % of it" in said(0, Terms(weights=((10, 11), (11, 10))))
    assert "x is always the same" in said(0, Terms(weights=((1, 1), (0, 0))))
    assert "The best input, a 1 in 40 %, carries 0.322 bits" in said(1, Capacity(), "bits")
    assert "Nothing gets through" in said(1, Capacity(channel="symmetric", noise=0.5)) and "No input carries more" in said(1, Capacity(channel="erasure", p=0.5))
    assert "lose nothing" in said(2, Cascade(noise=0.0)) and "a name is not information" in said(2, Cascade(symbols=4, processing="relabel"))
    assert "fewer errors, less information" in said(2, Cascade(symbols=4, noise=0.3, first=0.7, processing="guess"))
    assert "within 3 % of that" in said(3, PluginBias(pairs=60))


@pytest.fixture
def page():
    page = PanelPage(LESSON)
    yield page
    page.runner.close()


def type_in(grid, rows):
    """As the browser sends it; what the widget sends back."""
    sent = []
    grid.send = lambda content, buffers=None: sent.append(content)
    grid._handle_custom_msg({"type": "table", "rows": rows}, [])
    return sent


def test_a_table_that_is_typed_in_is_shown_and_travels(page):
    grid = page.desk.fields["weights"]
    assert isinstance(grid, GridInput) and grid.value == page.desk.study.weights
    assert type_in(grid, [[2, 1, 0], [1, 0.5, 7]]) == []  # the browser has it already
    assert page.desk.study.weights == ((2, 1, 0), (1, 0.5, 7)) and "weights=" in page.link.fragment
    link = page.link.fragment
    wait_for(lambda: page.desk.state == "finished" and 'data-done="1.000"' in page.picture.value)  # live: nobody pressed Run
    assert page.desk.snapshot.study == page.desk.study
    page.desk.tell(page.desk.panel.stories[0])
    page.link.set_state({"fragment": link, "loaded": True})
    assert page.desk.study.weights == grid.value == ((2, 1, 0), (1, 0.5, 7))


@pytest.mark.parametrize("rows", [[[1, -1], [1, 1]], [[0, 0], [0, 0]], [[1, "x"], [1, 1]], [[1, None], [1, 1]], [[1], [2, 3]], [[1e9, 1], [1, 1]], []], ids=str)
def test_the_last_good_table_stays(page, rows):
    grid = page.desk.fields["weights"]
    before = page.desk.study
    sent = type_in(grid, rows)
    assert page.desk.study == before and grid.value == before.weights
    assert sent == [{"type": "table", "rows": [list(row) for row in before.weights]}]  # the browser is set right
    assert "weights" in page.status.value and "mi-error" in page.status.value
    for message in ({"type": "table", "rows": "abc"}, {"type": "table"}, {"type": "table", "rows": [1]}, {}):
        grid._handle_custom_msg(message, [])
    assert page.desk.study == before


def test_a_broken_link_is_not_talked_over(page):
    """The first panel starts by itself once nothing is asked; what was wrong with the link must still be there when it has finished."""
    page.desk.predict.open = False
    page.link.set_state({"fragment": "panel=terms&weights=%5B%5B1,2%5D,%5B3%5D%5D", "loaded": True})
    wait_for(lambda: page.desk.state == "finished" and page.pause_button.disabled)
    assert "broken" in page.status.value and "weights" in page.status.value
    page.desk.tell(page.desk.panel.stories[1])
    assert "broken" not in page.status.value


def test_nothing_here_needs_torch():
    code = (
        "import os, sys, time, dataclasses\n"
        "from mi_explorer.pages.panels import PanelPage\n"
        "from mi_explorer.pages.what_is import LESSON\n"
        "page = PanelPage(LESSON)\n"
        "page.desk.predict.skip()\n"
        "for panel in LESSON.panels:\n"
        "    study = panel.stories[0].study\n"
        "    *_, end = dataclasses.replace(study, **({'pace': 0.0} if hasattr(study, 'pace') else {})).carry_out()\n"
        "    panel.picture(end, 'nats', False, False); panel.table(end, 'nats'); end.frame()\n"
        "while page.desk.state != 'finished' or page.due:\n"  # it has begun by itself
        "    time.sleep(0.05)\n"
        "assert 'torch' not in sys.modules and 'sklearn' not in sys.modules\n"
        "os._exit(0)\n"  # the page's thread may be drawing, and Python aborts where it ends amid that
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_whoever_watches_waits_and_whoever_counts_does_not():
    began = time.monotonic()
    assert len(list(Terms(weights=NOISY, pace=0.1).carry_out())) == 4
    assert 0.3 <= time.monotonic() - began < 1.5
    for panel in LESSON.panels:  # a story's whole run, with what is waited for, takes seconds
        for story in panel.stories:
            study = story.study
            if pace := getattr(study, "pace", 0):
                steps = sum(1 for _ in dataclasses.replace(study, pace=0.0).carry_out())
                assert pace * min(steps, 20) <= 8


def test_entropies_of_a_distribution():
    e = entropies(joint_of(((1, 3), (0, 4))))
    assert e.x == pytest.approx(math.log(2)) and e.y_given_x == pytest.approx((math.log(4) - 0.75 * math.log(3)) / 2)
