"""Mutual information of somebody's own data: several estimators, a choice between them without knowing the truth, and honesty."""

from .estimate import estimate, estimate_steps
from .report import Candidate, Null, Report, Stage

__all__ = ["Candidate", "Null", "Report", "Stage", "estimate", "estimate_steps"]
