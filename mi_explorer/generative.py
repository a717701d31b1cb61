r"""Bounds that model y instead of comparing pairs: they need a normalised conditional density, f(x, y) = log q(y | x).

Which side of the truth they stand on depends on what is known beside the samples, and each says so: Barber-Agakov is a
lower bound for every q, but needs the true p(y); CLUB and L1Out are upper bounds with the true p(y | x), and nothing of
the kind with a learned one; a difference of entropies (DoE) of two learned densities is never a bound.

The perfect critic, the log ratio log p(x, y)/p(x)p(y) = log p(y | x) - log p(y), is the perfect q for all of them. CLUB
and L1Out compare scores of one y with each other, so that what depends on y alone cancels; the others subtract log p(y)
as their baseline, and of the log ratio, which has it already, 0.
"""

from __future__ import annotations

__all__ = ["maximum_likelihood"]

import math

from mi_explorer.bounds import Bound, Extras, Tensor, bounds, diagonal, off_diagonal


def maximum_likelihood(scores: Tensor, extras: Extras) -> Tensor:
    """Minus the mean log density of the pairs, of q(y | x) and of q(y) where there is one: both are learned at once."""
    return -(diagonal(scores) + extras.baseline).mean(-1)


def log_density_ratio(scores: Tensor, extras: Extras) -> Tensor:
    return (diagonal(scores) - extras.baseline).mean(-1)


def contrastive_log_ratio(scores: Tensor, extras: Extras) -> Tensor:
    # An impossible pair, log p(y | x) = -inf, makes it infinite: then this upper bound says nothing.
    K = scores.shape[-1]
    here = scores.new_zeros(K, K).fill_diagonal_(1).bool()
    return diagonal(scores).mean(-1) - scores.masked_fill(here, 0).sum((-2, -1)) / (K * (K - 1))


def leave_one_out(scores: Tensor, extras: Extras) -> Tensor:
    # Over the strangers x of every y: down the columns.
    return (diagonal(scores) - off_diagonal(scores).logsumexp(-2)).mean(-1) + math.log(scores.shape[-1] - 1)


def add(key: str, density: str, estimator, **facts) -> None:
    bounds.add(key, Bound(density=density, estimator=estimator, objective=maximum_likelihood, blind="y", **facts))


add(
    "ba", "gaussian", log_density_ratio, baseline="p(y)", paired=True,
    name="Barber–Agakov",
    formula=r"\frac1K\sum_i \log\frac{q(y_i\mid x_i)}{p(y_i)}",
    source="Barber & Agakov 2003, 'The IM algorithm'; Poole et al. 2019, arXiv:1905.06922, eq. 2 (the entropy of y is known)",
    promise="lower", batch_promise="lower",
    remark="Short of the truth by how much q(y|x) misses p(y|x); it has to be told the true density of y, which only a toy can.",
)
DIFFERENCE = dict(
    formula=r"\frac1K\sum_i \log\frac{q(y_i\mid x_i)}{q(y_i)}", baseline="q(y)", paired=True,
    source="McAllester & Stratos 2020, arXiv:1811.04251, section 5 (the difference of two cross-entropies)",
)
add(
    "doe-gaussian", "gaussian", log_density_ratio, name="DoE (Gaussian)", **DIFFERENCE,
    remark="Two upper bounds on entropies, one minus the other: no bound, but no log K either; at its best where y is Gaussian.",
)
add(
    "doe-logistic", "logistic", log_density_ratio, name="DoE (logistic)", **DIFFERENCE,
    remark="The same with logistic densities; what both of them miss about a Gaussian y cancels in the difference.",
)
add(
    "flow", "flow", log_density_ratio, name="DoE (flow)",
    **DIFFERENCE | {"source": DIFFERENCE["source"] + "; spline flows: Durkan et al. 2019, arXiv:1906.04032"},
    remark="The same with normalising flows, which can take any shape: slower, and at home where the others' shape is wrong.",
)
add(
    "club", "gaussian", contrastive_log_ratio, name="CLUB",
    formula=r"\frac1K\sum_i \log q(y_i\mid x_i) - \frac{1}{K(K-1)}\sum_{i\ne j} \log q(y_j\mid x_i)",
    source="Cheng et al. 2020, arXiv:2006.12013 (vCLUB: with a learned q)",
    channel_promise="upper",
    remark="An upper bound with the true p(y|x), and a loose one: it also counts how far from possible the strangers are. "
           "With a learned q(y|x), as here, it may lie on either side.",
)
add(
    "l1out", "gaussian", leave_one_out, name="L1Out",
    formula=r"\frac1K\sum_i \log\frac{q(y_i\mid x_i)}{\frac{1}{K-1}\sum_{j\ne i} q(y_i\mid x_j)}",
    source="Poole et al. 2019, arXiv:1905.06922, section 2.5 (leave-one-out)",
    # Over infinitely many pairs the denominator is the exact normaliser for y, and any q gives a lower bound.
    promise="lower", channel_promise="upper",
    remark="An upper bound with the true p(y|x): the others' mean stands in for p(y), and its log comes out too small. "
           "With a learned q(y|x), as here, it may lie on either side.",
)
