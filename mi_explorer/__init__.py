"""MI Explorer: what mutual information is, and why estimating it is hard.

Toy problems whose mutual information is known, the estimators that have to find it, and an engine that trains many of
them at once. Everything is in nats.

    problem = mi_explorer.Gaussian.from_mi(4.0, dim=20)
    experiment = mi_explorer.Experiment(distribution=problem, bounds=("infonce", "mine"))
    result = mi_explorer.collect(mi_explorer.run(experiment))

Importing this package does not import torch: what needs it is loaded on first use.
"""

__version__ = "0.1.0"

import importlib

from mi_explorer import distributions, generative, tasks
from mi_explorer.bounds import Bound, Extras, bounds
from mi_explorer.distributions import *  # noqa: F403  every family by its name, as listed in distributions.__all__
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError

LAZY = {
    "consistency": "mi_explorer.consistency",
    "critics": "mi_explorer.critics",
    "estimators": "mi_explorer.estimators",
    "Estimate": "mi_explorer.estimators:Estimate",
    "figures": "mi_explorer.figures",
    "pages": "mi_explorer.pages",
    "studies": "mi_explorer.studies",
    "run": "mi_explorer.training:run",
    "collect": "mi_explorer.result:collect",
    "Result": "mi_explorer.result:Result",
    "estimate": "mi_explorer.auto:estimate",
    "Grid": "mi_explorer.sweeps:Grid",
    "sweep": "mi_explorer.sweeps:sweep",
}

__all__ = ["Bound", "Experiment", "Extras", "ParameterError", "bounds", "distributions", "tasks", *distributions.__all__, *LAZY]


def __getattr__(name: str):
    if name not in LAZY:
        raise AttributeError(f"module 'mi_explorer' has no attribute {name!r}")
    module, _, attribute = LAZY[name].partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def __dir__():
    return sorted(__all__)
