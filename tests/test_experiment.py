"""Experiments: what goes out comes back, what differs has another key, and nothing odd gets in."""

import dataclasses
import json
import math
import pickle
import random
import string
from urllib.parse import parse_qsl, quote

import numpy as np
import pytest

from mi_explorer import experiment as module
from mi_explorer.bounds import bounds
from mi_explorer.distributions import (
    AdditiveUniform,
    AIMixture,
    BinaryErasureChannel,
    BumpImages,
    ConcentricMixture,
    DigitLabels,
    DigitPairs,
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
)
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError

PROBLEMS = [
    Gaussian.from_mi(4.0, dim=20),
    Gaussian(dim=3, correlation=-1 / 3, noise=0.1),
    GaussianDense(dim=3, correlation=0.1),
    GaussianSparse(dim=4, pairs=2, correlation=0.4),
    StudentT(dim=2, dof=4.0, correlation=-0.3),
    AdditiveUniform(0.1),
    SymmetricChannel(symbols=5, error=0.3),
    BinaryErasureChannel(erasure=0.3, p=0.4),
    ZChannel(error=0.3, p=0.6),
    JointTable(((0.1, 0.2, 0.0), (0.3, 0.3, 0.1))),
    GaussianMixture(
        weights=(0.3, 0.7), means=((0, 0), (0.5, 1)), covariances=(((1, 0.2), (0.2, 1)), ((1, 0), (0, 1.3))), dim_x=1
    ),
    XMixture(0.4),
    AIMixture(0.9),
    WavesMixture(components=5, frequency=2.5),
    GalaxyMixture(distance=2.0),
    ConcentricMixture(dim_x=5, components=3),
    InlierMixture(inliers=0.3),
    BumpImages(size=9),
    RectangleImages(correlation=0.5),
    DigitLabels(0.3),
    DigitPairs(1 / 3),
    TimeSeries(past=8, noise=0.5),
    Transformed(Gaussian(dim=1, correlation=0.4), "swiss_roll", "normal_cdf"),
    Transformed(Transformed(StudentT(dim=3), "normal_cdf", "normal_cdf"), "spiral_x", "spiral_y"),
]
EXPERIMENTS = [
    Experiment(),
    *(Experiment(distribution=problem, seed=seed) for seed, problem in enumerate(PROBLEMS)),
    *(Experiment(critic=critic, precision=p, device=d) for critic, p, d in
      [("joint", "fast", "cpu"), ("separable", "exact", "cuda"), ("bilinear", "fast", "auto")]),
    Experiment(bounds=tuple(bounds)),
    Experiment(bounds=("smile(1.5)", "smile", "ialpha(1e-06)"), learning_rate=1 / 3, evaluate_every=7),
    Experiment(
        distribution=Gaussian(dim=2), steps=900,
        changes=((300, "distribution", Gaussian(dim=2, correlation=0.1)), (300, "batch_size", 128), (600, "learning_rate", 1e-5)),
    ),
]
over_experiments = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: f"{e.key}-{e.distribution.name}")


def test_every_family_critic_and_bound_is_among_the_examples():
    assert {type(experiment.distribution) for experiment in EXPERIMENTS} == set(families.values())
    assert {experiment.critic for experiment in EXPERIMENTS} == {"joint", "separable", "bilinear"}
    assert {name for experiment in EXPERIMENTS for name in experiment.bounds} >= set(bounds)


# -- round trips -------------------------------------------------------------------------------------------------------


@over_experiments
def test_json_and_back(experiment):
    again = Experiment.from_json(experiment.to_json())
    assert again == experiment and again.key == experiment.key and hash(again) == hash(experiment)
    assert again.distribution.mi == experiment.distribution.mi
    assert Experiment.from_dict(experiment.to_dict()) == experiment
    assert Experiment.from_json(json.dumps(json.loads(experiment.to_json()), indent=None).encode()) == experiment


@over_experiments
@pytest.mark.parametrize("base", ["", "http://localhost:8866/voila/render/watch.ipynb?theme=dark"])
def test_url_and_back(experiment, base):
    url = experiment.to_url(base)
    assert url.startswith(base + "#distribution=") and url.isascii() and " " not in url
    assert Experiment.from_url(url) == experiment
    assert Experiment.from_url(url.rpartition("#")[2]) == experiment
    pairs = parse_qsl(url.rpartition("#")[2], keep_blank_values=True)
    random.Random(0).shuffle(pairs)  # an order nobody may rely on
    assert Experiment.from_url("#" + "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)) == experiment


def test_the_keys_of_examples_all_differ():
    assert len({experiment.key for experiment in EXPERIMENTS}) == len(set(EXPERIMENTS)) == len(EXPERIMENTS)
    assert all(len(experiment.key) == 16 and set(experiment.key) <= set(string.hexdigits) for experiment in EXPERIMENTS)


OTHER = {
    "distribution": Gaussian(dim=1, correlation=0.81), "bounds": ("mine", "infonce"), "critic": "separable", "width": 255,
    "batch_size": 65, "learning_rate": math.nextafter(5e-4, 1), "steps": 2001, "replicates": 5, "seed": 1,
    "evaluate_every": 51, "device": "cpu", "precision": "fast", "changes": ((5, "batch_size", 64),),
}


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Experiment)])
def test_every_field_changes_the_key(field):
    changed = dataclasses.replace(Experiment(), **{field: OTHER[field]})
    assert changed != Experiment() and changed.key != Experiment().key
    assert Experiment.from_url(changed.to_url()) == changed == Experiment.from_json(changed.to_json())


def test_the_same_content_in_other_clothes_has_the_same_key():
    plain = Experiment(distribution=Gaussian(dim=2, correlation=0.0), learning_rate=0.5, seed=3)
    dressed = [
        Experiment(distribution={"name": "gaussian", "dim": 2, "correlation": 0}, learning_rate=np.float64(0.5), seed=np.int64(3)),
        Experiment(distribution=Gaussian(dim=2.0, correlation=-0.0), learning_rate=0.5, seed=3.0, bounds=["infonce", "mine"]),
        Experiment(distribution=Gaussian(dim=2, correlation=0), learning_rate=0.5, seed=3, bounds="infonce,mine"),
        Experiment(distribution=Gaussian(dim=2, correlation=0), learning_rate=0.5, seed=3, bounds=("infonce", "mine", "infonce")),
    ]
    for experiment in dressed:
        assert experiment == plain and experiment.key == plain.key and experiment.to_url() == plain.to_url()
        assert type(experiment.seed) is int and type(experiment.learning_rate) is float
    assert Experiment(bounds=("smile", "smile(5)")).bounds == ("smile",)


def test_a_short_link_leaves_the_rest_at_its_defaults():
    assert Experiment.from_url("#") == Experiment.from_url("") == Experiment.from_json("{}") == Experiment()
    assert Experiment.from_url("#batch_size=128") == Experiment(batch_size=128)
    assert Experiment.from_url("#distribution=z_channel") == Experiment(distribution=ZChannel())
    assert Experiment.from_url("#distribution.correlation=0.1&distribution=gaussian").distribution == Gaussian(correlation=0.1)
    assert Experiment.from_url("#bounds=nwj,smile(2)").bounds == ("nwj", "smile(2)")
    nested = "#distribution=transformed&distribution.base=student&distribution.base.dof=3&distribution.f=cube"
    assert Experiment.from_url(nested).distribution == Transformed(StudentT(dof=3), "cube")


def test_experiments_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Experiment().seed = 1


# -- over time ---------------------------------------------------------------------------------------------------------


def test_a_change_holds_from_its_step_on():
    low, high = Gaussian(dim=2, correlation=0.1), Gaussian(dim=2, correlation=0.9)
    e = Experiment(distribution=low, steps=100).with_change(50, distribution=high, batch_size=16).with_change(70, learning_rate=0.1)
    assert e.level_starts() == [0, 50, 70]
    assert [e.at(step).distribution for step in (0, 49, 50, 99)] == [low, low, high, high]
    assert [e.at(step).batch_size for step in (49, 50)] == [64, 16]
    assert [e.at(step).learning_rate for step in (69, 70)] == [5e-4, 0.1]
    assert all(e.at(step).changes == () and e.at(step).seed == e.seed for step in (0, 50, 99))
    assert e.at(60) == Experiment(distribution=high, batch_size=16, steps=100)
    assert e.distribution == low  # the experiment itself is where it began
    assert list(e.levels()) == [(start, e.at(start)) for start in (0, 50, 70)]


def test_changing_again_at_the_same_step_replaces():
    e = Experiment(steps=100).with_change(50, batch_size=16, learning_rate=0.1).with_change(50, batch_size=8)
    assert e.at(50).batch_size == 8 and e.at(50).learning_rate == 0.1 and len(e.changes) == 2
    assert e.level_starts() == [0, 50]


def test_changes_are_put_in_order():
    e = Experiment(changes=((30, "batch_size", 8), (10, "batch_size", 4), (20, "batch_size", 6)))
    assert [step for step, _, _ in e.changes] == [10, 20, 30]
    assert [e.at(step).batch_size for step in (9, 10, 20, 30)] == [64, 4, 6, 8]
    assert e == Experiment().with_change(30, batch_size=8).with_change(20, batch_size=6).with_change(10, batch_size=4)


def test_a_change_after_the_end_starts_no_level():
    e = Experiment(steps=100, changes=((100, "batch_size", 8), (500, "batch_size", 16)))
    assert e.level_starts() == [0] and e.at(99).batch_size == 64
    assert list(e.levels()) == [(0, dataclasses.replace(e, changes=()))]


def test_a_run_has_a_limited_number_of_changes_and_says_so(monkeypatch):
    monkeypatch.setattr("mi_explorer.experiment.MAX_CHANGES", 2)
    e = Experiment(steps=100).with_change(50, batch_size=16, learning_rate=0.1)
    assert len(e.with_change(50, batch_size=8).changes) == 2
    for one_more in (lambda: e.with_change(60, batch_size=8), lambda: dataclasses.replace(e, changes=(*e.changes, (60, "batch_size", 8)))):
        with pytest.raises(ParameterError, match="^changes is '3 of them'.*at most 2; start a new run"):
            one_more()


@pytest.mark.parametrize("bad", [{"batch_size": 1}, {"batch_size": 8192}, {"learning_rate": math.nan}, {"distribution": Gaussian(dim=2)}, {"seed": 1}])
def test_a_change_that_is_not_allowed_is_refused_as_in_a_new_experiment(bad):
    e = Experiment(steps=5000, bounds=("infonce",))
    with pytest.raises(ParameterError) as new:
        dataclasses.replace(e, changes=tuple((50, field, value) for field, value in bad.items()))
    with pytest.raises(ParameterError) as changed:
        e.with_change(50, **bad)
    assert str(changed.value) == str(new.value)


# -- bad input ---------------------------------------------------------------------------------------------------------

ODD = [
    math.nan, math.inf, -math.inf, 1e9, -1e9, 1e300, 10**400, 10**5000, -1, 0.5, "abc", "", "64", "a" * 10**6, None, [], {}, (),
    [1, 2], {"name": "gaussian"}, True, False, b"64", 1j, object(), math, np.array([1, 2]), np.float32("nan"), float, [[[]]],
]


def over_odd(*fine):
    """All odd values but the ones (of the same type) that are no mistake for this parameter."""
    values = [value for value in ODD if not any(type(value) is type(good) and value == good for good in fine)]
    return pytest.mark.parametrize("value", values, ids=lambda value: type(value).__name__)


@pytest.mark.parametrize("field", ["width", "batch_size", "steps", "replicates", "seed", "evaluate_every"])
@over_odd(1e9)
def test_odd_whole_numbers_are_refused(field, value):
    with pytest.raises(ParameterError, match=f"^{field} is .*: it must be a whole number from \\d") as caught:
        Experiment(**{field: value})
    assert caught.value.parameter == field and len(str(caught.value)) < 300


@over_odd(0.5)
def test_odd_learning_rates_are_refused(value):
    with pytest.raises(ParameterError, match="^learning_rate is .*: it must be a finite number strictly between 0 and 1"):
        Experiment(learning_rate=value)


@pytest.mark.parametrize("field, allowed", [("critic", "joint"), ("device", "cuda"), ("precision", "fast")])
@over_odd()
def test_odd_choices_are_refused(field, allowed, value):
    with pytest.raises(ParameterError, match=f"^{field} is .*one of .*'{allowed}'") as caught:
        Experiment(**{field: value})
    assert len(str(caught.value)) < 300


@over_odd()
def test_odd_bounds_are_refused(value):
    with pytest.raises(ParameterError, match="^bounds is .*(names of bounds|one of infonce, mine)") as caught:
        Experiment(bounds=value)
    assert len(str(caught.value)) < 300
    with pytest.raises(ParameterError, match="^bounds is "):
        Experiment(bounds=["infonce", value])


@over_odd({"name": "gaussian"})
def test_odd_distributions_are_refused(value):
    with pytest.raises(ParameterError, match="^distribution is ") as caught:
        Experiment(distribution=value)
    assert len(str(caught.value)) < 600
    with pytest.raises(ParameterError):
        Experiment(distribution={"name": "gaussian", "correlation": "x", "noise": value})


@over_odd([], ())
def test_odd_changes_are_refused(value):
    with pytest.raises(ParameterError, match="^changes is .*triples|^changes is .*a triple"):
        Experiment(changes=value)
    with pytest.raises(ParameterError, match="^changes is .*a whole number from 1"):
        Experiment(changes=[(value, "batch_size", 8)])
    with pytest.raises(ParameterError, match="^changes is .*one of distribution, batch_size, learning_rate"):
        Experiment(changes=[(1, value, 8)])
    with pytest.raises(ParameterError, match="^batch_size is "):
        Experiment(changes=[(1, "batch_size", value)])


@pytest.mark.parametrize("values, parameter", [
    (dict(batch_size=1), "batch_size"), (dict(batch_size=8193), "batch_size"), (dict(steps=0), "steps"), (dict(seed=-1), "seed"),
    (dict(learning_rate=0), "learning_rate"), (dict(learning_rate=1), "learning_rate"), (dict(replicates=257), "replicates"),
    (dict(critic="Joint"), "critic"), (dict(device="tpu"), "device"), (dict(bounds="infonce,min"), "bounds"), (dict(bounds=["smile(0)"]), "bounds"),
    (dict(bounds=[f"smile({n})" for n in range(6, 31)]), "bounds"),
    (dict(distribution={"name": "gaussian", "dim": 0}), "dim"), (dict(distribution={"name": "gaussian", "dim": 1001}), "dim"),
    (dict(distribution={"name": "gaussian", "correlation": 1}), "correlation"),
    (dict(distribution={"name": "gaussian", "correlation": -1}), "correlation"),
    (dict(distribution={"name": "gaussian", "noise": -0.1}), "noise"),
    (dict(distribution={"name": "gausian"}), "distribution"), (dict(distribution={"name": "gaussian", "rho": 0.1}), "rho"),
    (dict(changes=[(10, "critic", "joint")]), "changes"), (dict(changes=[(0, "batch_size", 8)]), "changes"),
    (dict(changes=[(10, "batch_size")]), "changes"), (dict(changes=[(10, "distribution", Gaussian(dim=2))]), "distribution"),
    (dict(changes=[(10, "learning_rate", 2)]), "learning_rate"), (dict(changes=[(10, "batch_size", 8)] * 1001), "changes"),
])
def test_the_error_names_the_parameter(values, parameter):
    with pytest.raises(ParameterError, match=f"^{parameter} is .*: it must be .*\\.$") as caught:
        Experiment(**values)
    assert caught.value.parameter == parameter


def test_a_swiss_roll_of_twenty_dimensions_is_refused():
    plain = Experiment(distribution=Gaussian(dim=20)).to_dict()
    plain["distribution"] = {"name": "transformed", "base": plain["distribution"], "f": "swiss_roll", "g": "identity"}
    with pytest.raises(ParameterError, match="swiss"):
        Experiment.from_dict(plain)


BROKEN_JSON = [
    "", "nul", "{", "[]", "null", "3", '"infonce"', "{'seed': 1}", '{"seed": 1,}', '{"seed": NaN}', '{"seed": -Infinity}',
    '{"seed": 1e999}', '{"seed": ' + "9" * 400 + "}", '{"seed": ' + "9" * 5000 + "}", '{"seed": "1"}', '{"bounds": [["infonce"]]}',
    '{"bounds": {"infonce": 1}}', '{"seeds": 1}', '{"": 1}', '{"seed": 1, "seed": 2}', '{"critic": "\\ud800"}', "\ud800", "\x00",
    '{"distribution": {"name": "gaussian", "dim": 2, "dim": 3}}', '{"distribution": {"name": {"name": "gaussian"}}}',
    '{"distribution": "gaussian"}', '{"changes": {"10": 8}}', '{"changes": [[10, "batch_size", null]]}', '{"' + "a" * 10**6 + '": 1}',
    "[" * 100_000, "[" * 400 + "]" * 400, '{"seed":' * 400 + "1" + "}" * 400, '{"distribution":' * 30 + "1" + "}" * 30,
    '{"distribution": {"name": "joint_table", "table": ' + "[" * 300 + "]" * 300 + "}}",
    '{"distribution": {"name": "transformed", "base": ' * 20 + "1" + "}}" * 20, b"\xff\xfe", None, 3, {"seed": 1}, ["seed"],
]


@pytest.mark.parametrize("text", BROKEN_JSON, ids=range(len(BROKEN_JSON)))
def test_broken_json_is_refused(text):
    with pytest.raises(ParameterError) as caught:
        Experiment.from_json(text)
    assert len(str(caught.value)) < 1000


BROKEN_LINKS = [
    "#x", "#x=1", "#seed", "#seed=", "#seed=one", "#seed=1&seed=2", "#batch_size=1", "#batch_size=1e9", "#batch_size=NaN", "#batch_size=%00",
    "#learning_rate=Infinity", "#critic=1", "#critic=null", "#bounds=", "#bounds=,", "#bounds=infonce;mine", "#bounds=[[1]]", "#bounds=%5B%22infonce%22",
    "#distribution", "#distribution=nothing", "#distribution=%7B%7D", "#distribution=[1]", "#distribution.correlation=0.5",
    "#distribution=gaussian&distribution=z_channel", "#distribution.name=gaussian&distribution=gaussian", "#distribution=gaussian&distribution.dim=0",
    "#distribution=gaussian&distribution.correlation=1", "#distribution=gaussian&distribution.dim=2&distribution.dim=2",
    "#distribution=gaussian&distribution.dim.x=2", "#distribution=transformed", "#distribution=transformed&distribution.base=1",
    "#distribution=transformed&distribution.base.base.base.base.base=gaussian", "#seed.x=1", "#.=1", "#=1", "#....=1", "#" + "a." * 1000 + "=1",
    "#" + "a" * 10**6, "#seed=" + "9" * 10**6, "#changes=1", "#changes=[[1,2]]", "#changes=[" + "[1],", "#changes=" + "[" * 10**5, "#%", "#%ff=%ff", "#\ud800=1",
    "#seed=1&&", "#view.unit=bits", "not a link at all", None, 7, b"#seed=1", ["#seed=1"],
]


@pytest.mark.parametrize("link", BROKEN_LINKS, ids=range(len(BROKEN_LINKS)))
def test_broken_links_are_refused(link):
    if link == "#seed=1&&":  # empty pairs say nothing
        assert Experiment.from_url(link) == Experiment(seed=1)
        return
    with pytest.raises(ParameterError) as caught:
        Experiment.from_url(link)
    assert len(str(caught.value)) < 1000


def garbage(source, depth=0):
    """A random JSON value, wrong in some way that a person or a program might be."""
    kind = source.randrange(12 if depth < 4 else 9)
    if kind < 4:
        return source.choice([0, -1, 1, 2, 64, 1e9, -0.0, 1e-300, 1e300, 10**30, 0.5, math.nan, math.inf, -math.inf])
    if kind < 7:
        names = ["gaussian", "transformed", "joint_table", "gaussian_mixture", "infonce", "smile(3)", "smile(", "batch_size", "joint", "cube", ""]
        return source.choice([*names, "".join(source.choices(string.printable, k=source.randrange(30)))])
    if kind < 9:
        return source.choice([None, True, False])
    if kind < 10:
        return [garbage(source, depth + 1) for _ in range(source.randrange(5))]
    words = ["name", "dim", "base", "f", "g", "table", "weights", "means", "covariances", "correlation", "x", "symbols"]
    return {source.choice(words): garbage(source, depth + 1) for _ in range(source.randrange(5))}


def spoilt(source, value):
    """A description in which a few places, at any depth, hold garbage."""
    if source.random() < 0.12:
        return garbage(source)
    if isinstance(value, dict):
        spoiled = {name: spoilt(source, inner) for name, inner in value.items() if source.random() > 0.05}
        return spoiled | ({garbage(source).__str__(): garbage(source)} if source.random() < 0.05 else {})
    if isinstance(value, list):
        return [spoilt(source, inner) for inner in value]
    return value


@pytest.mark.parametrize("seed", range(20))
def test_garbage_is_refused_or_means_something(seed):
    """Seeded garbage either makes an experiment, which then survives a round trip, or raises ParameterError."""
    source = random.Random(seed)
    made = refused = 0
    for _ in range(60):
        plain = source.choice(EXPERIMENTS).to_dict()
        text, link = json.dumps(spoilt(source, plain)), list(source.choice(EXPERIMENTS).to_url())
        for _ in range(source.randrange(4)):
            link[source.randrange(len(link))] = source.choice(["&", "=", ".", "#", "%", "[", "{", "9", "-", "e", "", "\x00", "é", "&seed=1&"])
        for parse, argument in ((Experiment.from_json, text), (Experiment.from_url, "".join(link))):
            try:
                experiment = parse(argument)
            except ParameterError:
                refused += 1
            else:
                made += 1
                assert Experiment.from_json(experiment.to_json()) == experiment == Experiment.from_url(experiment.to_url())
    assert made and refused


# -- the price of a run ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [
    dict(steps=10_000_000, batch_size=256), dict(steps=100_000, batch_size=1024), dict(steps=10**6, distribution=Gaussian(dim=1000)),
    dict(steps=100_000, changes=((50, "batch_size", 1024),)),
])
def test_a_run_that_costs_too_much_is_refused_until_the_limit_is_lifted(values, monkeypatch):
    with pytest.raises(ParameterError, match=r"^steps × batch_size² × dimension is \d.*mi_explorer\.experiment\.MAX_COST = float\('inf'\) lifts"):
        Experiment(**values)
    monkeypatch.setattr(module, "MAX_COST", float("inf"))
    monkeypatch.setattr(module, "MAX_STEP", float("inf"))
    assert Experiment(**values).steps == values["steps"]


def test_a_step_that_nothing_could_stop_is_refused_until_the_limit_is_lifted(monkeypatch):
    values = dict(bounds=("infonce", "mine", "nwj", "dv"), critic="joint", batch_size=512, replicates=8, steps=10)
    with pytest.raises(ParameterError, match=r"^bounds × replicates × batch_size² × width² is \d.*separable.*MAX_STEP lifts"):
        Experiment(**values)
    assert Experiment(**{**values, "critic": "separable"}).batch_size == 512
    monkeypatch.setattr(module, "MAX_STEP", float("inf"))
    assert Experiment(**values).batch_size == 512


def test_scores_that_fill_the_memory_are_refused_until_the_limit_is_lifted(monkeypatch):
    values = dict(steps=1, batch_size=8192, replicates=2)
    with pytest.raises(ParameterError, match=r"^bounds × replicates × batch_size² is 268.*mi_explorer\.experiment\.MAX_SCORES lifts"):
        Experiment(**values)
    monkeypatch.setattr(module, "MAX_SCORES", float("inf"))
    monkeypatch.setattr(module, "MAX_STEP", float("inf"))
    assert Experiment(**values).batch_size == 8192


def test_the_cap_is_where_it_says():
    steps = int(module.MAX_COST) // (64**2 * 20)
    Experiment(distribution=Gaussian(dim=20), steps=steps)
    with pytest.raises(ParameterError, match="^steps × batch_size² × dimension"):
        Experiment(distribution=Gaussian(dim=20), steps=steps + 1)


def test_an_error_comes_home_from_another_process():
    error = ParameterError("steps", -1, "at least 1")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.parameter, copy.value) == (str(error), "steps", -1)
