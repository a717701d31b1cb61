"""Critics in training, and what their bounds show on batches of whatever problem they are asked about."""

from __future__ import annotations

__all__ = ["Trained", "one_thread"]

import contextlib

import numpy as np
import torch

from mi_explorer.distributions import Distribution
from mi_explorer.experiment import Experiment
from mi_explorer.training import Trainer, device_of, stream


@contextlib.contextmanager
def one_thread():
    """Torch computes on one thread, as in ``training.run``: fastest at these sizes on a machine that others use too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Trained:
    """The engine's critics for an experiment; ``experiment.distribution`` is what training draws its batches from."""

    def __init__(self, experiment: Experiment):
        self.experiment = experiment
        self.trainer = Trainer(experiment, device_of(experiment))

    def advance(self, step: int) -> None:
        self.trainer.advance(step)

    @torch.no_grad()
    def measure(self, problem: Distribution, batches: int, name: str) -> tuple[np.ndarray, np.ndarray]:
        """What the bounds show on batches of K pairs of ``problem``: with the critics as they are now, and on the same
        batches with the perfect critic. Both (batches, bounds, replicates), in nats; NaN where training has broken down.
        ``name`` names the random stream: the same name gives the same batches."""
        e, trainer = self.experiment, self.trainer
        generator = stream(e, name, trainer.device)
        learned, perfect = [], []
        for _ in range(batches):
            x, y = problem.sample(e.batch_size, replicates=e.replicates, generator=generator)
            learned.append(trainer.estimates(*trainer.forward(x, y)))
            truth = problem.log_ratio_matrix(x, y)
            perfect.append(torch.stack([bound.estimate(truth) for bound in trainer.bounds]))
        shown, ideal = (torch.stack(values).double().cpu().numpy() for values in (learned, perfect))
        shown[:, trainer.ended] = np.nan
        return shown, ideal
