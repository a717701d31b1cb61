"""scikit-learn's bundled digits in two parts, and the linear probe that reads a label from whatever they are encoded as."""

from __future__ import annotations

__all__ = ["CLASSES", "Digits", "probe", "shuffled"]

from dataclasses import dataclass

import numpy as np

CLASSES = 10
TRAIN = 1200  # of 1797; the others are only ever looked at


@dataclass(frozen=True, eq=False)
class Digits:
    """images (1797, 64), pixels in [0, 1], and labels (1797,). The first TRAIN rows are for training."""

    images: np.ndarray
    labels: np.ndarray


def shuffled(seed: int) -> Digits:
    """All digits in an order drawn from ``seed``."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    return Digits((images[order] / 16).astype(np.float32), labels[order])


def probe(codes: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy on rows TRAIN, TRAIN + 1, ... of logistic regression trained on the first TRAIN of codes (n, dim), standardised."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    codes = codes.astype(np.float64)
    codes = (codes - codes[:TRAIN].mean(0)) / (codes[:TRAIN].std(0) + 1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the accuracy has long settled when the last weights still creep
        line = LogisticRegression(max_iter=200).fit(codes[:TRAIN], labels[:TRAIN])
    return float(line.score(codes[TRAIN:], labels[TRAIN:]))
