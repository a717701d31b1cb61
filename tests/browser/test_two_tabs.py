"""One visitor, two tabs: the newer one computes, the older one says that it waits and goes on when the newer is done."""

from conftest import Visit


def test_of_two_tabs_of_a_visitor_one_computes(visit):
    visit.open("#distribution=gaussian&steps=100000&seed=4")  # too long to be done before the other has begun
    visit.page.click(".mi-run")
    visit.wait_steps(1)
    other = Visit(visit.page.context.new_page(), visit.address)
    other.open("#distribution=gaussian&steps=100000&seed=5")
    other.page.click(".mi-run")
    other.wait_steps(1)
    visit.page.wait_for_function("() => document.querySelector('.mi-progress').innerText.includes('another page of yours')")
    other.page.close()
    before = visit.done()
    visit.wait_steps(before + 20)
