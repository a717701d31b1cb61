"""The command line: what it writes, what it refuses and how, and that --help costs nothing."""

import json
import signal
import subprocess
import sys
import types
import xml.etree.ElementTree as ElementTree

import pytest

from mi_explorer import Experiment, Gaussian, Result, __version__, cli, server
from mi_explorer.cli import run

SMALL = Experiment(
    distribution=Gaussian(dim=2, correlation=0.7), bounds=("infonce", "nwj"), critic="separable", width=8, batch_size=8,
    steps=12, replicates=2, evaluate_every=5,
)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.json"
    path.write_text(SMALL.to_json())
    return str(path)


def refusal(capsys, *arguments) -> str:
    """What the command line answers to a mistake, after checking that it is one sentence and exit code 2."""
    assert cli.main(list(map(str, arguments))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mi-explorer: ") and err.endswith(".\n") and err.count("\n") == 1, err
    return err


# -- run ---------------------------------------------------------------------------------------------------------------


def test_run_writes_a_result_that_loads_again_and_a_figure(small, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert cli.main(["run", small, "--out", str(out)]) == 0
    printed, log = capsys.readouterr()
    result = Result.load(out)
    assert result.experiment == SMALL and result.steps == 12
    assert (out / "convergence.png").read_bytes().startswith(b"\x89PNG")
    drawn = (out / "convergence.svg").read_text()
    ElementTree.fromstring(drawn)
    assert SMALL.key in drawn
    assert sorted(path.name for path in out.iterdir()) == sorted(run.FILES)
    table = result.summary()
    for row in table.itertuples():
        assert f"{row.estimate:.3f}" in printed
    assert printed.count("InfoNCE") >= 1 and printed.count("NWJ") >= 1  # a sentence each
    assert "12/12" in log and str(out) in log  # the bar, and where things are


def test_same_seed_same_curves_whatever_the_number_of_threads(small, tmp_path):
    for name, threads in (("one", "1"), ("two", "2")):
        assert cli.main(["run", small, "--out", str(tmp_path / name), "--threads", threads]) == 0
    first, second = (Result.load(tmp_path / name).estimates for name in ("one", "two"))
    assert abs(first - second).max() < 1e-4


def test_a_folder_with_a_result_is_left_alone(small, tmp_path, capsys):
    (tmp_path / "curves.csv").write_text("precious")
    assert "curves.csv" in refusal(capsys, "run", small, "--out", tmp_path)
    assert (tmp_path / "curves.csv").read_text() == "precious"
    assert cli.main(["run", small, "--out", str(tmp_path), "--overwrite"]) == 0
    assert Result.load(tmp_path).experiment == SMALL


def test_run_reads_standard_input(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(read=lambda: '{"steps": 2, "width": 4, "batch_size": 4}'))
    assert cli.main(["run", "-", "--out", str(tmp_path)]) == 0
    assert Result.load(tmp_path).steps == 2


def test_verdicts_speak_about_the_last_level(tmp_path, capsys):
    staircase = SMALL.with_change(6, distribution=SMALL.distribution.with_mi(2.0))
    (tmp_path / "stairs.json").write_text(staircase.to_json())
    assert cli.main(["run", str(tmp_path / "stairs.json"), "--out", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.split()[1:2] in (["infonce"], ["nwj"])] == ["6", "6", "12", "12"]


def test_ctrl_c_ends_with_a_sentence_and_writes_nothing(tmp_path):
    (tmp_path / "long.json").write_text('{"steps": 1000000, "width": 8, "batch_size": 8}')
    command = [sys.executable, "-m", "mi_explorer.cli", "run", "long.json", "--out", "out"]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}

    def hear_interrupts():  # a test run that was started in the background ignores them, and so would its children
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, cwd=tmp_path, preexec_fn=hear_interrupts, **pipes) as process:
        assert process.stderr.read(1)  # the bar is there: the run has begun
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and out == b""
    assert b"nothing was written" in err and b"Traceback" not in err
    assert list((tmp_path / "out").iterdir()) == []


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "not valid JSON"),
        ("{'steps': 2}", "line 1, column 2"),
        ("[1, 2]", "dictionary"),
        ("[" * 100_000, "not valid JSON"),
        ('{"steps": 1' + "0" * 5000 + "}", "JSON"),
        ('{"steps": NaN}', "steps"),
        ('{"steps": -1}', "steps is -1"),
        ('{"steps": "many"}', "steps is 'many'"),
        ('{"learning_rate": 1e999}', "learning_rate"),
        ('{"batch_size": 1}', "batch_size is 1"),
        ('{"bounds": ["infonze"]}', "infonze"),
        ('{"bounds": 3}', "bounds"),
        ('{"colour": "red"}', "colour"),
        ('{"distribution": "gaussian"}', "distribution"),
        ('{"distribution": {"name": "gaussian", "correlation": 1}}', "correlation is 1"),
        ('{"distribution": {"name": "gaussian", "dim": 0}}', "dim is 0"),
        ('{"steps": 10000000, "batch_size": 8192}', "MAX_COST"),
    ],
)
def test_an_experiment_that_is_none(text, said, tmp_path, capsys):
    (tmp_path / "bad.json").write_text(text)
    sentence = refusal(capsys, "run", tmp_path / "bad.json", "--out", tmp_path / "out")
    assert said in sentence and "bad.json" in sentence
    assert not (tmp_path / "out").exists()


def test_files_and_folders_that_cannot_be_used(small, tmp_path, capsys):
    assert "cannot be read" in refusal(capsys, "run", tmp_path / "missing.json", "--out", tmp_path / "out")
    assert "cannot be read" in refusal(capsys, "run", tmp_path, "--out", tmp_path / "out")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    assert "not a text file" in refusal(capsys, "run", tmp_path / "binary.json", "--out", tmp_path / "out")
    assert "cannot be a folder" in refusal(capsys, "run", small, "--out", small)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["dance"], "dance"),
        (["--colour"], "--colour"),
        (["serve", "--port", "web"], "'web' is not a whole number"),
        (["serve", "--port", "0"], "65535"),
        (["serve", "--port", "70000"], "65535"),
        (["serve", "--port", "-1"], "--port"),
        (["serve", "--tea"], "--tea"),
        (["run"], "--out"),
        (["run", "x.json"], "--out"),
        (["run", "x.json", "--out", "y", "--threads", "0"], "--threads"),
        (["run", "x.json", "--out", "y", "--threads", "1.5"], "--threads"),
    ],
)
def test_arguments_that_are_none(arguments, said, capsys):
    assert said in refusal(capsys, *arguments)


def test_a_device_that_is_not_there(tmp_path, capsys):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    (tmp_path / "gpu.json").write_text('{"device": "cuda"}')
    assert "device is 'cuda'" in refusal(capsys, "run", tmp_path / "gpu.json", "--out", tmp_path / "out")


# -- serve, lab, bench, help -------------------------------------------------------------------------------------------


def test_serve_is_what_a_bare_command_does(monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(server, "serve", lambda **options: calls.append(options))
    assert cli.main([]) == cli.main(["serve"]) == cli.main(["serve", "--port", "9000", "--no-browser"]) == 0
    terms = {"terms": server.Settings()}
    assert calls == [{"open_browser": True} | terms, {"open_browser": True} | terms, {"open_browser": False, "port": 9000} | terms]
    assert cli.main(["serve", "--host", "0.0.0.0", "--token", "a-long-word", "--max-kernels", "5", "--base-url", "/mi/"]) == 0
    assert calls[-1]["terms"] == server.Settings(host="0.0.0.0", token="a-long-word", max_kernels=5, base_url="/mi/")
    assert "--public" in refusal(capsys, "serve", "--host", "0.0.0.0")

    def refuse(**_):
        raise server.ServeError("No free port.")

    monkeypatch.setattr(server, "serve", refuse)
    assert "No free port." in refusal(capsys)


def test_lab_opens_the_lessons_and_hands_on_what_it_does_not_know(monkeypatch):
    from jupyterlab.labapp import LabApp

    calls = []
    monkeypatch.setattr(LabApp, "launch_instance", calls.append)
    assert cli.main(["lab", "--port", "9001", "--no-browser", "--allow-root"]) == 0
    assert {f"--ServerApp.root_dir={server.notebooks_dir()}", "--ServerApp.port=9001", "--no-browser", "--allow-root"} <= set(calls[0])


def test_bench(monkeypatch, capsys):
    calls = []
    monkeypatch.setitem(sys.modules, "mi_explorer.bench", types.SimpleNamespace(print_table=lambda *options: calls.append(options)))
    assert cli.main(["bench", "--quick", "--torch-mist", sys.executable]) == 0
    assert calls == [(sys.executable, True)]
    assert cli.main(["bench", "--torch-mist", "no-such-python"]) == 2
    assert cli.main(["bench", "--nonsense"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_help_reads_well_and_loads_nothing_heavy():
    code = """if True:
        import sys
        from mi_explorer import cli
        for arguments in (["--help"], ["serve", "-h"], ["lab", "-h"], ["run", "-h"], ["--version"]):
            try:
                cli.main(arguments)
            except SystemExit as ending:
                assert ending.code == 0
        heavy = {"torch", "matplotlib", "pandas", "voila", "jupyterlab", "ipywidgets"} & set(sys.modules)
        assert not heavy, heavy
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for word in ("serve", "lab", "run", "bench", "examples:", "--out DIR", "--overwrite", __version__):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_the_example_in_the_help_is_an_experiment():
    example = run.DESCRIPTION[run.DESCRIPTION.index("{") :]
    assert Experiment.from_dict(json.loads(example)).steps == 500
