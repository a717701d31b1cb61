"""Where work is carried out, and how a page follows it without waiting: in a thread of this process (notebooks), or in the
dashboard's shared pool."""

__all__ = [
    "GOING", "Frame", "PoolRunner", "PoolStudyRunner", "StudyFrame", "StudyRunner", "ThreadRunner", "experiment_runner",
    "study_runner",
]

import os

from mi_explorer.runners.experiments import Frame, ThreadRunner
from mi_explorer.runners.job import GOING
from mi_explorer.runners.pooled import ADDRESS, PoolRunner, PoolStudyRunner
from mi_explorer.runners.studies import StudyFrame, StudyRunner


def experiment_runner() -> ThreadRunner | PoolRunner:
    """The pool's where the dashboard has set one up for this process, else a thread's."""
    return PoolRunner() if os.environ.get(ADDRESS) else ThreadRunner()


def study_runner() -> StudyRunner | PoolStudyRunner:
    return PoolStudyRunner() if os.environ.get(ADDRESS) else StudyRunner()
