"""What a visitor has done, as cells of a notebook that does it again: settings, how to run them, and the numbers seen."""

from __future__ import annotations

__all__ = ["Work", "experiment_cells", "estimate_cells", "study_cells"]

import html
import re
import time
import uuid

from mi_explorer.description import Description
from mi_explorer.widgets import PageLink

TOGETHER = 3.0  # seconds: what follows so soon on a run of its own kind is a slider on its way, and takes its place
TAG = re.compile(r"<[^>]*>")


class Work:
    """Sends each run, once it has come to something, to the page's link, where the browser keeps it for its button "Save my work"."""

    def __init__(self, link: PageLink):
        self.link = link
        self.name = uuid.uuid4().hex[:12]  # the browser keeps the work of many pages, whose kernels may be each other's image
        self.count, self.last = 0, ("", -TOGETHER)

    def add(self, kind: str, cells: list[tuple[str, str]]) -> None:
        """Cells ("markdown" or "code", text) of one run; ``kind`` says what else would be the same experiment."""
        before, when = self.last
        now = time.monotonic()
        if kind != before or now - when > TOGETHER:
            self.count += 1
        self.last = kind, now
        self.link.keep(f"{self.name}-{self.count}", cells)


def quoted(text: str) -> str:
    """A Python literal of some JSON, over several lines where that is safe."""
    return repr(text) if "\\" in text or '"""' in text else f'"""{text}"""'


def plainly(words: str) -> str:
    """Text that was written as HTML, for Markdown."""
    return re.sub(r"([*_`<$\[])", r"\\\1", html.unescape(TAG.sub("", words)))


def heading(title: str, words: list[str]) -> tuple[str, str]:
    return "markdown", "\n\n".join([f"## {plainly(title)}", *(f"> {plainly(one)}" for one in words if one)])


def study_cells(notebook: str, key: str, title: str, study: Description, unit: str, words: list[str]) -> list[tuple[str, str]]:
    """A panel's study: carried out, its sentence, its picture and its numbers."""
    code = (
        f"panel = mi.pages.panel({notebook!r}, {key!r})\n"
        f"study = panel.study.from_json({quoted(study.to_json())})\n"
        "*_, snapshot = study.carry_out()\n"
        f"print(panel.headline(snapshot, {unit!r}))\n"
        f"panel.picture(snapshot, {unit!r}, False, False)"
    )
    return [heading(title, words), ("code", code), ("code", "snapshot.frame()")]


def experiment_cells(title: str, experiment: Description, unit: str, words: list[str]) -> list[tuple[str, str]]:
    """An experiment of the live chart, with the changes that were made on its way."""
    code = (
        f"experiment = mi.Experiment.from_json({quoted(experiment.to_json())})\n"
        "result = mi.collect(mi.run(experiment))\n"
        f"mi.figures.convergence(result, {unit!r})"
    )
    return [heading(title, words), ("code", code), ("code", "result.summary()")]


def estimate_cells(question, x: tuple[str, ...], y: tuple[str, ...], own: str, words: list[str]) -> list[tuple[str, str]]:
    """An estimate: of an example, or of the visitor's own table, which is named ``own`` and has to be beside the notebook."""
    if own:
        table = f"import pandas\n\ntable = pandas.read_csv({own!r})  # your own table: put it beside this notebook\n"
    else:
        table = f"from mi_explorer.examples import EXAMPLES\n\ntable = EXAMPLES[{question.example!r}].table.frame\n"
    code = (
        f"{table}report = mi.estimate(\n"
        f"    table[{list(x)!r}], table[{list(y)!r}], {question.method!r},\n"
        f"    seed={question.seed}, time_limit={question.time_limit!r}, drop_missing={question.drop_missing},\n"
        ")\nprint(report)"
    )
    return [heading(f"{', '.join(x)} and {', '.join(y)}", words), ("code", code)]
