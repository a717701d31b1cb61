"""Which experiments a sweep consists of: a base and axes, from a TOML file or from Python."""

from __future__ import annotations

__all__ = ["Grid", "MAX_CELLS"]

import dataclasses
import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mi_explorer.description import Description
from mi_explorer.distributions import Distribution, from_spec
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError, is_finite, validate, whole

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

MAX_CELLS = 10_000  # unless the grid says otherwise: a slip of a range should not fill a disk
LONGEST = 1_000_000  # values of a range, whatever the grid says

FIELDS = [field.name for field in dataclasses.fields(Experiment) if field.name != "changes"]


@dataclass(frozen=True)
class Grid(Description):
    """All combinations of the values of some axes: one experiment for each, the last axis running fastest.

    Arguments:
        base: what the experiments have in common, an ``Experiment`` or a dictionary of its fields; those left out have
            their defaults.
        axes: a dictionary from an axis to its values. An axis is a field of the experiment ("batch_size", "seed",
            "critic", "distribution"), a parameter of its distribution ("distribution.dim"), or "mi": the target mutual
            information in nats, set last, whatever the other axes do to the distribution. Values are a list, or a range
            ``{"from": 0, "to": 10, "step": 0.5}`` with both ends included (step 1 unless given).
        max_cells: refuse a grid of more experiments than this.

    Raises:
        ParameterError: names the place in the file: ``axes.batch_size[2]`` is the second value of that axis.
    """

    what = "grid"

    base: Experiment = Experiment()
    axes: tuple[tuple[str, tuple], ...] = ()
    max_cells: int = whole(MAX_CELLS, 1, LONGEST)

    def __post_init__(self):
        validate(self)
        object.__setattr__(self, "base", base_from(self.base))
        object.__setattr__(self, "axes", axes_from(self.axes))
        count = math.prod(len(values) for _, values in self.axes)
        if count > self.max_cells:
            raise ParameterError(
                "axes", " × ".join(str(len(values)) for _, values in self.axes),
                f"at most {self.max_cells} cells, and these are {count}; max_cells = {count} at the top of the grid lifts this limit",
            )
        self.cells  # noqa: B018 - makes every experiment: a mistake is better found now than in the middle of a night

    @functools.cached_property
    def cells(self) -> dict[str, tuple[Experiment, dict]]:
        """Content key -> (experiment, value of every axis), in the order of the grid."""
        names = [name for name, _ in self.axes]
        cells: dict[str, tuple[Experiment, dict]] = {}
        for values in itertools.product(*(values for _, values in self.axes)):
            place = dict(zip(names, values))
            experiment = self.experiment_at(place)
            twin = cells.setdefault(experiment.key, (experiment, place))[1]
            if twin is not place:
                raise ParameterError(
                    "axes", f"{said(place)} and {said(twin)}", "axes of which none undoes another: these are the same experiment"
                )
        return cells

    @property
    def experiments(self) -> list[Experiment]:
        return [experiment for experiment, _ in self.cells.values()]

    def experiment_at(self, place: dict) -> Experiment:
        spec = self.base.to_dict()
        target = place.get("mi")
        try:
            for axis in sorted(place.keys() - {"mi"}, key=lambda axis: axis.count(".")):  # a distribution before its parameters
                put(spec, axis, place[axis])
            if target is not None:
                spec["distribution"] = from_spec(spec["distribution"]).with_mi(target).spec()
            return Experiment.from_dict(spec)
        except ParameterError as problem:
            raise self.located(problem, place) from None

    def located(self, problem: ParameterError, place: dict) -> ParameterError:
        """The same problem, named after the axis and the value that caused it, or else after the cell."""
        for axis, values in self.axes:
            if axis.rpartition(".")[2] == problem.parameter or axis == problem.parameter:
                where = f"axes.{axis}[{values.index(place[axis]) + 1}]"
                return ParameterError(where, problem.value, problem.allowed)
        return ParameterError(f"{problem.parameter} at {said(place)}", problem.value, problem.allowed)

    # -- files ---------------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict:
        axes = [[name, [value.spec() if isinstance(value, Distribution) else thawed(value) for value in values]] for name, values in self.axes]
        return {"base": self.base.to_dict(), "axes": axes, "max_cells": self.max_cells}

    @classmethod
    def from_toml(cls, text: str) -> Grid:
        """What a grid file says; ParameterError for one with a mistake, which names the place."""
        try:
            return cls.from_dict(tomllib.loads(text))
        except tomllib.TOMLDecodeError as problem:
            raise ParameterError("grid", text, f"valid TOML ({str(problem).rstrip('.')})") from None
        except RecursionError:
            raise ParameterError("grid", text, "valid TOML, and not so deeply nested") from None

    @classmethod
    def read(cls, path: str | Path) -> Grid:
        """The grid in a TOML file."""
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8"))
        except OSError as problem:
            raise ParameterError("grid", str(path), f"a file that can be read ({problem.strerror})") from None
        except UnicodeDecodeError:
            raise ParameterError("grid", str(path), "a text file") from None


def base_from(value: object) -> Experiment:
    if isinstance(value, Experiment):
        return value
    try:
        return Experiment.from_dict(value)
    except ParameterError as problem:
        raise ParameterError(f"base.{problem.parameter}", problem.value, problem.allowed) from None


def axes_from(value: object) -> tuple[tuple[str, tuple], ...]:
    """Checked names, each with its checked values; ``distribution.dim = [...]`` in TOML is a table inside a table."""
    pairs = list(spelled_out(value)) if isinstance(value, Mapping) else value
    if not isinstance(pairs, (list, tuple)) or any(
        not isinstance(pair, (list, tuple)) or len(pair) != 2 or not isinstance(pair[0], str) for pair in pairs
    ):
        raise ParameterError("axes", value, 'a table from axes to their values, like {"mi": [1, 2, 4]}')
    checked: dict[str, tuple] = {}
    for name, values in pairs:
        if name not in ("mi", *FIELDS) and not name.startswith("distribution."):
            raise ParameterError("axes", name, "made of " + ", ".join(["mi", *FIELDS]) + " and distribution.PARAMETER")
        if name in checked:
            raise ParameterError(f"axes.{name}", "given twice", "given once")
        checked[name] = values_from(name, values)
    return tuple(checked.items())


def spelled_out(axes: Mapping, prefix: str = ""):
    for name, value in axes.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and not {"from", "to"} & value.keys():
            yield from spelled_out(value, f"{path}.")
        else:
            yield path, value


def values_from(name: str, values: object) -> tuple:
    place = f"axes.{name}"
    if isinstance(values, Mapping):
        values = from_range(place, values)
    values = values.tolist() if hasattr(values, "tolist") else values  # numpy's numbers are no JSON
    if not isinstance(values, (list, tuple, range)) or not values:
        raise ParameterError(place, values, 'a list of at least one value, or a range like {from = 0, to = 4}')
    if name == "distribution":
        return tuple(distribution_at(f"{place}[{number}]", value) for number, value in enumerate(values, 1))
    values = tuple(frozen(value) for value in values)
    seen: set[str] = set()
    for number, value in enumerate(values, 1):
        if str(value) in seen:
            raise ParameterError(f"{place}[{number}]", value, "given once")
        seen.add(str(value))
    return values


def from_range(place: str, table: Mapping) -> list:
    """{"from": 0, "to": 1, "step": 0.25} -> [0, 0.25, 0.5, 0.75, 1]."""
    low, high, step = table.get("from"), table.get("to"), table.get("step", 1)
    numbers = all(isinstance(number, (int, float)) and is_finite(number) for number in (low, high, step))
    if not numbers or table.keys() - {"from", "to", "step"} or step <= 0 or high < low:
        raise ParameterError(place, dict(table), "a range of finite numbers {from, to, step}, from ≤ to and step > 0")
    steps = (high - low) / step + 1e-9  # 10 / 0.1 may come out a little below 100
    if steps >= LONGEST:
        raise ParameterError(place, dict(table), f"a range of at most {LONGEST} values")
    return [low + index * step if isinstance(step, int) else round(low + index * step, 12) for index in range(int(steps) + 1)]


def distribution_at(place: str, value: object) -> Distribution:
    try:
        return value if isinstance(value, Distribution) else from_spec(value)
    except ParameterError as problem:
        raise ParameterError(f"{place}.{problem.parameter}", problem.value, problem.allowed) from None


def put(spec: dict, axis: str, value: object) -> None:
    """Set ``spec["distribution"]["base"]["dim"]`` for the axis distribution.base.dim."""
    *parents, name = axis.split(".")
    for parent in parents:
        spec = spec.get(parent)
        if not isinstance(spec, dict):
            raise ParameterError(axis, value, f"left out: there is no {parent} with parameters here")
    spec[name] = value.spec() if isinstance(value, Distribution) else value


def frozen(value: object) -> object:
    return tuple(frozen(part) for part in value) if isinstance(value, (list, tuple)) else value


def thawed(value: object) -> object:
    return [thawed(part) for part in value] if isinstance(value, tuple) else value


def said(place: dict) -> str:
    return ", ".join(f"{axis} = {value}" for axis, value in place.items())
