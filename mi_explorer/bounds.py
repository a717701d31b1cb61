r"""Variational bounds on mutual information, each written once: its name, its promise, its source, its two formulas.

A bound sees nothing but a score matrix, ``scores[..., i, j] = f(x_i, y_j)`` of shape (..., K, K): the diagonal holds
the K pairs drawn together, everything off the diagonal pairs drawn independently. Leading axes are replicates. All
values are in nats. For most bounds f is any function, a critic; the generative ones (``mi_explorer.generative``) need a
normalised density, f(x, y) = log q(y | x).

Every bound here is written so that its best critic is the log density ratio log p(x, y)/p(x)p(y) itself (for NWJ that
means f - 1 in the paper's notation): then one perfect critic serves them all. That is so over infinitely many pairs; from
batches of two or three, DV and I_alpha can be made to show a little more by another critic.

Only tensor methods are used, so that importing this module does not import torch: a page can name and explain bounds
before anything is trained.
"""

from __future__ import annotations

__all__ = ["Bound", "Extras", "bounds", "diagonal", "log_mean_exp_off_diagonal", "off_diagonal"]

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mi_explorer.parameters import ParameterError

Tensor = Any  # a torch.Tensor; torch is not imported here


class Extras(NamedTuple):
    """What some bounds learn or remember beside the critic.

    baseline: log a, (..., K): one value per y (TUBA, I_alpha; log q(y) or log p(y) of the generative bounds) or per pair
    (FLO). 0 is the best one of a perfect critic.
    log_average: (...): log of the moving average of e^f over independent pairs (MINE); None means this batch alone.
    """

    baseline: Tensor | float = 0.0
    log_average: Tensor | None = None


def diagonal(scores: Tensor) -> Tensor:
    return scores.diagonal(dim1=-2, dim2=-1)


def off_diagonal(scores: Tensor, shift: int = 0) -> Tensor:
    """The scores with the diagonal (or the one ``shift`` columns to its right) set to -inf: e^(-inf) takes no part."""
    K = scores.shape[-1]
    return scores + scores.new_zeros(K, K).fill_diagonal_(-math.inf).roll(shift, -1)


def log_mean_exp_off_diagonal(scores: Tensor) -> Tensor:
    """log of the mean of e^f over the K(K-1) independent pairs; (..., K, K) -> (...)."""
    K = scores.shape[-1]
    return off_diagonal(scores).logsumexp((-2, -1)) - math.log(K * (K - 1))


def softplus(values: Tensor) -> Tensor:
    return values.logaddexp(values.new_zeros(()))


def column_baseline(scores: Tensor, extras: Extras) -> Tensor:
    """scores - log a(y_j): the baseline belongs to y, so it goes along the columns."""
    return scores - extras.baseline[..., None, :] if hasattr(extras.baseline, "shape") else scores - extras.baseline


# -- estimates ---------------------------------------------------------------------------------------------------------


def donsker_varadhan(scores: Tensor, extras: Extras) -> Tensor:
    return diagonal(scores).mean(-1) - log_mean_exp_off_diagonal(scores)


def nguyen_wainwright_jordan(scores: Tensor, extras: Extras) -> Tensor:
    return diagonal(scores).mean(-1) + 1 - log_mean_exp_off_diagonal(scores).exp()


def tractable_unnormalised(scores: Tensor, extras: Extras) -> Tensor:
    return nguyen_wainwright_jordan(column_baseline(scores, extras), extras)


def info_nce(scores: Tensor, extras: Extras) -> Tensor:
    return math.log(scores.shape[-1]) + (diagonal(scores) - scores.logsumexp(-1)).mean(-1)


def plug_in(scores: Tensor, extras: Extras) -> Tensor:
    return diagonal(scores).mean(-1)


def fenchel_legendre(scores: Tensor, extras: Extras) -> Tensor:
    # The paper's u(x, y) is written as c(x, y) - f(x, y) with c = extras.baseline: the best c is the log normaliser,
    # 0 for a perfect critic, and an untrained c near 0 starts the run as NWJ.
    K = scores.shape[-1]
    log_ratio = off_diagonal(scores).logsumexp(-1) - math.log(K - 1) - extras.baseline
    return (diagonal(scores) - extras.baseline + 1 - log_ratio.exp()).mean(-1)


# -- training objectives that are not the estimate ---------------------------------------------------------------------


def moving_average_loss(scores: Tensor, extras: Extras) -> Tensor:
    # The gradient of log E e^f is E[e^f grad f] / E[e^f]; MINE puts a slow average into the denominator. Only the
    # gradient of this loss means something, its value does not.
    marginal = log_mean_exp_off_diagonal(scores)
    average = marginal.detach() if extras.log_average is None else extras.log_average
    return (marginal - average).exp() - diagonal(scores).mean(-1)


def jensen_shannon_loss(scores: Tensor, extras: Extras) -> Tensor:
    K = scores.shape[-1]
    return softplus(-diagonal(scores)).mean(-1) + softplus(off_diagonal(scores)).sum((-2, -1)) / (K * (K - 1))


def anchor_loss(scores: Tensor, extras: Extras) -> Tensor:
    # K - 1 candidates either way, so that a batch of K pairs serves both cases: with the true partner among them (one
    # stranger left out), and without it. The anchor class says "none of these"; its weight 1 is the paper's nu.
    K = scores.shape[-1]
    with_partner = softplus(off_diagonal(scores, shift=1).logsumexp(-1))  # log(1 + sum_k r_k)
    strangers_only = softplus(off_diagonal(scores).logsumexp(-1))
    return ((K - 1) * (with_partner - diagonal(scores)) + strangers_only).mean(-1) / K


# -- the registry ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bound:
    """A variational estimator of mutual information: facts for people, two pure functions for the engine.

    name: the field's name of it; ``key`` is the name in the registry.
    formula: LaTeX of the estimate. source: paper and equation. remark: one sentence that says what to expect.
    promise: "lower", "upper" or "neither": what its expectation is, over infinitely many pairs, for *any* critic.
    batch_promise: the same for the value computed from one batch (its expectation over batches).
    channel_promise: the same for one batch whose scores are the true log p(y | x), up to anything that depends on y
    alone: what holds where the channel from x to y is known. Empty where that adds nothing to ``batch_promise``.
    ceiling: K -> the largest value that a batch of K can show, or None where there is no ceiling.
    estimator: (scores, extras) -> (...); objective: the loss, if training uses another one than minus the estimate.
    baseline: the Extras.baseline that goes with it: "" (none), "y" or "xy" (a network of those, trained with it), "q(y)"
    (a learned density of y) or "p(y)" (the true one, where the problem knows it). moving_average: needs log_average.
    blind: what may be added to a critic without changing the bound's best value, so that training does not find it:
    "" (nothing), "constant", "x" or "y" (any function of that variable).
    density: "" where any critic will do. Else the family of normalised densities that f(x, y) = log q(y | x) is taken
    from, trained by maximum likelihood: its gradient goes through the diagonal only. Such an f lacks log p(y), hence is
    ``blind`` to y. paired: the estimate reads the diagonal only; the engine may leave the rest of the scores NaN.
    """

    name: str
    formula: str
    source: str
    estimator: Callable[[Tensor, Extras], Tensor]
    promise: str = "neither"
    batch_promise: str = "neither"
    channel_promise: str = ""
    ceiling: Callable[[int], float | None] = lambda K: None
    objective: Callable[[Tensor, Extras], Tensor] | None = None
    baseline: str = ""
    moving_average: bool = False
    blind: str = ""
    density: str = ""
    paired: bool = False
    remark: str = ""
    key: str = ""

    def estimate(self, scores: Tensor, extras: Extras = Extras()) -> Tensor:
        """The estimate in nats from scores (..., K, K), K >= 2: shape (...). ParameterError for any other shape."""
        check_scores(scores)
        return self.estimator(scores, extras)

    def loss(self, scores: Tensor, extras: Extras = Extras()) -> Tensor:
        """What training minimises, from scores (..., K, K): shape (...). Minus the estimate unless said otherwise."""
        check_scores(scores)
        return self.objective(scores, extras) if self.objective else -self.estimator(scores, extras)

    @property
    def promises(self) -> str:
        """What it promises, and what it has to be told for that, as one sentence."""
        words = {"lower": "a lower bound", "upper": "an upper bound", "neither": "neither a lower nor an upper bound"}
        told = ", told the true p(y)" if self.baseline == "p(y)" else ""
        known = f", and {words[self.channel_promise]} with the true p(y|x)" if self.channel_promise else ""
        if self.promise == self.batch_promise:
            return f"In the population and for a batch it is {words[self.promise]}{told}{known}."
        return f"In the population it is {words[self.promise]}{told}, for a batch {words[self.batch_promise]}{known}."

    @property
    def training(self) -> tuple:
        """Two bounds with the same value here train the same critic and differ only in how they read it."""
        return (self.objective or self.estimator, self.baseline, self.density)


def check_scores(scores: Tensor) -> None:
    shape = tuple(scores.shape)
    if len(shape) < 2 or shape[-1] != shape[-2] or shape[-1] < 2:
        raise ParameterError("scores", shape, "of shape (..., K, K) with K at least 2")


class Bounds(dict):
    """The registry: ``bounds["infonce"]``, and ``bounds["smile(1)"]`` where a bound has a number to choose."""

    def __init__(self):
        super().__init__()
        self.parametrised: dict[str, tuple[Callable[[float], Bound], float, float, float]] = {}

    def add(self, key: str, bound: Bound) -> Bound:
        """Make a bound known under ``key`` everywhere: engine, page, tests. Returns it with its key."""
        if not re.fullmatch(r"[a-z][a-z0-9_-]*(\(\S+\))?", key):
            raise ParameterError("key", key, "lower-case letters, digits, - and _, beginning with a letter")
        self[key] = Bound(**{**vars(bound), "key": key})
        return self[key]

    def add_parametrised(self, key: str, make: Callable[[float], Bound], default: float, low: float, high: float):
        """The same for a bound with one number in [low, high]: ``key`` is the default one, ``key(3)`` another."""
        self.parametrised[key] = (make, default, low, high)
        self.add(key, make(default))

    def __missing__(self, key: str) -> Bound:
        match = re.fullmatch(r"([a-z][a-z0-9_-]*)\(([^()]+)\)", key) if isinstance(key, str) else None
        if match and match[1] in self.parametrised:
            make, default, low, high = self.parametrised[match[1]]
            try:
                number = float(match[2])
            except ValueError:
                number = math.nan
            if not low <= number <= high:
                raise ParameterError("bounds", key, f"{match[1]}(number) with a number from {low:g} to {high:g}")
            if number == default:
                return self[match[1]]
            return Bound(**{**vars(make(number)), "key": f"{match[1]}({number!r})".replace(".0)", ")")})
        names = [*self, *(f"{name}(number)" for name in self.parametrised)]
        raise ParameterError("bounds", key, "one of " + ", ".join(names))


bounds = Bounds()

bounds.add("infonce", Bound(
    name="InfoNCE",
    formula=r"\log K + \frac1K\sum_i \log\frac{e^{f(x_i,y_i)}}{\sum_j e^{f(x_i,y_j)}}",
    source="van den Oord, Li & Vinyals 2018, arXiv:1807.03748, eq. 4; Poole et al. 2019, arXiv:1905.06922, eq. 10",
    promise="lower", batch_promise="lower", ceiling=math.log,
    estimator=info_nce, blind="x",
    remark="Steady, but it can never show more than log K.",
))
bounds.add("mine", Bound(
    name="MINE",
    formula=r"\frac1K\sum_i f(x_i,y_i) - \log\frac{1}{K(K-1)}\sum_{i\ne j} e^{f(x_i,y_j)}",
    source="Belghazi et al. 2018, arXiv:1801.04062, eq. 10 and section 3.2 (the moving-average gradient)",
    promise="lower",
    estimator=donsker_varadhan, objective=moving_average_loss, moving_average=True, blind="constant",
    remark="Donsker–Varadhan's value, trained with a moving average in the gradient's denominator.",
))
bounds.add("nwj", Bound(
    name="NWJ",
    formula=r"1 + \frac1K\sum_i f(x_i,y_i) - \frac{1}{K(K-1)}\sum_{i\ne j} e^{f(x_i,y_j)}",
    source="Nguyen, Wainwright & Jordan 2010, arXiv:0809.0853; f-MINE in Belghazi et al. 2018, eq. 8",
    promise="lower", batch_promise="lower",
    estimator=nguyen_wainwright_jordan,
    remark="Unbiased for its critic, but its variance grows like e^MI.",
))
bounds.add("dv", Bound(
    name="Donsker–Varadhan",
    formula=r"\frac1K\sum_i f(x_i,y_i) - \log\frac{1}{K(K-1)}\sum_{i\ne j} e^{f(x_i,y_j)}",
    source="Donsker & Varadhan 1983; Belghazi et al. 2018, arXiv:1801.04062, theorem 1",
    promise="lower",
    estimator=donsker_varadhan, blind="constant",
    remark="A lower bound over infinitely many pairs; from one batch the log of a mean comes out too small, and it shows too much.",
))
bounds.add("js", Bound(
    name="JS (NWJ estimate)",
    formula=r"1 + \frac1K\sum_i f(x_i,y_i) - \frac{1}{K(K-1)}\sum_{i\ne j} e^{f(x_i,y_j)}",
    source="Hjelm et al. 2019, arXiv:1808.06670, eq. 4 (training); Poole et al. 2019, arXiv:1905.06922, section 2.2 (estimate)",
    promise="lower", batch_promise="lower",
    estimator=nguyen_wainwright_jordan, objective=jensen_shannon_loss,
    remark="A critic trained gently, as a classifier, then read with NWJ: stable training, the same noisy read-out.",
))


def smile(tau: float) -> Bound:
    def clipped(scores: Tensor, extras: Extras) -> Tensor:
        # The clip concerns e^f over independent pairs only: the diagonal keeps its values.
        return diagonal(scores).mean(-1) - log_mean_exp_off_diagonal(scores.clamp(-tau, tau))

    return Bound(
        name=f"SMILE (τ = {tau:g})",
        formula=rf"\frac1K\sum_i f(x_i,y_i) - \log\frac{{1}}{{K(K-1)}}\sum_{{i\ne j}} "
                rf"\operatorname{{clip}}\left(e^{{f(x_i,y_j)}}, e^{{-{tau:g}}}, e^{{{tau:g}}}\right)",
        source="Song & Ermon 2020, arXiv:1910.06222, eq. 17 (trained with the Jensen–Shannon loss, as there)",
        estimator=clipped, objective=jensen_shannon_loss,
        remark="Clipping tames the variance and costs the guarantee: it can lie on either side of the truth.",
    )


bounds.add_parametrised("smile", smile, default=5, low=0.01, high=100)
bounds.add("tuba", Bound(
    name="TUBA",
    formula=r"1 + \frac1K\sum_i \left(f(x_i,y_i) - \log a(y_i)\right) - \frac{1}{K(K-1)}\sum_{i\ne j}\frac{e^{f(x_i,y_j)}}{a(y_j)}",
    source="Poole et al. 2019, arXiv:1905.06922, eq. 7 (a(y) is learned)",
    promise="lower", batch_promise="lower",
    estimator=tractable_unnormalised, baseline="y", blind="y",
    remark="NWJ with a learned normaliser for every y.",
))


def interpolated(alpha: float) -> Bound:
    def estimate(scores: Tensor, extras: Extras) -> Tensor:
        # Both terms average K - 1 values of e^f per y, so that the guarantee holds exactly: for the pair (x_j, y_j)
        # its own score and K - 2 others (one stranger left out), for the independent ones the K - 1 strangers.
        K = scores.shape[-1]
        baseline = extras.baseline + math.log1p(-alpha)
        mixed = [
            (off_diagonal(scores, shift).logsumexp(-2) - math.log(K - 1) + math.log(alpha)).logaddexp(
                scores.new_zeros(()) + baseline
            )
            for shift in (1, 0)
        ]
        strangers = off_diagonal(scores).logsumexp(-2) - math.log(K - 1) - mixed[1]
        return (diagonal(scores) - mixed[0] + 1 - strangers.exp()).mean(-1)

    return Bound(
        name=f"I_α (α = {alpha:g})",
        formula=r"1 + \mathbb{E}\left[\log\frac{e^{f(x_1,y)}}{\alpha\,m(y;x_{1:K}) + (1-\alpha)\,a(y)}\right]"
                r" - \mathbb{E}\left[\frac{e^{f(x_1,y)}}{\alpha\,m(y;x_{1:K}) + (1-\alpha)\,a(y)}\right]",
        source="Poole et al. 2019, arXiv:1905.06922, eq. 11 (m: mean of e^f over the batch, a(y) is learned)",
        promise="lower", batch_promise="lower",
        # log((K-1)/alpha) bounds the first term and the second cannot be negative. (Poole et al. state log(K/alpha);
        # a perfect critic passes that at high MI, as tests/test_bounds.py shows.)
        ceiling=lambda K: 1 + math.log((K - 1) / alpha),
        estimator=estimate, baseline="y", blind="y",
        remark="Between NWJ (α → 0: low bias, high variance) and InfoNCE (α → 1: the reverse).",
    )


bounds.add_parametrised("ialpha", interpolated, default=0.01, low=1e-6, high=0.999999)
bounds.add("flo", Bound(
    name="FLO",
    formula=r"1 - \frac1K\sum_i\left[u(x_i,y_i) + \frac{e^{-u(x_i,y_i)}}{K-1}\sum_{j\ne i} e^{f(x_i,y_j)-f(x_i,y_i)}\right]",
    source="Guo et al. 2022, arXiv:2107.01131, eq. 8 (u is learned)",
    promise="lower", batch_promise="lower",
    estimator=fenchel_legendre, baseline="xy", blind="x",
    remark="A second network learns the log normaliser of every pair, so that no log of a batch mean is needed.",
))
bounds.add("infonce-anchor", Bound(
    name="InfoNCE-anchor",
    formula=r"\frac1K\sum_i f(x_i,y_i)",
    source="Ryu, Yeddanapudi, Xu & Wornell 2025, arXiv:2510.25983 (log score, anchor weight ν = 1)",
    estimator=plug_in, objective=anchor_loss,
    remark="One more class, 'none of these', fixes the scale of the critic; the mean score is then a plug-in estimate, not a bound.",
))
