"""What the live chart shows of a run: its curves, each beside what a perfect critic has, and the lines of truth and ceiling."""

from __future__ import annotations

__all__ = ["Curves"]

import math

from mi_explorer.bounds import bounds
from mi_explorer.bracket import bracket
from mi_explorer.experiment import Experiment
from mi_explorer.pages.follow import Blocks, Standing
from mi_explorer.palette import assign
from mi_explorer.runners import Frame
from mi_explorer.verdicts import Reading
from mi_explorer.widgets import LiveChart

FIRST_STEPS = 2000  # on the axis when a run begins
BEFORE_RUN, BEFORE_POINTS = "Press Run, or choose a story.", "The first points have yet to come."


class Curves:
    """Writes to a chart, and knows how the bounds stand."""

    def __init__(self, chart: LiveChart):
        self.chart = chart
        self.chart.hint = BEFORE_RUN
        self.standing, self.blocks = Standing(), Blocks(1)
        self.drawn: Experiment | None = None  # the one whose levels the lines show

    def clear(self, steps: int) -> None:
        self.standing = Standing()
        self.chart.hint = BEFORE_RUN
        self.chart.start([], steps)

    def begin(self, experiment: Experiment) -> None:
        self.standing, self.blocks = Standing(), Blocks(experiment.steps)
        self.chart.hint = BEFORE_POINTS
        styles = assign(experiment.bounds, bounds)
        series = [{"key": key, "label": bounds[key].name, "style": styles[key], "kind": "curve"} for key in experiment.bounds]
        thin = [{**entry, "key": f"perfect:{entry['key']}", "label": f"{entry['label']}, perfect critic", "kind": "perfect"} for entry in series]
        if any(bounds[key].channel_promise == "upper" for key in experiment.bounds):
            thin.append({"key": "bracket", "label": "bracket", "style": 0, "kind": "bracket"})
        # A plan is shown whole; otherwise the axis grows with a long run, so that its beginning can be seen.
        self.chart.start(series + thin, experiment.steps if experiment.changes else min(experiment.steps, FIRST_STEPS))

    def add(self, frame: Frame) -> None:
        if len(frame.rows):
            for points, tentative in ((self.blocks.add(frame.rows), False), (self.blocks.tentative(), True)):
                if points:
                    centres, *curves = points
                    for index, key in enumerate(frame.experiment.bounds):
                        self.chart.append(key, centres, *(curve[:, index] for curve in curves), tentative=tentative)
        for step, perfect in self.standing.add(frame):
            for key, value in zip(frame.experiment.bounds, perfect):
                self.chart.append(f"perfect:{key}", step, value if math.isfinite(value) else math.nan)
        if frame.evaluations:
            found = bracket(self.standing.readings(frame.experiment, False))
            if found.upper:
                self.chart.append("bracket", frame.evaluations[-1].step, found.low, found.low, found.high)
        self.chart.flush()

    def show_levels(self, experiment: Experiment) -> None:
        """The lines of an experiment with all changes that are known of it."""
        if experiment is self.drawn:  # as mostly, and a long run may have hundreds of levels
            return
        truth, ceiling = [], []
        for start, level in experiment.levels():
            extend(truth, start, level.distribution.mi)
            extend(ceiling, start, math.log(level.batch_size))
        self.chart.truth, self.chart.ceiling = truth, ceiling
        self.drawn = experiment

    def move_lines(self, start: int, now: Experiment) -> None:
        """The lines from a step on, where its run has not yet heard of the change."""
        self.drawn = None
        truth, ceiling = ([entry for entry in line if entry[0] < start] for line in (self.chart.truth, self.chart.ceiling))
        extend(truth, start, now.distribution.mi)
        extend(ceiling, start, math.log(now.batch_size))
        self.chart.truth, self.chart.ceiling = truth, ceiling

    def readings(self, experiment: Experiment, running: bool = False) -> list[Reading]:
        return self.standing.readings(experiment, running)

    def describe(self, experiment: Experiment, done: int) -> str:
        """The chart in words, for those who do not see it."""
        lines = ", ".join(f"{one.bound.name} {one.estimate:.2f}" for one in self.readings(experiment) if math.isfinite(one.estimate))
        truth = experiment.at(done).distribution.mi
        return f"Estimates over {done} training steps. True MI {truth:.2f} nats. Latest, in nats: {lines or 'none yet'}."


def extend(line: list[list[float]], start: int, value: float) -> None:
    """Another value from a step on, where it is another: what has not changed need not be sent again."""
    if not line or line[-1][1] != value:
        line.append([start, value])
