"""Experiments that differ only in seed and distribution, trained in one engine run: small critics waste most of their time
on Python.

Each keeps its own random streams and its own initial weights, and nothing in a step mixes replicates: an experiment
gives the same numbers, bit for bit, as it gives alone. Its content key still names its content.
"""

from __future__ import annotations

__all__ = ["results_of"]

import dataclasses

import torch

from mi_explorer.experiment import Experiment
from mi_explorer.result import Evaluation, Recorder, Result, collect
from mi_explorer.training import Trainer, device_of, run


def results_of(experiments: list[Experiment]) -> list[Result]:
    """The result of each. On a GPU, where the bits were not compared, and for a single one, every run is its own."""
    device = device_of(experiments[0])
    if len(experiments) == 1 or device.type != "cpu":
        return [collect(run(experiment)) for experiment in experiments]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        trainer, recorder = Together(experiments, device), Recorder()
        for step in range(1, experiments[0].steps + 1):
            recorder.add(trainer.advance(step))
    finally:
        torch.set_num_threads(before)
    return parts_of(recorder.result(), experiments)


class Together(Trainer):
    """A trainer whose replicates are those of several experiments, side by side."""

    def __init__(self, experiments: list[Experiment], device: torch.device):
        self.parts = [Trainer(experiment, device) for experiment in experiments]
        replicates = sum(experiment.replicates for experiment in experiments)
        super().__init__(dataclasses.replace(experiments[0], replicates=replicates), device)
        for groups in ("critics", "baselines"):
            for kind, (_, module) in getattr(self, groups).items():
                join(module, [getattr(part, groups)[kind][1] for part in self.parts])

    def stream(self, name: str) -> list[torch.Generator]:
        return [part.stream(name) for part in self.parts]

    def sample(self, level: Experiment, generator: list[torch.Generator]) -> tuple[torch.Tensor, torch.Tensor]:
        pairs = [part.sample(part.experiment, own) for part, own in zip(self.parts, generator)]
        x, y = zip(*pairs)
        return torch.cat(x), torch.cat(y)

    def truth(self, level: Experiment, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        counts = [part.experiment.replicates for part in self.parts]
        blocks = zip(self.parts, x.split(counts), y.split(counts))
        return torch.cat([part.truth(part.experiment, own_x, own_y) for part, own_x, own_y in blocks])


def join(module: torch.nn.Module, parts: list[torch.nn.Module]) -> None:
    """Give a module with replicates (ways, R) the weights of parts with (ways, R_1), (ways, R_2), ..."""
    states = [part.state_dict() for part in parts]
    module.load_state_dict({name: torch.cat([state[name] for state in states], 1) for name in states[0]})


def parts_of(whole: Result, experiments: list[Experiment]) -> list[Result]:
    results, start = [], 0
    for experiment in experiments:
        own = slice(start, start + experiment.replicates)
        evaluations = tuple(
            Evaluation(step, *(array[:, own] for array in arrays))
            for step, *arrays in (vars(evaluation).values() for evaluation in whole.evaluations)
        )
        endings = tuple(
            dataclasses.replace(
                ending, replicate=ending.replicate - start,
                sentence=ending.sentence.replace(f"replicate {ending.replicate + 1},", f"replicate {ending.replicate - start + 1},"),
            )
            for ending in whole.endings if own.start <= ending.replicate < own.stop
        )
        results.append(Result(experiment, whole.estimates[..., own], evaluations, endings))
        start = own.stop
    return results
