"""mi-explorer sweep and report: what they write, what they refuse, and that Ctrl+C keeps what is finished."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest

from mi_explorer import cli
from mi_explorer.cli import sweep as command
from mi_explorer.sweeps import Grid, Store, Sweep

GRID = """
[base]
distribution = {name = "gaussian", dim = 2}
bounds = ["infonce"]
critic = "separable"
width = 4
batch_size = 4
steps = 2
replicates = 2
device = "cpu"
[axes]
mi = [1, 2]
batch_size = [4, 8]
"""


@pytest.fixture
def grid(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(GRID)
    return path


def refusal(capsys, *arguments) -> str:
    assert cli.main(list(map(str, arguments))) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("mi-explorer: ") and err.endswith(".\n") and err.count("\n") == 1, err
    return err


def test_sweep_then_report(grid, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["sweep", str(grid), "--out", str(out), "--dry-run"]) == 0
    assert capsys.readouterr().out.count("to do") == 4 and not out.exists()
    assert cli.main(["sweep", str(grid), "--out", str(out), "--workers", "1"]) == 0
    printed, log = capsys.readouterr()
    assert printed.count("infonce") == 4 and "4 of 4 cells" in log
    assert cli.main(["sweep", str(grid), "--out", str(out), "--dry-run"]) == 0
    assert capsys.readouterr().out.count("there") == 4
    assert cli.main(["report", str(out)]) == 0
    done = Sweep.load(out)
    assert len(pd.read_csv(out / "cells.csv")) == len(done.frame()) == 8
    assert len(pd.read_csv(out / "table.csv")) == 4
    text = (out / "report.md").read_text()
    assert "4 of 4 cells." in text and text.count("| infonce |") == 4 and "estimates-2.png" in text
    for name in ("estimates-1.png", "estimates-2.png", "estimates-1.svg", "estimates-2.svg"):
        assert (out / name).stat().st_size > 1000


def test_the_example_in_the_help_is_a_grid():
    example = command.DESCRIPTION[command.DESCRIPTION.index("  [base]") : command.DESCRIPTION.index("An axis")]
    assert len(Grid.from_toml(example).cells) == 5 * 2 * 3


def test_mistakes(grid, tmp_path, capsys):
    out = tmp_path / "out"
    (tmp_path / "bad.toml").write_text("axes.colour = [1]")
    assert "colour" in refusal(capsys, "sweep", tmp_path / "bad.toml", "--out", out)
    assert "can be read" in refusal(capsys, "sweep", tmp_path / "none.toml", "--out", out)
    assert "folder" in refusal(capsys, "sweep", grid, "--out", grid)
    assert "--workers" in refusal(capsys, "sweep", grid, "--out", out, "--workers", "0")
    assert "scheduler" in refusal(capsys, "sweep", grid, "--out", out, "--scheduler", "nonsense://x")
    assert "sweep.json" in refusal(capsys, "report", tmp_path)
    Store(tmp_path / "empty").write_grid(Grid.read(grid))
    assert "no finished cell" in refusal(capsys, "report", tmp_path / "empty")
    assert not out.exists()


def living(group: int) -> list[psutil.Process]:
    """The processes of a group that still run; the dead that nobody has asked about yet do not count."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_ends_every_worker(tmp_path):
    path, out = tmp_path / "grid.toml", tmp_path / "out"
    path.write_text(GRID.replace("batch_size = [4, 8]", "steps = [2, 10_000_000]"))
    line = [sys.executable, "-m", "mi_explorer.cli", "sweep", str(path), "--out", str(out), "--workers", "2"]

    def hear_interrupts():
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(line, stderr=subprocess.PIPE, preexec_fn=hear_interrupts, start_new_session=True) as process:
        while not list(out.glob("cells/*.json")):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, err = process.communicate(timeout=30)  # its pipe closes when the last worker is gone
    assert process.returncode == 130
    assert b"finished and stay" in err and b"Traceback" not in err
    end = time.monotonic() + 30
    while living(process.pid):
        assert time.monotonic() < end, "a worker lives on"
        time.sleep(0.05)
    assert len(Sweep.load(out).finished) >= 1
