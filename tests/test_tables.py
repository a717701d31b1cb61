"""Reading tables that somebody hands in: what is guessed, what is said about it, and what is refused."""

import io

import numpy as np
import pandas
import pytest

from mi_explorer import ParameterError
from mi_explorer.examples import BLUR, EXAMPLES, parabola_mi
from mi_explorer.tables import choose, read_table

PLAIN = "height,weight\n172.5,68\n165,59\n"
SAME = pandas.DataFrame({"height": [172.5, 165.0], "weight": [68, 59]})


@pytest.mark.parametrize(
    "data",
    [
        PLAIN, PLAIN.encode(), b"\xef\xbb\xbf" + PLAIN.encode(), PLAIN.encode("utf-16"), b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace(",", ";"), PLAIN.replace(",", "\t"), PLAIN.replace("\n", "\r\n"), "\n" + PLAIN + "\n\n",
        PLAIN.replace(",", ";").replace(".", ","), PLAIN.replace(",", "\t").replace(".", ","), PLAIN.replace(",", " , "),
        'height,"weight"\n"172.5",68\n165,"59"\n',
    ],
)
def test_the_same_table_in_many_spellings(data):
    pandas.testing.assert_frame_equal(read_table(data).frame, SAME)


def test_what_was_guessed_is_said():
    notes = " ".join(read_table("a;b\n1,5;2\n3,25;4\n").notes)
    assert "semicolons" in notes and "decimal comma" in notes
    assert "Latin-1" in " ".join(read_table("größe,b\n1,2\n".encode("latin-1")).notes)
    assert read_table("größe,b\n1,2\n".encode("latin-1")).names == ("größe", "b")
    assert read_table(PLAIN).notes == ()


def test_a_comma_that_could_be_thousands_is_not_guessed():
    table = read_table("a;b\n1,500;2\n3,250;4\n")
    assert table.columns[0].kind == "text" and "thousands" in " ".join(table.notes)


@pytest.mark.parametrize("cell", ["1.000,5", "12 %", "1'000", "3,14 €"])
def test_numbers_that_stay_text_are_pointed_out(cell):
    table = read_table(f"a;b\n{cell};x\n{cell};y\n")
    assert table.columns[0].kind == "text" and f"Column a was read as text, because numbers such as '{cell}'" in table.notes[-1].replace('"', "'")
    assert not any("Column b" in note for note in table.notes)


def test_spaces_do_not_make_two_words_of_one():
    table = read_table("a,b\nyes ,1\n yes,2\n  ,3\n")
    assert table.columns[0].distinct == 1 and table.columns[0].missing == 1


@pytest.mark.parametrize(
    "text, names, rows",
    [
        ("1,2\n3,4\n", ("column 1", "column 2"), 2),
        ("5.1,setosa\n4.9,setosa\n", ("column 1", "column 2"), 2),
        ("year,2019,2020\n1,2,3\n", ("year", "2019", "2020"), 1),
        ("a,b\nx,y\n", ("a", "b"), 1),
        ("a,a,,a (2)\n1,2,3,4\n", ("a", "a (3)", "column 3", "a (2)"), 1),
        ("1,5;2,5\n3,5;4,5\n", ("column 1", "column 2"), 2),
    ],
)
def test_headers(text, names, rows):
    table = read_table(text)
    assert table.names == names and len(table.frame) == rows


def test_missing_values_and_kinds():
    table = read_table("number,word,flag,nothing,odd\n1,a,True,,5\nNA,b,False,,6\ninf,,True,,?\n4,b,True,,8\n")
    kinds = {column.name: (column.kind, column.missing) for column in table.columns}
    assert kinds == {"number": ("numbers", 2), "word": ("text", 1), "flag": ("yes/no", 0), "nothing": ("empty", 4), "odd": ("text", 0)}
    assert table.incomplete_rows(("number",)) == 2 and table.incomplete_rows(("number", "word")) == 2
    assert table.incomplete_rows(("flag", "odd")) == 0
    assert "'?'" in " ".join(table.notes) and "write NA" in " ".join(table.notes)


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "empty"), (" \n\n", "empty"), ("a,b\n", "only a header"), ("a\n1\n2\n", "a single column"),
        ("a,b\n1,2\n3\n", "1 value in line 3"), ("a,b\n1,2,3\n", "3 values in line 2"), ('a,b\n"1\n2",3\n4\n', "1 value in line 4"),
        ('a,b\n1,"2\n', "unreadable at line"), (b"a,b\n1,\x002\n", "a binary file"), ("a,b\n1,\0\n", "a binary file"),
        (b"PK\x03\x04rest", "a spreadsheet"), (b"\x80\x04\x95", "a pickle"), (bytes(range(128, 256)) * 20, "a binary file"),
        (b"\xff\xfe1", "broken UTF-16"), ("a,b\n" * 3000, "0.0 MB"), (",".join("a" * 3000) + "\n", "3000 columns"),
    ],
)
def test_refusals_say_what_and_where(data, said):
    with pytest.raises(ParameterError, match="table is") as refusal:
        read_table(data, max_bytes=11_000)
    assert said in str(refusal.value) and refusal.value.parameter == "table"


def test_nothing_is_executed():
    """Cells that a spreadsheet or Python would run are text, whatever they say."""
    hostile = ["=cmd|' /C calc'!A0", "__import__('os').abort()", "@SUM(1+1)", "<script>alert(1)</script>", "cos\nsystem\n(S'exit'\ntR."]
    text = pandas.DataFrame({"=1+1": hostile, "<b>": range(5)}).to_csv(index=False)
    table = read_table(text)
    assert table.names == ("=1+1", "<b>")
    assert list(table.frame["=1+1"]) == hostile


def test_control_characters_leave_names():
    assert read_table('"a\x1b[31m\nb",c\n1,2\n').names == ("a [31m b", "c")


def test_columns_by_name_or_number():
    table = read_table("a,\"b, c\",3\n1,2,3\n2,3,4\n")
    assert choose(table, "a", "x") == ("a",)
    assert choose(table, "b, c", "x") == ("b, c",)
    assert choose(table, '"b, c",1', "x") == ("b, c", "a")
    assert choose(table, "3", "x") == ("3",)  # a name wins over a number
    for wrong in ("", "d", "0", "4", "a,a", "1,a", "-1", "²"):
        with pytest.raises(ParameterError, match="x is"):
            choose(table, wrong, "x")


def test_many_rows_are_read_in_reasonable_time():
    values = np.random.default_rng(0).normal(size=(100_000, 3))
    text = io.StringIO()
    np.savetxt(text, values, delimiter=",", header="a,b,c", comments="")
    assert np.allclose(read_table(text.getvalue()).frame.to_numpy(), values)


# -- examples ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.key)
def test_examples(example):
    table = example.table
    assert {*example.x, *example.y} <= {*table.names} and not {*example.x} & {*example.y}
    assert table.incomplete_rows(table.names) == 0 and 100 <= len(table.frame) <= 2000
    assert len(example.look_for) > 60
    assert example.truth_of(example.y, example.x) == example.truth
    assert example.truth_of(example.x[:1], example.x[:1]) is None


def test_the_parabolas_truth():
    """The quadrature against a Monte Carlo average of log p(y|x) / p(y), within 4 of its standard errors."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=4000)
    y = x**2 + BLUR * generator.normal(size=4000)
    others = generator.normal(size=20_000)

    def log_density(a, b):
        return -(((b - a**2) / BLUR) ** 2) / 2

    ratio = np.array([log_density(a, b) - np.log(np.mean(np.exp(log_density(others, b)))) for a, b in zip(x, y)])
    assert abs(ratio.mean() - parabola_mi()) < 4 * ratio.std() / np.sqrt(len(ratio))


def test_the_coins_truth():
    """The plug-in value of 2000 rows lies within 4 standard errors of the truth (its bias, 1.5 / 2000, is far smaller)."""
    example = EXAMPLES["coins"]
    frame = example.table.frame
    pairs = pandas.crosstab([frame["first coin"], frame["second coin"]], frame["answer"]).to_numpy() / len(frame)
    ratio = np.log(pairs / np.outer(pairs.sum(1), pairs.sum(0)))
    error = np.sqrt((pairs * ratio**2).sum() - (pairs * ratio).sum() ** 2) / np.sqrt(len(frame))
    assert abs((pairs * ratio).sum() - example.truth) < 4 * error
