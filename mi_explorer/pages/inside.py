"""The card "Look inside": pictures of the samples, of a learned critic beside the truth, and of the pointwise MI."""

from __future__ import annotations

__all__ = ["Inside", "TABS"]

import html
from typing import TYPE_CHECKING

from mi_explorer.bounds import bounds
from mi_explorer.experiment import Experiment
from mi_explorer.pages.picture import image, show_numbers
from mi_explorer.parameters import ParameterError
from mi_explorer.result import Look
from mi_explorer.widgets import PictureNumbers, controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABS = ("samples", "critic", "pointwise")


class Inside:
    """Three tabs; the page's thread calls ``draw``, ``on_view`` is called when the visitor wants another picture."""

    def __init__(self, on_view):
        self.pictures = {name: controls.text(f"picture-{name}") for name in TABS}
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

    def draw(self, look: Look | None, experiment: Experiment | None, unit: str, dark: bool) -> None:
        """Draw the tab that is open; matplotlib is loaded with the first picture."""
        figure = None
        if look is None:
            said = '<p class="mi-muted">This picture appears with the first run.</p>'
        else:
            try:
                figure, alternative = self.picture(look, experiment, unit, dark)
                said = image(figure, alternative)
            except ParameterError as problem:
                said = f'<p class="mi-muted">{html.escape(str(problem))}</p>'
        self.pictures[self.tab].value = said
        show_numbers(self.numbers, figure)

    def picture(self, look: Look, experiment: Experiment, unit: str, dark: bool) -> tuple[Figure, str]:
        """The figure of the tab that is open, and what it shows in words."""
        from mi_explorer import figures

        if self.tab == "samples":
            return figures.samples(look, dark=dark), "Scatter plot of fresh pairs"
        if self.tab == "pointwise":
            alternative = "Histogram of the true pointwise mutual information and of each critic's"
            return figures.pointwise(look, experiment, unit, self.identified.value, dark=dark), alternative
        alternative = "The true log ratio and the learned critic as two maps on one colour scale"
        return figures.critic_map(look, experiment, self.which.value, unit, self.identified.value, dark=dark), alternative
