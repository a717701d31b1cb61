"""Pictures of results: pure functions to matplotlib Figures, without pyplot and without global state.

Every figure takes ``unit`` ("nats" or "bits") where it shows information, and ``dark``; values come in nats.
"""

__all__ = [
    "FORMATS", "ascent", "candidates", "ceiling", "convergence", "critic_map", "dependence", "ledger", "microscope", "null", "playground",
    "pointwise", "samples", "save", "sheet", "sweep_curve",
    "to_bytes",
]

from mi_explorer.figures.ascent import ascent
from mi_explorer.figures.canvas import FORMATS, save, to_bytes
from mi_explorer.figures.ceiling import ceiling
from mi_explorer.figures.dependence import dependence
from mi_explorer.figures.ledger import ledger
from mi_explorer.figures.microscope import microscope
from mi_explorer.figures.playground import playground
from mi_explorer.figures.reports import candidates, null, sheet
from mi_explorer.figures.runs import convergence, critic_map, pointwise, samples
from mi_explorer.figures.sweep import sweep_curve
