"""scikit-learn's bundled digits, and the linear probe that reads a label from whatever they are encoded as."""

from __future__ import annotations

__all__ = ["CLASSES", "Digits", "TRAIN", "bundled", "probe", "shuffled"]

import functools
from dataclasses import dataclass

import numpy as np

CLASSES = 10
TRAIN = 1200  # of 1797; the others are only ever looked at


@dataclass(frozen=True, eq=False)
class Digits:
    """images (1797, 64), sixteenths from 0 to 1 in float32, and labels (1797,)."""

    images: np.ndarray
    labels: np.ndarray


@functools.lru_cache(maxsize=1)
def bundled() -> Digits:
    """All digits in the order of the set."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return Digits((images / 16).astype(np.float32), labels)


def shuffled(seed: int) -> Digits:
    """All digits in an order drawn from ``seed``: the first TRAIN, or as many as an experiment says, are for training."""
    digits = bundled()
    order = np.random.default_rng(seed).permutation(len(digits.labels))
    return Digits(digits.images[order], digits.labels[order])


def probe(codes: np.ndarray, labels: np.ndarray, train: int = TRAIN) -> float:
    """Accuracy on rows train, train + 1, ... of logistic regression trained on the first ``train`` of codes (n, dim), standardised."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    codes = codes.astype(np.float64)
    codes = (codes - codes[:train].mean(0)) / (codes[:train].std(0) + 1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the accuracy has long settled when the last weights still creep
        line = LogisticRegression(max_iter=200).fit(codes[:train], labels[:train])
    return float(line.score(codes[train:], labels[train:]))
