"""What others published, measured again: ``mi-explorer validate`` writes a report with a verdict on every row.

A section is a generator: it yields the share that is done (0 to 1) and returns a ``Section``. ``sections`` names them all.
"""

__all__ = ["Row", "Section", "Settings", "score_auto", "sections", "write"]

from mi_explorer.validation.high_dimensional import high_dimensional
from mi_explorer.validation.low_dimensional import low_dimensional
from mi_explorer.validation.report import write
from mi_explorer.validation.scores import score_auto
from mi_explorer.validation.section import Row, Section, Settings
from mi_explorer.validation.staircase import staircase
from mi_explorer.validation.suite import suite

sections = {
    "staircase": staircase,
    "low-dimensional": low_dimensional,
    "tasks": suite,
    "high-dimensional": high_dimensional,
}
