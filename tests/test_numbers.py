"""The numbers in a picture are those that it draws; those of every panel are looked through in test_lessons.py."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from mi_explorer import figures
from mi_explorer.figures.numbers import ROWS, Numbers, numbers
from mi_explorer.pages.inside import TABS, Inside
from mi_explorer.pages.picture import as_html, show_numbers
from mi_explorer.widgets import PictureNumbers
from test_figures import EXPERIMENT, carry_out


@pytest.fixture
def axis():
    return Figure().add_subplot()


def the_only(axis) -> Numbers:
    (one,) = numbers(axis.figure)
    return one


def test_lines_with_their_bands_and_marks(axis):
    axis.plot([0, 1, 2], [1, 2, np.nan], label="InfoNCE", color="C0")
    axis.fill_between([0, 1, 2], [0, 1, 2], [2, 3, 4], color="C0", alpha=0.2)
    axis.errorbar([0, 1, 2], [5, 6, 7], yerr=[1, 1, 2], label="NWJ", color="C1", capsize=3)
    axis.axhline(2.5, label="true MI", color="C2")
    axis.axvline(-1, color="C3")
    axis.plot([0, 2], [3, 3], color="C4")  # an underline
    axis.set(xlabel="step", ylabel="estimate ($\\mathrm{nats}$)", title="Two bounds")
    assert the_only(axis) == Numbers(
        "Two bounds",
        ("step", "NWJ", "NWJ, from", "NWJ, to", "InfoNCE", "InfoNCE, from", "InfoNCE, to"),
        (("0", "5", "4", "6", "1", "0", "2"), ("1", "6", "5", "7", "2", "1", "3"), ("2", "7", "5", "9", "–", "2", "4")),
        ("Line across, true MI: estimate (nats) = 2.5.", "Upright line: step = −1."),
    )


def test_long_lines_are_thinned_and_clouds_cut(axis):
    axis.plot(np.arange(1000), np.arange(1000) ** 2)
    one = the_only(axis)
    assert one.rows[0] == ("0", "0") and one.rows[-1] == ("999", "9.98e+05")
    assert one.notes == (f"{ROWS} of 1,000 rows, at equal distances.",)
    axis.clear()
    axis.scatter(np.arange(1000), -np.arange(1000))
    one = the_only(axis)
    assert one.rows[3] == ("3", "−3") and len(one.rows) == ROWS and one.notes == (f"The first {ROWS} of 1,000 points.",)


def test_bars_by_the_names_of_their_places(axis):
    for place, (low, high) in enumerate([(0, 2), (2, 5)]):
        axis.barh(place + 0.2, high - low, left=low, height=0.4, color="C0", label="gap" if place == 0 else None)
    axis.set_yticks([0, 1], ["InfoNCE", "NWJ"])
    assert the_only(axis) == Numbers("", ("which one", "gap, from", "gap, to"), (("InfoNCE", "0", "2"), ("NWJ", "2", "5")))


def test_histograms(axis):
    axis.hist([1, 1, 3], [0, 2, 4], label="pairs", color="C0")
    axis.hist([1, 3, 3], [0, 2, 4], label="truth", histtype="step", color="C1")
    axis.stairs([7, 8], [0, 2, 4], label="stairs", color="C2")
    axis.set_xlabel("value")
    assert the_only(axis) == Numbers("", ("value", "pairs", "truth", "stairs"), (("1", "2", "1", "7"), ("3", "1", "2", "8")))


def test_maps_and_photographs(axis):
    axis.pcolormesh([10, 20, 30], [1, 2], [[1, 2, 3], [4, 5, 6]], shading="nearest", cmap="PuOr")
    axis.figure.colorbar(axis.collections[0])
    axis.set(xlabel="x", ylabel="y")
    assert the_only(axis) == Numbers("", ("y ↓ x →", "10", "20", "30"), (("1", "1", "2", "3"), ("2", "4", "5", "6")))
    axis.figure.clear()
    image = axis.figure.add_subplot().imshow([[1, 2], [3, 4]], cmap="viridis")
    assert numbers(axis.figure)[0].rows == (("0", "1", "2"), ("1", "3", "4"))
    image.set_cmap("gray")
    (one,) = numbers(axis.figure)
    assert not one.rows and one.notes == ("One part is a photograph: there the pixels say nothing as numbers.",)


def test_a_visitors_columns_whatever_they_hold():
    for x in (np.zeros((50, 1)), np.arange(50.0)[:, None], np.array(["a", "$b", "<c>", "d_e", "\\f"] * 10)[:, None]):
        for y in (np.arange(50.0)[:, None], np.array(["u", "v"] * 25)[:, None]):
            found = numbers(figures.dependence(x, y))
            assert found and "<c>" not in "".join(map(as_html, found))


def test_nobody_pays_for_numbers_that_are_not_opened(axis):
    part = PictureNumbers()
    axis.plot([0, 1, 2], [3, 4, 5])
    show_numbers(part, lambda: axis.figure)
    assert part.there and not part.html
    part.opened = True
    show_numbers(part, lambda: axis.figure)
    assert "<table>" in part.html
    show_numbers(part, None)
    assert not part.there and not part.html


def test_look_inside_offers_the_numbers_of_the_open_tab():
    result, look = carry_out(EXPERIMENT)
    wished = []
    inside = Inside(lambda: wished.append(1))
    inside.offer(result.experiment)
    inside.numbers.opened = True
    assert wished  # the page draws again
    for place, word in enumerate(("first coordinate", "true log ratio", "pairs")):
        inside.tabs.selected_index = place
        inside.draw(look, result.experiment, "nats")
        assert word in inside.numbers.html, TABS[place]
