"""What a run says while it goes on (Progress) and what is left of it (Result). No torch, no Jupyter."""

from __future__ import annotations

__all__ = ["Ending", "Evaluation", "Progress", "Recorder", "Result", "collect", "over_replicates"]

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError

if TYPE_CHECKING:
    import pandas as pd  # takes longer to import than a page to come up: only tables and files need it

WINDOW = 500  # steps at the end of a level over which Poole et al. and Song & Ermon take bias and variance


@dataclass(frozen=True, eq=False)  # arrays have no one answer to ==
class Evaluation:
    """Estimates after ``step`` updates, on batches that training never saw; arrays (bounds, replicates), in nats.

    estimate, stderr: mean over fresh batches and its standard error. perfect, perfect_stderr: what the same bound
    shows on the same batches with the perfect critic, the true log density ratio.
    """

    step: int
    estimate: np.ndarray
    stderr: np.ndarray
    perfect: np.ndarray
    perfect_stderr: np.ndarray


@dataclass(frozen=True)
class Ending:
    """A curve that stopped early, and why."""

    bound: str
    replicate: int
    step: int
    sentence: str


@dataclass(frozen=True, eq=False)
class Look:
    """The critics as they are now, against the truth; arrays in nats, first replicate.

    x, y: (n, dim_x), (n, dim_y) fresh pairs. true_profile: (n,) and profile: (bounds, n): pointwise MI of those pairs,
    true and as the critics have it. offset: (bounds, n): the part of a
    critic's value that its bound cannot identify. grid_x, grid_y: (G,) and true_map: (G, G), map: (bounds, G, G), where both
    variables are 1-d (else None): f(x_i, y_j) on a grid.
    """

    step: int
    x: np.ndarray
    y: np.ndarray
    true_profile: np.ndarray
    profile: np.ndarray
    offset: np.ndarray
    grid_x: np.ndarray | None = None
    grid_y: np.ndarray | None = None
    true_map: np.ndarray | None = None
    map: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Progress:
    """One training step. ``estimates``: (bounds, replicates), nats, on this step's batch before the update, NaN where
    a curve has ended. ``experiment`` includes the changes made so far. ``look()`` examines the critics, ``save()`` gives
    what ``run(experiment, since=...)`` goes on from: call them before asking for the next step."""

    step: int
    estimates: np.ndarray
    experiment: Experiment
    evaluation: Evaluation | None = None
    endings: tuple[Ending, ...] = ()
    look: Callable[[], Look] | None = field(default=None, repr=False)
    save: Callable[[], bytes] | None = field(default=None, repr=False)


class Recorder:
    """Collects progress into a Result; may be asked for the result so far at any time."""

    def __init__(self):
        self.rows: list[np.ndarray] = []
        self.evaluations: list[Evaluation] = []
        self.last: Progress | None = None

    def add(self, progress: Progress) -> None:
        self.rows.append(progress.estimates)
        if progress.evaluation:
            self.evaluations.append(progress.evaluation)
        self.last = progress

    def result(self) -> Result:
        if self.last is None:
            raise ParameterError("progress", "nothing", "at least one step of a run")
        return Result(self.last.experiment, np.stack(self.rows), tuple(self.evaluations), self.last.endings)


def collect(run: Iterable[Progress]) -> Result:
    """Run to the end and keep everything."""
    recorder = Recorder()
    for progress in run:
        recorder.add(progress)
    return recorder.result()


@dataclass(frozen=True, eq=False)
class Result:
    """The curves of a run. ``estimates``: (steps done, bounds, replicates), nats, NaN after a curve has ended."""

    experiment: Experiment
    estimates: np.ndarray
    evaluations: tuple[Evaluation, ...]
    endings: tuple[Ending, ...] = ()

    @property
    def steps(self) -> int:
        return len(self.estimates)

    def frame(self) -> pd.DataFrame:
        """Tidy: one row per step, bound and replicate. ``estimate`` is the training estimate; ``fresh``, ``stderr``
        and ``perfect`` are filled at the steps where fresh samples were drawn. All in nats."""
        import pandas as pd

        steps, count, replicates = self.estimates.shape
        fresh = {name: np.full(self.estimates.shape, np.nan, np.float32) for name in ("fresh", "stderr", "perfect")}
        for evaluation in self.evaluations:
            for name, values in zip(fresh, (evaluation.estimate, evaluation.stderr, evaluation.perfect)):
                fresh[name][evaluation.step - 1] = values
        index = pd.MultiIndex.from_product(
            [range(1, steps + 1), self.experiment.bounds, range(replicates)], names=["step", "bound", "replicate"]
        )
        columns = {"estimate": self.estimates, **fresh}
        return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index).reset_index()

    def summary(self) -> pd.DataFrame:
        """One row per level (stretch between two changes) and bound, in nats: the last estimate on fresh samples, mean
        over replicates, with its Monte Carlo standard error; bias against the truth; sd over replicates; the perfect
        critic's value; and mean and variance of the training estimate over the level's last 500 steps."""
        import pandas as pd

        starts = [start for start in self.experiment.level_starts() if start < self.steps]
        ends = [*starts[1:], self.steps]
        return pd.DataFrame([
            row for start, end in zip(starts, ends) for row in self.level_rows(start, end)
        ])

    def level_rows(self, start: int, end: int) -> list[dict]:
        level = self.experiment.at(start)
        truth = level.distribution.mi
        within = [evaluation for evaluation in self.evaluations if start < evaluation.step <= end]
        window = self.estimates[max(start, end - WINDOW) : end]
        rows = []
        for index, name in enumerate(self.experiment.bounds):
            row = {"from_step": start, "to_step": end, "bound": name, "batch_size": level.batch_size, "truth": truth}
            if within:
                last = within[-1]
                alive = np.isfinite(last.estimate[index])
                values = last.estimate[index][alive]
                row |= {
                    "estimate": values.mean() if values.size else math.nan,
                    "stderr": pooled(last.stderr[index][alive]),
                    "bias": values.mean() - truth if values.size else math.nan,
                    "sd": values.std(ddof=1) if values.size > 1 else math.nan,
                    "perfect": last.perfect[index].mean(),
                    "perfect_stderr": pooled(last.perfect_stderr[index]),
                    "alive": int(alive.sum()),
                }
            curve = window[:, index][np.isfinite(window[:, index])].astype(float)  # squares of 1e30 overflow a float32
            row |= {
                "window_mean": curve.mean() if curve.size else math.nan,
                "window_variance": curve.var() if curve.size else math.nan,
            }
            rows.append(row)
        return rows

    # -- files ---------------------------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Everything but the curves themselves: the experiment, the estimates on fresh samples, the endings."""
        from mi_explorer import __version__

        return json.dumps({
            "mi_explorer": __version__,
            "key": self.experiment.key,
            "experiment": self.experiment.to_dict(),
            "truth": [[start, level.distribution.mi] for start, level in self.experiment.levels()],
            "evaluations": [
                {name: value if name == "step" else without_nan(value) for name, value in vars(evaluation).items()}
                for evaluation in self.evaluations
            ],
            "endings": [vars(ending) for ending in self.endings],
        }, indent=1, allow_nan=False)

    def save(self, directory: str | Path) -> Path:
        """Write ``result.json`` and ``curves.csv`` (the frame) into a directory, made where it is missing."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "result.json").write_text(self.to_json())
        self.frame().to_csv(directory / "curves.csv", index=False)
        return directory

    @classmethod
    def load(cls, directory: str | Path) -> Result:
        """The result that was saved there; ParameterError where it is not one."""
        import pandas as pd

        directory = Path(directory)
        try:
            saved = json.loads((directory / "result.json").read_text())
            curves = pd.read_csv(directory / "curves.csv", dtype={"estimate": np.float32})
            experiment = Experiment.from_dict(saved["experiment"])
            evaluations = tuple(
                Evaluation(row["step"], *(with_nan(row[name]) for name in list(row)[1:])) for row in saved["evaluations"]
            )
            shape = (-1, len(experiment.bounds), experiment.replicates)
            estimates = curves["estimate"].to_numpy().reshape(shape)
            endings = tuple(Ending(**ending) for ending in saved["endings"])
            result = cls(experiment, estimates, evaluations, endings)
            result.check_belonging(curves)
        except ParameterError:
            raise
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise ParameterError("directory", str(directory), f"a folder written by Result.save ({problem})") from None
        return result

    def check_belonging(self, curves: pd.DataFrame) -> None:
        """ValueError where files do not belong together, or a table was sorted by hand."""
        for evaluation in self.evaluations:
            step, *arrays = vars(evaluation).values()
            if not 1 <= step <= self.steps or any(array.shape != self.estimates.shape[1:] for array in arrays):
                raise ValueError("its evaluations are not those of its curves")
        places = ["step", "bound", "replicate"]
        if not self.frame()[places].equals(curves[places]):
            raise ValueError("the rows of curves.csv are not in the order of step, bound and replicate")


def over_replicates(estimates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(..., replicates) -> mean and standard deviation (...) over the replicates that have not ended; NaN without any."""
    alive = np.isfinite(estimates)
    count = np.maximum(alive.sum(-1), 1)
    known = np.where(alive, estimates, 0).astype(float)  # squares of 1e30 overflow a float32
    mean = known.sum(-1) / count
    spread = np.sqrt((np.where(alive, known - mean[..., None], 0) ** 2).sum(-1) / count)
    none = ~alive.any(-1)
    return np.where(none, np.nan, mean), np.where(none, np.nan, spread)


def pooled(stderr: np.ndarray) -> float:
    """Standard error of the mean of independent values with these standard errors."""
    return float(np.sqrt((stderr**2).sum()) / len(stderr)) if len(stderr) else math.nan


def without_nan(values: np.ndarray) -> list:
    return [[float(value) if math.isfinite(value) else str(value) for value in row] for row in values]


def with_nan(values: list) -> np.ndarray:
    return np.array(values, dtype=float)
