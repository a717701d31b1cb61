"""Sample estimators: mutual information from finished samples, without training a critic.

``registry`` holds them by key; each is called with x and y and answers with an ``Estimate``. They need NumPy, SciPy
and scikit-learn, so ``import mi_explorer`` loads them on first use only.
"""

from .base import Estimate, SampleEstimator, register, registry
from .ksg import ksg1, ksg2
from .lnc import lnc
from .gaussian import copula, gaussian
from .histogram import histogram, histogram_shuffled
from .kde import kde
from .discrete import plugin
from .ross import ross
from .minde import minde

__all__ = [
    "Estimate", "SampleEstimator", "register", "registry", "ksg1", "ksg2", "lnc", "gaussian", "copula", "histogram",
    "histogram_shuffled", "kde", "ross", "plugin",
    "minde",
]
