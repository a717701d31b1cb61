"""The lessons: they run from top to bottom, stay small, and the dashboard shows them without loading PyTorch."""

import html
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mi_explorer import Experiment, server
from mi_explorer.pages import LESSONS, sources
from mi_explorer.pages.presets import PRESETS

FOLDER = server.notebooks_dir()
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LESSON = FOLDER / "watch-the-bounds-converge.ipynb"
MADE_BY_RUNNING = "application/vnd.jupyter.widget-view+json"


def carry_out(path: Path, skipping: str, then: str):
    """Run a notebook and one more cell; cells with the tag ``skipping`` are left out."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(then))
    client = NotebookClient(notebook, timeout=120, iopub_timeout=60, skip_cells_with_tag=skipping, resources={"metadata": {"path": FOLDER}})
    client.execute()
    return notebook.cells


def shown(cell) -> set[str]:
    return {kind for output in cell.get("outputs", []) for kind in output.get("data", {})}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_under_version_control(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None
            assert len(cell.source.splitlines()) <= 10, cell.source
            assert not re.search(r"import .*\b_\w|\._\w", cell.source), "lessons use the public library"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_dashboard_runs_it_without_torch(path):
    carry_out(path, "skip-execution", "import sys; assert 'torch' not in sys.modules")


def test_the_lesson_and_the_bound_that_it_writes():
    short = "Experiment(distribution=mi.Gaussian(), bounds=('infonce', 'my-bound', 'nwj'), critic='separable', width=8, steps=3)"
    check = (
        f"r = mi.collect(mi.run(mi.{short})).estimates; import numpy\n"
        "assert numpy.allclose(r[0, 1], (r[0, 0] + r[0, 2]) / 2, atol=1e-5), r[0]"
    )
    cells = carry_out(LESSON, "nothing", check)
    assert sum(MADE_BY_RUNNING in shown(cell) for cell in cells) == 2  # the page, and the page with the own bound


def test_the_lesson_on_errors_and_its_cells():
    check = (
        "answer = snapshot.answer\n"
        "assert 20 < answer.low < answer.K < answer.high < 1000, answer  # above e^2.8 = 16; the curve gives about 180"
    )
    cells = carry_out(FOLDER / "why-estimates-are-wrong.ipynb", "nothing", check)
    assert [MADE_BY_RUNNING in shown(cell) for cell in cells].count(True) == 1  # the page
    assert any("image/png" in shown(cell) for cell in cells) and any("text/html" in shown(cell) for cell in cells)


def test_the_landing_page_draws_its_picture():
    check = "assert abs(spots.mi - 1) < 3 * spots.mi_stderr and cloud.mi == bent.mi == 1"
    cells = carry_out(FOLDER / "index.ipynb", "nothing", check)
    assert "image/png" in shown(cells[-2])


def test_links_lead_somewhere():
    text = "".join(cell.source for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells)
    links = [html.unescape(link) for link in re.findall(r'(?:href|src)="([^"]+)"', text)] + re.findall(r"\]\(([^)]+)\)", text)
    local = [link for link in links if not link.startswith("https://")]
    for link in local:
        assert (FOLDER / link.partition("#")[0]).is_file(), link
    experiments = [link for link in local if "#distribution" in link and link.startswith("watch-the-bounds")]
    stories = [Experiment.from_url(link) for link in experiments]
    known = {preset.experiment: preset.key for preset in PRESETS}
    fresh = "\n".join(f"{preset.key}: {html.escape(preset.experiment.to_url())}" for preset in PRESETS)
    assert all(story in known for story in stories), f"notebooks link to presets as they were; now they are\n{fresh}"
    assert {*stories} == {*known}
    told = {f"panel={panel.key}&{story.study.to_url()[1:]}" for lesson in LESSONS for panel in lesson.panels for story in panel.stories}
    links = [link.partition("#")[2].replace("view.unit=nats&", "") for link in local if "#panel" in link]
    assert len(links) > 30 and not (stale := [link for link in links if link not in told]), f"no story is as these links say: {stale}"
    assert all(link in experiments or "#panel" in link for link in local if "#" in link)


def test_the_guide_is_found_and_has_a_part_for_every_lesson():
    guide = (FOLDER / "lecturers-guide.ipynb").read_text("utf-8")
    for path in NOTEBOOKS:
        if path.stem not in ("index", "lecturers-guide", "words-and-references"):
            assert f"[Open the lesson]({path.name})" in guide, path.name
    assert '"cell_type": "code"' not in guide
    for where in ("index.ipynb", "../README.md"):
        text = (FOLDER / where).read_text("utf-8")
        assert "lecturers-guide.ipynb" in text and "words-and-references.ipynb" in text, where


def test_references_come_from_the_records():
    from mi_explorer.bounds import bounds
    from mi_explorer.estimators import registry
    from mi_explorer.pages import references

    text = references().data
    for record in (*bounds.values(), *registry.values()):
        assert sources.escaped(record.name) in text, record.name
    assert "[arXiv:1807.03748](https://arxiv.org/abs/1807.03748)" in text
    assert all(url in text for lesson in LESSONS for panel in lesson.panels for _, url in panel.papers)


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if "<details>" in path.read_text("utf-8")], ids=lambda path: path.stem)
def test_every_exercise_has_a_hint_and_a_hidden_answer(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    for exercise in re.split(r"(?m)^\*\*\d+\. ", text)[1:]:
        folded = re.findall(r"<summary>(\w+)</summary>", exercise)
        assert folded == ["Hint", "Answer"], exercise[:80]
