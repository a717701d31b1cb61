"""Pictures of results: pure functions to matplotlib Figures, without pyplot and without global state.

Every figure takes ``unit`` ("nats" or "bits") where it shows information, and ``dark``; values come in nats.
"""

__all__ = ["FORMATS", "convergence", "critic_map", "pointwise", "samples", "save", "sweep_curve", "to_bytes"]

from mi_explorer.figures.canvas import FORMATS, save, to_bytes
from mi_explorer.figures.runs import convergence, critic_map, pointwise, samples
from mi_explorer.figures.sweep import sweep_curve
