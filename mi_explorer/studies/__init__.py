"""Studies of why estimates are wrong: each a frozen description, carried out by a generator of snapshots.

``study.carry_out()`` yields frozen snapshots; each holds all that is known so far, and ``done`` from 0 to 1. The
descriptions need no torch; carrying them out does.
"""

__all__ = ["Ascent", "Ceiling", "Ledger", "Measured", "Microscope", "Playground"]

from mi_explorer.studies.ascent import Ascent
from mi_explorer.studies.ceiling import Ceiling
from mi_explorer.studies.ledger import Ledger
from mi_explorer.studies.measured import Measured
from mi_explorer.studies.microscope import Microscope
from mi_explorer.studies.playground import Playground
