"""The benchmark problems of the literature, by the names that their authors gave them."""

from __future__ import annotations

__all__ = ["get", "names", "sample"]

import difflib
from typing import TYPE_CHECKING

from mi_explorer.distributions import (
    AdditiveUniform,
    AIMixture,
    ConcentricMixture,
    Distribution,
    GalaxyMixture,
    Gaussian,
    GaussianDense,
    GaussianSparse,
    InlierMixture,
    StudentT,
    Transformed,
    WavesMixture,
    XMixture,
)
from mi_explorer.parameters import Parameter, ParameterError

if TYPE_CHECKING:
    import numpy as np

SEED = Parameter(int, 0, 2**63 - 1)
N = Parameter(int, 2, 10**9)

PAIR = Gaussian(dim=1, correlation=0.75)


def dense(dims):
    return {f"multinormal-dense-{d}-{d}-0.5": GaussianDense(dim=d, correlation=0.5) for d in dims}


def sparse(dims):
    """Two interacting pairs of strength 2: a common part of variance 4, an own part of variance 1, rescaled to 1."""
    return {f"multinormal-sparse-{d}-{d}-2-2.0": GaussianSparse(dim=d, pairs=2, correlation=0.8) for d in dims}


def student(*members):
    """Independent up to the one chi-square that divides x and y: the dispersion matrix is the identity."""
    return {f"student-identity-{d}-{d}-{dof}": StudentT(dim=d, dof=dof) for d, dof in members}


def concentric(*members):
    return {f"{d}v1-concentric_gaussians-{k}": ConcentricMixture(dim_x=d, components=k) for d, k in members}


def inliers(*members):
    return {
        f"mult-sparse-w-inliers-{d}-{d}-2-2.0-{part}": InlierMixture(dim=d, pairs=2, correlation=0.8, inliers=part)
        for d, part in members
    }


def mapped(name, tasks, f, g):
    return {f"{name}-{base}": Transformed(problem, f, g) for base, problem in tasks.items()}


def uniform(tasks):
    return mapped("normal_cdf", tasks, "normal_cdf", "normal_cdf")


def spiral(tasks):
    return mapped("spiral", tasks, "spiral_x", "spiral_y")


def half_cube(tasks):
    return mapped("half_cube", tasks, "half_cube", "half_cube")


def asinh(tasks):
    return mapped("asinh", tasks, "asinh", "asinh")


# Czyz et al. 2023, "Beyond Normal: On the Evaluation of Mutual Information Estimators", arXiv:2306.11078.
BEYOND_NORMAL: dict[str, Distribution] = {
    "1v1-normal-0.75": PAIR,
    "normal_cdf-1v1-normal-0.75": Transformed(PAIR, "normal_cdf", "normal_cdf"),
    "1v1-additive-0.1": AdditiveUniform(0.1),
    "1v1-additive-0.75": AdditiveUniform(0.75),
    "1v1-bimodal-0.75": Transformed(PAIR, "bimodal_x", "bimodal_y"),
    "wiggly-1v1-normal-0.75": Transformed(PAIR, "wiggly_x", "wiggly_y"),
    "half_cube-1v1-normal-0.75": Transformed(PAIR, "half_cube", "half_cube"),
    **student((1, 1)),
    **asinh(student((1, 1))),
    "swissroll_x-normal_cdf-1v1-normal-0.75": Transformed(PAIR, "swiss_roll", "normal_cdf"),
    **dense((2, 3, 5, 25, 50)),
    **sparse((2, 3, 5, 25)),
    **student((2, 1), (2, 2), (3, 2), (3, 3), (5, 2), (5, 3)),
    **uniform(sparse((3, 5, 25))),
    **half_cube(sparse((3, 5, 25))),
    **spiral(sparse((3, 5, 25))),
    **spiral(uniform(sparse((3, 5, 25)))),
    **asinh(student((2, 1), (3, 2), (5, 2))),
}
# Czyz et al. 2025, "On the Properties and Estimation of Pointwise Mutual Information Profiles", arXiv:2310.10240, and
# one concentric task more than its benchmark ran: ten components in 25 dimensions.
PROFILES: dict[str, Distribution] = {
    "1v1-additive-0.75": AdditiveUniform(0.75),
    **asinh(student((1, 1))),
    "1v1-X-0.9": XMixture(0.9),
    "1v1-AI": AIMixture(),
    "swissroll_x-normal_cdf-1v1-normal-0.75": Transformed(PAIR, "swiss_roll", "normal_cdf"),
    "2v1-waves-12-5.0-3.0": WavesMixture(components=12, amplitude=5.0, frequency=3.0),
    "2v1-galaxy-0.5-3.0": GalaxyMixture(distance=3.0, speed=0.5),
    **concentric((3, 5), (5, 5), (3, 10), (5, 10), (25, 5), (25, 10)),
    **dense((5, 25, 50)),
    **sparse((5, 25)),
    **inliers((5, 0.2), (25, 0.2), (5, 0.5), (25, 0.5)),
    **asinh(student((2, 1), (3, 2), (5, 2))),
    **spiral(sparse((3, 5))),
}
SUITES = {"beyond-normal": BEYOND_NORMAL, "pmi-profiles": PROFILES}
TASKS = {name: problem for suite in SUITES.values() for name, problem in suite.items()}


def names(suite: str = "beyond-normal") -> tuple[str, ...]:
    """The names of a suite's tasks in its authors' order: "beyond-normal" has 40, "pmi-profiles" 27."""
    if not isinstance(suite, str) or suite not in SUITES:
        raise ParameterError("suite", suite, "one of " + ", ".join(map(repr, SUITES)))
    return tuple(SUITES[suite])


def get(name: str) -> Distribution:
    """The problem of this name; ``get(name).mi`` is its truth in nats.

    Raises:
        ParameterError: no task has the name; the message lists those that come close.
    """
    if not isinstance(name, str) or name not in TASKS:
        close = difflib.get_close_matches(name, TASKS, n=5, cutoff=0.5) if isinstance(name, str) else ()
        hint = " or ".join(map(repr, close)) or "listed by tasks.names()"
        raise ParameterError("task", name, hint if close else f"a name {hint}")
    return TASKS[name]


def sample(name: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n pairs of a task as the benchmark hands them to an estimator: x (n, dim_x) and y (n, dim_y), float64.

    Every column is brought to mean 0 and variance 1 over the n samples, as the published benchmark does (with
    scikit-learn's ``preprocessing.scale``); this changes no mutual information. The pairs are this package's own:
    the same seed gives the same ones again, not those of the published runs.
    """
    import torch

    problem, n = get(name), N.check("n", n)
    generator = torch.Generator().manual_seed(SEED.check("seed", seed))
    return tuple(standardised(block.numpy()) for block in problem.sample(n, generator=generator))


def standardised(block):
    return (block - block.mean(0)) / block.std(0)
