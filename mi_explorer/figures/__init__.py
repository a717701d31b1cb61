"""Pictures of results: pure functions to matplotlib Figures, without pyplot and without global state.

Every figure takes ``unit`` ("nats" or "bits") where it shows information, and ``dark``; values come in nats.
"""

__all__ = ["FORMATS", "convergence", "critic_map", "ledger", "pointwise", "samples", "save", "to_bytes"]

from mi_explorer.figures.canvas import FORMATS, save, to_bytes
from mi_explorer.figures.ledger import ledger
from mi_explorer.figures.runs import convergence, critic_map, pointwise, samples
