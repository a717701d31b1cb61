"""What may be handed in as x and y, and what becomes of it."""

import numpy as np
import pandas
import pytest
import torch

from mi_explorer.estimators.data import NOISE, Columns, break_ties, columns, pair, standardise, symbols
from mi_explorer.parameters import ParameterError

NORMAL = np.random.default_rng(0).standard_normal(100)


@pytest.mark.parametrize("data", [
    NORMAL, NORMAL[:, None], NORMAL.tolist(), torch.as_tensor(NORMAL), torch.as_tensor(NORMAL).requires_grad_(),
    pandas.Series(NORMAL), pandas.DataFrame({"x": NORMAL}), np.ma.array(NORMAL), list(map(np.float64, NORMAL)),
    NORMAL.astype(object), pandas.array(NORMAL, dtype="Float64"),
], ids=lambda data: type(data).__name__)
def test_numbers_in_any_container(data):
    read = columns("x", data)
    assert read.values.dtype == np.float64 and read.values.shape == (100, 1)
    assert (read.values[:, 0] == NORMAL).all() and read.names == ("x",)
    assert read.discrete == read.symbols == (False,)


def test_other_types_of_number():
    for dtype in (np.float16, np.float32, np.int8, np.uint64, bool):
        assert (columns("x", np.array([0, 1, 2, 3], dtype)).values[:, 0] == np.array([0, 1, 2, 3], dtype)).all()
    assert columns("x", torch.arange(4).to(torch.bfloat16)).values.sum() == 6


class Polars:
    """As a polars frame behaves: names, columns by name, no positions."""

    columns = ["height", "colour"]

    def __getitem__(self, name):
        return pandas.Series({"height": NORMAL, "colour": ["red", "blue"] * 50}[name])

    def to_numpy(self):
        raise AssertionError("columns have types of their own")


def test_frames_keep_names_and_types():
    frame = pandas.DataFrame({
        "a": NORMAL, "b": ["u", "v"] * 50, "c": pandas.Categorical(["p", "q"] * 50), "d": [True, False] * 50,
        "e": np.arange(100), "f": np.arange(100) % 5,
    })
    read = columns("x", frame)
    assert read.names == tuple("abcdef")
    assert read.discrete == (False, True, True, True, False, True)
    assert read.symbols == (False, True, True, False, False, False)
    assert not read.is_discrete and read.first(read.symbols) == "b" and read.first(()) == ""
    assert (read.values[:, 1] == np.arange(100) % 2).all()
    assert columns("x", Polars()).symbols == (False, True) and columns("x", Polars()).names == ("height", "colour")
    assert columns("x", np.zeros((3, 2))).names == ("x1", "x2")
    twice = pandas.DataFrame(np.column_stack([NORMAL, -NORMAL]), columns=["same", "same"])
    assert (columns("x", twice).values[:, 1] == -NORMAL).all()


def test_the_rule_for_discrete_columns():
    """At most min(32, √n) distinct values, whatever the type; a choice can be imposed on numbers, not on text."""
    for n, distinct, expected in [(100, 10, True), (100, 11, False), (10_000, 32, True), (10_000, 33, False), (4, 2, True)]:
        assert columns("x", np.arange(n) % distinct).discrete == (expected,)
        assert columns("x", np.arange(n) % distinct / 7).discrete == (expected,)
    assert columns("x", NORMAL, discrete=True).discrete == (True,)
    assert columns("x", [True, False], discrete=False).discrete == (False,)
    assert columns("x", ["a", "b"], discrete=False).discrete == (True,)
    with pytest.raises(ParameterError, match="discrete_x"):
        columns("x", NORMAL, discrete="yes")


@pytest.mark.parametrize(("data", "words"), [
    (NORMAL + 1j, "complex"), (torch.as_tensor(NORMAL) + 1j, "complex"), ([1 + 2j, 1], "complex"),
    (pandas.DataFrame({"z": NORMAL + 1j}), "complex"), (np.zeros((2, 2, 2)), "3 axes"), (3.0, "float"), ("text", "str"),
    (None, "NoneType"), ({"a": [1]}, "dict"), ([[1], [2, 3]], "list"), ([], "empty"), (np.zeros((5, 0)), "empty"),
    (pandas.DataFrame(), "empty"), (pandas.date_range("2020", periods=3), "dates"), pytest.param([object()], "object", id="object"),
    (pandas.DataFrame({"t": pandas.date_range("2020", periods=3)}), "dates"), ([10**400], "too large"),
    (np.array([(1, 2)], dtype=[("a", int), ("b", int)]), "must be made of"),
], ids=str)
def test_what_cannot_be_read(data, words):
    with pytest.raises(ParameterError, match=f"^x is .*{words}"):
        columns("x", data)


def test_missing_values_are_refused_or_dropped_pairwise():
    x = pandas.DataFrame({"a": [1.0, None, 3, 4, 5], "b": ["u", "v", None, "u", "v"]})
    y = [1, 2, 3, np.inf, 5]
    with pytest.raises(ParameterError, match=r"x is '2 NaN or infinite rows'.*row 1.*drop_missing=True"):
        pair(x, y)
    dropped = pair(x, y, drop_missing=True)
    assert (dropped.x.values == [[1, 0], [5, 1]]).all() and dropped.y.values.ravel().tolist() == [1, 5]
    assert dropped.warnings[0] == "3 of 5 rows have a missing or infinite value and were left out."
    for missing in (pandas.NA, None, np.nan):
        assert pair([missing, 1, 2], [1, 2, 3], drop_missing=True).n == 2
    assert pair(np.ma.masked_greater(NORMAL, 0), NORMAL, drop_missing=True).x.values.max() <= 0
    with pytest.raises(ParameterError, match="0 samples.*at least 2"):
        pair([np.nan, np.nan], [1, 2], drop_missing=True)


def test_lengths_numbers_and_switches():
    for arguments, words in [
        ((NORMAL, NORMAL[1:]), "y is '99 rows'.*100 rows"), ((NORMAL[:1], NORMAL[:1]), "1 samples"),
    ]:
        with pytest.raises(ParameterError, match=words):
            pair(*arguments)
    for name, value in [("seed", -1), ("seed", 0.5), ("drop_missing", "yes")]:
        with pytest.raises(ParameterError, match=name):
            pair(NORMAL, NORMAL, **{name: value})


def test_constant_columns_and_identifiers():
    sample = pair(np.column_stack([NORMAL, np.ones(100)]), np.zeros(100))
    assert sample.x.names == ("x1",) and sample.y.dim == 0
    assert "constant in x2" in sample.warnings[0] and "mutual information is 0" in sample.warnings[1]
    names = pair([f"person {i}" for i in range(100)], NORMAL)
    assert "Every value of column x of x is different" in names.warnings[0]


def test_a_subsample_keeps_pairs_together():
    sample = pair(np.arange(1000.0), -np.arange(1000.0), cap=50, seed=4)
    assert sample.n == 50 and (sample.x.values == -sample.y.values).all()
    assert (sample.x.values == pair(np.arange(1000.0), NORMAL[:1].repeat(1000), cap=50, seed=4).x.values).all()
    assert "Only 50 of the 1000 rows" in sample.warnings[0] and "seed 4" in sample.warnings[0]


def test_kinds_of_samples():
    few, many = np.arange(100) % 3, NORMAL
    assert pair(many, many).kind == "continuous" and pair(few, few).kind == "discrete"
    assert pair(few, many).kind == pair(np.column_stack([few, many]), many).kind == "mixed"


def test_columns_pass_through():
    read = columns("x", NORMAL)
    assert columns("y", read) is read and isinstance(read, Columns)


def test_standardise_at_the_ends_of_the_floats():
    for scale in (1.0, 1e308, 1e-300):
        values = standardise(scale * (np.column_stack([NORMAL, NORMAL + 1]) / 10))
        assert values.mean(0) == pytest.approx([0, 0], abs=1e-12) and values.std(0) == pytest.approx([1, 1], abs=1e-12)


def test_ties_are_broken_where_there_are_any_and_by_little():
    tied = np.column_stack([NORMAL.round(1), NORMAL])
    broken, warnings = break_ties({"x": tied, "y": NORMAL[:, None]}, np.random.default_rng(0))
    assert len(np.unique(broken["x"][:, 0])) == 100 and (broken["x"][:, 1] == NORMAL).all()
    assert 0 < np.abs(broken["x"] - tied).max() < 10 * NOISE
    assert (broken["y"][:, 0] == NORMAL).all()
    assert len(warnings) == 1 and warnings[0].startswith("In x")
    outlier = np.append(NORMAL.round(1), 1e9)[:, None]
    assert np.abs(break_ties({"x": outlier}, np.random.default_rng(0))[0]["x"] - outlier).max() < 10 * NOISE


def test_symbols_number_distinct_rows():
    rows = np.array([[1, 5], [0, 5], [1, 5], [1, 4], [0, 4]], dtype=float)
    codes = symbols(rows)
    assert sorted(set(codes)) == [0, 1, 2, 3]
    assert codes[0] == codes[2] and len(set(codes)) == 4
