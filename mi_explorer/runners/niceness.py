"""Who comes first where all processors are busy: the server, for all pages wait for it, then the pages, then what computes."""

from __future__ import annotations

__all__ = ["PAGES", "WORKERS", "step_back"]

import contextlib
import os
from pathlib import Path

PAGES, WORKERS = 4, 8  # each step of 4 is a weight of two fifths


def step_back(niceness: int) -> None:
    """Put this process into a session of its own, and behind those of a lower niceness. Where Linux weighs sessions against each other
    (autogroups) and not processes, niceness counts within a session only: so the session has to be nice as well."""
    os.nice(niceness)
    with contextlib.suppress(OSError):
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(niceness))
