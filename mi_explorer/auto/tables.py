"""Two discrete sides whose table of counts is too large for its number of rows: predict each row's symbol from all other rows.

    q(y | x) = max(c_xy - delta, 0) / c_x + m_x / c_x p(y),   m_x = sum_y min(c_xy, delta)

Absolute discounting with interpolation (Ney, Essen & Kneser 1994): what is taken from every cell of a row of the table goes to the
margin, so that cells seen once count little. The discount delta is the one that predicts best with each row left out in turn. The mean
log q(y | x) / p(y) of rows left out is too low, that of rows left in is too high; both ways round, y from x and x from y, are averaged.
"""

from __future__ import annotations

__all__ = ["Prediction", "predict"]

from dataclasses import dataclass

import numpy as np

DISCOUNTS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True, eq=False)
class Prediction:
    """held_out: (n,) pointwise values with the row left out, nats, less what the margin's estimate adds; in_sample: their mean
    with it left in. Named as in ``crossfit.Learned``; ``bound`` is ``held_out``: its mean is a lower bound in expectation."""

    method: str
    name: str
    held_out: np.ndarray
    in_sample: float

    @property
    def bound(self) -> np.ndarray:
        return self.held_out


def predict(x: np.ndarray, y: np.ndarray) -> Prediction:
    """x, y: (n,) codes 0, 1, ... without gaps."""
    (out_y, in_y), (out_x, in_x) = _one_way(x, y), _one_way(y, x)
    return Prediction("table", "Discounted table, rows left out in turn", (out_y + out_x) / 2, (in_y + in_x) / 2)


def _one_way(x, y):
    n = len(x)
    c_x, c_y = np.bincount(x), np.bincount(y)
    cells, of_row, c_xy = np.unique(x * len(c_y) + y, return_inverse=True, return_counts=True)
    row, column = np.divmod(cells, len(c_y))
    best = None
    for discount in DISCOUNTS:
        taken = np.minimum(c_xy, discount)
        mass = np.bincount(row, taken)[row]
        out = _log_ratio(c_xy - 1, c_x[row] - 1, c_y[column] - 1, mass - taken + np.minimum(c_xy - 1, discount), discount, n - 1, len(c_y))
        value = c_xy @ out
        if best is None or value > best[0]:
            best = value, out, _log_ratio(c_xy, c_x[row], c_y[column], mass, discount, n, len(c_y))
    _, out, kept = best
    excess = (len(c_y) - 1) / (2 * n)  # by which -log p(y) of a row left out exceeds the entropy on average
    return out[of_row] - excess, float(c_xy @ kept) / n + excess


def _log_ratio(c_xy, c_x, c_y, mass, discount, n, symbols):
    """log q(y | x) / p(y) of each cell; half a count more for each symbol keeps p(y) from being 0."""
    margin = (c_y + 0.5) / (n + 0.5 * symbols)
    share = np.where(c_x > 0, mass / np.maximum(c_x, 1), 1.0)
    return np.log(np.maximum(c_xy - discount, 0) / np.maximum(c_x, 1) / margin + share)
