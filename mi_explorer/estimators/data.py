"""What a user may hand in as x and y, and the two blocks of float64 columns that every estimator receives.

Everything odd about data is dealt with here, once: missing values, text, constant columns, too many rows, ties.
"""

from __future__ import annotations

__all__ = ["Columns", "Pair", "columns", "pair", "standardise", "break_ties", "symbols", "DISTINCT"]

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ..parameters import Parameter, ParameterError

DISTINCT = 32  # a column of numbers with more distinct values than this, or than sqrt(n), is continuous
NOISE = 1e-8  # the noise that breaks ties, in median absolute deviations of the column
MANY_TIES = 0.01  # the share of tied rows above which a warning is worth a reader's time
FLAG = "True or False"
SEED = Parameter(int, 0, 2**63 - 1)


@dataclass(frozen=True, eq=False)
class Columns:
    """One side of the sample: values (n, dim) in float64, and for every column its name and what it holds.

    discrete: whether a column takes few values again and again; symbols: whether these have no order (text,
    categories), so that the values are mere codes 0, 1, ...
    """

    values: np.ndarray
    names: tuple[str, ...]
    discrete: tuple[bool, ...]
    symbols: tuple[bool, ...]

    @property
    def dim(self) -> int:
        return self.values.shape[1]

    @property
    def is_discrete(self) -> bool:
        """Whether every column is discrete, so that the side is one symbol."""
        return all(self.discrete)

    def first(self, chosen: Iterable[bool]) -> str:
        """The name of the first chosen column, or "" where there is none."""
        return next(itertools.compress(self.names, chosen), "")

    def keep(self, chosen: np.ndarray) -> Columns:
        """The columns that the (dim,) booleans choose."""
        picked = (tuple(itertools.compress(of, chosen)) for of in (self.names, self.discrete, self.symbols))
        return Columns(self.values[:, chosen], *picked)

    def rows(self, chosen: np.ndarray) -> Columns:
        return replace(self, values=self.values[chosen])


@dataclass(frozen=True, eq=False)
class Pair:
    """A sample: n rows of x and of y that belong together, without missing values and without constant columns.

    A side of which nothing is left has no columns: it can inform about nothing. ``seed`` is for whatever an
    estimator draws.
    """

    x: Columns
    y: Columns
    seed: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        return len(self.x.values)

    @property
    def kind(self) -> str:
        """"continuous" (no column is discrete), "discrete" (all are) or "mixed"."""
        flags = self.x.discrete + self.y.discrete
        return "discrete" if all(flags) else "mixed" if any(flags) else "continuous"

    def generator(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


def columns(name: str, data: object, *, discrete: bool | None = None) -> Columns:
    """Whatever holds n samples, as columns; missing values are NaN. ParameterError names ``name`` where it cannot be.

    ``data`` is a (n, dim) or (n,) array, a tensor, a list, a Series or DataFrame (pandas, or anything with
    ``to_numpy``), or Columns already. Text and categories are discrete, and so is a column of numbers (or booleans) with
    at most min(32, √n) distinct values; ``discrete`` = True or False decides for all columns of numbers instead.
    """
    if discrete not in (None, True, False):
        raise ParameterError(f"discrete_{name}", discrete, "True, False or None")
    if isinstance(data, Columns):
        return data
    names, parts = split(name, data)
    if not parts or not len(parts[0]):
        raise ParameterError(name, "empty", "at least one column and one row")
    read = [numbers(name, part) for part in parts]
    values = np.column_stack([column for column, _ in read])
    symbolic = tuple(text for _, text in read)
    few = [
        text or (is_few(column) if discrete is None else discrete)
        for column, text in zip(values.T, symbolic, strict=True)
    ]
    return Columns(values, names, tuple(few), symbolic)


def pair(
    x: object, y: object, *, drop_missing: bool = False, discrete_x: bool | None = None,
    discrete_y: bool | None = None, least: int = 2, cap: int | None = None, seed: int = 0,
) -> Pair:
    """x and y as a sample of at least ``least`` and at most ``cap`` rows; what was done to it is in its warnings.

    Rows with a missing or infinite value are a ParameterError, or with ``drop_missing`` are left out on both sides.
    More than ``cap`` rows: a random choice of ``cap`` of them, from ``seed``. Constant columns are left out.
    """
    if drop_missing not in (True, False):
        raise ParameterError("drop_missing", drop_missing, FLAG)
    seed = SEED.check("seed", seed)
    sides = {"x": columns("x", x, discrete=discrete_x), "y": columns("y", y, discrete=discrete_y)}
    n = len(sides["x"].values)
    if len(sides["y"].values) != n:
        raise ParameterError("y", f"{len(sides['y'].values)} rows", f"as long as x, which has {n} rows")
    warnings = []
    good = {name: np.isfinite(side.values).all(1) for name, side in sides.items()}
    for name, rows in good.items():
        if not rows.all() and not drop_missing:
            first = f"finite (row {int(rows.argmin())} is the first that is not)"
            raise ParameterError(
                name, f"{int((~rows).sum())} NaN or infinite rows",
                f"{first}; these rows must be dropped: drop_missing=True leaves them out of x and y and warns",
            )
    complete = good["x"] & good["y"]
    if not complete.all():
        sides = {name: side.rows(complete) for name, side in sides.items()}
        warnings.append(f"{n - complete.sum()} of {n} rows have a missing or infinite value and were left out.")
        n = int(complete.sum())
    if n < least:
        raise ParameterError("x", f"{n} samples", f"at least {least} samples for this estimator")
    if cap is not None and n > cap:
        chosen = np.sort(np.random.default_rng(seed).choice(n, cap, replace=False))
        sides = {name: side.rows(chosen) for name, side in sides.items()}
        warnings.append(f"Only {cap} of the {n} rows were used, chosen at random (seed {seed}), to keep it quick.")
        n = cap
    for name, side in sides.items():
        varies = (side.values != side.values[:1]).any(0)
        if not varies.all():
            constant = ", ".join(itertools.compress(side.names, ~varies))
            rest = "" if varies.any() else f" Nothing of {name} is left: the mutual information is 0."
            warnings.append(f"{name} is constant in {constant}, which cannot inform about anything: left out.{rest}")
            sides[name] = side.keep(varies)
        for column, values in itertools.compress(zip(side.names, side.values.T, strict=True), side.symbols):
            if n > 1 and len(np.unique(values)) == n:
                warnings.append(f"Every value of column {column} of {name} is different: as symbols they tell nothing.")
    return Pair(**sides, seed=seed, warnings=tuple(warnings))


# -- for estimators ----------------------------------------------------------------------------------------------------


def standardise(values: np.ndarray) -> np.ndarray:
    """Each column of values (n, dim), none of them constant, with mean 0 and standard deviation 1."""
    scaled = values / np.abs(values).max(0)  # numbers near the largest float would overflow in the variance
    centred = scaled - scaled.mean(0)
    return centred / centred.std(0)


def break_ties(sides: dict[str, np.ndarray], generator: np.random.Generator) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Standardised columns by side with a little normal noise on those with ties, and a warning if there are many.

    The noise is 1e-8 of the column's spread: small beside the data, large beside rounding.
    """
    broken, warnings = {}, []
    for name, values in sides.items():
        shares = np.array([tied_share(column) for column in values.T])
        spread = np.median(np.abs(values - np.median(values, 0)), 0)  # one outlier makes a standard deviation huge
        noise = NOISE * np.where(spread > 0, spread, 1) * generator.standard_normal(values.shape)
        broken[name] = np.where(shares > 0, values + noise, values)
        if shares.max() > MANY_TIES:
            warnings.append(
                f"In {name}, up to {shares.max():.0%} of the values occur more than once (rounded or discrete data): "
                "ties were broken by tiny random noise, and the estimate describes the data as rounded."
            )
    return broken, tuple(warnings)


def symbols(values: np.ndarray) -> np.ndarray:
    """Rows of values (n, dim) as one code 0, 1, ... per distinct row: (n,)."""
    codes = np.zeros(len(values), dtype=np.int64)
    for column in values.T:  # column by column: far quicker than np.unique over rows
        _, own = np.unique(column, return_inverse=True)
        _, codes = np.unique(codes * (own.max() + 1) + own, return_inverse=True)
    return codes


def tied_share(column: np.ndarray) -> float:
    """The share of entries whose value occurs more than once."""
    _, counts = np.unique(column, return_counts=True)
    return float(1 - (counts == 1).sum() / len(column))


# -- reading -----------------------------------------------------------------------------------------------------------


def split(name: str, data: object) -> tuple[tuple[str, ...], list]:
    """Names and 1-d arrays of the columns of whatever holds samples."""
    if hasattr(data, "iloc"):  # pandas: each column has its own type
        if data.ndim == 1:
            return (name if data.name is None else str(data.name),), [from_pandas(data)]
        return tuple(map(str, data.columns)), [from_pandas(data.iloc[:, i]) for i in range(data.shape[1])]
    if hasattr(data, "columns") and hasattr(data, "to_numpy"):
        return tuple(map(str, data.columns)), [data[column].to_numpy() for column in data.columns]
    if hasattr(data, "detach"):  # a tensor, possibly on a device, possibly in a type that NumPy does not have
        data = data.detach().cpu()
        data = data.double() if data.is_floating_point() else data
    try:
        array = data.to_numpy() if hasattr(data, "to_numpy") else np.ma.asarray(data) if np.ma.isMA(data) else np.asarray(data)
    except (ValueError, TypeError):  # rows of different lengths
        raise ParameterError(name, type(data).__name__, "an array with one sample in each row") from None
    if np.ma.isMA(array):
        array = array.astype(float).filled(np.nan)
    if array.ndim not in (1, 2):
        shape = f"{array.ndim} axes" if array.ndim else type(data).__name__
        raise ParameterError(name, shape, "an array with one sample in each row: (n, dim), or (n,) for one column")
    array = array.reshape(len(array), -1) if array.size else np.empty((0, 1))
    names = (name,) if array.shape[1] == 1 else tuple(f"{name}{i + 1}" for i in range(array.shape[1]))
    return names, list(array.T)


def from_pandas(series) -> np.ndarray:
    """A pandas column as floats where it holds numbers (pd.NA becomes NaN), as objects where it does not."""
    if series.dtype.kind in "biuf":
        return series.to_numpy(dtype=float, na_value=np.nan)
    return series.to_numpy() if series.dtype.kind in "cmM" else series.to_numpy(dtype=object)


def numbers(name: str, column: np.ndarray) -> tuple[np.ndarray, bool]:
    """A column in float64, and whether these are codes of symbols. Missing values are NaN."""
    if column.dtype.kind in "biuf":
        return column.astype(np.float64), False
    if column.dtype.kind == "O":
        import pandas

        missing = np.asarray(pandas.isna(column))  # None, NaN, pd.NA, pd.NaT
        try:
            floats = np.where(missing, np.nan, column)
            if not any(isinstance(entry, str | bytes) for entry in floats):
                return floats.astype(np.float64), False
        except OverflowError:
            raise ParameterError(name, "a number too large", "made of numbers below 1.8e308") from None
        except (TypeError, ValueError):
            held = type(column[~missing][0]).__name__
            raise ParameterError(name, held, "made of real numbers, booleans or text") from None
        column = column.astype(str)
    elif column.dtype.kind in "US":
        missing = np.zeros(len(column), dtype=bool)
    else:
        what = {"c": "complex", "m": "durations", "M": "dates"}.get(column.dtype.kind, str(column.dtype))
        raise ParameterError(name, what, "made of real numbers, booleans or text")
    codes = np.full(len(column), np.nan)
    codes[~missing] = np.unique(column[~missing], return_inverse=True)[1]
    return codes, True


def is_few(column: np.ndarray) -> bool:
    """Whether a column of numbers takes at most min(DISTINCT, √n) values."""
    finite = column[np.isfinite(column)]
    return len(np.unique(finite)) <= min(DISTINCT, len(finite) ** 0.5)
