"""The way to a Dask cluster: its client is an executor like any other."""

from __future__ import annotations

__all__ = ["scheduler"]

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor

from mi_explorer.parameters import ParameterError

PATIENCE = 5  # seconds until a scheduler that does not answer is given up


@contextlib.contextmanager
def scheduler(address: str) -> Iterator[tuple[Executor, int | None]]:
    """An executor on the cluster of a Dask scheduler, ``tcp://host:8786``, and how many work there now (None without
    any). Its workers need this package, in this version.

    Raises:
        ParameterError: no scheduler answers there.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as problem:
        what = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise ParameterError("scheduler", address, f"the address of a Dask scheduler that answers ({what})") from None
    with client:
        yield client.get_executor(), sum(client.nthreads().values()) or None
