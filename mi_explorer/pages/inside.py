"""The card "Look inside": pictures of the samples, of a learned critic beside the truth, and of the pointwise MI."""

from __future__ import annotations

__all__ = ["Inside", "TABS"]

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer import looks
from mi_explorer.bounds import bounds
from mi_explorer.experiment import Experiment
from mi_explorer.pages.picture import show_numbers
from mi_explorer.palette import assign
from mi_explorer.parameters import ParameterError
from mi_explorer.result import Look
from mi_explorer.widgets import Drawing, PictureNumbers, controls
from mi_explorer.widgets.drawing import cells, panel, points, steps, upright

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABS = ("samples", "critic", "pointwise")


class Inside:
    """Three tabs; the page's thread calls ``draw``, ``on_view`` is called when the visitor wants another picture."""

    def __init__(self, on_view):
        self.pictures = {name: controls.classed(Drawing(), f"mi-picture-{name}") for name in TABS}
        self.which = controls.dropdown("which-critic", "Critic of", [], None)
        self.identified = controls.checkbox("identified", "Remove what the bound cannot identify", True)
        critic = controls.group(controls.row(self.which, self.identified), self.pictures["critic"])
        self.tabs = controls.tabs(Samples=self.pictures["samples"], Critic=critic, Pointwise_MI=self.pictures["pointwise"])
        self.numbers = PictureNumbers()
        self.widget = controls.card("Look inside", self.tabs, self.numbers, name="inside")
        self.tabs.observe(lambda _: on_view(), "selected_index")
        self.which.observe(lambda _: on_view(), "value")
        self.identified.observe(lambda _: on_view(), "value")
        self.numbers.observe(lambda _: on_view(), "opened")

    @property
    def tab(self) -> str:
        return TABS[self.tabs.selected_index or 0]

    def offer(self, experiment: Experiment) -> None:
        """Let the visitor choose among the critics of an experiment."""
        names = tuple((bounds[key].name, key) for key in experiment.bounds)
        if self.which.options != names:
            self.which.options = names
            self.which.value = names[0][1]

    def draw(self, look: Look | None, experiment: Experiment | None, unit: str) -> None:
        """Show the tab that is open."""
        picture, shown = self.pictures[self.tab], False
        if look is None:
            picture.say("This picture appears with the first run.")
        else:
            try:
                getattr(self, f"show_{self.tab}")(picture, look, experiment, unit)
                shown = True
            except ParameterError as problem:
                picture.say(str(problem))
        show_numbers(self.numbers, partial(self.figure, look, experiment, unit) if shown else None)

    def show_samples(self, picture: Drawing, look: Look, experiment: Experiment, unit: str) -> None:
        x, y = looks.pairs(look)
        axes = panel("x, first coordinate", "y, first coordinate", around(x), around(y), points(x, y))
        picture.show(axes, alternative=f"Scatter plot of {len(x)} fresh pairs; their correlation is {np.corrcoef(x, y)[0, 1]:.2f}")

    def show_pointwise(self, picture: Drawing, look: Look, experiment: Experiment, unit: str) -> None:
        edges, true, learned, mean = looks.histograms(look, experiment, unit, self.identified.value)
        styles = assign(experiment.bounds, bounds)
        most = max(counts.max() for counts in (true, *learned.values()))
        marks = [steps(edges, true), *(steps(edges, counts, styles[name]) for name, counts in learned.items()), upright(mean)]
        picture.show(
            panel(f"pointwise MI of a pair ({unit})", "pairs", edges[[0, -1]], (0, 1.05 * most), *marks),
            legend=[("truth, and its mean", None), *((bounds[name].name, styles[name]) for name in learned)],
            alternative=f"Histogram of the pointwise mutual information, the truth with mean {mean:.2f} {unit}, and of each critic's",
        )

    def show_critic(self, picture: Drawing, look: Look, experiment: Experiment, unit: str) -> None:
        true, learned, reach = looks.log_ratios(look, experiment, self.which.value, unit, self.identified.value)
        x, y = between(look.grid_x), between(look.grid_y)
        titled = (("true log ratio", true), (f"{bounds[self.which.value].name}'s critic", learned))
        picture.show(
            *(panel("x", "y", x[[0, -1]], y[[0, -1]], cells(x, y, values, reach), title=title) for title, values in titled),
            scale=(reach, unit), alternative="The true log ratio and the learned critic as two maps on one colour scale",
        )

    def figure(self, look: Look, experiment: Experiment, unit: str) -> Figure:
        """The same by matplotlib, from which the numbers are read; it is loaded when they are opened."""
        from mi_explorer import figures

        if self.tab == "samples":
            return figures.samples(look)
        if self.tab == "pointwise":
            return figures.pointwise(look, experiment, unit, self.identified.value)
        return figures.critic_map(look, experiment, self.which.value, unit, self.identified.value)


def around(values: np.ndarray) -> tuple[float, float]:
    """A range with some air at both ends."""
    low, high = float(values.min()), float(values.max())
    air = 0.05 * (high - low) or 0.5
    return low - air, high + air


def between(grid: np.ndarray) -> np.ndarray:
    """The edges of cells around the points of a grid (n,): (n + 1,)."""
    if len(grid) == 1:
        return grid[0] + np.array([-0.5, 0.5])
    middle = (grid[1:] + grid[:-1]) / 2
    return np.concatenate([[2 * grid[0] - middle[0]], middle, [2 * grid[-1] - middle[-1]]])
