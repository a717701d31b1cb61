"""For ``pytest -n 2 --dist loadgroup``: a file stays on one process, and all browser tests on the same one, since two browsers on two
cores would wait for each other."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        group = "browser" if "/browser/" in item.path.as_posix() else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
