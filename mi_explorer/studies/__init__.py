"""Studies of why estimates are wrong: each a frozen description, carried out by a generator of snapshots.

``study.carry_out()`` yields frozen snapshots; each holds all that is known so far, and ``done`` from 0 to 1. The
descriptions need no torch; carrying them out does.
"""

__all__ = ["Ledger", "Measured"]

from mi_explorer.studies.ledger import Ledger
from mi_explorer.studies.measured import Measured
