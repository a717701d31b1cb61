"""``mi-explorer estimate``: what it prints and writes, and how it refuses."""

import io
import json
import signal
import subprocess
import sys
import types

import pytest

from mi_explorer import cli
from mi_explorer.examples import EXAMPLES


@pytest.fixture
def coins(tmp_path):
    path = tmp_path / "coins.csv"
    EXAMPLES["coins"].table.frame.to_csv(path, index=False)
    return str(path)


def refusal(capsys, *arguments) -> str:
    """What the command answers to a mistake, after checking that it is one sentence and exit code 2."""
    assert cli.main(["estimate", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mi-explorer: ") and err.endswith(".\n") and err.count("\n") == 1, err
    return err


def test_the_answer_holds_the_truth(coins, capsys):
    assert cli.main(["estimate", coins, "--x", "first coin,2", "--y", "answer"]) == 0
    out, err = capsys.readouterr()
    low, high = map(float, out.split("interval ")[1].split(" (")[0].split(" to "))
    assert low < EXAMPLES["coins"].truth < high
    assert "* Plug-in" in out and "X: first coin, second coin\nY: answer\n2,000 rows" in out
    assert "2,000 rows, 3 columns" in err


def test_one_coin_tells_nothing(coins, capsys):
    assert cli.main(["estimate", coins, "--x", "1", "--y", "3", "--method", "plugin"]) == 0
    value = float(capsys.readouterr().out.split("I(X; Y) = ")[1].split()[0].replace("−", "-"))
    assert abs(value) < 0.004  # 2 n I is about chi-square with 1 degree of freedom: 16 / 4000 is its 4-sigma end


@pytest.mark.parametrize("kind", ["json", "markdown"])
def test_reports_are_written(coins, tmp_path, capsys, kind):
    target = tmp_path / "report"
    assert cli.main(["estimate", coins, "--x", "1,2", "--y", "3", f"--{kind}", str(target)]) == 0
    assert str(target) in capsys.readouterr().err
    text = target.read_text()
    if kind == "json":
        assert json.loads(text)["names_y"] == ["answer"]
    else:
        assert "2,000 rows, 3 columns" in text and "0.3" in text


def test_the_same_seed_gives_the_same_report(coins, tmp_path):
    for name in ("one", "two"):
        assert cli.main(["estimate", coins, "--x", "1,2", "--y", "3", "--seed", "7", "--json", str(tmp_path / name)]) == 0
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("one", "two"))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_standard_input(coins, monkeypatch, capsys):
    with open(coins, "rb") as file:
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(file.read())))
    assert cli.main(["estimate", "-", "--x", "1,2", "--y", "3"]) == 0
    assert "standard input: 2,000 rows" in capsys.readouterr().err


def test_columns_must_be_chosen_and_are_listed(coins, capsys):
    for arguments in ([], ["--x", "1"], ["--y", "answer"]):
        assert "1 first coin, 2 second coin, 3 answer" in refusal(capsys, coins, *arguments)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--x", "4", "--y", "1"], "--x is '4'"), (["--x", "age", "--y", "1"], "--x is 'age'"), (["--x", "1", "--y", ","], "--y is 'empty'"),
        (["--x", "1,2", "--y", "2"], "both sides"), (["--x", "1", "--x", "1", "--y", "2"], "twice"),
        (["--x", "1", "--y", "2", "--method", "magic"], "method is 'magic'"),
        (["--x", "1", "--y", "2", "--seed", "-1"], "--seed"), (["--x", "1", "--y", "2", "--time-limit", "0"], "--time-limit"),
        (["--x", "1", "--y", "2", "--json", "a", "--markdown", "b"], "not allowed"),
        (["--x", "1", "--y", "2", "--json", "no/such/folder.json"], "cannot be written"),
    ],
)
def test_mistakes(coins, arguments, said, capsys):
    assert said in refusal(capsys, coins, *arguments)


def test_a_method_that_is_not_for_such_columns(coins, capsys):
    assert cli.main(["estimate", coins, "--x", "1", "--y", "2", "--method", "ksg1"]) == 2
    assert "'first coin' holds symbols" in capsys.readouterr().err.splitlines()[-1]  # after the line about the table


def test_missing_values_need_consent(tmp_path, capsys):
    path = tmp_path / "holes.csv"
    path.write_text("a,b\n" + "".join(f"{i % 3},{i % 2}\n" for i in range(60)) + "NA,1\n1,\n")
    assert "2 of 62 rows" in refusal(capsys, path, "--x", "a", "--y", "b")
    assert cli.main(["estimate", str(path), "--x", "a", "--y", "b", "--drop-missing"]) == 0
    assert "2 of 62 rows have a missing" in capsys.readouterr().out


def test_files_that_are_no_tables(tmp_path, capsys):
    assert "cannot be read" in refusal(capsys, tmp_path / "missing.csv", "--x", "1", "--y", "2")
    assert "cannot be read" in refusal(capsys, tmp_path, "--x", "1", "--y", "2")
    for name, content, said in (("a.xlsx", b"PK\x03\x04", "spreadsheet"), ("b.csv", b"a,b\n1\n", "line 2"), ("c.csv", b"", "empty")):
        (tmp_path / name).write_bytes(content)
        sentence = refusal(capsys, tmp_path / name, "--x", "1", "--y", "2")
        assert said in sentence and name in sentence


def test_ctrl_c(tmp_path):
    command = [sys.executable, "-m", "mi_explorer.cli", "estimate", "-", "--x", "1,2", "--y", "3,4", "--json", str(tmp_path / "report")]
    rows = "a,b,c,d\n" + "".join(f"{i * i % 97},{i * 31 % 89},{i * i * i % 101},{i * 7 % 83}\n" for i in range(20_000))

    def hear_interrupts():  # a test run that was started in the background ignores them, and so would its children
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    with subprocess.Popen(command, preexec_fn=hear_interrupts, **pipes) as process:
        process.stdin.write(rows.encode())
        process.stdin.close()
        assert b"20,000 rows" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130 and out == b""
    assert b"Interrupted" in err and b"Traceback" not in err
    assert not (tmp_path / "report").exists()


def test_help_loads_nothing_heavy():
    code = """if True:
        import sys
        from mi_explorer import cli
        try:
            cli.main(["estimate", "-h"])
        except SystemExit as ending:
            assert ending.code == 0
        heavy = {"torch", "matplotlib", "pandas", "scipy", "sklearn", "ipywidgets"} & set(sys.modules)
        assert not heavy, heavy
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for word in ("--x COLUMNS", "--drop-missing", "--time-limit", "--markdown", "standard input"):
        assert word in done.stdout
