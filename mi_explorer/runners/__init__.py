"""Where work is carried out, and how a page follows it without waiting: here, in a thread of this process."""

__all__ = ["Frame", "StudyFrame", "StudyRunner", "ThreadRunner"]

from mi_explorer.runners.experiments import Frame, ThreadRunner
from mi_explorer.runners.studies import StudyFrame, StudyRunner
