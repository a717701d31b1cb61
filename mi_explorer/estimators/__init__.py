"""Sample estimators: mutual information from finished samples, without training a critic.

``registry`` holds them by key; each is called with x and y and answers with an ``Estimate``. They need NumPy, SciPy
and scikit-learn, so ``import mi_explorer`` loads them on first use only.
"""

from .base import Estimate, SampleEstimator, register, registry

__all__ = ["Estimate", "SampleEstimator", "register", "registry"]
