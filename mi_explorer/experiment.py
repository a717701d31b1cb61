"""What a run is, written down before it starts: plain Python that validates, compares, and travels as JSON or a URL."""

from __future__ import annotations

__all__ = ["Experiment", "obstacle", "MAX_COST", "MAX_SCORES", "MAX_STEP"]

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mi_explorer import distributions
from mi_explorer.bounds import Bound
from mi_explorer.bounds import bounds as registered_bounds
from mi_explorer.description import Description
from mi_explorer.parameters import ParameterError, choice, parameters, real, validate, whole

# Guards for a page that anybody may use; a researcher with time and memory sets them higher.
MAX_COST = 1e11  # steps x K^2 x dimension
MAX_SCORES = 1e8  # bounds x replicates x K^2: the scores of one step
MAX_STEP = 1e12  # multiplications in the hidden layers of one step: about ten seconds of one core

CHANGEABLE = ("distribution", "batch_size", "learning_rate")
MAX_CHANGES = 1000
MAX_BOUNDS = 24


@dataclass(frozen=True)
class Experiment(Description):
    """A description of one run, frozen and validated: ``run(experiment)`` carries it out.

    Arguments:
        distribution: the toy problem, a ``Distribution`` (or its spec, a dictionary).
        bounds: names from ``mi_explorer.bounds``; all of them are trained at once on the same batches.
        critic: "joint", "separable" or "bilinear". width: units in each of its two hidden layers.
        batch_size: K, the pairs in a batch. learning_rate: Adam's. steps: how many updates.
        replicates: independent repetitions (own data, own initial weights), trained side by side.
        seed: the same seed on the same device gives the same curves.
        evaluate_every: steps between two estimates on fresh samples.
        device: "cpu", "cuda" or "auto" (cuda where there is one). precision: "exact" or "fast" (bf16 matrix products).
        changes: (step, field, value) triples: from that step on the field has the value. "distribution" (of the same
            dimensions), "batch_size" and "learning_rate" can change while the critics stay: the staircase.

    Raises:
        ParameterError: names the field, its value and what is allowed.
    """

    what = "experiment"

    distribution: distributions.Distribution = distributions.Gaussian(dim=1, correlation=0.8)
    bounds: tuple[str, ...] = ("infonce", "mine")
    critic: str = choice("joint", ("joint", "separable", "bilinear"), label="Critic")
    width: int = whole(256, 1, 4096, label="Critic width", slider=(8, 512, 8))
    batch_size: int = whole(64, 2, 8192, label="Batch size K", slider=(4, 512, 4))
    learning_rate: float = real(5e-4, 0, 1, open=True, label="Learning rate")
    steps: int = whole(2000, 1, 10_000_000, label="Steps", slider=(100, 20_000, 100))
    replicates: int = whole(4, 1, 256, label="Replicates", slider=(1, 16, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")
    evaluate_every: int = whole(50, 1, 10_000_000, label="Steps between fresh estimates")
    device: str = choice("auto", ("auto", "cpu", "cuda"), label="Device")
    precision: str = choice("exact", ("exact", "fast"), label="Precision")
    changes: tuple[tuple[int, str, object], ...] = ()

    def __post_init__(self):
        validate(self)
        object.__setattr__(self, "distribution", distribution_from(self.distribution))
        object.__setattr__(self, "bounds", bounds_from(self.bounds))
        object.__setattr__(self, "changes", changes_from(self.changes, self.distribution))
        check_densities(self.bounds, self.changes, self.distribution)
        check_cost(self)

    # -- the run over time ---------------------------------------------------------------------------------------------

    def with_change(self, step: int, **values) -> Experiment:
        """The same experiment in which the named fields have new values from ``step`` on."""
        added = changes_from(tuple((step, field, value) for field, value in values.items()), self.distribution)
        changes = [*(change for change in self.changes if change[0] != step or change[1] not in values), *added]
        check_count(changes)
        changed = self.copy(changes=in_order(changes))
        check_densities(self.bounds, added)
        check_cost(changed)
        return changed

    def at(self, step: int) -> Experiment:
        """The experiment as it stands at a step, without its changes."""
        return self.copy(**{field: value for when, field, value in self.changes if when <= step}, changes=())

    def copy(self, **checked) -> Experiment:
        """With other values, which are known to be allowed: a long run has hundreds of changes, and every step asks."""
        copy = object.__new__(Experiment)
        copy.__dict__.update(vars(self), **checked)
        return copy

    def level_starts(self) -> list[int]:
        """The steps at which a level begins: 0 and every step with a change."""
        return sorted({0, *(when for when, _, _ in self.changes if when < self.steps)})

    def levels(self) -> Iterator[tuple[int, Experiment]]:
        """The steps at which a level begins, and how the experiment stands from then on."""
        level, values = 0, {}
        for when, field, value in self.changes:
            if when != level and when < self.steps:
                yield level, self.copy(**values, changes=())
                level = when
            if when == level:
                values[field] = value
        yield level, self.copy(**values, changes=())


# -- validation of the fields that are not numbers ---------------------------------------------------------------------


def distribution_from(value: object) -> distributions.Distribution:
    return value if isinstance(value, distributions.Distribution) else distributions.from_spec(value)


def bounds_from(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [name for name in value.split(",") if name]
    named = isinstance(value, (tuple, list)) and all(isinstance(name, str) for name in value)
    if not named or not 1 <= len(value) <= MAX_BOUNDS:
        raise ParameterError("bounds", value, f"1 to {MAX_BOUNDS} names of bounds")
    return tuple(dict.fromkeys(registered_bounds[name].key for name in value))


def changes_from(value: object, start: distributions.Distribution) -> tuple:
    if not isinstance(value, (tuple, list)):
        raise ParameterError("changes", value, "triples (step, field, value)")
    check_count(value)
    checked = []
    for change in value:
        if not isinstance(change, (tuple, list)) or len(change) != 3:
            raise ParameterError("changes", change, "a triple (step, field, value)")
        step, field, new = change
        whole_steps = parameters(Experiment)["steps"]
        step = whole_steps.check("changes", step)
        if not isinstance(field, str) or field not in CHANGEABLE:
            raise ParameterError("changes", field, "one of " + ", ".join(CHANGEABLE) + "; start a new run for the others")
        if field == "distribution":
            new = distribution_from(new)
            if (new.dim_x, new.dim_y) != (start.dim_x, start.dim_y):
                raise ParameterError(
                    "distribution", f"{new.dim_x} + {new.dim_y} dimensions",
                    f"of {start.dim_x} + {start.dim_y} dimensions while a run goes on; start a new run",
                )
        else:
            new = parameters(Experiment)[field].check(field, new)
        checked.append((step, field, new))
    return in_order(checked)


def in_order(changes: list[tuple]) -> tuple:
    return tuple(sorted(changes, key=lambda change: change[0]))


def check_count(changes: Collection) -> None:
    if len(changes) > MAX_CHANGES:
        raise ParameterError("changes", f"{len(changes):,} of them", f"at most {MAX_CHANGES:,}; start a new run to go on")


def obstacle(bound: Bound, problem: distributions.Distribution) -> str:
    """Why a bound cannot be used with a problem, as half a sentence, or "" where it can."""
    if bound.density and problem.discrete:
        return "it models a density of y, and symbols have none"
    if bound.baseline == "p(y)" and not problem.knows_density_y:
        return f"it has to be told the true density of y, which is not known for {problem.label}"
    return ""


def check_densities(bounds: tuple[str, ...], changes: tuple, *problems: distributions.Distribution) -> None:
    for problem in (*problems, *(new for _, field, new in changes if field == "distribution")):
        for key in bounds:
            if why := obstacle(registered_bounds[key], problem):
                raise ParameterError("bounds", key, f"left out with this problem: {why}")


def check_cost(experiment: Experiment) -> None:
    K = max([experiment.batch_size, *(value for _, field, value in experiment.changes if field == "batch_size")])
    cost = experiment.steps * K**2 * max(experiment.distribution.dim_x, experiment.distribution.dim_y)
    if cost > MAX_COST:
        raise ParameterError(
            "steps × batch_size² × dimension", int(float(f"{cost:.3g}")),
            f"at most {MAX_COST:g}; fewer steps or a smaller batch will do. In the library, "
            "mi_explorer.experiment.MAX_COST = float('inf') lifts this limit",
        )
    scores = len(experiment.bounds) * experiment.replicates * K**2
    if scores > MAX_SCORES:
        raise ParameterError(
            "bounds × replicates × batch_size²", int(float(f"{scores:.3g}")),
            f"at most {MAX_SCORES:g}, to fit into memory; in the library, mi_explorer.experiment.MAX_SCORES lifts this limit",
        )
    # Rows that pass the second hidden layer of a critic; a density has one for every x.
    rows = {"joint": K**2, "separable": 2 * K, "bilinear": 0}[experiment.critic]
    densities = [bool(registered_bounds[key].density) for key in experiment.bounds]
    step = 3 * experiment.replicates * experiment.width**2 * sum(K if density else rows for density in densities)
    if step > MAX_STEP:
        what = "batch_size²" if experiment.critic == "joint" else "batch_size"
        raise ParameterError(
            f"bounds × replicates × {what} × width²", int(float(f"{step:.3g}")),
            f"at most {MAX_STEP:g} multiplications, or one step takes too long to be stopped; the separable critic needs "
            "fewer. In the library, mi_explorer.experiment.MAX_STEP lifts this limit",
        )
