"""For ``pytest -n 2 --dist loadgroup``: a file stays on one process, and all that starts browsers or kernels on the same one. Two browsers
on two cores would wait for each other, and kernels started by two servers at the same moment may choose the same free port."""

import pytest

START_KERNELS = ("test_notebooks", "test_cli")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        apart = "/browser/" in item.path.as_posix() or item.path.stem in START_KERNELS
        item.add_marker(pytest.mark.xdist_group("browser" if apart else item.path.stem))
