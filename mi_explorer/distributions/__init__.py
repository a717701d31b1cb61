"""Toy distributions whose mutual information is known.

Importing them, and reading ``mi``, needs no torch; ``sample`` and ``log_ratio`` do.
"""

from .base import Distribution, families, from_spec, register
from .digits import DigitLabels, DigitPairs
from .discrete import BinaryErasureChannel, JointTable, SymmetricChannel, ZChannel
from .fixed import FixedSample
from .gaussian import Gaussian, GaussianDense, GaussianSparse
from .images import BumpImages, RectangleImages
from .maps import Map, maps
from .mixture import GaussianMixture, XMixture
from .published_mixtures import AIMixture, ConcentricMixture, GalaxyMixture, InlierMixture, WavesMixture
from .series import TimeSeries
from .student import StudentT
from .transformed import Transformed
from .uniform import AdditiveUniform

__all__ = [
    "Distribution",
    "families",
    "from_spec",
    "register",
    "Gaussian",
    "GaussianDense",
    "GaussianSparse",
    "Transformed",
    "FixedSample",
    "Map",
    "maps",
    "StudentT",
    "AdditiveUniform",
    "SymmetricChannel",
    "BinaryErasureChannel",
    "ZChannel",
    "JointTable",
    "GaussianMixture",
    "XMixture",
    "AIMixture",
    "WavesMixture",
    "GalaxyMixture",
    "ConcentricMixture",
    "InlierMixture",
    "BumpImages",
    "RectangleImages",
    "DigitLabels",
    "DigitPairs",
    "TimeSeries",
]
