"""Experiments that tell a story, and the sentence that says what to look for."""

from __future__ import annotations

__all__ = ["PRESETS", "Preset"]

from dataclasses import dataclass

from mi_explorer.distributions import Gaussian, Transformed
from mi_explorer.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    key: str
    label: str
    look_for: str
    experiment: Experiment


def staircase(dim: int, targets, steps_per_level: int, **fields) -> Experiment:
    """One critic that follows a truth which rises in steps (Poole et al. 2019, fig. 2; Song & Ermon 2020, fig. 1)."""
    levels = [Gaussian.from_mi(float(target), dim=dim) for target in targets]
    changes = tuple((steps_per_level * i, "distribution", level) for i, level in enumerate(levels) if i)
    return Experiment(distribution=levels[0], steps=steps_per_level * len(levels), changes=changes, **fields)


PRESETS = (
    Preset(
        "first-look", "First look",
        "Two bounds climb towards the dashed line, the truth, and stay there. Move the correlation and watch them follow.",
        Experiment(
            distribution=Gaussian.from_mi(1.0, dim=2), bounds=("infonce", "nwj"), critic="separable", width=64,
            learning_rate=5e-3, batch_size=64, steps=1000, replicates=4,
        ),
    ),
    Preset(
        "log-k-ceiling", "The log K ceiling",
        "There are 6 nats to find, but InfoNCE stops below the dotted line, log K = 4.16: with 64 pairs in a batch it can "
        "never say more, however good the critic. Raise K, and the ceiling rises with it.",
        Experiment(
            distribution=Gaussian.from_mi(6.0, dim=20), bounds=("infonce", "infonce-anchor", "js"), critic="separable",
            width=128, learning_rate=1e-3, batch_size=64, steps=1500, replicates=4,
        ),
    ),
    Preset(
        "mine-explodes", "MINE explodes",
        "8 nats, batches of 16, a bold learning rate: a few pairs carry the whole average of e^f. Trained by its plain gradient "
        "(Donsker–Varadhan), MINE's value runs away and the curves end; the moving average keeps MINE finite, but it jumps, and "
        "so does NWJ. InfoNCE stays calm, and far too low.",
        Experiment(
            distribution=Gaussian.from_mi(8.0, dim=10), bounds=("infonce", "mine", "nwj", "dv"), critic="joint", width=64,
            learning_rate=1e-2, batch_size=16, steps=1000, replicates=4,
        ),
    ),
    Preset(
        "smiles-bargain", "SMILE's bargain",
        "One critic, read with three clips: τ = 1 is calm and above the truth, τ = 20 is hardly clipped and falls below it, τ = 5 "
        "lies between them. Follow the thin lines: with a perfect critic all three show too much. SMILE is no bound any more.",
        Experiment(
            distribution=Gaussian.from_mi(4.0, dim=10), bounds=("smile(1)", "smile", "smile(20)"), critic="separable",
            width=128, learning_rate=2e-3, batch_size=64, steps=1500, replicates=4,
        ),
    ),
    Preset(
        "cubic", "Same information, harder to see",
        "y is cubed: not a nat is lost, and a perfect critic (thin lines) shows the same as before, yet the learned ones have a "
        "harder time. Set 'Seen through' to 'nothing' and compare.",
        Experiment(
            distribution=Transformed(Gaussian.from_mi(4.0, dim=20), "identity", "cube"), bounds=("infonce", "smile", "nwj"),
            critic="separable", width=128, learning_rate=1e-3, batch_size=64, steps=1500, replicates=4,
        ),
    ),
    Preset(
        "curse-of-dimension", "The curse of dimension",
        "Still 2 nats, now spread thinly over 50 coordinates. The perfect critic does not mind; the learned ones need many more "
        "samples to find them. Press Run again with dimension 2.",
        Experiment(
            distribution=Gaussian.from_mi(2.0, dim=50), bounds=("infonce", "nwj", "smile"), critic="separable", width=128,
            learning_rate=1e-3, batch_size=64, steps=1500, replicates=4,
        ),
    ),
    Preset(
        "bracket", "The bracket",
        "Some bounds stand below the truth, some above, and some may lie anywhere. Barber–Agakov, told the density of y, climbs from "
        "below; L1Out, told how y comes from x, stays above: the truth lies in the shaded space between. CLUB is above too, but far. "
        "Set 'Seen through' to 'y cubed', a shape that no Gaussian fits: Barber–Agakov falls far below, L1Out too, for its own density "
        "is learned (told the true one, it stays: the thin line), and DoE shows more than there is.",
        Experiment(
            distribution=Gaussian.from_mi(2.0, dim=2), bounds=("infonce", "ba", "l1out", "club", "doe-gaussian"),
            critic="separable", width=64, learning_rate=3e-3, batch_size=64, steps=1000, replicates=4,
        ),
    ),
    Preset(
        "staircase", "The staircase",
        "The truth climbs 2, 4, 6, 8, 10 nats while the critics keep learning. InfoNCE stops at its ceiling, NWJ and MINE fall "
        "behind and jump, SMILE goes on climbing: the picture of Poole et al. (2019) and Song & Ermon (2020).",
        staircase(
            20, (2, 4, 6, 8, 10), 600, bounds=("infonce", "mine", "nwj", "smile"), critic="separable", width=128,
            learning_rate=1e-3, batch_size=64, replicates=2,
        ),
    ),
)
