"""Handwritten digits of which the labels, and nothing else, are dependent: scikit-learn's bundled set, no download."""

from __future__ import annotations

__all__ = ["DigitLabels", "DigitPairs"]

import functools
from dataclasses import dataclass
from functools import cached_property

from ..parameters import real, validate
from .base import Distribution, register
from .discrete import SymmetricChannel

LABELS = 10
PIXELS = 64


class Digits(Distribution):
    """Two labels of a symmetric channel, and for each an image of that digit, drawn evenly from the bundled ones.

    An image depends on the other side through its label alone, so I(X; Y) <= I(label of x; label of y) (data
    processing). No image of the set occurs twice, so an image has ONE label, and both are equal. ``log_ratio`` is that
    of the labels, -inf for an image that is not in the set.
    """

    mi_parameter = "error"
    discrete = True

    def __post_init__(self):
        validate(self)

    @cached_property
    def labels(self) -> SymmetricChannel:
        """The joint distribution of the two labels."""
        return SymmetricChannel(symbols=LABELS, error=self.error)

    @property
    def _ends(self):
        return self.labels._ends

    def _mi_at(self, value):
        return self.labels._mi_at(value)


@register("digit_labels", label="Digits and their labels")
@dataclass(frozen=True)
class DigitLabels(Digits):
    """x is an image of a digit, 8 x 8 pixels in [0, 1], y a label 0, ..., 9, with probability ``error`` a wrong one.

    I(X; Y) is that of a symmetric channel of ten symbols, at most log 10 nats.

    Arguments:
        error: The probability that y is one of the nine other labels.
    """

    dim_x = PIXELS
    dim_y = 1

    error: float = real(0.1, 0, 1, label="Probability of a wrong label", slider=(0, 1, 0.01))

    def _sample(self, shape, draw):
        x, y = self.labels._sample(shape, draw)
        return _images_of(x, draw), y

    def _log_ratio(self, x, y):
        return self.labels._log_ratio(_label_of(x), y)

    def _log_ratio_matrix(self, x, y):
        return self.labels._log_ratio_matrix(_label_of(x), y)


@register("digit_pairs", label="Pairs of digits")
@dataclass(frozen=True)
class DigitPairs(Digits):
    """x and y are images, 8 x 8 pixels in [0, 1], of the same digit, or with probability ``error`` of different ones.

    I(X; Y) is that of a symmetric channel of ten symbols, at most log 10 nats.

    Arguments:
        error: The probability that y shows one of the nine other digits.
    """

    dim_x = PIXELS
    dim_y = PIXELS

    error: float = real(0.1, 0, 1, label="Probability of different digits", slider=(0, 1, 0.01))

    def _sample(self, shape, draw):
        return tuple(_images_of(label, draw) for label in self.labels._sample(shape, draw))

    def _log_ratio(self, x, y):
        return self.labels._log_ratio(_label_of(x), _label_of(y))

    def _log_ratio_matrix(self, x, y):
        return self.labels._log_ratio_matrix(_label_of(x), _label_of(y))


@functools.lru_cache(maxsize=1)
def bundled():
    """The images (1797, 64), pixels in [0, 1], sorted by label, and how many each label has (10,)."""
    import torch
    from sklearn.datasets import load_digits

    pixels, label = load_digits(return_X_y=True)
    label = torch.as_tensor(label)
    return torch.as_tensor(pixels)[label.argsort(stable=True)] / 16, label.bincount()


def _images_of(label, draw):
    """For labels (..., 1) an image of each (..., 64)."""
    images, count = (part.to(label.device) for part in bundled())
    label = label.long().squeeze(-1)
    first = count.cumsum(0) - count
    return images[first[label] + (draw.uniform(*label.shape) * count[label]).long()]


def _label_of(images):
    """The labels (..., 1) of images (..., 64), -1 (which is no label) for an image that is not in the set."""
    import torch

    known, count = (part.to(images.device) for part in bundled())
    # Pixels are sixteenths, so these sums are exact; no two images of the set have the same.
    weights = torch.tensor([pow(31, k, 1_000_003) for k in range(PIXELS)], dtype=images.dtype, device=images.device)
    codes, order = (known @ weights).sort()
    at = torch.searchsorted(codes, images @ weights).clamp(max=len(codes) - 1)
    found = order[at]
    label = torch.searchsorted(count.cumsum(0), found, right=True)
    same = (known[found] == images).all(-1)
    return label.where(same, -1).to(images.dtype).unsqueeze(-1)
