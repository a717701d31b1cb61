"""The package as a whole: what importing it costs, who imports whom, and that the README's code runs."""

import itertools
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import mi_explorer
from mi_explorer import bounds, training
from mi_explorer.distributions import families

ROOT = Path(mi_explorer.__file__).parents[1]
README = (ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else ""


def loaded_by(code: str) -> set[str]:
    """The modules that are loaded after ``code`` in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("code", [
    "import mi_explorer",
    "import mi_explorer; mi_explorer.Experiment().to_url(); mi_explorer.Gaussian.from_mi(4, dim=20).mi",
    "import mi_explorer.pages; mi_explorer.pages.watch()",
    "import mi_explorer.pages; mi_explorer.pages.why()",
    "import mi_explorer.pages; mi_explorer.pages.contrast()",
    "import mi_explorer.server",
])
def test_no_torch_before_the_first_run(code):
    loaded = loaded_by(code)
    assert not loaded & {"torch", "matplotlib", "pandas", "sklearn", "scipy"}
    if "pages" not in code and "server" not in code:
        assert "ipywidgets" not in loaded


def test_pictures_need_no_pyplot():
    assert "matplotlib.pyplot" not in loaded_by("import mi_explorer.figures, mi_explorer.pages")


def test_everything_that_the_package_promises_is_there():
    for name in mi_explorer.__all__:
        assert getattr(mi_explorer, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        mi_explorer.nonsense


def test_arrows_point_up_only():
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_readme_runs_as_it_stands(monkeypatch):
    """Every Python block in order, in one namespace; only the long run is cut short."""
    whole = training.run
    monkeypatch.setattr(training, "run", lambda experiment: itertools.islice(whole(experiment), 3))
    names: dict = {}
    try:
        for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
            exec(block, names)
        assert names["problem"].mi == 4.0
        assert names["scores"].shape == (64, 64)
        assert list(names["result"].frame().columns)[:4] == ["step", "bound", "replicate", "estimate"]
        assert eval("mi.Experiment.from_json(experiment.to_json()) == experiment", names)
        half = bounds["half"].estimate(names["scores"])
        assert half == (bounds["infonce"].estimate(names["scores"]) + bounds["nwj"].estimate(names["scores"])) / 2
        copy = names["Copy"](symbols=8)
        x, y = copy.sample(100)
        assert (copy.log_ratio(x, y) == copy.mi).all() and copy.log_ratio(x, y - 1).max() == -float("inf")
        *_, last = names["Knob"](correlation=0.6).carry_out()
        assert last.done == 1 and last.curve[-1][1] == mi_explorer.Gaussian(correlation=0.6).mi
        assert names["page"] is not None
    finally:
        bounds.pop("half", None)
        families.pop("copy", None)
        mi_explorer.estimators.registry.pop("spearman", None)


def test_the_readme_names_what_there_is():
    for path in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z]+)", README):
        assert f"\n{target}:" in makefile, target


@pytest.mark.parametrize("python", ["3.10.0", "3.11.0", "3.12.0", "3.13.0"])
def test_no_version_is_pinned_for_a_python_that_it_refuses(python):
    """The first of each line: Debian 12 has 3.11.2, for which one package wanted 3.11.5, and nothing could be installed."""
    names = {"python_version": python.rpartition(".")[0], "python_full_version": python}
    pins = [Requirement(line) for line in (ROOT / "binder/constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    asked = {pin.name: pin for pin in pins if pin.marker is None or pin.marker.evaluate(names)}
    here = [pin for pin in asked.values() if pin.specifier.contains(installed(pin.name) or "0")]
    assert len(here) > 80
    refused = {str(pin): wanted for pin in here if not SpecifierSet(wanted := metadata.metadata(pin.name).get("Requires-Python") or "").contains(python)}
    assert not refused


def installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
